/**
 * How much one agent may send: buckets in memory that fill steadily and hold a minute's worth. It bounds what a runaway
 * or stolen agent can write to disk and log; it is no wall against the network.
 */

/** Asks (`POST /v1/requests`, `/v1/assess`) in a minute. Ten a second for hours is no agent that people review. */
export const ASKS_A_MINUTE = 600;
/** Orders (`use`, `result`, `cancel`) in a minute: three for each ask. A refused one is an entry in the log as well. */
export const ORDERS_A_MINUTE = 3 * ASKS_A_MINUTE;
/** Bytes of bodies in a minute: thirty of the largest. What is asked is stored once and logged once. */
export const BODY_BYTES_A_MINUTE = 60 * 1024 * 1024;

const MINUTE_MS = 60_000;

/** What a call is: something to score and perhaps store, or an order about what was asked. */
export type CallKind = "ask" | "order";

/** Counts calls by agent. */
export interface Limits {
  /** Takes one call and its bytes, or nothing; gives how long to wait, in milliseconds, when it is too much. */
  take(agentId: string, kind: CallKind, bytes: number): number | undefined;
  /** Gives bytes back that a call was counted with and did not have. */
  giveBack(agentId: string, bytes: number): void;
}

interface Bucket {
  readonly size: number;
  left: number;
  atMs: number;
}

/** Makes the counters; every agent starts with full buckets. */
export function createLimits(monotonicMs: () => number): Limits {
  const agents = new Map<string, Readonly<Record<CallKind | "bytes", Bucket>>>();
  const bucket = (size: number): Bucket => ({ size, left: size, atMs: monotonicMs() });

  function bucketsOf(agentId: string) {
    const known = agents.get(agentId) ?? {
      ask: bucket(ASKS_A_MINUTE),
      order: bucket(ORDERS_A_MINUTE),
      bytes: bucket(BODY_BYTES_A_MINUTE),
    };
    agents.set(agentId, known);
    return known;
  }

  return {
    take(agentId, kind, bytes) {
      const buckets = bucketsOf(agentId);
      const needs = [
        [buckets[kind], 1],
        [buckets.bytes, bytes],
      ] as const;
      const waits = needs.map(([one, amount]) => untilMs(filled(one, monotonicMs()), amount));
      const waitMs = Math.max(...waits);
      if (waitMs > 0) return waitMs;
      for (const [one, amount] of needs) one.left -= amount;
      return undefined;
    },
    giveBack(agentId, bytes) {
      const { bytes: one } = bucketsOf(agentId);
      one.left = Math.min(one.size, one.left + bytes);
    },
  };
}

function filled(bucket: Bucket, nowMs: number): Bucket {
  const gained = (Math.max(0, nowMs - bucket.atMs) / MINUTE_MS) * bucket.size;
  bucket.left = Math.min(bucket.size, bucket.left + gained);
  bucket.atMs = nowMs;
  return bucket;
}

function untilMs({ size, left }: Bucket, amount: number): number {
  return left >= amount ? 0 : ((amount - left) / size) * MINUTE_MS;
}

/** A callback that is told of each pair of agent and code at most once a minute: what is refused must not fill the log. */
export function sparsely(
  tell: (agentId: string | undefined, code: string) => void,
  monotonicMs: () => number,
): (agentId: string | undefined, code: string) => void {
  const toldAtMs = new Map<string, number>();
  return (agentId, code) => {
    const key = JSON.stringify([agentId ?? "", code]);
    const nowMs = monotonicMs();
    if (nowMs - (toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < MINUTE_MS) return;
    toldAtMs.set(key, nowMs);
    tell(agentId, code);
  };
}
