/** Which requests time has reached, and which are old enough to leave. Hands out ids; what then happens is the engine's. */
import * as z from "zod";
import { nextMomentMs } from "../engine/moments.ts";
import type { RequestState } from "../engine/request.ts";
import { type Core, finishedAtMs, isHeld, openRows, ROW, stateName } from "./request-rows.ts";
import { column } from "./schema.ts";

/**
 * A request that was handed out and did not move comes again after as long as it is overdue: at least this, and at most
 * a minute while somebody may be waiting for it, a day when it is finished. So it never keeps the others from their turn.
 */
const SOONEST_AGAIN_MS = 1_000;
const LATEST_PENDING_MS = 60_000;
const LATEST_FINISHED_MS = 86_400_000;

const MOST_AT_ONCE = 1_000;

/** What `due` answers. */
export interface Due {
  readonly requestIds: readonly string[];
  readonly nextAtMs: number | undefined;
}

/** `take` and `forget` write, and belong inside a transaction. */
export interface DueQueue {
  /** When the next one is due, or since when. */
  nextAtMs(): number | undefined;
  take(limit: number): Due;
  /** Removes some requests that may go, with all their rows; gives their ids. To be repeated until it gives none. */
  forget(finishedBeforeMs: number): readonly string[];
}

const nextShape = z.object({ next: z.int().nullable() });
const idShape = z.array(z.object({ request_id: z.string() }));

/** The queue of moments over the requests' rows. */
export function createDueQueue(core: Core): DueQueue {
  const { db, clock } = core;
  db.exec("UPDATE requests SET offer_ms = moment_ms WHERE offer_ms IS NOT moment_ms");
  const next = db.prepare("SELECT min(offer_ms) AS next FROM requests WHERE offer_ms IS NOT NULL");
  const select = db.prepare(`SELECT ${ROW} FROM requests WHERE offer_ms <= ? ORDER BY offer_ms, request_id LIMIT ?`);
  const postpone = db.prepare(
    `UPDATE requests SET offer_ms = ?1 + min(max(?1 - moment_ms, ${SOONEST_AGAIN_MS}),
       CASE status WHEN 'pending' THEN ${LATEST_PENDING_MS} ELSE ${LATEST_FINISHED_MS} END)
     WHERE request_id = ?2`,
  );
  const nextAtMs = (): number | undefined => nextShape.parse(next.get([])).next ?? undefined;

  return {
    nextAtMs,
    take: (limit) => {
      const nowMs = clock.nowMs();
      const rows = select.all([nowMs, limit]);
      for (const { request_id } of idShape.parse(rows)) postpone.run([nowMs, request_id]);
      return { requestIds: openRows(rows, core).map((state) => state.facts.id), nextAtMs: nextAtMs() };
    },
    forget: createForget(core),
  };
}

/** The columns only find them: a state that says itself that it must stay, or does not verify, is not removed. */
function createForget(core: Core): DueQueue["forget"] {
  const { db, newest } = core;
  const gone = db.prepare(
    `SELECT ${ROW} FROM requests WHERE held = 0 AND finished_ms < ?1 AND (moment_ms IS NULL OR moment_ms < ?1)
     AND request_id NOT IN (SELECT request_id FROM outbox WHERE request_id IS NOT NULL) LIMIT ${MOST_AT_ONCE}`,
  );
  const removals = ["requests", "events", "work"].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE request_id = ?`),
  );
  return (finishedBeforeMs) => {
    const states = openRows(gone.all([finishedBeforeMs]), core).filter((state) => mayGo(state, finishedBeforeMs));
    for (const { facts, seq } of states) {
      for (const removal of removals) removal.run([column(facts.id)]);
      newest.remove(stateName(column(facts.id), seq));
    }
    return states.map((state) => state.facts.id);
  };
}

function mayGo(state: RequestState, finishedBeforeMs: number): boolean {
  const finishedMs = finishedAtMs(state);
  const isOld = finishedMs !== undefined && finishedMs < finishedBeforeMs;
  return isOld && !isHeld(state) && (nextMomentMs(state) ?? 0) < finishedBeforeMs;
}
