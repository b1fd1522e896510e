import { afterEach, describe, expect, test } from "vitest";
import { ASKS_A_MINUTE, BODY_BYTES_A_MINUTE, createLimits, ORDERS_A_MINUTE, sparsely } from "../../src/api/limits.ts";
import {
  AGENT_TOKEN,
  call,
  type Harness,
  OTHER_AGENT_TOKEN,
  REVIEW_TOKEN,
  startHarness,
} from "../fixtures/api-server.ts";
import { createFakeApprovals } from "../fixtures/fake-approvals.ts";

const ASK = { action: "get_service_status", arguments: { service: "api" } };
const LARGE = JSON.stringify({ ...ASK, request_id: "large", arguments: { text: "x".repeat(3 * 1024 * 1024) } });

describe("the buckets of one agent", () => {
  test("hold a minute's worth, fill steadily, and say when the next call fits", () => {
    let nowMs = 0;
    const limits = createLimits(() => nowMs);
    for (let calls = 0; calls < ASKS_A_MINUTE; calls += 1) expect(limits.take("a", "ask", 0)).toBeUndefined();
    expect(limits.take("a", "ask", 0)).toBe(60_000 / ASKS_A_MINUTE);
    nowMs += 60_000 / ASKS_A_MINUTE;
    expect(limits.take("a", "ask", 0)).toBeUndefined();
    expect(limits.take("a", "ask", 0)).toBeGreaterThan(0);
    nowMs += 24 * 3_600_000;
    for (let calls = 0; calls < ASKS_A_MINUTE; calls += 1) expect(limits.take("a", "ask", 0)).toBeUndefined();
    expect(limits.take("a", "ask", 0)).toBeGreaterThan(0);
  });

  test("are another agent's business no more than orders are of asks", () => {
    const limits = createLimits(() => 0);
    for (let calls = 0; calls < ASKS_A_MINUTE; calls += 1) limits.take("a", "ask", 0);
    expect(limits.take("a", "ask", 0)).toBeGreaterThan(0);
    expect(limits.take("b", "ask", 0)).toBeUndefined();
    for (let calls = 0; calls < ORDERS_A_MINUTE; calls += 1) expect(limits.take("a", "order", 0)).toBeUndefined();
    expect(limits.take("a", "order", 0)).toBeGreaterThan(0);
  });

  test("count bytes over both kinds, give back what was not sent, and take nothing from a refused call", () => {
    const limits = createLimits(() => 0);
    expect(limits.take("a", "ask", BODY_BYTES_A_MINUTE - 10)).toBeUndefined();
    expect(limits.take("a", "order", 11)).toBeCloseTo(60_000 / BODY_BYTES_A_MINUTE);
    expect(limits.take("a", "order", 10)).toBeUndefined();
    expect(limits.take("a", "ask", 1)).toBeGreaterThan(0);
    limits.giveBack("a", 5);
    expect(limits.take("a", "ask", 5)).toBeUndefined();
    limits.giveBack("a", 10 * BODY_BYTES_A_MINUTE);
    expect(limits.take("a", "ask", BODY_BYTES_A_MINUTE + 1)).toBeGreaterThan(0);
  });

  test("survive a clock that goes back", () => {
    let nowMs = 1_000_000;
    const limits = createLimits(() => nowMs);
    limits.take("a", "ask", BODY_BYTES_A_MINUTE);
    nowMs = 0;
    expect(limits.take("a", "ask", 1)).toBeGreaterThan(0);
  });
});

test("a note is made once a minute for each agent and code", () => {
  let nowMs = 0;
  const told: unknown[] = [];
  const tell = sparsely(
    (...what) => told.push(what),
    () => nowMs,
  );
  for (const agent of ["a", "a", undefined, "b"]) tell(agent, "too_large");
  tell("a", "invalid");
  nowMs = 59_999;
  tell("a", "too_large");
  nowMs = 60_000;
  tell("a", "too_large");
  expect(told).toEqual([
    ["a", "too_large"],
    [undefined, "too_large"],
    ["b", "too_large"],
    ["a", "invalid"],
    ["a", "too_large"],
  ]);
});

describe("over HTTP", () => {
  let api: Harness | undefined;
  afterEach(() => api?.stop());
  const fake = createFakeApprovals();
  let nowMs = 0;
  const refused: unknown[] = [];
  const start = async () => {
    nowMs = 0;
    refused.length = 0;
    api = await startHarness(fake, { monotonicMs: () => nowMs, refused: (...what) => refused.push(what) });
    return api.url;
  };
  const assess = (url: string, token = AGENT_TOKEN) => call(`${url}/v1/assess`, { token, body: ASK });

  test("an agent that asks too often gets 429 with when to come back, and one note; others go on", async () => {
    const url = await start();
    for (let calls = 0; calls < ASKS_A_MINUTE; calls += 30)
      await Promise.all(Array.from({ length: 30 }, () => assess(url)));
    for (const _ of [1, 2, 3]) {
      const { status, body, headers } = await assess(url);
      expect([status, body.code, headers.get("retry-after")]).toEqual([429, "too_many_requests", "1"]);
    }
    expect(refused).toEqual([["infra-agent", "too_many_requests"]]);
    expect((await assess(url, OTHER_AGENT_TOKEN)).status).toBe(200);
    expect((await call(`${url}/v1/requests`, { token: AGENT_TOKEN })).status).toBe(200);
    nowMs += 1000;
    expect((await assess(url)).status).toBe(200);
  });

  test("bodies are counted by their bytes", async () => {
    const url = await start();
    const text = "x".repeat(1024 * 1024);
    const send = () => call(`${url}/v1/assess`, { token: AGENT_TOKEN, body: { ...ASK, arguments: { text } } });
    const statuses: number[] = [];
    for (let mebibytes = 0; mebibytes < 60; mebibytes += 1) statuses.push((await send()).status);
    expect([statuses.filter((status) => status === 429).length, statuses.at(-1)]).toEqual([1, 429]);
  });

  test("what is refused before the engine sees it is noted once, with the agent and without a word of it", async () => {
    const url = await start();
    const ask = (body: unknown, token = AGENT_TOKEN) => call(`${url}/v1/requests`, { token, body });
    for (const _ of [1, 2]) {
      await ask("{");
      await ask({ ...ASK, request_id: "r", hunter2: true });
    }
    await call(`${url}/v1/requests/x/deny`, { token: REVIEW_TOKEN, body: { reason: "no" } });
    // The connection of a body that is not read to its end is closed, sometimes before its answer is read.
    await ask(LARGE).catch(() => undefined);
    await expect
      .poll(() => refused)
      .toEqual([
        ["infra-agent", "bad_json"],
        ["infra-agent", "invalid"],
        [undefined, "invalid"],
        ["infra-agent", "too_large"],
      ]);
  });

  test("a caller without a token is not noted", async () => {
    const url = await start();
    expect((await call(`${url}/v1/requests`, { body: ASK })).status).toBe(401);
    expect(refused).toEqual([]);
  });

  test.each([
    ["requester", { requester: `${"a".repeat(250)}@b.cd` }],
    ["requester", { requester: "Sam Okafor" }],
    ["requester", { requester: "sam@company.com\n" }],
    ["description", { description: "x".repeat(8193) }],
    ["environment", { environment: "x".repeat(1001) }],
    ["action", { action: "x".repeat(1001) }],
    ["session_id", { session_id: "x".repeat(201) }],
    ["request_id", { request_id: "x".repeat(201) }],
  ])("%s has a bound, and is named", async (key, more) => {
    const url = await start();
    const { status, body } = await call(`${url}/v1/requests`, {
      token: AGENT_TOKEN,
      body: { ...ASK, request_id: "bound", ...more },
    });
    expect([status, body.code, body.issues]).toEqual([422, "invalid", [expect.objectContaining({ path: key })]]);
  });

  test("a comment, a written reason and a time have bounds too", async () => {
    const url = await start();
    const long = "x".repeat(1001);
    const agent = (verb: string, body: object) => call(`${url}/v1/requests/x/${verb}`, { token: AGENT_TOKEN, body });
    const person = (verb: string, body: object) => call(`${url}/v1/requests/x/${verb}`, { token: REVIEW_TOKEN, body });
    const executed_at = `2026-01-01T00:00:00.${"0".repeat(50)}Z`;
    const vote = { review_id: "r", digest: "d".repeat(64), answers: ["a"], break_glass: long };
    const told = await Promise.all([
      agent("cancel", { comment: long }),
      agent("result", { use_id: "u", outcome: "failed", executed_at }),
      person("deny", { reason: "wrong_time", comment: long }),
      person("comment", { text: long }),
      person("vote", vote),
    ]);
    expect(told.map(({ status, body }) => [status, body.code])).toEqual(told.map(() => [422, "invalid"]));
  });
});
