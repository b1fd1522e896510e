/** Somebody with the state folder and without its key puts authentic records back to an older state, or removes them. */
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RequestState } from "../../src/engine/request.ts";
import { following, opening, sampleDecision, sampleFacts } from "../fixtures/requests.ts";
import { type EmbeddedHarness, embeddedHarness } from "./embedded-harness.ts";

const NOT_AUTHENTIC = { name: "RecordFault", code: "not_authentic" };
const ROLLED_BACK = { name: "StoreFault", code: "rolled_back" };
const DELIVERED = { type: "delivered", surface: "terminal", ref: "1" } as const;
const AUDITED = { type: "audited", entry: 1, hash: "a".repeat(64) } as const;
const decided = (verdict: "approved" | "denied") =>
  ({ type: "decided", decision: sampleDecision({ verdict }) }) as const;
const USED = { type: "used", useId: "first", digest: "d".repeat(64) } as const;
const USED_AGAIN = { type: "used", useId: "again", digest: "d".repeat(64) } as const;

type Table = "requests" | "events" | "outbox" | "records" | "meta";

let harness: EmbeddedHarness;
beforeEach(async () => {
  harness = await embeddedHarness();
});
afterEach(async () => {
  await harness.dispose();
});

function withFile<T>(act: (db: Database.Database) => T): T {
  const db = new Database(join(harness.folder, "state.db"));
  try {
    return act(db);
  } finally {
    db.close();
  }
}

function tamper(sql: string): void {
  withFile((db) => db.exec(sql));
}

/** Copies rows as they stand now; gives how to put them back in place of what is there then. */
function saved(table: Table, where: string): () => void {
  const names = withFile((db) => db.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all([])).map(
    String,
  );
  const quoted = names.map((name) => `quote(${name})`).join(" || ', ' || ");
  const rows = withFile((db) => db.prepare(`SELECT ${quoted} FROM ${table} WHERE ${where}`).pluck().all([])).map(
    String,
  );
  return () => {
    const inserts = rows.map((row) => `INSERT INTO ${table} (${names.join(", ")}) VALUES (${row});`);
    tamper(`DELETE FROM ${table} WHERE ${where}; ${inserts.join("\n")}`);
  };
}

/** Puts back one request as it stands now: its state and its events. */
function savedRequest(id: string): () => void {
  const putBack = [saved("requests", `request_id = '${id}'`), saved("events", `request_id = '${id}'`)];
  return () => {
    for (const put of putBack) put();
  };
}

async function opened(id: string, ...happenings: Parameters<typeof following>[1][]): Promise<RequestState> {
  const order = opening(sampleFacts({ id }));
  expect(await harness.store.commit(order)).toMatchObject({ ok: true });
  return happenings.length === 0 ? order.next : moved(order.next, ...happenings);
}

async function moved(state: RequestState, ...happenings: Parameters<typeof following>[1][]): Promise<RequestState> {
  const order = following(state, ...happenings);
  expect(await harness.store.commit(order)).toMatchObject({ ok: true });
  return order.next;
}

describe("a request that was put back to an older state while the service runs", () => {
  test("is not used a second time: it is held, named, and told as an alarm", async () => {
    const approved = await opened("A", decided("approved"), AUDITED);
    const putBack = savedRequest("A");
    await moved(approved, USED);
    putBack();
    await expect(harness.store.load("A")).rejects.toMatchObject({ ...NOT_AUTHENTIC, requestId: "A" });
    await expect(harness.store.load("A")).rejects.toThrow("put back to an older state");
    await expect(harness.store.commit(following(approved, USED_AGAIN))).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(harness.store.events("A")).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(harness.store.findByKey("infra-agent", "client-A")).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(harness.alarms.map((fault) => fault.requestId)).toEqual(["A"]);
  });

  test("is not approved after it was denied, not listed as pending, and not due", async () => {
    const pending = await opened("A");
    await opened("B");
    const putBack = savedRequest("A");
    await moved(pending, decided("denied"));
    putBack();
    const approval = following(pending, decided("approved"));
    await expect(harness.store.commit({ ...approval, commandId: "another" })).rejects.toMatchObject(NOT_AUTHENTIC);
    expect((await harness.store.list({ status: ["pending"], limit: 9 })).map((one) => one.facts.id)).toEqual(["B"]);
    await harness.advance(60_000_000);
    expect((await harness.store.due(9)).requestIds).toEqual(["B"]);
  });

  test("is told from one whose commit failed: what is remembered goes back with the transaction", async () => {
    const state = await opened("A", DELIVERED);
    const broken = following(state, decided("denied"));
    tamper("CREATE TRIGGER in_the_way BEFORE INSERT ON work BEGIN SELECT raise(ABORT, 'a full disk'); END");
    await expect(harness.store.commit(broken)).rejects.toMatchObject({ code: "write_failed" });
    tamper("DROP TRIGGER in_the_way");
    expect((await harness.store.load("A"))?.seq).toBe(2);
    expect((await moved(state, decided("denied"))).seq).toBe(3);
    expect((await (await harness.reopen()).load("A"))?.status).toBe("denied");
  });

  test("does not start again, and its message says what to do", async () => {
    const approved = await opened("A", decided("approved"), AUDITED);
    const putBack = savedRequest("A");
    const done = await moved(approved, USED);
    putBack();
    await opened("B");
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
    await expect(harness.reopen()).rejects.toThrow("move it away to begin anew");
    expect(done.status).toBe("used");
  });

  test("does not pass with the sum of that time either, once others moved on", async () => {
    const pending = await opened("A");
    const putBack = [savedRequest("A"), saved("meta", "name = 'latest'")];
    await moved(pending, decided("denied"));
    await opened("B");
    await harness.store.close();
    for (const put of putBack) put();
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });
});

describe("a request that was removed behind the service", () => {
  test("is not taken for one that never was, and cannot be opened again under its id", async () => {
    await opened("A", decided("denied"));
    tamper("DELETE FROM requests WHERE request_id = 'A'; DELETE FROM events WHERE request_id = 'A'");
    await expect(harness.store.load("A")).rejects.toMatchObject({ ...NOT_AUTHENTIC, requestId: "A" });
    await expect(harness.store.load("A")).rejects.toThrow("was removed");
    await expect(harness.store.commit(opening(sampleFacts({ id: "A" })))).rejects.toMatchObject(NOT_AUTHENTIC);
  });

  test("is an alarm at the next list or look at what is due, without being asked for", async () => {
    await opened("A");
    await opened("B");
    tamper("DELETE FROM requests WHERE request_id = 'A'");
    expect((await harness.store.due(9)).requestIds).toEqual([]);
    expect(harness.alarms.map((fault) => fault.requestId)).toEqual(["A"]);
    tamper("DELETE FROM requests WHERE request_id = 'B'");
    expect(await harness.store.list({ limit: 9 })).toEqual([]);
    expect(harness.alarms.map((fault) => fault.requestId)).toEqual(["A", "B"]);
  });

  test("is missed at the next start", async () => {
    await opened("A");
    await opened("B");
    await harness.store.close();
    tamper("DELETE FROM requests WHERE request_id = 'A'; DELETE FROM events WHERE request_id = 'A'");
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });

  test("may go when it was forgotten, and does not come back", async () => {
    await opened("A", decided("denied"), AUDITED);
    await opened("B");
    const putBack = savedRequest("A");
    expect(await harness.store.forget(Number.MAX_SAFE_INTEGER)).toBe(1);
    expect(await harness.store.load("A")).toBeUndefined();
    expect((await (await harness.reopen()).load("B"))?.status).toBe("pending");
    putBack();
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });

  test("is not forgotten by a change of the columns that find it", async () => {
    await opened("A");
    tamper("UPDATE requests SET held = 0, finished_ms = 0, moment_ms = NULL");
    expect(await harness.store.forget(Number.MAX_SAFE_INTEGER)).toBe(0);
    expect((await harness.store.load("A"))?.status).toBe("pending");
  });
});

describe("other records that were put back or removed", () => {
  test("hold a named record while the service runs, and stop its next start", async () => {
    await harness.store.writeRecord("trust", "k", { n: 1 }, undefined);
    const putBack = saved("records", "key = 'k'");
    await harness.store.writeRecord("trust", "k", { n: 2 }, { n: 1 });
    putBack();
    await expect(harness.store.readRecord("trust", "k")).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(harness.store.listRecords("trust")).rejects.toMatchObject(NOT_AUTHENTIC);
    tamper("DELETE FROM records");
    await expect(harness.store.readRecord("trust", "k")).rejects.toThrow("was removed");
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });

  test("are known again after a start, whatever letters stand in their names", async () => {
    const names = ['a"b\\c', "\u0000", "\ud800", "é\n", "],["];
    for (const name of names) await harness.store.writeRecord(name, name, { name }, undefined);
    const store = await harness.reopen();
    for (const name of names) {
      expect(await store.readRecord(name, name)).toEqual(JSON.parse(JSON.stringify({ name })));
      expect(await store.writeRecord(name, name, undefined, { name })).toBe(true);
    }
    await expect(harness.reopen()).resolves.toBeDefined();
  });

  test("stop the outbox when its end is gone: the numbers are not given again", async () => {
    for (const note of ["one", "two"]) await harness.store.note([{ entry_type: "admin", body: { note } }]);
    tamper("DELETE FROM outbox WHERE id = 2");
    await expect(harness.store.outbox(undefined, 9)).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(harness.store.note([{ entry_type: "admin", body: {} }])).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });

  test("stop the start when the audit head was put back", async () => {
    await harness.store.note([{ entry_type: "admin", body: {} }]);
    const putBack = saved("meta", "name = 'head'");
    await harness.store.confirmAudit("1", { number: 1, hash: "1".repeat(64) });
    expect((await (await harness.reopen()).auditHead()).number).toBe(1);
    putBack();
    await expect(harness.reopen()).rejects.toMatchObject(ROLLED_BACK);
  });

  test("stop the start when the sum itself is gone or was changed", async () => {
    await opened("A");
    await harness.store.close();
    tamper("UPDATE meta SET body = replace(body, 'rows', 'ROWS') WHERE name = 'latest'");
    await expect(harness.reopen()).rejects.toMatchObject({ name: "StoreFault", code: "wrong_key" });
    tamper("DELETE FROM meta WHERE name = 'latest'");
    await expect(harness.reopen()).rejects.toMatchObject({ name: "RecordFault", code: "missing" });
  });
});

describe("a large state", () => {
  const large = sampleFacts({ id: "L", summary: "long ".repeat(20_000) });

  test("is opened once for many readers, frozen, and anew after it changed", async () => {
    const order = opening(large);
    await harness.store.commit(order);
    const first = await harness.store.load("L");
    expect(await harness.store.load("L")).toBe(first);
    expect(Object.isFrozen(first?.facts.action)).toBe(true);
    await moved(order.next, DELIVERED);
    expect((await harness.store.load("L"))?.seq).toBe(2);
  });

  test("is held like any other when it was changed or put back", async () => {
    const order = opening(large);
    await harness.store.commit(order);
    await harness.store.load("L");
    const putBack = savedRequest("L");
    tamper("UPDATE requests SET body = replace(body, 'long', 'lang')");
    await expect(harness.store.load("L")).rejects.toMatchObject(NOT_AUTHENTIC);
    putBack();
    expect((await harness.store.load("L"))?.seq).toBe(1);
    await moved(order.next, decided("denied"));
    putBack();
    await expect(harness.store.load("L")).rejects.toMatchObject(NOT_AUTHENTIC);
  });
});
