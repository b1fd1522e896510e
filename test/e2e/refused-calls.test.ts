/** Calls that are refused before the engine sees them: an entry in the log, once a minute, with nothing of what was sent. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../fixtures/api-server.ts";
import { agentToken, openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ speed: 1 });
});
afterAll(() => stage.close());

test("a body over the limit and one that is no JSON are in the log, however often they are sent", async () => {
  const post = (body: string) =>
    call(`${stage.url}/v1/requests`, { token: agentToken("infra-agent"), body }).catch(() => undefined);
  const secret = "hunter2-correct-horse";
  for (const _ of [1, 2, 3]) await post(`{"action": "${secret}`);
  for (const _ of [1, 2, 3]) await post(JSON.stringify({ action: "x", arguments: { a: secret.repeat(150_000) } }));
  const refusals = async () => (await stage.audit()).filter((line) => line.entry_type === "refusal");
  await expect.poll(async () => (await refusals()).length).toBe(2);
  expect(await refusals()).toMatchObject([
    { command: "call", refusal: "bad_json", agent_id: "infra-agent" },
    { command: "call", refusal: "too_large", agent_id: "infra-agent" },
  ]);
  expect(JSON.stringify(await stage.audit())).not.toContain(secret);
});
