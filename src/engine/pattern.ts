/** Linear-time text patterns: compiled once, safe against any text an agent sends. No scores here. */
import { RE2JS, RE2JSException, RE2Set } from "re2js";

/** A linear-time matcher over text. Compiled once, when the file is read. */
export interface TextPattern {
  readonly source: string;
  /** True if the pattern is found anywhere in the text. */
  found(text: string): boolean;
}

const FLAGS = RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL;
const MAX_SOURCE_CHARS = 1_000;
const MAX_PROGRAM_SIZE = 5_000;

/** A pattern that the linear-time engine does not take. Its message says what to write instead. */
export class PatternFault extends Error {
  readonly code = "pattern";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PatternFault";
  }
}

const compiled = new WeakSet<TextPattern>();

/**
 * Compiles a pattern: case does not matter, `.` meets line breaks too, found anywhere unless anchored with `^` and `$`.
 * Throws PatternFault for lookaround, backreferences, broken or too large patterns.
 */
export function compilePattern(source: string): TextPattern {
  if (source === "") throw new PatternFault("the pattern is empty and would match everything; write what to look for");
  if (source.length > MAX_SOURCE_CHARS)
    throw new PatternFault(
      `the pattern has ${source.length} characters, at most ${MAX_SOURCE_CHARS}; split it in several`,
    );
  const regex = compile(source);
  if (regex.programSize() > MAX_PROGRAM_SIZE)
    throw new PatternFault(`the pattern is too large when compiled (${shown(source)}); use smaller repeat counts`);
  const pattern: TextPattern = Object.freeze({ source, found: (text: string) => regex.test(text) });
  compiled.add(pattern);
  return pattern;
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source, FLAGS);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new PatternFault(`${adviceFor(source, cause.message)}: ${shown(source)}`, { cause });
  }
}

function adviceFor(source: string, reason: string): string {
  if (/\(\?<?[=!]/.test(source))
    return "lookahead and lookbehind are not supported (patterns run in linear time); write what must be there, anchored with ^, $ or (^|_)";
  if (/\\[1-9]|\\k</.test(source))
    return "backreferences are not supported (patterns run in linear time); write the repeated text out";
  if (/repeat|expression/i.test(reason) && /\{\d/.test(source))
    return "a repeat count is too large; write at most {1000} in all";
  return `not a pattern (${reason.replace(/^error parsing regexp: /, "")}); RE2 syntax, a literal dot is \\.`;
}

function shown(source: string): string {
  return source.length > 80 ? `${source.slice(0, 80)}...` : source;
}

/** Which of many patterns are found in a text: their positions, ascending. */
export type PatternSet = (text: string) => readonly number[];

/** Matches all patterns in one pass over the text; the same answer as asking each. */
export function patternSet(patterns: readonly TextPattern[]): PatternSet {
  if (patterns.length === 0) return () => [];
  if (!patterns.every((pattern) => compiled.has(pattern))) return (text) => askEach(patterns, text);
  const set = new RE2Set(RE2Set.UNANCHORED, FLAGS);
  for (const pattern of patterns) set.add(pattern.source);
  set.compile();
  return (text) => set.match(text).sort((a, b) => a - b);
}

function askEach(patterns: readonly TextPattern[], text: string): readonly number[] {
  return patterns.flatMap((pattern, index) => (pattern.found(text) ? [index] : []));
}
