/** Rows of four evenly spaced numbers in which the right one has any place, so that its size tells nothing. */

const STEPS = [1, 2, 5].flatMap((digit) => Array.from({ length: 15 }, (_, zeros) => digit * 10 ** zeros));
const SORTED = [...STEPS].sort((a, b) => a - b);

export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/**
 * The three others of every row of four that holds this whole number, lies in the range, and is spaced by a round step
 * of about a third of the number. Empty where the range has no room.
 */
export function numberLines(value: number, range: NumberRange): readonly (readonly number[])[] {
  const fitting = SORTED.filter((step) => 3 * step <= Math.abs(value)).slice(-2);
  return (fitting.length > 0 ? fitting : [1]).flatMap((step) => linesOf(value, step, range));
}

/** The same with a given step. */
export function linesOf(value: number, step: number, range: NumberRange): readonly (readonly number[])[] {
  return [0, 1, 2, 3]
    .map((rank) => [0, 1, 2, 3].map((place) => value + step * (place - rank)))
    .filter((row) => row.every((number) => number >= range.min && number <= range.max && Number.isSafeInteger(number)))
    .map((row) => row.filter((number) => number !== value));
}
