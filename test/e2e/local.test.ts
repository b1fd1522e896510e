/** Agents on the service's own machine: joining the service of the same state folder, or running one inside the process. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attesta, AttestaDenied } from "../../src/client/index.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startService } from "../../src/main.ts";
import { ROLLBACK, STATUS } from "./actions.ts";
import { runAttesta } from "./cli.ts";
import { approve, SRE } from "./reviewer.ts";
import { agentToken, openStage, readLog, temporaryFolder, writeConfig } from "./stage.ts";

const LOW = { name: STATUS.action, arguments: STATUS.arguments, environment: "production" };
const HIGH = { name: ROLLBACK.action, arguments: ROLLBACK.arguments, environment: "production" };

const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  for (const name of ["ATTESTA_URL", "ATTESTA_TOKEN", "ATTESTA_CONFIG", "ATTESTA_STATE_KEY", "ATTESTA_REVIEW_TOKEN"])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).reverse()) await close();
});

async function prepared(yaml = ""): Promise<{ readonly folder: string; readonly config: string }> {
  const { folder, remove } = await temporaryFolder();
  closers.push(remove);
  return { folder, config: await writeConfig(folder, yaml) };
}

function attestaOver(config: string, options: { readonly token?: string } = {}): Attesta {
  const attesta = new Attesta({ config, ...options });
  closers.push(() => attesta.close());
  return attesta;
}

describe("without a running service", () => {
  test("low risk runs in this process, and is in the log of the config", async () => {
    const { folder, config } = await prepared();
    expect(await attestaOver(config).run(LOW, (args) => args.service)).toBe("api-gateway");
    await closers.pop()?.();
    const lines = await readLog(join(folder, "audit.jsonl"));
    expect(lines.map((line) => [line.entry_type, line.verdict ?? line.outcome ?? line.change])).toEqual([
      ["admin", "started"],
      ["decision", "approved"],
      ["execution", "succeeded"],
    ]);
    expect((await runAttesta(folder, ["audit", "verify"])).exitCode).toBe(0);
  });

  test("and without a terminal, what needs people is denied at once, saying so; the function does not run", async () => {
    const { config } = await prepared();
    let ran = 0;
    const denied = await attestaOver(config)
      .run(HIGH, () => ran++)
      .catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(AttestaDenied);
    expect(denied).toMatchObject({ code: "blocked", verdict: "denied" });
    expect(String(denied)).toContain("there is no terminal to ask at here");
    expect(String(denied)).toContain("attesta start");
    expect(String(denied)).not.toContain("A rule of the policy forbids");
    expect(ran).toBe(0);
  });

  test("fromConfig and a gated function do the same, one call after the other", async () => {
    const { config } = await prepared();
    const attesta = Attesta.fromConfig(config, { environment: "production" });
    closers.push(() => attesta.close());
    const status = attesta.gate(async ({ service }: { service: string }) => `${service} is well`, {
      name: "get_service_status",
    });
    expect(await status({ service: "auth" })).toBe("auth is well");
    expect(await status({ service: "auth" })).toBe("auth is well");
    const rollback = attesta.gate((_: typeof ROLLBACK.arguments) => "rolled back", { name: "rollback_deployment" });
    await expect(rollback(ROLLBACK.arguments)).rejects.toMatchObject({ code: "blocked" });
  });

  test("attesta gate does the same: it exits 120 with the reason, or runs what is low", async () => {
    const { folder } = await prepared();
    const low = ["gate", STATUS.action, "--arg", "service=api-gateway", "--env", "production"];
    const touch = ["--", "sh", "-c", "echo ran >> ran"];
    const free = await runAttesta(folder, [...low, ...touch], { PATH: process.env.PATH });
    expect(free.exitCode).toBe(120);
    expect(free.stderr).toContain("there is no terminal to ask at here");
    await expect(readFile(join(folder, "ran"), "utf8")).rejects.toThrow("ENOENT");
    await writeConfig(folder, 'actions: {get_service_status: {command: ["/usr/bin/touch", "{service}"]}}');
    const run = await runAttesta(folder, [...low, "--", "/usr/bin/touch", "api-gateway"], { PATH: process.env.PATH });
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining("APPROVED")]);
    expect(await readFile(join(folder, "api-gateway"), "utf8")).toBe("");
  });

  test("nor a config, the missing file is named", async () => {
    const { folder } = await prepared();
    const nowhere = join(folder, "nowhere.yaml");
    await expect(attestaOver(nowhere).run(LOW, () => "ran")).rejects.toThrow(nowhere);
  });

  test("a close frees the state folder for the next one", async () => {
    const { config } = await prepared();
    for (const round of [1, 2, 3]) {
      expect(await attestaOver(config).run(LOW, () => round)).toBe(round);
      await closers.pop()?.();
    }
  });
});

describe("with a running service over the same state folder", () => {
  test("what was denied for want of a terminal is asked for again at once", async () => {
    const { folder, config } = await prepared("policy: {timeout_seconds: 86400}");
    await expect(attestaOver(config).run(HIGH, () => "ran")).rejects.toMatchObject({ code: "blocked" });
    await closers.pop()?.();
    const service = await startService(loadConfig(config, { env: {}, cwd: folder, purpose: "start" }), {
      log: pino({ level: "silent" }),
      tcp: false,
      speed: 1,
      surfaces: [],
    });
    closers.push(() => service.stop());
    const running = attestaOver(config, { token: agentToken("infra-agent") }).run(HIGH, () => "ran");
    running.catch(() => undefined);
    const pending = () => service.store.list({ status: ["pending"], limit: 10 });
    await expect.poll(async () => (await pending()).length).toBe(1);
    await service.approvals.cancel((await pending())[0]?.facts.id ?? "");
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  test("it is joined through its socket, and its people decide", async () => {
    const stage = await openStage({ yaml: "policy: {timeout_seconds: 86400}" });
    closers.push(() => stage.close());
    const attesta = attestaOver(stage.config.file, { token: agentToken("infra-agent") });
    const running = attesta.run(HIGH, (args) => args.target_version);
    const pending = () => stage.service.store.list({ status: ["pending"], limit: 10 });
    await expect.poll(async () => (await pending()).length).toBe(1);
    await approve(stage, SRE, (await pending())[0]?.facts.id ?? "");
    expect(await running).toBe("2.0.3");
  });

  test("it asks for the agent's token, and says where to put it", async () => {
    const stage = await openStage();
    closers.push(() => stage.close());
    const running = attestaOver(stage.config.file).run(LOW, () => "ran");
    await expect(running).rejects.toMatchObject({ code: "no_token" });
    await expect(running).rejects.toThrow("ATTESTA_TOKEN");
  });

  test("of another process's agent, its token opens nothing here", async () => {
    const { config } = await prepared();
    const first = attestaOver(config);
    expect(await first.run(LOW, () => "ran")).toBe("ran");
    const second = attestaOver(config, { token: "attesta-made-up-token" });
    await expect(second.run(LOW, () => "ran")).rejects.toMatchObject({ code: "token_unknown" });
    expect(await first.run(LOW, () => "again")).toBe("again");
  });
});
