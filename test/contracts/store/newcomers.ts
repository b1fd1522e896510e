/** New requests: the agent's key, the same action pending, how many are pending. */
import { expect, test } from "vitest";
import type { CommitOutcome } from "../../../src/engine/ports.ts";
import { opening, sampleFacts } from "../../fixtures/requests.ts";
import { APPROVED, add, DENIED, DONE, type Get, raise } from "./steps.ts";

/** Declares these tests. */
export function newcomers(get: Get): void {
  test("refuses a second request under the same key of the same agent, with the first one's id", async () => {
    const { store } = get();
    const first = await raise(store, { id: "A", clientRequestId: "k", fingerprint: "f1" }, DENIED);
    expect(first.status).toBe("denied");
    const second = opening(sampleFacts({ id: "B", clientRequestId: "k", fingerprint: "f2" }));
    expect(await store.commit(second)).toEqual({ ok: false, why: "key_taken", requestId: "A" });
    const other = opening(sampleFacts({ id: "C", clientRequestId: "k", agentId: "other-agent" }));
    expect(await store.commit(other)).toEqual(DONE);
  });

  test("refuses the same action of the same agent while it is pending, and takes it after the verdict", async () => {
    const { store } = get();
    const first = await raise(store, { id: "A", fingerprint: "f" });
    const second = opening(sampleFacts({ id: "B", fingerprint: "f" }));
    expect(await store.commit(second)).toEqual({ ok: false, why: "same_pending", requestId: "A" });
    expect(await store.commit(opening(sampleFacts({ id: "C", fingerprint: "f", agentId: "other-agent" })))).toEqual(
      DONE,
    );
    await add(store, first, DENIED);
    expect(await store.commit(second)).toEqual(DONE);
  });

  test("names the key before the same action, and the same action before the number pending", async () => {
    const { store } = get();
    await raise(store, { id: "A", clientRequestId: "k", fingerprint: "f" });
    const both = { ...opening(sampleFacts({ id: "B", clientRequestId: "k", fingerprint: "f" })), maxPending: 1 };
    expect(await store.commit(both)).toEqual({ ok: false, why: "key_taken", requestId: "A" });
    const same = { ...opening(sampleFacts({ id: "B", clientRequestId: "k2", fingerprint: "f" })), maxPending: 1 };
    expect(await store.commit(same)).toEqual({ ok: false, why: "same_pending", requestId: "A" });
  });

  test("refuses one more than an agent may have pending, counting that agent's pending ones only", async () => {
    const { store } = get();
    const ask = (id: string, agentId = "infra-agent") => ({ ...opening(sampleFacts({ id, agentId })), maxPending: 2 });
    const first = ask("A");
    expect(await store.commit(first)).toEqual(DONE);
    expect(await store.commit(ask("B"))).toEqual(DONE);
    expect(await store.commit(ask("C"))).toEqual({ ok: false, why: "too_many_pending" });
    expect(await store.commit(ask("D", "other-agent"))).toEqual(DONE);
    await add(store, first.next, DENIED);
    expect(await store.commit(ask("C"))).toEqual(DONE);
  });

  test("takes a request that is decided in its first commit, however many are pending", async () => {
    const { store } = get();
    await raise(store, { id: "A" });
    const decided = { ...opening(sampleFacts({ id: "B" }), APPROVED), maxPending: 1 };
    expect(await store.commit(decided)).toEqual(DONE);
  });

  test("counts, and recognises keys and actions, among requests that come at once", async () => {
    const { store } = get();
    const ask = (id: string, facts: Parameters<typeof sampleFacts>[0]) => ({
      ...opening(sampleFacts({ id, ...facts })),
      maxPending: 2,
    });
    const outcomes = await Promise.all([
      store.commit(ask("A", { clientRequestId: "k", fingerprint: "f" })),
      store.commit(ask("B", { clientRequestId: "k", fingerprint: "g" })),
      store.commit(ask("C", { fingerprint: "f" })),
      store.commit(ask("D", {})),
      store.commit(ask("E", {})),
    ]);
    const expected: CommitOutcome[] = [
      DONE,
      { ok: false, why: "key_taken", requestId: "A" },
      { ok: false, why: "same_pending", requestId: "A" },
      DONE,
      { ok: false, why: "too_many_pending" },
    ];
    expect(outcomes).toEqual(expected);
  });
}
