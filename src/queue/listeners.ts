/** Who is told in this process that a request changed. It keeps no messages: a listener reads the state. */

/** Who is told. */
export interface Listeners {
  /** Gives how to stop. */
  add(listener: (requestId: string) => void): () => void;
  tell(requestId: string): void;
}

/** Listeners that cannot hinder each other: what one throws is thrown again outside, as the bug it is. */
export function createListeners(): Listeners {
  const listeners = new Set<{ readonly hear: (requestId: string) => void }>();
  return {
    add: (hear) => {
      const entry = { hear };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    tell: (requestId) => {
      for (const { hear } of [...listeners]) {
        try {
          hear(requestId);
        } catch (bug) {
          queueMicrotask(() => {
            throw bug;
          });
        }
      }
    },
  };
}
