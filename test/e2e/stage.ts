/** A real service of its own for one test: the shipped example with a few keys on top, in a folder of its own, spoken to over HTTP. Not a test. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { expect } from "vitest";
import { createHttpPort, type HttpReviewPort } from "../../src/cli/review-port.ts";
import { Attesta, type AttestaOptions } from "../../src/client/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/types.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { type Service, startService } from "../../src/main.ts";
import { type AgentCalls, agentCalls } from "./agent-calls.ts";
import { runAttesta } from "./cli.ts";

/** One line of the audit log, read without its schema: tests look at single members. */
export type AuditLine = Readonly<Record<string, unknown>> & { readonly entry_type: string };

export interface StageOptions {
  /** Keys on top of the example, as YAML. */
  readonly yaml?: string;
  /** How much faster the clock runs; 1 to 100. Default 100. */
  readonly speed?: number;
}

export interface Stage {
  readonly folder: string;
  readonly url: string;
  readonly config: Config;
  readonly service: Service;
  /** Everything that the service logged. */
  logged(): string;
  agent(id?: string): AgentCalls;
  attesta(options?: AttestaOptions): Attesta;
  person(email: string): HttpReviewPort;
  /** Takes over other keys on top of the example, as SIGHUP does. */
  reload(yaml: string): Promise<void>;
  state(requestId: string): Promise<RequestState>;
  /** The log's lines, once everything that happened so far is in it. */
  audit(): Promise<readonly AuditLine[]>;
  /** Stops the service, and sees that its log verifies. */
  close(): Promise<void>;
}

const EXAMPLE = fileURLToPath(new URL("../../examples/infra/attesta.yaml", import.meta.url));

/** What `token_sha256` holds for a token. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The example's public token of its agent; a made-up one for agents that a test adds. */
export function agentToken(id: string): string {
  return id === "infra-agent" ? "attesta-demo-agent-token" : `token-of-${id}`;
}

function reviewToken(email: string): string {
  return `attesta-demo-${email.split("@")[0] ?? ""}`;
}

/** Writes the example without its `client`, and a config on top of it; gives that file's path. */
export async function writeConfig(folder: string, yaml = "", port = 0): Promise<string> {
  const example = (await readFile(EXAMPLE, "utf8")).replace(/^client:\n(?: .*\n)+/m, "");
  await writeFile(join(folder, "base.yaml"), example);
  const own = [
    "extends: ./base.yaml",
    "state: {path: ./state}",
    "audit: {path: ./audit.jsonl}",
    `server: {port: ${port}}`,
  ];
  const file = join(folder, "attesta.yaml");
  await writeFile(file, `${own.join("\n")}\n${yaml}\n`);
  return file;
}

/** A fresh folder, removed by `remove`. */
export async function temporaryFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "attesta-e2e-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts it; `close` stops it and removes its folder. */
export async function openStage({ yaml = "", speed = 100 }: StageOptions = {}): Promise<Stage> {
  const { folder, remove } = await temporaryFolder();
  const load = (file: string): Config => loadConfig(file, { env: {}, cwd: folder, purpose: "start" });
  const config = load(await writeConfig(folder, yaml));
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const service = await startService(config, {
    log: pino({ level: "trace", base: null }, sink),
    tcp: true,
    speed,
    surfaces: [],
  });
  const url = service.url ?? "";
  const verify = async (): Promise<void> => {
    const verified = await runAttesta(folder, ["audit", "verify", config.audit.path]);
    expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringContaining("✓ Multi-party")]);
  };
  const closers: (() => Promise<void> | void)[] = [() => service.stop(), verify];
  const ports = new Map<string, HttpReviewPort>();
  return {
    folder,
    url,
    config,
    service,
    logged: () => lines.join(""),
    agent: (id = "infra-agent") => agentCalls(url, agentToken(id)),
    attesta(options = {}) {
      const attesta = new Attesta({ url, token: agentToken("infra-agent"), ...options });
      closers.unshift(() => attesta.close());
      return attesta;
    },
    person(email) {
      const known = ports.get(email) ?? createHttpPort({ url, token: reviewToken(email) });
      if (!ports.has(email)) closers.unshift(() => known.close());
      ports.set(email, known);
      return known;
    },
    reload: async (next) => service.reload(load(await writeConfig(folder, next))),
    async state(requestId) {
      const state = await service.store.load(requestId);
      if (state === undefined) throw new Error(`there is no request ${requestId}`);
      return state;
    },
    async audit() {
      await expect.poll(async () => (await service.store.outbox(undefined, 1)).length, { timeout: 20_000 }).toBe(0);
      return readLog(config.audit.path);
    },
    async close() {
      try {
        for (const close of closers.splice(0)) await close();
      } finally {
        await remove();
      }
    },
  };
}

/** The lines of a log file. */
export async function readLog(path: string): Promise<readonly AuditLine[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): AuditLine => JSON.parse(line));
}

/** Resolves once the service's clock has reached this moment. */
export async function reached(stage: Pick<Stage, "service">, atMs: number): Promise<void> {
  const isReached = async (): Promise<boolean> => (await stage.service.store.nowMs()) >= atMs;
  await expect.poll(isReached, { timeout: 30_000, interval: 10 }).toBe(true);
}
