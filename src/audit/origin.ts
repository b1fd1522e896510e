/** Where a log file begins to count: at 1, or after the file that a seal set aside. */
import type { AuditHead } from "../engine/ports.ts";
import { GENESIS } from "./chain.ts";
import { type AdminEntry, parseLine } from "./line.ts";

/** The seal in a file's first line; undefined for an ordinary first line. */
export function sealOf(firstLine: Buffer): AdminEntry["sealed"] {
  const read = parseLine(firstLine.toString("utf8"));
  return read.ok && read.entry.entry_type === "admin" ? read.entry.sealed : undefined;
}

/** The head that the first line follows: number 0, or that of the sealed file, always with 64 zeros as hash. */
export function originOf(firstLine: Buffer): AuditHead {
  const sealed = sealOf(firstLine);
  return sealed === undefined ? GENESIS : originAfter(sealed);
}

/** Numbers go on after everything that the old file or the store has numbered, so that none is given twice. */
export function originAfter(sealed: {
  readonly end: AuditHead;
  readonly last_good: AuditHead;
  readonly store_head?: AuditHead | undefined;
}): AuditHead {
  const { end, last_good, store_head } = sealed;
  return { number: Math.max(end.number, last_good.number, store_head?.number ?? 0), hash: GENESIS.hash };
}
