/** How a store fails: the world's faults, and records that cannot be trusted. Refusals are values and stand in ports.ts. */

/** Stable reasons of a StoreFault; the message says what to do. */
export type StoreFaultCode =
  /** Another process has this state folder. */
  | "locked"
  /** `close` was called before. */
  | "closed"
  /** The disk or the database did not take it, or did not give it. Nothing was half written; may be tried again. */
  | "write_failed"
  | "read_failed"
  | "folder_unsafe"
  | "folder_unusable"
  | "key_missing"
  | "bad_key"
  | "wrong_key"
  /** Records were put back to an older state, or removed, while no service ran. */
  | "rolled_back"
  /** Written by a newer build of this program. */
  | "newer_version"
  /** An audit confirmation that contradicts what the store knows. */
  | "head_conflict";

/** The store as a whole cannot do this now: nothing was recorded. */
export class StoreFault extends Error {
  override readonly name = "StoreFault";
  readonly code: StoreFaultCode;

  constructor(code: StoreFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Stable reasons of a RecordFault. */
export type RecordFaultCode = "newer_version" | "not_authentic" | "missing";

/** One stored record does not verify: what it belongs to is held, never decided and never run. */
export class RecordFault extends Error {
  override readonly name = "RecordFault";
  readonly code: RecordFaultCode;
  /** The record in words, for instance `state 3 of request 01J...`. */
  readonly record: string;
  /** Undefined for a record that belongs to no request. */
  readonly requestId: string | undefined;

  constructor(code: RecordFaultCode, about: { record: string; requestId?: string | undefined }, message: string) {
    super(message);
    this.code = code;
    this.record = about.record;
    this.requestId = about.requestId;
  }
}
