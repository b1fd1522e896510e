/** The store without Redis: SQLite in the state folder, for one service process. Wires the parts; decides nothing. */
import type { Store } from "../engine/ports.ts";
import type { RecordFault } from "../engine/store-fault.ts";
import { createForeignWriteCheck } from "./all-rows.ts";
import { createStoreClock } from "./clock.ts";
import { type CommitStep, createCommit } from "./commit.ts";
import { createDueQueue } from "./due.ts";
import { createFinder } from "./find.ts";
import { createGroup, type Group } from "./group-commit.ts";
import { createLargeStates } from "./large-states.ts";
import { createListeners } from "./listeners.ts";
import { lockFolder } from "./lock.ts";
import { adoptRows, createLatestSaver, createMeta, readMeta } from "./meta.ts";
import { createNamedRecords } from "./named-records.ts";
import { createNewest } from "./newest.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createReader, type Reader } from "./reader.ts";
import type { Core } from "./request-rows.ts";
import { openDatabase } from "./schema.ts";
import { prepareFolder, type StateFiles, stateKey } from "./state-folder.ts";
import { createWorkList } from "./work.ts";

/** Where the store stands, and what it gets from outside. */
export interface EmbeddedOptions {
  /** Made (0700) when it is not there; must not be writable by other users. */
  readonly folder: string;
  /** At least 32 bytes; undefined: the one in the folder, made there at first. */
  readonly key: Buffer | undefined;
  /** Milliseconds since 1970; it may jump, the store's clock does not go back. */
  readonly wallClock?: () => number;
  /** A stored record did not verify, or is not the newest, and was passed over or refused; once per record. Default: a process warning. */
  readonly onAlarm?: (fault: RecordFault) => void;
}

/**
 * Opens the state folder for this process. Rejects with StoreFault `locked` while another process has it, and with other
 * codes when the folder or the key cannot be used. A commit is durable when its promise resolves.
 */
export async function createEmbeddedStore(options: EmbeddedOptions): Promise<Store> {
  const files = prepareFolder(options.folder);
  const unlock = lockFolder(options.folder, files.lock);
  try {
    return assemble(openCore(files, options), unlock);
  } catch (fault) {
    unlock();
    throw fault;
  }
}

function openCore(files: StateFiles, options: EmbeddedOptions): Core {
  const { db, isNew } = openDatabase(files.database);
  try {
    const key = stateKey(options.key, files.key, isNew);
    const alarm = onceEach(options.onAlarm);
    const newest = createNewest(key, alarm);
    if (isNew) createMeta(db, key, newest);
    const latest = readMeta(db, key);
    adoptRows(db, latest, newest);
    const clock = createStoreClock(options.wallClock ?? Date.now, latest.atMs);
    return { db, key, clock, alarm, newest, largeStates: createLargeStates() };
  } catch (fault) {
    db.close();
    throw fault;
  }
}

function onceEach(onAlarm: (fault: RecordFault) => void = (fault) => process.emitWarning(fault)): Core["alarm"] {
  const told = new Set<string>();
  return (fault) => {
    if (told.has(fault.record)) return;
    told.add(fault.record);
    onAlarm(fault);
  };
}

interface Parts {
  readonly core: Core;
  readonly read: Reader["run"];
  readonly write: Group["run"];
  /** Alarms for what somebody else wrote. */
  readonly lookAround: () => void;
}

function assemble(core: Core, unlock: () => void): Store {
  const reader = createReader();
  const group = createGroup({ db: core.db, beforeCommit: createLatestSaver(core), memory: core.newest });
  const lookAround = createForeignWriteCheck(core.db, core.newest);
  const parts: Parts = { core, read: reader.run, write: group.run, lookAround };
  const outbox = createOutbox(core);
  const work = createWorkList(core);
  return {
    nowMs: () => parts.read(core.clock.nowMs),
    ...requestFunctions(parts, createCommit({ core, outbox, work })),
    ...timeFunctions(parts),
    ...auditFunctions(parts, outbox),
    ...recordFunctions(parts),
    claimWork: (leaseMs) => parts.read(() => work.claim(leaseMs)),
    finishWork: (workId) => parts.write(() => work.finish(workId)),
    close: async () => {
      if (reader.isClosed()) return;
      reader.close();
      group.close();
      core.db.close();
      unlock();
    },
  };
}

type RequestFunctions = "load" | "events" | "commit" | "findByKey" | "findFinished" | "findLast" | "list" | "onChange";

function requestFunctions({ core, read, write, lookAround }: Parts, commit: CommitStep): Pick<Store, RequestFunctions> {
  const find = createFinder(core);
  const listeners = createListeners();
  return {
    load: (requestId) => read(() => find.load(requestId)),
    events: (requestId) => read(() => find.events(requestId)),
    commit: (order) =>
      write((afterCommit) => {
        const outcome = commit(order);
        if (outcome.ok && !outcome.repeated) afterCommit(() => listeners.tell(order.requestId));
        return outcome;
      }),
    findByKey: (agentId, clientRequestId) => read(() => find.byKey(agentId, clientRequestId)),
    findFinished: (agentId, fingerprint) => read(() => find.finished(agentId, fingerprint)),
    findLast: (agentId, actionName, status) => read(() => find.last(agentId, actionName, status)),
    list: (filter) =>
      read(() => {
        lookAround();
        return find.list(filter);
      }),
    onChange: listeners.add,
  };
}

function timeFunctions({
  core,
  read,
  write,
  lookAround,
}: Parts): Pick<Store, "due" | "forget" | "heard" | "heardAtMs"> {
  const due = createDueQueue(core);
  const heard = new Map<string, number>();
  const forgetSome = (beforeMs: number): Promise<readonly string[]> => write(() => due.forget(beforeMs));
  return {
    due: async (limit) => {
      await read(lookAround);
      const nextAtMs = await read(due.nextAtMs);
      const isDue = nextAtMs !== undefined && nextAtMs <= core.clock.nowMs();
      return isDue ? write(() => due.take(limit)) : { requestIds: [], nextAtMs };
    },
    heard: (requestId) => read(() => void heard.set(requestId, core.clock.nowMs())),
    heardAtMs: (requestId) => read(() => heard.get(requestId)),
    forget: async (finishedBeforeMs) => {
      let count = 0;
      for (let gone = await forgetSome(finishedBeforeMs); gone.length > 0; gone = await forgetSome(finishedBeforeMs)) {
        for (const requestId of gone) heard.delete(requestId);
        count += gone.length;
      }
      return count;
    },
  };
}

function auditFunctions(
  { read, write }: Parts,
  outbox: Outbox,
): Pick<Store, "note" | "outbox" | "auditHead" | "confirmAudit"> {
  return {
    note: (drafts) => write(() => outbox.append(drafts, () => undefined)),
    outbox: (afterId, limit) => read(() => outbox.read(afterId, limit)),
    auditHead: () => read(outbox.head),
    confirmAudit: (upToId, head) => write(() => outbox.confirm(upToId, head)),
  };
}

function recordFunctions({ core, read, write }: Parts): Pick<Store, "readRecord" | "listRecords" | "writeRecord"> {
  const records = createNamedRecords(core);
  return {
    readRecord: (kind, key) => read(() => records.read(kind, key)),
    listRecords: (kind) => read(() => records.list(kind)),
    writeRecord: (kind, key, value, expected) => write(() => records.write(kind, key, { value, expected })),
  };
}
