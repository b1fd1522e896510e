/** Agents that wait for a verdict: woken by push, never by polling, and noticed when they are gone. */
import { isTellable } from "./approvals.ts";
import type { Store } from "./ports.ts";
import type { RequestState } from "./request.ts";
import { createSharedLoad } from "./shared-load.ts";

export interface Waiting {
  /** Resolves with the newest state once the verdict may be told, after `waitMs`, or when too many others came to wait. */
  awaitVerdict(requestId: string, waitMs: number, signal?: AbortSignal): Promise<RequestState | undefined>;
  /** The state, read once for all who wait for it and all who ask meanwhile. */
  load(requestId: string): Promise<RequestState | undefined>;
  close(): void;
}

/** How many may wait for one request: one more, and the one that came first is answered at once with what is known. */
export const MOST_WAITERS = 16;

/** One subscription to the store, and one reading for each change, for any number of waiters. */
export function createWaiting(store: Pick<Store, "load" | "onChange" | "heard">): Waiting {
  const shared = createSharedLoad(store);
  const dismissals = new Map<string, Set<() => void>>();
  const hear = createHearing(store);

  /** Gives how to leave. */
  function enter(requestId: string, dismiss: () => void): () => void {
    const present = dismissals.get(requestId) ?? new Set();
    dismissals.set(requestId, present.add(dismiss));
    const [first] = present;
    if (present.size > MOST_WAITERS && first !== undefined) {
      present.delete(first);
      first();
    }
    return () => {
      present.delete(dismiss);
      if (present.size === 0 && dismissals.get(requestId) === present) dismissals.delete(requestId);
    };
  }

  return {
    async awaitVerdict(requestId, waitMs, signal) {
      const dismissal = new AbortController();
      const timeout = AbortSignal.timeout(Math.max(0, Math.floor(waitMs)));
      const over = AbortSignal.any([dismissal.signal, timeout, ...(signal === undefined ? [] : [signal])]);
      let wake: () => void = () => {};
      over.addEventListener("abort", () => wake(), { once: true });
      const free = shared.hold(requestId, () => wake());
      const leave = enter(requestId, () => dismissal.abort());
      try {
        await hear(requestId);
        for (;;) {
          // Listen first, then read: a change after the reading began wakes, whenever the reading ends.
          const woken = new Promise<void>((resolve) => (wake = resolve));
          const state = await shared.load(requestId);
          if (state === undefined || isTellable(state) || over.aborted) return state;
          await woken;
        }
      } finally {
        leave();
        free();
        await hear(requestId);
      }
    },
    load: shared.load,
    close: shared.close,
  };
}

/** Tells the store that an agent was heard; many at the same time are told once. */
function createHearing(store: Pick<Store, "heard">): (requestId: string) => Promise<void> {
  const telling = new Map<string, Promise<void>>();
  return (requestId) => {
    const going = telling.get(requestId);
    if (going !== undefined) return going;
    const told = store.heard(requestId).finally(() => telling.delete(requestId));
    telling.set(requestId, told);
    return told;
  };
}
