/** Sets a broken log aside, untouched, and begins a new file that says so in its first line. Mends nothing. */
import { createHash } from "node:crypto";
import { type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { JsonObject } from "../engine/json.ts";
import type { AuditHead } from "../engine/ports.ts";
import { encodeLine, GENESIS, type LineSource } from "./chain.ts";
import { AuditFault, errnoOf } from "./fault.ts";
import { syncFolder } from "./file.ts";
import { openLocked } from "./lock.ts";
import { originAfter } from "./origin.ts";
import { type VerifyReport, verifyLog } from "./verify.ts";

export interface SealOrder {
  readonly path: string;
  /** Who ordered it. */
  readonly by: string;
  /** What the store had confirmed, where the file does not hold it. */
  readonly storeHead?: AuditHead;
  readonly now: () => number;
}

export type SealOutcome =
  /** `keptAs`: where the broken file is now; undefined where there was none. */
  | { readonly ok: true; readonly keptAs: string | undefined; readonly head: AuditHead; readonly lastGood: AuditHead }
  /** `intact`: nothing is broken. `torn`: only the last line is incomplete, which the next start mends by itself. */
  | { readonly ok: false; readonly why: "intact" | "torn" | "no_file" };

/** What a seal says about the file it sets aside. */
interface Broken {
  readonly file: string | undefined;
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
  readonly report: VerifyReport | undefined;
}

/** Seals the log at `path`. Throws AuditFault `locked` while a writer has it. The broken bytes are never changed. */
export async function sealLog(order: SealOrder): Promise<SealOutcome> {
  const path = resolve(order.path);
  const locked = await openLocked(path, false).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  try {
    const report = locked === undefined ? undefined : await verifyLog(locked.handle);
    const refused = refusal(report, order.storeHead);
    if (refused !== undefined) return { ok: false, why: refused };
    const keptAs = locked === undefined ? undefined : await freeName(path);
    const broken: Broken = {
      file: keptAs === undefined ? undefined : basename(keptAs),
      sizeBytes: locked === undefined ? 0 : (await locked.handle.stat()).size,
      sha256: locked === undefined ? undefined : await sha256Of(locked.handle),
      report,
    };
    const first = firstLine(order, broken);
    await replace(path, keptAs, first.bytes);
    return { ok: true, keptAs, head: first.head, lastGood: report?.lastGood ?? GENESIS };
  } finally {
    await locked?.close();
  }
}

/** A named store head is reason enough: then it is the file's end that is missing. */
function refusal(report: VerifyReport | undefined, storeHead: AuditHead | undefined) {
  if (storeHead !== undefined) return undefined;
  if (report === undefined || report.lines === 0) return "no_file";
  const broken = report.problems.filter((problem) => problem.check === "chain");
  if (broken.length === 0) return "intact";
  return broken.every((problem) => problem.line > report.lines) ? "torn" : undefined;
}

function firstLine(order: SealOrder, broken: Broken) {
  const problem = broken.report?.problems.find(({ check }) => check === "chain");
  const sealed = {
    file: broken.file ?? null,
    size_bytes: broken.sizeBytes,
    sha256: broken.sha256 ?? null,
    last_good: plain(broken.report?.lastGood ?? GENESIS),
    end: plain(broken.report?.head ?? GENESIS),
    ...(order.storeHead === undefined ? {} : { store_head: plain(order.storeHead) }),
    break_line: problem?.line ?? null,
    break_reason: problem?.reason ?? "the store had confirmed a line that is not in this file",
    ordered_by: order.by,
  };
  const nowMs = order.now();
  const source: LineSource = {
    atMs: nowMs,
    draft: { entry_type: "admin", body: { entry_id: sealId(sealed, nowMs), change: "sealed", sealed } },
  };
  return encodeLine(originAfter(sealed), source, nowMs);
}

function plain({ number, hash }: AuditHead) {
  return { number, hash };
}

function sealId(sealed: JsonObject, nowMs: number): string {
  const hash = createHash("sha256").update(`${nowMs}:${JSON.stringify(sealed)}`);
  return `aud_${hash.digest("hex").slice(0, 16)}`;
}

/** The new file is whole on the disk before the old one gets its other name. */
async function replace(path: string, keptAs: string | undefined, bytes: Buffer): Promise<void> {
  const fresh = `${path}.new-${process.pid}`;
  try {
    await writeDurably(fresh, bytes);
    if (keptAs !== undefined) await link(path, keptAs);
    await rename(fresh, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(fresh, { force: true });
    throw new AuditFault("path", `${path} could not be sealed (${cause instanceof Error ? cause.message : "?"})`, {
      cause,
    });
  }
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const name = `${path}.broken-${n}`;
    const isTaken = await stat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return name;
  }
}

async function sha256Of(handle: FileHandle): Promise<string> {
  const sum = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return sum.digest("hex");
    sum.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
