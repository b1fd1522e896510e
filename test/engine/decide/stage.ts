/** One request on which commands are played, for tests of the rules: who may, what is asked, and what comes of each command. Not a test. */
import type { Answer } from "../../../src/engine/challenge.ts";
import type { Command } from "../../../src/engine/command.ts";
import { decide } from "../../../src/engine/decide.ts";
import { openReviewOf, replay } from "../../../src/engine/evolve.ts";
import { stamp } from "../../../src/engine/execute.ts";
import type { Actor, Holders, RoleHolding } from "../../../src/engine/model.ts";
import type { Requirement, Seat } from "../../../src/engine/policy.ts";
import type { RequestFacts, RequestState } from "../../../src/engine/request.ts";
import { deploy } from "../../fixtures/infra-subjects.ts";
import { sampleFacts, sampleRequirement, T0 } from "../../fixtures/requests.ts";
import { rightAnswer, wrongAnswer } from "../history-world.ts";

/** Kim and Kai may take the first seat, Bo the second, Lee is reached by the rung; Dana owns the agent. */
export const HOLDERS: Holders = { sre: ["kim", "kai"], release: ["bo"], lead: ["lee"], glass: ["gil"] };
export const MINUTE = 60_000;

/** A person with these roles; `unknown` ones could not be read. */
export function actor(person: string, roles: readonly string[], unknown: readonly string[] = []): Actor {
  const held = roles.map((role): RoleHolding => ({ role, source: "list", readAtMs: T0 }));
  return {
    person,
    name: person.toUpperCase(),
    account: { surface: "t", tenant: "t", user: person },
    roles: { held, unknown },
  };
}

export const KIM = actor("kim", ["sre"]);
export const KAI = actor("kai", ["sre"]);
export const BO = actor("bo", ["release"]);
export const LEE = actor("lee", ["lead"]);
export const GIL = actor("gil", ["glass"]);
export const NOBODY = actor("nobody", ["other"]);
export const DANA = actor("dana@company.com", ["sre", "release"]);

export const SEATS: readonly Seat[] = [
  { index: 0, roles: ["sre"], challenge: "teach_back", minimumMs: 45_000 },
  { index: 1, roles: ["release"], challenge: "quiz", minimumMs: 15_000 },
];

/** Two seats, five minutes, a rung at two minutes that nobody is needed for. */
export function requirement(more: Partial<Requirement> = {}): Requirement {
  return sampleRequirement({
    challengeType: "multi_party",
    seats: SEATS,
    rungs: [{ afterMs: 2 * MINUTE, roles: ["lead"] }],
    timeoutMs: 5 * MINUTE,
    remindersMs: [],
    ...more,
  });
}

export function factsOf(more: Partial<RequestFacts> = {}): RequestFacts {
  const base = sampleFacts();
  return {
    ...base,
    subject: deploy,
    assessment: { ...base.assessment, level: "critical" },
    requirement: requirement(),
    pages: [
      { title: "one", rows: [] },
      { title: "two", rows: [] },
    ],
    ...more,
  };
}

export interface Played {
  readonly state: RequestState;
  readonly types: readonly string[];
  readonly refusal: string | undefined;
  /** The whole refusal, for its details. */
  readonly why: unknown;
}

/** What this command does at so many milliseconds after T0. */
export function play(state: RequestState, command: Command, atMs: number): Played {
  const ruling = decide(state, command, T0 + atMs);
  const { events, next } = stamp(state, ruling.events, { nowMs: T0 + atMs, commandId: `c${state.seq}` });
  const types = events.map((event) => event.type);
  return { state: next, types, refusal: ruling.refusal?.code, why: ruling.refusal };
}

/** A request as it is right after `open` at T0, delivered in the same moment. */
export function opened(more: Partial<RequestFacts> = {}, holders: Holders = HOLDERS): RequestState {
  const state = raised(more, holders);
  return state.status === "pending" ? play(state, { type: "deliver", surface: "t", ref: "1" }, 0).state : state;
}

/** A request right after `open` at T0. */
export function raised(more: Partial<RequestFacts> = {}, holders: Holders = HOLDERS): RequestState {
  const { events } = decide(undefined, { type: "open", facts: factsOf(more), holders }, T0);
  const state = replay(events.map((event, index) => ({ ...event, seq: index + 1, atMs: T0, commandId: "open" })));
  if (state === undefined) throw new Error("open gave no event");
  return state;
}

/** Opens a review at this moment and reads all pages. */
export function reviewed(state: RequestState, by: Actor, atMs: number, holders: Holders = HOLDERS): RequestState {
  const seed = `${by.person}${state.seq}`;
  let after = play(state, { type: "review", actor: by, reviewId: `r-${seed}`, seed, holders }, atMs).state;
  const going = openReviewOf(after, by.person);
  if (going === undefined) throw new Error(`${by.person} got no review`);
  for (const page of state.facts.pages.keys()) {
    after = play(after, { type: "read", actor: by, reviewId: going.reviewId, page }, atMs).state;
  }
  return after;
}

type VoteCommand = Extract<Command, { type: "vote" }>;

/** A vote on the open review with the right answer, or as changed. */
export function voteOf(state: RequestState, by: Actor, more: Partial<VoteCommand> = {}): VoteCommand {
  const going = openReviewOf(state, by.person);
  return {
    type: "vote",
    actor: by,
    reviewId: going?.reviewId ?? "none",
    digest: state.facts.digest,
    answer: going === undefined ? NO_ANSWER : rightAnswer(going.challenge),
    seed: "again",
    counted: {},
    holders: HOLDERS,
    ...more,
  };
}

/** An answer of the right kind that is wrong. */
export function wrong(state: RequestState, by: Actor): Answer {
  const going = openReviewOf(state, by.person);
  return going === undefined ? NO_ANSWER : wrongAnswer(going.challenge);
}

const NO_ANSWER: Answer = { kind: "teach_back", text: "" };

/** Reviewed from `fromMs` and voted right when the minimum of the seat is over. */
export function approvedBy(state: RequestState, by: Actor, fromMs: number): RequestState {
  const looking = reviewed(state, by, fromMs);
  const seat = state.requirement.seats[openReviewOf(looking, by.person)?.seat ?? 0];
  const done = play(looking, voteOf(looking, by), fromMs + (seat?.minimumMs ?? 0));
  if (done.refusal !== undefined) throw new Error(`the vote of ${by.person} was refused: ${done.refusal}`);
  return done.state;
}

/** Both seats filled: approved at 1 minute after T0, not yet audited. */
export function approved(more: Partial<RequestFacts> = {}): RequestState {
  const half = approvedBy(opened(more), KIM, 0);
  return approvedBy(half, BO, 45_000);
}

export const AUDITED: Command = { type: "audited", entry: 7, hash: "a".repeat(64) };
