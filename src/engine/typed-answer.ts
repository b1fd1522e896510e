/** Whether a typed line says the same as a piece of prose: by its numbers and key words, never by less. No grades. */
import { foldText } from "./plain-text.ts";

/** Longer answers are pastes, not answers. */
const MOST_CHARS = 300;
const STOP_WORDS = new Set(
  "the and for with this that these those are was were has have had from into onto over under all any its our their there which when what where will would can could should been being because after before".split(
    " ",
  ),
);
const NEGATIONS =
  /(?:^|[^\p{L}])(?:no|not|never|none|without|isn['’]?t|aren['’]?t|don['’]?t|cannot|can['’]t|nothing)(?![\p{L}])/u;

/** The numbers of a folded text, whole: `2.1.0` is one, and so is the `502` of `502s`. */
export function numbersOf(folded: string): readonly string[] {
  return [...new Set(folded.match(/\d+(?:\.\d+)*/gu) ?? [])];
}

/** The words of a folded text that carry meaning: three letters or more, and no filler. */
export function keyWordsOf(folded: string): readonly string[] {
  return [...new Set(folded.match(/\p{L}{3,}/gu) ?? [])].filter((word) => !STOP_WORDS.has(word));
}

/**
 * True if the typed line says the prose in other words: every number in it is one of the prose's; where the prose has
 * numbers it gives one; it gives at least one key word, and two numbers and key words together (a single one never is
 * enough); it holds nothing that only a wrong option holds; and it negates nothing that the prose does not.
 */
export function saysProse(prose: string, typed: string, wrong: readonly string[]): boolean {
  if (typed.length > MOST_CHARS) return false;
  const value = foldText(prose);
  const line = foldText(typed);
  const numbers = numbersOf(value);
  const words = keyWordsOf(value);
  const typedNumbers = numbersOf(line);
  const typedWords = keyWordsOf(line);
  const known = new Set([...numbers, ...words]);
  if (typedNumbers.some((number) => !known.has(number))) return false;
  if (numbers.length > 0 && typedNumbers.length === 0) return false;
  const sharedWords = typedWords.filter((word) => known.has(word)).length;
  if (sharedWords < 1 || sharedWords + typedNumbers.length < 2) return false;
  const onlyWrong = new Set(wrong.flatMap((option) => keyWordsOf(foldText(option))).filter((word) => !known.has(word)));
  if (typedWords.some((word) => onlyWrong.has(word))) return false;
  return !NEGATIONS.test(line) || NEGATIONS.test(value);
}
