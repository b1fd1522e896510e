/** Finds what a log holds after a head that the store confirmed, or says that the two do not fit. Writes nothing. */
import type { AuditHead, AuditLog } from "../engine/ports.ts";
import { GENESIS } from "./chain.ts";
import { AuditFault } from "./fault.ts";
import { type AuditEntry, parseLine } from "./line.ts";
import { type Readable, readLines } from "./read.ts";

/** A log up to a known good end. */
export interface KnownLog {
  /** For messages. */
  readonly path: string;
  readonly file: Readable;
  readonly head: AuditHead;
  readonly sizeBytes: number;
}

/** A line after a head, as the audit role wants to know it again. */
type Since = Awaited<ReturnType<AuditLog["since"]>>[number];

/** Outbox lines after `from`, in order. Throws AuditFault `head` when the log does not hold `from`. */
export async function linesSince(start: KnownLog, from: AuditHead): Promise<readonly Since[]> {
  const found: Since[] = [];
  let isKnown = from.number === 0 && from.hash === GENESIS.hash;
  let isFirst = true;
  for await (const batch of readLines(start.file, { endBytes: start.sizeBytes })) {
    for (const bytes of batch.lines) {
      const number = numberOf(bytes);
      const isWanted = number > from.number || isFirst;
      if (!isWanted && number !== from.number) continue;
      const entry = entryOf(bytes, number, start.path);
      if (isFirst && isSealOf(entry, from)) isKnown = true;
      isFirst = false;
      if (entry.number === from.number) isKnown = entry.chain_hash === from.hash;
      if (entry.number > from.number) found.push(...asSince(entry));
    }
  }
  if (!isKnown) throw headFault(start, from);
  return found;
}

/** A file that a seal began holds nothing of what the store confirmed: all of its lines come after. */
function isSealOf(entry: AuditEntry, from: AuditHead): boolean {
  if (entry.entry_type !== "admin" || entry.sealed === undefined || from.number === 0) return false;
  const { end, last_good, store_head } = entry.sealed;
  return [end, last_good, store_head].some((head) => head?.number === from.number && head.hash === from.hash);
}

function asSince(entry: AuditEntry): readonly Since[] {
  if (entry.outbox_id === undefined) return [];
  return [
    {
      outboxId: entry.outbox_id,
      ...(entry.request_id === undefined ? {} : { requestId: entry.request_id }),
      head: { number: entry.number, hash: entry.chain_hash },
      decision: entry.entry_type === "decision",
    },
  ];
}

function numberOf(bytes: Buffer): number {
  return Number.parseInt(bytes.toString("latin1", '{"number":'.length, 32), 10);
}

function entryOf(bytes: Buffer, number: number, path: string): AuditEntry {
  const read = parseLine(bytes.toString("utf8"));
  if (!read.ok) throw new AuditFault("corrupt", `${path}: line ${number}: ${read.reason}`, { line: number });
  return read.entry;
}

function headFault(start: KnownLog, from: AuditHead): AuditFault {
  const { number, hash } = start.head;
  return new AuditFault(
    "head",
    `the store says that line ${from.number} of the audit log has hash ${from.hash}; ${start.path} ends at line ` +
      `${number} with hash ${hash} and does not hold that line. Put the right file back; if it is lost, run ` +
      `\`attesta audit seal ${start.path} --store-head ${from.number}:${from.hash} --by WHO\``,
  );
}
