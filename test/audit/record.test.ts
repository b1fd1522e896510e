/** What the engine gives for the audit log fits the log: every entry of a request's life is written and verifies. */
import { expect, test } from "vitest";
import { parseLine } from "../../src/audit/line.ts";
import { replay } from "../../src/engine/evolve.ts";
import type { AuditDraft } from "../../src/engine/ports.ts";
import { auditDrafts, freeDraft, refusalDraft } from "../../src/engine/record.ts";
import type { Happening, RequestEvent } from "../../src/engine/request.ts";
import { sampleFacts, T0 } from "../fixtures/requests.ts";
import { encoded, headOf, joinLines, verifyBytes } from "./logs.ts";

const account = { surface: "terminal", tenant: "local", user: "sam" };
const challenge = {
  kind: "quiz",
  questions: [{ id: "q1", text: "Which service?", options: ["api", "web", "db"], right: 0, accepted: [] }],
} as const;
const answer = { kind: "quiz", choices: ["api"] } as const;

const FACTS = sampleFacts({ policyDigest: "b".repeat(64), digest: "c".repeat(64) });

/** A request that Sam got wrong once, then approved; it ran, and was stopped and looked at afterwards. */
const happened = (hash: string): readonly Happening[] => [
  { type: "requested", facts: FACTS },
  {
    type: "reviewed",
    review: {
      reviewId: "r1",
      person: "sam@company.com",
      name: "Sam",
      account,
      seat: 0,
      shownAtMs: T0 + 2,
      revision: 0,
      challenge,
      pagesRead: [],
      usedQuestions: [],
      ended: false,
    },
  },
  {
    type: "failed",
    reviewId: "r1",
    attempt: {
      person: "sam@company.com",
      seat: 0,
      atMs: T0 + 20_000,
      challenge,
      answer: { kind: "quiz", choices: ["web"] },
      grade: { outcome: "failed", missing: [], matched: [] },
    },
  },
  { type: "commented", person: "kim@company.com", name: "Kim", text: "go" },
  {
    type: "voted",
    vote: {
      person: "sam@company.com",
      name: "Sam",
      account,
      seat: 0,
      role: { role: "sre_lead", source: "list", readAtMs: T0 + 40_000 },
      reviewId: "r1",
      challenge,
      answer,
      matched: [],
      shownAtMs: T0 + 2,
      atMs: T0 + 40_002,
      seconds: 40,
      minimumMs: 30_000,
      breakGlass: false,
    },
  },
  { type: "decided", decision: { verdict: "approved", by: "quorum", released: true, atMs: T0 + 40_002 } },
  { type: "audited", entry: 1, hash },
  { type: "used", useId: "u1", digest: FACTS.digest },
  { type: "resulted", outcome: "succeeded", executedAtMs: T0 + 41_000 },
  { type: "revoked", person: "sam@company.com", name: "Sam", account, reason: "suspicious" },
  { type: "after_reviewed", person: "kim@company.com", name: "Kim", comment: "fine" },
];

function draftsOf(detail: "full" | "hash", hash: string): readonly AuditDraft[] {
  const stamped = happened(hash).map(
    (happening, index): RequestEvent => ({ ...happening, seq: index + 1, atMs: T0 + index, commandId: `c${index}` }),
  );
  return stamped.flatMap((event, index) => {
    const state = replay(stamped.slice(0, index + 1));
    return state === undefined ? [] : auditDrafts(state, [event], detail);
  });
}

for (const detail of ["full", "hash"] as const) {
  test(`every entry of a request fits and verifies, with answers: ${detail}`, async () => {
    const [decided = ""] = await encoded(draftsOf(detail, "a".repeat(64)).slice(0, 1));
    const drafts = draftsOf(detail, headOf(decided).hash);
    expect(drafts.map((one) => one.entry_type)).toEqual(["decision", "execution", "admin", "admin"]);
    const lines = await encoded(drafts);
    const report = await verifyBytes(joinLines(lines));
    expect(report.problems).toEqual([]);
    expect(report.entries).toBe(1);
    for (const line of lines) expect(parseLine(line).ok).toBe(true);
  });
}

test("refusals and entries without a request fit", async () => {
  const state = replay([{ type: "requested", facts: FACTS, seq: 1, atMs: T0, commandId: "c" }]);
  if (state === undefined) throw new Error("a state expected");
  const press = { command: "vote", commandId: "c2", atMs: T0, account, person: "sam@company.com" };
  const lines = await encoded([
    refusalDraft(state, { code: "own_request" }, press),
    freeDraft("refusal", "a", { refusal: "too_large", command: "raise", agent_id: "x", client_request_id: "1" }),
    freeDraft("admin", "b", { change: "log_adopted", detail: "x", head_number: 3, head_hash: "a".repeat(64) }),
  ]);
  expect((await verifyBytes(joinLines(lines))).problems).toEqual([]);
});
