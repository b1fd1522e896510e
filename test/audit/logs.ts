/** Whole logs for tests: in a folder that goes away, in memory, as lines; and what a forger makes of them. Not a test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAppender, type LogFile } from "../../src/audit/append.ts";
import { type VerifyOptions, type VerifyReport, verifyLog } from "../../src/audit/verify.ts";
import type { AuditDraft, AuditHead } from "../../src/engine/ports.ts";
import {
  decisionBody,
  deniedBody,
  draft,
  hex64,
  lowBody,
  records,
  refusalDraft,
  START_MS,
  startDraft,
} from "./fixtures.ts";

/** An empty folder for one test. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "attesta-audit-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file in memory whose disk can fail: it takes `room` bytes in all, then says ENOSPC having written a part. */
export function memoryFile(): LogFile & {
  bytes: Buffer;
  room: number;
  failSync: boolean;
  failTruncate: boolean;
  isInPlace: boolean;
} {
  const disk = {
    bytes: Buffer.alloc(0) as Buffer,
    room: Number.POSITIVE_INFINITY,
    failSync: false,
    failTruncate: false,
    isInPlace: true,
    read: async (buffer: Buffer, offset: number, length: number, position: number) => ({
      bytesRead: disk.bytes.copy(buffer, offset, position, position + length),
    }),
    state: async () => ({ sizeBytes: disk.bytes.length, isInPlace: disk.isInPlace }),
    append: async (bytes: Buffer) => {
      const taken = Math.max(0, Math.min(bytes.length, disk.room - disk.bytes.length));
      disk.bytes = Buffer.concat([disk.bytes, bytes.subarray(0, taken)]);
      if (taken < bytes.length) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    },
    truncate: async (size: number) => {
      if (disk.failTruncate) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      disk.bytes = disk.bytes.subarray(0, size);
    },
    sync: async () => {
      if (disk.failSync) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    },
    close: async () => {},
  };
  return disk;
}

/** The lines of a small log: a start, two decisions, a refusal, an execution, a start. Without line ends. */
export async function sampleLines(): Promise<readonly string[]> {
  return encoded([
    startDraft("a"),
    draft("decision", "REQ1", lowBody("REQ1")),
    draft("decision", "REQ2", decisionBody("REQ2")),
    refusalDraft("REQ2", "command-1"),
    draft("decision", "REQ3", deniedBody("REQ3")),
    startDraft("b"),
  ]);
}

/** Drafts as lines, chained by the log's own code. */
export async function encoded(drafts: readonly AuditDraft[]): Promise<readonly string[]> {
  const file = memoryFile();
  const appender = createAppender({
    path: "memory",
    file,
    head: { number: 0, hash: "0".repeat(64) },
    sizeBytes: 0,
    now: () => START_MS,
  });
  await appender.append(records(drafts));
  return file.bytes.toString("utf8").trimEnd().split("\n");
}

/** Verifies bytes as `attesta audit verify` would. */
export async function verifyBytes(bytes: string | Buffer, options: VerifyOptions = {}): Promise<VerifyReport> {
  const file = memoryFile();
  file.bytes = Buffer.from(bytes);
  return verifyLog(file, options);
}

export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** What somebody does who can write the file and knows the format: numbers and hashes made anew. */
export function rehashed(lines: readonly string[]): readonly string[] {
  let previous = "0".repeat(64);
  return lines.map((line, index) => {
    const body = line
      .slice(0, line.lastIndexOf(',"previous_hash":"'))
      .replace(/^\{"number":\d+,/, `{"number":${index + 1},`);
    const hashedPart = `${body},"previous_hash":"${previous}"`;
    previous = hex64(hashedPart);
    return `${hashedPart},"chain_hash":"${previous}"}`;
  });
}

/** The number and hash of a line, as a receipt would carry them. */
export function headOf(line: string): AuditHead {
  const number = Number(/^\{"number":(\d+),/.exec(line)?.[1]);
  return { number, hash: line.slice(-66, -2) };
}
