/** Reads a log in large pieces and gives whole lines. Judges nothing. */
import { cutLines, MAX_LINE_BYTES } from "./chain.ts";
import { AuditFault } from "./fault.ts";

/** Source of the size: 4 MiB pieces read a warm file at the speed of hashing (measured). */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** The first piece; each is twice the one before, so that a small log costs little. */
const FIRST_CHUNK_BYTES = 64 * 1024;
const SETTLE_TRIES = 5;

/** What can be read at a position; a FileHandle is one. */
export interface Readable {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

export interface LineBatch {
  /** Whole lines without their line ends, as views that stay valid. */
  readonly lines: readonly Buffer[];
  /** What stands after the last line end so far; in the last batch: an incomplete last line. */
  readonly rest: Buffer;
}

export interface ReadOptions {
  /** Read no further than this many bytes. */
  readonly endBytes?: number;
  /** Waits a moment when the file ends inside a line, since a writer may be at work; then it is read on. */
  readonly settle?: () => Promise<void>;
}

/** All lines of a log in order, in batches; the last batch always comes, even of an empty file. */
export async function* readLines(file: Readable, options: ReadOptions = {}): AsyncGenerator<LineBatch> {
  const end = options.endBytes ?? Number.POSITIVE_INFINITY;
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  let tries = 0;
  let chunkBytes = FIRST_CHUNK_BYTES;
  while (true) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - position));
    chunkBytes = Math.min(chunkBytes * 2, CHUNK_BYTES);
    const { bytesRead } = chunk.length === 0 ? { bytesRead: 0 } : await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) {
      if (rest.length === 0 || options.settle === undefined || tries === SETTLE_TRIES) break;
      tries += 1;
      await options.settle();
      continue;
    }
    position += bytesRead;
    const cut = cutLines(Buffer.concat([rest, chunk.subarray(0, bytesRead)]));
    rest = cut.rest;
    if (cut.lines.length > 0) tries = 0;
    if (rest.length > MAX_LINE_BYTES) {
      throw new AuditFault("corrupt", `a line longer than ${MAX_LINE_BYTES} bytes: this is not an audit log`);
    }
    yield { lines: cut.lines, rest };
  }
  yield { lines: [], rest };
}
