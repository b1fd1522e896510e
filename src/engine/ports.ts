/** What the engine needs from the world: a store, a directory, an audit log, randomness. Implementations stand elsewhere. */
import type { JsonObject } from "./json.ts";
import type { Account, Holders, PersonId, RoleFacts, RoleName } from "./model.ts";
import type { RequestEvent, RequestState, Status } from "./request.ts";

/** A line for the audit log, before it has a number and hashes. Keys as they are written. */
export interface AuditDraft {
  readonly entry_type: "decision" | "execution" | "refusal" | "admin" | "recovered";
  readonly request_id?: string;
  readonly body: JsonObject;
}

export interface Commit {
  readonly requestId: string;
  /** 0 for a request that does not exist yet. */
  readonly expectedSeq: number;
  readonly commandId: string;
  /** Judged by the store's own clock: refused outside these. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly events: readonly RequestEvent[];
  readonly next: RequestState;
  /** Goes to the outbox in the same atomic step. */
  readonly audit: readonly AuditDraft[];
  /** With a new request: how many this agent may have pending. */
  readonly maxPending?: number;
}

export type CommitOutcome =
  /** `repeated`: this command id was committed before; nothing was written now. */
  | { readonly ok: true; readonly repeated: boolean }
  | { readonly ok: false; readonly why: "conflict" | "too_early" | "too_late" | "too_many_pending" }
  /** Another request has this agent's client request id, or the same action is pending: its id. */
  | { readonly ok: false; readonly why: "key_taken" | "same_pending"; readonly requestId: string };

export interface OutboxRecord {
  /** Grows; the order in which things were committed. */
  readonly id: string;
  readonly atMs: number;
  readonly draft: AuditDraft;
  /** The event that this record is about; undefined for one without a request. */
  readonly seq?: number;
}

export interface AuditHead {
  readonly number: number;
  /** 64 hex digits; zeros before the first line. */
  readonly hash: string;
}

/** Work for the bot: show the current state of this request. At least once; several versions fold into one. */
export interface Work {
  readonly workId: string;
  readonly requestId: string;
}

/** Everything that must survive. One contract suite (test/contracts/store.ts) runs against each implementation. */
export interface Store {
  /** The one clock, never going back. */
  nowMs(): Promise<number>;
  load(requestId: string): Promise<RequestState | undefined>;
  events(requestId: string): Promise<readonly RequestEvent[]>;
  commit(commit: Commit): Promise<CommitOutcome>;
  findByKey(agentId: string, clientRequestId: string): Promise<string | undefined>;
  /** The newest finished request of this agent with this fingerprint, if any. */
  findFinished(agentId: string, fingerprint: string): Promise<string | undefined>;
  /** Newest first, of this agent's action, finished with this status. For differences to the last run. */
  findLast(agentId: string, actionName: string, status: readonly Status[]): Promise<string | undefined>;
  list(filter: {
    readonly status?: readonly Status[];
    readonly agentId?: string;
    readonly limit: number;
  }): Promise<readonly RequestState[]>;
  /** Requests whose next moment (deadline, rung, reminder, lapse) is due, and when the next one will be. */
  due(limit: number): Promise<{ readonly requestIds: readonly string[]; readonly nextAtMs: number | undefined }>;
  /** Appends to the outbox without a request: refusals, admin entries. */
  note(drafts: readonly AuditDraft[]): Promise<void>;
  outbox(afterId: string | undefined, limit: number): Promise<readonly OutboxRecord[]>;
  auditHead(): Promise<AuditHead>;
  /** After fdatasync: everything up to this outbox id is in the log, whose head is now this. Repeatable. */
  confirmAudit(upToId: string, head: AuditHead): Promise<void>;
  /** Claims the next piece of bot work for `leaseMs`; undefined when there is none now. */
  claimWork(leaseMs: number): Promise<Work | undefined>;
  finishWork(workId: string): Promise<void>;
  /** Called after each commit that touched this request, in this process or another. Returns how to stop. */
  onChange(listener: (requestId: string) => void): () => void;
  /** An agent asked for this request's verdict just now. Not durable. */
  heard(requestId: string): Promise<void>;
  heardAtMs(requestId: string): Promise<number | undefined>;
  /** Small named records that survive: trust, pinned accounts, posted references. */
  readRecord(kind: string, key: string): Promise<JsonObject | undefined>;
  listRecords(kind: string): Promise<readonly { readonly key: string; readonly value: JsonObject }[]>;
  /** `expected`: the value this replaces (undefined: none yet); false when it is another one now. */
  writeRecord(
    kind: string,
    key: string,
    value: JsonObject | undefined,
    expected: JsonObject | undefined,
  ): Promise<boolean>;
  /** Removes what finished longer ago than this and whose entries are durable. Returns how many requests. */
  forget(finishedBeforeMs: number): Promise<number>;
  close(): Promise<void>;
}

/** Which person an account is, and which roles they hold. */
export interface Directory {
  /** `unknown`: nobody is linked to this account. `unavailable`: could not look; nothing may be concluded. */
  personOf(account: Account): Promise<{ readonly person: PersonId; readonly name: string } | "unknown" | "unavailable">;
  /** `live`: read again now, not from a cache; for votes on high and critical requests. `among`: only these roles. */
  rolesOf(person: PersonId, live: boolean, among?: readonly RoleName[]): Promise<RoleFacts>;
  holdersOf(roles: readonly RoleName[]): Promise<Holders>;
  nameOf(person: PersonId): string;
}

/** A role's group on a chat platform, as config names it. */
export interface RoleGroup {
  readonly role: RoleName;
  /** The platform's own id of the group. */
  readonly group: string;
  /** Everything else that config says about the role on this platform, by config's key. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A chat platform's groups as role members. What it does not know it does not guess. */
export interface GroupSource {
  /** The platform's name, as in accounts and in config. */
  readonly surface: string;
  readonly source: "group" | "roster";
  /** The group's people; undefined when it could not be read. `live`: not from a cache. */
  members(group: RoleGroup, live: boolean): Promise<readonly PersonId[] | undefined>;
}

/** Appends lines in order and makes them durable before it answers. One writer a file. */
export interface AuditLog {
  head(): AuditHead;
  /** Number and hash of each, in order. Throws AuditFault when the disk does not take them; nothing is half written. */
  append(records: readonly OutboxRecord[]): Promise<readonly AuditHead[]>;
  /** Outbox ids found in lines after `from`, in order: what a crash left written and unconfirmed. */
  since(from: AuditHead): Promise<
    readonly {
      readonly outboxId: string;
      readonly requestId?: string;
      readonly head: AuditHead;
      readonly decision: boolean;
    }[]
  >;
  close(): Promise<void>;
}

/** Fresh randomness from outside. */
export interface Random {
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
}
