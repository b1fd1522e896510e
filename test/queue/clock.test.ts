/** The embedded store's clock over a wall clock that jumps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStoreClock } from "../../src/queue/clock.ts";

function settable(startMs: number) {
  const wall = { ms: startMs };
  return { wall, wallMs: () => wall.ms };
}

describe("the store's clock", () => {
  test("is the wall clock as long as that goes forward", () => {
    const { wall, wallMs } = settable(1000);
    const clock = createStoreClock(wallMs, 0);
    expect(clock.nowMs()).toBe(1000);
    wall.ms = 5000;
    expect(clock.nowMs()).toBe(5000);
    expect(clock.highestMs()).toBe(5000);
  });

  test("starts where it was left when the wall is behind that", () => {
    const { wallMs } = settable(1000);
    expect(createStoreClock(wallMs, 9000).nowMs()).toBe(9000);
  });

  test("goes on a little slower than a wall that was put back, until both agree again", () => {
    const { wall, wallMs } = settable(100_000);
    const clock = createStoreClock(wallMs, 0);
    wall.ms = 90_000;
    expect(clock.nowMs()).toBe(100_000);
    wall.ms = 106_000;
    expect(clock.nowMs()).toBe(115_000);
    wall.ms = 1_000_000;
    expect(clock.nowMs()).toBe(1_000_000);
  });

  test("never goes back, gives whole numbers, is never behind the wall and never runs faster than it", () => {
    const jumps = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(10_000_000), jumps, (startMs, savedMs, steps) => {
        const { wall, wallMs } = settable(startMs);
        const clock = createStoreClock(wallMs, savedMs);
        let before = clock.nowMs();
        for (const step of steps) {
          wall.ms += step;
          const now = clock.nowMs();
          expect(Number.isInteger(now)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(Math.max(before, wall.ms));
          expect(now - before).toBeLessThanOrEqual(Math.max(step, 0) + 1);
          before = now;
        }
      }),
    );
  });
});
