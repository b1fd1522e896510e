/** Several processes over one state folder without a running service: one runs it, the others join, and go on when it ends. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Attesta } from "../../src/client/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startService } from "../../src/main.ts";
import { ROLLBACK } from "./actions.ts";
import { runAttesta } from "./cli.ts";
import { compileProgram, type Program, type Running, start } from "./processes.ts";
import { readLog, temporaryFolder, writeConfig } from "./stage.ts";

const TOKEN = "attesta-demo-agent-token";
const FIXED = 'actions: {get_service_status: {command: ["/bin/echo", "{service}"]}}';

let program: Program;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => program.remove());

const removers: (() => Promise<void>)[] = [];
const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.kill();
  for (const remove of removers.splice(0)) await remove();
});

async function prepared(yaml: string): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  removers.push(remove);
  await writeConfig(folder, yaml);
  return folder;
}

function gate(cwd: string, service: string, env: Readonly<Record<string, string>> = {}): Running {
  const args = ["gate", "get_service_status", "--arg", `service=${service}`, "--env", "production"];
  const one = start(program, [...args, "--", "/bin/echo", service], { cwd, env });
  running.push(one);
  return one;
}

const ends = (many: readonly Running[]) =>
  Promise.all(
    many.map(async (one) => [await one.ended, one.stdout(), /APPROVED/.exec(one.stderr())?.[0] ?? one.stderr()]),
  );

describe("three at once in a folder that nobody served before", () => {
  test("each gets its verdict and runs once, whoever runs the service and whenever it ends", async () => {
    const folder = await prepared(FIXED);
    const many = ["one", "two", "three"].map((service) => gate(folder, service, { ATTESTA_TOKEN: TOKEN }));
    expect(await ends(many)).toEqual([
      [0, "one\n", "APPROVED"],
      [0, "two\n", "APPROVED"],
      [0, "three\n", "APPROVED"],
    ]);
    const lines = await readLog(join(folder, "audit.jsonl"));
    const ran = lines.filter((line) => line.entry_type === "execution" && line.outcome === "succeeded");
    expect(ran.length).toBe(3);
  }, 60_000);

  test("without any agent's token one goes after the other", async () => {
    const { folder, remove } = await temporaryFolder();
    removers.push(remove);
    const own = ["domain: infra", "state: {path: ./state}", "audit: {path: ./audit.jsonl}", FIXED];
    await writeFile(join(folder, "attesta.yaml"), `${own.join("\n")}\n`);
    const many = ["one", "two"].map((service) => gate(folder, service));
    expect(await ends(many)).toEqual([
      [0, "one\n", "APPROVED"],
      [0, "two\n", "APPROVED"],
    ]);
  }, 60_000);
});

describe("who joined a service inside another process", () => {
  beforeEach(() => {
    for (const name of ["ATTESTA_URL", "ATTESTA_TOKEN", "ATTESTA_CONFIG", "ATTESTA_STATE_KEY"])
      vi.stubEnv(name, undefined);
  });
  afterEach(() => vi.unstubAllEnvs());

  const host = (folder: string, ownAgent?: { readonly id: string; readonly token: string }) =>
    startService(loadConfig(join(folder, "attesta.yaml"), { env: {}, cwd: folder, purpose: "start" }), {
      log: pino({ level: "silent" }),
      tcp: false,
      speed: 1,
      surfaces: [],
      ...(ownAgent === undefined ? {} : { ownAgent }),
    });

  test("becomes the service when that process ends, and what it asked for is still there", async () => {
    const folder = await prepared("policy: {timeout_seconds: 86400}");
    const first = await host(folder, { id: "infra-agent", token: "known-to-the-first-only" });
    const attesta = new Attesta({ config: join(folder, "attesta.yaml"), token: TOKEN });
    const asked = attesta
      .run({ name: ROLLBACK.action, arguments: ROLLBACK.arguments, environment: "production" }, () => "ran")
      .catch((error: unknown) => error);
    const pending = () => first.store.list({ status: ["pending"], limit: 10 });
    await expect.poll(async () => (await pending()).length).toBe(1);
    const [id = ""] = (await pending()).map((state) => state.facts.id);
    await first.stop();
    const cancel = () => runAttesta(folder, ["requests", "cancel", id], { ATTESTA_TOKEN: TOKEN });
    expect(await cancel()).toMatchObject({ exitCode: 0 });
    expect(await asked).toMatchObject({ code: "cancelled", requestId: id });
    await attesta.close();
  }, 30_000);

  test("does not take the place of a service that was started to last: it waits for that one", async () => {
    const folder = await prepared("policy: {timeout_seconds: 86400}");
    const first = await host(folder);
    const attesta = new Attesta({ config: join(folder, "attesta.yaml"), token: TOKEN });
    const asked = attesta
      .run({ name: ROLLBACK.action, arguments: ROLLBACK.arguments, environment: "production" }, () => "ran")
      .catch((error: unknown) => error);
    const pending = () => first.store.list({ status: ["pending"], limit: 10 });
    await expect.poll(async () => (await pending()).length).toBe(1);
    await first.stop();
    const second = await host(folder);
    const [state] = await second.store.list({ status: ["pending"], limit: 10 });
    await second.approvals.cancel(state?.facts.id ?? "");
    expect(await asked).toMatchObject({ code: "cancelled" });
    await attesta.close();
    await second.stop();
  }, 30_000);
});
