/** What a reviewer reads before answering, as pages: all of it, in order, nothing cut. It is frozen with the request; it draws nothing. */
import type { Action, Attachment } from "./action.ts";
import type { Json, JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";
import type { EvidencePage } from "./request.ts";
import { visibleText } from "./visible.ts";

/** Fits one Slack modal section list and one Teams dialog card with room for the question. Rows and characters a page. */
export const PAGE_ROWS = 20;
export const PAGE_CHARS = 2_400;
const LABEL_CHARS = 120;
/** No mark of a hidden character is longer. */
const MARK_CHARS = 16;
/** What stands in place of a secret argument's value. */
export const SECRET_MARK = "(secret)";

const CONTINUED = " (continued)";
const TITLES = {
  all: "What is asked",
  arguments: "Arguments",
  command: "Command",
  around: "What is known, and what the agent says",
} as const;

export interface EvidenceInput {
  readonly action: Action;
  /** Top-level names or dotted paths whose value nobody sees. */
  readonly secretArguments: readonly string[];
  /** Top-level names or dotted paths that only reviewers see, never the channel. */
  readonly privateArguments: readonly string[];
  /** What the service declares about this action. */
  readonly facts: JsonObject;
  readonly declaredDescription?: string;
  /** The environment that scoring uses; shown when given. */
  readonly environment?: string;
}

type Row = EvidencePage["rows"][number];

/** Every argument, command, attachment, fact and description as pages of at most PAGE_ROWS rows and PAGE_CHARS characters. Never empty. */
export function evidencePages(input: EvidenceInput): readonly EvidencePage[] {
  const sections = [
    { title: TITLES.arguments, rows: argumentRows(input) },
    { title: TITLES.command, rows: commandRows(input.action) },
    { title: TITLES.around, rows: aroundRows(input) },
  ].filter((section) => section.rows.length > 0);
  const all = sections.flatMap((section) => section.rows);
  const attachments = input.action.attachments.flatMap(attachmentPages);
  if (fits(all)) return [{ title: TITLES.all, rows: all }, ...attachments];
  return [...sections.flatMap((section) => paged(section.title, section.rows)), ...attachments];
}

function argumentRows(input: EvidenceInput): readonly Row[] {
  const rows = Object.entries(input.action.arguments).flatMap(([name, value]) => leaves(name, value, input));
  return rows.length > 0 ? rows : [{ label: "arguments", text: "(none)", isPrivate: false }];
}

/** One row a leaf: `items[0].name`. A secret or private name covers everything below it. */
function leaves(path: string, value: Json, input: EvidenceInput): readonly Row[] {
  const isPrivate = names(input.privateArguments, path);
  const label = visibleText(path, { countBlanks: true });
  if (names(input.secretArguments, path)) return [named(label, SECRET_MARK, isPrivate)];
  const inside = Array.isArray(value)
    ? value.map((item, index) => leaves(`${path}[${index}]`, item, input))
    : isJsonObject(value)
      ? Object.entries(value).map(([key, item]) => leaves(`${path}.${key}`, item, input))
      : [];
  return inside.length > 0 ? inside.flat() : [named(label, shown(value), isPrivate)];
}

/** A name too long for a label goes on in the text, whole. */
function named(label: string, text: string, isPrivate: boolean): Row {
  if (label.length <= LABEL_CHARS) return { label, text, isPrivate };
  return { label: `${label.slice(0, LABEL_CHARS / 2)}...`, text: `name: ${label}\nvalue: ${text}`, isPrivate };
}

function names(listed: readonly string[], path: string): boolean {
  return listed.some((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
}

/** A text that could be mistaken for a number, a boolean or nothing stands in quotes. */
function shown(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const mistakable =
    value.trim() !== value || value === "" || /^(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(value);
  return keptLines(mistakable ? JSON.stringify(value) : value);
}

function commandRows(action: Action): readonly Row[] {
  if (action.command === undefined) return [];
  const argv = action.command.argv.map((part, index) => ({
    label: `command[${index}]`,
    text: shown(part),
    isPrivate: false,
  }));
  return [
    ...argv,
    { label: "working directory", text: visibleText(action.command.cwd, { countBlanks: true }), isPrivate: false },
  ];
}

function aroundRows(input: EvidenceInput): readonly Row[] {
  const { declaredDescription, environment, facts, action } = input;
  const plain = (label: string, text: string): Row => ({ label, text, isPrivate: false });
  const declared = Object.entries(facts).map(([name, value]) => plain(`${visibleText(name)} (declared)`, shown(value)));
  return [
    ...(environment === undefined ? [] : [plain("environment (checked)", visibleText(environment))]),
    ...(declaredDescription === undefined ? [] : [plain("what it does (declared)", keptLines(declaredDescription))]),
    ...declared,
    ...(action.description === undefined ? [] : [plain("the agent says", keptLines(action.description))]),
  ];
}

/** Pages of numbered lines. A long line goes on below without a number of its own. */
function attachmentPages(attachment: Attachment): readonly EvidencePage[] {
  const lines = attachment.text.split("\n").map(keptLines);
  const width = String(lines.length).length;
  const numbered = lines.flatMap((line, index) =>
    pieces(line, PAGE_CHARS / 2).map((piece, part) => ({
      number: index + 1,
      text: `${(part === 0 ? String(index + 1) : "").padStart(width)}  ${piece}`,
    })),
  );
  const chunks = chunked(numbered, (line) => line.text.length + 1, numbered.length);
  return chunks.map((chunk, index) => ({
    title: `Attachment ${visibleText(attachment.name)}${index === 0 ? "" : CONTINUED}`,
    rows: [
      {
        label: `lines ${chunk[0]?.number ?? 1} to ${chunk.at(-1)?.number ?? 1} of ${lines.length}`,
        text: chunk.map((line) => line.text).join("\n"),
        isPrivate: false,
      },
    ],
  }));
}

function paged(title: string, rows: readonly Row[]): readonly EvidencePage[] {
  const whole = rows.flatMap((row) =>
    pieces(row.text, PAGE_CHARS / 2).map((text, part) => ({
      ...row,
      label: part === 0 ? row.label : `${row.label}${CONTINUED}`,
      text,
    })),
  );
  return chunked(whole, sizeOf, PAGE_ROWS).map((chunk, index) => ({
    title: index === 0 ? title : `${title}${CONTINUED}`,
    rows: chunk,
  }));
}

function fits(rows: readonly Row[]): boolean {
  return rows.length <= PAGE_ROWS && rows.reduce((sum, row) => sum + sizeOf(row), 0) <= PAGE_CHARS;
}

function sizeOf(row: Row): number {
  return row.label.length + row.text.length;
}

/** Runs of items with at most `most` items and PAGE_CHARS characters each; an item alone may be longer. */
function chunked<T>(items: readonly T[], size: (item: T) => number, most: number): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const last = chunks.at(-1);
    if (last === undefined || last.length >= most || size(item) > room) {
      chunks.push([item]);
      room = PAGE_CHARS - size(item);
    } else {
      last.push(item);
      room -= size(item);
    }
  }
  return chunks;
}

/** Cuts a text into pieces of at most `most` characters, after a line or a blank where there is one; never inside a character or a `\u{...}` mark. */
function pieces(text: string, most: number): readonly string[] {
  const found: string[] = [];
  let at = 0;
  while (text.length - at > most) {
    const end = at + most;
    const head = text.slice(at, end);
    const blank = Math.max(head.lastIndexOf("\n"), head.lastIndexOf(" ")) + 1;
    const cut = at + (blank > most / 2 ? blank : wholeLength(head));
    found.push(text.slice(at, cut));
    at = cut;
  }
  return [...found, text.slice(at)];
}

function wholeLength(head: string): number {
  const mark = head.lastIndexOf("\\u");
  if (mark > head.length - MARK_CHARS && !head.slice(mark).includes("}")) return mark;
  const last = head.charCodeAt(head.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? head.length - 1 : head.length;
}

/** Hidden characters and long runs of blanks as marks; lines and tabs stay. */
function keptLines(text: string): string {
  return visibleText(text, { keepLines: true, countBlanks: true });
}
