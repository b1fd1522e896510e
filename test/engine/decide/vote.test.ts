/** When an approval counts, what a wrong answer costs, when the quorum is complete, and that one denial ends it. */
import { describe, expect, it } from "vitest";
import { openReviewOf, questionIds } from "../../../src/engine/evolve.ts";
import type { Actor, Holders, RoleFacts } from "../../../src/engine/model.ts";
import type { RequestFacts, RequestState } from "../../../src/engine/request.ts";
import { T0 } from "../../fixtures/requests.ts";
import {
  actor,
  approved,
  approvedBy,
  BO,
  DANA,
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

const GLASS = { requirement: requirement({ breakGlassRoles: ["glass"] }) };
const WHY = "the site is down, nobody else is awake";

function vote(state: RequestState, by: Actor, atMs: number, more: Partial<Parameters<typeof voteOf>[2]> = {}) {
  return play(state, voteOf(state, by, more), atMs);
}

describe("an approval", () => {
  it("counts with its seat, role, challenge, answer and seconds", () => {
    const state = reviewed(opened(), KIM, 2_000);
    const done = vote(state, KIM, 50_200);
    expect(done.types).toEqual(["voted"]);
    expect(done.state).toMatchObject({ status: "pending", votes: [{ person: "kim", seat: 0, seconds: 48.2 }] });
    expect(done.state.votes[0]).toMatchObject({
      role: { role: "sre", source: "list" },
      minimumMs: 45_000,
      shownAtMs: T0 + 2_000,
      breakGlass: false,
      challenge: { kind: "teach_back" },
    });
    expect(openReviewOf(done.state, "kim")).toBeUndefined();
  });

  it("counts from the very millisecond at which the minimum is over, and keeps the text of an earlier one", () => {
    const state = reviewed(opened(), KIM, 1_000);
    const early = vote(state, KIM, 45_999);
    expect(early).toMatchObject({ refusal: "too_fast", why: { leftMs: 1, fromMs: T0 + 46_000 }, types: ["drafted"] });
    expect(early.state.attempts).toEqual([]);
    expect(openReviewOf(early.state, "kim")?.draft).toEqual(voteOf(state, KIM).answer);
    expect(vote(early.state, KIM, 46_000).types).toEqual(["voted"]);
  });

  it("needs its own seat's minimum, not the level's", () => {
    const half = approvedBy(opened(), KIM, 0);
    const state = reviewed(half, BO, MINUTE);
    expect(vote(state, BO, MINUTE + 14_999).refusal).toBe("too_fast");
    expect(vote(state, BO, MINUTE + 15_000).types).toEqual(["voted", "decided"]);
  });

  it("needs all pages read", () => {
    const order = { type: "review", actor: KIM, reviewId: "r1", seed: "s", holders: HOLDERS } as const;
    const shown = play(opened(), order, 0).state;
    expect(vote(shown, KIM, MINUTE)).toMatchObject({ refusal: "not_read", why: { pages: [0, 1] } });
    const one = play(shown, { type: "read", actor: KIM, reviewId: "r1", page: 1 }, 1).state;
    expect(vote(one, KIM, MINUTE)).toMatchObject({ refusal: "not_read", why: { pages: [0] } });
  });

  it("counts until just before the deadline", () => {
    const state = reviewed(opened(), KIM, 4 * MINUTE);
    expect(vote(state, KIM, 5 * MINUTE - 1).types).toEqual(["voted"]);
    expect(vote(state, KIM, 5 * MINUTE)).toMatchObject({ refusal: "too_late", why: { deadlineMs: T0 + 5 * MINUTE } });
  });

  it("needs an open review, by its id, on the present revision", () => {
    expect(vote(opened(), KIM, MINUTE).refusal).toBe("not_challenged");
    const state = reviewed(opened(), KIM, 0);
    expect(vote(state, KIM, MINUTE, { reviewId: "another" }).refusal).toBe("stale_review");
    expect(vote({ ...state, revision: 1 }, KIM, MINUTE).refusal).toBe("stale_review");
  });

  it("needs the digest that was shown", () => {
    const state = reviewed(opened(), KIM, 0);
    expect(vote(state, KIM, MINUTE, { digest: "e".repeat(64) })).toMatchObject({
      refusal: "digest_mismatch",
      types: [],
    });
  });

  it("counts once for one person, whatever account they use", () => {
    const half = approvedBy(opened(), KIM, 0);
    const other = { ...KIM, account: { surface: "teams", tenant: "x", user: "y" } };
    expect(vote(half, other, MINUTE).refusal).toBe("already_voted");
  });

  it("takes the first valid vote for a seat and tells the others", () => {
    const both = reviewed(reviewed(opened(), KIM, 0), KAI, 0);
    const half = vote(both, KIM, 45_000).state;
    expect(vote(half, KAI, 45_001).refusal).toBe("seat_taken");
  });

  it("needs the role at the moment of the vote", () => {
    const state = reviewed(opened(), KIM, 0);
    expect(vote(state, actor("kim", []), MINUTE)).toMatchObject({
      refusal: "not_an_approver",
      why: { needs: ["sre", "release"], has: [] },
    });
    expect(vote(state, actor("kim", ["release"]), MINUTE)).toMatchObject({
      refusal: "not_an_approver",
      why: { needs: ["sre"], has: ["release"] },
    });
    expect(vote(state, actor("kim", [], ["sre"]), MINUTE)).toMatchObject({
      refusal: "role_unknown",
      why: { roles: ["sre"] },
    });
    expect(vote(state, actor("kim", ["release"], ["sre"]), MINUTE).refusal).toBe("role_unknown");
  });

  it("never comes from the owner, the requester, an outsider, or after the verdict", () => {
    const state = reviewed(opened(), KIM, 0);
    const mine = { ...state, facts: { ...state.facts, excluded: ["kim"] } };
    expect(vote(mine, KIM, MINUTE).refusal).toBe("own_request");
    expect(vote(state, DANA, MINUTE).refusal).toBe("own_request");
    expect(vote(state, NOBODY, MINUTE).refusal).toBe("not_an_approver");
    expect(vote(approved(), KAI, 2 * MINUTE).refusal).toBe("already_decided");
  });
});

describe("an answer", () => {
  it.each([
    ["empty", { kind: "teach_back", text: " " }, { why: "empty" }],
    ["short", { kind: "teach_back", text: "api-gateway v2.1.0" }, { why: "short" }],
    ["of another kind", { kind: "confirm", target: "api-gateway" }, { why: "wrong_kind" }],
  ] as const)("that is %s is no attempt, and is kept", (_what, answer, why) => {
    const state = reviewed(opened(), KIM, 0);
    const done = vote(state, KIM, MINUTE, { answer });
    expect(done).toMatchObject({ refusal: "incomplete", why, types: ["drafted"] });
    expect(done.state.attempts).toEqual([]);
  });

  it("that is wrong names aspects and never values, and leaves one attempt", () => {
    const state = reviewed(opened(), KIM, 0);
    const first = vote(state, KIM, MINUTE, { answer: wrong(state, KIM) });
    expect(first).toMatchObject({
      refusal: "wrong_answer",
      types: ["failed"],
      why: { attempt: 1, of: 2, barred: false },
    });
    expect(JSON.stringify(first.why)).toContain("version");
    expect(JSON.stringify(first.why)).not.toContain("2.1.0");
    expect(vote(first.state, KIM, MINUTE + 1).types).toEqual(["voted"]);
  });

  it("that is wrong twice bars for this request; the next rung is tried at once when nobody is left", () => {
    const state = reviewed(opened(), KIM, 0);
    const once = vote(state, KIM, MINUTE, { answer: wrong(state, KIM) }).state;
    const twice = vote(once, KIM, MINUTE, { answer: wrong(once, KIM) });
    expect(twice).toMatchObject({ refusal: "wrong_answer", types: ["failed", "barred"], why: { barred: true } });
    expect(vote(twice.state, KIM, 2 * MINUTE).refusal).toBe("barred");
    const alone = { ...HOLDERS, sre: ["kim"] };
    const last = vote(once, KIM, MINUTE, { answer: wrong(once, KIM), holders: alone });
    expect(last.types).toEqual(["failed", "barred", "escalated"]);
    const nobody = vote(once, KIM, MINUTE, { answer: wrong(once, KIM), holders: { ...alone, lead: [] } });
    expect(nobody.types).toEqual(["failed", "barred", "escalated", "decided"]);
    expect(nobody.state.decision).toMatchObject({ verdict: "denied", reason: "nobody_left", by: "policy" });
  });

  it("that is wrong too often ends it where config says so", () => {
    const strict = { requirement: requirement({ maxAttempts: 1, onFailure: "deny" }) } as const;
    const state = reviewed(opened(strict), KIM, 0);
    const done = vote(state, KIM, MINUTE, { answer: wrong(state, KIM) });
    expect(done.types).toEqual(["failed", "decided"]);
    expect(done.state.decision).toMatchObject({ verdict: "denied", by: "policy", reason: "failed_challenge" });
  });

  it("counts attempts over all reviews of one person, and only theirs", () => {
    const state = reviewed(reviewed(opened(), KIM, 0), KAI, 0);
    const kim = vote(state, KIM, MINUTE, { answer: wrong(state, KIM) }).state;
    const kai = vote(kim, KAI, MINUTE, { answer: wrong(kim, KAI) });
    expect(kai).toMatchObject({ why: { attempt: 1 } });
    const passed = play(kim, { type: "pass", actor: KIM, holders: HOLDERS }, MINUTE).state;
    const back = reviewed(passed, KIM, MINUTE);
    expect(vote(back, KIM, 2 * MINUTE, { answer: wrong(back, KIM) })).toMatchObject({
      why: { attempt: 2, barred: true },
    });
  });

  it("that is wrong gets other questions while there are some", () => {
    const state = reviewed(opened(), BO, 0);
    const asked = (on: RequestState) => questionIds(openReviewOf(on, "bo")?.challenge as never);
    const next = vote(state, BO, MINUTE, { answer: wrong(state, BO) }).state;
    expect(asked(next)).toHaveLength(2);
    expect(asked(next).some((id) => asked(state).includes(id))).toBe(false);
  });
});

describe("the quorum", () => {
  const half = approvedBy(opened(), KIM, 0);
  const looking = reviewed(half, BO, MINUTE);
  const atMs = 2 * MINUTE;
  const roles = (...names: readonly string[]): RoleFacts => actor("x", names).roles;

  it("is complete with the last seat", () => {
    const done = vote(looking, BO, atMs, { counted: { kim: roles("sre") } });
    expect(done.state.decision).toEqual({ verdict: "approved", by: "quorum", released: true, atMs: T0 + atMs });
    expect(done.state.deadlineMs).toBeUndefined();
  });

  it("takes back the vote of somebody who is no longer entitled, and waits for another", () => {
    const done = vote(looking, BO, atMs, { counted: { kim: roles("other") } });
    expect(done.types).toEqual(["voted", "vote_lapsed"]);
    expect(done.state.votes.map((counted) => counted.person)).toEqual(["bo"]);
    const again = approvedBy(done.state, KAI, atMs);
    expect(again.decision).toMatchObject({ verdict: "approved", by: "quorum" });
    expect(again.votes.map((counted) => counted.person).sort()).toEqual(["bo", "kai"]);
  });

  it("ends it when the vote that lapsed was everybody's who could fill the seat", () => {
    const holders: Holders = { ...HOLDERS, sre: [], lead: [] };
    const done = vote(looking, BO, atMs, { counted: { kim: roles() }, holders });
    expect(done.types).toEqual(["voted", "vote_lapsed", "escalated", "decided"]);
    expect(done.state.decision?.reason).toBe("nobody_left");
  });

  it("fails closed when an earlier voter's role cannot be read, and keeps the answer", () => {
    const counted = { kim: actor("kim", [], ["sre"]).roles };
    const done = vote(looking, BO, atMs, { counted });
    expect(done).toMatchObject({ refusal: "role_unknown", why: { roles: ["sre"] }, types: ["drafted"] });
    expect(vote(done.state, BO, atMs + 1, { counted: { kim: roles("sre") } }).types).toEqual(["voted", "decided"]);
  });

  it("goes on at once when a vote leaves another seat without anybody", () => {
    const both = actor("kim", ["sre", "release"]);
    const state = reviewed(opened(), both, 0);
    const only: Holders = { ...HOLDERS, release: ["kim"], lead: [] };
    const done = vote(state, both, MINUTE, { holders: only });
    expect(done.types).toEqual(["voted", "escalated", "decided"]);
    expect(vote(state, both, MINUTE, { holders: { ...only, lead: ["lee"] } }).types).toEqual(["voted", "escalated"]);
    expect(vote(state, both, MINUTE, { holders: { ...only, release: undefined } }).types).toEqual(["voted"]);
  });

  it("counts a stand-in of a rung for the seat they took", () => {
    const state = play(half, { type: "tick", holders: HOLDERS }, 2 * MINUTE).state;
    const done = approvedBy(state, LEE, 2 * MINUTE);
    expect(done.votes[1]).toMatchObject({ person: "lee", seat: 1, role: { role: "lead" } });
    expect(done.status).toBe("approved");
  });
});

describe("break glass", () => {
  const glass = (more: Partial<RequestFacts> = {}) => reviewed(opened({ ...GLASS, ...more }), GIL, 0);

  it("approves alone, after the normal challenge and minimum, with a reason, and says so", () => {
    const done = vote(glass(), GIL, 45_000, { breakGlass: WHY });
    expect(done.types).toEqual(["voted", "decided"]);
    expect(done.state.decision).toMatchObject({
      verdict: "approved",
      by: "break_glass",
      person: "gil",
      reason: "break_glass",
      comment: WHY,
      released: true,
    });
    expect(done.state.votes[0]).toMatchObject({ breakGlass: true, role: { role: "glass" } });
  });

  it("is never faster, unread or wrong", () => {
    const state = glass();
    expect(vote(state, GIL, 44_999, { breakGlass: WHY }).refusal).toBe("too_fast");
    expect(vote(state, GIL, MINUTE, { breakGlass: WHY, answer: wrong(state, GIL) }).refusal).toBe("wrong_answer");
    const order = { type: "review", actor: GIL, reviewId: "r1", seed: "s", holders: HOLDERS } as const;
    const unread = play(opened(GLASS), order, 0).state;
    expect(vote(unread, GIL, MINUTE, { breakGlass: WHY }).refusal).toBe("not_read");
  });

  it("may be one's own request, and never without saying break glass", () => {
    const owner = actor("dana@company.com", ["glass"]);
    const state = reviewed(opened(GLASS), owner, 0);
    expect(vote(state, owner, MINUTE, { breakGlass: WHY }).state.status).toBe("approved");
    expect(vote(state, owner, MINUTE).refusal).toBe("own_request");
  });

  it.each([
    ["off", opened(), GIL, WHY],
    ["not_a_holder", opened(GLASS), KIM, WHY],
    ["no_reason", opened(GLASS), GIL, "short"],
    ["no_reason", opened(GLASS), GIL, "           "],
  ] as const)("is refused: %s", (why, state, by, breakGlass) => {
    expect(vote(state, by, MINUTE, { breakGlass })).toMatchObject({ refusal: "break_glass_refused", why: { why } });
  });

  it("takes no part in an ordinary vote", () => {
    expect(vote(glass(), GIL, MINUTE).refusal).toBe("not_an_approver");
  });
});

describe("deny", () => {
  const deny = (state: RequestState, by: Actor, atMs = MINUTE) =>
    play(state, { type: "deny", actor: by, reason: "wrong_target", comment: "use staging" }, atMs);

  it("ends it, by one person, with the reason and a comment for the agent", () => {
    const done = deny(opened(), BO);
    expect(done.types).toEqual(["decided"]);
    expect(done.state.decision).toMatchObject({
      verdict: "denied",
      by: "person",
      person: "bo",
      name: "BO",
      reason: "wrong_target",
      comment: "use staging",
      released: false,
    });
  });

  it("may come from somebody who approved before, until the verdict", () => {
    const half = approvedBy(opened(), KIM, 0);
    expect(deny(half, KIM).state.status).toBe("denied");
    expect(deny(approved(), KIM, 2 * MINUTE).refusal).toBe("already_decided");
  });

  it("needs no review, and is open to those who stepped aside", () => {
    const passed = play(opened(), { type: "pass", actor: KIM, holders: HOLDERS }, 0).state;
    expect(deny(passed, KIM).state.status).toBe("denied");
  });

  it("is only for people who could approve", () => {
    expect(deny(opened(), NOBODY).refusal).toBe("not_an_approver");
    expect(deny(opened(), DANA).refusal).toBe("own_request");
    expect(deny(opened(), LEE).refusal).toBe("not_an_approver");
    expect(deny(opened(), actor("x", [], ["sre"])).refusal).toBe("role_unknown");
    expect(deny({ ...opened(), barred: ["kim"] }, KIM).refusal).toBe("barred");
    expect(deny(opened(GLASS), GIL).refusal).toBe("not_an_approver");
    expect(deny(opened(), KIM, 5 * MINUTE).refusal).toBe("too_late");
  });
});

it("has the seats that these tests speak of", () => {
  expect(SEATS.map((seat) => seat.minimumMs)).toEqual([45_000, 15_000]);
});
