/** The steps that the parts of the store's contract share. */
import { expect } from "vitest";
import type { AuditDraft, Store } from "../../../src/engine/ports.ts";
import type { Happening, RequestState } from "../../../src/engine/request.ts";
import { following, opening, sampleDecision, sampleFacts, T0 } from "../../fixtures/requests.ts";

/** One store over storage of its own, with a clock that the test moves. */
export interface StoreHarness {
  readonly store: Store;
  /** Closes the store and opens the same storage again. */
  reopen(): Promise<Store>;
  /** Moves the wall clock, which begins at T0; negative: it is put back. */
  advance(ms: number): Promise<void> | void;
  /** Closes what is open and removes the storage. */
  dispose(): Promise<void>;
}

/** The harness of the test that runs now. */
export type Get = () => StoreHarness;

export const DELIVERED: Happening = { type: "delivered", surface: "terminal", ref: "1" };
export const STARTED: Happening = { type: "started", startedAtMs: T0, undelivered: false };
export const APPROVED: Happening = { type: "decided", decision: sampleDecision() };
export const DENIED: Happening = { type: "decided", decision: sampleDecision({ verdict: "denied" }) };
export const AUDITED: Happening = { type: "audited", entry: 1, hash: "a".repeat(64) };
/** What a commit answers that was written. */
export const DONE = { ok: true, repeated: false } as const;

/** JSON's view of a value: what is stored has no `undefined` members. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** An entry for the outbox that can be told from others by its note. */
export function draft(note: string, requestId?: string): AuditDraft {
  return { entry_type: "admin", body: { note }, ...(requestId !== undefined && { request_id: requestId }) };
}

/** Commits a new request, with these happenings in the same step. */
export async function raise(store: Store, overrides: Parameters<typeof sampleFacts>[0], ...more: readonly Happening[]) {
  const commit = opening(sampleFacts(overrides), ...more);
  expect(await store.commit(commit)).toEqual(DONE);
  return commit.next;
}

/** Commits these happenings to a request. */
export async function add(
  store: Store,
  state: RequestState,
  ...happenings: readonly Happening[]
): Promise<RequestState> {
  const commit = following(state, ...happenings);
  expect(await store.commit(commit)).toEqual(DONE);
  return commit.next;
}

/** Claims and finishes all work there is; the request ids in that order. */
export async function drainWork(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let work = await store.claimWork(1000); work !== undefined; work = await store.claimWork(1000)) {
    ids.push(work.requestId);
    await store.finishWork(work.workId);
  }
  return ids;
}
