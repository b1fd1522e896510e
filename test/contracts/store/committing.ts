/** Commits: what they write, what they refuse, and when. */
import { expect, test } from "vitest";
import { following, opening, sampleFacts, T0 } from "../../fixtures/requests.ts";
import { add, DELIVERED, DONE, draft, type Get, plain, raise, STARTED } from "./steps.ts";

/** Declares these tests. */
export function committing(get: Get): void {
  test("gives back the state and the events that were committed, also after it was opened again", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const state = await add(store, opened, DELIVERED, STARTED);
    for (const open of [() => store, harness.reopen]) {
      const each = await open();
      expect(plain(await each.load("A"))).toEqual(plain(state));
      expect((await each.events("A")).map((event) => event.type)).toEqual(["requested", "delivered", "started"]);
      expect((await each.events("A")).map((event) => event.seq)).toEqual([1, 2, 3]);
    }
  });

  test("knows nothing of a request that was never committed", async () => {
    const { store } = get();
    expect(await store.load("NOBODY")).toBeUndefined();
    expect(await store.events("NOBODY")).toEqual([]);
    expect(await store.findByKey("infra-agent", "nothing")).toBeUndefined();
  });

  test("writes nothing for a command that was committed before, and says so", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const order = { ...following(opened, DELIVERED), audit: [draft("once")] };
    expect(await store.commit(order)).toEqual(DONE);
    for (const open of [() => store, harness.reopen]) {
      const each = await open();
      expect(await each.commit(order)).toEqual({ ok: true, repeated: true });
      expect((await each.load("A"))?.seq).toBe(2);
      expect(await each.outbox(undefined, 10)).toHaveLength(1);
    }
  });

  test("recognises a repeated command before it compares seq and time", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const order = { ...following(opened, DELIVERED), notAfterMs: T0 + 100 };
    expect(await store.commit(order)).toEqual(DONE);
    await harness.advance(1000);
    expect(await store.commit(order)).toEqual({ ok: true, repeated: true });
  });

  test("takes the same command id for another request as another command", async () => {
    const { store } = get();
    const a = opening(sampleFacts({ id: "A" }));
    const b = opening(sampleFacts({ id: "B" }));
    expect(a.commandId).toBe(b.commandId);
    expect(await store.commit(a)).toEqual(DONE);
    expect(await store.commit(b)).toEqual(DONE);
  });

  test("refuses a commit on a state that is not the newest", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    await add(store, opened, DELIVERED);
    const late = { ...following(opened, STARTED), audit: [draft("never")] };
    expect(await store.commit(late)).toEqual({ ok: false, why: "conflict" });
    expect((await store.load("A"))?.seq).toBe(2);
    expect(await store.outbox(undefined, 10)).toEqual([]);
  });

  test("refuses to open a request that exists, and to go on with one that does not", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    const again = {
      ...opening(sampleFacts({ id: "A", clientRequestId: "other", fingerprint: "other" })),
      commandId: "x",
    };
    expect(await store.commit(again)).toEqual({ ok: false, why: "conflict" });
    const orphan = { ...opened, facts: { ...opened.facts, id: "B" } };
    expect(await store.commit(following(orphan, DELIVERED))).toEqual({ ok: false, why: "conflict" });
  });

  test("lets exactly one of many commits on the same state through, when all come at once", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    const rivals = Array.from({ length: 40 }, (_, n) => ({
      ...following(opened, { type: "delivered", surface: "terminal", ref: String(n) }),
      commandId: `rival-${n}`,
    }));
    const outcomes = await Promise.all(rivals.map((order) => store.commit(order)));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.why === "conflict")).toHaveLength(39);
    expect(await store.events("A")).toHaveLength(2);
  });

  test("lets commits that come at once build on each other", async () => {
    const { store } = get();
    const first = opening(sampleFacts({ id: "A" }));
    const second = following(first.next, DELIVERED);
    const third = following(second.next, STARTED);
    const outcomes = await Promise.all([first, second, third].map((order) => store.commit(order)));
    expect(outcomes).toEqual([DONE, DONE, DONE]);
    expect((await store.load("A"))?.seq).toBe(3);
  });

  test("rejects a commit whose events and state do not fit, and goes on with the others", async () => {
    const { store } = get();
    const broken = { ...opening(sampleFacts({ id: "A" })), requestId: "B" };
    const sound = opening(sampleFacts({ id: "C" }));
    const [first, second] = await Promise.allSettled([store.commit(broken), store.commit(sound)]);
    expect(first.status).toBe("rejected");
    expect(second).toEqual({ status: "fulfilled", value: DONE });
    expect(await store.load("A")).toBeUndefined();
    expect(await store.load("B")).toBeUndefined();
    const empty = { ...following((await store.load("C")) ?? sound.next, DELIVERED), events: [], next: sound.next };
    await expect(store.commit(empty)).rejects.toThrow("do not fit");
  });

  test("keeps texts that databases like to mangle exactly as they are", async () => {
    const harness = get();
    const { store } = harness;
    const odd = "nul\u0000 quote' \" percent% \ud83d\ude80 \u202e rtl é";
    await raise(store, { id: "A", clientRequestId: odd, summary: odd });
    const again = await harness.reopen();
    expect(await again.findByKey("infra-agent", odd)).toBe("A");
    expect((await again.load("A"))?.facts.summary).toBe(odd);
    expect(await again.findByKey("infra-agent", "nul")).toBeUndefined();
  });

  test("refuses every call after close with a fault", async () => {
    const { store } = get();
    await store.close();
    await expect(store.load("A")).rejects.toMatchObject({ code: "closed" });
    await expect(store.commit(opening(sampleFacts({ id: "A" })))).rejects.toMatchObject({ code: "closed" });
    await store.close();
  });

  test("has committed everything that was asked for before close", async () => {
    const harness = get();
    const { store } = harness;
    const outcome = store.commit(opening(sampleFacts({ id: "A" })));
    const again = await harness.reopen();
    expect(await outcome).toEqual(DONE);
    expect((await again.load("A"))?.seq).toBe(1);
  });
}

/** Declares these tests. */
export function timing(get: Get): void {
  test("refuses a commit before its first moment and takes it at that moment", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const order = { ...following(opened, DELIVERED), notBeforeMs: T0 + 5000 };
    await harness.advance(4999);
    expect(await store.commit(order)).toEqual({ ok: false, why: "too_early" });
    await harness.advance(1);
    expect(await store.commit(order)).toEqual(DONE);
  });

  test("takes a commit until just before its last moment and refuses it at that moment", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const order = { ...following(opened, DELIVERED), notAfterMs: T0 + 5000 };
    const rival = { ...order, commandId: "rival" };
    await harness.advance(5000);
    expect(await store.commit(rival)).toEqual({ ok: false, why: "too_late" });
    expect((await store.load("A"))?.seq).toBe(1);
    const inTime = { ...following(opened, DELIVERED), notAfterMs: T0 + 5001 };
    expect(await store.commit(inTime)).toEqual(DONE);
  });

  test("has a clock that does not go back, neither when the wall does nor over a restart", async () => {
    const harness = get();
    const { store } = harness;
    await harness.advance(10_000);
    const before = await store.nowMs();
    await store.note([draft("something")]);
    await harness.advance(-3_600_000);
    expect(await store.nowMs()).toBeGreaterThanOrEqual(before);
    const again = await harness.reopen();
    expect(await again.nowMs()).toBeGreaterThanOrEqual(before);
  });

  test("has a clock that goes on when the wall was put back", async () => {
    const harness = get();
    const { store } = harness;
    const before = await store.nowMs();
    await harness.advance(-3_600_000);
    await store.nowMs();
    await harness.advance(60_000);
    const elapsed = (await store.nowMs()) - before;
    expect(elapsed).toBeGreaterThan(50_000);
    expect(elapsed).toBeLessThanOrEqual(60_000);
  });
}
