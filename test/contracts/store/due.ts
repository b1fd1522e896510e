/** Which requests time has reached. */
import { expect, test } from "vitest";
import { T0 } from "../../fixtures/requests.ts";
import { APPROVED, add, DELIVERED, DENIED, type Get, raise, STARTED } from "./steps.ts";

/** Declares these tests. */
export function dueMoments(get: Get): void {
  test("says when the next moment is before anything is due", async () => {
    const { store } = get();
    expect(await store.due(10)).toEqual({ requestIds: [], nextAtMs: undefined });
    await raise(store, { id: "A", raisedAtMs: T0 + 5 });
    await raise(store, { id: "B", raisedAtMs: T0 });
    expect(await store.due(10)).toEqual({ requestIds: [], nextAtMs: T0 + 60_000 });
  });

  test("gives what is due, the longest overdue first, up to the limit, and then the rest", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A", raisedAtMs: T0 + 20 });
    await raise(store, { id: "B", raisedAtMs: T0 + 10 });
    await raise(store, { id: "C", raisedAtMs: T0 + 30 });
    await raise(store, { id: "LATER", raisedAtMs: T0 + 50_000 });
    await harness.advance(60_030);
    const first = await store.due(2);
    expect(first.requestIds).toEqual(["B", "A"]);
    expect(first.nextAtMs).toBe(T0 + 60_030);
    expect((await store.due(2)).requestIds).toEqual(["C"]);
  });

  test("gives only the next moment, and hands nothing out, for a limit of none", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" });
    await harness.advance(60_000);
    expect(await store.due(0)).toEqual({ requestIds: [], nextAtMs: T0 + 60_000 });
    expect((await store.due(1)).requestIds).toEqual(["A"]);
  });

  test("follows the moment of the newest state", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const started = await add(store, opened, DELIVERED, STARTED);
    expect((await store.due(10)).nextAtMs).toBe(T0 + 100_000);
    await harness.advance(100_000);
    expect((await store.due(10)).requestIds).toEqual(["A"]);
    const reminded = await add(store, started, { type: "reminded", index: 0 });
    expect(await store.due(10)).toEqual({ requestIds: [], nextAtMs: T0 + 120_000 });
    await add(store, reminded, DENIED);
    expect(await store.due(10)).toEqual({ requestIds: [], nextAtMs: undefined });
  });

  test("does not let a request that does not move keep others from their turn, and gives it again later", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "STUCK" });
    await raise(store, { id: "NEXT", raisedAtMs: T0 + 1 });
    await harness.advance(60_001);
    expect((await store.due(1)).requestIds).toEqual(["STUCK"]);
    expect((await store.due(1)).requestIds).toEqual(["NEXT"]);
    const { requestIds, nextAtMs } = await store.due(1);
    expect(requestIds).toEqual([]);
    expect(nextAtMs).toBeGreaterThan(T0 + 60_001);
    await harness.advance(60_000);
    expect((await store.due(10)).requestIds).toContain("STUCK");
  });

  test("does not give a request again at once because of a commit that leaves its moment as it was", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    await harness.advance(60_000);
    expect((await store.due(1)).requestIds).toEqual(["A"]);
    await add(store, opened, DELIVERED);
    expect((await store.due(1)).requestIds).toEqual([]);
  });

  test("gives what was handed out before a restart again at once", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" });
    await harness.advance(60_000);
    expect((await store.due(1)).requestIds).toEqual(["A"]);
    const again = await harness.reopen();
    expect((await again.due(1)).requestIds).toEqual(["A"]);
  });

  test("gives an approval that was not used when it lapses, and not once it is used", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" }, APPROVED);
    const used = await raise(store, { id: "B" }, APPROVED, { type: "used", useId: "u", digest: "d" });
    await add(store, used, { type: "resulted", outcome: "succeeded" });
    await harness.advance(660_000);
    expect(await store.due(10)).toMatchObject({ requestIds: ["A"] });
  });
}
