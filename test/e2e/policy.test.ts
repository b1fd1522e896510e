/** What config can switch: observing, emergencies, and a policy that changes while requests wait. */
import { afterEach, describe, expect, test } from "vitest";
import { FIREWALL, MIGRATION, PRODUCTION, ROLLBACK } from "./actions.ts";
import {
  answerInTime,
  approve,
  codeOf,
  formOf,
  OWNER,
  openAndRead,
  RELEASE,
  rightAnswers,
  SRE,
  wordsOf,
} from "./reviewer.ts";
import { openStage, type Stage } from "./stage.ts";

const WAIT_MS = 20_000;
const LONG = "timeout_seconds: 86400, valid_for_seconds: 86400";
let stage: Stage;
afterEach(() => stage.close());

async function decisionOf(id: string) {
  const lines = await stage.audit();
  return lines.find((line) => line.request_id === id && line.entry_type === "decision");
}

describe("observe mode", () => {
  test("holds nothing, and records, marked as such, what would have been asked", async () => {
    stage = await openStage({ yaml: "policy: {mode: observe}" });
    const { id, digest } = await stage.agent().raise(PRODUCTION);
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ released: true, mode: "observe" });
    expect((await stage.agent().use(id, digest)).status).toBe(200);
    expect(await decisionOf(id)).toMatchObject({
      mode: "observe",
      decided_by: "observe",
      risk_level: "critical",
      challenge_type: "multi_party",
      approver_ids: [],
      seats: [
        { roles: ["sre_lead"], challenge: "teach_back" },
        { roles: ["release_manager"], challenge: "quiz" },
      ],
    });
    const reply = await stage.person(SRE).card(id);
    expect(reply.kind === "card" && reply.card.state).toBe("observed");
    expect(reply.kind === "card" && reply.card.buttons).toEqual([]);
  });

  test("of one agent leaves the others held", async () => {
    stage = await openStage({ yaml: "agents: {infra-agent: {mode: observe}}" });
    const { id } = await stage.agent().raise(ROLLBACK);
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ released: true, mode: "observe" });
  });
});

describe("break glass", () => {
  const ROLE = "roles: {incident_commander: {members: [dana@company.com]}}";
  const YAML = `policy: {${LONG}, break_glass: {roles: [incident_commander], max_level: high}}\n${ROLE}`;

  test("approves alone, even one's own request, after challenge, minimum and a written reason; somebody else reviews it", async () => {
    stage = await openStage({ yaml: YAML });
    const { id, digest } = await stage.agent().raise(ROLLBACK);
    const form = await openAndRead(stage, OWNER, id);
    const answers = await rightAnswers(stage, form);
    const plain = await answerInTime(stage, OWNER, { form, answers });
    expect(codeOf(plain)).toBe("own_request");
    const reasonless = await answerInTime(stage, OWNER, { form, answers, breakGlass: "fire" });
    expect(wordsOf(reasonless)).toContain("written reason");
    const breakGlass = "checkout is down and nobody of the rota answers";
    expect(codeOf(await answerInTime(stage, OWNER, { form, answers, breakGlass }))).toBe("none");
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "approved", released: true });
    expect((await stage.agent().use(id, digest)).status).toBe(200);
    expect(await decisionOf(id)).toMatchObject({
      decided_by: "break_glass",
      decided_by_person: OWNER,
      comment: breakGlass,
      approvers: [{ person: OWNER, role: "incident_commander", break_glass: true }],
    });
    const card = await stage.person(SRE).card(id);
    expect(JSON.stringify(card)).toContain("Somebody else still has to review this afterwards");
    expect(codeOf(await stage.person(OWNER).afterReview(id, "I looked at it again"))).toBe("already_voted");
    expect(codeOf(await stage.person("dba@company.com").afterReview(id, "fine"))).toBe("not_an_approver");
    const inbox = await stage.person(RELEASE).inbox();
    const due = inbox.kind === "inbox" ? inbox.inbox.decided.find((item) => item.requestId === id) : undefined;
    expect(due?.verbs).toContain("after_review");
    expect(codeOf(await stage.person(RELEASE).afterReview(id, "it was right"))).toBe("none");
    expect(codeOf(await stage.person(RELEASE).afterReview(id, "once more"))).toBe("no_after_review_due");
  });

  test("is for its holders and up to its level only", async () => {
    stage = await openStage({ yaml: YAML });
    const high = await stage.agent().raise(ROLLBACK);
    const form = await openAndRead(stage, SRE, high.id);
    const answers = await rightAnswers(stage, form);
    const breakGlass = "I would rather not wait for anybody";
    const reply = await answerInTime(stage, SRE, { form, answers, breakGlass });
    expect(wordsOf(reply)).toContain("You do not hold a break-glass role");
    const critical = await stage.agent().raise(PRODUCTION);
    expect(codeOf(await stage.person(OWNER).open(critical.id))).toBe("own_request");
  });
});

describe("a policy that changes", () => {
  test("to a stricter one binds pending requests at once: approvals below the new bar lapse, and the card says so", async () => {
    stage = await openStage({ yaml: `policy: {${LONG}}` });
    const { id } = await stage.agent().raise(PRODUCTION);
    await approve(stage, SRE, id);
    const stale = await openAndRead(stage, RELEASE, id);
    await stage.reload(`policy: {${LONG}, minimum_review_seconds: {critical: 20000}}`);
    const card = await stage.person(SRE).card(id);
    expect(JSON.stringify(card)).toContain("The policy became stricter while this was open");
    expect(await stage.state(id)).toMatchObject({ status: "pending", votes: [], revision: 1 });
    const answers = await rightAnswers(stage, stale);
    expect(codeOf(await answerInTime(stage, RELEASE, { form: stale, answers }))).toBe("stale_review");
    const reopened = formOf(await stage.person(SRE).open(id));
    expect(reopened.opensAtMs - reopened.nowMs).toBeGreaterThan(19_000_000);
    const tightened = (await stage.audit()).filter((line) => line.request_id === id && line.change === "tightened");
    expect(tightened).toHaveLength(1);
  });

  test("to a looser one changes nothing that is pending", async () => {
    stage = await openStage({ yaml: `policy: {${LONG}}` });
    const { id } = await stage.agent().raise(FIREWALL);
    await stage.reload(`policy: {${LONG}, minimum_review_seconds: {medium: 1, high: 1}}`);
    const form = formOf(await stage.person("net.admin@company.com").open(id));
    const shown = (await stage.state(id)).reviews[0]?.shownAtMs ?? 0;
    expect(form.opensAtMs - shown).toBe(15_000);
    expect((await stage.state(id)).revision).toBe(0);
  });

  test("to a stricter one after the approval refuses its use; a looser one does not", async () => {
    stage = await openStage({ yaml: `policy: {${LONG}}` });
    const [first, second] = [await stage.agent().raise(ROLLBACK), await stage.agent().raise(FIREWALL)];
    await approve(stage, SRE, first.id);
    await approve(stage, "net.admin@company.com", second.id);
    for (const { id } of [first, second]) await stage.agent().get(id, WAIT_MS);
    await stage.reload(`policy: {${LONG}, minimum_review_seconds: {medium: 1, high: 1}}`);
    expect((await stage.agent().use(second.id, second.digest)).status).toBe(200);
    await stage.reload(`policy: {${LONG}, minimum_review_seconds: {high: 60, critical: 60}}`);
    expect((await stage.agent().use(first.id, first.digest)).body).toMatchObject({ code: "policy_changed" });
  });

  test("that blocks what is pending ends it", async () => {
    stage = await openStage({ yaml: `policy: {${LONG}}` });
    const { id } = await stage.agent().raise({ action: "reindex_search", environment: "production" });
    expect((await stage.agent().get(id)).body).toMatchObject({ status: "pending" });
    await stage.reload(`policy: {${LONG}, undeclared: deny}`);
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "denied", reason: "blocked" });
  });

  test("never freezes who holds a role: the newest config says, also for votes that were given", async () => {
    stage = await openStage({ yaml: `policy: {${LONG}}` });
    const { id } = await stage.agent().raise(MIGRATION);
    await approve(stage, "dba@company.com", id);
    await stage.reload(`policy: {${LONG}}\nroles: {dba: {members: [outsider@company.com]}}`);
    expect((await stage.agent().get(id)).body.who).toContain("Jonas Weber");
    await approve(stage, "backend.lead@company.com", id);
    expect(await stage.state(id)).toMatchObject({ status: "pending", votes: [{ person: "backend.lead@company.com" }] });
    expect((await stage.agent().get(id)).body.who).toContain("Oli Berg");
    expect(codeOf(await stage.person("dba@company.com").open(id))).toBe("not_an_approver");
    await approve(stage, "outsider@company.com", id);
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "approved" });
    expect(await decisionOf(id)).toMatchObject({ approver_ids: ["outsider@company.com", "backend.lead@company.com"] });
  });

  test("is written into the log with what it says, without anybody's token", async () => {
    stage = await openStage();
    await stage.reload("policy: {fail_mode: escalate, escalation: [{after_seconds: 60, roles: [dba]}]}");
    const lines = (await stage.audit()).filter((line) => line.entry_type === "admin");
    expect(lines.map((line) => line.change)).toEqual(["started", "config_changed"]);
    const text = JSON.stringify(lines);
    expect(text).toContain('"sre_lead":["sre.lead@company.com"]');
    expect(text).not.toContain("attesta-demo");
    expect(text).not.toContain("851d6da5543f237d");
  });
});
