/** Every question that can be asked about a subject, templates first. Which of them are asked: quiz.ts. */
import { createHash } from "node:crypto";
import type { Subject } from "./challenge-model.ts";
import type { Json, JsonObject } from "./json.ts";
import { foldText, humanName, isPlain, versionSpellings } from "./plain-text.ts";
import type { QuestionTemplate } from "./profile.ts";
import { type FlatArgument, flatArguments, isTargetName } from "./subject-values.ts";
import { fillTemplate, nameForm, placeholdersOf, scalarText, valueNamed, valuesOf } from "./template.ts";
import { canVary, type RightOption } from "./wrong-options.ts";

/** A question with its right answer, before options are drawn. */
export interface Candidate {
  readonly id: string;
  readonly text: string;
  readonly right: RightOption;
  readonly accepted: readonly string[];
  readonly prose: boolean;
  /** Forms of the argument and fact names that the question is about. */
  readonly about: readonly string[];
  /** About what is acted on, or where. */
  readonly aboutTarget: boolean;
}

/** An option longer than this does not fit a choice on a phone; Slack takes 75. Source: docs.slack.dev/reference/block-kit/composition-objects/option-object. */
const OPTION_CHARS = 60;
const NAME_CHARS = 60;
/** Words of a long value that are tried for a question about a part of it. */
const PARTS_TRIED = 40;

/** All askable questions, in order, no two with the same text. */
export function candidatesOf(subject: Subject): readonly Candidate[] {
  const prepared = subject.questions.flatMap((template) => fromTemplate(template, subject) ?? []);
  const covered = new Set(prepared.filter(isAskable).flatMap((candidate) => candidate.answers));
  const args = flatArguments(subject.arguments).filter((argument) => !covered.has(nameForm(argument.path)));
  const labels = labelsOf(args);
  const made = args.flatMap((argument) => fromArgument(argument, subject, labels) ?? []);
  const all = [...prepared, ...made, ...fromEnvironment(subject, covered)].filter(isAskable);
  return all.filter((one, index) => all.findIndex((other) => other.id === one.id) === index);
}

interface Draft {
  readonly text: string;
  readonly answer: string;
  readonly argument: string | undefined;
  readonly isNumber: boolean;
  readonly accepted: readonly string[];
  readonly given: readonly string[];
  readonly about: readonly string[];
  readonly prose: boolean;
  readonly alsoRight?: (folded: string) => boolean;
}

function candidate(draft: Draft): Candidate {
  const answer = draft.answer.trim();
  const accepted = [...draft.accepted, ...versionSpellings(answer)].filter((text) => foldText(text).length > 1);
  const taken = new Set(accepted.map(foldText));
  const alsoRight = (folded: string) => taken.has(folded) || draft.alsoRight?.(folded) === true;
  return {
    id: `q_${createHash("sha256").update(draft.text).digest("hex").slice(0, 12)}`,
    text: draft.text,
    right: { text: answer, argument: draft.argument, isNumber: draft.isNumber, given: draft.given, alsoRight },
    accepted,
    prose: draft.prose,
    about: draft.about,
    aboutTarget: draft.about.some(isTargetName),
  };
}

function isAskable({ text, right }: Candidate): boolean {
  const answer = right.text;
  if (answer.length > OPTION_CHARS || !isPlain(answer) || !isPlain(text)) return false;
  if (answer.length < 2 && !/\d/u.test(answer)) return false;
  return foldText(answer) !== "" && canVary(right);
}

/** The values that templates are filled from: booleans as a reader says them. */
function spokenValues(subject: Subject): JsonObject {
  const values = valuesOf(subject.arguments, subject.facts);
  const where = Object.hasOwn(values, "environment") ? {} : { environment: subject.environment };
  const spoken = Object.entries(values).map(([name, value]): [string, Json] => [name, spokenValue(name, value)]);
  return { ...where, ...Object.fromEntries(spoken) };
}

function spokenValue(name: string, value: Json): Json {
  if (typeof value !== "boolean") return value;
  if (value) return "Yes";
  return name === "reversible" ? "No (DDL)" : "No";
}

function fromTemplate(
  template: QuestionTemplate,
  subject: Subject,
): (Candidate & { readonly answers: readonly string[] }) | undefined {
  if (template.pattern !== undefined && !subject.patterns.includes(template.pattern)) return undefined;
  const values = spokenValues(subject);
  const text = fillTemplate(template.question, values);
  const answer = fillTemplate(template.answer, values);
  if (text === undefined || answer === undefined) return undefined;
  const fillAll = (texts: readonly string[]) => texts.flatMap((one) => fillTemplate(one, values) ?? []);
  const answers = placeholdersOf(template.answer);
  const argument = /^\{[^{}]+\}$/u.test(template.answer.trim()) ? answers[0] : undefined;
  const made = candidate({
    text,
    answer,
    argument,
    isNumber: argument !== undefined && typeof valueNamed(values, argument) === "number",
    accepted: [...fillAll(template.answers), ...(answer === "No (DDL)" ? ["No"] : [])],
    given: fillAll(template.distractors),
    about: [...placeholdersOf(template.question), ...answers, ...(template.about ?? []).map(nameForm)],
    prose: argument !== undefined && subject.freeText.some((name) => nameForm(name) === argument),
  });
  return { ...made, answers };
}

function fromArgument(
  argument: FlatArgument,
  subject: Subject,
  labels: ReadonlyMap<string, string>,
): Candidate | undefined {
  const { path, top, value } = argument;
  const answer = scalarText(value);
  if (answer === undefined || typeof value === "boolean" || path.length > NAME_CHARS || !isPlain(path))
    return undefined;
  const label = labels.get(path) ?? path;
  const shared = { argument: path, accepted: [], given: [], about: [nameForm(top)] };
  if (answer.length > OPTION_CHARS) return fromPart(answer, label, shared);
  return candidate({
    ...shared,
    text: nameForm(path) === "environment" ? environmentQuestion(answer, subject) : `What is the ${label}?`,
    answer,
    isNumber: typeof value === "number",
    prose: subject.freeText.some((name) => nameForm(name) === nameForm(top)),
  });
}

/** By path: the name in words, or as it is written, in quotes, where two names have the same words. */
function labelsOf(args: readonly FlatArgument[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const { path } of args) counts.set(humanName(path), (counts.get(humanName(path)) ?? 0) + 1);
  return new Map(
    args.map(({ path }) => {
      const words = humanName(path);
      return [path, counts.get(words) === 1 && words !== "" ? words : `value of "${path}"`];
    }),
  );
}

function environmentQuestion(answer: string, subject: Subject): string {
  const isSame = foldText(answer) === foldText(subject.environment);
  return isSame ? "In which environment does this happen?" : "Which environment do the arguments name?";
}

/** A value too long for an option is asked about by one of its words; the wrong words stand nowhere in it. */
function fromPart(
  value: string,
  label: string,
  shared: Pick<Draft, "argument" | "accepted" | "given" | "about">,
): Candidate | undefined {
  const whole = foldText(value);
  const words = [...new Set(value.match(/[\p{L}\p{N}][\p{L}\p{N}_.:/-]{2,38}[\p{L}\p{N}]/gu) ?? [])];
  const parts = words.slice(0, PARTS_TRIED).map((answer) =>
    candidate({
      ...shared,
      argument: undefined,
      text: `Which of these stands in the ${label}?`,
      answer,
      isNumber: false,
      prose: false,
      alsoRight: (folded) => whole.includes(folded),
    }),
  );
  return parts.find(isAskable);
}

function fromEnvironment(subject: Subject, covered: ReadonlySet<string>): readonly Candidate[] {
  const isNamed = Object.keys(subject.arguments).some((name) => nameForm(name) === "environment");
  if (isNamed || covered.has("environment")) return [];
  return [
    candidate({
      text: "In which environment does this happen?",
      answer: subject.environment,
      argument: "environment",
      isNumber: false,
      accepted: [],
      given: [],
      about: ["environment"],
      prose: false,
    }),
  ];
}
