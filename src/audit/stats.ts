/** Counts over decisions, and approvals that came faster than anybody reads. Pure folds over entries. */
import { LEVELS, type Level, rankOf } from "../engine/model.ts";
import type { AuditEntry, DecisionEntry } from "./line.ts";
import type { ExecutionSummary } from "./query.ts";

/** What counts as a rubber stamp. Defaults as Attesta documents them: 5 seconds, high. */
export interface RubberStampLimits {
  readonly maxSeconds: number;
  readonly minLevel: Level;
}

export const DEFAULT_LIMITS: RubberStampLimits = { maxSeconds: 5, minLevel: "high" };

/** True if people approved this and at least one of them took no time to read. */
export function isRubberStamp(entry: DecisionEntry, limits: RubberStampLimits): boolean {
  if (entry.verdict !== "approved" || entry.approvers.length === 0) return false;
  if (rankOf(entry.risk_level) < rankOf(limits.minLevel)) return false;
  return entry.approvers.some(
    ({ seconds, minimum_seconds }) => seconds <= limits.maxSeconds || seconds < minimum_seconds,
  );
}

/** Counts by a name, in order of first appearance unless begun with names. */
export type Counts = Readonly<Record<string, number>>;

export interface AuditStats {
  readonly lines: number;
  /** Decisions. */
  readonly total: number;
  readonly verdicts: Counts;
  readonly levels: Counts;
  readonly outcomes: Counts;
  readonly refusals: Counts;
  /** Approved by people. */
  readonly reviewed: number;
  readonly averageReviewSeconds: number;
  /** Approved by people at the limits' level or above. */
  readonly stampable: number;
  readonly rubberStamps: number;
  readonly belowMinimum: number;
  readonly ranWithoutReview: number;
  readonly breakGlass: number;
  readonly observed: number;
  readonly recoveries: number;
}

/** A running count; feed it every entry in order, then read the result. */
export function countEntries(executions: ReadonlyMap<string, ExecutionSummary>, limits: RubberStampLimits) {
  const verdicts: Record<string, number> = { approved: 0, denied: 0, timed_out: 0, cancelled: 0 };
  const levels: Record<string, number> = Object.fromEntries(LEVELS.map((level) => [level, 0]));
  const outcomes: Record<string, number> = { succeeded: 0, failed: 0, unknown: 0, started: 0, not_run: 0 };
  const refusals: Record<string, number> = {};
  const counts = { lines: 0, total: 0, reviewed: 0, stampable: 0, rubberStamps: 0, belowMinimum: 0, recoveries: 0 };
  const special = { ranWithoutReview: 0, breakGlass: 0, observed: 0 };
  let reviewSeconds = 0;

  const addApproval = (entry: DecisionEntry) => {
    counts.reviewed += 1;
    reviewSeconds += entry.review_duration_seconds;
    if (rankOf(entry.risk_level) >= rankOf(limits.minLevel)) counts.stampable += 1;
    if (isRubberStamp(entry, limits)) counts.rubberStamps += 1;
    if (entry.approvers.some(({ seconds, minimum_seconds }) => seconds < minimum_seconds)) counts.belowMinimum += 1;
  };
  const addDecision = (entry: DecisionEntry) => {
    counts.total += 1;
    raise(verdicts, entry.verdict);
    raise(levels, entry.risk_level);
    if (entry.released) raise(outcomes, executions.get(entry.request_id ?? "")?.outcome ?? "not_run");
    if (entry.verdict === "approved" && entry.approvers.length > 0) addApproval(entry);
    if (entry.ran_without_review === true) special.ranWithoutReview += 1;
    if (entry.decided_by === "break_glass") special.breakGlass += 1;
    if (entry.mode === "observe") special.observed += 1;
  };
  return {
    add(entry: AuditEntry): void {
      counts.lines += 1;
      if (entry.entry_type === "decision") addDecision(entry);
      if (entry.entry_type === "refusal") raise(refusals, entry.refusal);
      if (entry.entry_type === "recovered") counts.recoveries += 1;
    },
    result(): AuditStats {
      const averageReviewSeconds = counts.reviewed === 0 ? 0 : reviewSeconds / counts.reviewed;
      return { ...counts, ...special, verdicts, levels, outcomes, refusals, averageReviewSeconds };
    },
  };
}

function raise(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
