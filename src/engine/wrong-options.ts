/** Three wrong options for one right text: as plausible as the right one, and none that its form gives away. */

import { numberLines } from "./number-lines.ts";
import { foldText, humanName } from "./plain-text.ts";
import { type Draws, drawsFrom } from "./shuffle.ts";
import { type Spot, spotsOf } from "./spots.ts";
import { namesLike, siblingsOf, valuesLike } from "./word-groups.ts";

/** What wrong options are made from. */
export interface RightOption {
  readonly text: string;
  /** The argument's name, if the text is an argument's value: it says of which kind the value is. */
  readonly argument: string | undefined;
  /** The value was a JSON number. */
  readonly isNumber: boolean;
  /** Wrong options that a template brings; they come before made ones. */
  readonly given: readonly string[];
  /** True for a folded text that would be right as well, or is taken. */
  readonly alsoRight: (folded: string) => boolean;
  /** Fall back on names of no particular kind: for a confirm, where nothing is kept secret. */
  readonly anyName?: boolean;
}

const PERCENT_WORDS = new Set(["percent", "percentage", "pct"]);

/** True if `wrongOptions` finds three, whatever it draws. */
export function canVary(right: RightOption): boolean {
  return givenOf(right).length >= 3 || rowsOf(right).length > 0;
}

/**
 * Three wrong options; undefined if there are not as many plausible ones. They are chosen so that the right one is not
 * the one that has most in common with the rest: either one place varies, or two places vary in all four combinations.
 */
export function wrongOptions(right: RightOption, draws: Draws): readonly string[] | undefined {
  return drawnFrom(right, partsOf(right), draws);
}

/** What draws start from: the same for every draw. */
interface Parts {
  readonly given: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function partsOf(right: RightOption): Parts {
  const given = givenOf(right);
  return { given, rows: given.length >= 3 ? [] : rowsOf(right) };
}

function drawnFrom(right: RightOption, parts: Parts, draws: Draws): readonly string[] | undefined {
  const given = draws.shuffled(parts.given);
  if (given.length >= 3) return given.slice(0, 3);
  const { rows } = parts;
  const row = rows.length === 0 ? undefined : rows[draws.below(rows.length)];
  if (row === undefined) return undefined;
  if (given.length > 0) return distinct([...given, ...draws.shuffled(row)], right).slice(0, 3);
  const grid = draws.below(2) === 0 ? gridOf(right, draws) : undefined;
  return grid ?? draws.shuffled(row).slice(0, 3);
}

/** Draws for a second set that are tried: some are the first set again. */
const SETS_TRIED = 12;

/**
 * The wrong options under a key, always the same ones, so that asking again and again does not show which option
 * stays. `again` gives a second fixed set, which shares some wrong options with the first one where it can: of the
 * texts in both, the right one is not the only one.
 */
export function fixedWrongOptions(right: RightOption, key: string, again: boolean): readonly string[] | undefined {
  const parts = partsOf(right);
  const first = drawnFrom(right, parts, drawsFrom(key, "0"));
  if (first === undefined || !again) return first;
  let best = first;
  let most = 0;
  for (let set = 1; set <= SETS_TRIED; set += 1) {
    const other = drawnFrom(right, parts, drawsFrom(key, String(set))) ?? first;
    const shared = other.filter((text) => first.includes(text)).length;
    if (shared > most && shared < first.length) {
      best = other;
      most = shared;
    }
  }
  return best;
}

function givenOf(right: RightOption): readonly string[] {
  return distinct(right.given, right);
}

/** Rows of at least three distinct wrong texts each. */
function rowsOf(right: RightOption): readonly (readonly string[])[] {
  const rows = rawRows(right).map((row) => distinct(row, right));
  return rows.filter((row) => row.length >= 3);
}

function rawRows(right: RightOption): readonly (readonly string[])[] {
  const { text } = right;
  const kind =
    humanName(right.argument ?? "")
      .split(" ")
      .at(-1) ?? "";
  const whole = [siblingsOf(text), valuesLike(text, kind)].filter((row) => row.length > 0);
  if (whole.length > 0 && (siblingsOf(text).length > 0 || kind === "port")) return whole.slice(0, 1);
  if (right.isNumber) return numberRows(text, PERCENT_WORDS.has(kind) ? 100 : 1e15);
  const made = spotsOf(text).flatMap((spot) => spot.rows.map((row) => row.map((other) => replaced(text, spot, other))));
  const rows = [...whole, ...made];
  return rows.length === 0 && right.anyName === true ? [namesLike(text)] : rows;
}

function numberRows(text: string, most: number): readonly (readonly string[])[] {
  const parts = /^(-?)(\d+)(?:\.(\d{1,6}))?$/u.exec(text);
  if (parts === null) return [];
  const [, sign = "", whole = "", fraction = ""] = parts;
  const scale = 10 ** fraction.length;
  const value = Number(whole + fraction);
  if (!Number.isSafeInteger(value)) return [];
  const rows = numberLines(value, { min: sign === "" ? 0 : 1, max: Math.max(value, most * scale) });
  return rows.map((row) => row.map((number) => `${sign}${(number / scale).toFixed(fraction.length)}`));
}

/** Two places, each as it is or otherwise: three wrong texts and the right one, none of them in the middle. */
function gridOf(right: RightOption, draws: Draws): readonly string[] | undefined {
  if (right.isNumber) return undefined;
  const [first, second] = [...draws.shuffled(spotsOf(right.text)).slice(0, 2)].sort((a, b) => a.start - b.start);
  if (first === undefined || second === undefined) return undefined;
  if (siblingsOf(right.text).length > 0) return undefined;
  const early = oneOf(first, draws);
  const late = oneOf(second, draws);
  const onlyLate = replaced(right.text, second, late);
  const texts = distinct([replaced(right.text, first, early), onlyLate, replaced(onlyLate, first, early)], right);
  return texts.length === 3 ? texts : undefined;
}

function oneOf(spot: Spot, draws: Draws): string {
  const row = spot.rows[draws.below(spot.rows.length)] ?? [];
  return row[draws.below(row.length)] ?? "";
}

function replaced(text: string, spot: Spot, other: string): string {
  return text.slice(0, spot.start) + other + text.slice(spot.end);
}

/** Without empty texts, repeats, and what would be right. */
function distinct(texts: readonly string[], right: RightOption): readonly string[] {
  const seen = new Set([foldText(right.text), ""]);
  return texts.filter((text) => {
    const folded = foldText(text);
    if (seen.has(folded) || right.alsoRight(folded)) return false;
    seen.add(folded);
    return true;
  });
}
