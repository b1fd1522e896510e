/** Work for the bot, and who is told of changes. */
import { expect, test } from "vitest";
import type { RequestState } from "../../../src/engine/request.ts";
import { following, T0 } from "../../fixtures/requests.ts";
import { add, DELIVERED, drainWork, type Get, raise, STARTED } from "./steps.ts";

/** Declares these tests. */
export function working(get: Get): void {
  test("gives a request as work once, however many commits it had", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    await raise(store, { id: "B" });
    await add(store, opened, DELIVERED, STARTED);
    expect(await drainWork(store)).toEqual(["A", "B"]);
    expect(await store.claimWork(1000)).toBeUndefined();
  });

  test("gives work to one claimer until its lease ends", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" });
    const first = await store.claimWork(30_000);
    expect(first?.requestId).toBe("A");
    expect(await store.claimWork(30_000)).toBeUndefined();
    await harness.advance(30_000);
    expect((await store.claimWork(30_000))?.requestId).toBe("A");
  });

  test("gives work again when a newer version came after the claim", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    const work = await store.claimWork(30_000);
    await add(store, opened, DELIVERED);
    expect(await store.claimWork(30_000)).toBeUndefined();
    await store.finishWork(work?.workId ?? "");
    expect(await drainWork(store)).toEqual(["A"]);
  });

  test("does not let a claimer whose lease ended clear newer work", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const slow = await store.claimWork(1000);
    await harness.advance(1000);
    expect(await drainWork(store)).toEqual(["A"]);
    await add(store, opened, DELIVERED);
    await store.finishWork(slow?.workId ?? "");
    expect(await drainWork(store)).toEqual(["A"]);
  });

  test("does not let a claimer whose lease ended free what another one has claimed since", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    const slow = await store.claimWork(1000);
    await harness.advance(1000);
    await add(store, opened, DELIVERED);
    expect((await store.claimWork(30_000))?.requestId).toBe("A");
    await store.finishWork(slow?.workId ?? "");
    expect(await store.claimWork(30_000)).toBeUndefined();
  });

  test("gives work that was claimed and not finished again after a restart", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" });
    await raise(store, { id: "B" });
    const first = await store.claimWork(30_000);
    await store.claimWork(30_000);
    await store.finishWork(first?.workId ?? "");
    const again = await harness.reopen();
    await harness.advance(30_000);
    expect(await drainWork(again)).toEqual(["B"]);
  });

  test("does not let a request that keeps changing keep others from their turn", async () => {
    const { store } = get();
    let busy = await raise(store, { id: "BUSY" });
    await raise(store, { id: "QUIET" });
    const work = await store.claimWork(30_000);
    busy = await add(store, busy, DELIVERED);
    await store.finishWork(work?.workId ?? "");
    expect(busy.seq).toBe(2);
    expect((await store.claimWork(30_000))?.requestId).toBe("QUIET");
  });
}

/** Declares these tests. */
export function watching(get: Get): void {
  test("tells listeners of each request that a commit changed, after it can be read", async () => {
    const { store } = get();
    const heard: string[] = [];
    const read: Promise<RequestState | undefined>[] = [];
    const stop = store.onChange((requestId) => {
      heard.push(requestId);
      read.push(store.load(requestId));
    });
    const opened = await raise(store, { id: "A" });
    await expect.poll(() => heard).toEqual(["A"]);
    expect((await Promise.all(read)).map((state) => state?.seq)).toEqual([1]);
    stop();
    await add(store, opened, DELIVERED);
    expect(heard).toEqual(["A"]);
  });

  test("tells nobody of a commit that was refused or repeated", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    const order = following(opened, DELIVERED);
    await store.commit(order);
    const heard: string[] = [];
    store.onChange((requestId) => heard.push(requestId));
    await store.commit(order);
    await store.commit({ ...following(opened, STARTED), commandId: "late" });
    await raise(store, { id: "B" });
    await expect.poll(() => heard).toEqual(["B"]);
  });

  test("remembers when an agent last asked", async () => {
    const harness = get();
    const { store } = harness;
    await raise(store, { id: "A" });
    expect(await store.heardAtMs("A")).toBeUndefined();
    await store.heard("A");
    await harness.advance(5000);
    expect(await store.heardAtMs("A")).toBe(T0);
    await store.heard("A");
    expect(await store.heardAtMs("A")).toBe(T0 + 5000);
    expect(await store.heardAtMs("B")).toBeUndefined();
  });
}
