/** How a request ends against the agent: denied, changed minds, withdrawn, and asked again too soon or joined. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttestaDenied } from "../../src/client/index.ts";
import { FIREWALL, PRODUCTION, ROLLBACK } from "./actions.ts";
import { approve, codeOf, NETWORK, OWNER, RELEASE, SECURITY, SRE, wordsOf } from "./reviewer.ts";
import { agentToken, hashOf, openStage, reached, type Stage } from "./stage.ts";

const AGENTS = ["busy", "second"]
  .map((id) => `  ${id}: {token_sha256: ${hashOf(agentToken(id))}, owner: outsider@company.com, max_pending: 2}`)
  .join("\n");
const YAML = `policy: {timeout_seconds: 86400, reask_seconds: 400}\nagents:\n${AGENTS}`;

function rollback(service: string) {
  return { ...ROLLBACK, arguments: { ...ROLLBACK.arguments, service } };
}

describe("a denial", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: YAML });
  });
  afterAll(() => stage.close());

  /** The one request that is pending with this service as its argument. */
  async function pendingFor(service: string): Promise<string> {
    const found = async (): Promise<string> => {
      const states = await stage.service.store.list({ status: ["pending"], limit: 100 });
      return states.find(({ facts }) => facts.action.arguments.service === service)?.facts.id ?? "";
    };
    await expect.poll(found).not.toBe("");
    return found();
  }

  test("reaches the agent with its reason, the comment and what to change, and the function does not run", async () => {
    let ran = 0;
    const { action, arguments: args, ...rest } = rollback("denied-one");
    const running = stage.attesta().run({ name: action, arguments: args, environment: rest.environment }, () => ran++);
    running.catch(() => undefined);
    const id = await pendingFor("denied-one");
    const comment = "2.0.2 is the last good one";
    expect(codeOf(await stage.person(SRE).deny(id, { reason: "wrong_target", comment }))).toBe("none");
    const denied = await running.catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(AttestaDenied);
    expect(denied).toMatchObject({
      code: "wrong_target",
      verdict: "denied",
      requestId: id,
      comments: [{ from: "Sam Okafor", text: comment }],
      hint: expect.stringContaining("check the arguments"),
    });
    expect(ran).toBe(0);
    const told = await stage.agent().get(id);
    expect((await stage.agent().use(id, String(told.body.digest))).body).toMatchObject({ code: "not_released" });
  });

  test("by somebody who had approved counts, and their approval is kept as withdrawn", async () => {
    const { id } = await stage.agent().raise(PRODUCTION);
    expect(wordsOf(await approve(stage, SRE, id))).toContain("It still needs: Release manager");
    expect(codeOf(await stage.person(SRE).open(id))).toBe("already_voted");
    expect(codeOf(await stage.person(SRE).deny(id, { reason: "wrong_time" }))).toBe("none");
    expect((await stage.agent().get(id, 20_000)).body).toMatchObject({ verdict: "denied", reason: "wrong_time" });
    expect(codeOf(await stage.person(RELEASE).open(id))).toBe("already_decided");
    const entry = (await stage.audit()).find((line) => line.request_id === id && line.entry_type === "decision");
    expect(entry).toMatchObject({
      verdict: "denied",
      decided_by: "person",
      decided_by_person: SRE,
      approver_ids: [],
      withdrawn_votes: [{ person: SRE, challenge: "teach_back" }],
    });
  });

  test("is told again, with its reason, to an agent that asks the same again within reask_seconds, and not after", async () => {
    const body = rollback("asked-again");
    const { id } = await stage.agent().raise(body);
    await stage.person(RELEASE).deny(id, { reason: "needs_change", comment: "say which version is good" });
    await stage.agent().get(id, 20_000);
    const again = await stage.agent().ask(body);
    expect(again).toMatchObject({
      status: 409,
      body: { code: "denied_recently", request: id, reason: "needs_change", comment: "say which version is good" },
    });
    const spelled = await stage.agent().ask({ ...body, description: "please, it is urgent", hints: {} });
    expect(spelled.body).toMatchObject({ code: "denied_recently" });
    await reached(stage, Date.parse(String(again.body.until)));
    expect((await stage.agent().ask(body)).status).toBe(201);
    const refused = (await stage.audit()).filter((line) => line.refusal === "denied_recently");
    expect(refused.map((line) => line.existing_request_id)).toEqual([id, id]);
  });

  test("stands on the card of a changed ask, with what is different now", async () => {
    const { id } = await stage.agent().raise(FIREWALL);
    await stage.person(NETWORK).deny(id, { reason: "needs_change", comment: "not the whole /8" });
    await stage.agent().get(id, 20_000);
    const changed = await stage.agent().raise({
      ...FIREWALL,
      arguments: { ...FIREWALL.arguments, cidr: "10.1.0.0/16" },
    });
    const reply = await stage.person(SECURITY).card(changed.id);
    const rows = reply.kind === "card" ? reply.card.sections.flatMap((section) => section.rows) : [];
    const text = JSON.stringify(rows);
    expect(text).toContain("needs change");
    expect(text).toContain("not the whole /8");
    expect(text).toContain("cidr: 10.0.0.0/8 -> 10.1.0.0/16");
  });

  test("is no more than a refusal to another agent: each agent's asks are its own", async () => {
    const body = rollback("two-agents");
    const first = await stage.agent().raise(body);
    await stage.person(SRE).deny(first.id, { reason: "not_needed" });
    await stage.agent().get(first.id, 20_000);
    expect((await stage.agent("second").ask(body)).status).toBe(201);
  });
});

describe("asking", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: YAML });
  });
  afterAll(() => stage.close());

  test("the same action while it is pending joins the request: nobody is asked twice", async () => {
    const [first, second] = [await stage.agent().ask(ROLLBACK), await stage.agent().ask(ROLLBACK)];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    await approve(stage, SRE, String(first.body.id));
    expect((await stage.agent().get(String(second.body.id), 20_000)).body).toMatchObject({ released: true });
  });

  test("under a second id that joined: the id goes on meaning that request after the verdict, and only for that action", async () => {
    const body = rollback("joined");
    const { id, digest } = await stage.agent().raise({ ...body, request_id: "job-1" });
    expect((await stage.agent().ask({ ...body, request_id: "job-2" })).body.id).toBe(id);
    await approve(stage, SRE, id);
    await stage.agent().get(id, 20_000);
    const resumed = await stage.agent().ask({ ...body, request_id: "job-2" });
    expect([resumed.status, resumed.body.id, resumed.body.released]).toEqual([200, id, true]);
    expect((await stage.agent().use(id, digest)).status).toBe(200);
    expect((await stage.agent().ask({ ...body, request_id: "job-2" })).body).toMatchObject({ id, status: "used" });
    const other = await stage.agent().ask({ ...rollback("not-joined"), request_id: "job-2" });
    expect([other.status, other.body.code]).toEqual([409, "request_id_conflict"]);
  });

  test("fifty times at once raises one request", async () => {
    const asks = await Promise.all(Array.from({ length: 50 }, () => stage.agent().ask(rollback("fifty"))));
    expect(new Set(asks.map(({ body }) => body.id)).size).toBe(1);
    expect(asks.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test("with a request id that stands for another action is a conflict, and the first request is untouched", async () => {
    const first = await stage.agent().ask({ ...rollback("kept"), request_id: "nightly" });
    const other = await stage.agent().ask({ ...rollback("other"), request_id: "nightly" });
    expect(other).toMatchObject({ status: 409, body: { code: "request_id_conflict", request: first.body.id } });
    const same = await stage.agent().ask({ ...rollback("kept"), request_id: "nightly" });
    expect([same.status, same.body.id]).toEqual([200, first.body.id]);
  });

  test("for more than max_pending is 429 and a line in the log; one that ends makes room", async () => {
    const busy = stage.agent("busy");
    const first = await busy.raise(rollback("one"));
    await busy.raise(rollback("two"));
    const third = await busy.ask({ ...rollback("three"), request_id: "third" });
    expect(third).toMatchObject({ status: 429, body: { code: "too_many_pending", limit: 2 } });
    const line = (await stage.audit()).find((one) => one.refusal === "too_many_pending");
    expect(line).toMatchObject({ agent_id: "busy", client_request_id: "third", command: "raise" });
    expect((await busy.cancel(first.id)).status).toBe(200);
    expect((await busy.ask({ ...rollback("three"), request_id: "third" })).status).toBe(201);
  });

  test("is withdrawn by the owner or the person it was asked for, and by nobody else", async () => {
    const mine = await stage.agent().raise(rollback("withdrawn"));
    expect(codeOf(await stage.person(SRE).withdraw(mine.id))).toBe("not_requester");
    expect(codeOf(await stage.person(OWNER).withdraw(mine.id))).toBe("none");
    expect((await stage.agent().get(mine.id, 20_000)).body).toMatchObject({
      verdict: "cancelled",
      reason: "withdrawn",
    });
    const claimed = await stage.agent().raise({ ...rollback("for-net"), requester: NETWORK });
    expect(codeOf(await stage.person(NETWORK).withdraw(claimed.id))).toBe("none");
    expect((await stage.agent().get(claimed.id, 20_000)).body).toMatchObject({ verdict: "cancelled" });
  });
});
