import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RequestView } from "../../src/api/contract.ts";
import { requestView } from "../../src/api/view.ts";
import { type GateWorld, registerGate } from "../../src/cli/gate.ts";
import { registerRequests } from "../../src/cli/requests.ts";
import { createWatch } from "../../src/cli/watch.ts";
import { AGENT_TOKEN, type Harness, startHarness } from "../fixtures/api-server.ts";
import { type CliRun, runCli } from "../fixtures/cli-run.ts";
import { createFakeApprovals, type FakeApprovals, type FakeOptions } from "../fixtures/fake-approvals.ts";
import { sampleFacts, stateAfter, T0 } from "../fixtures/requests.ts";

let folder: string;
let fake: FakeApprovals;
let api: Harness;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "attesta-gate-"));
  await service({});
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function service(options: FakeOptions): Promise<void> {
  await api?.stop();
  fake = createFakeApprovals(options);
  api = await startHarness(fake);
}

interface Signals {
  readonly world: GateWorld;
  send(signal: NodeJS.Signals): void;
}

function signals(): Signals {
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  return {
    world: {
      onSignal: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      nowMs: () => Date.now(),
    },
    send: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

/** The command appends a line to `ran`, so that how often it ran can be counted. */
const RUNS = ["--", "sh", "-c", "echo ran >> ran; exit $0"];
const env = (): Record<string, string | undefined> => ({
  PATH: process.env.PATH,
  ATTESTA_URL: api.url,
  ATTESTA_TOKEN: AGENT_TOKEN,
});
function gate(
  args: readonly string[],
  world: GateWorld = signals().world,
  extra: Record<string, string> = {},
): Promise<CliRun> {
  const input = { argv: ["gate", ...args], cwd: folder, env: { ...env(), ...extra } };
  return runCli((program, context) => registerGate(program, context, world), input);
}
const ran = async (): Promise<number> =>
  (await readFile(join(folder, "ran"), "utf8").catch(() => "")).split("\n").length - 1;
const firstId = (): string => [...fake.states.keys()][0] ?? "";
async function pending(): Promise<string> {
  await expect.poll(() => fake.waiting.now).toBe(1);
  return firstId();
}

describe("attesta gate", () => {
  test("asks for the command itself, waits, runs it once and ends with its exit code", async () => {
    const running = gate([
      "deploy",
      "--arg",
      "service=api",
      "--arg",
      "count=3",
      "--hint",
      "production=true",
      "--env",
      "staging",
      ...RUNS,
      "7",
    ]);
    const id = await pending();
    expect(await ran()).toBe(0);
    fake.decide(id);
    const { exitCode, stderr } = await running;
    expect([exitCode, await ran()]).toEqual([7, 1]);
    expect(fake.states.get(id)?.facts).toMatchObject({
      environment: "staging",
      action: {
        name: "deploy",
        arguments: { service: "api", count: 3 },
        command: { argv: RUNS.slice(1).concat("7"), cwd: folder },
      },
    });
    expect(fake.states.get(id)?.execution).toMatchObject({ outcome: "failed", detail: "exit 7" });
    expect(stderr).toContain("HIGH 0.72");
    expect(stderr).toContain("waiting for SRE lead: Sam Okafor");
    expect(stderr).toContain("APPROVED");
    expect(stderr).toContain("audit #1");
  });

  test("options of the command after -- are the command's", async () => {
    await service({ immediately: {} });
    const { exitCode } = await gate(["deploy", "--", "sh", "-c", 'test "$1 $2" = "--env x"', "sh", "--env", "x"]);
    expect(exitCode).toBe(0);
  });

  test.each([
    [
      { verdict: "denied", reason: "wrong_time", name: "Riley Chen", comment: "after\u001b[2J the freeze" } as const,
      120,
    ],
    [{ verdict: "timed_out", reason: "deadline" } as const, 121],
    [{ verdict: "cancelled", reason: "withdrawn" } as const, 123],
  ])("%o does not run and exits with its own code", async (decision, code) => {
    await service({ immediately: decision });
    const { exitCode, stderr } = await gate(["deploy", ...RUNS, "0"]);
    expect([exitCode, await ran()]).toEqual([code, 0]);
    expect(stderr).not.toContain("\u001b");
    if (decision.verdict === "denied") {
      expect(stderr).toContain("DENIED: wrong time");
      expect(stderr).toContain("Riley Chen: after\\u{1B}[2J the freeze");
      expect(stderr).toContain("Ask again at another time");
    }
  });

  test("a service that does not answer, or does not know the token, is 122", async () => {
    await api.stop();
    const away = await gate(["deploy", "--unreachable-after", "0", ...RUNS, "0"]);
    expect([away.exitCode, await ran()]).toEqual([122, 0]);
    expect(away.stderr).toContain("has not answered");
    await api.start();
    const unknown = await gate(["deploy", ...RUNS, "0"], signals().world, { ATTESTA_TOKEN: "nobody-knows-this" });
    expect([unknown.exitCode, await ran()]).toEqual([122, 0]);
    expect(unknown.stderr).toContain("Nobody has this token");
    expect(unknown.stderr).not.toContain("nobody-knows-this");
  });

  test("a signal while waiting takes the request back and exits 123", async () => {
    const { world, send } = signals();
    const running = gate(["deploy", ...RUNS, "0"], world);
    const id = await pending();
    send("SIGINT");
    const { exitCode, stderr } = await running;
    expect([exitCode, await ran(), fake.states.get(id)?.status]).toEqual([123, 0, "cancelled"]);
    expect(stderr).toContain("the request was taken back");
  });

  test("a signal while the command runs reaches the command, and its end is 128 + signal", async () => {
    await service({ immediately: {} });
    const { world, send } = signals();
    const running = gate(["deploy", "--", "sh", "-c", "echo ran >> ran; exec sleep 30"], world);
    await expect.poll(ran).toBe(1);
    send("SIGTERM");
    expect((await running).exitCode).toBe(143);
    expect(fake.states.get(firstId())?.execution?.detail).toBe("signal SIGTERM");
  });

  test("a command that cannot start is 127 and reported", async () => {
    await service({ immediately: {} });
    const { exitCode } = await gate(["deploy", "--", "./no-such-command"]);
    expect(exitCode).toBe(127);
    expect(fake.states.get(firstId())?.execution).toMatchObject({
      outcome: "failed",
      detail: "could not start: ENOENT",
    });
  });

  test("the command does not inherit the tokens", async () => {
    await service({ immediately: {} });
    const extra = { ATTESTA_REVIEW_TOKEN: "r", ATTESTA_STATE_KEY: "k", KEPT: "kept" };
    await gate(["deploy", "--", "sh", "-c", "env > environment"], signals().world, extra);
    const seen = await readFile(join(folder, "environment"), "utf8");
    expect(seen).toContain("KEPT=kept");
    expect(seen).not.toMatch(/ATTESTA_(TOKEN|REVIEW_TOKEN|STATE_KEY)/);
  });

  test("waiting survives a service that dies and comes back", async () => {
    const running = gate(["deploy", "--request-id", "deploy-42", ...RUNS, "0"]);
    const id = await pending();
    await api.stop();
    await api.start();
    await expect.poll(() => fake.waiting.now, { timeout: 10_000 }).toBe(1);
    fake.decide(id);
    expect((await running).exitCode).toBe(0);
    expect([await ran(), fake.states.size]).toEqual([1, 1]);
  });

  test("the same request id in a second process: asked once, run once, the other is told", async () => {
    const first = gate(["deploy", "--request-id", "deploy-42", ...RUNS, "0"]);
    await pending();
    const second = gate(["deploy", "--request-id", "deploy-42", ...RUNS, "0"]);
    await expect.poll(() => fake.waiting.now).toBe(2);
    fake.decide(firstId());
    const ends = await Promise.all([first, second]);
    expect(ends.map((end) => end.exitCode).sort()).toEqual([0, 120]);
    expect(ends.find((end) => end.exitCode === 120)?.stderr).toContain("was used already");
    const third = await gate(["deploy", "--request-id", "deploy-42", ...RUNS, "0"]);
    expect([third.exitCode, await ran(), fake.states.size]).toEqual([120, 1, 1]);
  });

  test("a file that changed after it was reviewed stops the command", async () => {
    await writeFile(join(folder, "add.sql"), "ALTER TABLE users ADD theme text;\n");
    const running = gate(["migrate", "--attach", "add.sql", ...RUNS, "0"]);
    const id = await pending();
    expect(fake.states.get(id)?.facts.action.attachments).toEqual([
      { name: "add.sql", text: "ALTER TABLE users ADD theme text;\n" },
    ]);
    await writeFile(join(folder, "add.sql"), "DROP TABLE users;\n");
    fake.decide(id);
    const { exitCode, stderr } = await running;
    expect([exitCode, await ran(), fake.uses]).toEqual([120, 0, []]);
    expect(stderr).toContain("add.sql: it changed after it was reviewed");
  });

  test.each([
    [["deploy"], "nothing to run"],
    [["deploy", "--arg", "service", "--", "true"], "--arg: write name=value"],
    [["deploy", "--attach", "missing.sql", "--", "true"], "--attach missing.sql: cannot be read"],
    [["deploy", "--hint", "x:=[1]", "--", "true"], "--hint x: must be"],
    [["deploy", "--arg", "n:=9007199254740993", "--", "true"], "arguments.n: a whole number beyond 2^53"],
    [["deploy", "--unreachable-after", "soon", "--", "true"], "must be seconds"],
    [["deploy", "--aprove", "--", "true"], "unknown option"],
  ])("%j is told what is wrong, exits 2 and asks nobody", async (args, message) => {
    const { exitCode, stderr } = await gate(args);
    expect([exitCode, fake.states.size]).toEqual([2, 0]);
    expect(stderr).toContain(message);
  });
});

describe("attesta requests", () => {
  const requests = (...args: readonly string[]) =>
    runCli(registerRequests, { argv: ["requests", ...args], env: env() });

  test("list, show and cancel one's own requests", async () => {
    expect((await requests("list")).stdout).toBe("No requests.\n");
    const waiting = gate(["deploy", ...RUNS, "0"]);
    const id = await pending();
    expect((await requests("list", "--state", "pending")).stdout).toMatch(
      new RegExp(`^${id}  pending .*HIGH 0.72.* left\n$`),
    );
    expect((await requests("show", id)).stdout).toContain("waiting for SRE lead: Sam Okafor");
    expect(JSON.parse((await requests("list", "--json")).stdout)).toHaveLength(1);
    expect((await requests("cancel", id)).stdout).toBe(`${id} is cancelled.\n`);
    expect((await waiting).exitCode).toBe(123);
    expect((await requests("show", id)).stdout).toContain("CANCELLED");
    expect(await requests("cancel", id)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("already_decided"),
    });
    expect(await requests("show", "01NONE")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("not_found"),
    });
    expect(await requests("list", "--state", "open")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("state"),
    });
  });
});

describe("the watch", () => {
  function viewAt(secondsAfter: number, delivered = false): RequestView {
    const facts = sampleFacts();
    const deliveries = delivered ? [{ type: "delivered", surface: "slack", ref: "1" } as const] : [];
    const viewer = { nowMs: T0 + secondsAfter * 1000, who: "SRE lead: Sam", nameOf: (person: string) => person };
    return requestView(stateAfter(facts, ...deliveries), viewer);
  }
  function watched(isTTY: boolean) {
    const written: string[] = [];
    // All that a watch does with it.
    const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    let nowMs = 0;
    return { written, watch: createWatch(stream, () => nowMs), pass: (ms: number) => (nowMs += ms) };
  }

  test("without a terminal it prints a line at first and then once a minute", () => {
    const { written, watch, pass } = watched(false);
    for (let second = 0; second < 150; second += 25) {
      watch.news({ kind: "waiting", view: viewAt(second, true) });
      pass(25_000);
    }
    watch.close();
    expect(written).toEqual([
      "attesta: waiting for SRE lead: Sam · 6 min left\n",
      "attesta: waiting for SRE lead: Sam · 4 min 45 s left\n",
    ]);
  });

  test("it says once that nobody has been shown a request for a minute", () => {
    const { written, watch } = watched(false);
    for (const second of [30, 61, 90]) watch.news({ kind: "waiting", view: viewAt(second) });
    watch.close();
    expect(written.filter((line) => line.includes("nobody has been shown"))).toHaveLength(1);
  });

  test("on a terminal it redraws one line, no wider than the terminal, and wipes it at the end", () => {
    const { written, watch } = watched(true);
    watch.news({ kind: "waiting", view: viewAt(0, true) });
    watch.close();
    expect(written[0]?.startsWith("\r\u001b[2K")).toBe(true);
    expect(written[0]?.slice(5).length).toBeLessThan(40);
    expect(written.at(-1)).toBe("\r\u001b[2K");
  });

  test("a service that is away is told once", () => {
    const { written, watch } = watched(false);
    watch.news({ kind: "away", sinceMs: 0 });
    watch.news({ kind: "away", sinceMs: 0 });
    watch.news({ kind: "back" });
    expect(written).toHaveLength(2);
  });
});
