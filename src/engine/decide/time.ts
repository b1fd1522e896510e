/** What time alone does: start, rungs, reminders, extension, the end, and what follows a verdict. And a stricter policy. */
import type { Command } from "../command.ts";
import { DELIVERY_GRACE_MS, evolve } from "../evolve.ts";
import { CHALLENGES, rankOf } from "../model.ts";
import { holdingFor, isPossible } from "../quorum.ts";
import type { Happening, RequestState, Review, Vote } from "../request.ts";
import { isStricter, stricterOf } from "../requirement.ts";
import { workable } from "../workable.ts";
import { closed, consequences, decided, deniedByPolicy, happen, NOTHING, type Ruling, refuse } from "./ruling.ts";

type Tick = Extract<Command, { type: "tick" }>;
type Tighten = Extract<Command, { type: "tighten" }>;

/** How long an open review gets beyond its minimum when the deadline comes. In milliseconds. */
export const REVIEW_GRACE_MS = 120_000;
/** Without a word from the agent for this long, nobody is waiting. In milliseconds. */
export const SILENCE_MS = 60_000;
/** A use without a result becomes "outcome unknown" after this long. In milliseconds. */
export const RESULT_WAIT_MS = 600_000;

/** Everything that is due now, in order; nothing when nothing is. Repeatable. */
export function tick(state: RequestState, command: Tick, nowMs: number): Ruling {
  if (state.status !== "pending") return happen(...afterVerdict(state, nowMs));
  const events: Happening[] = [];
  let after = state;
  for (const step of [begin, escalate, remind, attend, exhaust, end]) {
    const more = step(after, command, nowMs);
    for (const event of more) after = evolve(after, { ...event, seq: after.seq + 1, atMs: nowMs, commandId: "" });
    events.push(...more);
    if (after.status !== "pending") break;
  }
  return happen(...events);
}

type Step = (state: RequestState, command: Tick, nowMs: number) => readonly Happening[];

const begin: Step = (state, _command, nowMs) => {
  const latest = state.facts.raisedAtMs + DELIVERY_GRACE_MS;
  if (state.startedAtMs !== undefined || nowMs < latest) return [];
  return [{ type: "started", startedAtMs: latest, undelivered: true }];
};

const escalate: Step = (state, _command, nowMs) => {
  const startedAtMs = state.startedAtMs;
  if (startedAtMs === undefined) return [];
  return state.requirement.rungs.flatMap((rung, index) => {
    const due = index >= state.step && nowMs >= startedAtMs + rung.afterMs;
    return due ? [{ type: "escalated" as const, step: index + 1, roles: rung.roles, early: false }] : [];
  });
};

const remind: Step = (state, _command, nowMs) => {
  const startedAtMs = state.startedAtMs;
  if (startedAtMs === undefined) return [];
  const due = state.requirement.remindersMs.filter((ms) => nowMs >= startedAtMs + ms).length;
  return due > state.reminded ? [{ type: "reminded", index: due - 1 }] : [];
};

const attend: Step = (state, { heardAtMs }, nowMs) => {
  if (heardAtMs === undefined) return [];
  const silentMs = nowMs - heardAtMs;
  const abandonMs = state.requirement.abandonAfterMs;
  if (abandonMs !== undefined && silentMs >= abandonMs) {
    return [decided({ verdict: "cancelled", by: "agent", reason: "abandoned", released: false, atMs: nowMs })];
  }
  if (state.attended && silentMs >= SILENCE_MS) return [{ type: "unattended" }];
  if (!state.attended && silentMs < SILENCE_MS) return [{ type: "attended" }];
  return [];
};

const exhaust: Step = (state, { holders }, nowMs) =>
  isPossible(state, holders) === "no" ? consequences(state, holders, nowMs) : [];

const end: Step = (state, _command, nowMs) => {
  if (state.deadlineMs === undefined || nowMs < state.deadlineMs) return [];
  const last = lastReview(state);
  if (!state.extended && last !== undefined && last.untilMs > nowMs) {
    return [{ type: "extended", reviewId: last.review.reviewId, untilMs: last.untilMs }];
  }
  const runs = state.requirement.failMode === "allow" && state.assessment.level !== "critical";
  return [decided({ verdict: "timed_out", by: "deadline", reason: "deadline", released: runs, atMs: nowMs })];
};

/** The open review that may go on longest: its opening, its minimum and two minutes. */
function lastReview(state: RequestState): { review: Review; untilMs: number } | undefined {
  const until = (review: Review): number =>
    review.shownAtMs + (state.requirement.seats[review.seat]?.minimumMs ?? 0) + REVIEW_GRACE_MS;
  return state.reviews
    .filter((review) => !review.ended && review.revision === state.revision)
    .map((review) => ({ review, untilMs: until(review) }))
    .sort((a, b) => b.untilMs - a.untilMs)[0];
}

function afterVerdict(state: RequestState, nowMs: number): readonly Happening[] {
  const { decision, execution } = state;
  if (execution !== undefined) {
    const silent = execution.outcome === undefined && nowMs >= execution.usedAtMs + RESULT_WAIT_MS;
    return silent ? [{ type: "resulted", outcome: "unknown" }] : [];
  }
  if (decision === undefined || !decision.released || state.lapsed || state.status === "revoked") return [];
  return nowMs >= decision.atMs + state.requirement.validForMs ? [{ type: "lapsed" }] : [];
}

/** The policy changed: stricter binds at once and takes back votes below the new bar; looser changes nothing. */
export function tighten(state: RequestState, command: Tighten, nowMs: number): Ruling {
  const over = closed(state, nowMs);
  if (over !== undefined) return refuse(over);
  if (!isStricter(command.requirement, state.requirement)) return NOTHING;
  const requirement = workable(stricterOf(command.requirement, state.requirement), state.facts.subject);
  const { policyDigest } = command;
  const isLower = rankOf(command.assessment.level) < rankOf(state.assessment.level);
  const assessment = isLower ? state.assessment : command.assessment;
  const tightened: Happening = { type: "tightened", requirement, policyDigest, assessment };
  if (requirement.blocked !== undefined)
    return happen(tightened, deniedByPolicy("blocked", nowMs, requirement.blocked));
  const raised = { ...state, requirement, assessment };
  const below = state.votes.filter((vote) => !stillCounts(raised, vote));
  const lapses = below.map(
    (vote): Happening => ({ type: "vote_lapsed", person: vote.person, seat: vote.seat, why: "tightened" }),
  );
  const after = { ...raised, votes: state.votes.filter((vote) => !below.includes(vote)) };
  return happen(tightened, ...lapses, ...consequences(after, command.holders, nowMs));
}

function stillCounts(raised: RequestState, vote: Vote): boolean {
  const seat = raised.requirement.seats[vote.seat];
  if (seat === undefined) return false;
  return (
    CHALLENGES.indexOf(vote.challenge.kind) >= CHALLENGES.indexOf(seat.challenge) &&
    vote.seconds * 1000 >= seat.minimumMs &&
    holdingFor(raised, seat, { held: [vote.role], unknown: [] }) !== undefined
  );
}
