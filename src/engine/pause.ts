/** A pause in a loop that somebody else can end early. It knows nothing of what the loop does. */

export interface Pause {
  /** Resolves after `ms`, or at once when it was woken since the last pause ended: a push during the work before counts. */
  take(ms: number): Promise<void>;
  /** Ends the pause that is taken now, or else the next one. Repeatable. */
  wake(): void;
}

/** A pause for one loop. */
export function createPause(): Pause {
  let isWoken = false;
  let end: (() => void) | undefined;
  return {
    async take(ms) {
      if (!isWoken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isWoken = false;
      end = undefined;
    },
    wake() {
      isWoken = true;
      end?.();
    },
  };
}
