/** How the audit log fails: one error type with a stable code. Not for refusals, which are values. */

/**
 * `locked`: another writer has the file. `corrupt`: a line does not verify. `disk`: the disk did not take it.
 * `path`: the file cannot be used. `head`: file and store disagree about its end. `foreign`: somebody else
 * changed the file. `behind`: the file ends before what the store confirmed. `closed`: used after close.
 */
export type AuditFaultCode = "locked" | "corrupt" | "disk" | "path" | "head" | "behind" | "foreign" | "closed";

/** Thrown by the audit log; nothing may be released while it stands. `line` is 1-based. */
export class AuditFault extends Error {
  readonly code: AuditFaultCode;
  readonly line: number | undefined;
  constructor(
    code: AuditFaultCode,
    message: string,
    details: { readonly cause?: unknown; readonly line?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AuditFault";
    this.code = code;
    this.line = details.line;
  }
}

/** The errno name of a system error, such as ENOSPC; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
