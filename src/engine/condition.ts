/** The small grammar of escalation conditions, parsed once when the file is read. */
import { LEVELS, type Level } from "./model.ts";

export type Condition =
  | { readonly kind: "score"; readonly op: ">" | ">=" | "<" | "<=" | "==" | "!="; readonly value: number }
  | { readonly kind: "pattern"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "level"; readonly level: Level }
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] };

/** A condition, or what is wrong with it and at which column (from 1). */
export type ParsedCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly message: string; readonly column: number };

/** What a condition is held against: the score and level that count, the matched patterns, where it would run. */
export interface ConditionFacts {
  readonly score: number;
  readonly level: Level;
  readonly patterns: readonly string[];
  readonly environment: string;
  /** True where the environment counts as production, whatever it is called. */
  readonly production: boolean;
}

interface Token {
  readonly text: string;
  readonly column: number;
}
interface Reader {
  readonly tokens: readonly Token[];
  readonly patternNames: readonly string[];
  readonly endColumn: number;
  at: number;
  depth: number;
}

class NotUnderstood extends Error {
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.name = "NotUnderstood";
    this.column = column;
  }
}

const TOKEN = /\s*([()]|[<>=!]=?|[^\s()<>=!]+)/y;
const OPERATORS = [">", ">=", "<", "<=", "==", "!="] as const;
const MAX_BRACKETS = 32;
const FORMS = "risk_score >= 0.9, risk_level:high, matches_pattern:NAME or environment:NAME";

/**
 * Reads `risk_score >= 0.9`, `risk_level:NAME`, `matches_pattern:NAME`, `environment:NAME`, joined by `and`, `or` and
 * brackets; `and` binds stronger. Refuses everything else, and patterns that are not among `patternNames`.
 */
export function parseCondition(text: string, patternNames: readonly string[]): ParsedCondition {
  try {
    const reader = { tokens: tokensOf(text), patternNames, endColumn: text.trimEnd().length + 1, at: 0, depth: 0 };
    const condition = readOr(reader);
    const rest = reader.tokens[reader.at];
    if (rest !== undefined) throw new NotUnderstood(`"${rest.text}" is one too many; join with and / or`, rest.column);
    return { ok: true, condition };
  } catch (cause) {
    if (cause instanceof NotUnderstood) return { ok: false, message: cause.message, column: cause.column };
    throw cause;
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const word = match[1] ?? "";
    tokens.push({ text: word, column: match.index + match[0].length - word.length + 1 });
  }
  return tokens;
}

function readOr(reader: Reader): Condition {
  return readJoined(reader, "or", () => readJoined(reader, "and", () => readOne(reader)));
}

function readJoined(reader: Reader, kind: "and" | "or", readPart: () => Condition): Condition {
  const first = readPart();
  const parts = [first];
  while (reader.tokens[reader.at]?.text.toLowerCase() === kind) {
    reader.at += 1;
    parts.push(readPart());
  }
  return parts.length === 1 ? first : { kind, parts };
}

function next(reader: Reader, wanted: string): Token {
  const token = reader.tokens[reader.at];
  if (token === undefined) throw new NotUnderstood(`ends where ${wanted} was expected`, reader.endColumn);
  reader.at += 1;
  return token;
}

function readOne(reader: Reader): Condition {
  const token = next(reader, `a condition (${FORMS})`);
  if (token.text === "(") return readBrackets(reader, token);
  if (token.text === "risk_score") return readScore(reader);
  const colon = token.text.indexOf(":");
  const value = { text: token.text.slice(colon + 1), column: token.column + colon + 1 };
  if (colon > 0 && value.text !== "") return readNamed(reader, token, token.text.slice(0, colon), value);
  throw new NotUnderstood(`"${token.text}" is not a condition; write ${FORMS}`, token.column);
}

function readBrackets(reader: Reader, open: Token): Condition {
  reader.depth += 1;
  if (reader.depth > MAX_BRACKETS) throw new NotUnderstood("brackets are nested too deep", open.column);
  const inner = readOr(reader);
  const close = next(reader, '")"');
  if (close.text !== ")") throw new NotUnderstood(`")" was expected, not "${close.text}"`, close.column);
  reader.depth -= 1;
  return inner;
}

function readScore(reader: Reader): Condition {
  const sign = next(reader, `one of ${OPERATORS.join(" ")}`);
  const op = OPERATORS.find((operator) => operator === sign.text);
  if (op === undefined) throw new NotUnderstood(`"${sign.text}" is not one of ${OPERATORS.join(" ")}`, sign.column);
  const number = next(reader, "a number from 0 to 1");
  const value = /^\d*\.?\d+$/.test(number.text) ? Number(number.text) : Number.NaN;
  if (!(value >= 0 && value <= 1))
    throw new NotUnderstood(`"${number.text}" is not a number from 0 to 1`, number.column);
  return { kind: "score", op, value };
}

function readNamed(reader: Reader, token: Token, key: string, value: Token): Condition {
  switch (key) {
    case "matches_pattern": {
      if (reader.patternNames.includes(value.text)) return { kind: "pattern", name: value.text };
      const known = reader.patternNames.length === 0 ? "there are none" : `known are ${reader.patternNames.join(", ")}`;
      throw new NotUnderstood(`no pattern is named "${value.text}"; ${known}`, value.column);
    }
    case "environment":
      return { kind: "environment", name: value.text };
    case "risk_level": {
      const level = LEVELS.find((name) => name === value.text);
      if (level !== undefined) return { kind: "level", level };
      throw new NotUnderstood(`"${value.text}" is not a level; write one of ${LEVELS.join(", ")}`, value.column);
    }
    default:
      throw new NotUnderstood(`"${key}" is not a condition; write ${FORMS}`, token.column);
  }
}

/** True if the condition holds. `environment:production` holds wherever the environment counts as production. */
export function conditionHolds(condition: Condition, facts: ConditionFacts): boolean {
  switch (condition.kind) {
    case "score":
      return compare(Math.round(facts.score * 1e9), condition.op, Math.round(condition.value * 1e9));
    case "pattern":
      return facts.patterns.includes(condition.name);
    case "environment": {
      const name = condition.name.toLowerCase();
      return name === facts.environment.toLowerCase() || (name === "production" && facts.production);
    }
    case "level":
      return facts.level === condition.level;
    case "and":
      return condition.parts.every((part) => conditionHolds(part, facts));
    case "or":
      return condition.parts.some((part) => conditionHolds(part, facts));
  }
}

function compare(score: number, op: (typeof OPERATORS)[number], value: number): boolean {
  switch (op) {
    case ">":
      return score > value;
    case ">=":
      return score >= value;
    case "<":
      return score < value;
    case "<=":
      return score <= value;
    case "==":
      return score === value;
    case "!=":
      return score !== value;
  }
}
