/** Many writes, one fsync: all steps of one turn of the event loop run in one transaction. It knows no tables. */
import { StoreFault } from "../engine/store-fault.ts";
import type { Newest } from "./newest.ts";
import { closedFault } from "./reader.ts";
import { type Connection, isSqliteError } from "./schema.ts";

/** More steps than this wait for the next turn, so that a burst does not hold the event loop for long. */
const LARGEST_GROUP = 512;

/** Runs synchronously inside the transaction and sees what earlier steps of its group wrote. Throwing undoes this step only. */
export type Step<T> = (afterCommit: (notify: () => void) => void) => T;

/** Writes that share a transaction. */
export interface Group {
  /** Resolves after COMMIT; rejects with what the step threw, or with StoreFault `write_failed` when nothing was written. */
  run<T>(step: Step<T>): Promise<T>;
  /** Commits what waits and the last write, now; afterwards `run` rejects with StoreFault `closed`. */
  close(): void;
}

interface Waiting {
  /** Gives what to call after COMMIT. */
  readonly perform: () => () => void;
  readonly reject: (cause: unknown) => void;
}

/** What a group commits through. */
export interface GroupDeps {
  readonly db: Connection;
  /** The last write of each transaction. */
  readonly beforeCommit: () => void;
  /** What is remembered beside the database, and goes back with what is undone there. */
  readonly memory: Pick<Newest, "savepoint" | "undoTo" | "settle">;
}

/** A group commit over this connection, which nobody else may write through. */
export function createGroup(deps: GroupDeps): Group {
  let waiting: Waiting[] = [];
  let isClosed = false;

  const flushTurn = (): void => {
    if (waiting.length > 0) flush();
  };
  const flush = (): void => {
    const group = waiting.slice(0, LARGEST_GROUP);
    waiting = waiting.slice(LARGEST_GROUP);
    if (waiting.length > 0 && !isClosed) setImmediate(flushTurn);
    for (const settle of commitGroup(deps, group)) settle();
  };

  const run = <T>(step: Step<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (isClosed) {
        reject(closedFault());
        return;
      }
      if (waiting.length === 0) setImmediate(flushTurn);
      waiting.push({ perform: () => performed(step, resolve), reject });
    });

  const close = (): void => {
    isClosed = true;
    do flush();
    while (waiting.length > 0);
  };
  return { run, close };
}

function performed<T>(step: Step<T>, resolve: (value: T) => void): () => void {
  const notices: (() => void)[] = [];
  const value = step((notify) => notices.push(notify));
  return () => {
    resolve(value);
    for (const notify of notices) notify();
  };
}

function commitGroup(deps: GroupDeps, group: readonly Waiting[]): readonly (() => void)[] {
  const { db, memory } = deps;
  try {
    db.exec("BEGIN IMMEDIATE");
    const settled = group.map((step) => attempt(deps, step));
    deps.beforeCommit();
    db.exec("COMMIT");
    memory.settle();
    return settled;
  } catch (cause) {
    memory.undoTo(0);
    if (db.inTransaction) db.exec("ROLLBACK");
    const fault = asFault(cause);
    return group.map((step) => () => step.reject(fault));
  }
}

/** One step in its own savepoint. Throws only when the whole transaction is lost. */
function attempt({ db, memory }: GroupDeps, { perform, reject }: Waiting): () => void {
  db.exec("SAVEPOINT step");
  const savepoint = memory.savepoint();
  try {
    const settle = perform();
    db.exec("RELEASE step");
    return settle;
  } catch (cause) {
    if (!db.inTransaction) throw cause;
    memory.undoTo(savepoint);
    db.exec("ROLLBACK TO step");
    db.exec("RELEASE step");
    return () => reject(isSqliteError(cause) ? asFault(cause) : cause);
  }
}

function asFault(cause: unknown): StoreFault {
  if (cause instanceof StoreFault) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreFault(
    "write_failed",
    `the state database did not take the change (${why}): nothing was recorded. Check the disk of the state folder, then try again`,
    cause,
  );
}
