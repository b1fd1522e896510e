/** Reads the entries of an intact log: one by one, filtered, executions joined to their decisions. Stops at a broken line. */
import type { Verdict } from "../engine/model.ts";
import { checkLink, GENESIS } from "./chain.ts";
import { AuditFault } from "./fault.ts";
import { type AuditEntry, type DecisionEntry, type ExecutionEntry, parseLine } from "./line.ts";
import { originOf } from "./origin.ts";
import { type Readable, readLines } from "./read.ts";

/** Which decisions are wanted; an absent member wants all. */
export interface DecisionFilter {
  /** Exactly as in `action_name`. */
  readonly action?: string;
  readonly verdict?: Verdict;
  readonly agent?: string;
  /** Milliseconds since the epoch, compared with `decided_at`. */
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
}

/** Entries of one batch of lines. */
export type EntryBatch = readonly AuditEntry[];

/**
 * All entries in order, in batches, each line checked against the chain. Throws AuditFault `corrupt` at a line that does
 * not verify; an incomplete last line (a writer at work) is left out.
 */
export async function* readEntries(file: Readable): AsyncGenerator<EntryBatch> {
  let head = GENESIS;
  let line = 0;
  for await (const batch of readLines(file)) {
    const entries: AuditEntry[] = [];
    for (const bytes of batch.lines) {
      line += 1;
      if (line === 1) head = originOf(bytes);
      const { problems, claimed } = checkLink(bytes, head);
      const read = parseLine(bytes.toString("utf8"));
      const reason = problems[0] ?? (read.ok ? undefined : read.reason);
      if (reason !== undefined || !read.ok) throw broken(line, reason ?? "unreadable");
      entries.push(read.entry);
      head = claimed;
    }
    yield entries;
  }
}

function broken(line: number, reason: string): AuditFault {
  return new AuditFault("corrupt", `line ${line}: ${reason}. Run \`attesta audit verify\` on this file`, { line });
}

/** True if the decision passes the filter. */
export function isWanted(entry: DecisionEntry, filter: DecisionFilter): boolean {
  const decidedMs = Date.parse(entry.decided_at);
  return (
    (filter.action === undefined || entry.action_name === filter.action) &&
    (filter.verdict === undefined || entry.verdict === filter.verdict) &&
    (filter.agent === undefined || entry.agent_id === filter.agent) &&
    (filter.sinceMs === undefined || decidedMs >= filter.sinceMs) &&
    (filter.untilMs === undefined || decidedMs < filter.untilMs)
  );
}

/** True if the filter wants less than everything. */
export function isFiltering(filter: DecisionFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** What became of a decision, folded from its execution lines. */
export interface ExecutionSummary {
  readonly executed_at: string | null;
  readonly outcome: ExecutionEntry["outcome"];
}

/** By request id. A later line completes an earlier one; a known time or result is never unlearned. */
export async function readExecutions(file: Readable): Promise<ReadonlyMap<string, ExecutionSummary>> {
  const found = new Map<string, ExecutionSummary>();
  for await (const batch of readEntries(file)) {
    for (const entry of batch) {
      const id = entry.request_id;
      if (entry.entry_type === "execution" && id !== undefined) found.set(id, merged(found.get(id), entry));
    }
  }
  return found;
}

function merged(before: ExecutionSummary | undefined, entry: ExecutionEntry): ExecutionSummary {
  const isLess = entry.outcome === "started" && before !== undefined;
  return {
    executed_at: entry.executed_at ?? before?.executed_at ?? null,
    outcome: isLess ? before.outcome : entry.outcome,
  };
}

/** A decision as reports show it: with what became of it. Not a line of the log any more. */
export type JoinedDecision = Omit<DecisionEntry, "executed_at"> & {
  readonly executed_at: string | null;
  /** `not_run` where no execution line stands in the log. */
  readonly outcome: ExecutionSummary["outcome"] | "not_run";
};

/** A decision with its execution. */
export function joined(entry: DecisionEntry, execution: ExecutionSummary | undefined): JoinedDecision {
  return { ...entry, executed_at: execution?.executed_at ?? null, outcome: execution?.outcome ?? "not_run" };
}
