/** `attesta scenarios`: plays the published case through a real service over its real API, with scripted people. */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError } from "commander";
import { pino } from "pino";
import { Attesta } from "../../client/index.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/types.ts";
import { startService } from "../../main.ts";
import { type CliContext, CliExit } from "../context.ts";
import { createHttpPort } from "../review-port.ts";
import { CASES, type Case } from "./cases.ts";
import { playPart } from "./person.ts";
import { type Entry, jsonLine, type PlayedCase, textOf } from "./print.ts";

interface Options {
  readonly speed: number;
  readonly json?: boolean;
  readonly config: string;
}

const EXAMPLE = fileURLToPath(new URL("../../../examples/infra/attesta.yaml", import.meta.url));
const FASTEST = 100;

/** Adds `scenarios` to the program. */
export function registerScenarios(program: Command, context: CliContext): void {
  program
    .command("scenarios")
    .description("play the published case with scripted people, through a real service")
    .option("--speed <n>", "how much faster the clock runs, 1 to 100", speedOf, 1)
    .option("--json", "one line of JSON for each action")
    .option("--config <file>", "the config file", EXAMPLE)
    .action((options: Options) => scenarios(options, context));
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed < 1 || speed > FASTEST)
    throw new InvalidArgumentError(`give a number from 1 to ${FASTEST}`);
  return speed;
}

interface Stage {
  readonly config: Config;
  readonly agentToken: string;
  readonly reviewTokens: ReadonlyMap<string, string>;
}

/** The example with tokens and folders of this run only: it never touches a running service's state or log. */
function stageOf(loaded: Config, folder: string): Stage {
  const token = (): string => randomBytes(24).toString("hex");
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const agentToken = token();
  const reviewTokens = new Map(loaded.people.map(({ email }) => [email, token()]));
  const config: Config = {
    ...loaded,
    people: loaded.people.map((person) => ({
      ...person,
      reviewTokenSha256: hash(reviewTokens.get(person.email) ?? token()),
    })),
    agentTokens: Object.fromEntries(Object.keys(loaded.agentTokens).map((id) => [id, hash(agentToken)])),
    state: { ...loaded.state, path: join(folder, "state") },
    audit: { ...loaded.audit, path: join(folder, "infra-audit.jsonl") },
    server: { host: "127.0.0.1", port: 0 },
  };
  return { config, agentToken, reviewTokens };
}

async function scenarios(options: Options, context: CliContext): Promise<void> {
  const loaded = loadConfig(options.config, { env: context.env, cwd: context.cwd, purpose: "start" });
  const folder = join(context.cwd, ".attesta", `scenarios-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  const stage = stageOf(loaded, folder);
  const log = pino({ level: context.env.ATTESTA_LOG ?? "warn", base: null }, pino.destination(2));
  const service = await startService(stage.config, { log, tcp: true, speed: options.speed, surfaces: [] });
  const say = (text: string): boolean => (options.json === true ? context.stderr : context.stdout).write(`${text}\n`);
  say(`The people are scripted${options.speed > 1 ? `, and the clock runs ${options.speed} times faster` : ""}.\n`);
  try {
    for (const played of CASES) {
      const given = await playCase(played, { ...stage, url: service.url ?? "", speed: options.speed });
      context.stdout.write(options.json === true ? `${JSON.stringify(jsonLine(given))}\n` : `${textOf(given)}\n`);
    }
  } finally {
    await service.stop();
  }
  const path = stage.config.audit.path;
  say(`Audit log: ${path}\nCheck it:  bin/attesta audit verify ${path}`);
}

interface Playing extends Stage {
  readonly url: string;
  readonly speed: number;
}

async function playCase(played: Case, stage: Playing): Promise<PlayedCase> {
  const agent = new Attesta({
    url: stage.url,
    token: stage.agentToken,
    environment: played.environment,
    sessionId: "sess_infra_scenarios",
  });
  const requestId = `${played.action}-${randomBytes(8).toString("hex")}`;
  const action = { name: played.action, arguments: played.arguments, hints: played.hints };
  const { summary } = await agent.assess(action);
  const running = agent.run(action, () => undefined, { requestId });
  const parts = played.people.map(async (part) => {
    const port = createHttpPort({ url: stage.url, token: stage.reviewTokens.get(part.person) ?? "" });
    try {
      return await playPart(port, part, { summary, speed: stage.speed });
    } finally {
      port.close();
    }
  });
  const [answers] = await Promise.all([Promise.all(parts), running]);
  await agent.close();
  return { played, entry: await entryOf(stage.config.audit.path, requestId), parts: answers };
}

/** The decision's own line in the log: the printed result is what is written, not what was hoped for. */
async function entryOf(path: string, clientRequestId: string): Promise<Entry> {
  for (const line of (await readFile(path, "utf8")).split("\n")) {
    if (!line.includes(clientRequestId)) continue;
    const entry: Entry & { entry_type: string } = JSON.parse(line);
    if (entry.entry_type === "decision") return entry;
  }
  throw new CliExit(1, `attesta scenarios: the log ${path} holds no decision for ${clientRequestId}`);
}
