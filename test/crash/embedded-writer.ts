/**
 * A process that opens a state folder, prints what it finds there as one line of JSON, and then commits until it is killed,
 * printing a line for each commit that was answered. Arguments: the folder, how many hours its wall clock is behind, and
 * `check` to stop after the first line.
 */
import { writeSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { replay } from "../../src/engine/evolve.ts";
import type { Commit, Store } from "../../src/engine/ports.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { createEmbeddedStore } from "../../src/queue/embedded.ts";
import { following, opening, sampleFacts } from "../fixtures/requests.ts";

const WRITERS = 16;
const EVERYTHING = 1_000_000;

/** What a check of the whole folder found. */
export interface Found {
  /** Request id to seq. */
  readonly requests: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  readonly nowMs: number;
}

async function inspect(store: Store): Promise<Found> {
  const states = await store.list({ limit: EVERYTHING });
  const problems: string[] = [];
  for (const state of states) {
    const replayed = replay(await store.events(state.facts.id));
    if (!isDeepStrictEqual(plain(replayed), plain(state))) problems.push(`${state.facts.id}: state and events differ`);
  }
  const commits = states.reduce((sum, state) => sum + state.seq, 0);
  const { number } = await store.auditHead();
  const waiting = await store.outbox(undefined, EVERYTHING);
  if (number + waiting.length !== commits) problems.push(`${commits} commits, ${number} + ${waiting.length} entries`);
  const work = await countWork(store);
  if (work !== states.length) problems.push(`${states.length} requests, ${work} of them are work`);
  return {
    requests: Object.fromEntries(states.map((state) => [state.facts.id, state.seq])),
    problems,
    nowMs: await store.nowMs(),
  };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Claims only: leases die with this process. */
async function countWork(store: Store): Promise<number> {
  let count = 0;
  while ((await store.claimWork(EVERYTHING)) !== undefined) count += 1;
  return count;
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function write(store: Store, order: Commit): Promise<RequestState> {
  const atMs = await store.nowMs();
  const audit = [{ entry_type: "admin", request_id: order.requestId, body: { seq: order.next.seq } }] as const;
  const outcome = await store.commit({ ...order, audit });
  if (!outcome.ok || outcome.repeated) throw new Error(`not committed: ${JSON.stringify(outcome)}`);
  say({ id: order.requestId, seq: order.next.seq, atMs });
  return order.next;
}

async function writeOn(store: Store, name: string): Promise<never> {
  for (let n = 0; ; n++) {
    let state = await write(store, opening(sampleFacts({ id: `${name}-${n}`, agentId: name })));
    for (let delivery = 0; delivery < n % 4; delivery++) {
      state = await write(store, following(state, { type: "delivered", surface: "terminal", ref: String(delivery) }));
    }
  }
}

async function confirmOn(store: Store): Promise<never> {
  for (;;) {
    const records = await store.outbox(undefined, 20);
    const last = records.at(-1);
    const { number } = await store.auditHead();
    if (last !== undefined) {
      await store.confirmAudit(last.id, { number: number + records.length, hash: last.id.padStart(64, "0") });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const [, , folder, hoursBehind, mode] = process.argv;
if (folder === undefined || hoursBehind === undefined) throw new Error("arguments: FOLDER HOURS_BEHIND [check]");
const wallClock = (): number => Date.now() - Number(hoursBehind) * 3_600_000;
const store = await createEmbeddedStore({ folder, key: undefined, wallClock });
say(await inspect(store));
if (mode === "check") {
  await store.close();
} else {
  const names = Array.from({ length: WRITERS }, (_, n) => `${process.pid}-${n}`);
  await Promise.all([confirmOn(store), ...names.map((name) => writeOn(store, name))]);
}
