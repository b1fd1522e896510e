/** Agents that wait for a verdict: woken by push, never by polling, and noticed when they are gone. */
import { isTellable } from "./approvals.ts";
import type { Store } from "./ports.ts";
import type { RequestState } from "./request.ts";

export interface Waiting {
  awaitVerdict(requestId: string, waitMs: number, signal?: AbortSignal): Promise<RequestState | undefined>;
  close(): void;
}

/** One subscription to the store for any number of waiters. */
export function createWaiting(store: Store): Waiting {
  const waiters = new Map<string, Set<() => void>>();
  const stop = store.onChange((requestId) => {
    for (const wake of [...(waiters.get(requestId) ?? [])]) wake();
  });

  function add(requestId: string, wake: () => void): () => void {
    const mine = waiters.get(requestId) ?? new Set();
    waiters.set(requestId, mine.add(wake));
    return () => {
      mine.delete(wake);
      if (mine.size === 0 && waiters.get(requestId) === mine) waiters.delete(requestId);
    };
  }

  return {
    async awaitVerdict(requestId, waitMs, signal) {
      let wake: () => void = () => {};
      let woken = new Promise<void>((resolve) => (wake = resolve));
      const remove = add(requestId, () => wake());
      const timeout = AbortSignal.timeout(Math.max(0, Math.floor(waitMs)));
      const over = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      const ended = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
      try {
        await store.heard(requestId);
        for (;;) {
          const state = await store.load(requestId);
          if (state === undefined || isTellable(state) || over.aborted) return state;
          await Promise.race([woken, ended]);
          woken = new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        remove();
        await store.heard(requestId);
      }
    },
    close: stop,
  };
}
