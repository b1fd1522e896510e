/** Decisions as JSON, JSON lines or CSV text. Reports, not evidence: the chain can only be verified in the log itself. */
import type { JoinedDecision } from "./query.ts";

export const EXPORT_FORMATS = ["json", "jsonl", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The published members in their published order; the rest follows as in the log. */
const PUBLISHED = [
  "entry_id",
  "chain_hash",
  "previous_hash",
  "action_name",
  "action_description",
  "agent_id",
  "risk_score",
  "risk_level",
  "challenge_type",
  "challenge_passed",
  "approver_ids",
  "verdict",
  "review_duration_seconds",
  "min_review_met",
  "intercepted_at",
  "decided_at",
  "executed_at",
  "session_id",
  "environment",
  "metadata",
] as const satisfies readonly (keyof JoinedDecision)[];

/** The first ten are Attesta's own columns, in its order; then what they leave out. */
const COLUMNS = [
  "entry_id",
  "intercepted_at",
  "action_name",
  "risk_score",
  "risk_level",
  "challenge_type",
  "verdict",
  "agent_id",
  "review_duration_seconds",
  "chain_hash",
  "decided_at",
  "executed_at",
  "outcome",
  "action_description",
  "environment",
  "mode",
  "decided_by",
  "released",
  "ran_without_review",
  "challenge_passed",
  "approver_ids",
  "min_review_met",
  "requester",
  "owner",
  "reason",
  "comment",
  "session_id",
  "request_id",
  "digest",
  "policy_digest",
  "compliance_refs",
  "number",
  "metadata",
] as const satisfies readonly (keyof JoinedDecision)[];

/** A writer of one format: text before, for each decision, and after. */
export interface ExportWriter {
  readonly head: string;
  row(entry: JoinedDecision, index: number): string;
  tail(count: number): string;
}

/** How to write decisions in a format. */
export function exportWriter(format: ExportFormat): ExportWriter {
  switch (format) {
    case "json":
      return {
        head: "[",
        row: (entry, index) => `${index === 0 ? "" : ","}\n${indented(JSON.stringify(ordered(entry), undefined, 2))}`,
        tail: (count) => (count === 0 ? "]\n" : "\n]\n"),
      };
    case "jsonl":
      return { head: "", row: (entry) => `${JSON.stringify(ordered(entry))}\n`, tail: () => "" };
    case "csv":
      return {
        head: csvRow(COLUMNS),
        row: (entry) => csvRow(COLUMNS.map((column) => cellText(entry[column]))),
        tail: () => "",
      };
  }
}

function ordered(entry: JoinedDecision): object {
  const first = PUBLISHED.map((key) => [key, entry[key]] as const);
  const names: readonly string[] = PUBLISHED;
  return Object.fromEntries([...first, ...Object.entries(entry).filter(([key]) => !names.includes(key))]);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return harmless(value);
  if (Array.isArray(value)) return harmless(value.join("; "));
  return harmless(JSON.stringify(value));
}

/** Source: OWASP, CSV Injection. The full-width forms are taken for the plain ones by some spreadsheets. */
const FORMULA_BEGINNINGS: readonly string[] = [..."=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"];

/** A text that no spreadsheet takes for a formula: one that begins like it, spaces aside, gets a `'` before it. */
export function harmless(text: string): string {
  const isFormula = [text.charAt(0), text.trimStart().charAt(0)].some((first) => FORMULA_BEGINNINGS.includes(first));
  return isFormula ? `'${text}` : text;
}

/** One row after RFC 4180: quoted where needed, ended by CRLF. */
function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`;
}
