/** Finding and listing requests. */
import { expect, test } from "vitest";
import type { Store } from "../../../src/engine/ports.ts";
import type { Happening } from "../../../src/engine/request.ts";
import { sampleDecision, T0 } from "../../fixtures/requests.ts";
import { APPROVED, add, DENIED, type Get, raise } from "./steps.ts";

/** Declares these tests. */
export function finding(get: Get): void {
  test("finds a request by its agent's key, and by nobody else's", async () => {
    const { store } = get();
    await raise(store, { id: "A", clientRequestId: "k" });
    expect(await store.findByKey("infra-agent", "k")).toBe("A");
    expect(await store.findByKey("other-agent", "k")).toBeUndefined();
    expect(await store.findByKey("infra-agent", "K")).toBeUndefined();
  });

  test("finds the newest finished request with a fingerprint, and no pending one", async () => {
    const { store } = get();
    const at = (atMs: number): Happening => ({
      type: "decided",
      decision: sampleDecision({ verdict: "denied", atMs }),
    });
    await raise(store, { id: "OLD", fingerprint: "f" }, at(T0 + 1000));
    await raise(store, { id: "NEW", fingerprint: "f" }, at(T0 + 3000));
    await raise(store, { id: "MIDDLE", fingerprint: "f" }, at(T0 + 2000));
    await raise(store, { id: "PENDING", fingerprint: "f" });
    expect(await store.findFinished("infra-agent", "f")).toBe("NEW");
    expect(await store.findFinished("other-agent", "f")).toBeUndefined();
    await raise(store, { id: "ONLY_PENDING", fingerprint: "g" });
    expect(await store.findFinished("infra-agent", "g")).toBeUndefined();
  });

  test("finds an agent's last request of an action with one of some statuses", async () => {
    const { store } = get();
    const at = (atMs: number, verdict: "approved" | "denied"): Happening => ({
      type: "decided",
      decision: sampleDecision({ verdict, atMs }),
    });
    await raise(store, { id: "A", actionName: "deploy" }, at(T0 + 1000, "approved"));
    await raise(store, { id: "B", actionName: "deploy" }, at(T0 + 2000, "approved"));
    await raise(store, { id: "C", actionName: "deploy" }, at(T0 + 3000, "denied"));
    await raise(store, { id: "D", actionName: "rollback" }, at(T0 + 4000, "approved"));
    await raise(store, { id: "E", actionName: "deploy" });
    expect(await store.findLast("infra-agent", "deploy", ["approved", "used"])).toBe("B");
    expect(await store.findLast("infra-agent", "deploy", ["approved", "denied"])).toBe("C");
    expect(await store.findLast("infra-agent", "deploy", ["revoked"])).toBeUndefined();
    expect(await store.findLast("other-agent", "deploy", ["approved"])).toBeUndefined();
    expect(await store.findLast("infra-agent", "deploy", [])).toBeUndefined();
  });
}

/** Declares these tests. */
export function listing(get: Get): void {
  test("lists newest first, narrowed by status and agent, up to a limit", async () => {
    const { store } = get();
    await raise(store, { id: "A" });
    await raise(store, { id: "C", agentId: "other-agent" });
    await raise(store, { id: "B" }, DENIED);
    await raise(store, { id: "D" });
    const ids = async (filter: Parameters<Store["list"]>[0]) => (await store.list(filter)).map((s) => s.facts.id);
    expect(await ids({ limit: 10 })).toEqual(["D", "B", "C", "A"]);
    expect(await ids({ limit: 2 })).toEqual(["D", "B"]);
    expect(await ids({ status: ["pending"], limit: 10 })).toEqual(["D", "C", "A"]);
    expect(await ids({ status: ["pending", "denied"], agentId: "infra-agent", limit: 10 })).toEqual(["D", "B", "A"]);
    expect(await ids({ agentId: "other-agent", limit: 10 })).toEqual(["C"]);
    expect(await ids({ status: [], limit: 10 })).toEqual([]);
  });

  test("lists a request under its newest status only", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    await add(store, opened, APPROVED);
    expect(await store.list({ status: ["pending"], limit: 10 })).toEqual([]);
    expect((await store.list({ status: ["approved"], limit: 10 })).map((s) => s.seq)).toEqual([2]);
  });
}
