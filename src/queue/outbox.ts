/** What the audit log must still take, in the order it was committed, and the log's head as the store knows it. */
import * as z from "zod";
import type { AuditDraft, AuditHead, OutboxRecord } from "../engine/ports.ts";
import { StoreFault } from "../engine/store-fault.ts";
import { HEAD, missing, openHead, openOutbox, type StoredHead, seal } from "./codec.ts";
import type { Core } from "./request-rows.ts";
import { column } from "./schema.ts";

/** Each function but `read` and `head` writes, and belongs inside a transaction. */
export interface Outbox {
  append(drafts: readonly AuditDraft[], seqOf: (draft: AuditDraft) => number | undefined): void;
  read(afterId: string | undefined, limit: number): readonly OutboxRecord[];
  head(): AuditHead;
  confirm(upToId: string, head: AuditHead): void;
}

/** Wide enough for every whole number that JavaScript counts exactly. */
const ID_DIGITS = 16;

const lastShape = z.object({ last: z.int().nullable() });
const rowShape = z.object({ id: z.int(), body: z.string() });
const bodyShape = z.object({ body: z.string() });

function idText(id: number): string {
  return String(id).padStart(ID_DIGITS, "0");
}

function idNumber(id: string): number {
  if (!/^\d{1,16}$/.test(id)) throw new Error(`not an outbox id: ${JSON.stringify(id.slice(0, 40))}`);
  return Number(id);
}

/** The first head of a store: nothing is in the log yet. */
export const NO_HEAD: StoredHead = { number: 0, hash: "0".repeat(64), upTo: 0 };

/** The outbox over these tables. Ids count 1, 2, 3 ... without gaps, and are never used again. */
export function createOutbox({ db, key, clock }: Core): Outbox {
  const newest = db.prepare("SELECT max(id) AS last FROM outbox");
  const insert = db.prepare("INSERT INTO outbox (id, request_id, body) VALUES (?, ?, ?)");
  const select = db.prepare("SELECT id, body FROM outbox WHERE id > ? ORDER BY id LIMIT ?");
  const remove = db.prepare("DELETE FROM outbox WHERE id <= ?");
  const readHead = db.prepare("SELECT body FROM meta WHERE name = 'head'");
  const writeHead = db.prepare("UPDATE meta SET body = ? WHERE name = 'head'");

  const head = (): StoredHead => {
    const row = bodyShape.optional().parse(readHead.get([]));
    if (row === undefined) throw missing(HEAD);
    return openHead({ text: row.body, key });
  };
  const lastId = (): number => lastShape.parse(newest.get([])).last ?? head().upTo;

  return {
    append: (drafts, seqOf) => {
      let id = drafts.length === 0 ? 0 : lastId();
      for (const draft of drafts) {
        id += 1;
        const seq = seqOf(draft);
        const body = { atMs: clock.nowMs(), ...(seq !== undefined && { seq }), draft };
        const sealed = seal({ kind: "outbox", id: idText(id), seq: 0 }, body, key);
        insert.run([id, draft.request_id === undefined ? null : column(draft.request_id), sealed]);
      }
    },
    read: (afterId, limit) => {
      const from = Math.max(afterId === undefined ? 0 : idNumber(afterId), head().upTo);
      return select.all([from, limit]).map((raw, index) => {
        const { id, body } = rowShape.parse(raw);
        const expected = from + index + 1;
        if (id !== expected) throw missing({ kind: "outbox", id: idText(expected), seq: 0 });
        return openOutbox(idText(id), { text: body, key });
      });
    },
    head: () => {
      const { number, hash } = head();
      return { number, hash };
    },
    confirm: (upToId, given) => {
      const upTo = idNumber(upToId);
      const next = headAfter(head(), { ...given, upTo }, lastId());
      if (next === undefined) return;
      remove.run([next.upTo]);
      writeHead.run([seal(HEAD, next, key)]);
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
