import { expect, test } from "vitest";
import { requestView } from "../../src/api/view.ts";
import type { Happening, Review } from "../../src/engine/request.ts";
import { sampleDecision, sampleFacts, stateAfter, T0 } from "../fixtures/requests.ts";

const ACCOUNT = { surface: "terminal", tenant: "local", user: "sre.lead@company.com" };
const REVIEW: Review = {
  reviewId: "rev-1",
  person: "sre.lead@company.com",
  name: "Sam Okafor",
  account: ACCOUNT,
  seat: 0,
  shownAtMs: T0,
  revision: 0,
  challenge: {
    kind: "teach_back",
    prompt: "Explain",
    terms: [{ name: "version", value: "2.1.0", accepted: [] }],
    minWords: 15,
  },
  pagesRead: [],
  usedQuestions: [],
  ended: false,
};
const APPROVED: readonly Happening[] = [
  { type: "decided", decision: sampleDecision() },
  { type: "audited", entry: 42, hash: "e".repeat(64) },
];
const view = (...happenings: readonly Happening[]) =>
  requestView(stateAfter(sampleFacts(), ...happenings), { nowMs: T0 + 61_000, who: "Sam", nameOf: () => "Sam" });

test("a request counts as delivered once it was posted, or opened at a terminal", () => {
  expect(view().delivered).toBe(false);
  expect(view({ type: "delivered", surface: "slack", ref: "1" }).delivered).toBe(true);
  expect(view({ type: "reviewed", review: REVIEW }).delivered).toBe(true);
});

test("an approval that an approver stopped is not released, and says why", () => {
  const stop = { type: "revoked", person: "dba@company.com", name: "Mina Patel", account: ACCOUNT } as const;
  expect(view(...APPROVED)).toMatchObject({ status: "approved", released: true });
  expect(view(...APPROVED, { ...stop, reason: "suspicious", comment: "whose ticket is this?" })).toMatchObject({
    status: "revoked",
    verdict: "approved",
    released: false,
    reason: "suspicious",
    comments: [{ from: "Mina Patel", text: "whose ticket is this?" }],
  });
});

test("nothing of a challenge or a decision is in a view before its entry is on disk", () => {
  const decided = {
    type: "decided",
    decision: sampleDecision({ verdict: "denied", reason: "suspicious", comment: "no" }),
  } as const;
  const early = JSON.stringify(view({ type: "reviewed", review: REVIEW }, decided));
  expect(early).not.toMatch(/2\.1\.0"|suspicious|denied|"no"|Explain/);
});
