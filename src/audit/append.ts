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

/** How far the file is good. `isDirty`: something may stand after it that must be cut first. */
interface Tail {
  head: AuditHead;
  sizeBytes: number;
  isDirty: boolean;
}

/** Goes on where `start` says that the file ends. Calls are served one after the other. */
export function createAppender(start: AppenderStart): Appender {
  const tail: Tail = { head: start.head, sizeBytes: start.sizeBytes, isDirty: false };
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  };
  const whileOpen = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(() => {
      if (isClosed) throw new AuditFault("closed", `${start.path}: the audit log is closed`);
      return work();
    });
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await start.file.close();
  };

  return {
    head: () => tail.head,
    append: (records: readonly OutboxRecord[]) => whileOpen(() => write(start, tail, records)),
    note: (sources) => whileOpen(() => write(start, tail, sources)),
    since: (from) => whileOpen(() => linesSince({ ...start, ...tail }, from)),
    close: () => inTurn(close),
  };
}

async function write(start: AppenderStart, tail: Tail, sources: readonly LineSource[]): Promise<readonly AuditHead[]> {
  if (sources.length === 0) return [];
  const batch = encodeBatch(tail.head, sources, start.now());
  try {
    if (tail.isDirty) await goBack(start, tail);
    await checkInPlace(start, tail.sizeBytes);
    tail.isDirty = true;
    await start.file.append(batch.bytes);
    await start.file.sync();
    tail.isDirty = false;
  } catch (cause) {
    if (cause instanceof AuditFault) throw cause;
    // Should this fail too, the next append tries it again before it writes.
    if (tail.isDirty) await goBack(start, tail).catch(() => undefined);
    throw diskFault(start.path, cause);
  }
  tail.sizeBytes += batch.bytes.length;
  tail.head = batch.heads.at(-1) ?? tail.head;
  return batch.heads;
}

async function goBack({ file }: AppenderStart, tail: Tail): Promise<void> {
  await file.truncate(tail.sizeBytes);
  await file.sync();
  tail.isDirty = false;
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
