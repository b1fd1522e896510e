/** What to do with bytes after the last line end: cut a torn write, refuse a file that is not a log. Pure. */
import { hash } from "node:crypto";
import type { AuditHead } from "../engine/ports.ts";
import type { LineSource } from "./chain.ts";
import { AuditFault } from "./fault.ts";

export interface Recovered {
  readonly droppedBytes: number;
  /** Hex, of the dropped bytes. */
  readonly droppedSha256: string;
}

/** What was torn; undefined when the file ends with a line. Throws AuditFault `corrupt` for a file that never was a log. */
export function judgeTail(path: string, head: AuditHead, tail: Buffer): Recovered | undefined {
  if (tail.length === 0) return undefined;
  if (head.number === 0 && !beginsLikeALog(tail)) {
    throw new AuditFault("corrupt", `${path} is not an audit log: set audit.path to a new file; nothing was changed`, {
      line: 1,
    });
  }
  return { droppedBytes: tail.length, droppedSha256: hash("sha256", tail, "hex") };
}

/** A torn first line is a beginning of one, perhaps with the NUL bytes that a power failure leaves. */
function beginsLikeALog(tail: Buffer): boolean {
  const expected = Buffer.from('{"number":1,', "latin1");
  const end = tail.indexOf(0);
  const written = end === -1 ? tail : tail.subarray(0, end);
  const length = Math.min(written.length, expected.length);
  return written.subarray(0, length).equals(expected.subarray(0, length));
}

/** The entry that reports a cut tail. */
export function recoveredEntry(recovered: Recovered): LineSource {
  const { droppedBytes, droppedSha256 } = recovered;
  return {
    draft: {
      entry_type: "recovered",
      body: {
        entry_id: `aud_${droppedSha256.slice(0, 16)}`,
        dropped_bytes: droppedBytes,
        dropped_sha256: droppedSha256,
      },
    },
  };
}
