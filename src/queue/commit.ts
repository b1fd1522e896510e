/** One commit inside a transaction: its checks in their order, then all of its rows. No rule of the engine stands here. */
import * as z from "zod";
import type { Commit, CommitOutcome } from "../engine/ports.ts";
import { seal } from "./codec.ts";
import type { Outbox } from "./outbox.ts";
import { type Core, createRowWriter, stateName } from "./request-rows.ts";
import { column } from "./schema.ts";
import type { WorkList } from "./work.ts";

/** One commit, inside a transaction. */
export type CommitStep = (commit: Commit) => CommitOutcome;

/** What a commit writes to, beside the request's own rows. */
export interface CommitDeps {
  readonly core: Core;
  readonly outbox: Outbox;
  readonly work: WorkList;
}

const idShape = z.object({ request_id: z.string() }).optional();
const seqShape = z.object({ seq: z.int() }).optional();
const countShape = z.object({ n: z.int() });

/**
 * Gives how to commit. The checks, in this order: that the request is as this service left it, the command id, the seq, the time, and for a new request the agent's
 * key, the same action pending, the number pending. A commit is in time from `notBeforeMs` on, and until just before
 * `notAfterMs`: at that very millisecond it is too late.
 */
export function createCommit({ core, outbox, work }: CommitDeps): CommitStep {
  const { db, key, clock, newest } = core;
  const known = db.prepare("SELECT 1 FROM events WHERE request_id = ? AND command_id = ? LIMIT 1");
  const seqOf = db.prepare("SELECT seq FROM requests WHERE request_id = ?");
  const addEvent = db.prepare("INSERT INTO events (request_id, seq, command_id, body) VALUES (?, ?, ?, ?)");
  const writeRow = createRowWriter(core);
  const newcomer = createNewcomerCheck(core);

  const refusal = (commit: Commit, id: string): CommitOutcome | undefined => {
    const stored = seqShape.parse(seqOf.get([id]));
    if (stored === undefined) newest.checkAbsent(stateName(id, 0));
    else newest.checkSeq(stateName(id, stored.seq));
    if (known.get([id, column(commit.commandId)]) !== undefined) return { ok: true, repeated: true };
    if ((stored?.seq ?? 0) !== commit.expectedSeq) return { ok: false, why: "conflict" };
    const nowMs = clock.nowMs();
    if (commit.notBeforeMs !== undefined && nowMs < commit.notBeforeMs) return { ok: false, why: "too_early" };
    if (commit.notAfterMs !== undefined && nowMs >= commit.notAfterMs) return { ok: false, why: "too_late" };
    return stored === undefined ? newcomer(commit) : undefined;
  };

  return (commit) => {
    assertCoherent(commit);
    const id = column(commit.requestId);
    const refused = refusal(commit, id);
    if (refused !== undefined) return refused;
    for (const event of commit.events) {
      addEvent.run([id, event.seq, column(commit.commandId), seal({ kind: "event", id, seq: event.seq }, event, key)]);
    }
    writeRow(commit.next);
    outbox.append(commit.audit, (draft) => {
      const decided = commit.events.find((event) => event.type === "decided");
      return draft.entry_type === "decision" && decided !== undefined ? decided.seq : commit.next.seq;
    });
    work.mark(id);
    return { ok: true, repeated: false };
  };
}

function createNewcomerCheck({ db }: Core): (commit: Commit) => CommitOutcome | undefined {
  const byKey = db.prepare("SELECT request_id FROM requests WHERE agent_id = ? AND client_request_id = ?");
  const same = db.prepare(
    `SELECT request_id FROM requests INDEXED BY requests_by_fingerprint
     WHERE agent_id = ? AND fingerprint = ? AND status = 'pending' LIMIT 1`,
  );
  const pending = db.prepare("SELECT count(*) AS n FROM requests WHERE agent_id = ? AND status = 'pending'");
  return ({ next, maxPending }) => {
    const agent = column(next.facts.agentId);
    const taken = idShape.parse(byKey.get([agent, column(next.facts.clientRequestId)]));
    if (taken !== undefined) return { ok: false, why: "key_taken", requestId: taken.request_id };
    const twin = idShape.parse(same.get([agent, column(next.facts.fingerprint)]));
    if (twin !== undefined) return { ok: false, why: "same_pending", requestId: twin.request_id };
    if (maxPending === undefined || next.status !== "pending") return undefined;
    const { n } = countShape.parse(pending.get([agent]));
    return n >= maxPending ? { ok: false, why: "too_many_pending" } : undefined;
  };
}

/** A caller that breaks this has a bug: nothing is written and the promise rejects. */
function assertCoherent({ requestId, expectedSeq, events, next }: Commit): void {
  const isInOrder = events.every((event, index) => event.seq === expectedSeq + index + 1);
  const isWhole = events.length > 0 && next.seq === expectedSeq + events.length && next.facts.id === requestId;
  if (isInOrder && isWhole) return;
  throw new Error(`commit for request ${requestId} after seq ${expectedSeq}: its events and its next state do not fit`);
}
