import { afterEach, expect, test } from "vitest";
import { ASKS_A_MINUTE } from "../../src/api/limits.ts";
import { Attesta } from "../../src/client/index.ts";
import { AGENT_TOKEN, call, type Harness, startHarness } from "../fixtures/api-server.ts";
import { createFakeApprovals } from "../fixtures/fake-approvals.ts";

let api: Harness | undefined;
afterEach(() => api?.stop());

const ACTION = { name: "get_service_status", arguments: { service: "api" } };

test("a client that is told to come back later does so, and its call is made after all", async () => {
  let nowMs = 0;
  const refused: string[] = [];
  api = await startHarness(createFakeApprovals(), {
    monotonicMs: () => nowMs,
    refused: (_, code) => refused.push(code),
  });
  const { url } = api;
  const body = { action: ACTION.name, arguments: ACTION.arguments };
  for (let calls = 0; calls < ASKS_A_MINUTE; calls += 30)
    await Promise.all(Array.from({ length: 30 }, () => call(`${url}/v1/assess`, { token: AGENT_TOKEN, body })));
  const attesta = new Attesta({ url, token: AGENT_TOKEN });
  const assessed = attesta.assess(ACTION);
  await expect.poll(() => refused).toEqual(["too_many_requests"]);
  nowMs += 1000;
  expect(await assessed).toHaveProperty("risk");
  await attesta.close();
});

test("one that is never let in again says so, in the service's words", async () => {
  api = await startHarness(createFakeApprovals(), { monotonicMs: () => 0 });
  const { url } = api;
  const body = { action: ACTION.name, arguments: ACTION.arguments };
  for (let calls = 0; calls < ASKS_A_MINUTE; calls += 30)
    await Promise.all(Array.from({ length: 30 }, () => call(`${url}/v1/assess`, { token: AGENT_TOKEN, body })));
  const attesta = new Attesta({ url, token: AGENT_TOKEN, unreachableAfterMs: 0 });
  const fault = await attesta.assess(ACTION).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: "unreachable", message: expect.stringContaining("This agent sends too much") });
  await attesta.close();
});
