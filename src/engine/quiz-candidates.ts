/** Every question that can be asked about a subject, templates first. Which of them are asked: quiz-choice.ts. */
import { createHash } from "node:crypto";
import type { Subject } from "./challenge-model.ts";
import { commandHead, otherCommands } from "./command-words.ts";
import type { Json, JsonObject } from "./json.ts";
import { foldText, humanName, isPlain, versionSpellings } from "./plain-text.ts";
import type { QuestionTemplate } from "./profile.ts";
import { drawsFrom } from "./shuffle.ts";
import { type FlatArgument, flatArguments, isTargetName, subjectKey } from "./subject-values.ts";
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
  readonly source: "template" | "argument" | "environment" | "command";
}

/** An option longer than this does not fit a choice on a phone; Slack takes 75. Source: docs.slack.dev/reference/block-kit/composition-objects/option-object. */
const OPTION_CHARS = 60;
const NAME_CHARS = 60;
/** Words of a long value that are tried for a question about a part of it, and how many of them may be asked about. */
const PARTS_TRIED = 40;
const PARTS_KEPT = 8;

/**
 * All askable questions, in order, no two with the same id. Those about different words of one long value share a text:
 * only one of them is asked at a time.
 */
export function candidatesOf(subject: Subject): readonly Candidate[] {
  const prepared = subject.questions.flatMap((template) => fromTemplate(template, subject) ?? []);
  const covered = new Set(prepared.filter(isAskable).flatMap((candidate) => candidate.answers));
  const args = flatArguments(subject.arguments).filter((argument) => !covered.has(nameForm(argument.path)));
  const labels = labelsOf(args);
  const made = args.flatMap((argument) => fromArgument(argument, subject, labels));
  const all = [...fromCommand(subject), ...prepared, ...made, ...fromEnvironment(subject, covered)].filter(isAskable);
  const ids = new Set<string>();
  return all.filter(({ id }) => !ids.has(id) && ids.add(id).has(id));
}

interface Draft {
  readonly source: Candidate["source"];
  readonly text: string;
  /** What the id is made from, if not the text alone. */
  readonly key?: string;
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
    id: `q_${createHash("sha256")
      .update(draft.key ?? draft.text)
      .digest("hex")
      .slice(0, 12)}`,
    text: draft.text,
    source: draft.source,
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
    source: "template",
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
): readonly Candidate[] {
  const { path, top, value } = argument;
  const answer = scalarText(value);
  if (answer === undefined || typeof value === "boolean" || path.length > NAME_CHARS || !isPlain(path)) return [];
  const label = labels.get(path) ?? path;
  const about = [...new Set([nameForm(top), nameForm(path.slice(path.lastIndexOf(".") + 1))])];
  const shared = { source: "argument", argument: path, accepted: [], given: [], about } as const;
  if (answer.length > OPTION_CHARS) return fromParts(answer, label, { shared, subject });
  const made = candidate({
    ...shared,
    ...(nameForm(path) === "environment" && { source: "environment" }),
    text: nameForm(path) === "environment" ? environmentQuestion(answer, subject) : `What is the ${label}?`,
    answer,
    isNumber: typeof value === "number",
    prose: subject.freeText.some((name) => nameForm(name) === nameForm(top)),
  });
  return [made];
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

interface Part {
  readonly shared: Pick<Draft, "source" | "argument" | "accepted" | "given" | "about">;
  readonly subject: Subject;
}

/**
 * A value too long for an option is asked about by one of its words; the wrong words stand nowhere in it. Which words
 * may be asked about follows from the subject, not from where they stand.
 */
function fromParts(value: string, label: string, { shared, subject }: Part): readonly Candidate[] {
  const whole = foldText(value);
  const words = [...new Set(value.match(/[\p{L}\p{N}][\p{L}\p{N}_.:/-]{2,38}[\p{L}\p{N}]/gu) ?? [])];
  const draws = drawsFrom(subjectKey(subject), "parts", label);
  const text = `Which of these stands in the ${label}?`;
  const kept: Candidate[] = [];
  for (let tried = 0; tried < PARTS_TRIED && words.length > 0 && kept.length < PARTS_KEPT; tried += 1) {
    const at = draws.below(words.length);
    const answer = words[at] ?? "";
    words[at] = words.at(-1) ?? "";
    words.pop();
    const part = candidate({
      ...shared,
      argument: undefined,
      text,
      key: `${text} ${answer}`,
      answer,
      isNumber: false,
      prose: false,
      alsoRight: (folded) => whole.includes(folded),
    });
    if (isAskable(part)) kept.push(part);
  }
  return kept;
}

/** What runs, where the agent chose it. */
function fromCommand({ command }: Subject): readonly Candidate[] {
  const head = command === undefined ? undefined : commandHead(command);
  if (head === undefined) return [];
  const made = candidate({
    source: "command",
    text: "How does the command begin that is run?",
    answer: head.text,
    argument: undefined,
    isNumber: false,
    accepted: head.accepted,
    given: otherCommands(head.text),
    about: ["command"],
    prose: false,
  });
  return [made];
}

function fromEnvironment(subject: Subject, covered: ReadonlySet<string>): readonly Candidate[] {
  const isNamed = Object.keys(subject.arguments).some((name) => nameForm(name) === "environment");
  if (isNamed || covered.has("environment")) return [];
  return [
    candidate({
      source: "environment",
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
