/** Finds a key that stands twice in one JSON object, at any depth, in one pass over the text. Does not validate JSON. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;

/** The first duplicate key of a text that JSON.parse accepts, or undefined; escapes are resolved before comparing. */
export function duplicateKey(text: string): string | undefined {
  /** Open containers, innermost last: the keys seen of an object, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT) open.push(new Set());
    else if (code === OPEN_ARRAY) open.push(undefined);
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop();
    else if (code === QUOTE) {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(text, end)) {
        const key = decode(text.slice(at, end));
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end;
      continue;
    }
    at += 1;
  }
  return undefined;
}

/** Index after the closing quote of the string that opens at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

/** True if a colon follows, so that the string before was a key. */
function isKey(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return text.charCodeAt(at) === COLON;
}

function decode(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  const value: unknown = JSON.parse(quoted);
  return typeof value === "string" ? value : quoted;
}
