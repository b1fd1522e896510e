/** Whether an explanation names a value: as a whole word, and not as something denied. It knows no challenges. */
import { foldText } from "./plain-text.ts";
import { keyWordsOf, numbersOf } from "./typed-answer.ts";

const LETTER = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{M}_]/u;
const DIGIT = /\p{N}/u;
/** How far back a "not" is looked for. */
const NEGATION_REACH = 40;
const NEGATION =
  /(?:^|\s)(?:not|no|never|without|cannot|non|isn't|aren't|don't|doesn't|didn't|won't|can't|wouldn't|shouldn't|mustn't)(?:\s+[^\s.!?;:,]+)?\s*$/u;

/** An explanation, folded once. */
export function explanationText(text: string): string {
  return foldText(text).replaceAll("’", "'");
}

/** True if one of the texts stands in the explanation as a whole word that is not denied ("not allow", "never on production"). */
export function namesAny(explanation: string, accepted: readonly string[], mayBeDenied = false): boolean {
  return accepted.some((text) => {
    const wanted = foldText(text);
    if (wanted === "") return false;
    for (let at = explanation.indexOf(wanted); at >= 0; at = explanation.indexOf(wanted, at + wanted.length)) {
      const end = at + wanted.length;
      if (startsWord(explanation, at) && endsWord(explanation, end) && (mayBeDenied || !isDenied(explanation, at))) {
        return true;
      }
    }
    return false;
  });
}

/** True if the explanation holds two of the words and numbers, or the only one. */
export function namesProse(explanation: string, words: readonly string[]): boolean {
  const said = new Set([...numbersOf(explanation), ...keyWordsOf(explanation)]);
  const shared = words.filter((word) => said.has(word)).length;
  return words.length > 0 && shared >= Math.min(2, words.length);
}

/** `10` does not start in `110`, `2.10`, `non-10`, `-10` or `1,10`; it does in `port:10`, `tcp/10` and `(10`. */
function startsWord(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 2), at);
  const last = before.at(-1) ?? "";
  if (last === "") return true;
  if (LETTER.test(last)) return isScriptless(text.charAt(at));
  const beyond = before.slice(0, -1);
  const first = text.charAt(at);
  if (last === "-" && DIGIT.test(first)) return false;
  if (!LETTER.test(beyond)) return true;
  if (last === "/") return DIGIT.test(first) !== DIGIT.test(beyond);
  if (last === "@") return DIGIT.test(first) || /^v\d/u.test(text.slice(at, at + 2));
  if (last === ",") return !(DIGIT.test(first) && DIGIT.test(beyond));
  return last !== "." && last !== "-";
}

/** `10` does not end in `100`, `10.0`, `10-a` or `10/8`; it does in `10%`, `10.`, `10/tcp` and `10:`. */
function endsWord(text: string, end: number): boolean {
  const next = text.charAt(end);
  if (next === "") return true;
  if (LETTER.test(next)) return isScriptless(text.charAt(end - 1));
  const beyond = text.slice(end + 1, end + 3);
  if (!LETTER.test(beyond.charAt(0))) return true;
  const last = text.charAt(end - 1);
  if (next === "/") return DIGIT.test(last) !== DIGIT.test(beyond.charAt(0));
  if (next === "@") return /^v?\d/u.test(beyond);
  if (next === ",") return !(DIGIT.test(last) && DIGIT.test(beyond.charAt(0)));
  return next !== "." && next !== "-";
}

/** Characters of scripts without spaces, and punctuation, need no edge beside them. */
function isScriptless(character: string): boolean {
  return !LETTER.test(character);
}

function isDenied(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - NEGATION_REACH), at);
  return NEGATION.test(before.replace(/["'([]+$/u, ""));
}
