/** What time alone does: start, rungs, reminders, silence, extension, the end; and a policy that became stricter. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/engine/command.ts";
import type { Holders, Level } from "../../../src/engine/model.ts";
import type { Requirement, Seat } from "../../../src/engine/policy.ts";
import type { RequestState } from "../../../src/engine/request.ts";
import { T0 } from "../../fixtures/requests.ts";
import {
  AUDITED,
  approved,
  approvedBy,
  BO,
  factsOf,
  HOLDERS,
  KAI,
  KIM,
  LEE,
  MINUTE,
  opened,
  play,
  raised,
  requirement,
  reviewed,
  SEATS,
  voteOf,
} from "./stage.ts";

function tick(state: RequestState, atMs: number, more: { heardAtMs?: number; holders?: Holders } = {}) {
  return play(state, { type: "tick", holders: HOLDERS, ...more }, atMs);
}

const QUIET = { rungs: [], remindersMs: [] };
const plain = (more: Partial<Requirement> = {}) => opened({ requirement: requirement({ ...QUIET, ...more }) });

describe("the start", () => {
  it("comes by itself a minute after raising, marked as undelivered until somebody is told", () => {
    expect(tick(raised(), MINUTE - 1).types).toEqual([]);
    const { state, types } = tick(raised(), MINUTE + 5_000);
    expect(types).toEqual(["started"]);
    expect(state).toMatchObject({ startedAtMs: T0 + MINUTE, deadlineMs: T0 + 6 * MINUTE, undelivered: true });
    const told = play(state, { type: "deliver", surface: "t", ref: "1" }, 2 * MINUTE);
    expect(told.types).toEqual(["delivered"]);
    expect(told.state).toMatchObject({ undelivered: false, startedAtMs: T0 + MINUTE });
  });
});

describe("rungs", () => {
  const two = {
    rungs: [
      { afterMs: MINUTE, roles: ["lead"] },
      { afterMs: 2 * MINUTE, roles: ["glass", "lead"] },
    ],
  };

  it("count from the start, one after the other, and change no seat", () => {
    const state = opened({ requirement: requirement(two) });
    expect(tick(state, MINUTE - 1).types).toEqual([]);
    const first = tick(state, MINUTE).state;
    expect(first).toMatchObject({ step: 1, standIns: ["lead"], requirement: state.requirement });
    expect(tick(first, MINUTE + 1).types).toEqual([]);
    expect(tick(first, 2 * MINUTE).state).toMatchObject({ step: 2, standIns: ["lead", "glass"] });
  });

  it("are all taken by one late tick, each once", () => {
    const late = tick(opened({ requirement: requirement(two) }), 3 * MINUTE);
    expect(late.types).toEqual(["escalated", "escalated"]);
    expect(tick(late.state, 3 * MINUTE).types).toEqual([]);
  });

  it("come early when nobody is left, and are not taken again", () => {
    const gone = tick(opened({ requirement: requirement(two) }), 1_000, { holders: { ...HOLDERS, sre: [] } });
    expect(gone.types).toEqual(["escalated"]);
    expect(gone.state).toMatchObject({ step: 1, status: "pending" });
    expect(tick(gone.state, MINUTE, { holders: { ...HOLDERS, sre: [] } }).types).toEqual([]);
  });

  it("end it as denied when none is left that could help", () => {
    const nobody = tick(opened({ requirement: requirement(two) }), 1_000, {
      holders: { release: ["bo"], sre: [], lead: [], glass: [] },
    });
    expect(nobody.types).toEqual(["escalated", "escalated", "decided"]);
    expect(nobody.state.decision).toMatchObject({ verdict: "denied", by: "policy", reason: "nobody_left" });
  });

  it("wait while the roles cannot be read", () => {
    expect(tick(opened(), 1_000, { holders: { ...HOLDERS, sre: undefined } }).types).toEqual([]);
  });
});

describe("reminders", () => {
  it("come once each; a late tick gives only the last", () => {
    const state = plain({ remindersMs: [MINUTE, 2 * MINUTE, 3 * MINUTE] });
    expect(tick(state, MINUTE - 1).types).toEqual([]);
    const first = tick(state, MINUTE);
    expect(first.types).toEqual(["reminded"]);
    expect(tick(first.state, MINUTE + 1).types).toEqual([]);
    const late = tick(first.state, 3 * MINUTE);
    expect(late.types).toEqual(["reminded"]);
    expect(late.state.reminded).toBe(3);
  });
});

describe("silence of the agent", () => {
  it("shows after a minute that nobody is waiting, and again that somebody is", () => {
    expect(tick(plain(), MINUTE, { heardAtMs: T0 + 1 }).types).toEqual([]);
    const silent = tick(plain(), MINUTE, { heardAtMs: T0 });
    expect(silent).toMatchObject({ types: ["unattended"], state: { attended: false, status: "pending" } });
    expect(tick(silent.state, MINUTE + 1, { heardAtMs: T0 }).types).toEqual([]);
    expect(tick(silent.state, 2 * MINUTE, { heardAtMs: T0 + 2 * MINUTE }).types).toEqual(["attended"]);
  });

  it("cancels nothing unless config says after how long", () => {
    expect(tick(plain(), 4 * MINUTE, { heardAtMs: T0 }).state.status).toBe("pending");
    const state = plain({ abandonAfterMs: 2 * MINUTE });
    expect(tick(state, 2 * MINUTE - 1, { heardAtMs: T0 }).types).toEqual(["unattended"]);
    expect(tick(state, 2 * MINUTE, { heardAtMs: T0 }).state.decision).toMatchObject({
      verdict: "cancelled",
      by: "agent",
      reason: "abandoned",
      released: false,
    });
    expect(tick(state, 2 * MINUTE).types).toEqual([]);
  });
});

describe("the end", () => {
  it("comes at the deadline and not a millisecond before", () => {
    expect(tick(plain(), 5 * MINUTE - 1).types).toEqual([]);
    const over = tick(plain(), 5 * MINUTE);
    expect(over.state.decision).toMatchObject({
      verdict: "timed_out",
      by: "deadline",
      reason: "deadline",
      released: false,
    });
    expect(over.state.deadlineMs).toBeUndefined();
  });

  it.each([
    ["deny", "high", false],
    ["escalate", "high", false],
    ["allow", "high", true],
    ["allow", "medium", true],
    ["allow", "critical", false],
  ] as const)("with fail_mode %s at %s releases: %s", (failMode, level, released) => {
    const base = factsOf();
    const assessment = { ...base.assessment, level: level as Level };
    const state = opened({ assessment, requirement: requirement({ ...QUIET, failMode }) });
    const { decision } = tick(state, 5 * MINUTE).state;
    expect(decision).toMatchObject({ verdict: "timed_out", released });
  });

  it("waits once for an open review: its opening, its minimum and two minutes", () => {
    const looking = reviewed(plain(), KIM, 4 * MINUTE);
    const extended = tick(looking, 5 * MINUTE);
    expect(extended.types).toEqual(["extended"]);
    const untilMs = 4 * MINUTE + 45_000 + 120_000;
    expect(extended.state.deadlineMs).toBe(T0 + untilMs);
    expect(play(extended.state, voteOf(extended.state, KIM), untilMs - 1).types).toEqual(["voted"]);
    const again = reviewed(extended.state, BO, 6 * MINUTE);
    expect(tick(again, untilMs).state.status).toBe("timed_out");
  });

  it("takes the open review that may go on longest", () => {
    const one = reviewed(plain(), BO, 4 * MINUTE + 20_000);
    const two = reviewed(one, KIM, 4 * MINUTE);
    expect(tick(two, 5 * MINUTE).state.deadlineMs).toBe(T0 + 4 * MINUTE + 45_000 + 120_000);
  });

  it.each([
    ["ended by a vote", (state: RequestState) => play(state, voteOf(state, KIM), 5 * MINUTE - 1).state],
    ["left", (state: RequestState) => play(state, { type: "pass", actor: KIM, holders: HOLDERS }, 1).state],
    ["from before a stricter policy", (state: RequestState) => ({ ...state, revision: 1 })],
  ])("does not wait for a review that was %s", (_what, change) => {
    const state = change(reviewed(plain(), KIM, 4 * MINUTE));
    expect(tick(state, 5 * MINUTE).state.status).toBe("timed_out");
  });

  it("does not wait for a review whose time is over anyway", () => {
    const looking = reviewed(plain(), KIM, 1_000);
    expect(tick(looking, 5 * MINUTE).state.status).toBe("timed_out");
  });
});

describe("after the verdict", () => {
  it("lapses what was not used in time, once", () => {
    const state = play(approved(), AUDITED, MINUTE).state;
    expect(tick(state, 11 * MINUTE - 1).types).toEqual([]);
    const lapsed = tick(state, 11 * MINUTE);
    expect(lapsed.types).toEqual(["lapsed"]);
    expect(tick(lapsed.state, 12 * MINUTE).types).toEqual([]);
  });

  it("lapses nothing that was denied, stopped or used", () => {
    const denied = play(opened(), { type: "deny", actor: KIM, reason: "wrong_time" }, 1).state;
    const stopped = play(approved(), { type: "revoke", actor: KIM, reason: "wrong_time" }, MINUTE).state;
    expect(tick(denied, 60 * MINUTE).types).toEqual([]);
    expect(tick(stopped, 60 * MINUTE).types).toEqual([]);
  });

  it("calls the outcome of a use unknown when no result comes, once", () => {
    const state = play(approved(), AUDITED, MINUTE).state;
    const used = play(state, { type: "use", digest: state.facts.digest, useId: "u" }, 2 * MINUTE).state;
    expect(tick(used, 12 * MINUTE - 1).types).toEqual([]);
    const unknown = tick(used, 12 * MINUTE);
    expect(unknown.types).toEqual(["resulted"]);
    expect(tick(unknown.state, 60 * MINUTE).types).toEqual([]);
  });
});

describe("a policy that changed", () => {
  type Tighten = Extract<Command, { type: "tighten" }>;
  const tighten = (state: RequestState, next: Requirement, more: Partial<Tighten> = {}, atMs = MINUTE) =>
    play(
      state,
      {
        type: "tighten",
        requirement: next,
        policyDigest: "p2",
        assessment: state.assessment,
        holders: HOLDERS,
        ...more,
      },
      atMs,
    );
  const seats = (first: Partial<Seat>, second: Partial<Seat> = {}): readonly Seat[] => [
    { ...(SEATS[0] as Seat), ...first },
    { ...(SEATS[1] as Seat), ...second },
  ];

  it("changes nothing where it asks for less or for the same", () => {
    const half = approvedBy(opened(), KIM, 0);
    for (const next of [requirement(), requirement({ seats: seats({ minimumMs: 1_000, challenge: "quiz" }) })]) {
      expect(tighten(half, next)).toMatchObject({ types: [], refusal: undefined });
    }
  });

  it("binds where it asks for more; what was below the new bar lapses, the rest stands", () => {
    const half = approvedBy(opened(), KIM, 0);
    const longer = tighten(half, requirement({ seats: seats({ minimumMs: 50_000 }) }));
    expect(longer.types).toEqual(["tightened", "vote_lapsed"]);
    expect(longer.state).toMatchObject({ votes: [], revision: 1, policyDigest: "p2" });
    const other = tighten(half, requirement({ seats: seats({}, { minimumMs: 50_000 }) }));
    expect(other.types).toEqual(["tightened"]);
    expect(other.state.votes).toHaveLength(1);
  });

  it.each([
    ["a harder challenge", seats({}, { challenge: "teach_back" }), BO],
    ["other roles", seats({}, { roles: ["lead"] }), BO],
  ] as const)("takes back a vote that lacks %s", (_what, next, by) => {
    const half = approvedBy(opened(), by, 0);
    expect(tighten(half, requirement({ seats: next })).types).toEqual(["tightened", "vote_lapsed"]);
  });

  it("keeps the vote of somebody who stood in", () => {
    const later = tick(opened(), 2 * MINUTE).state;
    const half = approvedBy(later, LEE, 2 * MINUTE);
    expect(half.votes).toMatchObject([{ person: "lee", seat: 0 }]);
    const next = requirement({ seats: seats({}, { minimumMs: 50_000 }) });
    expect(tighten(half, next, {}, 3 * MINUTE).types).toEqual(["tightened"]);
  });

  it("ends it where it now blocks", () => {
    const blocked = tighten(opened(), requirement({ blocked: "freeze" }));
    expect(blocked.types).toEqual(["tightened", "decided"]);
    expect(blocked.state.decision).toMatchObject({
      verdict: "denied",
      by: "policy",
      reason: "blocked",
      comment: "freeze",
    });
  });

  it("goes to the next rung, or ends it, where nobody can fill the new seats", () => {
    const three = [...SEATS, { index: 2, roles: ["dba"], challenge: "quiz", minimumMs: 0 }] as const;
    const rung = tighten(opened(), requirement({ seats: three }), { holders: { ...HOLDERS, dba: [] } });
    expect(rung.types).toEqual(["tightened", "escalated"]);
    const holders = { ...HOLDERS, dba: [], lead: [] };
    const over = tighten(opened(), requirement({ seats: three }), { holders });
    expect(over.types).toEqual(["tightened", "escalated", "decided"]);
  });

  it("makes reviews that were open stale", () => {
    const looking = reviewed(opened(), KIM, 0);
    const after = tighten(looking, requirement({ seats: seats({ minimumMs: 50_000 }) })).state;
    expect(play(after, voteOf(after, KIM), 2 * MINUTE).refusal).toBe("stale_review");
    expect(approvedBy(after, KAI, MINUTE).votes).toHaveLength(1);
  });

  it("never lowers the level, and drops the break glass and the fail mode that it no longer gives", () => {
    const loose = opened({ requirement: requirement({ breakGlassRoles: ["glass"], failMode: "allow" }) });
    const next = requirement({ seats: seats({ minimumMs: 50_000 }), failMode: "deny" });
    const low = { ...loose.assessment, level: "low" as const, score: 0.1 };
    const { state } = tighten(loose, next, { assessment: low });
    expect(state.assessment.level).toBe("critical");
    expect(state.requirement).toMatchObject({ breakGlassRoles: [], failMode: "deny" });
    const raisedTo = { ...loose, assessment: low };
    expect(tighten(raisedTo, next, { assessment: { ...low, level: "high" } }).state.assessment.level).toBe("high");
  });

  it("comes too late after the verdict and at the deadline", () => {
    const next = requirement({ seats: seats({ minimumMs: 50_000 }) });
    expect(tighten(approved(), next).refusal).toBe("already_decided");
    expect(tighten(opened(), next, {}, 5 * MINUTE).refusal).toBe("too_late");
  });
});
