/** A vote counts if it is in time, by the right person, about what they saw and read, slow enough, and right. */
import { gradeAnswer } from "../challenge.ts";
import type { Command, Refusal } from "../command.ts";
import { openReviewOf, questionIds } from "../evolve.ts";
import type { RoleHolding } from "../model.ts";
import type { Seat } from "../policy.ts";
import { holdingFor, openSeats } from "../quorum.ts";
import type { Attempt, Happening, RequestState, Review, Vote } from "../request.ts";
import { challengeFor, mayBreakGlass } from "./review.ts";
import {
  closed,
  consequences,
  decided,
  deniedByPolicy,
  happen,
  outsider,
  type Ruling,
  refuse,
  withoutNo,
} from "./ruling.ts";

type VoteCommand = Extract<Command, { type: "vote" }>;
type Deny = Extract<Command, { type: "deny" }>;

interface Ballot {
  readonly seat: Seat;
  readonly going: Review;
  readonly role: RoleHolding;
}

/** One person's approval, with the answer to their challenge. */
export function vote(state: RequestState, command: VoteCommand, nowMs: number): Ruling {
  const ballot = admitted(state, command, nowMs);
  if ("code" in ballot) return refuse(ballot);
  const slow = enough(state, ballot, nowMs);
  if (slow !== undefined) {
    return refuse(slow, [{ type: "drafted", reviewId: ballot.going.reviewId, draft: command.answer }]);
  }
  const grade = gradeAnswer(ballot.going.challenge, command.answer);
  switch (grade.outcome) {
    case "incomplete":
      return refuse({ code: "incomplete", why: grade.why, ...(grade.words !== undefined && { words: grade.words }) }, [
        { type: "drafted", reviewId: ballot.going.reviewId, draft: command.answer },
      ]);
    case "failed":
      return failed(state, { ballot, command, attempt: attemptOf(ballot, command, grade, nowMs) }, nowMs);
    case "passed":
      return passed(state, { ballot, command, matched: grade.matched }, nowMs);
  }
}

/** Everything that has to hold before the answer is even looked at. */
function admitted(state: RequestState, command: VoteCommand, nowMs: number): Ballot | Refusal {
  const { actor } = command;
  const end = closed(state, nowMs);
  if (end !== undefined) return end;
  if (state.barred.includes(actor.person)) return { code: "barred" };
  if (state.votes.some((counted) => counted.person === actor.person)) return { code: "already_voted" };
  const emergency = command.breakGlass === undefined ? undefined : breakGlassRefusal(state, command);
  if (emergency !== undefined) return emergency;
  const none = command.breakGlass === undefined ? outsider(state, actor.person, actor.roles) : undefined;
  if (none !== undefined) return none;
  const going = openReviewOf(state, actor.person);
  if (going === undefined) return { code: "not_challenged" };
  if (going.reviewId !== command.reviewId || going.revision !== state.revision) return { code: "stale_review" };
  if (command.digest !== state.facts.digest) return { code: "digest_mismatch" };
  return seated(state, command, going);
}

function seated(state: RequestState, command: VoteCommand, going: Review): Ballot | Refusal {
  const { actor } = command;
  const seat = state.requirement.seats[going.seat];
  if (seat === undefined) return { code: "stale_review" };
  if (command.breakGlass !== undefined) {
    const role = actor.roles.held.find((holding) => state.requirement.breakGlassRoles.includes(holding.role));
    return role === undefined ? { code: "break_glass_refused", why: "not_a_holder" } : { seat, going, role };
  }
  if (!openSeats(state).some((open) => open.index === seat.index)) return { code: "seat_taken" };
  const role = holdingFor(state, seat, actor.roles);
  if (role === undefined) {
    const has = actor.roles.held.map((holding) => holding.role);
    const unread = actor.roles.unknown.filter((name) => seat.roles.includes(name));
    return unread.length > 0
      ? { code: "role_unknown", roles: unread }
      : { code: "not_an_approver", needs: seat.roles, has };
  }
  return { seat, going, role };
}

/** A written reason has at least this many letters or digits that somebody can see. */
const SHORTEST_REASON = 10;

function lettersIn(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function breakGlassRefusal(state: RequestState, command: VoteCommand): Refusal | undefined {
  if (state.requirement.breakGlassRoles.length === 0) return { code: "break_glass_refused", why: "off" };
  if (!mayBreakGlass(state, command.actor)) return { code: "break_glass_refused", why: "not_a_holder" };
  if (lettersIn(command.breakGlass ?? "") < SHORTEST_REASON) return { code: "break_glass_refused", why: "no_reason" };
  return undefined;
}

/** All pages read, and not faster than reading allows. */
function enough(state: RequestState, { seat, going }: Ballot, nowMs: number): Refusal | undefined {
  const unread = state.facts.pages.map((_, page) => page).filter((page) => !going.pagesRead.includes(page));
  if (unread.length > 0) return { code: "not_read", pages: unread };
  const fromMs = going.shownAtMs + seat.minimumMs;
  return nowMs < fromMs ? { code: "too_fast", leftMs: fromMs - nowMs, fromMs } : undefined;
}

function attemptOf(ballot: Ballot, command: VoteCommand, grade: Attempt["grade"], nowMs: number): Attempt {
  return {
    person: command.actor.person,
    seat: ballot.seat.index,
    atMs: nowMs,
    challenge: ballot.going.challenge,
    answer: command.answer,
    grade,
  };
}

interface Failed {
  readonly ballot: Ballot;
  readonly command: VoteCommand;
  readonly attempt: Attempt;
}

/** A wrong answer: new questions, or out. What was wrong is named by aspect, never by value. */
function failed(state: RequestState, { ballot, command, attempt }: Failed, nowMs: number): Ruling {
  const { going, seat } = ballot;
  const made = state.attempts.filter((earlier) => earlier.person === attempt.person).length + 1;
  const of = state.requirement.maxAttempts;
  const missing = attempt.grade.outcome === "failed" ? attempt.grade.missing : [];
  const used = [...going.usedQuestions, ...questionIds(going.challenge)];
  const next = made < of ? challengeFor(state, seat, { seed: command.seed, used }) : undefined;
  const event: Happening = { type: "failed", reviewId: going.reviewId, attempt, ...(next !== undefined && { next }) };
  const refusal: Refusal = { code: "wrong_answer", missing, attempt: made, of, barred: next === undefined };
  if (next !== undefined) return refuse(refusal, [event]);
  if (state.requirement.onFailure === "deny") {
    return refuse(refusal, [event, deniedByPolicy("failed_challenge", nowMs)]);
  }
  const out = { ...state, barred: [...state.barred, attempt.person] };
  const barred: Happening = { type: "barred", person: attempt.person, seat: seat.index };
  return refuse(refusal, [event, barred, ...consequences(out, command.holders, nowMs)]);
}

interface Passed {
  readonly ballot: Ballot;
  readonly command: VoteCommand;
  readonly matched: readonly string[];
}

function passed(state: RequestState, given: Passed, nowMs: number): Ruling {
  const { command } = given;
  const vote = voteOf(given, nowMs);
  const mine: Happening = { type: "voted", vote };
  if (command.breakGlass !== undefined) return happen(mine, brokenGlass(command, nowMs));
  const others = openSeats(state).filter((seat) => seat.index !== given.ballot.seat.index);
  if (others.length > 0) {
    return happen(mine, ...consequences({ ...state, votes: [...state.votes, vote] }, command.holders, nowMs));
  }
  const unknown = state.votes.filter((counted) => standingOf(state, counted, command) === "unknown");
  if (unknown.length > 0) {
    return refuse({ code: "role_unknown", roles: unknown.map((counted) => counted.role.role) }, [
      { type: "drafted", reviewId: given.ballot.going.reviewId, draft: command.answer },
    ]);
  }
  const gone = state.votes.filter((counted) => standingOf(state, counted, command) === "gone");
  if (gone.length === 0) {
    return happen(mine, decided({ verdict: "approved", by: "quorum", released: true, atMs: nowMs }));
  }
  const lapses = gone.map(
    (counted): Happening => ({ type: "vote_lapsed", person: counted.person, seat: counted.seat, why: "not_entitled" }),
  );
  const left = { ...state, votes: [...state.votes.filter((counted) => !gone.includes(counted)), vote] };
  return happen(mine, ...lapses, ...consequences(left, command.holders, nowMs));
}

function voteOf({ ballot, command, matched }: Passed, nowMs: number): Vote {
  const { seat, going, role } = ballot;
  return {
    person: command.actor.person,
    name: command.actor.name,
    account: command.actor.account,
    seat: seat.index,
    role,
    reviewId: going.reviewId,
    challenge: going.challenge,
    answer: command.answer,
    matched,
    shownAtMs: going.shownAtMs,
    atMs: nowMs,
    seconds: (nowMs - going.shownAtMs) / 1000,
    minimumMs: seat.minimumMs,
    breakGlass: command.breakGlass !== undefined,
  };
}

function brokenGlass(command: VoteCommand, nowMs: number): Happening {
  const { actor } = command;
  return decided({
    verdict: "approved",
    by: "break_glass",
    person: actor.person,
    name: actor.name,
    account: actor.account,
    reason: "break_glass",
    comment: command.breakGlass ?? "",
    released: true,
    atMs: nowMs,
  });
}

/** Is somebody who voted before still entitled, as far as the roles were read again? */
function standingOf(state: RequestState, counted: Vote, command: VoteCommand): "holds" | "gone" | "unknown" {
  const now = command.counted[counted.person];
  const seat = state.requirement.seats[counted.seat];
  if (now === undefined) return "holds";
  if (seat !== undefined && holdingFor(state, seat, now) !== undefined) return "holds";
  return now.unknown.includes(counted.role.role) ? "unknown" : "gone";
}

/** One denial by somebody who could approve ends it, even by a person who approved before. */
export function deny(state: RequestState, command: Deny, nowMs: number): Ruling {
  const { actor, reason, comment } = command;
  const end = closed(state, nowMs) ?? withoutNo(state, actor.person, actor.roles);
  if (end !== undefined) return refuse(end);
  if (state.barred.includes(actor.person)) return refuse({ code: "barred" });
  const { person, name, account } = actor;
  const said = comment === undefined ? {} : { comment };
  return happen(
    decided({ verdict: "denied", by: "person", person, name, account, reason, ...said, released: false, atMs: nowMs }),
  );
}
