/** Waiting for a verdict over a store whose every reading ends only when the test says so. */
import { describe, expect, test } from "vitest";
import type { RequestState } from "../../src/engine/request.ts";
import { createWaiting, MOST_WAITERS } from "../../src/engine/waiting.ts";
import { sampleDecision, sampleFacts, stateAfter } from "../fixtures/requests.ts";

const LONG_MS = 60_000;
const PENDING = stateAfter(sampleFacts({ id: "A" }));
const MOVED = stateAfter(sampleFacts({ id: "A" }), { type: "delivered", surface: "terminal", ref: "1" });
const DENIED = stateAfter(
  sampleFacts({ id: "A" }),
  { type: "decided", decision: sampleDecision({ verdict: "denied" }) },
  { type: "audited", entry: 1, hash: "a".repeat(64) },
);

interface Reading {
  /** Ends with what stood when it began. */
  readonly end: () => void;
  readonly fail: (fault: Error) => void;
}

/** One request; `change` commits and tells, as the store does. Readings are held back unless `immediately`. */
function slowStore(immediately: boolean) {
  let current: RequestState | undefined = PENDING;
  const listeners = new Set<(requestId: string) => void>();
  const readings: Reading[] = [];
  let heard = 0;
  const tell = (): void => {
    for (const listener of listeners) listener("A");
  };
  return {
    readings,
    heard: () => heard,
    write: (next: RequestState) => {
      current = next;
    },
    tell,
    change: (next: RequestState) => {
      current = next;
      tell();
    },
    store: {
      load: () => {
        const began = current;
        return new Promise<RequestState | undefined>((resolve, reject) => {
          readings.push({ end: () => resolve(began), fail: reject });
          if (immediately) resolve(began);
        });
      },
      onChange: (listener: (requestId: string) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      heard: async () => {
        heard += 1;
      },
    },
  };
}

/** Lets everything go on that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How many of these are answered. */
function counted(answers: readonly Promise<unknown>[]): () => number {
  let count = 0;
  for (const answer of answers) answer.finally(() => (count += 1)).catch(() => {});
  return () => count;
}

describe("waiting for a verdict", () => {
  test("ends for all at once by push, with one reading for the waiting and one for the change", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const answers: Promise<RequestState | undefined>[] = [];
    for (let n = 0; n < MOST_WAITERS; n++) {
      answers.push(waiting.awaitVerdict("A", LONG_MS));
      await settle();
    }
    expect(on.readings).toHaveLength(1);
    const heardBefore = on.heard();
    on.change(DENIED);
    expect(await Promise.all(answers)).toEqual(answers.map(() => DENIED));
    expect(on.readings).toHaveLength(2);
    expect(on.heard() - heardBefore).toBe(1);
  });

  test("reads once for each change that is no verdict, however many wait", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const answers = [1, 2, 3].map(() => waiting.awaitVerdict("A", LONG_MS));
    await settle();
    const heardBefore = on.heard();
    for (let n = 0; n < 5; n++) {
      on.change(MOVED);
      await settle();
    }
    expect(on.readings).toHaveLength(6);
    expect(on.heard()).toBe(heardBefore);
    on.change(DENIED);
    await Promise.all(answers);
  });

  test.each(["before the reading ends", "after it"])(
    "misses no change that comes while a reading goes on, told %s",
    async (when) => {
      const on = slowStore(false);
      const waiting = createWaiting(on.store);
      const answer = waiting.awaitVerdict("A", LONG_MS);
      await settle();
      on.write(DENIED);
      if (when === "before the reading ends") on.tell();
      on.readings[0]?.end();
      await settle();
      if (when === "after it") on.tell();
      await settle();
      on.readings[1]?.end();
      expect(await answer).toBe(DENIED);
    },
  );

  test("gives a newcomer no reading that began before a change it could have known", async () => {
    const on = slowStore(false);
    const waiting = createWaiting(on.store);
    const early = waiting.awaitVerdict("A", LONG_MS);
    await settle();
    on.change(DENIED);
    const late = waiting.awaitVerdict("A", LONG_MS);
    const asked = waiting.load("A");
    await settle();
    expect(on.readings).toHaveLength(2);
    on.readings[1]?.end();
    expect([await late, await asked]).toEqual([DENIED, DENIED]);
    on.readings[0]?.end();
    expect(await early).toBe(DENIED);
    expect(on.readings).toHaveLength(2);
  });

  test("misses no change between coming and its first reading", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const first = waiting.awaitVerdict("A", LONG_MS);
    await settle();
    const second = waiting.awaitVerdict("A", LONG_MS);
    on.change(DENIED);
    expect(await Promise.all([first, second])).toEqual([DENIED, DENIED]);
  });

  test("keeps nothing once nobody waits: the next one reads anew", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    expect(await waiting.awaitVerdict("A", 0)).toBe(PENDING);
    on.write(MOVED);
    expect(await waiting.load("A")).toBe(MOVED);
    on.write(DENIED);
    expect(await waiting.awaitVerdict("A", LONG_MS)).toBe(DENIED);
  });

  test("fails for all who share a reading that fails, and is tried anew by the next", async () => {
    const on = slowStore(false);
    const waiting = createWaiting(on.store);
    const answers = [1, 2].map(() => waiting.awaitVerdict("A", LONG_MS));
    await settle();
    on.readings[0]?.fail(new Error("the disk is gone"));
    const ends = await Promise.allSettled(answers);
    expect(ends.map((end) => end.status)).toEqual(["rejected", "rejected"]);
    const next = waiting.load("A");
    on.readings[1]?.end();
    expect(await next).toBe(PENDING);
  });

  test("ends when the caller hangs up, also before anything was read", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const gone = new AbortController();
    const answer = waiting.awaitVerdict("A", LONG_MS, gone.signal);
    await settle();
    gone.abort();
    expect(await answer).toBe(PENDING);
    expect(await waiting.awaitVerdict("A", LONG_MS, gone.signal)).toBe(PENDING);
  });
});

describe("many who wait for one request", () => {
  test("send the one that came first away with what is known, and only that one", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const answers = Array.from({ length: MOST_WAITERS }, () => waiting.awaitVerdict("A", LONG_MS));
    const answered = counted(answers);
    await settle();
    expect(answered()).toBe(0);
    const newest = waiting.awaitVerdict("A", LONG_MS);
    expect(await answers[0]).toBe(PENDING);
    await settle();
    expect(answered()).toBe(1);
    on.change(DENIED);
    expect(await newest).toBe(DENIED);
    expect(await Promise.all(answers.slice(1))).toEqual(answers.slice(1).map(() => DENIED));
  });

  test("leave at most so many waiting of hundreds that come at once, for one reading", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    const answers = Array.from({ length: 300 }, () => waiting.awaitVerdict("A", LONG_MS));
    const answered = counted(answers);
    await settle();
    expect(answered()).toBe(300 - MOST_WAITERS);
    expect(on.readings).toHaveLength(1);
    on.change(DENIED);
    await Promise.all(answers);
    expect(answered()).toBe(300);
    expect(on.readings).toHaveLength(2);
  });

  test("make room when they leave: nobody is sent away for those who are gone", async () => {
    const on = slowStore(true);
    const waiting = createWaiting(on.store);
    for (let n = 0; n < 2 * MOST_WAITERS; n++) await waiting.awaitVerdict("A", 0);
    const answers = Array.from({ length: MOST_WAITERS }, () => waiting.awaitVerdict("A", LONG_MS));
    const answered = counted(answers);
    await settle();
    expect(answered()).toBe(0);
    on.change(DENIED);
    await Promise.all(answers);
  });
});
