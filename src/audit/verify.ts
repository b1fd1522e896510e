/** Verifies a log file as an outsider would: chain, keys, order, review times, people. Changes nothing, trusts no index. */
import { isUtf8 } from "node:buffer";
import type { AuditHead } from "../engine/ports.ts";
import { checkLink, GENESIS } from "./chain.ts";
import { type AuditEntry, parseLine } from "./line.ts";
import { originOf } from "./origin.ts";
import { type Readable, readLines } from "./read.ts";
import { approvalProblems, reviewTimeProblems } from "./rules.ts";

/** Which of the checks a problem belongs to. */
export type CheckName = "chain" | "review_time" | "approvals" | "expected";

export interface Problem {
  readonly check: CheckName;
  /** 1-based place in the file. */
  readonly line: number;
  readonly reason: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** Decisions. */
  readonly entries: number;
  readonly lines: number;
  /** The first 1,000. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  /** The number and hash of the last line, by its own words. */
  readonly head: AuditHead;
  /** The last line before the first chain problem. */
  readonly lastGood: AuditHead;
}

export interface VerifyOptions {
  /** Lines that are known from elsewhere: receipts, cards, the store. */
  readonly expected?: readonly AuditHead[];
  /** Waits a moment when the file ends inside a line. */
  readonly settle?: () => Promise<void>;
}

const MAX_PROBLEMS = 1000;

/** What has been seen so far; one object, since a log may have millions of lines. */
interface Progress {
  readonly problems: Problem[];
  readonly expected: Map<number, string[]>;
  /** The decision's line, by request id. */
  readonly decided: Map<string, AuditHead>;
  readonly entryIds: Set<string>;
  problemCount: number;
  isBroken: boolean;
  line: number;
  entries: number;
  /** Where the file begins to count. */
  origin: AuditHead;
  head: AuditHead;
  lastGood: AuditHead;
}

/** Reads the whole file and gives every problem in order of lines; a broken line does not hide the next one. */
export async function verifyLog(file: Readable, options: VerifyOptions = {}): Promise<VerifyReport> {
  const progress = begin(options.expected ?? []);
  let rest: Buffer = Buffer.alloc(0);
  for await (const batch of readLines(file, options.settle === undefined ? {} : { settle: options.settle })) {
    for (const bytes of batch.lines) checkLine(progress, bytes);
    rest = batch.rest;
  }
  finish(progress, rest);
  const { problems, problemCount, entries, line, head, lastGood } = progress;
  return { ok: problemCount === 0, entries, lines: line, problems, problemCount, head, lastGood };
}

function begin(expected: readonly AuditHead[]): Progress {
  const byNumber = new Map<number, string[]>();
  for (const { number, hash } of expected) byNumber.set(number, [...(byNumber.get(number) ?? []), hash]);
  return {
    problems: [],
    expected: byNumber,
    decided: new Map(),
    entryIds: new Set(),
    problemCount: 0,
    isBroken: false,
    line: 0,
    entries: 0,
    origin: GENESIS,
    head: GENESIS,
    lastGood: GENESIS,
  };
}

function checkLine(progress: Progress, bytes: Buffer): void {
  progress.line += 1;
  if (progress.line === 1) {
    progress.origin = originOf(bytes);
    progress.head = progress.origin;
  }
  const { problems, claimed } = checkLink(bytes, progress.head);
  progress.head = claimed;
  checkExpected(progress, claimed);
  const read = isUtf8(bytes) ? parseLine(bytes.toString("utf8")) : ({ ok: false, reason: "not valid UTF-8" } as const);
  for (const reason of problems) note(progress, "chain", reason);
  // A blank line or one without its hashes is named once, by what the bytes show.
  if (!read.ok && problems.length === 0) note(progress, "chain", read.reason);
  if (read.ok) checkEntry(progress, read.entry);
  if (!progress.isBroken) progress.lastGood = claimed;
}

function checkEntry(progress: Progress, entry: AuditEntry): void {
  if (progress.entryIds.has(entry.entry_id)) note(progress, "chain", `entry_id ${entry.entry_id} stands on two lines`);
  progress.entryIds.add(entry.entry_id);
  checkReference(progress, entry);
  if (entry.entry_type !== "decision") return;
  progress.entries += 1;
  const name = `${entry.action_name} (${entry.entry_id})`;
  for (const reason of reviewTimeProblems(entry)) note(progress, "review_time", `${name}: ${reason}`);
  for (const reason of approvalProblems(entry)) note(progress, "approvals", `${name}: ${reason}`);
}

/** One decision a request; an execution names that decision's line. The decision may stand in a sealed file. */
function checkReference(progress: Progress, entry: AuditEntry): void {
  const id = entry.request_id;
  if (id === undefined) return;
  const decided = progress.decided.get(id);
  if (entry.entry_type === "decision") {
    if (decided !== undefined) note(progress, "chain", `request ${id} was decided before, in entry ${decided.number}`);
    progress.decided.set(id, { number: entry.number, hash: entry.chain_hash });
  }
  if (entry.entry_type !== "execution" || decided === undefined || typeof entry.refers_to !== "number") return;
  if (entry.refers_to !== decided.number || (entry.refers_to_hash ?? decided.hash) !== decided.hash) {
    note(
      progress,
      "chain",
      `refers to entry ${entry.refers_to}, but request ${id} was decided in entry ${decided.number}`,
    );
  }
}

function checkExpected(progress: Progress, claimed: AuditHead): void {
  const number = progress.origin.number + progress.line;
  for (const hash of progress.expected.get(number) ?? []) {
    if (hash !== claimed.hash) {
      note(progress, "expected", `line ${number} has another hash: expected ${hash}, found ${claimed.hash}`);
    }
  }
  progress.expected.delete(number);
}

function finish(progress: Progress, rest: Buffer): void {
  const last = progress.line;
  if (rest.length > 0) {
    const what = `incomplete: ${rest.length} bytes without a line end (a crash, or a writer at work)`;
    note(progress, "chain", what, last + 1);
  } else if (last === 0) {
    note(progress, "chain", "no entries: the file is empty", 1);
  }
  const before = progress.origin.number;
  for (const number of [...progress.expected.keys()].sort((a, b) => a - b)) {
    const reason =
      number <= before
        ? `the file begins after entry ${before}; entry ${number} stands in the sealed file that line 1 names`
        : `the file ends at line ${before + last}, entry ${number} is missing`;
    note(progress, "expected", reason, number);
  }
}

function note(progress: Progress, check: CheckName, reason: string, line = progress.line): void {
  progress.problemCount += 1;
  if (check === "chain") progress.isBroken = true;
  if (progress.problems.length < MAX_PROBLEMS) progress.problems.push({ check, line, reason });
}
