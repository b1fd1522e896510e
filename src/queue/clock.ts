/** The embedded store's clock: wall time that never goes back and never stands still. Saved by the store, not here. */

/** How much slower than the wall it runs while it is ahead of it: one sixteenth. */
const CATCH_UP = 1 / 16;

/** The one clock of a store, in milliseconds since 1970. */
export interface StoreClock {
  /** Whole milliseconds since 1970; at least the last one given. */
  nowMs(): number;
  /** The highest value given so far. */
  highestMs(): number;
}

/**
 * Starts at the wall clock or at `startAtMs`, whichever is later. When the wall is put back, it goes on from where it
 * was, a little slower than the wall until both agree again: waiting for the wall would stop every deadline.
 */
export function createStoreClock(wallMs: () => number, startAtMs: number): StoreClock {
  let wall = wallMs();
  let last = Math.max(startAtMs, wall);
  const nowMs = (): number => {
    const before = wall;
    wall = wallMs();
    const elapsed = wall - before;
    if (elapsed > 0) last += elapsed - Math.min(last - before, elapsed * CATCH_UP);
    return Math.floor(last);
  };
  return { nowMs, highestMs: () => Math.floor(last) };
}
