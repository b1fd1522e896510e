/** `attesta gate` and `attesta start` as processes: killed at the worst moment and started again, nobody is asked twice and the command runs once. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttpPort, type HttpReviewPort } from "../../src/cli/review-port.ts";
import { type AgentCalls, agentCalls } from "./agent-calls.ts";
import { runAttesta } from "./cli.ts";
import { compileProgram, freePort, type Program, type Running, said, start } from "./processes.ts";
import { codeOf, formOf } from "./reviewer.ts";
import { readLog, temporaryFolder, writeConfig } from "./stage.ts";

const TOKEN = "attesta-demo-agent-token";
const NO_MINIMUM = "minimum_review_seconds: {low: 0, medium: 0, high: 0, critical: 0}";
const DEPLOY = [
  "deploy_to_production",
  ...["service=api-gateway", "version=2.1.0", "strategy=canary", "canary_percentage=10", "change_ticket=CHG-2026-0042"],
].flatMap((arg, index) => (index === 0 ? [arg] : ["--arg", arg]));
const EXPLANATION =
  "api-gateway goes to v2.1.0 in production as a canary: 10% first, that is one of ten instances, and we watch what echo says under CHG-2026-0042 before the others follow.";
const TRUE = ["echo ran", "api-gateway", "CHG-2026-0042", "2.1.0", "production", "canary", "10", "staging", "rolling"];

let program: Program;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => program.remove());

let folder = "";
let remove = async (): Promise<void> => {};
let url = "";
let agent: AgentCalls;
const running: Running[] = [];
const ports: HttpReviewPort[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.kill();
  for (const port of ports.splice(0)) port.close();
  await remove();
});

async function prepare(policy: string): Promise<void> {
  ({ folder, remove } = await temporaryFolder());
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  agent = agentCalls(url, TOKEN);
  await writeConfig(folder, `policy: {${policy}}`, port);
}

function spawned(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const one = start(program, args, { cwd: folder, env: { ATTESTA_LOG: "warn", ...env } });
  running.push(one);
  return one;
}

async function service(): Promise<Running> {
  const one = spawned(["start"]);
  await said(one.stdout, "attesta is running at").catch((error: unknown) => {
    throw new Error(`it did not start: ${one.stderr()}`, { cause: error });
  });
  return one;
}

/** A command that appends a line to `ran`, then ends with this code. */
function gate(requestId: string, asked: readonly string[] = DEPLOY, code = 0): Running {
  const command = ["--", "sh", "-c", `echo ran >> ran; exit ${code}`];
  const args = ["gate", ...asked, "--request-id", requestId, ...command];
  return spawned(args, { ATTESTA_URL: url, ATTESTA_TOKEN: TOKEN });
}

const ran = async (): Promise<number> =>
  (await readFile(join(folder, "ran"), "utf8").catch(() => "")).split("\n").length - 1;

function person(name: string): HttpReviewPort {
  const port = createHttpPort({ url, token: `attesta-demo-${name}` });
  ports.push(port);
  return port;
}

async function requests(): Promise<readonly { readonly id: string; readonly status: string }[]> {
  const { body } = await agent.list();
  return JSON.parse(JSON.stringify(body.requests));
}

async function onlyId(): Promise<string> {
  const all = await requests();
  expect(all).toHaveLength(1);
  return all[0]?.id ?? "";
}

/** Opens, reads all, answers with what is true of these deployments; gives the review's id and the reply's code. */
async function decide(name: string, id: string): Promise<{ readonly reviewId: string; readonly code: string }> {
  const port = person(name);
  const form = formOf(await port.open(id));
  for (const page of form.pages.keys()) await port.read(id, form.reviewId, page);
  const { question, reviewId, digest } = form;
  const known = (options: readonly string[]) => options.find((option) => TRUE.includes(option)) ?? "";
  const answers =
    question.kind === "quiz"
      ? question.questions.map(({ options }) => known(options))
      : [question.kind === "confirm" ? known(question.options) : EXPLANATION];
  return { reviewId, code: codeOf(await port.submit(id, { reviewId, digest, answers })) };
}

describe("kill -9", () => {
  beforeEach(() => prepare(`timeout_seconds: 86400, ${NO_MINIMUM}`));

  test("of the service while a gate waits: it is resumed, the approval and the open review are still there", async () => {
    const first = await service();
    const waiting = gate("deploy-1");
    await said(waiting.stderr, "waiting for SRE lead");
    const id = await onlyId();
    expect((await decide("sre.lead", id)).code).toBe("none");
    const opened = formOf(await person("release.mgr").open(id));
    await first.kill();
    await said(waiting.stderr, "the service does not answer");
    await service();
    await said(waiting.stderr, "the service is back");
    expect(await onlyId()).toBe(id);
    expect(codeOf(await person("sre.lead").open(id))).toBe("already_voted");
    const decided = await decide("release.mgr", id);
    expect(decided).toEqual({ reviewId: opened.reviewId, code: "none" });
    expect(await waiting.ended).toBe(0);
    expect(await ran()).toBe(1);
    expect(await requests()).toMatchObject([{ id, status: "used" }]);
    const log = join(folder, "audit.jsonl");
    const decisions = (await readLog(log)).filter((line) => line.entry_type === "decision");
    expect(decisions).toMatchObject([
      { verdict: "approved", approver_ids: ["sre.lead@company.com", "release.mgr@company.com"], request_id: id },
    ]);
    expect((await runAttesta(folder, ["audit", "verify", log])).exitCode).toBe(0);
  });

  test("of the service right after the last vote loses neither the vote nor the verdict", async () => {
    const first = await service();
    const waiting = gate("deploy-1");
    await said(waiting.stderr, "waiting for");
    const id = await onlyId();
    await decide("sre.lead", id);
    expect((await decide("release.mgr", id)).code).toBe("none");
    await first.kill();
    await service();
    expect(await waiting.ended).toBe(0);
    expect(await ran()).toBe(1);
    const decisions = (await readLog(join(folder, "audit.jsonl"))).filter((line) => line.entry_type === "decision");
    expect(decisions).toHaveLength(1);
  });

  test("of the gate: run again with the same request id it is the same request and verdict, and the command runs once", async () => {
    await service();
    const first = gate("deploy-1");
    await said(first.stderr, "waiting for");
    const id = await onlyId();
    expect((await decide("sre.lead", id)).code).toBe("none");
    await first.kill();
    const second = gate("deploy-1");
    await said(second.stderr, "approved so far by Sam Okafor");
    expect(second.stderr()).toContain(id);
    expect((await decide("release.mgr", id)).code).toBe("none");
    expect([await second.ended, await ran()]).toEqual([0, 1]);
    const third = gate("deploy-1");
    expect([await third.ended, await ran()]).toEqual([120, 1]);
    expect(third.stderr()).toContain("was used already");
    expect(await requests()).toMatchObject([{ id, status: "used" }]);
  });

  test("of the gate after the verdict: the one that is run again gets it and runs the command", async () => {
    await service();
    const first = gate("deploy-1");
    await said(first.stderr, "waiting for");
    const id = await onlyId();
    await first.kill();
    await decide("sre.lead", id);
    await decide("release.mgr", id);
    const second = gate("deploy-1");
    expect([await second.ended, await ran()]).toEqual([0, 1]);
    expect(await onlyId()).toBe(id);
  });
});

describe("the exit code of attesta gate", () => {
  beforeEach(() => prepare(`timeout_seconds: 3, ${NO_MINIMUM}`));
  const STAGE = [
    "deploy_to_staging",
    ...["service=api-gateway", "version=2.1.0", "strategy=rolling"].flatMap((arg) => ["--arg", arg]),
    ...["--env", "staging"],
  ];

  test("is the command's own, 120 for a denial with reason and comment, 121 for silence, 123 after Ctrl-C", async () => {
    await service();
    const asked = async (requestId: string) => {
      const one = gate(requestId, [...STAGE, "--arg", `run=${requestId}`], 7);
      await said(one.stderr, "waiting for");
      const { body } = await agent.list();
      const all: readonly { id: string; request_id: string }[] = JSON.parse(JSON.stringify(body.requests));
      return { one, id: all.find((view) => view.request_id === requestId)?.id ?? "" };
    };
    const own = await asked("own");
    expect((await decide("sre.lead", own.id)).code).toBe("none");
    expect([await own.one.ended, await ran()]).toEqual([7, 1]);

    const denied = await asked("denied");
    await person("sre.lead").deny(denied.id, { reason: "wrong_time", comment: "after the freeze" });
    expect([await denied.one.ended, await ran()]).toEqual([120, 1]);
    expect(denied.one.stderr()).toContain("DENIED: wrong time");
    expect(denied.one.stderr()).toContain("Sam Okafor: after the freeze");

    const silent = await asked("silent");
    formOf(await person("sre.lead").open(silent.id));
    expect(codeOf(await person("sre.lead").pass(silent.id))).toBe("none");
    expect([await silent.one.ended, await ran()]).toEqual([121, 1]);
    expect(silent.one.stderr()).toContain("TIMED OUT: nobody answered in time");

    const stopped = await asked("stopped");
    stopped.one.child.kill("SIGINT");
    expect([await stopped.one.ended, await ran()]).toEqual([123, 1]);
    expect(stopped.one.stderr()).toContain("the request was taken back");
    expect((await agent.get(stopped.id, 20_000)).body).toMatchObject({ status: "cancelled" });
  });

  test("is 122 where no service answers, and nothing runs", async () => {
    const alone = gate("alone", [...STAGE, "--unreachable-after", "0"]);
    expect([await alone.ended, await ran()]).toEqual([122, 0]);
    expect(alone.stderr()).toContain("has not answered");
    expect(alone.stderr()).not.toContain(TOKEN);
  });
});
