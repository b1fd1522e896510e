/** `attesta config check` and `attesta config schema`: is this file right, and what may stand in it. Starts nothing. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { configJsonSchema } from "../config/json-schema.ts";
import { findConfig, loadConfig } from "../config/load.ts";
import { type Config, ConfigFault } from "../config/types.ts";
import { LEVELS } from "../engine/model.ts";
import { type CliContext, CliExit } from "./context.ts";

interface CheckOptions {
  readonly config?: string;
  readonly domain?: string;
  readonly start?: true;
}

/** Adds `config check` and `config schema` to the program. */
export function registerConfig(program: Command, context: CliContext): void {
  const config = program.command("config").description("check the config file, or print its schema");
  config
    .command("check")
    .description("read the config file and say everything that is wrong with it")
    .argument("[file]", "the config file; default: ATTESTA_CONFIG, or attesta.yaml here or above")
    .option("--config <file>", "the same as FILE")
    .option("--domain <name>", "a domain profile instead of the config's")
    .option("--start", "also say what a service would miss: people, roles, approvers, agents")
    .action((file: string | undefined, options: CheckOptions) => check(file ?? options.config, options, context));
  config
    .command("schema")
    .description("print the JSON Schema of attesta.yaml")
    .action(() => {
      context.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
    });
}

function check(file: string | undefined, options: CheckOptions, context: CliContext): void {
  const { env, cwd } = context;
  const purpose = options.start === true ? "start" : "check";
  const domain = options.domain === undefined ? {} : { domain: options.domain };
  try {
    const config = loadConfig(file, { env, cwd, purpose, ...domain });
    context.stdout.write(`${report(config, purpose).join("\n")}\n`);
  } catch (fault) {
    if (!(fault instanceof ConfigFault)) throw fault;
    const name = file === undefined ? findConfig(cwd, env) : resolve(cwd, file);
    const count = fault.problems.length === 1 ? "1 problem" : `${fault.problems.length} problems`;
    throw new CliExit(1, `${fault.message}\n${name ?? "attesta.yaml"}: ${count}`);
  }
}

function report({ file, policy, people }: Config, purpose: "check" | "start"): readonly string[] {
  const { profile } = policy;
  const domain =
    profile.name === "none"
      ? "none (production counts 1.5 times; add `domain:` for patterns, questions and rules)"
      : `${profile.name} (${count(profile.patterns, "pattern")}, ${count(profile.escalationRules, "rule")})`;
  const levels = LEVELS.map((level) => {
    const seconds = policy.minimumReviewMs[level] / 1000;
    const several = policy.multiParty[level] > 1 ? `, ${policy.multiParty[level]} people` : "";
    return `${level} ${policy.challengeMap[level]}${policy.challengeMap[level] === "auto_approve" ? "" : ` ${seconds} s`}${several}`;
  });
  const agents = Object.keys(policy.agents);
  const missing = people.length === 0 || agents.length === 0;
  return [
    `ok  ${file}`,
    `ok  domain: ${domain}`,
    `ok  policy: ${levels.join(" · ")}`,
    `ok  policy digest ${policy.digest}`,
    `ok  ${count(people, "person", "people")}, ${count(Object.keys(policy.roles), "role")}, ${count(agents, "agent")}`,
    ...(purpose === "check" && missing ? ["    a service needs more: see `attesta config check --start`"] : []),
  ];
}

function count(items: readonly unknown[], one: string, many = `${one}s`): string {
  return `${items.length} ${items.length === 1 ? one : many}`;
}
