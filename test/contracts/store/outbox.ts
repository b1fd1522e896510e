/** The outbox for the audit log, and the log's head. */
import { expect, test } from "vitest";
import type { AuditDraft } from "../../../src/engine/ports.ts";
import { following, T0 } from "../../fixtures/requests.ts";
import { APPROVED, AUDITED, DELIVERED, draft, type Get, raise } from "./steps.ts";

/** Declares these tests. */
export function outboxes(get: Get): void {
  test("keeps what is for the audit log in the order of the commits, across commits and notes", async () => {
    const harness = get();
    const { store } = harness;
    const opened = await raise(store, { id: "A" });
    await store.note([draft("one"), draft("two")]);
    await store.commit({ ...following(opened, APPROVED, AUDITED), audit: [draft("three", "A"), draft("four", "A")] });
    for (const open of [() => store, harness.reopen]) {
      const each = await open();
      const records = await each.outbox(undefined, 10);
      expect(records.map((record) => record.draft.body.note)).toEqual(["one", "two", "three", "four"]);
      expect(records.map((record) => record.id)).toEqual(records.map((record) => record.id).toSorted());
      expect(new Set(records.map((record) => record.id)).size).toBe(4);
      expect(records.map((record) => record.seq)).toEqual([undefined, undefined, 3, 3]);
      expect(records.map((record) => record.draft.request_id)).toEqual([undefined, undefined, "A", "A"]);
      expect(records[0]?.atMs).toBe(T0);
    }
  });

  test("names the deciding event of a decision's entry", async () => {
    const { store } = get();
    const opened = await raise(store, { id: "A" });
    const decision: AuditDraft = { entry_type: "decision", request_id: "A", body: {} };
    await store.commit({ ...following(opened, APPROVED, DELIVERED), audit: [decision] });
    expect((await store.outbox(undefined, 10)).map((record) => record.seq)).toEqual([2]);
  });

  test("gives the outbox in pieces", async () => {
    const { store } = get();
    await store.note([draft("one"), draft("two"), draft("three")]);
    const first = await store.outbox(undefined, 2);
    const rest = await store.outbox(first.at(-1)?.id, 2);
    expect([...first, ...rest].map((record) => record.draft.body.note)).toEqual(["one", "two", "three"]);
    expect(await store.outbox(rest.at(-1)?.id, 2)).toEqual([]);
  });

  test("removes what was confirmed, keeps the head, and may be told twice", async () => {
    const harness = get();
    const { store } = harness;
    expect(await store.auditHead()).toEqual({ number: 0, hash: "0".repeat(64) });
    await store.note([draft("one"), draft("two"), draft("three")]);
    const [, second] = await store.outbox(undefined, 2);
    const head = { number: 7, hash: "7".repeat(64) };
    for (let times = 0; times < 2; times++) await store.confirmAudit(second?.id ?? "", head);
    for (const open of [() => store, harness.reopen]) {
      const each = await open();
      expect(await each.auditHead()).toEqual(head);
      expect((await each.outbox(undefined, 10)).map((record) => record.draft.body.note)).toEqual(["three"]);
    }
  });

  test("never gives an outbox id twice, also when everything was confirmed before a restart", async () => {
    const harness = get();
    const { store } = harness;
    await store.note([draft("one"), draft("two")]);
    const before = await store.outbox(undefined, 10);
    const last = before.at(-1)?.id ?? "";
    await store.confirmAudit(last, { number: 2, hash: "2".repeat(64) });
    const again = await harness.reopen();
    await again.note([draft("three")]);
    const [next] = await again.outbox(undefined, 10);
    expect(next?.draft.body.note).toBe("three");
    expect((next?.id ?? "") > last).toBe(true);
  });

  test("never lowers the head, and removes nothing for a confirmation that contradicts it", async () => {
    const { store } = get();
    await store.note([draft("one"), draft("two"), draft("three")]);
    const ids = (await store.outbox(undefined, 10)).map((record) => record.id);
    const head = { number: 2, hash: "2".repeat(64) };
    await store.confirmAudit(ids[1] ?? "", head);
    await store.confirmAudit(ids[0] ?? "", { number: 1, hash: "1".repeat(64) });
    expect(await store.auditHead()).toEqual(head);
    const conflicts = [
      store.confirmAudit(ids[2] ?? "", { number: 1, hash: "1".repeat(64) }),
      store.confirmAudit(ids[2] ?? "", { number: 2, hash: "f".repeat(64) }),
      store.confirmAudit("9999", { number: 9, hash: "9".repeat(64) }),
    ];
    for (const conflict of conflicts) await expect(conflict).rejects.toMatchObject({ code: "head_conflict" });
    expect(await store.auditHead()).toEqual(head);
    expect(await store.outbox(undefined, 10)).toHaveLength(1);
  });

  test("takes a head without an outbox record of its own: entries that the log made by itself", async () => {
    const { store } = get();
    await store.confirmAudit("0", { number: 3, hash: "3".repeat(64) });
    expect(await store.auditHead()).toEqual({ number: 3, hash: "3".repeat(64) });
  });
}
