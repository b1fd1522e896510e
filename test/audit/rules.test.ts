/** What makes an intact chain still wrong: review times and approvals that do not hold. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/engine/json.ts";
import type { AuditDraft } from "../../src/engine/ports.ts";
import { approver, decisionBody, deniedBody, draft, executionDraft, lowBody } from "./fixtures.ts";
import { encoded, headOf, joinLines, verifyBytes } from "./logs.ts";

const SAM = "sre.lead@company.com";
const RILEY = "release.mgr@company.com";

async function reportOf(drafts: readonly AuditDraft[]) {
  return verifyBytes(joinLines(await encoded(drafts)));
}

async function problemsOf(more: JsonObject, body: (id: string, more: JsonObject) => JsonObject = decisionBody) {
  const report = await reportOf([draft("decision", "REQ1", body("REQ1", more))]);
  return report.problems.map(({ check, line, reason }) => `${check} ${line} ${reason.replace(/^.*?\): /, "")}`);
}

const low = (id: string, more: JsonObject) => ({ ...lowBody(id), ...more });
const denied = (id: string, more: JsonObject) => ({ ...deniedBody(id), ...more });

test("takes a multi-party approval, an approval by policy and a denial", async () => {
  expect(await problemsOf({})).toEqual([]);
  expect(await problemsOf({}, low)).toEqual([]);
  expect(await problemsOf({}, denied)).toEqual([]);
});

test("names an approval below its minimum", async () => {
  const fast = approver(1, RILEY, { seconds: 3.1, voted_at: "2026-02-13T10:30:03.100Z" });
  expect(await problemsOf({ approvers: [approver(0, SAM), fast], review_duration_seconds: 51.3 })).toEqual([
    `review_time 1 ${RILEY} approved after 3.1 s, the minimum is 15 s`,
  ]);
});

test("names an approval that says itself that the minimum was not met", async () => {
  const own = approver(1, RILEY, { min_review_met: false });
  expect(await problemsOf({ approvers: [approver(0, SAM), own] })).toEqual([
    `review_time 1 ${RILEY}: min_review_met is false`,
  ]);
  expect(await problemsOf({ min_review_met: false })).toEqual(["review_time 1 min_review_met is false"]);
});

test("names seconds that are not the time from shown to voted", async () => {
  const lie = approver(1, RILEY, { voted_at: "2026-02-13T10:30:02.000Z" });
  expect(await problemsOf({ approvers: [approver(0, SAM), lie] })).toEqual([
    `review_time 1 ${RILEY}: seconds is 35.4, shown_at to voted_at is 2`,
  ]);
});

test("names a review duration that is not the sum of the approvals", async () => {
  expect(await problemsOf({ review_duration_seconds: 99 })).toEqual([
    "review_time 1 review_duration_seconds is 99, the approvals sum up to 83.6",
  ]);
});

test("names a person who filled two seats", async () => {
  const found = await problemsOf({
    approvers: [approver(0, SAM), approver(1, "SRE.lead@company.com")],
    approver_ids: [SAM, "SRE.lead@company.com"],
  });
  expect(found).toEqual(["approvals 1 one person approved twice"]);
});

test("names an empty seat", async () => {
  const found = await problemsOf({
    approvers: [approver(0, SAM)],
    approver_ids: [SAM],
    review_duration_seconds: 48.2,
  });
  expect(found).toEqual(["approvals 1 nobody filled seat 1 (release_manager)", "approvals 1 1 approvals for 2 seats"]);
});

test("names a seat that was filled in a role it does not take", async () => {
  const wrong = { approvers: [approver(0, SAM), approver(1, RILEY, { role: "dba" })] };
  const problem = `approvals 1 ${RILEY} filled seat 1 as dba, it needs release_manager`;
  expect(await problemsOf(wrong)).toEqual([problem]);
  expect(await problemsOf({ ...wrong, escalated_steps: 1, stand_in_roles: ["cto"] })).toEqual([problem]);
});

test("lets the role of an escalation step stand in", async () => {
  const standIn = { approvers: [approver(0, SAM), approver(1, RILEY, { role: "cto" })], escalated_steps: 1 };
  expect(await problemsOf({ ...standIn, stand_in_roles: ["cto"] })).toEqual([]);
});

test("names a seat that was filled with an easier challenge or a lower minimum", async () => {
  const easy = approver(0, SAM, { challenge: "quiz", minimum_seconds: 15 });
  expect(await problemsOf({ approvers: [easy, approver(1, RILEY)] })).toEqual([
    `approvals 1 ${SAM} passed quiz, seat 0 needs teach_back`,
    `approvals 1 seat 0 has a minimum of 45 s, ${SAM} was held to less`,
  ]);
});

test("names the requester, the owner and everybody excluded when they approve", async () => {
  for (const excluded of [{ requester: SAM }, { owner: SAM.toUpperCase() }, { excluded: [SAM] }]) {
    expect(await problemsOf(excluded)).toEqual([`approvals 1 ${SAM} approved their own request`]);
  }
});

test("takes a break-glass approval of one's own request, if it is marked", async () => {
  const alone = {
    decided_by: "break_glass",
    requester: SAM,
    approver_ids: [SAM],
    review_duration_seconds: 48.2,
  };
  expect(await problemsOf({ ...alone, approvers: [approver(0, SAM, { break_glass: true })] })).toEqual([]);
  expect(await problemsOf({ ...alone, approvers: [approver(0, SAM)] })).toEqual([
    `approvals 1 ${SAM} approved their own request`,
    "approvals 1 approved by break glass, but no approver is marked break_glass",
  ]);
});

test("names approver ids that are not the approvers", async () => {
  expect(await problemsOf({ approver_ids: [SAM] })).toEqual([
    "approvals 1 approver_ids are not the people in approvers",
  ]);
});

test("names an approval by policy although people were required", async () => {
  const seats = [{ seat: 0, roles: ["sre_lead"], challenge: "quiz", minimum_seconds: 15 }];
  expect(await problemsOf({ seats }, low)).toEqual(["approvals 1 approved by policy, although people were required"]);
});

test("names approvals that nobody could give", async () => {
  for (const by of ["person", "deadline", "agent"]) {
    expect(await problemsOf({ decided_by: by })).toEqual([
      `approvals 1 approved by ${by}: only a quorum, policy or break glass can approve`,
    ]);
  }
  expect(await problemsOf({ decided_by: "observe" })).toEqual([
    "approvals 1 approved by observing, but mode is enforce",
  ]);
  expect(await problemsOf({ released: false })).toEqual(["approvals 1 approved, but not released"]);
});

test("takes a low action released on a timeout only when it is marked, and a critical one never", async () => {
  const released = { verdict: "timed_out", decided_by: "deadline", released: true };
  expect(await problemsOf({ ...released, risk_level: "high", ran_without_review: true }, denied)).toEqual([]);
  expect(await problemsOf({ ...released, risk_level: "high" }, denied)).toEqual([
    "approvals 1 released on a timeout, but ran_without_review is not true",
  ]);
  expect(await problemsOf({ ...released, ran_without_review: true }, denied)).toEqual([
    "approvals 1 critical, but released on a timeout",
  ]);
  expect(await problemsOf({ released: true }, denied)).toEqual(["approvals 1 denied, but released"]);
});

test("names an execution that refers to another line than its decision", async () => {
  const decided = draft("decision", "REQ1", decisionBody("REQ1"));
  const [line] = await encoded([decided]);
  const head = headOf(line ?? "");
  expect((await reportOf([decided, executionDraft("REQ1", head)])).ok).toBe(true);
  const wrong = await reportOf([decided, executionDraft("REQ1", { ...head, hash: "a".repeat(64) })]);
  expect(wrong.problems.map(({ check, line: at }) => `${check} ${at}`)).toEqual(["chain 2"]);
});
