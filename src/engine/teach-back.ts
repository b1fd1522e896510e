/** Explaining it back: which aspects an explanation must name, and whether it does. What a value's name is: naming.ts. */
import type { Grade, KeyTerm, Subject } from "./challenge-model.ts";
import { programOf } from "./command-words.ts";
import type { Json } from "./json.ts";
import { explanationText, namesAny, namesProse } from "./naming.ts";
import { objects } from "./objection.ts";
import { foldText, humanName, isPlain, partsOf, versionSpellings, wordsOf } from "./plain-text.ts";
import { type FlatArgument, flatArguments } from "./subject-values.ts";
import { nameForm, scalarText } from "./template.ts";
import { keyWordsOf, numbersOf } from "./typed-answer.ts";

/** Source: the published product's KeywordValidator asks for as many. */
export const MIN_WORDS = 15;
/** Words that stand on the page count up to this many: at least six have to be the reviewer's own. */
const MOST_PAGE_WORDS = 9;
/** How often the same word counts. */
const MOST_REPEATS = 2;
/** A longer value is prose: nobody types it again. */
const PROSE_CHARS = 60;
const MOST_NAMES = 8;
const NAME_CHARS = 40;
const PAGE_WORDS_KEPT = 500;
const PROSE_WORDS_KEPT = 200;

/** Words that stand for one another in every domain; a profile adds its own. */
export const COMMON_SYNONYMS: readonly (readonly string[])[] = [
  ["ingress", "inbound", "incoming"],
  ["egress", "outbound", "outgoing"],
  ["allow", "open", "permit"],
  ["deny", "block", "refuse"],
  ["production", "prod"],
  ["staging", "stage"],
  ["development", "dev"],
];

/** A word of fewer characters is a letter, not a word. */
const LEAST_CHARS = 2;

/** A teach-back without its kind. */
export interface TeachBack {
  readonly prompt: string;
  readonly terms: readonly KeyTerm[];
  readonly minWords: number;
  readonly pageWords?: readonly string[];
}

/** The terms to name and how to ask for them; undefined if the action, or its command, has nothing that could be named. */
export function buildTeachBack(subject: Subject): TeachBack | undefined {
  const command = subject.command === undefined ? [] : [commandTerm(subject.command)];
  const terms = [...termsOf(subject), ...command].filter((term) => term !== undefined);
  if (terms.length === 0 || command.includes(undefined)) return undefined;
  const prompt = `In your own words: what will happen, where, and to what? Name ${listed(terms)}.`;
  return { prompt, terms, minWords: MIN_WORDS, pageWords: pageWordsOf(subject) };
}

/** Names may come from an agent: many, long or unprintable ones are not repeated. */
function listed(terms: readonly KeyTerm[]): string {
  const names = [...new Set(terms.map((term) => humanName(term.name)))];
  const isFit = names.length <= MOST_NAMES && names.every((name) => name.length <= NAME_CHARS && isPlain(name));
  if (!isFit) return "the value of every argument";
  const all = names.map((name) => `the ${name}`);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1) ?? ""}`;
}

/**
 * The key terms that have a value, else every scalar argument (those inside objects and lists where the argument raised
 * the score most, or where there are no others), else the environment and the action itself.
 */
function termsOf(subject: Subject): readonly KeyTerm[] {
  const args = flatArguments(subject.arguments);
  const listedTerms = subject.keyTerms.flatMap((name) => termsNamed(name, subject, args));
  if (listedTerms.length > 0) return listedTerms;
  const outer = args.filter(({ path, top }) => path === top || top === subject.riskiestArgument);
  const scalars = (outer.length > 0 ? outer : args).flatMap((one) => termOf(one.path, one.value, subject) ?? []);
  if (scalars.length > 0) return scalars;
  const where = termOf("environment", subject.environment, subject);
  const words = partsOf(foldText(humanName(subject.actionName))).filter((word) => word.length > 2);
  const what: KeyTerm = { name: "action", value: subject.actionName, accepted: [subject.actionName, ...words] };
  return [...(where === undefined ? [] : [where]), ...(foldText(subject.actionName) === "" ? [] : [what])];
}

/** The program that runs; undefined where it has no name that could be said. */
function commandTerm(command: string): KeyTerm | undefined {
  const program = programOf(command);
  if (program === undefined || program.length > PROSE_CHARS) return undefined;
  return { name: "command", value: program, accepted: [program] };
}

/** Everything under this name in either spelling; a fact, or the environment, where no argument has it. */
function termsNamed(name: string, subject: Subject, args: readonly FlatArgument[]): readonly KeyTerm[] {
  const form = nameForm(name);
  const found = args.filter(({ path, top }) => nameForm(path) === form || nameForm(top) === form);
  if (found.length > 0) return found.flatMap((one) => termOf(name, one.value, subject) ?? []);
  const fact = Object.entries(subject.facts).find(([key]) => nameForm(key) === form)?.[1];
  const other = fact ?? (form === "environment" ? subject.environment : undefined);
  return [termOf(name, other, subject)].filter((term) => term !== undefined);
}

function termOf(name: string, value: Json | undefined, subject: Subject): KeyTerm | undefined {
  const text = scalarText(value)?.trim();
  if (text === undefined) return undefined;
  const isFreeText = subject.freeText.some((free) => nameForm(free) === nameForm(name));
  if (isFreeText || text.length > PROSE_CHARS) return proseTerm(name, text);
  if (typeof value === "boolean") return { name, value: text, accepted: [humanName(name), name] };
  return { name, value: text, accepted: [...new Set(spellings(name, text, subject))] };
}

/** A long text without a single word cannot be said: it is left to the evidence pages. */
function proseTerm(name: string, text: string): KeyTerm | undefined {
  const folded = foldText(text);
  const words = [...numbersOf(folded), ...keyWordsOf(folded)].filter((word) => word.length <= 40);
  if (text.length <= PROSE_CHARS)
    return { name, value: text, accepted: [text], words: words.slice(0, PROSE_WORDS_KEPT) };
  if (words.length === 0) return undefined;
  const value = `${Array.from(text.slice(0, 2 * PROSE_CHARS))
    .slice(0, PROSE_CHARS - 4)
    .join("")} ...`;
  return { name, value, accepted: [], words: words.slice(0, PROSE_WORDS_KEPT) };
}

function spellings(name: string, text: string, subject: Subject): readonly string[] {
  const folded = foldText(text);
  const group = [...COMMON_SYNONYMS, ...subject.synonyms].filter((words) =>
    words.some((word) => foldText(word) === folded),
  );
  const same = [text, ...group.flat()];
  const inflected = group.length === 0 ? [] : same.filter((word) => /^\p{L}+$/u.test(word)).flatMap(inflections);
  const spaced = /^\p{L}+(?:[-_]\p{L}+)+$/u.test(text) ? [text.replace(/[-_]/gu, " ")] : [];
  const isNumber = /^\d+$/u.test(text);
  const grouped = isNumber && text.length > 3 ? [text.replace(/\B(?=(?:\d{3})+$)/gu, ",")] : [];
  const percent = isNumber && /percent|pct/u.test(nameForm(name)) ? [`${text}%`, `${text} %`, `${text} percent`] : [];
  return [...same, ...inflected, ...spaced, ...versionSpellings(text), ...grouped, ...percent];
}

function inflections(word: string): readonly string[] {
  const stem = word.endsWith("e") ? word.slice(0, -1) : word;
  const doubled = /[^aeiou][aeiou]t$/u.test(word) ? [`${word}${word.at(-1) ?? ""}`] : [];
  return [`${word}s`, ...[stem, ...doubled].flatMap((root) => [`${root}ed`, `${root}ing`])];
}

/** Labels, values and summary as folded words: what somebody could copy without reading. */
function pageWordsOf(subject: Subject): readonly string[] {
  const rows = flatArguments(subject.arguments).map(({ path, value }) => `${path} ${humanName(path)} ${String(value)}`);
  const texts = [
    ...rows,
    subject.summary,
    subject.actionName,
    humanName(subject.actionName),
    subject.environment,
    "environment",
    subject.command ?? "",
  ];
  const words = new Set<string>();
  for (const text of texts) {
    const folded = foldText(text);
    for (const word of [...wordsOf(folded), ...partsOf(folded)]) {
      if (words.size >= PAGE_WORDS_KEPT) return [...words];
      if (word.length <= PROSE_CHARS) words.add(word);
    }
  }
  return [...words];
}

/**
 * Words that count: of two characters or more, each at most twice, and of those that stand on the page at most nine, so that neither a repeated
 * word nor a copy of the page is an explanation.
 */
function countedWords(explanation: string, pageWords: readonly string[]): number {
  const page = new Set(pageWords);
  const seen = new Map<string, number>();
  let own = 0;
  let copied = 0;
  for (const word of wordsOf(explanation)) {
    if (Array.from(word).length < LEAST_CHARS) continue;
    const times = (seen.get(word) ?? 0) + 1;
    seen.set(word, times);
    if (times > MOST_REPEATS) continue;
    if (page.has(word) || page.has(word.replace(/^v(?=\d)|%$/gu, ""))) copied += 1;
    else own += 1;
  }
  return own + Math.min(copied, MOST_PAGE_WORDS);
}

/**
 * Passed if it is long enough, objects to nothing and names every term; the terms matched are given as values, in
 * order. Too few words that count is no attempt; an objection fails with every aspect missing.
 */
export function gradeTeachBack(challenge: TeachBack, text: string): Grade {
  const explanation = explanationText(text);
  if (explanation === "") return { outcome: "incomplete", why: "empty" };
  const words = countedWords(explanation, challenge.pageWords ?? []);
  if (words < challenge.minWords) return { outcome: "incomplete", why: "short", words };
  const { terms } = challenge;
  if (terms.length === 0 || objects(explanation, terms)) {
    return { outcome: "failed", missing: [...new Set(terms.map((term) => term.name))], matched: [] };
  }
  const named = terms.map((term) => isNamed(term, explanation));
  const matched = terms.filter((_, index) => named[index] === true).map((term) => term.value);
  const missing = [...new Set(terms.filter((_, index) => named[index] !== true).map((term) => term.name))];
  return missing.length === 0 ? { outcome: "passed", matched } : { outcome: "failed", missing, matched };
}

function isNamed(term: KeyTerm, explanation: string): boolean {
  if (namesAny(explanation, term.accepted, term.value === "false")) return true;
  return term.words !== undefined && namesProse(explanation, term.words);
}
