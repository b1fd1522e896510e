/** What the audit log must still take, in the order it was committed, and the log's head as the store knows it. */
import * as z from "zod";
import type { AuditDraft, AuditHead, OutboxRecord } from "../engine/ports.ts";
import { StoreFault } from "../engine/store-fault.ts";
import { HEAD, missing, openHead, openOutbox, outboxName, type StoredHead, seal } from "./codec.ts";
import type { Core } from "./request-rows.ts";
import { column } from "./schema.ts";

/** Each function but `read` and `head` writes, and belongs inside a transaction. */
export interface Outbox {
  append(drafts: readonly AuditDraft[], seqOf: (draft: AuditDraft) => number | undefined): void;
  read(afterId: string | undefined, limit: number): readonly OutboxRecord[];
  head(): AuditHead;
  confirm(upToId: string, head: AuditHead): void;
}

const lastShape = z.object({ last: z.int().nullable() });
const rowShape = z.object({ id: z.int(), body: z.string() });
const bodyShape = z.object({ body: z.string() });

function idNumber(id: string): number {
  if (!/^\d{1,16}$/.test(id)) throw new Error(`not an outbox id: ${JSON.stringify(id.slice(0, 40))}`);
  return Number(id);
}

/** The first head of a store: nothing is in the log yet. */
export const NO_HEAD: StoredHead = { number: 0, hash: "0".repeat(64), upTo: 0 };

/** The outbox over these tables. Ids count 1, 2, 3 ... without gaps, and are never used again. */
export function createOutbox({ db, key, clock, newest }: Core): Outbox {
  const last = db.prepare("SELECT max(id) AS last FROM outbox");
  const insert = db.prepare("INSERT INTO outbox (id, request_id, body) VALUES (?, ?, ?)");
  const select = db.prepare("SELECT id, body FROM outbox WHERE id > ? ORDER BY id LIMIT ?");
  const remove = db.prepare("DELETE FROM outbox WHERE id <= ?");
  const readHead = db.prepare("SELECT body FROM meta WHERE name = 'head'");
  const writeHead = db.prepare("UPDATE meta SET body = ? WHERE name = 'head'");

  const head = (): StoredHead => {
    const row = bodyShape.optional().parse(readHead.get([]));
    if (row === undefined) throw missing(HEAD);
    const opened = openHead({ text: row.body, key });
    newest.check({ name: HEAD, text: row.body });
    return opened;
  };
  /** Throws when the records after the last one are gone: their numbers must not be given again. */
  const lastId = (): number => {
    const id = lastShape.parse(last.get([])).last ?? head().upTo;
    newest.checkAbsent(outboxName(id + 1));
    return id;
  };

  return {
    append: (drafts, seqOf) => {
      let id = drafts.length === 0 ? 0 : lastId();
      for (const draft of drafts) {
        id += 1;
        const seq = seqOf(draft);
        const body = { atMs: clock.nowMs(), ...(seq !== undefined && { seq }), draft };
        const text = seal(outboxName(id), body, key);
        insert.run([id, draft.request_id === undefined ? null : column(draft.request_id), text]);
        newest.put({ name: outboxName(id), text });
      }
    },
    read: (afterId, limit) => {
      const from = Math.max(afterId === undefined ? 0 : idNumber(afterId), head().upTo);
      const records = select.all([from, limit]).map((raw, index) => {
        const { id, body } = rowShape.parse(raw);
        const expected = from + index + 1;
        const name = outboxName(expected);
        if (id !== expected) throw missing(name);
        const record = openOutbox(name.id, { text: body, key });
        newest.check({ name, text: body });
        return record;
      });
      if (records.length < limit) newest.checkAbsent(outboxName(from + records.length + 1));
      return records;
    },
    head: () => {
      const { number, hash } = head();
      return { number, hash };
    },
    confirm: (upToId, given) => {
      const upTo = idNumber(upToId);
      const current = head();
      const next = headAfter(current, { ...given, upTo }, lastId());
      if (next === undefined) return;
      remove.run([next.upTo]);
      for (let id = current.upTo + 1; id <= next.upTo; id++) newest.remove(outboxName(id));
      const text = seal(HEAD, next, key);
      writeHead.run([text]);
      newest.put({ name: HEAD, text });
    },
  };
}

/** The head after this confirmation; undefined for one that was already made. Throws StoreFault `head_conflict`. */
function headAfter(current: StoredHead, given: StoredHead, lastId: number): StoredHead | undefined {
  const isOlder = given.number < current.number;
  if (given.number === current.number && given.hash !== current.hash) {
    throw conflict(`entry ${given.number} has the hash ${given.hash}, the store knows it with ${current.hash}`);
  }
  if (given.upTo > lastId) throw conflict(`outbox record ${given.upTo} was never written here, the last is ${lastId}`);
  if (isOlder && given.upTo > current.upTo) {
    throw conflict(`entry ${given.number} cannot hold newer records than entry ${current.number}`);
  }
  if (isOlder) return undefined;
  return { number: given.number, hash: given.hash, upTo: Math.max(given.upTo, current.upTo) };
}

function conflict(what: string): StoreFault {
  return new StoreFault(
    "head_conflict",
    `the audit log and the store disagree: ${what}. Nothing was removed; use the audit file that belongs to this state folder`,
  );
}
