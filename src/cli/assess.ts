/** `attesta assess ACTION`: the score, what it would need and who would be asked. Asks nobody and writes nothing. */
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import type { JsonObject } from "../engine/json.ts";
import { assessedOf, checkAsk } from "../engine/raise.ts";
import { assessmentJson, assessmentLines, refusalLine } from "./assess-text.ts";
import { type CliContext, CliExit } from "./context.ts";
import { gather, joinObjects, readJsonObject, readPairs } from "./pairs.ts";

export interface AssessOptions {
  readonly arg?: readonly string[];
  readonly args?: string;
  readonly hint?: readonly string[];
  readonly attach?: readonly string[];
  readonly env?: string;
  readonly description?: string;
  readonly agent?: string;
  readonly requester?: string;
  readonly config?: string;
  readonly domain?: string;
  readonly json?: true;
}

/** Adds `assess` to the program. */
export function registerAssess(program: Command, context: CliContext): void {
  program
    .command("assess")
    .description("score an action and say who would be asked; asks nobody")
    .argument("<action>", "the action's name, such as deploy_to_production")
    .option("--arg <name=value>", "an argument; repeat for more; name:=JSON for lists and objects", gather)
    .option("--args <json>", "all arguments as one JSON object")
    .option("--hint <name=value>", "a hint, such as production=true; repeat for more", gather)
    .option("--attach <file>", "a file whose text belongs to the action; repeat for more", gather)
    .option("--env <name>", "the environment the agent would name")
    .option("--description <text>", "the description the agent would send")
    .option("--agent <id>", "the agent that would ask; default: the config's only one")
    .option("--requester <email>", "the person it would act for")
    .option("--config <file>", "the config file; default: attesta.yaml, looked for from here upwards")
    .option("--domain <name>", "a domain profile instead of the config's")
    .option("--json", "print one JSON object")
    .action((action: string, options: AssessOptions) => assessAction(action, options, context));
}

function assessAction(name: string, options: AssessOptions, context: CliContext): void {
  const { env, cwd, stdout } = context;
  const domain = options.domain === undefined ? {} : { domain: options.domain };
  const config = loadConfig(options.config, { env, cwd, purpose: "check", ...domain });
  const agentId = agentOf(options, config);
  const known = new Set(config.people.map((person) => person.email));
  const result = checkAsk(
    {
      agentId: agentId ?? "",
      clientRequestId: "",
      action: { name, ...actionOf(options, cwd) },
      ...(options.requester !== undefined && { requester: options.requester }),
    },
    {
      policy: config.policy,
      trust: config.policy.trust.initialScore,
      isPerson: (email) => known.has(email.toLowerCase()),
    },
  );
  if (!result.ok) throw new CliExit(1, refusalLine(name, result.refusal));
  const shown = { name, agentId, config, requester: options.requester, ...assessedOf(result.checked) };
  const text = options.json === true ? JSON.stringify(assessmentJson(shown)) : assessmentLines(shown).join("\n");
  stdout.write(`${text}\n`);
}

function actionOf(options: AssessOptions, cwd: string): JsonObject {
  const pairs = readPairs(options.arg ?? [], "--arg");
  const object = options.args === undefined ? {} : readJsonObject(options.args, "--args");
  return {
    arguments: joinObjects(object, pairs, "--args and --arg"),
    hints: readPairs(options.hint ?? [], "--hint"),
    ...(options.env !== undefined && { environment: options.env }),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.attach !== undefined && { attachments: options.attach.map((file) => attachment(file, cwd)) }),
  };
}

function attachment(file: string, cwd: string): JsonObject {
  try {
    return { name: basename(file), text: readFileSync(resolve(cwd, file), "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CliExit(1, `--attach ${file}: cannot be read (${code}); check the path`);
  }
}

/** The agent that is named, else the only one there is. */
function agentOf({ agent }: AssessOptions, { policy }: Config): string | undefined {
  const known = Object.keys(policy.agents);
  if (agent === undefined) return known.length === 1 ? known[0] : undefined;
  if (known.includes(agent)) return agent;
  throw new CliExit(2, `--agent ${agent}: is not in the config; known are ${known.join(", ") || "none"}`);
}
