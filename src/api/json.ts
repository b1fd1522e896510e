/** Reads JSON text more strictly than JSON.parse: no key twice, no prototype keys, no number that would change. No schema. */

/** What was read, or where and why not. `line` and `column` count from 1. */
export type JsonRead =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

/** Deeper than any action may be (16), so that the engine's own refusal is the one that is told. */
const DEEPEST = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

interface Cursor {
  readonly text: string;
  at: number;
}

class JsonSyntax extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Reads one JSON text; never throws. */
export function readJsonText(text: string): JsonRead {
  const cursor: Cursor = { text, at: 0 };
  try {
    const value = readValue(cursor, 0);
    skipSpace(cursor);
    if (cursor.at < text.length) throw new JsonSyntax(cursor.at, "something follows the value");
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof JsonSyntax)) throw error;
    const before = text.slice(0, error.at).split("\n");
    return { ok: false, message: error.message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

function skipSpace(cursor: Cursor): void {
  while (" \t\n\r".includes(cursor.text[cursor.at] ?? "x")) cursor.at += 1;
}

function readValue(cursor: Cursor, depth: number): unknown {
  skipSpace(cursor);
  if (depth > DEEPEST) throw new JsonSyntax(cursor.at, `nested deeper than ${DEEPEST}`);
  const first = cursor.text[cursor.at];
  if (first === undefined) throw new JsonSyntax(cursor.at, "the text ends where a value is expected");
  if (first === "{") return readObject(cursor, depth);
  if (first === "[") return readArray(cursor, depth);
  if (first === '"') return readString(cursor);
  for (const [word, value] of [
    ["true", true],
    ["false", false],
    ["null", null],
  ] as const) {
    if (cursor.text.startsWith(word, cursor.at)) {
      cursor.at += word.length;
      return value;
    }
  }
  return readNumber(cursor);
}

function readNumber(cursor: Cursor): number {
  NUMBER.lastIndex = cursor.at;
  const found = NUMBER.exec(cursor.text)?.[0];
  if (found === undefined) throw new JsonSyntax(cursor.at, "no JSON value starts here");
  const value = Number(found);
  const isUnsafe = /^-?\d+$/.test(found) && !Number.isSafeInteger(value);
  if (!Number.isFinite(value) || isUnsafe) {
    throw new JsonSyntax(cursor.at, "this number cannot be held exactly: send it as text");
  }
  cursor.at += found.length;
  return value;
}

function readString(cursor: Cursor): string {
  const start = cursor.at;
  let at = start + 1;
  for (;;) {
    const quote = cursor.text.indexOf('"', at);
    if (quote < 0) throw new JsonSyntax(start, "this text is not closed");
    let slashes = 0;
    while (cursor.text[quote - 1 - slashes] === "\\") slashes += 1;
    at = quote + 1;
    if (slashes % 2 === 0) break;
  }
  cursor.at = at;
  let value: unknown;
  try {
    value = JSON.parse(cursor.text.slice(start, at));
  } catch {
    throw new JsonSyntax(start, "this text has a control character or an unknown escape");
  }
  if (typeof value !== "string") throw new JsonSyntax(start, "this is not a text");
  if (/\p{Cs}/u.test(value)) throw new JsonSyntax(start, "this text has half of a surrogate pair");
  return value;
}

function readArray(cursor: Cursor, depth: number): unknown[] {
  const values: unknown[] = [];
  cursor.at += 1;
  skipSpace(cursor);
  if (cursor.text[cursor.at] === "]") {
    cursor.at += 1;
    return values;
  }
  for (;;) {
    values.push(readValue(cursor, depth + 1));
    if (next(cursor, "]") === "]") return values;
  }
}

function readObject(cursor: Cursor, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const seen = new Set<string>();
  cursor.at += 1;
  skipSpace(cursor);
  if (cursor.text[cursor.at] === "}") {
    cursor.at += 1;
    return members;
  }
  for (;;) {
    skipSpace(cursor);
    const keyAt = cursor.at;
    if (cursor.text[keyAt] !== '"') throw new JsonSyntax(keyAt, "a key in double quotes is expected");
    const key = readString(cursor);
    if (FORBIDDEN.has(key)) throw new JsonSyntax(keyAt, `the key ${JSON.stringify(key)} is not allowed`);
    if (seen.has(key)) throw new JsonSyntax(keyAt, `the key ${JSON.stringify(key.slice(0, 100))} stands here twice`);
    seen.add(key);
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== ":") throw new JsonSyntax(cursor.at, "a colon is expected");
    cursor.at += 1;
    members[key] = readValue(cursor, depth + 1);
    if (next(cursor, "}") === "}") return members;
  }
}

/** Steps over a comma or the closing sign, and says which it was. */
function next(cursor: Cursor, closing: "]" | "}"): string {
  skipSpace(cursor);
  const sign = cursor.text[cursor.at];
  if (sign !== "," && sign !== closing) throw new JsonSyntax(cursor.at, `a comma or ${closing} is expected`);
  cursor.at += 1;
  return sign;
}
