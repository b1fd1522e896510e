/** Small named records with compare-and-swap: trust, pinned accounts, posted references. */
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { JsonObject } from "../engine/json.ts";
import { openRecord, type RecordName, recordName, seal } from "./codec.ts";
import type { Core } from "./request-rows.ts";
import { column, fromColumn } from "./schema.ts";

/** `write` belongs inside a transaction. */
export interface NamedRecords {
  read(kind: string, key: string): JsonObject | undefined;
  list(kind: string): readonly { readonly key: string; readonly value: JsonObject }[];
  write(kind: string, key: string, change: Change): boolean;
}

/** `undefined`: no record. */
export interface Change {
  readonly value: JsonObject | undefined;
  readonly expected: JsonObject | undefined;
}

const rowShape = z.object({ body: z.string() }).optional();
const listedShape = z.array(z.object({ key: z.string(), body: z.string() }));

/** The named records over their table. */
export function createNamedRecords({ db, key: stateKey, newest }: Core): NamedRecords {
  const select = db.prepare("SELECT body FROM records WHERE kind = ? AND key = ?");
  const selectAll = db.prepare("SELECT key, body FROM records WHERE kind = ? ORDER BY key");
  const upsert = db.prepare(
    "INSERT INTO records (kind, key, body) VALUES (?1, ?2, ?3) ON CONFLICT (kind, key) DO UPDATE SET body = ?3",
  );
  const remove = db.prepare("DELETE FROM records WHERE kind = ? AND key = ?");

  const opened = (name: RecordName, text: string): JsonObject => {
    const value = openRecord(name, { text, key: stateKey });
    newest.check({ name, text });
    return value;
  };
  const read = (kind: string, key: string): JsonObject | undefined => {
    const row = rowShape.parse(select.get([column(kind), column(key)]));
    const name = recordName(kind, key);
    if (row !== undefined) return opened(name, row.body);
    newest.checkAbsent(name);
    return undefined;
  };

  return {
    read,
    list: (kind) =>
      listedShape.parse(selectAll.all([column(kind)])).map((row) => {
        const key = fromColumn(row.key);
        return { key, value: opened(recordName(kind, key), row.body) };
      }),
    write: (kind, key, { value, expected }) => {
      if (!isDeepStrictEqual(asStored(read(kind, key)), asStored(expected))) return false;
      const name = recordName(kind, key);
      if (value === undefined) {
        remove.run([column(kind), column(key)]);
        newest.remove(name);
        return true;
      }
      const text = seal(name, value, stateKey);
      upsert.run([column(kind), column(key), text]);
      newest.put({ name, text });
      return true;
    },
  };
}

/** As JSON keeps it: without `undefined` members, and 0 for -0. The order of members does not count. */
function asStored(value: JsonObject | undefined): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
