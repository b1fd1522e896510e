/** Looking at what is due: again when it says so, through faults, faster where the clock is, and forgetting now and then. */
import { expect, it } from "vitest";
import type { Store } from "../../src/engine/ports.ts";
import { startTicking, type TickingDeps } from "../../src/wiring/ticking.ts";
import { embeddedHarness } from "../queue/embedded-harness.ts";

interface Watched {
  readonly rounds: number;
  readonly forgotten: readonly number[];
  readonly faults: readonly unknown[];
}

/** Runs until `enough` rounds were made, then stops. */
async function run(
  enough: number,
  tick: (round: number, nowMs: number) => Promise<{ readonly nextAtMs: number | undefined }>,
  more: Partial<TickingDeps> = {},
): Promise<Watched> {
  const { store, dispose } = await embeddedHarness();
  const forgotten: number[] = [];
  const faults: unknown[] = [];
  let rounds = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const watched: Store = {
    ...store,
    forget: async (beforeMs) => {
      forgotten.push((await store.nowMs()) - beforeMs);
      return store.forget(beforeMs);
    },
  };
  const ticking = startTicking({
    store: watched,
    approvals: {
      tick: async () => {
        rounds += 1;
        if (rounds >= enough) finish();
        return tick(rounds, await store.nowMs());
      },
    },
    speed: 1,
    keepMs: () => 1_000,
    onFault: (fault) => faults.push(fault),
    ...more,
  });
  await finished;
  await ticking.stop();
  await dispose();
  return { rounds, forgotten, faults };
}

it("looks again as often as something is due, and stops when told to", async () => {
  const { rounds, faults } = await run(5, async (_round, nowMs) => ({ nextAtMs: nowMs }));
  expect(rounds).toBeGreaterThanOrEqual(5);
  expect(faults).toEqual([]);
});

it("looks again sooner where the clock runs faster", async () => {
  const { rounds } = await run(3, async (_round, nowMs) => ({ nextAtMs: nowMs + 600_000 }), { speed: 100_000 });
  expect(rounds).toBeGreaterThanOrEqual(3);
});

it("reports a fault and goes on", async () => {
  const { rounds, faults } = await run(2, async (round, nowMs) => {
    if (round === 1) throw new Error("the store is away");
    return { nextAtMs: nowMs };
  });
  expect(rounds).toBeGreaterThanOrEqual(2);
  expect(faults).toMatchObject([{ message: "the store is away" }]);
});

it("forgets what is long finished, by what config keeps, and not in every round", async () => {
  const { forgotten } = await run(4, async (_round, nowMs) => ({ nextAtMs: nowMs }));
  expect(forgotten).toEqual([1_000]);
});
