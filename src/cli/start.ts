/** `attesta start`: runs the service until it is told to stop. */
import { closeSync, openSync } from "node:fs";
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
  const lines = pino.destination(2);
  // A terminal that is gone takes no lines; the service goes on or stops by its signals, not by that.
  lines.on("error", () => undefined);
  const log = pino({ level: context.env.ATTESTA_LOG ?? "info", base: null }, lines);
  const service = await startService(config, { log, tcp: true, speed: 1, surfaces: [] });
  context.stdout.write(`${welcome({ config, url: service.url ?? service.socketPath, cwd: context.cwd })}\n`);
  const take = async (next: Config): Promise<void> => {
    for (const key of needsRestart(config, next)) log.warn(`${key} changed: it takes effect at the next start`);
    await service.reload(next);
  };
  const reload = createReload({ load: () => load(options, context), take, log });
  await told(["SIGINT", "SIGTERM"], (stop) => (isHungUp(context) ? stop() : void reload()));
  log.info("stopping");
  await service.stop();
}

/** What a running service cannot take over. */
const OPEN_ALREADY = ["server", "state", "audit"] as const;

function needsRestart(running: Config, next: Config): readonly string[] {
  return OPEN_ALREADY.filter((key) => JSON.stringify(running[key]) !== JSON.stringify(next[key]));
}

/** Was the terminal that this was started in closed? Then a hang-up means to stop; otherwise it means to reload. */
function isHungUp({ stdout, stderr }: CliContext): boolean {
  if (stdout.isTTY !== true && stderr.isTTY !== true) return false;
  try {
    closeSync(openSync("/dev/tty", "r"));
    return false;
  } catch {
    return true;
  }
}

/** Resolves at the first of these signals, or when a hang-up says to stop; a second signal ends the process at once. */
function told(signals: readonly NodeJS.Signals[], onHangUp: (stop: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    process.on("SIGHUP", () => onHangUp(resolve));
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

/** Where it runs; and for the public examples what a newcomer would type next. */
function welcome({ config, url, cwd }: Started): string {
  const running = [`attesta is running at ${url}`, `  config  ${config.file}`, `  audit   ${config.audit.path}`];
  const demo = config.people.find(({ email, reviewTokenSha256 }) => reviewTokenSha256 === demoTokenHash(email));
  const end = "Ctrl-C stops the service; nothing that was asked or decided is lost.";
  if (demo === undefined) return [...running, end].join("\n");
  const file = relative(cwd, config.file) || config.file;
  return [
    ...running,
    "",
    "Where to go next, in another terminal:",
    "  see the whole published case, with scripted people",
    "    npm run scenarios -- --speed 20",
    "  ask for something, as an agent: it waits for people",
    `    bin/attesta gate deploy_to_staging --config ${file} --env staging \\`,
    "      --arg service=api-gateway --arg version=2.1.0 --arg strategy=rolling -- echo deployed",
    `  decide it, as ${demo.name}`,
    `    ATTESTA_REVIEW_TOKEN=${demoToken(demo.email)} bin/attesta review --config ${file}`,
    "",
    end,
  ].join("\n");
}
