import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openApi } from "../../src/api/openapi.ts";
import { parseReply } from "../../src/api/review-contract.ts";
import type { Card, Interaction, Reply, ReviewForm } from "../../src/bot/surface.ts";
import { AGENT_TOKEN, call, type Harness, REVIEW_TOKEN, startHarness } from "../fixtures/api-server.ts";
import { createFakeApprovals } from "../fixtures/fake-approvals.ts";

const ACCOUNT = { surface: "terminal", tenant: "local", user: "sre.lead@company.com" };
const DIGEST = "d".repeat(64);

function form(question: ReviewForm["question"]): Reply {
  return {
    kind: "review_form",
    form: {
      requestId: "R1",
      reviewId: "rev-1",
      digest: DIGEST,
      headline: [{ strong: "HIGH" }, " Deploy ", { agentSaid: "api" }],
      role: ["You are asked as ", { role: "sre_lead", title: "SRE lead" }],
      about: [{ label: "Score", text: ["0.72"] }],
      pages: [{ title: "Arguments", rows: [{ label: "service", text: "api", isPrivate: false }] }],
      pagesRead: [0],
      opensAtMs: 2,
      nowMs: 1,
      deadlineMs: 3,
      question,
      draft: [],
      attempt: 1,
      attempts: 2,
      error: undefined,
    },
  };
}

const CARD: Card = {
  requestId: "R1",
  version: 3,
  state: "approved",
  level: "high",
  digest: DIGEST,
  audit: { entry: 42, hash: "e".repeat(64) },
  headline: ["APPROVED"],
  subline: [{ atMs: 1, show: "clock" }],
  sections: [
    { source: "agent", title: "said by the agent", rows: [{ label: "service", text: [{ agentSaid: "api" }] }] },
  ],
  footer: [["req R1"]],
  buttons: [],
  deadlineMs: undefined,
  plain: "APPROVED",
};

let api: Harness;
let reply: (interaction: Interaction) => Reply;
beforeEach(async () => {
  reply = () => ({ kind: "line", line: ["done"] });
  api = await startHarness(createFakeApprovals(), { reviews: async (interaction) => reply(interaction) });
});
afterEach(() => api.stop());

const post = (verb: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  call(`${api.url}/v1/requests/R1/${verb}`, { token: REVIEW_TOKEN, body, headers });

describe("the reviewer's routes", () => {
  test.each([
    ["read", { review_id: "rev-1", page: 1 }, { kind: "read", reviewId: "rev-1", page: 1 }],
    [
      "vote",
      { review_id: "rev-1", digest: DIGEST, answers: ["a", "b"], break_glass: "outage" },
      { kind: "submit", reviewId: "rev-1", digest: DIGEST, answers: ["a", "b"], breakGlass: "outage" },
    ],
    ["deny", { reason: "wrong_time", comment: "later" }, { kind: "denied", reason: "wrong_time", comment: "later" }],
    ["stop", { reason: "suspicious" }, { kind: "stopped", reason: "suspicious" }],
    ["pass", {}, { kind: "pass" }],
    ["withdraw", {}, { kind: "withdraw" }],
    ["comment", { text: "why now?" }, { kind: "comment", text: "why now?" }],
    ["after-review", { comment: "fine" }, { kind: "after_review", comment: "fine" }],
  ])("%s becomes one interaction of this person", async (verb, body, interaction) => {
    const { status, body: answer } = await post(verb, { ...body, delivery_id: "d1" });
    expect([status, answer]).toEqual([200, { kind: "line", line: ["done"] }]);
    const deliveryId = `terminal:local:sre.lead@company.com:${verb}:R1:d1`;
    expect(api.seen).toEqual([{ ...interaction, account: ACCOUNT, requestId: "R1", deliveryId }]);
  });

  test("a review is reported as shown before it is answered, and the second answer counts", async () => {
    reply = (interaction) =>
      interaction.kind === "review"
        ? form({ kind: "later", challenge: "teach_back" })
        : form({ kind: "teach_back", prompt: "Explain", minWords: 15 });
    const { body } = await post("review", {}, { "idempotency-key": "k1" });
    expect(api.seen.map((one) => one.kind)).toEqual(["review", "shown"]);
    expect(api.seen[1]).toMatchObject({ reviewId: "rev-1", account: ACCOUNT });
    expect(parseReply(body)).toEqual(form({ kind: "teach_back", prompt: "Explain", minWords: 15 }));
  });

  test("a refused review is not reported as shown", async () => {
    reply = () => ({ kind: "line", line: ["You asked for this"], refusal: "own_request" });
    const { body } = await post("review");
    expect(api.seen.map((one) => one.kind)).toEqual(["review"]);
    expect(parseReply(body)).toEqual({ kind: "line", line: ["You asked for this"], refusal: "own_request" });
  });

  test("the header names a delivery; without any name each call is its own", async () => {
    await post("pass", { delivery_id: "body" }, { "idempotency-key": "header" });
    await post("pass");
    await post("pass");
    const ids = api.seen.map((one) => one.deliveryId.split(":").at(-1));
    expect(ids[0]).toBe("header");
    expect(new Set(ids).size).toBe(3);
  });

  test("inbox, whoami and card are reads", async () => {
    reply = (interaction) =>
      interaction.kind === "show" ? { kind: "card", card: CARD } : { kind: "line", line: ["x"] };
    await call(`${api.url}/v1/inbox`, { token: REVIEW_TOKEN });
    await call(`${api.url}/v1/whoami`, { token: REVIEW_TOKEN });
    const { body } = await call(`${api.url}/v1/requests/R1/card`, { token: REVIEW_TOKEN });
    expect(api.seen.map((one) => one.kind)).toEqual(["inbox", "whoami", "show"]);
    expect(parseReply(body)).toEqual({ kind: "card", card: CARD });
  });

  test.each([
    ["deny", { reason: "because" }],
    ["deny", {}],
    ["vote", { review_id: "r", digest: DIGEST, answers: "text" }],
    ["vote", { review_id: "r", digest: "short", answers: [] }],
    ["read", { review_id: "r", page: -1 }],
    ["pass", { approve: true }],
    ["comment", { text: "" }],
  ])("%s with a wrong body does nothing", async (verb, body) => {
    expect((await post(verb, body)).status).toBe(422);
    expect(api.seen).toEqual([]);
  });
});

describe("openapi", () => {
  test("every schema compiles, every reference is there, and it accepts what the service accepts", async () => {
    const { body } = await call(`${api.url}/openapi.json`);
    expect(body).toEqual(JSON.parse(JSON.stringify(openApi())));
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: "api:/", components: body.components });
    const submit = ajv.compile({ $ref: "api:/#/components/schemas/Submit" });
    expect(submit({ request_id: "r", action: "a", arguments: { x: [1, { y: null }] } })).toBe(true);
    expect(submit({ request_id: "r", action: "a", aprove: true })).toBe(false);
    const answer = ajv.compile({ $ref: "api:/#/components/schemas/Request" });
    const asked = await call(`${api.url}/v1/requests`, { token: AGENT_TOKEN, body: { request_id: "r", action: "a" } });
    expect(answer(asked.body)).toBe(true);
    expect(
      ajv.compile({ $ref: "api:/#/components/schemas/Reply" })(
        JSON.parse(JSON.stringify({ kind: "card", card: CARD })),
      ),
    ).toBe(true);
    for (const reference of JSON.stringify(body.paths).matchAll(/"#(\/components\/schemas\/\w+)"/g)) {
      expect(() => ajv.compile({ $ref: `api:/#${reference[1] ?? ""}` })).not.toThrow();
    }
  });
});
