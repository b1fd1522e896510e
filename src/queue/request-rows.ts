/** Requests as rows: the columns that find them, derived from the sealed state and checked against it at every read. */
import * as z from "zod";
import { nextMomentMs } from "../engine/moments.ts";
import type { RequestState } from "../engine/request.ts";
import { RecordFault } from "../engine/store-fault.ts";
import type { StoreClock } from "./clock.ts";
import { notAuthentic, openState, type RecordName, seal } from "./codec.ts";
import type { LargeStates } from "./large-states.ts";
import type { Newest } from "./newest.ts";
import { type Connection, column } from "./schema.ts";

/** What every part of the embedded store works with. */
export interface Core {
  readonly db: Connection;
  readonly key: Buffer;
  readonly clock: StoreClock;
  /** A record that does not verify was passed over or refused. */
  readonly alarm: (fault: RecordFault) => void;
  readonly newest: Newest;
  readonly largeStates: LargeStates;
}

/** The columns that `openRow` needs, for a SELECT. */
export const ROW = "request_id, seq, agent_id, client_request_id, fingerprint, action_name, status, body";

const rowShape = z.object({
  request_id: z.string(),
  seq: z.int(),
  agent_id: z.string(),
  client_request_id: z.string(),
  fingerprint: z.string(),
  action_name: z.string(),
  status: z.string(),
  body: z.string(),
});

type Finding = Omit<z.infer<typeof rowShape>, "request_id" | "seq" | "body">;

function findingColumns({ facts, status }: RequestState): Finding {
  return {
    agent_id: column(facts.agentId),
    client_request_id: column(facts.clientRequestId),
    fingerprint: column(facts.fingerprint),
    action_name: column(facts.actionName),
    status,
  };
}

/** The name of this request's state in columns; seq 0: of none. */
export function stateName(id: string, seq: number): RecordName {
  return { kind: "state", id, seq };
}

/**
 * The state in this row. Throws RecordFault when it does not verify, is found under columns that are not its own, or is
 * not the newest of its request.
 */
export function openRow(raw: unknown, { key, newest, largeStates }: Core): RequestState {
  const row = rowShape.parse(raw);
  const { request_id: id, seq, body: text } = row;
  const state = largeStates({ id, seq, text }, () => openState(id, seq, { text, key }));
  const own = findingColumns(state);
  const isOwn =
    own.agent_id === row.agent_id &&
    own.client_request_id === row.client_request_id &&
    own.fingerprint === row.fingerprint &&
    own.action_name === row.action_name &&
    own.status === row.status;
  if (!isOwn) throw notAuthentic(stateName(id, seq));
  newest.check({ name: stateName(id, seq), text });
  return state;
}

/** The states in these rows, in order; those that do not verify are left out and reported as alarms. */
export function openRows(rows: readonly unknown[], core: Core): readonly RequestState[] {
  return rows.flatMap((row) => {
    try {
      return [openRow(row, core)];
    } catch (fault) {
      if (!(fault instanceof RecordFault)) throw fault;
      core.alarm(fault);
      return [];
    }
  });
}

/** When this request was finished, in milliseconds: the newest of its decision and its stop. Undefined while pending. */
export function finishedAtMs({ decision, revocation }: RequestState): number | undefined {
  return decision === undefined ? undefined : Math.max(decision.atMs, revocation?.atMs ?? 0);
}

/** True while the request must stay in the store whatever its age: open, not in the audit log, or awaiting its after-review. */
export function isHeld({ status, decision, audit, afterReview }: RequestState): boolean {
  return status === "pending" || audit === undefined || (decision?.by === "break_glass" && afterReview === undefined);
}

const WRITE = `
INSERT INTO requests (${ROW}, finished_ms, moment_ms, offer_ms, held)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11)
ON CONFLICT (request_id) DO UPDATE SET
  seq = ?2, status = ?7, body = ?8, finished_ms = ?9, held = ?11,
  offer_ms = CASE WHEN moment_ms IS ?10 THEN offer_ms ELSE ?10 END,
  moment_ms = ?10`;

/** Gives how to write a request's row. A moment that has not changed keeps its place in the queue of `due`. */
export function createRowWriter({ db, key, newest }: Core): (state: RequestState) => void {
  const write = db.prepare(WRITE);
  return (state) => {
    const { facts, seq } = state;
    const finding = findingColumns(state);
    const id = column(facts.id);
    const text = seal(stateName(id, seq), state, key);
    write.run([
      id,
      seq,
      finding.agent_id,
      finding.client_request_id,
      finding.fingerprint,
      finding.action_name,
      finding.status,
      text,
      finishedAtMs(state) ?? null,
      nextMomentMs(state) ?? null,
      isHeld(state) ? 1 : 0,
    ]);
    newest.put({ name: stateName(id, seq), text });
  };
}
