/** The chain as bytes: makes a line, and checks one against the line before it. Knows no entry types and no files. */
import { hash } from "node:crypto";
import type { AuditHead, OutboxRecord } from "../engine/ports.ts";
import { checkEntry, ENTRY_KEYS, RESERVED_KEYS } from "./line.ts";

/** What stands before the first line. */
export const GENESIS: AuditHead = { number: 0, hash: "0".repeat(64) };

/** Longest line that is written or read, in bytes; a longer one is not an audit line. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const CHAIN_HASH = ',"chain_hash":"';
const PREVIOUS_HASH = ',"previous_hash":"';
/** `,"chain_hash":"` + 64 hex digits + `"}` */
const TRAILER_LENGTH = CHAIN_HASH.length + 64 + 2;
/** `,"previous_hash":"` + 64 hex digits + `"` */
const LINK_LENGTH = PREVIOUS_HASH.length + 64 + 1;
const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";
const NUMBER = /^\{"number":([1-9]\d{0,15}),/;

/** A draft that becomes a line. Without `id`: the log's own word, not from the outbox. */
export type LineSource = Pick<OutboxRecord, "draft"> & Partial<Pick<OutboxRecord, "id" | "atMs" | "seq">>;

/** One line with its line end, and the head after it. Throws a plain Error for a draft that verification would refuse. */
export function encodeLine(
  previous: AuditHead,
  source: LineSource,
  writtenAtMs: number,
): { readonly bytes: Buffer; readonly head: AuditHead } {
  const number = previous.number + 1;
  const given = members(number, previous, source, writtenAtMs);
  const text = JSON.stringify(given);
  const hashed = Buffer.from(text.slice(0, -1), "utf8");
  const chainHash = hash("sha256", hashed, "hex");
  const bytes = Buffer.concat([hashed, Buffer.from(`${CHAIN_HASH}${chainHash}"}\n`, "latin1")]);
  const read = checkEntry({ ...given, chain_hash: chainHash });
  if (!read.ok) throw new Error(`audit draft (${label(source)}) is not a valid entry: ${read.reason}`);
  if (bytes.length > MAX_LINE_BYTES) throw new Error(`audit draft (${label(source)}) is over ${MAX_LINE_BYTES} bytes`);
  return { bytes, head: { number, hash: chainHash } };
}

function members(number: number, previous: AuditHead, source: LineSource, writtenAtMs: number): object {
  const { draft, id, seq, atMs } = source;
  const taken = RESERVED_KEYS.find((key) => Object.hasOwn(draft.body, key));
  if (taken !== undefined) throw new Error(`audit draft (${label(source)}): the log itself writes ${taken}`);
  const known = ENTRY_KEYS[draft.entry_type];
  const unknown = Object.keys(draft.body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`audit draft (${label(source)}): unknown key ${JSON.stringify(unknown)}`);
  return {
    number,
    ...(id === undefined ? {} : { outbox_id: id }),
    entry_type: draft.entry_type,
    ...(draft.request_id === undefined ? {} : { request_id: draft.request_id }),
    ...(seq === undefined || Object.hasOwn(draft.body, "seq") ? {} : { seq }),
    ...(atMs === undefined ? {} : { recorded_at: new Date(atMs).toISOString() }),
    written_at: new Date(writtenAtMs).toISOString(),
    ...draft.body,
    previous_hash: previous.hash,
  };
}

function label(source: LineSource): string {
  const { entry_type, request_id } = source.draft;
  return `${entry_type}, outbox ${source.id ?? "none"}${request_id === undefined ? "" : `, request ${request_id}`}`;
}

/** A line as it links itself: `claimed` is what stands in it, whether it is true or not. */
export interface LinkCheck {
  readonly problems: readonly string[];
  /** To go on from: the line's own number and hash where they can be read. */
  readonly claimed: AuditHead;
}

/** Checks the raw bytes of one line, without its LF, against the head before it. Does not parse JSON. */
export function checkLink(line: Buffer, previous: AuditHead): LinkCheck {
  const next: AuditHead = { number: previous.number + 1, hash: previous.hash };
  const shape = shapeProblem(line);
  if (shape !== undefined) return { problems: [shape], claimed: next };
  const hashedLength = line.length - TRAILER_LENGTH;
  const stated = line.toString("latin1", hashedLength + CHAIN_HASH.length, line.length - 2);
  const problems: string[] = [];
  const number = Number(NUMBER.exec(line.toString("latin1", 0, 32))?.[1]);
  if (number !== next.number) problems.push(numberProblem(number, next.number));
  const linked = line.toString("latin1", hashedLength - LINK_LENGTH + PREVIOUS_HASH.length, hashedLength - 1);
  if (linked !== previous.hash) problems.push("previous_hash is not the chain_hash of the line before");
  if (hash("sha256", line.subarray(0, hashedLength), "hex") !== stated) {
    problems.push("chain_hash does not match the line: it was changed after it was written");
  }
  return { problems, claimed: { number: Number.isNaN(number) ? next.number : number, hash: stated } };
}

function numberProblem(number: number, expected: number): string {
  if (Number.isNaN(number)) return `does not begin with {"number":${expected},`;
  const guess = number > expected ? "lines before it are missing" : "it was repeated or moved";
  return `number is ${number}, expected ${expected}: ${guess}`;
}

function shapeProblem(line: Buffer): string | undefined {
  if (line.length === 0) return "blank line";
  if (line[line.length - 1] === CR) return "ends with CR: the file was converted";
  if (line.toString("latin1", 0, 3) === BYTE_ORDER_MARK) return "begins with a byte order mark";
  if (line.length > MAX_LINE_BYTES) return `longer than ${MAX_LINE_BYTES} bytes`;
  if (line.length < TRAILER_LENGTH + LINK_LENGTH) return "not an audit line";
  const from = line.length - TRAILER_LENGTH;
  const trailer = line.toString("latin1", from);
  if (!trailer.startsWith(CHAIN_HASH) || !/^[0-9a-f]{64}"\}$/.test(trailer.slice(CHAIN_HASH.length))) {
    return 'does not end with ,"chain_hash":"<64 hex digits>"}';
  }
  const link = line.toString("latin1", from - LINK_LENGTH, from);
  if (!link.startsWith(PREVIOUS_HASH) || !/^[0-9a-f]{64}"$/.test(link.slice(PREVIOUS_HASH.length))) {
    return 'chain_hash does not follow ,"previous_hash":"<64 hex digits>"';
  }
  return undefined;
}

/** Cuts complete lines off a buffer. `rest` is what stands after the last line end. */
export function cutLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return { lines, rest: bytes.subarray(from) };
}
