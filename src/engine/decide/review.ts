/** A person looks: which seat they get, which challenge, which pages they have read, and how they leave again. */
import { buildChallenge, type Challenge, type ChallengeOptions } from "../challenge.ts";
import type { Command } from "../command.ts";
import { openReviewOf, questionIds } from "../evolve.ts";
import type { Actor, PersonId } from "../model.ts";
import type { Seat } from "../policy.ts";
import { chooseSeat } from "../quorum.ts";
import type { RequestState, Review as ReviewState } from "../request.ts";
import { questionCount } from "../workable.ts";
import { started } from "./open.ts";
import { closed, consequences, happen, NOTHING, outsider, type Ruling, refuse } from "./ruling.ts";

type Review = Extract<Command, { type: "review" }>;
type Read = Extract<Command, { type: "read" }>;
type Pass = Extract<Command, { type: "pass" }>;
type Comment = Extract<Command, { type: "comment" }>;

/** True for a person who may approve alone in an emergency. */
export function mayBreakGlass(state: RequestState, actor: Actor): boolean {
  return actor.roles.held.some((holding) => state.requirement.breakGlassRoles.includes(holding.role));
}

/** The seat a review would be for, or why there would be none. Also used to look before the view is shown. */
export function seatFor(state: RequestState, command: Pick<Review, "actor" | "holders">, nowMs: number): Seat | Ruling {
  const { actor, holders } = command;
  const end = closed(state, nowMs);
  if (end !== undefined) return refuse(end);
  if (state.barred.includes(actor.person)) return refuse({ code: "barred" });
  if (state.votes.some((vote) => vote.person === actor.person)) return refuse({ code: "already_voted" });
  const none = outsider(state, actor.person, actor.roles);
  if (none !== undefined) {
    const hardest = state.requirement.seats[0];
    return mayBreakGlass(state, actor) && hardest !== undefined ? hardest : refuse(none);
  }
  const going = openReviewOf(state, actor.person);
  const inHand = going?.revision === state.revision ? { inHand: going.seat } : {};
  const given = chooseSeat(state, { person: actor.person, roles: actor.roles, holders, ...inHand });
  return given ?? refuse({ code: "no_open_seat" });
}

/** True for a seat, false for a ruling that refuses one. */
export function isSeat(given: Seat | Ruling): given is Seat {
  return "challenge" in given;
}

/** The evidence is shown: the clock of this person's review starts, and their questions are fixed. */
export function review(state: RequestState, command: Review, nowMs: number): Ruling {
  const seat = seatFor(state, command, nowMs);
  if (!isSeat(seat)) return seat;
  const { actor } = command;
  const going = openReviewOf(state, actor.person);
  if (going !== undefined && going.seat === seat.index && going.revision === state.revision) return NOTHING;
  const left = unanswered(state, actor.person, seat);
  const usedQuestions = left?.usedQuestions ?? usedBy(state, actor.person);
  const challenge = left?.challenge ?? challengeFor(state, seat, { seed: command.seed, used: usedQuestions });
  if (challenge === undefined) return refuse({ code: "challenge_unavailable" });
  const begun = {
    reviewId: command.reviewId,
    person: actor.person,
    name: actor.name,
    account: actor.account,
    seat: seat.index,
    shownAtMs: nowMs,
    revision: state.revision,
    challenge,
    pagesRead: [],
    usedQuestions,
    ended: false,
  };
  return happen(...started(state, nowMs), { type: "reviewed", review: begun });
}

/** Who comes back to a seat gets the questions they left: leaving and returning draws no others. */
function unanswered(state: RequestState, person: PersonId, seat: Seat): ReviewState | undefined {
  return state.reviews.findLast(
    (earlier) =>
      earlier.person === person &&
      earlier.seat === seat.index &&
      earlier.revision === state.revision &&
      earlier.answered !== true,
  );
}

function usedBy(state: RequestState, person: PersonId): readonly string[] {
  const mine = state.reviews.filter((earlier) => earlier.person === person);
  return mine.flatMap((earlier) => [...earlier.usedQuestions, ...questionIds(earlier.challenge)]);
}

/** A seat's challenge from the request's own evidence; undefined if nothing can be asked. */
export function challengeFor(
  state: RequestState,
  seat: Seat,
  options: Pick<ChallengeOptions, "seed" | "used">,
): Challenge | undefined {
  return buildChallenge(state.facts.subject, { ...options, kind: seat.challenge, questions: questionCount(seat) });
}

/** A page was shown; each has to be before a vote counts. */
export function read(state: RequestState, command: Read, nowMs: number): Ruling {
  const end = closed(state, nowMs);
  if (end !== undefined) return refuse(end);
  const going = openReviewOf(state, command.actor.person);
  if (going === undefined) return refuse({ code: "not_challenged" });
  if (going.reviewId !== command.reviewId || going.revision !== state.revision) return refuse({ code: "stale_review" });
  const pages = state.facts.pages.length;
  if (!Number.isInteger(command.page) || command.page < 0 || command.page >= pages)
    return refuse({ code: "no_such_page", pages });
  if (going.pagesRead.includes(command.page)) return NOTHING;
  return happen({ type: "read", reviewId: command.reviewId, page: command.page });
}

/** "Not for me": frees the seat and denies nothing. */
export function pass(state: RequestState, command: Pass, nowMs: number): Ruling {
  const { actor, holders } = command;
  const end = closed(state, nowMs) ?? outsider(state, actor.person, actor.roles);
  if (end !== undefined) return refuse(end);
  if (state.votes.some((vote) => vote.person === actor.person)) return refuse({ code: "already_voted" });
  if (state.passed.includes(actor.person)) return NOTHING;
  const going = openReviewOf(state, actor.person);
  const passed = {
    type: "passed",
    person: actor.person,
    ...(going !== undefined && { reviewId: going.reviewId }),
  } as const;
  const after = { ...state, passed: [...state.passed, actor.person] };
  return happen(passed, ...consequences(after, holders, nowMs));
}

/** A word to the agent from somebody who has a say. */
export function comment(state: RequestState, command: Comment): Ruling {
  const { actor, text } = command;
  if (state.status !== "pending" && state.status !== "approved") return refuse({ code: "already_decided" });
  const none = outsider(state, actor.person, actor.roles);
  if (none !== undefined && none.code !== "own_request") return refuse(none);
  return happen({ type: "commented", person: actor.person, name: actor.name, text });
}
