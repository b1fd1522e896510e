/** The dialogs of one person: evidence and question, denial, inbox entries. No right answer is ever in one. */
import type { Answer, Challenge } from "../engine/challenge.ts";
import { REASONS } from "../engine/model.ts";
import type { Seat } from "../engine/policy.ts";
import type { RequestState, Review } from "../engine/request.ts";
import { headlineOf, type View } from "./card.ts";
import type { CardRow, DenyForm, Line, Question, ReviewForm } from "./surface.ts";
import { durationWords, FORM, LEVEL_WORDS, oneLine, REASON_WORDS, roleTitles } from "./text.ts";

/** What differs from one showing of the same review to the next. */
export interface Showing {
  /** What is wrong with the last answer. */
  readonly error?: Line;
  /** Texts that were sent just now and not accepted. */
  readonly draft?: readonly string[];
}

/** The dialog for a review that is committed: its clock runs and its questions stand. */
export function reviewForm(state: RequestState, review: Review, view: View, showing: Showing = {}): ReviewForm {
  const seat = state.requirement.seats[review.seat];
  const question = questionOf(review.challenge);
  const made = state.attempts.filter((attempt) => attempt.person === review.person).length;
  return {
    ...evidenceForm(state, seat, view),
    reviewId: review.reviewId,
    pagesRead: review.pagesRead,
    opensAtMs: review.shownAtMs + (seat?.minimumMs ?? 0),
    question,
    draft: fittingDraft(question, showing.draft ?? keptDraft(state, review)),
    attempt: Math.min(made + 1, state.requirement.maxAttempts),
    error: showing.error,
  };
}

/** The dialog before the platform has shown it: evidence, and when answers could open. Its question comes after `shown`. */
export function planForm(state: RequestState, seat: Seat, reviewId: string, view: View): ReviewForm {
  return {
    ...evidenceForm(state, seat, view),
    reviewId,
    pagesRead: [],
    opensAtMs: view.nowMs + seat.minimumMs,
    question: { kind: "later", challenge: seat.challenge },
    draft: [],
    attempt: 1,
    error: undefined,
  };
}

type Evidence = Omit<ReviewForm, "reviewId" | "pagesRead" | "opensAtMs" | "question" | "draft" | "attempt" | "error">;

function evidenceForm(state: RequestState, seat: Seat | undefined, view: View): Evidence {
  const titles = seat === undefined ? "" : roleTitles(seat.roles, view.roleTitle).replaceAll(", ", " or ");
  return {
    requestId: state.facts.id,
    digest: state.facts.digest,
    headline: headlineOf(state),
    role: seat === undefined ? [] : [FORM.role(titles, seat.challenge)],
    about: aboutRows(state, view),
    pages: state.facts.pages,
    nowMs: view.nowMs,
    deadlineMs: state.deadlineMs ?? view.nowMs,
    attempts: state.requirement.maxAttempts,
  };
}

/** What the service worked out about the request, as the table above the evidence. */
function aboutRows(state: RequestState, view: View): readonly CardRow[] {
  const { facts, assessment, requirement } = state;
  const row = (label: string, text: Line): CardRow => ({ label, text });
  const frameworks = assessment.complianceRefs.length === 0 ? "" : ` (${assessment.complianceRefs.join(", ")})`;
  const told = [...new Set([...requirement.seats.flatMap((seat) => seat.roles), ...requirement.notify])];
  const asker: Line =
    facts.requester === undefined || facts.requester === facts.owner
      ? [oneLine(facts.agentId)]
      : [oneLine(facts.agentId), ` for ${oneLine(view.nameOf(facts.requester))} (claimed)`];
  const session: Line =
    facts.sessionId === undefined ? [] : [`, ${FORM.about.session} `, { agentSaid: oneLine(facts.sessionId) }];
  return [
    row(FORM.about.level, [LEVEL_WORDS[assessment.level]]),
    row(FORM.about.action, [{ agentSaid: oneLine(facts.action.name) }]),
    row(FORM.about.score, [assessment.score.toFixed(2)]),
    row(FORM.about.domain, [oneLine(`${facts.domain}${frameworks}`)]),
    row(FORM.about.environment, [oneLine(facts.environment)]),
    ...(requirement.title === "" ? [] : [row(FORM.about.escalation, [oneLine(requirement.title)])]),
    row(FORM.about.notified, [told.join(", ")]),
    row(FORM.about.challenge, [challengeWords(state)]),
    row(FORM.about.asked, [...asker, ...session]),
  ];
}

function challengeWords({ requirement }: RequestState): string {
  const [first, ...others] = requirement.seats;
  if (first === undefined || others.length > 0) return FORM.multiParty(requirement.seats.length);
  return FORM.single(first.challenge, durationWords(first.minimumMs));
}

/** The question without what is right about it. */
export function questionOf(challenge: Challenge): Question {
  switch (challenge.kind) {
    case "confirm":
      return { kind: "confirm", prompt: challenge.prompt ?? FORM.confirmPrompt, options: challenge.options };
    case "quiz": {
      const questions = challenge.questions.map(({ text, options }) => ({ text, options }));
      return { kind: "quiz", questions };
    }
    case "teach_back":
      return { kind: "teach_back", prompt: challenge.prompt, minWords: challenge.minWords };
  }
}

/** Texts from a dialog as an answer to this challenge; undefined when their number does not fit. */
export function answerOf(challenge: Challenge, texts: readonly string[]): Answer | undefined {
  const [first, ...others] = texts;
  switch (challenge.kind) {
    case "confirm":
      return first === undefined || others.length > 0 ? undefined : { kind: "confirm", target: first };
    case "quiz":
      return texts.length === challenge.questions.length ? { kind: "quiz", choices: texts } : undefined;
    case "teach_back":
      return first === undefined || others.length > 0 ? undefined : { kind: "teach_back", text: first };
  }
}

/** What was sent and not accepted; the answers of a failed quiz are not, since its questions are new. */
function keptDraft({ attempts }: RequestState, { challenge, draft, person }: Review): readonly string[] {
  const texts = textsOf(draft);
  const isFailed = attempts.some((a) => a.person === person && textsOf(a.answer).join("\n") === texts.join("\n"));
  return challenge.kind === "quiz" && isFailed ? [] : texts;
}

function textsOf(answer: Answer | undefined): readonly string[] {
  switch (answer?.kind) {
    case "confirm":
      return [answer.target];
    case "quiz":
      return answer.choices;
    case "teach_back":
      return [answer.text];
    case undefined:
      return [];
  }
}

/** A choice that is not among the options any more is forgotten; a typed text is kept. */
function fittingDraft(question: Question, draft: readonly string[]): readonly string[] {
  if (question.kind !== "quiz") return draft;
  const fitting = question.questions.map(({ options }, index) => {
    const chosen = draft[index] ?? "";
    return options.includes(chosen) ? chosen : "";
  });
  return fitting.every((chosen) => chosen === "") ? [] : fitting;
}

/** The dialog for a denial, or for a stop after the approval. */
export function denyForm(state: RequestState, stop: boolean): DenyForm {
  return {
    requestId: state.facts.id,
    headline: headlineOf(state),
    reasons: REASONS.map((code) => ({ code, label: REASON_WORDS[code] })),
    stop,
  };
}
