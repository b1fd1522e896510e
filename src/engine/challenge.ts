/** What a reviewer must do to show understanding: chooses the kind that can be asked, builds it, grades an answer. */
import type { Answer, Challenge, ChallengeOptions, Grade, Subject } from "./challenge-model.ts";
import { buildConfirm, gradeConfirm } from "./confirm.ts";
import { CHALLENGES, type ChallengeKind } from "./model.ts";
import { buildQuiz, countQuestions, gradeQuiz, LEAST_QUESTIONS } from "./quiz.ts";
import { buildTeachBack, gradeTeachBack } from "./teach-back.ts";

export type {
  Answer,
  Challenge,
  ChallengeOptions,
  Grade,
  KeyTerm,
  QuizQuestion,
  Subject,
} from "./challenge-model.ts";

/** The next harder challenge; undefined after the hardest. */
export function harder(kind: ChallengeKind): ChallengeKind | undefined {
  return CHALLENGES[CHALLENGES.indexOf(kind) + 1];
}

/**
 * The challenge of this kind; undefined when there is nothing to ask (for a quiz: fewer than two questions), and never
 * because of the seed or of what was asked before. The same subject and options give the same challenge.
 */
export function buildChallenge(subject: Subject, options: ChallengeOptions): Challenge | undefined {
  switch (options.kind) {
    case "confirm": {
      const confirm = buildConfirm(subject, options.seed);
      return confirm === undefined ? undefined : { kind: "confirm", ...confirm };
    }
    case "quiz": {
      const questions = buildQuiz(subject, options);
      return questions === undefined ? undefined : { kind: "quiz", questions };
    }
    case "teach_back": {
      const teachBack = buildTeachBack(subject);
      return teachBack === undefined ? undefined : { kind: "teach_back", ...teachBack };
    }
  }
}

/**
 * This kind, or the next harder one that can be asked about the subject; undefined when none can: nobody can then show
 * that they understood, so the request must not be open to approval. `questions`: how many a quiz would ask.
 */
export function workableKind(subject: Subject, kind: ChallengeKind, questions: number): ChallengeKind | undefined {
  let wanted: ChallengeKind | undefined = kind;
  while (wanted !== undefined && !isWorkable(subject, wanted, questions)) wanted = harder(wanted);
  return wanted;
}

function isWorkable(subject: Subject, kind: ChallengeKind, questions: number): boolean {
  if (kind === "quiz") return countQuestions(subject) >= LEAST_QUESTIONS;
  return buildChallenge(subject, { kind, questions, seed: "", used: [] }) !== undefined;
}

/** What an answer is worth. An answer of another kind than the challenge is no attempt. */
export function gradeAnswer(challenge: Challenge, answer: Answer): Grade {
  if (challenge.kind === "confirm" && answer.kind === "confirm") return gradeConfirm(challenge, answer.target);
  if (challenge.kind === "quiz" && answer.kind === "quiz") return gradeQuiz(challenge.questions, answer.choices);
  if (challenge.kind === "teach_back" && answer.kind === "teach_back") return gradeTeachBack(challenge, answer.text);
  return { outcome: "incomplete", why: "wrong_kind" };
}
