/** A quiz about one action: the options in which order, and whether all answers are right. Which questions: quiz-choice.ts. */
import type { ChallengeOptions, Grade, QuizQuestion, Subject } from "./challenge-model.ts";
import { foldText } from "./plain-text.ts";
import { type Candidate, candidatesOf } from "./quiz-candidates.ts";
import { chooseQuestions, LEAST_QUESTIONS, oneEach } from "./quiz-choice.ts";
import { drawsFrom } from "./shuffle.ts";
import { subjectKey } from "./subject-values.ts";
import { saysProse } from "./typed-answer.ts";
import { fixedWrongOptions } from "./wrong-options.ts";

export { LEAST_QUESTIONS } from "./quiz-choice.ts";

/** How many different questions can be asked about this subject; none where a command cannot be asked about. */
export function countQuestions(subject: Subject): number {
  return oneEach(askable(subject)).length;
}

/** None if the agent chose a command that cannot be asked about. */
function askable(subject: Subject): readonly Candidate[] {
  const candidates = candidatesOf(subject);
  const isAsked = subject.command === undefined || candidates.some(({ source }) => source === "command");
  return isAsked ? candidates : [];
}

/** The questions; undefined if fewer than two can be asked. The same subject and options give the same quiz. */
export function buildQuiz(
  subject: Subject,
  options: Omit<ChallengeOptions, "kind">,
): readonly QuizQuestion[] | undefined {
  const candidates = askable(subject);
  if (oneEach(candidates).length < LEAST_QUESTIONS) return undefined;
  const key = subjectKey(subject);
  return chooseQuestions(candidates, subject, options).map((one) => toQuestion(one, key, options));
}

/** The options are the same whatever the seed, which only orders them: see `fixedWrongOptions`. */
function toQuestion(
  candidate: Candidate,
  key: string,
  { seed, used }: Pick<ChallengeOptions, "seed" | "used">,
): QuizQuestion {
  const right = candidate.right.text;
  const wrong = fixedWrongOptions(candidate.right, `${key} ${candidate.id}`, used.includes(candidate.id));
  if (wrong === undefined) throw new Error(`question ${candidate.id} was askable and has no wrong options`);
  const options = drawsFrom(seed, candidate.id, ...used).shuffled([right, ...wrong]);
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
