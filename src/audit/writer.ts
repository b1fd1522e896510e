/** The one writer: copies the store's outbox into the log in order, makes it durable, then lets the verdicts go. */
import { createPause } from "../engine/pause.ts";
import type { AuditHead, AuditLog, OutboxRecord, Store } from "../engine/ports.ts";
import { freeDraft } from "../engine/record.ts";
import { RecordFault } from "../engine/store-fault.ts";
import { AuditFault } from "./fault.ts";

export interface WriterDeps {
  readonly store: Store;
  readonly log: AuditLog;
  /** Marks a decision as audited, which releases its verdict. Repeatable. */
  readonly audited: (requestId: string, entry: number, hash: string) => Promise<unknown>;
  /** The disk did not take an entry: nothing is released until it does. Called for every failed try. */
  readonly onFault: (fault: unknown) => void;
}

export interface AuditWriter {
  /** Brings file and store together, then copies until stopped. Throws AuditFault where they contradict each other. */
  start(): Promise<void>;
  /** Copies what is there, then stops. */
  stop(): Promise<void>;
  /** Why nothing is released just now, in words; undefined while entries are taken. */
  trouble(): string | undefined;
}

const BATCH = 1_000;
const IDLE_MS = 500;
const RETRY_MS = 1_000;

/** Copies outbox records to `log` for as long as it runs. */
export function createAuditWriter(deps: WriterDeps): AuditWriter {
  const { store, log } = deps;
  let running = false;
  let failure: string | undefined;
  const pause = createPause();
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe: () => void = () => {};

  async function copy(): Promise<number> {
    const records = await store.outbox(undefined, BATCH);
    if (records.length === 0) return 0;
    const heads = await log.append(records);
    await release(records.map((record, i) => ({ record, head: heads[i] })));
    const [last, head] = [records.at(-1), heads.at(-1)];
    if (last !== undefined && head !== undefined) await store.confirmAudit(last.id, head);
    return records.length;
  }

  async function release(written: readonly { record: OutboxRecord; head: AuditHead | undefined }[]): Promise<void> {
    const marks = written.map(async ({ record, head }) => {
      const { entry_type: type, request_id: id } = record.draft;
      if (type === "decision" && id !== undefined && head !== undefined) await releaseOne(deps, id, head);
    });
    await Promise.all(marks);
  }

  /** After a fault nobody knows how far it got: the file says. */
  async function copyAfresh(): Promise<number> {
    await reconcile(deps);
    return copy();
  }

  async function run(): Promise<void> {
    while (running) {
      try {
        const copied = failure === undefined ? await copy() : await copyAfresh();
        failure = undefined;
        if (copied === 0 && running) await pause.take(IDLE_MS);
      } catch (fault) {
        failure = fault instanceof Error ? fault.message : String(fault);
        deps.onFault(fault);
        if (running) await pause.take(RETRY_MS);
      }
    }
  }

  return {
    async start() {
      await reconcile(deps);
      running = true;
      unsubscribe = store.onChange(() => pause.wake());
      loop = run();
    },
    trouble: () => failure,
    async stop() {
      running = false;
      unsubscribe();
      pause.wake();
      await loop;
      for (;;) {
        const copied = await copyAfresh().catch((fault: unknown) => {
          deps.onFault(fault);
          return 0;
        });
        if (copied === 0) return;
      }
    },
  };
}

/** A request whose record does not verify is held, with an alarm; its line stands, and others go on. */
async function releaseOne(deps: WriterDeps, requestId: string, head: AuditHead): Promise<void> {
  try {
    await deps.audited(requestId, head.number, head.hash);
  } catch (fault) {
    if (!(fault instanceof RecordFault)) throw fault;
    deps.onFault(fault);
  }
}

/**
 * After a crash: lines that are in the file and not confirmed are confirmed; a file that does not hold what the store
 * confirmed is refused. A store without any history adopts the file it is given, and says so in an entry.
 */
async function reconcile(deps: WriterDeps): Promise<void> {
  const { store, log } = deps;
  const [known, file] = [await store.auditHead(), log.head()];
  const lines = await log.since(known);
  if (lines.length === 0) return;
  const waiting = new Set((await store.outbox(undefined, lines.length + 1)).map((record) => record.id));
  const ours = lines.filter((line) => line.outboxId !== undefined);
  if (ours.every((line) => waiting.has(line.outboxId))) {
    for (const line of ours) {
      if (line.decision && line.requestId !== undefined) await releaseOne(deps, line.requestId, line.head);
    }
    const last = ours.at(-1);
    if (last !== undefined) await store.confirmAudit(last.outboxId, file);
    return;
  }
  if (known.number > 0) {
    throw new AuditFault(
      "foreign",
      `the audit log holds entries after ${known.number} that this store never wrote (it ends at ${file.number}): two services may share the file; give each its own audit.path`,
    );
  }
  await store.confirmAudit("0", file);
  await store.note([
    freeDraft("admin", `adopt:${file.number}:${file.hash}`, {
      change: "log_adopted",
      detail: `a store without history continues this log after entry ${file.number}`,
      head_number: file.number,
      head_hash: file.hash,
    }),
  ]);
}
