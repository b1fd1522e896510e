/** `attesta start`: runs the service until it is told to stop. */
import { relative } from "node:path";
import type { Command } from "commander";
import { pino } from "pino";
import { demoToken, demoTokenHash } from "../config/check-people.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import { startService } from "../main.ts";
import type { CliContext } from "./context.ts";
import { createReload } from "./reload.ts";

interface Options {
  readonly config?: string;
  readonly domain?: string;
}

/** Adds `start` to the program. */
export function registerStart(program: Command, context: CliContext): void {
  program
    .command("start")
    .description("run the approval service")
    .option("--config <file>", "the config file; default: attesta.yaml, looked for from here upwards")
    .option("--domain <name>", "a domain profile instead of the config's")
    .action((options: Options) => start(options, context));
}

function load(options: Options, { env, cwd }: CliContext) {
  const domain = options.domain === undefined ? {} : { domain: options.domain };
  return loadConfig(options.config, { env, cwd, purpose: "start", ...domain });
}

async function start(options: Options, context: CliContext): Promise<void> {
  const config = load(options, context);
  const log = pino({ level: context.env.ATTESTA_LOG ?? "info", base: null }, pino.destination(2));
  const service = await startService(config, { log, tcp: true, speed: 1, surfaces: [] });
  context.stdout.write(`${welcome({ config, url: service.url ?? service.socketPath, cwd: context.cwd })}\n`);
  const reload = createReload({ load: () => load(options, context), take: (next) => service.reload(next), log });
  process.on("SIGHUP", () => void reload());
  await told(["SIGINT", "SIGTERM"]);
  log.info("stopping");
  await service.stop();
}

/** Resolves at the first of these signals; a second one ends the process at once. */
function told(signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of signals) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
}

interface Started {
  readonly config: Config;
  readonly url: string;
  readonly cwd: string;
}

/** Where it runs, and what a newcomer would type next, with a config that tells who is who. */
function welcome({ config, url, cwd }: Started): string {
  const file = relative(cwd, config.file) || config.file;
  const person = config.people.find(({ email, reviewTokenSha256 }) => reviewTokenSha256 === demoTokenHash(email));
  const token = person === undefined ? "YOUR-TOKEN" : demoToken(person.email);
  return [
    `attesta is running at ${url}`,
    `  config  ${config.file}`,
    `  audit   ${config.audit.path}`,
    "",
    "Where to go next, in another terminal:",
    "  see the whole published case, with scripted people",
    "    npm run scenarios -- --speed 20",
    "  ask for something, as an agent: it waits for people",
    `    bin/attesta gate deploy_to_staging --config ${file} --env staging \\`,
    "      --arg service=api-gateway --arg version=2.1.0 --arg strategy=rolling -- echo deployed",
    `  decide it, as ${person?.name ?? "one of the people"}`,
    `    ATTESTA_REVIEW_TOKEN=${token} bin/attesta review --config ${file}`,
    "",
    "Ctrl-C stops the service; nothing that was asked or decided is lost.",
  ].join("\n");
}
