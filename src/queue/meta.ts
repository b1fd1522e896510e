/** The two records a state folder always holds: the audit head, and what each transaction writes last. They prove the key, too. */
import * as z from "zod";
import { RecordFault, StoreFault } from "../engine/store-fault.ts";
import { allRows } from "./all-rows.ts";
import { HEAD, LATEST, type Latest, missing, openHead, openLatest, seal } from "./codec.ts";
import type { Newest } from "./newest.ts";
import { NO_HEAD } from "./outbox.ts";
import type { Core } from "./request-rows.ts";
import { type Connection, createTables } from "./schema.ts";

const rowsShape = z.array(z.object({ name: z.string(), body: z.string() }));

/** Makes the tables of a new folder with their first records. */
export function createMeta(db: Connection, key: Buffer, newest: Newest): void {
  const head = seal(HEAD, NO_HEAD, key);
  newest.put({ name: HEAD, text: head });
  createTables(db, { head, latest: seal(LATEST, { atMs: 0, rows: newest.digest() } satisfies Latest, key) });
}

/** What the last transaction wrote. Throws StoreFault `wrong_key`, or RecordFault. */
export function readMeta(db: Connection, key: Buffer): Latest {
  const rows = rowsShape.parse(db.prepare("SELECT name, body FROM meta").all([]));
  const bodyOf = new Map(rows.map((row) => [row.name, row.body]));
  const [head, latest] = [bodyOf.get("head"), bodyOf.get("latest")];
  if (head === undefined) throw missing(HEAD);
  if (latest === undefined) throw missing(LATEST);
  try {
    openHead({ text: head, key });
    return openLatest({ text: latest, key });
  } catch (cause) {
    throw cause instanceof RecordFault && cause.code === "not_authentic" ? wrongKey(cause) : cause;
  }
}

/** Gives how to save the highest value the clock gave, and which rows are the newest: so that neither goes back over a restart. */
export function createLatestSaver({ db, key, clock, newest }: Core): () => void {
  const save = db.prepare("UPDATE meta SET body = ? WHERE name = 'latest'");
  return () => {
    const latest: Latest = { atMs: clock.highestMs(), rows: newest.digest() };
    save.run([seal(LATEST, latest, key)]);
  };
}

/** Takes all rows as the newest, if they are: throws StoreFault `rolled_back` when they are not those of the last transaction. */
export function adoptRows(db: Connection, latest: Latest, newest: Newest): void {
  for (const row of allRows(db)) newest.put(row);
  newest.settle();
  if (newest.digest() === latest.rows) return;
  throw new StoreFault(
    "rolled_back",
    "the records in the state folder are not those that this service wrote last: some were put back to an older state, or removed, while it stood still. Nothing is decided or run on them. Restore the folder as a whole from a backup, all its files together, or move it away to begin anew: requests that are pending in it then count as denied",
  );
}

function wrongKey(cause: RecordFault): StoreFault {
  return new StoreFault(
    "wrong_key",
    "the state key does not fit the state folder, or its records were changed: set state.key (or the folder's file `key`) to the one it was written with",
    cause,
  );
}
