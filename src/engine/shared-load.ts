/** One reading of a request's state for all who want it until it changes. Keeps nothing that nobody holds or waits for. */
import type { Store } from "./ports.ts";
import type { RequestState } from "./request.ts";

export interface SharedLoad {
  /** The state now. A reading that began after the newest change is shared while it goes on, or while somebody holds the request. */
  load(requestId: string): Promise<RequestState | undefined>;
  /** Calls `changed` after each change until it is freed; what `load` reads from then on is never older than that. Gives how to free. */
  hold(requestId: string, changed: () => void): () => void;
  close(): void;
}

interface Shared {
  readonly holders: Set<() => void>;
  /** Undefined before the first reading and after each change. */
  reading: Promise<RequestState | undefined> | undefined;
}

/** Shared readings over this store: relies on it to tell every change, as `onChange` says. */
export function createSharedLoad(store: Pick<Store, "load" | "onChange">): SharedLoad {
  const all = new Map<string, Shared>();
  const sharedFor = (requestId: string): Shared => {
    const shared = all.get(requestId) ?? { holders: new Set(), reading: undefined };
    all.set(requestId, shared);
    return shared;
  };
  const sweep = (requestId: string, shared: Shared): void => {
    const isIdle = shared.holders.size === 0 && shared.reading === undefined;
    if (isIdle && all.get(requestId) === shared) all.delete(requestId);
  };

  const stop = store.onChange((requestId) => {
    const shared = all.get(requestId);
    if (shared === undefined) return;
    // First forget, then wake: who is woken reads anew, and the first of them for all.
    shared.reading = undefined;
    for (const changed of [...shared.holders]) changed();
    sweep(requestId, shared);
  });

  return {
    load(requestId) {
      const shared = sharedFor(requestId);
      if (shared.reading !== undefined) return shared.reading;
      const reading = store.load(requestId);
      shared.reading = reading;
      const ended = (isKept: boolean): void => {
        if (shared.reading === reading && !isKept) shared.reading = undefined;
        sweep(requestId, shared);
      };
      reading.then(
        () => ended(shared.holders.size > 0),
        () => ended(false),
      );
      return reading;
    },
    hold(requestId, changed) {
      const shared = sharedFor(requestId);
      const holder = (): void => changed();
      shared.holders.add(holder);
      return () => {
        shared.holders.delete(holder);
        if (shared.holders.size === 0) shared.reading = undefined;
        sweep(requestId, shared);
      };
    },
    close: stop,
  };
}
