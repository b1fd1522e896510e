/** Opens the log file of one writer: folder, lock, chain check, torn tail. What is written later is append.ts's business. */
import { mkdir, open, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AuditHead, AuditLog } from "../engine/ports.ts";
import { type Appender, createAppender, diskFault, type LogFile } from "./append.ts";
import { checkLink, GENESIS } from "./chain.ts";
import { AuditFault, errnoOf } from "./fault.ts";
import { type LockedFile, openLocked } from "./lock.ts";
import { originOf } from "./origin.ts";
import { readLines } from "./read.ts";
import { judgeTail, type Recovered, recoveredEntry } from "./recover.ts";

export interface OpenAuditLog {
  readonly path: string;
  /** Milliseconds since the epoch, for `written_at`. */
  readonly now: () => number;
  /** False: a torn last line is a fault instead of being cut and reported. Default true. */
  readonly recover?: boolean;
  /** Stands between the log and its file; for a disk that fails in a test. */
  readonly wrap?: (file: LogFile) => LogFile;
}

/** An open log. `recovered` is set when opening cut a torn last line, which the log's newest line reports. */
export type OpenedAuditLog = AuditLog & { readonly recovered?: Recovered & { readonly head: AuditHead } };

/**
 * The log at `path`, created if there is none, with its whole chain checked. Throws AuditFault: `locked` (another
 * process has it), `corrupt` (with the line), `path` (cannot be used), `disk`.
 */
export async function openAuditLog(options: OpenAuditLog): Promise<OpenedAuditLog> {
  const path = resolve(options.path);
  const locked = await openFile(path);
  const file = (options.wrap ?? ((plain) => plain))(asLogFile(path, locked));
  try {
    return await start(path, file, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function start(path: string, file: LogFile, options: OpenAuditLog): Promise<OpenedAuditLog> {
  const end = await checkChain(path, file);
  const torn = judgeTail(path, end.head, end.tail);
  if (torn !== undefined && options.recover === false) {
    throw new AuditFault("corrupt", `${path}: line ${end.head.number + 1} is incomplete (${torn.droppedBytes} bytes)`, {
      line: end.head.number + 1,
    });
  }
  if (torn !== undefined) await cut(path, file, end.sizeBytes);
  const appender = createAppender({ path, file, head: end.head, sizeBytes: end.sizeBytes, now: options.now });
  return torn === undefined ? asLog(appender) : report(appender, torn);
}

async function report(appender: Appender, torn: Recovered): Promise<OpenedAuditLog> {
  const [head] = await appender.note([recoveredEntry(torn)]);
  return { ...asLog(appender), recovered: { ...torn, head: head ?? appender.head() } };
}

function asLog({ head, append, since, close }: Appender): AuditLog {
  return { head, append, since, close };
}

async function cut(path: string, file: LogFile, sizeBytes: number): Promise<void> {
  try {
    await file.truncate(sizeBytes);
    await file.sync();
  } catch (cause) {
    throw diskFault(path, cause);
  }
}

/** The end of the good lines, and what stands after it. Throws AuditFault `corrupt` at the first line that is not good. */
export async function checkChain(
  path: string,
  file: Pick<LogFile, "read">,
): Promise<{ readonly head: AuditHead; readonly sizeBytes: number; readonly tail: Buffer }> {
  let head = GENESIS;
  let line = 0;
  let sizeBytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const batch of readLines(file)) {
    for (const bytes of batch.lines) {
      line += 1;
      if (line === 1) head = originOf(bytes);
      const { problems, claimed } = checkLink(bytes, head);
      if (problems.length > 0) throw corrupt(path, line, problems);
      head = claimed;
      sizeBytes += bytes.length + 1;
    }
    tail = batch.rest;
  }
  return { head, sizeBytes, tail };
}

function corrupt(path: string, line: number, problems: readonly string[]): AuditFault {
  const message =
    `${path}: line ${line}: ${problems.join("; ")}. Nothing is approved while the log is broken: restore the file, or ` +
    `run \`attesta audit verify ${path}\` and then \`attesta audit seal ${path} --by WHO\``;
  return new AuditFault("corrupt", message, { line });
}

async function openFile(path: string): Promise<LockedFile> {
  try {
    const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const locked = await openLocked(path, true);
    if (locked.created) await syncFolder(dirname(path));
    if (made !== undefined) await syncFolder(dirname(made));
    return locked;
  } catch (error) {
    throw error instanceof AuditFault ? error : openFault(path, error);
  }
}

function openFault(path: string, cause: unknown): AuditFault {
  const errno = errnoOf(cause);
  if (errno === "ENOSPC" || errno === "EDQUOT" || errno === "EIO") return diskFault(path, cause);
  const why = cause instanceof Error ? cause.message : "unknown error";
  return new AuditFault(
    "path",
    `the audit log ${path} cannot be opened for writing (${why}): set audit.path to a file in a folder that this ` +
      "user may write",
    { cause },
  );
}

/** Makes a new name in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asLogFile(path: string, { handle, close }: LockedFile): LogFile {
  return {
    close,
    read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    sync: () => handle.datasync(),
    append: async (bytes) => {
      let written = 0;
      while (written < bytes.length) {
        written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
      }
    },
    state: async () => {
      const here = await handle.stat({ bigint: true });
      const there = await stat(path, { bigint: true }).catch(() => undefined);
      return { sizeBytes: Number(here.size), isInPlace: there?.ino === here.ino && there.dev === here.dev };
    },
  };
}
