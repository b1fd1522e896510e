/** The places of a value that could be otherwise: numbers, dates, octets, known words, each with rows of three alternatives. */
import { linesOf, numberLines } from "./number-lines.ts";
import { siblingsOf } from "./word-groups.ts";

/** A stretch of a value and what might stand there instead. */
export interface Spot {
  readonly start: number;
  readonly end: number;
  /** Each row has at least three alternatives that fit together as wrong options. */
  readonly rows: readonly (readonly string[])[];
}

const MOST_SPOTS = 8;
const ADDRESS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/u;
const COMPACT_DATE = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])$/u;
/** Answers of web servers, as prose names them: `502s`, `502 errors`. */
const STATUSES: readonly (readonly string[])[] = [
  ["500", "502", "503", "504"],
  ["400", "401", "403", "404", "429"],
];
const YEAR = /^(?:19|20)\d\d$/u;

/** The places of a text that can vary, at most eight, from left to right. */
export function spotsOf(value: string): readonly Spot[] {
  const address = ADDRESS.exec(value);
  const spots = address === null ? tokenSpots(value) : addressSpots(address);
  return spots.filter((spot) => spot.rows.length > 0).slice(0, MOST_SPOTS);
}

/** The network's octets and its mask: host octets of a network stay as they are. */
function addressSpots(match: RegExpExecArray): readonly Spot[] {
  const octets = match.slice(1, 5);
  const mask = match[5];
  const starts = octets.map((_, index) => octets.slice(0, index).join(".").length + (index === 0 ? 0 : 1));
  const significant = mask === undefined ? 4 : Math.max(1, Math.ceil(Number(mask) / 8));
  const from = mask === undefined ? 2 : 0;
  const spots = octets.flatMap((octet, index): Spot[] => {
    const start = starts[index];
    if (start === undefined || index < from || index >= significant) return [];
    const rows = numberLines(Number(octet), { min: 0, max: 255 }).map((row) => row.map(String));
    return [{ start, end: start + octet.length, rows }];
  });
  if (mask === undefined) return spots;
  const start = octets.join(".").length + 1;
  const rows = [8, 4].flatMap((step) => linesOf(Number(mask), step, { min: 0, max: 32 }));
  return [...spots, { start, end: start + mask.length, rows: rows.map((row) => row.map(String)) }];
}

function tokenSpots(value: string): readonly Spot[] {
  const spots = [...value.matchAll(/\d+|\p{L}+/gu)].flatMap((match): (Spot & { readonly isYear: boolean })[] => {
    const [token] = match;
    const start = match.index;
    if (!/^\d/u.test(token)) {
      const siblings = siblingsOf(token);
      return siblings.length < 3 ? [] : [{ start, end: start + token.length, rows: [siblings], isYear: false }];
    }
    return [{ ...numberSpot(value, token, start), isYear: YEAR.test(token) }];
  });
  const others = spots.filter((spot) => !spot.isYear);
  return others.length > 0 ? others : spots;
}

function numberSpot(value: string, token: string, start: number): Spot {
  const end = start + token.length;
  const statuses = STATUSES.find((codes) => codes.includes(token)) ?? [];
  if (statuses.length > 0 && /^(?:s\b| (?:error|response|status))/iu.test(value.slice(end))) {
    return { start, end, rows: [statuses.filter((code) => code !== token)] };
  }
  if (COMPACT_DATE.test(token)) {
    return { start: end - 2, end, rows: padded(numberLines(Number(token.slice(-2)), { min: 1, max: 28 }), 2) };
  }
  if (token.length > 9) return { start: end - 3, end, rows: padded(numberLines(Number(token.slice(-3)), below(3)), 3) };
  const width = token.length;
  const number = Number(token);
  if (width > 1 && token.startsWith("0")) {
    return { start, end, rows: padded(numberLines(number, below(width)), width) };
  }
  const inName = /[\p{L}_-]$/u.test(value.slice(0, start)) || /^[\p{L}_-]/u.test(value.slice(end));
  const range = inName ? { min: width > 1 ? 10 ** (width - 1) : 0, max: 10 ** width - 1 } : { min: 0, max: 1e9 };
  return { start, end, rows: numberLines(number, range).map((row) => row.map(String)) };
}

function below(width: number): { readonly min: number; readonly max: number } {
  return { min: 0, max: 10 ** width - 1 };
}

function padded(rows: readonly (readonly number[])[], width: number): readonly (readonly string[])[] {
  return rows.map((row) => row.map((number) => String(number).padStart(width, "0")));
}
