/** Appends lines in order, makes them durable, goes back when the disk fails. Opens no files and knows no store. */
import type { AuditHead, AuditLog, OutboxRecord } from "../engine/ports.ts";
import { encodeLine, type LineSource } from "./chain.ts";
import { AuditFault } from "./fault.ts";
import type { Readable } from "./read.ts";
import { linesSince } from "./since.ts";

/** The file under the log; a fake one stands in for a disk that fails. */
export interface LogFile extends Readable {
  /** `isInPlace`: the path still leads to this file. */
  state(): Promise<{ readonly sizeBytes: number; readonly isInPlace: boolean }>;
  /** Writes all bytes at the end, or throws having written any part of them. */
  append(bytes: Buffer): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Returns when everything is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface AppenderStart {
  /** For messages. */
  readonly path: string;
  readonly file: LogFile;
  readonly head: AuditHead;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch, for `written_at`. */
  readonly now: () => number;
}

/** An audit log that can also write lines of its own, which come from no outbox. */
export interface Appender extends AuditLog {
  note(sources: readonly LineSource[]): Promise<readonly AuditHead[]>;
}

/** Goes on where `start` says that the file ends. Calls are served one after the other. */
export function createAppender(start: AppenderStart): Appender {
  let { head, sizeBytes } = start;
  let isDirty = false;
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  };
  const goBack = async () => {
    await start.file.truncate(sizeBytes);
    await start.file.sync();
    isDirty = false;
  };
  const write = async (sources: readonly LineSource[]): Promise<readonly AuditHead[]> => {
    if (isClosed) throw closedFault(start.path);
    if (sources.length === 0) return [];
    const batch = encodeBatch(head, sources, start.now());
    try {
      if (isDirty) await goBack();
      await checkInPlace(start, sizeBytes);
      isDirty = true;
      await start.file.append(batch.bytes);
      await start.file.sync();
      isDirty = false;
    } catch (cause) {
      if (cause instanceof AuditFault) throw cause;
      // Should this fail too, the next append tries it again before it writes.
      if (isDirty) await goBack().catch(() => undefined);
      throw diskFault(start.path, cause);
    }
    sizeBytes += batch.bytes.length;
    head = batch.heads.at(-1) ?? head;
    return batch.heads;
  };
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await start.file.close();
  };

  return {
    head: () => head,
    append: (records: readonly OutboxRecord[]) => inTurn(() => write(records)),
    note: (sources) => inTurn(() => write(sources)),
    since: (from) =>
      inTurn(async () => {
        if (isClosed) throw closedFault(start.path);
        return linesSince({ ...start, head, sizeBytes }, from);
      }),
    close: () => inTurn(close),
  };
}

function encodeBatch(from: AuditHead, sources: readonly LineSource[], nowMs: number) {
  const parts: Buffer[] = [];
  const heads: AuditHead[] = [];
  let head = from;
  for (const source of sources) {
    const line = encodeLine(head, source, nowMs);
    parts.push(line.bytes);
    heads.push(line.head);
    head = line.head;
  }
  return { bytes: Buffer.concat(parts), heads };
}

/** The last guard against a second hand: another container, logrotate, an editor. */
async function checkInPlace(start: AppenderStart, sizeBytes: number): Promise<void> {
  const state = await start.file.state();
  if (!state.isInPlace) {
    throw new AuditFault("foreign", `${start.path} was moved or deleted while it was open: put it back, then restart`);
  }
  if (state.sizeBytes !== sizeBytes) {
    throw new AuditFault(
      "foreign",
      `${start.path} has ${state.sizeBytes} bytes, this process left ${sizeBytes}: something else changed it. ` +
        "Nothing more is written; find out what it was, run `attesta audit verify`, then restart",
    );
  }
}

function closedFault(path: string): AuditFault {
  return new AuditFault("closed", `${path}: the audit log is closed`);
}

/** A disk that did not take the lines, with what to do. */
export function diskFault(path: string, cause: unknown): AuditFault {
  const why = cause instanceof Error ? cause.message : "unknown error";
  return new AuditFault(
    "disk",
    `${path} could not be written (${why}): nothing was kept; free space or mend the disk`,
    {
      cause,
    },
  );
}
