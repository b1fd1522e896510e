/** Plays one random history through `decide` and checks the invariants with knowledge of its own, never with the engine's. */
import { isDeepStrictEqual } from "node:util";
import { gradeAnswer } from "../../src/engine/challenge.ts";
import type { Command } from "../../src/engine/command.ts";
import type { Ruling } from "../../src/engine/decide.ts";
import { evolve, openReviewOf, replay } from "../../src/engine/evolve.ts";
import type { PersonId, RoleFacts } from "../../src/engine/model.ts";
import { CHALLENGES } from "../../src/engine/model.ts";
import type { Happening, RequestEvent, RequestState } from "../../src/engine/request.ts";
import {
  actorIn,
  createDice,
  DIGEST,
  type Dice,
  holdersIn,
  PEOPLE,
  RANDOM_REASON,
  ROLES,
  randomFacts,
  randomRequirement,
  randomWorld,
  rightAnswer,
  rolesIn,
  type World,
  wrongAnswer,
} from "./history-world.ts";

export type Decide = (state: RequestState | undefined, command: Command, nowMs: number) => Ruling;

export interface Tally {
  readonly events: Map<string, number>;
  readonly refusals: Map<string, number>;
}

export function createTally(): Tally {
  return { events: new Map(), refusals: new Map() };
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

interface Run {
  readonly dice: Dice;
  readonly world: World;
  readonly decide: Decide;
  readonly tally: Tally;
  readonly stored: RequestEvent[];
  state: RequestState;
  nowMs: number;
  lastAnswerRight: boolean;
  heardAtMs: number;
  /** Pages that were really shown, by review. */
  readonly shown: Map<string, Set<number>>;
  readonly shownAt: Map<string, number>;
  violation: string | undefined;
}

const STEPS = 18;
/** Steps after a verdict that nothing can follow: enough to try whether something does. */
const STEPS_AFTER_THE_END = 5;

/** Plays the history of this seed; gives the first violation in words, or undefined. */
export function playHistory(seed: number, decide: Decide, tally: Tally): string | undefined {
  const dice = createDice(seed);
  const world = randomWorld(dice);
  const nowMs = 1_000_000;
  const facts = randomFacts(dice, nowMs);
  const opened = decide(undefined, { type: "open", facts, holders: holdersIn(world) }, nowMs);
  const first: RequestEvent = { type: "requested", facts, seq: 1, atMs: nowMs, commandId: "c0" };
  const run: Run = {
    dice,
    world,
    decide,
    tally,
    stored: [first],
    state: evolve(undefined, first),
    nowMs,
    lastAnswerRight: false,
    heardAtMs: nowMs,
    shown: new Map(),
    shownAt: new Map(),
    violation: undefined,
  };
  count(tally.events, "requested");
  absorb(run, opened.events.slice(1), { type: "open", facts, holders: holdersIn(world) }, "c0");
  if (run.state.status === "pending" && !bruteForcePossible(run)) return `I9: opened though impossible (seed ${seed})`;
  let left = STEPS_AFTER_THE_END;
  for (let step = 1; step <= STEPS && left > 0 && run.violation === undefined; step++) {
    oneStep(run, step);
    if (isOver(run.state)) left -= 1;
  }
  // As a store would have kept them; the frozen facts of the first are the same for all.
  const kept = JSON.parse(JSON.stringify(run.stored.slice(1))) as RequestEvent[];
  const replayed = replay([first, ...kept]);
  if (run.violation === undefined && !isDeepStrictEqual(replayed, run.state)) {
    run.violation = "I7: replaying the stored events gives another state";
  }
  return run.violation === undefined ? undefined : `${run.violation} (seed ${seed})`;
}

/** Denied, cancelled, stopped, or out of time without a release: nothing but refusals may follow. */
function isOver({ status, decision }: RequestState): boolean {
  return status !== "pending" && (status === "revoked" || decision?.released === false);
}

function oneStep(run: Run, step: number): void {
  const { dice } = run;
  run.nowMs += dice.pick([
    0,
    0,
    500,
    5_000,
    16_000,
    46_000,
    dice.chance(0.15) ? 200_000 : 2_000,
    dice.chance(0.05) ? 700_000 : 1_000,
  ]);
  if (dice.chance(0.06)) changeWorld(run);
  const command = randomCommand(run);
  const ruling = run.decide(run.state, command, run.nowMs);
  if (ruling.refusal !== undefined) count(run.tally.refusals, ruling.refusal.code);
  if (command.type === "read" && ruling.refusal === undefined) run.shown.get(command.reviewId)?.add(command.page);
  absorb(run, ruling.events, command, `c${step}`);
}

/** Somebody gains or loses a role, or a lookup stops working. */
function changeWorld({ dice, world }: Run): void {
  const role = dice.pick(ROLES);
  const person = dice.pick(PEOPLE);
  const holders = world.holders.get(role);
  world.known = undefined;
  if (dice.chance(0.2)) {
    if (world.unreadable.has(role)) world.unreadable.delete(role);
    else world.unreadable.add(role);
  } else if (holders?.has(person)) holders.delete(person);
  else holders?.add(person);
}

function randomCommand(run: Run): Command {
  const { dice, world, state } = run;
  const reviewing = state.reviews.filter((review) => !review.ended);
  const person: PersonId = dice.chance(0.7) && reviewing.length > 0 ? dice.pick(reviewing).person : dice.pick(PEOPLE);
  const actor = actorIn(world, person);
  const holders = holdersIn(world);
  const roll = state.status === "pending" ? dice.int(100) : 70 + dice.int(60);
  if (roll < 24)
    return { type: "review", actor, reviewId: `r${dice.int(1_000_000)}`, seed: String(dice.int(1e9)), holders };
  if (roll < 42) return randomRead(run, person);
  if (roll < 70) return randomVote(run, person);
  if (roll < 73) return { type: "deny", actor, reason: RANDOM_REASON(dice), comment: "no" };
  if (roll < 76) return { type: "pass", actor, holders };
  if (roll < 77) return { type: "comment", actor, text: "a word" };
  if (roll < 86) {
    if (dice.chance(0.5)) run.heardAtMs = run.nowMs;
    return { type: "tick", heardAtMs: run.heardAtMs, holders };
  }
  if (roll < 87) {
    const { assessment } = state;
    const requester = dice.chance(0.5) ? { requester: dice.pick(PEOPLE) } : {};
    return { type: "join", ...requester, requirement: randomRequirement(dice), assessment, holders };
  }
  if (roll < 89) return { type: "deliver", surface: "test", ref: String(dice.int(2)) };
  if (roll < 91) {
    const { assessment } = state;
    return { type: "tighten", requirement: randomRequirement(dice), policyDigest: "p2", assessment, holders };
  }
  if (roll < 92) return dice.chance(0.5) ? { type: "cancel", by: "requester", actor } : { type: "cancel", by: "agent" };
  return randomLate(run, actor);
}

function randomRead({ dice, state, world }: Run, person: PersonId): Command {
  const open = openReviewOf(state, person);
  const reviewId = open !== undefined && dice.chance(0.95) ? open.reviewId : "r-none";
  const unread = state.facts.pages.map((_, page) => page).filter((page) => open?.pagesRead.includes(page) === false);
  const page = dice.chance(0.04) ? 99 : (unread[0] ?? 0);
  return { type: "read", actor: actorIn(world, person), reviewId, page };
}

function randomVote(run: Run, person: PersonId): Command {
  const { dice, state, world } = run;
  const open = openReviewOf(state, person);
  const answers = open === undefined ? undefined : [rightAnswer(open.challenge), wrongAnswer(open.challenge)];
  const right = dice.chance(0.72);
  const empty = { kind: "teach_back" as const, text: "" };
  const answer = dice.chance(0.06) ? empty : (answers?.[right ? 0 : 1] ?? empty);
  run.lastAnswerRight = open !== undefined && gradeAnswer(open.challenge, answer).outcome === "passed";
  const counted: Record<PersonId, RoleFacts> = {};
  if (dice.chance(0.8)) for (const vote of state.votes) counted[vote.person] = rolesIn(world, vote.person);
  return {
    type: "vote",
    actor: actorIn(world, person),
    reviewId: open !== undefined && dice.chance(0.95) ? open.reviewId : "r-none",
    digest: dice.chance(0.96) ? DIGEST : "e".repeat(64),
    answer,
    seed: String(dice.int(1e9)),
    counted,
    holders: holdersIn(world),
    ...(dice.chance(state.requirement.breakGlassRoles.length > 0 ? 0.3 : 0.05) && {
      breakGlass: dice.chance(0.8) ? "the site is down and nobody else is awake" : "",
    }),
  };
}

function randomLate({ dice, state }: Run, actor: ReturnType<typeof actorIn>): Command {
  if (state.decision?.by === "break_glass" && dice.chance(0.8))
    return { type: "after_review", actor, comment: "looked at it" };
  switch (dice.int(5)) {
    case 0:
      return { type: "audited", entry: 1, hash: "a".repeat(64) };
    case 1:
    case 2: {
      const now = dice.chance(0.1) ? { now: randomRequirement(dice) } : {};
      return { type: "use", digest: dice.chance(0.93) ? DIGEST : "e".repeat(64), useId: `u${dice.int(2)}`, ...now };
    }
    case 3:
      return {
        type: "result",
        useId: state.execution?.useId ?? "u0",
        outcome: dice.chance(0.5) ? "succeeded" : "failed",
      };
    default:
      return dice.chance(0.6)
        ? { type: "revoke", actor, reason: RANDOM_REASON(dice) }
        : { type: "after_review", actor, comment: "looked at it" };
  }
}

/** Stamps, folds, and checks each event against what really happened. */
function absorb(run: Run, happenings: readonly Happening[], command: Command, commandId: string): void {
  const before = run.state;
  for (const happening of happenings) {
    const event: RequestEvent = { ...happening, seq: run.state.seq + 1, atMs: run.nowMs, commandId };
    count(run.tally.events, event.type);
    const was = run.state;
    if (event.seq !== run.stored.length + 1) run.violation ??= "I7: a gap in seq";
    run.stored.push(event);
    run.state = evolve(run.state, event);
    run.violation ??= checkEvent(run, was, event);
    if (event.type === "used" && command.type === "use" && command.digest !== DIGEST)
      run.violation ??= "I6: another digest was used";
  }
  run.violation ??= checkState(run, before, command);
}

function checkEvent(run: Run, was: RequestState, event: RequestEvent): string | undefined {
  switch (event.type) {
    case "reviewed":
      run.shown.set(event.review.reviewId, new Set());
      run.shownAt.set(event.review.reviewId, run.nowMs);
      return undefined;
    case "decided":
      return checkDecided(run, was, event);
    case "voted":
      return checkVoted(run, was, event);
    case "used":
      return checkUsed(run, was);
    case "tightened":
      return lowered(was, run.state) ? "I8: a policy change lowered the bar" : undefined;
    case "escalated":
      return isDeepStrictEqual(was.requirement, run.state.requirement)
        ? undefined
        : "I8: a rung changed the requirement";
    default:
      return undefined;
  }
}

function checkDecided(
  run: Run,
  was: RequestState,
  event: Extract<RequestEvent, { type: "decided" }>,
): string | undefined {
  const { decision } = event;
  const { state, world } = run;
  if (run.stored.filter((stored) => stored.type === "decided").length > 1) return "I1: decided twice";
  const critical = was.assessment.level === "critical";
  if (critical && decision.verdict === "timed_out" && decision.released) return "I8: critical ran on a timeout";
  if (decision.by === "person" && decision.verdict === "denied" && decision.person !== undefined) {
    const roles = new Set([...was.requirement.seats.flatMap((seat) => seat.roles), ...was.standIns]);
    const held = [...roles].some((role) => world.holders.get(role)?.has(decision.person ?? ""));
    if (!held || decision.person === was.facts.owner) return "I3: denied by somebody without a say";
  }
  if (decision.by !== "quorum") {
    return decision.verdict === "approved" && !["policy", "observe", "break_glass"].includes(decision.by)
      ? "I2: approved by nobody"
      : undefined;
  }
  const people = new Set(state.votes.map((vote) => vote.person));
  const seats = new Set(state.votes.map((vote) => vote.seat));
  if (people.size !== state.requirement.seats.length) return "I2: not as many different people as required";
  if (seats.size !== state.requirement.seats.length) return "I2: a seat is empty";
  return state.votes.some((vote) => state.facts.excluded.includes(vote.person))
    ? "I2: an excluded person counted"
    : undefined;
}

function checkVoted(run: Run, was: RequestState, event: Extract<RequestEvent, { type: "voted" }>): string | undefined {
  const { vote } = event;
  const seat = was.requirement.seats[vote.seat];
  if (was.deadlineMs !== undefined && run.nowMs >= was.deadlineMs) return "I5: a vote counted at or after the deadline";
  if (seat === undefined) return "I3: a vote for no seat";
  if (!run.lastAnswerRight) return "I3: a wrong answer counted";
  if (vote.challenge.kind !== seat.challenge) return "I3: another challenge than the seat's";
  const shownAt = run.shownAt.get(vote.reviewId);
  if (shownAt === undefined || run.nowMs - shownAt < seat.minimumMs) return "I4: faster than the seat's minimum";
  if (run.shown.get(vote.reviewId)?.size !== was.facts.pages.length) return "I4: not all pages were read";
  const roles = vote.breakGlass ? was.requirement.breakGlassRoles : [...seat.roles, ...was.standIns];
  if (!roles.some((role) => run.world.holders.get(role)?.has(vote.person))) return "I3: no role for the seat";
  if (!vote.breakGlass && was.facts.excluded.includes(vote.person)) return "I2: an excluded person voted";
  return was.votes.some((earlier) => earlier.person === vote.person) ? "I2: one person, two votes" : undefined;
}

function checkUsed(run: Run, was: RequestState): string | undefined {
  if (run.stored.filter((stored) => stored.type === "used").length > 1) return "I6: used twice";
  if (!run.stored.some((stored) => stored.type === "audited")) return "I6: used before the audit log had it";
  if (was.decision?.released !== true || was.status === "revoked") return "I6: used without a release";
  return run.nowMs >= was.decision.atMs + was.requirement.validForMs ? "I6: used after it lapsed" : undefined;
}

/** Is any seat easier, shorter, or gone? */
function lowered(was: RequestState, is: RequestState): boolean {
  return was.requirement.seats.some((seat, index) => {
    const now = is.requirement.seats[index];
    if (now === undefined) return true;
    return CHALLENGES.indexOf(now.challenge) < CHALLENGES.indexOf(seat.challenge) || now.minimumMs < seat.minimumMs;
  });
}

function checkState(run: Run, before: RequestState, command: Command): string | undefined {
  const { state } = run;
  if ((state.status === "pending") !== (state.deadlineMs !== undefined))
    return "I5: pending without a deadline, or the other way round";
  if (before.decision !== undefined && !isDeepStrictEqual(before.decision, state.decision))
    return "I1: the verdict changed";
  if (command.type === "deny" && state.status === "pending" && before.status === "pending") {
    const late = before.deadlineMs !== undefined && run.nowMs >= before.deadlineMs;
    const person = command.actor.person;
    const roles = new Set([...before.requirement.seats.flatMap((seat) => seat.roles), ...before.standIns]);
    const couldApprove =
      command.actor.roles.held.some((held) => roles.has(held.role)) &&
      person !== before.facts.owner &&
      !before.barred.includes(person);
    if (!late && couldApprove) return "I3: a denial by an entitled person did not end it";
  }
  const counts =
    command.type === "pass" ||
    command.type === "tick" ||
    command.type === "tighten" ||
    command.type === "join" ||
    (command.type === "vote" && state.barred.length > before.barred.length);
  if (counts && state.status === "pending" && state !== before && !bruteForcePossible(run))
    return "I9: left waiting though impossible";
  return undefined;
}

/** Tries every assignment of people to open seats; true as well where an unreadable role might hide somebody. */
function bruteForcePossible({ state, world }: Run): boolean {
  const taken = new Set(state.votes.map((vote) => vote.seat));
  const open = state.requirement.seats.filter((seat) => !taken.has(seat.index));
  const out = new Set([
    ...state.facts.excluded,
    ...state.barred,
    ...state.passed,
    ...state.votes.map((vote) => vote.person),
  ]);
  const asked = new Set([...state.requirement.seats.flatMap((seat) => seat.roles), ...state.standIns]);
  if ([...asked].some((role) => world.unreadable.has(role))) return true;
  const fill = (index: number, used: ReadonlySet<PersonId>): boolean => {
    const seat = open[index];
    if (seat === undefined) return true;
    const roles = new Set([...seat.roles, ...state.standIns]);
    return PEOPLE.some(
      (person) =>
        !used.has(person) &&
        !out.has(person) &&
        [...roles].some((role) => world.holders.get(role)?.has(person)) &&
        fill(index + 1, new Set([...used, person])),
    );
  };
  return fill(0, new Set());
}
