/** All rows whose newest version counts, as they stand in the database now: read when the store opens, and after foreign writes. */
import * as z from "zod";
import { HEAD, outboxName } from "./codec.ts";
import type { Newest, StoredRow } from "./newest.ts";
import type { Connection } from "./schema.ts";

/** Enough of a sealed text for its format and its HMAC. */
const BEGINNING = 60;

const rowShape = z.tuple([z.string(), z.int(), z.string()]);

/** Requests, named records, outbox and audit head. Not the events: a state and their number hold them. */
export function* allRows(db: Connection): Generator<StoredRow> {
  const text = `substr(body, 1, ${BEGINNING})`;
  for (const [id, seq, begin] of rows(db, `SELECT request_id, seq, ${text} FROM requests`)) {
    yield { name: { kind: "state", id, seq }, text: begin };
  }
  // Columns hold texts as JSON escapes them, so this is the id that `recordName` gives.
  for (const [id, seq, begin] of rows(db, `SELECT '["' || kind || '","' || key || '"]', 0, ${text} FROM records`)) {
    yield { name: { kind: "record", id, seq }, text: begin };
  }
  for (const [id, , begin] of rows(db, `SELECT CAST(id AS TEXT), 0, ${text} FROM outbox`)) {
    yield { name: outboxName(Number(id)), text: begin };
  }
  for (const [, , begin] of rows(db, `SELECT name, 0, ${text} FROM meta WHERE name = 'head'`)) {
    yield { name: HEAD, text: begin };
  }
}

function rows(db: Connection, sql: string): readonly z.infer<typeof rowShape>[] {
  return z.array(rowShape).parse(db.prepare(sql).raw().all([]));
}

const versionShape = z.object({ data_version: z.int() });

/**
 * Gives how to look at all rows again, which it does only when somebody else wrote to the database since the last time:
 * nobody but this process should. Source: sqlite.org/pragma.html#pragma_data_version
 */
export function createForeignWriteCheck(db: Connection, newest: Newest): () => void {
  const version = db.prepare("PRAGMA data_version");
  const read = (): number => versionShape.parse(version.get([])).data_version;
  let last = read();
  return () => {
    const now = read();
    if (now === last) return;
    last = now;
    newest.checkAll(allRows(db));
  };
}
