/** Reads one line of the audit log: JSON without duplicate keys, members of its entry type only. Chains nothing. */
import { z } from "zod";
import { duplicateKey } from "./duplicate-key.ts";
import { admin, decision, execution, frame, recovered, refusal } from "./entries.ts";

const LINE = z.discriminatedUnion("entry_type", [decision, execution, refusal, admin, recovered]);

export type DecisionEntry = z.infer<typeof decision>;
export type ExecutionEntry = z.infer<typeof execution>;
export type AdminEntry = z.infer<typeof admin>;
export type AuditEntry = z.infer<typeof LINE>;

/** Keys that the log writes itself; a draft's body must not have them. */
export const RESERVED_KEYS: readonly string[] = [...Object.keys(frame), "entry_type"];

const own = (schema: { readonly shape: object }): readonly string[] =>
  Object.keys(schema.shape).filter((key) => !RESERVED_KEYS.includes(key));

/** Which keys a draft's body may have, by entry type; any other key is refused when writing and fails verification. */
export const ENTRY_KEYS = {
  decision: own(decision),
  execution: own(execution),
  refusal: own(refusal),
  admin: own(admin),
  recovered: own(recovered),
} as const;

export type ParsedLine =
  | { readonly ok: true; readonly entry: AuditEntry }
  | { readonly ok: false; readonly reason: string };

/** The entry in one line (without its line end), or why it is none. Any text may be given. */
export function parseLine(text: string): ParsedLine {
  let value: unknown;
  let isCanonical = false;
  try {
    value = JSON.parse(text);
    // What JSON.stringify gives never has a duplicate key: an equal text needs no scan.
    isCanonical = JSON.stringify(value) === text;
  } catch (error) {
    return { ok: false, reason: `not JSON (${error instanceof Error ? error.message : "unreadable"})` };
  }
  const twice = isCanonical ? undefined : duplicateKey(text);
  if (twice !== undefined) return { ok: false, reason: `key ${JSON.stringify(twice)} stands twice in one object` };
  return checkEntry(value);
}

/** The entry that a value is, or why it is none; for values that have not been text, or are known to be sound as text. */
export function checkEntry(value: unknown): ParsedLine {
  const read = LINE.safeParse(value);
  return read.success ? { ok: true, entry: read.data } : { ok: false, reason: firstIssue(read.error) };
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "not a known entry";
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  return `${issue.path.join(".") || "entry"}: ${issue.message}${more}`;
}
