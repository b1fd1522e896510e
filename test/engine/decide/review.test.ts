/** Looking, reading, stepping aside and commenting: who may, on which seat, with which questions. */
import { describe, expect, it } from "vitest";
import { openReviewOf, questionIds } from "../../../src/engine/evolve.ts";
import type { Actor } from "../../../src/engine/model.ts";
import type { RequestState } from "../../../src/engine/request.ts";
import { T0 } from "../../fixtures/requests.ts";
import {
  actor,
  approvedBy,
  BO,
  DANA,
  factsOf,
  GIL,
  HOLDERS,
  KAI,
  KIM,
  LEE,
  MINUTE,
  NOBODY,
  opened,
  play,
  requirement,
  reviewed,
  SEATS,
  voteOf,
  wrong,
} from "./stage.ts";

function review(state: RequestState, by: Actor, atMs: number, more: { reviewId?: string; seed?: string } = {}) {
  return play(state, { type: "review", actor: by, reviewId: "r1", seed: "s", holders: HOLDERS, ...more }, atMs);
}

const seatOf = (state: RequestState, by: Actor) => openReviewOf(state, by.person)?.seat;

describe("review", () => {
  it("gives each their own seat, with its challenge, and starts their clock", () => {
    const kim = review(opened(), KIM, 5_000);
    expect(kim.types).toEqual(["reviewed"]);
    expect(openReviewOf(kim.state, "kim")).toMatchObject({
      seat: 0,
      shownAtMs: T0 + 5_000,
      pagesRead: [],
      challenge: { kind: "teach_back" },
      reviewId: "r1",
    });
    const bo = review(kim.state, BO, 6_000, { reviewId: "r2" });
    expect(openReviewOf(bo.state, "bo")).toMatchObject({ seat: 1, challenge: { kind: "quiz" } });
    expect(openReviewOf(bo.state, "bo")?.challenge).toHaveProperty("questions.length", 2);
  });

  it("asks three questions on the first seat", () => {
    const seats = [{ index: 0, roles: ["sre"], challenge: "quiz", minimumMs: 0 }] as const;
    const { state } = review(opened({ requirement: requirement({ seats }) }), KIM, 0);
    expect(openReviewOf(state, "kim")?.challenge).toHaveProperty("questions.length", 3);
  });

  it("lets several people review one seat", () => {
    const both = review(review(opened(), KIM, 0).state, KAI, 1, { reviewId: "r2" }).state;
    expect([seatOf(both, KIM), seatOf(both, KAI)]).toEqual([0, 0]);
  });

  it("refuses the owner, outsiders, an unread role, and who is barred or voted", () => {
    expect(review(opened(), DANA, 0).refusal).toBe("own_request");
    expect(review(opened(), NOBODY, 0)).toMatchObject({
      refusal: "not_an_approver",
      why: { needs: ["sre", "release"], has: ["other"] },
    });
    expect(review(opened(), actor("new", [], ["sre", "other"]), 0)).toMatchObject({
      refusal: "role_unknown",
      why: { roles: ["sre"] },
    });
    const state = opened();
    expect(review({ ...state, barred: ["kim"] }, KIM, 0).refusal).toBe("barred");
    expect(review(approvedBy(state, KIM, 0), KIM, MINUTE).refusal).toBe("already_voted");
  });

  it("refuses everybody else when the seat of their role is taken", () => {
    expect(review(approvedBy(opened(), KIM, 0), KAI, MINUTE).refusal).toBe("no_open_seat");
  });

  it("refuses after the verdict, and from the deadline on", () => {
    const denied = play(opened(), { type: "deny", actor: KIM, reason: "wrong_time" }, 1).state;
    expect(review(denied, BO, 2).refusal).toBe("already_decided");
    expect(review(opened(), KIM, 5 * MINUTE - 1).refusal).toBeUndefined();
    expect(review(opened(), KIM, 5 * MINUTE)).toMatchObject({
      refusal: "too_late",
      why: { deadlineMs: T0 + 5 * MINUTE },
    });
  });

  it("lets a rung's role stand in for any open seat only once the rung is reached", () => {
    const state = opened();
    expect(review(state, LEE, MINUTE).refusal).toBe("not_an_approver");
    const after = play(state, { type: "tick", holders: HOLDERS }, 2 * MINUTE).state;
    expect(seatOf(review(after, LEE, 2 * MINUTE).state, LEE)).toBe(0);
    const half = play(approvedBy(state, KIM, 0), { type: "tick", holders: HOLDERS }, 2 * MINUTE).state;
    expect(seatOf(review(half, LEE, 2 * MINUTE).state, LEE)).toBe(1);
  });

  it("goes on with the same clock, pages and questions when it is opened again", () => {
    const first = reviewed(opened(), KIM, 1_000);
    const again = review(first, KIM, 40_000, { reviewId: "other", seed: "other" });
    expect(again).toMatchObject({ types: [], refusal: undefined });
    expect(again.state).toBe(first);
  });

  it("keeps the seat in hand when another one would now be given, unless somebody else needs it", () => {
    const both = actor("kim", ["sre", "release"]);
    const press = (state: RequestState, holders: typeof HOLDERS, atMs: number) =>
      play(state, { type: "review", actor: both, reviewId: `r${atMs}`, seed: "s", holders }, atMs);
    const wide = { sre: ["kim", "kai"], release: ["kim", "bo"] };
    const second = press(opened(), { sre: ["kim", "kai"], release: ["kim"] }, 0).state;
    expect(seatOf(second, both)).toBe(1);
    expect(press(second, wide, 9_000).types).toEqual([]);
    const first = press(opened(), wide, 0).state;
    expect(seatOf(first, both)).toBe(0);
    expect(seatOf(press(first, { ...wide, release: ["kim"] }, 9_000).state, both)).toBe(1);
  });

  it("gives another seat, with another clock, when the one in hand is taken", () => {
    const both = actor("kim", ["sre", "release"]);
    const first = reviewed(opened(), both, 0);
    const moved = review(approvedBy(first, KAI, 0), both, MINUTE, { reviewId: "r2" }).state;
    expect(openReviewOf(moved, "kim")).toMatchObject({ seat: 1, shownAtMs: T0 + MINUTE, pagesRead: [] });
  });

  it("starts another review, with another clock, when the requirement became stricter", () => {
    const first = reviewed(opened(), KIM, 0);
    const stricter = requirement({ seats: [{ ...SEATS[0], minimumMs: 60_000 }, SEATS[1]] as typeof SEATS });
    const order = { type: "tighten", policyDigest: "p2", assessment: first.assessment, holders: HOLDERS } as const;
    const after = play(first, { ...order, requirement: stricter }, 10_000).state;
    const again = review(after, KIM, 20_000, { reviewId: "r2" });
    expect(again.types).toEqual(["reviewed"]);
    expect(openReviewOf(again.state, "kim")).toMatchObject({ shownAtMs: T0 + 20_000, revision: 1, pagesRead: [] });
  });

  it("gives back the questions that somebody left, so that leaving and returning draws no others", () => {
    const first = review(opened(), BO, 0).state;
    const passed = play(first, { type: "pass", actor: BO, holders: { ...HOLDERS, release: ["bo", "al"] } }, 1).state;
    const back = review(passed, BO, 2, { reviewId: "r2" }).state;
    expect(
      questionIds(back.reviews[1]?.challenge ?? first.reviews[0]?.challenge ?? expect.fail("no review")),
    ).not.toEqual([]);
    expect(back.reviews[1]?.challenge).toEqual(first.reviews[0]?.challenge);
    expect(back.passed).toEqual([]);
  });

  it("says so where nothing can be asked, and records nothing", () => {
    const subject = { ...factsOf().subject, arguments: {}, facts: {}, questions: [], keyTerms: [] };
    const seats = [{ index: 0, roles: ["sre"], challenge: "quiz", minimumMs: 0 }] as const;
    const none = review(opened({ subject, requirement: requirement({ seats }) }), KIM, 0);
    expect(none).toMatchObject({ refusal: "challenge_unavailable", types: [] });
  });

  it("gives a holder of the break-glass role the hardest seat, and only where that is open", () => {
    const glass = opened({ requirement: requirement({ breakGlassRoles: ["glass"] }) });
    expect(seatOf(review(glass, GIL, 0).state, GIL)).toBe(0);
    expect(review(opened(), GIL, 0).refusal).toBe("not_an_approver");
    const owner = actor("dana@company.com", ["glass"]);
    expect(seatOf(review(glass, owner, 0).state, owner)).toBe(0);
  });
});

describe("read", () => {
  const state = review(opened(), KIM, 0).state;
  const read = (page: number, more: { actor?: Actor; reviewId?: string } = {}, on = state) =>
    play(on, { type: "read", actor: KIM, reviewId: "r1", page, ...more }, 1_000);

  it("records each page once", () => {
    const first = read(1);
    expect(first.types).toEqual(["read"]);
    expect(read(1, {}, first.state).types).toEqual([]);
    expect(openReviewOf(first.state, "kim")?.pagesRead).toEqual([1]);
  });

  it.each([-1, 2, 0.5, Number.NaN])("refuses page %s", (page) => {
    expect(read(page)).toMatchObject({ refusal: "no_such_page", why: { pages: 2 }, types: [] });
  });

  it("refuses without a review, another review, after the end", () => {
    expect(read(0, { actor: BO }).refusal).toBe("not_challenged");
    expect(read(0, { reviewId: "old" }).refusal).toBe("stale_review");
    expect(play(state, { type: "read", actor: KIM, reviewId: "r1", page: 0 }, 5 * MINUTE).refusal).toBe("too_late");
    const denied = play(state, { type: "deny", actor: BO, reason: "wrong_time" }, 1).state;
    expect(read(0, {}, denied).refusal).toBe("already_decided");
  });
});

describe("pass", () => {
  const pass = (state: RequestState, by: Actor, atMs: number, holders = HOLDERS) =>
    play(state, { type: "pass", actor: by, holders }, atMs);

  it("frees the seat, ends the review and denies nothing", () => {
    const state = reviewed(opened(), KIM, 0);
    const passed = pass(state, KIM, 1_000);
    expect(passed.types).toEqual(["passed"]);
    expect(passed.state).toMatchObject({ status: "pending", passed: ["kim"] });
    expect(openReviewOf(passed.state, "kim")).toBeUndefined();
    expect(pass(passed.state, KIM, 2_000).types).toEqual([]);
  });

  it("goes to the next rung at once when nobody is left, and ends it when no rung is left", () => {
    const kai = pass(opened(), KIM, 0).state;
    const escalated = pass(kai, KAI, 1);
    expect(escalated.types).toEqual(["passed", "escalated"]);
    expect(escalated.state).toMatchObject({ status: "pending", step: 1, standIns: ["lead"] });
    const over = pass(escalated.state, LEE, 2);
    expect(over.types).toEqual(["passed", "decided"]);
    expect(over.state.decision).toMatchObject({ verdict: "denied", by: "policy", reason: "nobody_left" });
  });

  it("waits where a role that could help cannot be read", () => {
    const kai = pass(opened(), KIM, 0).state;
    expect(pass(kai, KAI, 1, { ...HOLDERS, sre: undefined }).types).toEqual(["passed"]);
  });

  it("is for those who have a say and have not voted", () => {
    expect(pass(opened(), NOBODY, 0).refusal).toBe("not_an_approver");
    expect(pass(opened(), DANA, 0).refusal).toBe("own_request");
    expect(pass(approvedBy(opened(), KIM, 0), KIM, MINUTE).refusal).toBe("already_voted");
    expect(pass(opened(), KIM, 5 * MINUTE).refusal).toBe("too_late");
  });
});

describe("comment", () => {
  const comment = (state: RequestState, by: Actor) => play(state, { type: "comment", actor: by, text: "why now?" }, 1);

  it("is for whoever has a say, and for the owner", () => {
    expect(comment(opened(), KIM).state.comments).toMatchObject([{ person: "kim", name: "KIM", text: "why now?" }]);
    expect(comment(opened(), DANA).types).toEqual(["commented"]);
    expect(comment(opened(), NOBODY).refusal).toBe("not_an_approver");
    expect(comment(opened(), actor("x", [], ["sre"])).refusal).toBe("role_unknown");
  });
});

it("counts a wrong answer's questions as asked, in the next attempt and in a later review", () => {
  const looking = reviewed(opened(), BO, 0);
  const first = questionIds(openReviewOf(looking, "bo")?.challenge ?? { kind: "confirm", target: "", options: [] });
  const { state } = play(looking, voteOf(looking, BO, { answer: wrong(looking, BO) }), 15_000);
  const next = openReviewOf(state, "bo");
  expect(next?.usedQuestions).toEqual(first);
  expect(questionIds(next?.challenge ?? { kind: "confirm", target: "", options: [] })).not.toEqual(first);
});
