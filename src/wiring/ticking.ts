/** Looks at the store whenever something may be due, and forgets what is long finished. Decides nothing. */
import type { Approvals } from "../engine/approvals.ts";
import { createPause } from "../engine/pause.ts";
import type { Store } from "../engine/ports.ts";

export interface TickingDeps {
  readonly store: Store;
  readonly approvals: Pick<Approvals, "tick">;
  /** How much faster than the wall the store's clock runs. */
  readonly speed: number;
  readonly keepMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** At the latest, in milliseconds of the wall clock. */
const LOOK_AGAIN_MS = 1_000;
const SOONEST_MS = 5;
const FORGET_EVERY_MS = 3_600_000;

/** Runs until `stop`. */
export function startTicking(deps: TickingDeps): { stop(): Promise<void> } {
  const { store } = deps;
  let running = true;
  const pause = createPause();
  let forgetAtMs = 0;

  async function round(): Promise<number> {
    const { nextAtMs } = await deps.approvals.tick();
    const nowMs = await store.nowMs();
    if (nowMs >= forgetAtMs) {
      forgetAtMs = nowMs + FORGET_EVERY_MS;
      await store.forget(nowMs - deps.keepMs());
    }
    const untilMs = nextAtMs === undefined ? LOOK_AGAIN_MS : (nextAtMs - nowMs) / deps.speed;
    return Math.min(LOOK_AGAIN_MS, Math.max(SOONEST_MS, untilMs));
  }

  async function run(): Promise<void> {
    while (running) {
      const ms = await round().catch((fault) => {
        deps.onFault(fault);
        return LOOK_AGAIN_MS;
      });
      if (running) await pause.take(ms);
    }
  }

  const loop = run();
  return {
    async stop() {
      running = false;
      pause.wake();
      await loop;
    },
  };
}
