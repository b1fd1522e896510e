/** Which requests the bot must show again: one row a request, durable; who is at it: a lease, in memory only. */
import * as z from "zod";
import type { Work } from "../engine/ports.ts";
import type { Core } from "./request-rows.ts";
import { fromColumn } from "./schema.ts";

/** `mark` and `finish` write, and belong inside a transaction. Request ids here are as stored in columns. */
export interface WorkList {
  mark(id: string): void;
  claim(leaseMs: number): Work | undefined;
  finish(workId: string): void;
}

interface Lease {
  readonly workId: string;
  readonly untilMs: number;
}

const rowShape = z.object({ request_id: z.string(), mark: z.int() });
const lastShape = z.object({ last: z.int().nullable() });

/**
 * The work list over its table. Leases may live in memory because the folder has one process: after a crash all work is
 * free again. A mark is never used twice in one process, so a late `finish` cannot clear newer work.
 */
export function createWorkList({ db, clock }: Core): WorkList {
  const add = db.prepare(
    "INSERT INTO work (request_id, position, mark) VALUES (?1, ?2, ?2) ON CONFLICT (request_id) DO UPDATE SET mark = ?2",
  );
  const oldest = db.prepare("SELECT request_id, mark FROM work ORDER BY position LIMIT ?");
  const remove = db.prepare("DELETE FROM work WHERE request_id = ? AND mark = ?");
  const requeue = db.prepare("UPDATE work SET position = mark WHERE request_id = ?");
  let lastMark = lastShape.parse(db.prepare("SELECT max(mark) AS last FROM work").get([])).last ?? 0;
  const leases = new Map<string, Lease>();

  const dropExpired = (nowMs: number): void => {
    for (const [id, lease] of leases) if (lease.untilMs <= nowMs) leases.delete(id);
  };

  return {
    mark: (id) => {
      lastMark += 1;
      add.run([id, lastMark]);
    },
    claim: (leaseMs) => {
      const nowMs = clock.nowMs();
      dropExpired(nowMs);
      const rows = z.array(rowShape).parse(oldest.all([leases.size + 1]));
      const free = rows.find((row) => !leases.has(row.request_id));
      if (free === undefined) return undefined;
      const workId = `${free.mark}:${free.request_id}`;
      leases.set(free.request_id, { workId, untilMs: nowMs + leaseMs });
      return { workId, requestId: fromColumn(free.request_id) };
    },
    finish: (workId) => {
      const [, mark, id] = /^(\d+):(.+)$/.exec(workId) ?? [];
      if (mark === undefined || id === undefined) throw new Error(`not a work id: ${JSON.stringify(workId)}`);
      remove.run([id, Number(mark)]);
      if (leases.get(id)?.workId !== workId) return;
      requeue.run([id]);
      leases.delete(id);
    },
  };
}
