/** Raising, and the clock that the first delivery starts. */
import { describe, expect, it } from "vitest";
import { T0 } from "../../fixtures/requests.ts";
import { HOLDERS, KIM, MINUTE, NOBODY, opened, play, raised, requirement, SEATS } from "./stage.ts";

describe("open", () => {
  it("waits for people where people are asked and can be found", () => {
    const state = raised();
    expect(state).toMatchObject({ status: "pending", startedAtMs: undefined, deadlineMs: T0 + 6 * MINUTE });
  });

  it("decides by policy in the same step where nobody has to be asked", () => {
    expect(raised({ requirement: requirement({ seats: [] }) }).decision).toMatchObject({
      verdict: "approved",
      by: "policy",
      reason: "no_challenge",
      released: true,
    });
  });

  it("denies at once what is blocked, with the reason, even where nobody would be asked", () => {
    for (const seats of [[], SEATS]) {
      expect(raised({ requirement: requirement({ seats, blocked: "a freeze" }) }).decision).toMatchObject({
        verdict: "denied",
        by: "policy",
        reason: "blocked",
        comment: "a freeze",
        released: false,
      });
    }
  });

  it("refuses at the start, with the reason, what too few people could approve", () => {
    const { decision } = raised({}, { ...HOLDERS, release: [] });
    expect(decision).toMatchObject({ verdict: "denied", reason: "impossible", released: false });
    expect(decision?.comment).toBe("2 different people have to approve this, and config does not name enough who may");
    const one = raised({ requirement: requirement({ seats: SEATS.slice(0, 1) }) }, {});
    expect(one.status).toBe("pending");
    const none = raised({ requirement: requirement({ seats: SEATS.slice(0, 1) }) }, { sre: ["dana@company.com"] });
    expect(none.decision?.comment).toMatch(/^1 different person has to approve/);
  });

  it("opens and posts a request while a role cannot be read", () => {
    expect(raised({}, { sre: ["kim"], release: undefined }).status).toBe("pending");
  });

  it("gates nothing while it only observes, not even what is blocked", () => {
    expect(raised({ mode: "observe", requirement: requirement({ blocked: "x" }) }).decision).toMatchObject({
      verdict: "approved",
      by: "observe",
      released: true,
    });
  });

  it("opens once", () => {
    const state = raised();
    expect(play(state, { type: "open", facts: state.facts, holders: HOLDERS }, 1).types).toEqual([]);
  });
});

describe("delivery", () => {
  const deliver = (ref: string) => ({ type: "deliver", surface: "t", ref }) as const;

  it("starts the clock once, at the first", () => {
    const first = play(raised(), deliver("1"), 10_000);
    expect(first.types).toEqual(["delivered", "started"]);
    expect(first.state).toMatchObject({ startedAtMs: T0 + 10_000, deadlineMs: T0 + 10_000 + 5 * MINUTE });
    const second = play(first.state, deliver("2"), 20_000);
    expect(second.types).toEqual(["delivered"]);
    expect(second.state.startedAtMs).toBe(T0 + 10_000);
    expect(play(second.state, deliver("2"), 30_000).types).toEqual([]);
  });

  it.each([59_999, 60_000, 60_001, 90_000, 59 * MINUTE])(
    "starts at the latest a minute after raising, also when it comes after %s ms",
    (atMs) => {
      const { state } = play(raised(), deliver("1"), atMs);
      expect(state.startedAtMs).toBe(T0 + Math.min(atMs, MINUTE));
      expect(state.deadlineMs).toBe((state.startedAtMs ?? 0) + 5 * MINUTE);
    },
  );

  it("gives no second life to a request that nobody delivered in its whole time", () => {
    const { state } = play(raised(), deliver("1"), 59 * MINUTE);
    const review = { type: "review", actor: KIM, reviewId: "r", seed: "s", holders: HOLDERS } as const;
    expect(play(state, review, 59 * MINUTE).refusal).toBe("too_late");
    expect(play(state, { type: "tick", holders: HOLDERS }, 59 * MINUTE).state.status).toBe("timed_out");
  });

  it("is started by a review that comes before any delivery", () => {
    const review = { type: "review", actor: KIM, reviewId: "r", seed: "s", holders: HOLDERS } as const;
    expect(play(raised(), review, 5_000).types).toEqual(["started", "reviewed"]);
    expect(play(raised(), { ...review, actor: NOBODY }, 5_000).types).toEqual([]);
  });

  it("is noted after the verdict, without starting anything", () => {
    for (const before of [opened(), raised()]) {
      const denied = play(before, { type: "deny", actor: KIM, reason: "wrong_time" }, 1).state;
      const late = play(denied, deliver("9"), 2);
      expect(late.types).toEqual(["delivered"]);
      expect(late.state.deadlineMs).toBeUndefined();
    }
  });
});
