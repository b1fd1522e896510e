/** Reads one YAML file into a tree. Refuses what readers of YAML disagree about; knows no key's meaning. */
import { readFileSync } from "node:fs";
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { type Path, type Place, pathText, type Tree } from "./tree.ts";
import type { ConfigProblem } from "./types.ts";

/** No file that a person writes is larger; 1 MiB. */
const MAX_BYTES = 1_048_576;
/** Guards against files whose aliases multiply ("a billion laughs"). */
const MAX_VALUES = 20_000;
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;
/** Names that JavaScript objects already have: never a key of anything. */
const FORBIDDEN_KEYS = ["__proto__", "constructor", "prototype"];
/** Such text has no UTF-8 form, so no digest. */
const LONE_SURROGATE = /\p{Cs}/u;

export type Source = { readonly tree: Tree | undefined; readonly problems: readonly ConfigProblem[] };

interface Reading {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly problems: ConfigProblem[];
  values: number;
  aliases: number;
}

/** One problem at a place. */
export function problemAt(place: Place, path: string, message: string): ConfigProblem {
  return { file: place.file, line: place.line, column: place.column, path, message };
}

/** The file's tree, or every reason why it is not one. Never throws. */
export function readSource(file: string): Source {
  const top: Place = { file, line: 1, column: 1 };
  const failed = (message: string): Source => ({ tree: undefined, problems: [problemAt(top, "", message)] });
  let text: string;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_BYTES) return failed(`is ${bytes.length} bytes long; at most ${MAX_BYTES} are read`);
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    return failed(whyUnreadable(error));
  }
  return parseSource(file, text);
}

function whyUnreadable(error: unknown): string {
  if (error instanceof TypeError) return "is not UTF-8 text; save it as UTF-8";
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (code === "ENOENT") return "is not there; check the path";
  if (code === "EISDIR") return "is a folder; name a file";
  return `cannot be read (${code}); check its permissions`;
}

/** Like `readSource`, for text that is already at hand; `file` is only for messages. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    resolveKnownTags: false,
    uniqueKeys: false,
  });
  const reading: Reading = { file, document, lines, problems: [], values: 0, aliases: 0 };
  for (const fault of [...document.errors, ...document.warnings]) {
    reading.problems.push(problemAt(placeOf(reading, fault.pos[0]), "", `is not YAML: ${fault.message}`));
  }
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== "1.2") {
    reading.problems.push(problemAt(placeOf(reading, 0), "", "is not YAML 1.2; remove the %YAML line"));
  }
  if (reading.problems.length > 0) return { tree: undefined, problems: reading.problems };
  const tree = topOf(reading);
  return { tree: reading.problems.length > 0 ? undefined : tree, problems: reading.problems };
}

function topOf(reading: Reading): Tree | undefined {
  const top = reading.document.contents;
  const tree = isMap(top) ? convert(reading, top, []) : undefined;
  if (tree !== undefined) return { ...tree, place: { file: reading.file, line: 1, column: 1 } };
  if (isMap(top)) return undefined;
  const isEmpty = top === null || (isScalar(top) && top.value === null);
  const what = isEmpty ? "is empty" : "must be a map of keys and values at its top";
  report(reading, { offset: top?.range?.[0] ?? 0, path: [] }, `${what}; begin with a key such as \`policy:\``);
  return undefined;
}

function placeOf(reading: Reading, offset: number): Place {
  const { line, col } = reading.lines.linePos(offset);
  return { file: reading.file, line: Math.max(1, line), column: Math.max(1, col) };
}

function report(reading: Reading, at: { offset: number; path: Path }, message: string): void {
  reading.problems.push(problemAt(placeOf(reading, at.offset), pathText(at.path), message));
}

function convert(reading: Reading, node: ParsedNode | null, path: Path): Tree | undefined {
  const at = { offset: node?.range?.[0] ?? 0, path };
  const place = placeOf(reading, at.offset);
  reading.values += 1;
  if (reading.values === MAX_VALUES + 1)
    report(reading, at, `is one of more than ${MAX_VALUES} values; shorten the file`);
  if (path.length > MAX_DEPTH) report(reading, at, `is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
  if (reading.values > MAX_VALUES || path.length > MAX_DEPTH) return undefined;
  if (node === null) return { kind: "scalar", value: null, place };
  if (isAlias(node)) return followAlias(reading, node, path);
  if (node.tag?.startsWith("!") === true) report(reading, at, `has the tag ${node.tag}; remove it`);
  if (isMap(node)) return convertMap(reading, node, path);
  if (isSeq(node)) {
    const items = node.items.map((item, index) => convert(reading, asNode(item), [...path, index]));
    return { kind: "list", items: items.filter((item) => item !== undefined), place };
  }
  return convertScalar(reading, node.value, at);
}

function convertScalar(reading: Reading, value: unknown, at: { offset: number; path: Path }): Tree | undefined {
  if (typeof value === "string" && LONE_SURROGATE.test(value)) {
    report(reading, at, "holds half a character (a lone surrogate); write the text out");
    return undefined;
  }
  const isUsable = typeof value === "number" && Number.isFinite(value);
  if (isUsable || typeof value === "string" || typeof value === "boolean" || value === null) {
    return { kind: "scalar", value, place: placeOf(reading, at.offset) };
  }
  report(reading, at, "is not a number that can be used; write a finite number, or put text in quotes");
  return undefined;
}

function asNode(item: unknown): ParsedNode | null {
  return isMap(item) || isSeq(item) || isScalar(item) || isAlias(item) ? (item as ParsedNode) : null;
}

function followAlias(reading: Reading, alias: Alias, path: Path): Tree | undefined {
  const at = { offset: alias.range?.[0] ?? 0, path };
  reading.aliases += 1;
  if (reading.aliases === MAX_ALIASES + 1) {
    report(reading, at, `is one of more than ${MAX_ALIASES} aliases (*${alias.source}); write the values out`);
  }
  if (reading.aliases > MAX_ALIASES) return undefined;
  return convert(reading, asNode(alias.resolve(reading.document)), path);
}

function convertMap(reading: Reading, map: YAMLMap, path: Path): Tree {
  const entries = new Map<string, { key: Place; value: Tree }>();
  for (const pair of map.items) {
    const scalar = isScalar(pair.key) ? pair.key : undefined;
    const offset = (scalar ?? map).range?.[0] ?? 0;
    const key = scalar === undefined ? "?" : String(scalar.value);
    const at = { offset, path: [...path, key] };
    if (scalar === undefined) report(reading, at, "has a key that is not plain text; write a name before the colon");
    else if (FORBIDDEN_KEYS.includes(key) || LONE_SURROGATE.test(key))
      report(reading, at, "this name is not allowed; choose another");
    else if (entries.has(key)) report(reading, at, "this key stands here twice; keep one");
    else {
      const value = convert(reading, asNode(pair.value), at.path);
      if (value !== undefined) entries.set(key, { key: placeOf(reading, offset), value });
    }
  }
  return { kind: "map", entries, place: placeOf(reading, map.range?.[0] ?? 0) };
}
