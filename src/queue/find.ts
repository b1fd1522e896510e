/** Reading requests: by id, by the agent's key, by action, as lists. Reads what is committed; writes nothing. */
import * as z from "zod";
import type { Store } from "../engine/ports.ts";
import type { RequestEvent, RequestState, Status } from "../engine/request.ts";
import { missing, openEvent } from "./codec.ts";
import { type Core, openRow, openRows, ROW, stateName } from "./request-rows.ts";
import { type Connection, column } from "./schema.ts";

/** What a list is narrowed by. */
export type Filter = Parameters<Store["list"]>[0];

/** The store's reading functions, synchronous. */
export interface Finder {
  load(requestId: string): RequestState | undefined;
  events(requestId: string): readonly RequestEvent[];
  byKey(agentId: string, clientRequestId: string): string | undefined;
  finished(agentId: string, fingerprint: string): string | undefined;
  last(agentId: string, actionName: string, status: readonly Status[]): string | undefined;
  /** The newest opened first. */
  list(filter: Filter): readonly RequestState[];
}

const eventRow = z.object({ seq: z.int(), body: z.string() });

/** Readers over the requests and their events; each throws RecordFault for a record that does not verify, `list` leaves it out. */
export function createFinder(core: Core): Finder {
  const { db, key, newest } = core;
  const byId = db.prepare(`SELECT ${ROW} FROM requests WHERE request_id = ?`);
  const byKey = db.prepare(`SELECT ${ROW} FROM requests WHERE agent_id = ? AND client_request_id = ?`);
  const byFingerprint = db.prepare(
    `SELECT ${ROW} FROM requests INDEXED BY requests_by_fingerprint WHERE agent_id = ? AND fingerprint = ?
     AND status <> 'pending' ORDER BY finished_ms DESC LIMIT 1`,
  );
  const byAction = db.prepare(
    `SELECT ${ROW} FROM requests INDEXED BY requests_by_action WHERE agent_id = ? AND action_name = ?
     AND finished_ms IS NOT NULL AND status IN (SELECT value FROM json_each(?)) ORDER BY finished_ms DESC LIMIT 1`,
  );
  const eventsOf = db.prepare("SELECT seq, body FROM events WHERE request_id = ? ORDER BY seq");
  const list = createList(db);

  const opened = (row: unknown): RequestState | undefined => (row === undefined ? undefined : openRow(row, core));
  const load = (requestId: string): RequestState | undefined => {
    const row = byId.get([column(requestId)]);
    if (row === undefined) newest.checkAbsent(stateName(column(requestId), 0));
    return opened(row);
  };

  return {
    load,
    events: (requestId) => {
      const id = column(requestId);
      const rows = z.array(eventRow).parse(eventsOf.all([id]));
      const seq = load(requestId)?.seq ?? 0;
      if (rows.length > seq) throw missing(stateName(id, rows.length));
      return Array.from({ length: seq }, (_, index) => {
        const row = rows[index];
        if (row?.seq !== index + 1) throw missing({ kind: "event", id, seq: index + 1 });
        return openEvent(id, row.seq, { text: row.body, key });
      });
    },
    byKey: (agentId, clientRequestId) => opened(byKey.get([column(agentId), column(clientRequestId)]))?.facts.id,
    finished: (agentId, fingerprint) => opened(byFingerprint.get([column(agentId), column(fingerprint)]))?.facts.id,
    last: (agentId, actionName, status) =>
      opened(byAction.get([column(agentId), column(actionName), JSON.stringify(status)]))?.facts.id,
    list: (filter) => openRows(list(filter), core),
  };
}

/** One statement for each shape of the filter, so that each uses its own index. */
function createList(db: Connection): (filter: Filter) => readonly unknown[] {
  const status = "status IN (SELECT value FROM json_each(?))";
  const newest = "ORDER BY rowid DESC LIMIT ?";
  const all = db.prepare(`SELECT ${ROW} FROM requests ${newest}`);
  const ofStatus = db.prepare(`SELECT ${ROW} FROM requests WHERE ${status} ${newest}`);
  const ofAgent = db.prepare(`SELECT ${ROW} FROM requests WHERE agent_id = ? ${newest}`);
  const ofBoth = db.prepare(`SELECT ${ROW} FROM requests WHERE agent_id = ? AND ${status} ${newest}`);
  return (filter) => {
    const agent = filter.agentId === undefined ? [] : [column(filter.agentId)];
    const wanted = filter.status === undefined ? [] : [JSON.stringify(filter.status)];
    const statement =
      agent.length === 0 ? (wanted.length === 0 ? all : ofStatus) : wanted.length === 0 ? ofAgent : ofBoth;
    return statement.all([...agent, ...wanted, filter.limit]);
  };
}
