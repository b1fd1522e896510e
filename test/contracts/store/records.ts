/** Small named records, and forgetting old requests. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/engine/json.ts";
import type { Happening } from "../../../src/engine/request.ts";
import { opening, sampleDecision, sampleFacts, T0 } from "../../fixtures/requests.ts";
import { APPROVED, AUDITED, add, DENIED, DONE, draft, type Get, raise } from "./steps.ts";

/** Declares these tests. */
export function namedRecords(get: Get): void {
  test("replaces a record only when the expected value stands there", async () => {
    const harness = get();
    const { store } = harness;
    const [one, two]: [JsonObject, JsonObject] = [{ n: 1, list: ["a"] }, { n: 2 }];
    expect(await store.writeRecord("trust", "k", one, undefined)).toBe(true);
    expect(await store.writeRecord("trust", "k", two, undefined)).toBe(false);
    expect(await store.writeRecord("trust", "k", two, { n: 1 })).toBe(false);
    expect(await store.writeRecord("trust", "k", two, { list: ["a"], n: 1 })).toBe(true);
    expect(await (await harness.reopen()).readRecord("trust", "k")).toEqual(two);
  });

  test("removes a record, and expects one that is not there", async () => {
    const { store } = get();
    expect(await store.readRecord("trust", "k")).toBeUndefined();
    expect(await store.writeRecord("trust", "k", undefined, { n: 1 })).toBe(false);
    expect(await store.writeRecord("trust", "k", { n: 1 }, undefined)).toBe(true);
    expect(await store.writeRecord("trust", "k", undefined, { n: 1 })).toBe(true);
    expect(await store.readRecord("trust", "k")).toBeUndefined();
    expect(await store.writeRecord("trust", "k", undefined, undefined)).toBe(true);
  });

  test("lets exactly one of many writers through, when all come at once", async () => {
    const { store } = get();
    const tries = Array.from({ length: 20 }, (_, n) => store.writeRecord("post", "k", { n }, undefined));
    expect((await Promise.all(tries)).filter((won) => won)).toHaveLength(1);
  });

  test("keeps kinds apart and lists one of them", async () => {
    const { store } = get();
    await store.writeRecord("a", "b:c", { n: 1 }, undefined);
    await store.writeRecord("a:b", "c", { n: 2 }, undefined);
    await store.writeRecord("a", "nul\u0000", { n: 3 }, undefined);
    const listed = await store.listRecords("a");
    expect(listed.toSorted((x, y) => Number(x.value.n) - Number(y.value.n))).toEqual([
      { key: "b:c", value: { n: 1 } },
      { key: "nul\u0000", value: { n: 3 } },
    ]);
    expect(await store.listRecords("none")).toEqual([]);
  });
}

/** Declares these tests. */
export function forgetting(get: Get): void {
  const LATER = T0 + 30 * 86_400_000;

  test("removes what finished long ago and is in the audit log, with everything that belongs to it", async () => {
    const { store } = get();
    await raise(store, { id: "A", clientRequestId: "k", fingerprint: "f" }, DENIED, AUDITED);
    await store.heard("A");
    expect(await store.forget(T0 + 60_000)).toBe(0);
    expect(await store.forget(T0 + 60_001)).toBe(1);
    expect(await store.load("A")).toBeUndefined();
    expect(await store.events("A")).toEqual([]);
    expect(await store.findByKey("infra-agent", "k")).toBeUndefined();
    expect(await store.findFinished("infra-agent", "f")).toBeUndefined();
    expect(await store.heardAtMs("A")).toBeUndefined();
    expect(await store.claimWork(1000)).toBeUndefined();
    expect(await store.forget(T0 + 60_001)).toBe(0);
  });

  test("keeps what is pending, not in the audit log, or awaits its after-review", async () => {
    const { store } = get();
    const breakGlass: Happening = {
      type: "decided",
      decision: sampleDecision({ verdict: "denied", by: "break_glass" }),
    };
    await raise(store, { id: "PENDING" });
    await raise(store, { id: "NOT_AUDITED" }, DENIED);
    const unseen = await raise(store, { id: "UNSEEN" }, breakGlass, AUDITED);
    expect(await store.forget(LATER)).toBe(0);
    await add(store, unseen, { type: "after_reviewed", person: "p", name: "P", comment: "seen" });
    expect(await store.forget(LATER)).toBe(1);
    expect(await store.load("UNSEEN")).toBeUndefined();
  });

  test("keeps a request whose entries still wait in the outbox", async () => {
    const { store } = get();
    const order = { ...opening(sampleFacts({ id: "A" }), DENIED, AUDITED), audit: [draft("waits", "A")] };
    expect(await store.commit(order)).toEqual(DONE);
    expect(await store.forget(LATER)).toBe(0);
    const [record] = await store.outbox(undefined, 1);
    await store.confirmAudit(record?.id ?? "", { number: 1, hash: "1".repeat(64) });
    expect(await store.forget(LATER)).toBe(1);
  });

  test("keeps an approval while it may still be used", async () => {
    const { store } = get();
    await raise(store, { id: "A" }, APPROVED, AUDITED);
    expect(await store.forget(T0 + 60_001)).toBe(0);
    expect(await store.load("A")).toBeDefined();
    expect(await store.forget(T0 + 660_001)).toBe(1);
  });
}
