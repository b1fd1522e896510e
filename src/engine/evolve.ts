/** The fold from a request's events to its state (`evolve`). No rule stands here. */
import type { Challenge } from "./challenge.ts";
import type { PersonId } from "./model.ts";
import type { RequestEvent, RequestFacts, RequestState, Review } from "./request.ts";

const NEWEST_COMMANDS = 64;

/** A commit's clock starts at its first delivery, at the latest this long after it was raised. In milliseconds. */
export const DELIVERY_GRACE_MS = 60_000;

function begin(facts: RequestFacts): RequestState {
  return {
    facts,
    seq: 0,
    status: "pending",
    requirement: facts.requirement,
    assessment: facts.assessment,
    policyDigest: facts.policyDigest,
    revision: 0,
    startedAtMs: undefined,
    deadlineMs: facts.raisedAtMs + DELIVERY_GRACE_MS + facts.requirement.timeoutMs,
    deliveries: [],
    undelivered: false,
    reviews: [],
    votes: [],
    lapsedVotes: [],
    attempts: [],
    barred: facts.barred ?? [],
    passed: [],
    step: 0,
    standIns: [],
    extended: false,
    reminded: 0,
    attended: true,
    comments: [],
    decision: undefined,
    audit: undefined,
    execution: undefined,
    lapsed: false,
    revocation: undefined,
    afterReview: undefined,
    commandIds: [],
  };
}

/** The state after one more event. Total: it refuses nothing but an event before `requested`. */
export function evolve(state: RequestState | undefined, event: RequestEvent): RequestState {
  if (event.type === "requested") return stamped(begin(event.facts), event);
  if (state === undefined) throw new Error(`event ${event.type} before requested`);
  return stamped(applied(state, event), event);
}

/** The state after all events, oldest first; undefined for none. */
export function replay(events: readonly RequestEvent[]): RequestState | undefined {
  return events.reduce<RequestState | undefined>(evolve, undefined);
}

function stamped(state: RequestState, event: RequestEvent): RequestState {
  const known = state.commandIds.at(-1) === event.commandId;
  const commandIds = known ? state.commandIds : [...state.commandIds, event.commandId].slice(-NEWEST_COMMANDS);
  return { ...state, seq: event.seq, commandIds };
}

function withReview(state: RequestState, reviewId: string, change: (review: Review) => Review): RequestState {
  return { ...state, reviews: state.reviews.map((r) => (r.reviewId === reviewId ? change(r) : r)) };
}

function endReviewsOf(state: RequestState, person: PersonId): RequestState {
  return { ...state, reviews: state.reviews.map((r) => (r.person === person ? { ...r, ended: true } : r)) };
}

function applied(state: RequestState, event: Exclude<RequestEvent, { type: "requested" }>): RequestState {
  switch (event.type) {
    case "joined":
      return { ...state, facts: { ...state.facts, excluded: [...state.facts.excluded, event.requester] } };
    case "delivered":
      return {
        ...state,
        deliveries: [...state.deliveries, { surface: event.surface, ref: event.ref }],
        undelivered: false,
      };
    case "started":
      return {
        ...state,
        startedAtMs: event.startedAtMs,
        deadlineMs: event.startedAtMs + state.requirement.timeoutMs,
        undelivered: event.undelivered,
      };
    case "escalated":
      return { ...state, step: event.step, standIns: [...new Set([...state.standIns, ...event.roles])] };
    case "extended":
      return { ...state, deadlineMs: event.untilMs, extended: true };
    case "reminded":
      return { ...state, reminded: event.index + 1 };
    case "tightened":
      return {
        ...state,
        requirement: event.requirement,
        policyDigest: event.policyDigest,
        assessment: event.assessment,
        revision: state.revision + 1,
      };
    case "unattended":
      return { ...state, attended: false };
    case "attended":
      return { ...state, attended: true };
    case "commented": {
      const comment = { person: event.person, name: event.name, text: event.text, atMs: event.atMs };
      return { ...state, comments: [...state.comments, comment] };
    }
    case "decided":
      return { ...state, status: event.decision.verdict, decision: event.decision, deadlineMs: undefined };
    case "audited":
      return { ...state, audit: { entry: event.entry, hash: event.hash } };
    case "lapsed":
    case "used":
    case "resulted":
    case "revoked":
    case "after_reviewed":
      return afterVerdict(state, event);
    case "reviewed":
    case "read":
    case "drafted":
    case "failed":
    case "barred":
    case "passed":
    case "voted":
    case "vote_lapsed":
      return reviewing(state, event);
  }
}

type ReviewEvent = Extract<
  RequestEvent,
  { type: "reviewed" | "read" | "drafted" | "failed" | "barred" | "passed" | "voted" | "vote_lapsed" }
>;

function reviewing(state: RequestState, event: ReviewEvent): RequestState {
  switch (event.type) {
    case "reviewed": {
      const earlier = endReviewsOf(state, event.review.person);
      const passed = state.passed.filter((person) => person !== event.review.person);
      return { ...earlier, reviews: [...earlier.reviews, event.review], passed };
    }
    case "read":
      return withReview(state, event.reviewId, (r) => ({ ...r, pagesRead: [...r.pagesRead, event.page] }));
    case "drafted":
      return withReview(state, event.reviewId, (r) => ({ ...r, draft: event.draft }));
    case "failed": {
      const { next } = event;
      const asked = questionIds(event.attempt.challenge);
      const tried = { ...state, attempts: [...state.attempts, event.attempt] };
      return withReview(tried, event.reviewId, (r) => ({
        ...r,
        usedQuestions: [...new Set([...r.usedQuestions, ...asked])],
        draft: event.attempt.answer,
        ...(next === undefined ? { ended: true } : { challenge: next }),
      }));
    }
    case "barred":
      return { ...endReviewsOf(state, event.person), barred: [...state.barred, event.person] };
    case "passed":
      return { ...endReviewsOf(state, event.person), passed: [...new Set([...state.passed, event.person])] };
    case "voted":
      return {
        ...withReview(endReviewsOf(state, event.vote.person), event.vote.reviewId, (r) => ({ ...r, answered: true })),
        votes: [...state.votes, event.vote],
      };
    case "vote_lapsed": {
      const { person, seat, why, atMs } = event;
      const votes = state.votes.filter((vote) => vote.person !== person);
      return { ...state, votes, lapsedVotes: [...state.lapsedVotes, { person, seat, why, atMs }] };
    }
  }
}

type LateEvent = Extract<RequestEvent, { type: "lapsed" | "used" | "resulted" | "revoked" | "after_reviewed" }>;

function afterVerdict(state: RequestState, event: LateEvent): RequestState {
  switch (event.type) {
    case "lapsed":
      return { ...state, lapsed: true };
    case "used":
      return { ...state, status: "used", execution: { useId: event.useId, usedAtMs: event.atMs } };
    case "resulted": {
      if (state.execution === undefined) return state;
      const { outcome, executedAtMs, detail } = event;
      const more = { ...(executedAtMs !== undefined && { executedAtMs }), ...(detail !== undefined && { detail }) };
      return { ...state, execution: { ...state.execution, outcome, ...more } };
    }
    case "revoked": {
      const { person, name, reason, comment, atMs } = event;
      return {
        ...state,
        status: "revoked",
        revocation: { person, name, reason, ...(comment !== undefined && { comment }), atMs },
      };
    }
    case "after_reviewed":
      return {
        ...state,
        afterReview: { person: event.person, name: event.name, comment: event.comment, atMs: event.atMs },
      };
  }
}

/** Ids of the questions a quiz asks; none for other challenges. */
export function questionIds(challenge: Challenge): readonly string[] {
  return challenge.kind === "quiz" ? challenge.questions.map((q) => q.id) : [];
}

/** The review that this person has open, if any. */
export function openReviewOf(state: RequestState, person: PersonId): Review | undefined {
  return state.reviews.find((review) => review.person === person && !review.ended);
}
