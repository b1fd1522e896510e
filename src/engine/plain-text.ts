/** What a person typed or read, in one comparable form, and its words. It compares nothing and grades nothing. */

const INVISIBLE = /[\p{Cf}\p{Variation_Selector}]/gu;
const DASHES = /[\u2010-\u2015\u2212]/gu;
const SPACES = /[\s\p{Cc}]+/gu;
const WORD_EDGE = /[^\p{L}\p{N}\p{M}%]+/gu;
/** Scripts written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
const SAYING = /[\p{L}\p{N}]/u;

/** Text as it is compared: NFKC, without invisible characters, every dash `-`, single spaces, trimmed, case kept. */
export function tidyText(text: string): string {
  return text.normalize("NFKC").replace(INVISIBLE, "").replace(DASHES, "-").replace(SPACES, " ").trim();
}

/** `tidyText` in lower case: two texts with the same result are the same answer. */
export function foldText(text: string): string {
  return tidyText(text).toLowerCase();
}

/** True if a text can stand on a card and be typed again: nothing invisible, no line breaks, no control characters. */
export function isPlain(text: string): boolean {
  return !/[\p{C}\p{Variation_Selector}\p{Zl}\p{Zp}]/u.test(text);
}

/**
 * The words of a folded text, without the punctuation around them: `v2.1.0,` gives `v2.1.0`. Scripts without spaces
 * give a word for every two of their characters.
 */
export function wordsOf(folded: string): readonly string[] {
  const spaced = folded.split(" ").flatMap((chunk) => {
    if (!SAYING.test(chunk)) return [];
    const unspaced = chunk.match(UNSPACED)?.join("") ?? "";
    const rest = chunk.replace(UNSPACED, "");
    const pairs = unspaced.match(/.{1,2}/gu) ?? [];
    return SAYING.test(rest) ? [...pairs, bare(rest)] : pairs;
  });
  return spaced;
}

/** A chunk without punctuation at its ends; punctuation inside (`api-gateway`, `10.0.0.0/8`) stays. */
function bare(chunk: string): string {
  let from = 0;
  let to = chunk.length;
  while (from < to && !/[\p{L}\p{N}\p{M}]/u.test(chunk.charAt(from)) && !isSurrogate(chunk, from)) from += 1;
  while (to > from && !/[\p{L}\p{N}\p{M}%]/u.test(chunk.charAt(to - 1)) && !isSurrogate(chunk, to - 1)) to -= 1;
  return chunk.slice(from, to);
}

function isSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The parts of a folded text between all punctuation: `api-gateway` gives `api` and `gateway`. */
export function partsOf(folded: string): readonly string[] {
  return folded.split(WORD_EDGE).filter((part) => part !== "");
}

/** An argument's name as words: `change_ticket` and `changeTicket` give `change ticket`. */
export function humanName(name: string): string {
  const spaced = name.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2").replace(/[_\-.\s]+/gu, " ");
  return spaced.trim().toLowerCase();
}

/** The other way to write a version: `v2.1.0` for `2.1.0`, and back; empty for anything that is no version. */
export function versionSpellings(text: string): readonly string[] {
  if (!/^v?\d{1,9}(?:\.\d{1,9}){1,2}(?:[-+][0-9A-Za-z.-]+)?$/iu.test(text)) return [];
  return [/^v/iu.test(text) ? text.slice(1) : `v${text}`];
}
