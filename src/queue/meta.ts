/** The two records a state folder always holds: the audit head and the clock's highest value. They prove the key, too. */
import * as z from "zod";
import { RecordFault, StoreFault } from "../engine/store-fault.ts";
import { CLOCK, HEAD, missing, openClock, openHead, seal } from "./codec.ts";
import { NO_HEAD } from "./outbox.ts";
import type { Core } from "./request-rows.ts";
import { type Connection, createTables } from "./schema.ts";

const rowsShape = z.array(z.object({ name: z.string(), body: z.string() }));

/** Makes the tables of a new folder with their first records. */
export function createMeta(db: Connection, key: Buffer): void {
  createTables(db, { head: seal(HEAD, NO_HEAD, key), clock: seal(CLOCK, { atMs: 0 }, key) });
}

/** The saved clock. Throws StoreFault `wrong_key`, or RecordFault. */
export function readMeta(db: Connection, key: Buffer): { readonly clockMs: number } {
  const rows = rowsShape.parse(db.prepare("SELECT name, body FROM meta").all([]));
  const bodyOf = new Map(rows.map((row) => [row.name, row.body]));
  const [head, clock] = [bodyOf.get("head"), bodyOf.get("clock")];
  if (head === undefined) throw missing(HEAD);
  if (clock === undefined) throw missing(CLOCK);
  try {
    openHead({ text: head, key });
    return { clockMs: openClock({ text: clock, key }) };
  } catch (cause) {
    throw cause instanceof RecordFault && cause.code === "not_authentic" ? wrongKey(cause) : cause;
  }
}

/** Gives how to save the highest value the clock gave: so that it does not go back over a restart. */
export function createClockSaver({ db, key, clock }: Core): () => void {
  const save = db.prepare("UPDATE meta SET body = ? WHERE name = 'clock'");
  return () => void save.run([seal(CLOCK, { atMs: clock.highestMs() }, key)]);
}

function wrongKey(cause: RecordFault): StoreFault {
  return new StoreFault(
    "wrong_key",
    "the state key does not fit the state folder, or its records were changed: set state.key (or the folder's file `key`) to the one it was written with",
    cause,
  );
}
