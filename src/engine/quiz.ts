/** A quiz about one action: which questions, which options in which order, and whether all answers are right. */
import type { ChallengeOptions, Grade, QuizQuestion, Subject } from "./challenge-model.ts";
import { foldText } from "./plain-text.ts";
import { type Candidate, candidatesOf } from "./quiz-candidates.ts";
import { drawsFrom } from "./shuffle.ts";
import { nameForm } from "./template.ts";
import { saysProse } from "./typed-answer.ts";
import { wrongOptions } from "./wrong-options.ts";

/** With fewer, a guess passes too often: the next harder challenge is asked. */
export const LEAST_QUESTIONS = 2;

/** How many different questions can be asked about this subject. */
export function countQuestions(subject: Subject): number {
  return candidatesOf(subject).length;
}

/** The questions; undefined if fewer than two can be asked. The same subject and options give the same quiz. */
export function buildQuiz(
  subject: Subject,
  options: Omit<ChallengeOptions, "kind">,
): readonly QuizQuestion[] | undefined {
  const candidates = candidatesOf(subject);
  if (candidates.length < LEAST_QUESTIONS) return undefined;
  const chosen = choose(candidates, subject, options);
  return chosen.map((candidate) => toQuestion(candidate, options));
}

/**
 * Questions not asked before come first. One is about what is acted on or where, one about the argument that raised
 * the score most; the rest in order, templates first.
 */
function choose(
  candidates: readonly Candidate[],
  subject: Subject,
  options: Pick<ChallengeOptions, "questions" | "used">,
): readonly Candidate[] {
  const isUsed = (candidate: Candidate) => options.used.includes(candidate.id);
  const pool = [...candidates.filter((one) => !isUsed(one)), ...candidates.filter(isUsed)];
  const riskiest = subject.riskiestArgument === undefined ? undefined : nameForm(subject.riskiestArgument);
  const aboutRiskiest = pool.find((one) => riskiest !== undefined && one.about.includes(riskiest));
  const aboutTarget = [aboutRiskiest, ...pool].find((one) => one?.aboutTarget === true);
  const most = Math.max(LEAST_QUESTIONS, options.questions);
  const picked = new Set([aboutTarget, aboutRiskiest, ...pool].filter((one) => one !== undefined));
  const kept = new Set([...picked].slice(0, most));
  return pool.filter((one) => kept.has(one));
}

function toQuestion(candidate: Candidate, { seed, used }: Pick<ChallengeOptions, "seed" | "used">): QuizQuestion {
  const draws = drawsFrom(seed, candidate.id, ...used);
  const right = candidate.right.text;
  const wrong = wrongOptions(candidate.right, draws);
  if (wrong === undefined) throw new Error(`question ${candidate.id} was askable and has no wrong options`);
  const options = draws.shuffled([right, ...wrong]);
  return {
    id: candidate.id,
    text: candidate.text,
    options,
    right: options.indexOf(right),
    accepted: candidate.accepted,
    ...(candidate.prose && { prose: true }),
  };
}

/** All right or not; which one was wrong is not told. An empty or missing answer is no attempt. */
export function gradeQuiz(questions: readonly QuizQuestion[], choices: readonly string[]): Grade {
  if (choices.length > questions.length) return { outcome: "incomplete", why: "wrong_kind" };
  if (choices.length < questions.length || choices.some((choice) => foldText(choice) === "")) {
    return { outcome: "incomplete", why: "empty" };
  }
  const isPassed =
    questions.length > 0 && questions.every((question, index) => isRight(question, choices[index] ?? ""));
  return isPassed ? { outcome: "passed", matched: [] } : { outcome: "failed", missing: [], matched: [] };
}

function isRight(question: QuizQuestion, choice: string): boolean {
  const folded = foldText(choice);
  const chosen = question.options.findIndex((option) => foldText(option) === folded);
  if (chosen >= 0) return chosen === question.right;
  if (question.accepted.some((text) => foldText(text) === folded)) return true;
  const right = question.options[question.right];
  if (question.prose !== true || right === undefined) return false;
  const wrong = question.options.filter((_, index) => index !== question.right);
  return saysProse(right, choice, wrong);
}
