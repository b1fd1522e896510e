/** What the audit log holds about each answer that somebody gave: who, as what, when, what was asked, what was said. Pure. */
import type { Answer, Challenge } from "./challenge.ts";
import { canonicalJson, sha256Hex } from "./digest.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Account } from "./model.ts";
import type { Attempt, RequestState, Vote } from "./request.ts";

/** `full`: answers and explanations as given; `hash`: their SHA-256, so that they can be shown later. */
export type AnswerDetail = "full" | "hash";

/** UTC, as the log writes it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Seconds with milliseconds as their fraction. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

export function accountOf(account: Account): JsonObject {
  return { surface: account.surface, tenant: account.tenant, user: account.user };
}

/** One counted (or taken back) approval. */
export function approver(state: RequestState, vote: Vote, detail: AnswerDetail): JsonObject {
  return {
    person: vote.person,
    name: vote.name,
    account: accountOf(vote.account),
    role: vote.role.role,
    role_source: vote.role.source,
    role_read_at: iso(vote.role.readAtMs),
    review_id: vote.reviewId,
    seat: vote.seat,
    ...answered(vote.challenge, vote.answer, detail),
    matched_terms: detail === "full" ? vote.matched : vote.matched.length,
    failed_attempts: state.attempts.filter((attempt) => attempt.person === vote.person).length,
    shown_at: iso(vote.shownAtMs),
    voted_at: iso(vote.atMs),
    seconds: vote.seconds,
    minimum_seconds: seconds(vote.minimumMs),
    min_review_met: vote.seconds * 1000 >= vote.minimumMs,
    break_glass: vote.breakGlass,
  };
}

/** One answer that did not pass. */
export function failedAttempt(attempt: Attempt, detail: AnswerDetail): JsonObject {
  const missing = attempt.grade.outcome === "failed" ? attempt.grade.missing : [];
  return {
    person: attempt.person,
    seat: attempt.seat,
    at: iso(attempt.atMs),
    ...answered(attempt.challenge, attempt.answer, detail),
    missing,
  };
}

/** What was asked and what was answered, in full or as a hash. */
function answered(challenge: Challenge, answer: Answer, detail: AnswerDetail): JsonObject {
  const given: Json = isJsonObject({ ...answer }) ? { ...answer } : {};
  const asked = questionsOf(challenge);
  if (detail === "hash")
    return { challenge: challenge.kind, answers_sha256: sha256Hex(canonicalJson({ asked, given })) };
  switch (answer.kind) {
    case "quiz":
      return { challenge: challenge.kind, questions: asked, answers: answer.choices };
    case "teach_back":
      return { challenge: challenge.kind, questions: asked, explanation: answer.text };
    case "confirm":
      return { challenge: challenge.kind, questions: asked, answers: [answer.target] };
  }
}

function questionsOf(challenge: Challenge): readonly JsonObject[] {
  switch (challenge.kind) {
    case "quiz":
      return challenge.questions.map((q) => ({
        question: q.text,
        options: q.options,
        right: q.options[q.right] ?? null,
      }));
    case "teach_back":
      return [{ question: challenge.prompt, terms: challenge.terms.map((term) => term.name) }];
    case "confirm":
      return [{ question: challenge.prompt ?? "confirm", options: challenge.options, right: challenge.target }];
  }
}
