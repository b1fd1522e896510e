import { expect, it } from "vitest";
import type { Command, RefusalCode } from "../../src/engine/command.ts";
import { decide } from "../../src/engine/decide.ts";
import { openReviewOf } from "../../src/engine/evolve.ts";
import type { Requirement } from "../../src/engine/policy.ts";
import type { EventType, RequestState } from "../../src/engine/request.ts";
import { createTally, type Decide, playHistory } from "./history-run.ts";
import { rightAnswer } from "./history-world.ts";

const HISTORIES = 100_000;
const AT_LEAST = 100;

// Typed as records so that a new event or refusal must be listed here.
const EVENTS: Record<EventType, true> = {
  requested: true,
  joined: true,
  delivered: true,
  started: true,
  reviewed: true,
  read: true,
  drafted: true,
  failed: true,
  barred: true,
  passed: true,
  voted: true,
  vote_lapsed: true,
  escalated: true,
  extended: true,
  reminded: true,
  tightened: true,
  unattended: true,
  attended: true,
  commented: true,
  decided: true,
  audited: true,
  lapsed: true,
  used: true,
  resulted: true,
  revoked: true,
  after_reviewed: true,
};
const REFUSALS: Record<RefusalCode, true> = {
  already_decided: true,
  not_an_approver: true,
  own_request: true,
  already_voted: true,
  role_unknown: true,
  seat_taken: true,
  no_open_seat: true,
  barred: true,
  not_challenged: true,
  stale_review: true,
  not_read: true,
  too_fast: true,
  too_late: true,
  incomplete: true,
  wrong_answer: true,
  digest_mismatch: true,
  not_released: true,
  not_audited: true,
  lapsed: true,
  already_used: true,
  not_used: true,
  policy_changed: true,
  revoked: true,
  no_such_page: true,
  not_requester: true,
  break_glass_refused: true,
  no_after_review_due: true,
  challenge_unavailable: true,
};

it("keeps every invariant over at least 100,000 random histories, and reaches every event and refusal", () => {
  const tally = createTally();
  const start = (Date.now() % 1_000_000) * 1_000;
  for (let i = 0; i < HISTORIES; i++) {
    const violation = playHistory(start + i, decide, tally);
    if (violation !== undefined) expect.fail(violation);
  }
  const print = (map: Map<string, number>): string =>
    [...map]
      .sort()
      .map(([key, n]) => `${key} ${n}`)
      .join(", ");
  console.log(
    `${HISTORIES} histories from seed ${start}\nevents: ${print(tally.events)}\nrefusals: ${print(tally.refusals)}`,
  );
  const rare = [
    ...Object.keys(EVENTS).filter((type) => (tally.events.get(type) ?? 0) < AT_LEAST),
    ...Object.keys(REFUSALS).filter((code) => (tally.refusals.get(code) ?? 0) < AT_LEAST),
  ];
  expect(rare).toEqual([]);
}, 600_000);

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Breaks one rule by showing `decide` a world in which the rule has nothing to object to. */
const MUTANTS: Record<string, Decide> = {
  "I1 decides again after the verdict": (state, command, nowMs) =>
    decide(
      command.type === "deny" && state ? { ...state, status: "pending", deadlineMs: nowMs + 1 } : state,
      command,
      nowMs,
    ),
  "I2 lets the owner approve": (state, command, nowMs) =>
    decide(state && { ...state, facts: { ...state.facts, excluded: [] } }, command, nowMs),
  "I2 counts one person twice": (state, command, nowMs) =>
    decide(
      state && { ...state, votes: state.votes.map((vote) => ({ ...vote, person: `${vote.person}-again` })) },
      command,
      nowMs,
    ),
  "I3 asks for no role": (state, command, nowMs) => decide(state, withEveryRole(command), nowMs),
  "I3 takes any answer": (state, command, nowMs) => decide(state, answeredRight(state, command), nowMs),
  "I3 ignores a denial": (state, command, nowMs) =>
    command.type === "deny" ? { events: [], refusal: undefined } : decide(state, command, nowMs),
  "I4 does not wait": (state, command, nowMs) =>
    decide(
      command.type === "vote" && state ? { ...state, requirement: noMinimum(state.requirement) } : state,
      command,
      nowMs,
    ),
  "I4 does not ask for the pages": (state, command, nowMs) =>
    decide(
      command.type === "vote" && state ? { ...state, facts: { ...state.facts, pages: [] } } : state,
      command,
      nowMs,
    ),
  "I5 counts votes after the deadline": (state, command, nowMs) =>
    decide(
      command.type === "vote" && state?.deadlineMs !== undefined ? { ...state, deadlineMs: nowMs + 1 } : state,
      command,
      nowMs,
    ),
  "I6 does not wait for the audit log": (state, command, nowMs) =>
    decide(command.type === "use" && state ? { ...state, audit: { entry: 1, hash: "" } } : state, command, nowMs),
  "I6 lets it be used again": (state, command, nowMs) =>
    decide(command.type === "use" && state ? { ...state, execution: undefined } : state, command, nowMs),
  "I6 lets another digest run": (state, command, nowMs) =>
    decide(state, command.type === "use" && state ? { ...command, digest: state.facts.digest } : command, nowMs),
  "I6 lets it run for ever": (state, command, nowMs) =>
    decide(state, command, command.type === "use" && state?.decision ? state.decision.atMs : nowMs),
  "I7 writes an event that does not survive storage": (state, command, nowMs) => {
    const ruling = decide(state, command, nowMs);
    return {
      ...ruling,
      events: ruling.events.map((event) => (event.type === "read" ? { ...event, page: Number.NaN } : event)),
    };
  },
  "I8 runs critical on a timeout": (state, command, nowMs) =>
    decide(
      command.type === "tick" && state ? { ...state, assessment: { ...state.assessment, level: "high" } } : state,
      command,
      nowMs,
    ),
  "I8 takes a looser policy": (state, command, nowMs) => {
    if (command.type !== "tighten" || state?.status !== "pending") return decide(state, command, nowMs);
    const { requirement, policyDigest, assessment } = command;
    return { events: [{ type: "tightened", requirement, policyDigest, assessment }], refusal: undefined };
  },
  "I9 waits for nobody": (state, command, nowMs) =>
    decide(state, "holders" in command ? { ...command, holders: {} } : command, nowMs),
};

function withEveryRole(command: Command): Command {
  if (!("actor" in command) || command.actor === undefined) return command;
  const held = ["a", "b", "c", "d"].map((role) => ({ role, source: "list" as const, readAtMs: 0 }));
  return { ...command, actor: { ...command.actor, roles: { held, unknown: [] } } } as Command;
}

function answeredRight(state: RequestState | undefined, command: Command): Command {
  if (command.type !== "vote" || state === undefined) return command;
  const review = openReviewOf(state, command.actor.person);
  return review === undefined ? command : ({ ...command, answer: rightAnswer(review.challenge) } satisfies Of<"vote">);
}

function noMinimum(requirement: Requirement): Requirement {
  return { ...requirement, seats: requirement.seats.map((seat) => ({ ...seat, minimumMs: 0 })) };
}

it.each(Object.entries(MUTANTS))("notices the mutant: %s", (name, mutant) => {
  const invariant = name.slice(0, 2);
  const found = new Set<string>();
  for (let seed = 1; seed <= 60_000 && !found.has(invariant); seed++) {
    const violation = playHistory(seed, mutant, createTally());
    if (violation !== undefined) found.add(violation.slice(0, 2));
  }
  expect([...found]).toContain(invariant);
});
