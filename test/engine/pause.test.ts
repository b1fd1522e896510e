import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPause } from "../../src/engine/pause.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Has this promise ended by now? */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await vi.advanceTimersByTimeAsync(0);
  return over;
}

it("lasts as long as was asked", async () => {
  const taken = createPause().take(500);
  await vi.advanceTimersByTimeAsync(499);
  expect(await isOver(taken)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await isOver(taken)).toBe(true);
});

it("ends at once when somebody wakes it, and leaves no timer", async () => {
  const pause = createPause();
  const taken = pause.take(500);
  pause.wake();
  expect(await isOver(taken)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("is left out when it was woken during the work before, once", async () => {
  const pause = createPause();
  pause.wake();
  pause.wake();
  expect(await isOver(pause.take(500))).toBe(true);
  expect(await isOver(pause.take(500))).toBe(false);
});
