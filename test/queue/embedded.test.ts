/** What only the embedded store has: its folder, its key, its lock, and records that somebody changed on disk. */
import * as fs from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../src/engine/ports.ts";
import { createEmbeddedStore } from "../../src/queue/embedded.ts";
import { following, opening, sampleDecision, sampleFacts, T0 } from "../fixtures/requests.ts";
import { type EmbeddedHarness, embeddedHarness, newFolder } from "./embedded-harness.ts";

const DELIVERED = { type: "delivered", surface: "terminal", ref: "1" } as const;
const DENIED = { type: "decided", decision: sampleDecision({ verdict: "denied" }) } as const;

function modeOf(path: string): string {
  return (fs.statSync(path).mode & 0o777).toString(8);
}

/** Changes the database behind the store's back, as somebody with the file but without the key would. */
function tamper(folder: string, sql: string): void {
  const db = new Database(join(folder, "state.db"));
  db.exec(sql);
  db.close();
}

describe("the state folder", () => {
  let folder = "";
  let remove = (): void => {};
  const opened: Store[] = [];
  const open = async (key?: Buffer): Promise<Store> => {
    const store = await createEmbeddedStore({ folder, key, wallClock: () => T0 });
    opened.push(store);
    return store;
  };
  beforeEach(() => {
    ({ folder, remove } = newFolder());
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    remove();
  });

  test("is made for its owner only, with all its files", async () => {
    const store = await open();
    await store.note([]);
    expect(modeOf(folder)).toBe("700");
    const files = fs.readdirSync(folder);
    expect(files).toEqual(expect.arrayContaining(["key", "lock.db", "state.db", "state.db-wal"]));
    expect(files.map((file) => modeOf(join(folder, file)))).toEqual(files.map(() => "600"));
  });

  test("is refused while others may write to it", async () => {
    fs.mkdirSync(folder);
    fs.chmodSync(folder, 0o770);
    await expect(open()).rejects.toMatchObject({ code: "folder_unsafe" });
    await expect(open()).rejects.toThrow(`chmod 700 ${folder}`);
  });

  test("is refused with what to do when it cannot be made", async () => {
    fs.writeFileSync(folder, "a file");
    await expect(open()).rejects.toMatchObject({ code: "folder_unusable" });
    await expect(open()).rejects.toThrow(folder);
  });

  test("belongs to one store: a second one is refused and told whose folder it is, until the first is closed", async () => {
    const first = await open();
    const second = open();
    await expect(second).rejects.toMatchObject({ name: "StoreFault", code: "locked" });
    await expect(open()).rejects.toThrow(folder);
    await first.note([]);
    await first.close();
    await expect((await open()).nowMs()).resolves.toBe(T0);
  });

  test("stays locked by the first store after a second one was refused", async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: "locked" });
    await expect(open()).rejects.toMatchObject({ code: "locked" });
  });

  test("keeps the key it made, and is read with it again", async () => {
    const store = await open();
    await store.commit(opening(sampleFacts({ id: "A" })));
    await store.close();
    const key = fs.readFileSync(join(folder, "key"), "utf8");
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await (await open()).load("A"))?.seq).toBe(1);
    expect(fs.readFileSync(join(folder, "key"), "utf8")).toBe(key);
  });

  test("writes no key when one is given", async () => {
    await open(Buffer.alloc(32, 7));
    expect(fs.readdirSync(folder)).not.toContain("key");
  });

  test("is refused with another key than it was written with, and stays as it was", async () => {
    const store = await open(Buffer.alloc(32, 7));
    await store.commit(opening(sampleFacts({ id: "A" })));
    await store.close();
    await expect(open(Buffer.alloc(32, 8))).rejects.toMatchObject({ code: "wrong_key" });
    expect((await (await open(Buffer.alloc(32, 7))).load("A"))?.seq).toBe(1);
  });

  test("gets no new key when its key is gone", async () => {
    await (await open()).close();
    fs.rmSync(join(folder, "key"));
    await expect(open()).rejects.toMatchObject({ code: "key_missing" });
    expect(fs.readdirSync(folder)).not.toContain("key");
  });

  test("is refused with a key that is cut, short, or open to others", async () => {
    await (await open()).close();
    const file = join(folder, "key");
    fs.chmodSync(file, 0o644);
    await expect(open()).rejects.toThrow(`chmod 600 ${file}`);
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, "abc\n");
    await expect(open()).rejects.toMatchObject({ code: "bad_key" });
    await expect(open(Buffer.alloc(16))).rejects.toMatchObject({ code: "bad_key" });
  });

  test("of a newer layout is refused in words", async () => {
    await (await open()).close();
    tamper(folder, "PRAGMA user_version = 2");
    await expect(open()).rejects.toMatchObject({ code: "newer_version" });
  });

  test("is refused when its database is something else", async () => {
    await (await open()).close();
    for (const file of fs.readdirSync(folder)) if (file.startsWith("state.db-")) fs.rmSync(join(folder, file));
    fs.writeFileSync(join(folder, "state.db"), "not a database, but long enough to be read as one".repeat(100));
    await expect(open()).rejects.toMatchObject({ name: "StoreFault", code: "folder_unusable" });
    await expect(open()).rejects.toThrow("state.db");
  });

  test("is refused when its head was changed or removed", async () => {
    await (await open()).close();
    tamper(folder, `UPDATE meta SET body = replace(body, '"number":0', '"number":9') WHERE name = 'head'`);
    await expect(open()).rejects.toMatchObject({ code: "wrong_key" });
    tamper(folder, "DELETE FROM meta WHERE name = 'head'");
    await expect(open()).rejects.toMatchObject({ name: "RecordFault", code: "missing" });
  });
});

describe("records that were changed on disk", () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await embeddedHarness();
    const opened = opening(sampleFacts({ id: "A" }));
    await harness.store.commit({
      ...opened,
      audit: [{ entry_type: "decision", request_id: "A", body: { note: "one" } }],
    });
    await harness.store.commit(following(opened.next, DELIVERED));
    await harness.store.commit(opening(sampleFacts({ id: "B" }), DENIED));
    await harness.store.note([{ entry_type: "admin", body: { note: "two" } }]);
    await harness.store.writeRecord("trust", "k", { n: 1 }, undefined);
    await harness.store.writeRecord("trust", "other", { n: 2 }, undefined);
  });
  afterEach(async () => {
    await harness.dispose();
  });

  const NOT_AUTHENTIC = { name: "RecordFault", code: "not_authentic" };

  test("hold their request: load fails and names it, other requests go on", async () => {
    tamper(
      harness.folder,
      `UPDATE requests SET body = replace(body, '"status":"pending"', '"status":"approved"') WHERE request_id = 'A'`,
    );
    await expect(harness.store.load("A")).rejects.toMatchObject({ ...NOT_AUTHENTIC, requestId: "A" });
    await expect(harness.store.findByKey("infra-agent", "client-A")).rejects.toMatchObject(NOT_AUTHENTIC);
    expect((await harness.store.load("B"))?.status).toBe("denied");
  });

  test("do not stand for another request, nor an older state for the newest", async () => {
    tamper(
      harness.folder,
      "UPDATE requests SET body = (SELECT body FROM requests WHERE request_id = 'B'), seq = 2 WHERE request_id = 'A'",
    );
    await expect(harness.store.load("A")).rejects.toMatchObject(NOT_AUTHENTIC);
    tamper(harness.folder, "UPDATE requests SET seq = 1 WHERE request_id = 'B'");
    await expect(harness.store.load("B")).rejects.toMatchObject(NOT_AUTHENTIC);
  });

  test("are left out of lists and of what is due, once with an alarm, while the others are given", async () => {
    await harness.store.commit(opening(sampleFacts({ id: "C" })));
    tamper(harness.folder, "UPDATE requests SET body = body || ' ' WHERE request_id = 'A'");
    expect((await harness.store.list({ status: ["pending"], limit: 10 })).map((s) => s.facts.id)).toEqual(["C"]);
    await harness.advance(60_000);
    expect((await harness.store.due(10)).requestIds).toEqual(["C"]);
    expect(harness.alarms.map((fault) => fault.requestId)).toEqual(["A"]);
  });

  test.each(["agent_id", "client_request_id", "fingerprint", "action_name", "status"])(
    "hold their request when only the column %s was changed",
    async (name) => {
      tamper(harness.folder, `UPDATE requests SET ${name} = 'changed' WHERE request_id = 'B'`);
      await expect(harness.store.load("B")).rejects.toMatchObject(NOT_AUTHENTIC);
      expect((await harness.store.list({ limit: 10 })).map((s) => s.facts.id)).toEqual(["A"]);
    },
  );

  test("are found among the events: changed, swapped, removed, or too many for the state", async () => {
    const { store, folder } = harness;
    tamper(folder, "UPDATE events SET body = replace(body, 'terminal', 'Terminal') WHERE request_id = 'A' AND seq = 2");
    await expect(store.events("A")).rejects.toMatchObject({ ...NOT_AUTHENTIC, record: "event 2 of request A" });
    tamper(folder, "DELETE FROM events WHERE request_id = 'A' AND seq = 2");
    await expect(store.events("A")).rejects.toMatchObject({ code: "missing", record: "event 2 of request A" });
    tamper(folder, "UPDATE events SET seq = 3 WHERE request_id = 'B' AND seq = 2");
    await expect(store.events("B")).rejects.toMatchObject({ code: "missing" });
    tamper(folder, "DELETE FROM requests WHERE request_id = 'A'");
    await expect(store.events("A")).rejects.toMatchObject({ ...NOT_AUTHENTIC, requestId: "A" });
  });

  test("stop the outbox: nothing is passed over in silence", async () => {
    const { store, folder } = harness;
    tamper(folder, "UPDATE outbox SET body = replace(body, 'two', 'TWO')");
    await expect(store.outbox(undefined, 10)).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await store.outbox(undefined, 1)).toHaveLength(1);
    tamper(folder, "DELETE FROM outbox WHERE id = 1");
    await expect(store.outbox(undefined, 10)).rejects.toMatchObject({ code: "missing" });
  });

  test("fail named records, also when one was put in place of another", async () => {
    const { store, folder } = harness;
    tamper(folder, "UPDATE records SET body = (SELECT body FROM records WHERE key = 'other') WHERE key = 'k'");
    await expect(store.readRecord("trust", "k")).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(store.listRecords("trust")).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(store.writeRecord("trust", "k", { n: 9 }, { n: 2 })).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await store.readRecord("trust", "other")).toEqual({ n: 2 });
  });

  test("fail confirmations when the head was changed, and nothing is removed", async () => {
    const { store, folder } = harness;
    tamper(folder, `UPDATE meta SET body = replace(body, '"number":0', '"number":9') WHERE name = 'head'`);
    await expect(store.auditHead()).rejects.toMatchObject(NOT_AUTHENTIC);
    await expect(store.confirmAudit("1", { number: 1, hash: "1".repeat(64) })).rejects.toMatchObject(NOT_AUTHENTIC);
    const db = new Database(join(folder, "state.db"));
    expect(db.prepare("SELECT count(*) FROM outbox").raw().get([])).toEqual([2]);
    db.close();
  });
});

describe("a group of commits", () => {
  test("goes on after one of its steps failed in the database, and leaves nothing of that step", async () => {
    const harness = await embeddedHarness();
    const { store, folder } = harness;
    const leftover = "INSERT INTO events (request_id, seq, command_id, body) VALUES ('BAD', 1, 'x', 'leftover')";
    tamper(folder, leftover);
    const note = { entry_type: "admin", request_id: "BAD", body: {} } as const;
    const outcomes = await Promise.allSettled([
      store.commit(opening(sampleFacts({ id: "GOOD" }))),
      store.commit({ ...opening(sampleFacts({ id: "BAD" })), audit: [note] }),
      store.commit(opening(sampleFacts({ id: "FINE" }))),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { name: "StoreFault", code: "write_failed" } });
    expect(await store.load("BAD")).toBeUndefined();
    expect(await store.outbox(undefined, 10)).toEqual([]);
    expect((await store.load("FINE"))?.seq).toBe(1);
    tamper(folder, "DELETE FROM events WHERE body = 'leftover'");
    expect(await store.commit(opening(sampleFacts({ id: "BAD" })))).toEqual({ ok: true, repeated: false });
    await harness.dispose();
  });

  test("is refused as a whole when the database is held by somebody else, and taken when tried again", async () => {
    const harness = await embeddedHarness();
    const { store, folder } = harness;
    const other = new Database(join(folder, "state.db"));
    other.exec("BEGIN IMMEDIATE");
    const order = opening(sampleFacts({ id: "A" }));
    await expect(store.commit(order)).rejects.toMatchObject({ name: "StoreFault", code: "write_failed" });
    expect(await store.load("A")).toBeUndefined();
    other.exec("ROLLBACK");
    other.close();
    expect(await store.commit(order)).toEqual({ ok: true, repeated: false });
    await harness.dispose();
  });

  test("takes more commits at once than fit into one transaction", async () => {
    const harness = await embeddedHarness();
    const orders = Array.from({ length: 1300 }, (_, n) => opening(sampleFacts({ id: `R${n}` })));
    const outcomes = await Promise.all(orders.map((order) => harness.store.commit(order)));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(await harness.store.list({ limit: 2000 })).toHaveLength(1300);
    await harness.dispose();
  });

  test("tells all listeners although one of them throws", async () => {
    const harness = await embeddedHarness();
    const bugs: unknown[] = [];
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (bug) => bugs.push(bug));
    const heard: string[] = [];
    harness.store.onChange(() => {
      throw new Error("a listener's bug");
    });
    harness.store.onChange((requestId) => heard.push(requestId));
    await harness.store.commit(opening(sampleFacts({ id: "A" })));
    await expect.poll(() => bugs.length).toBe(1);
    expect(heard).toEqual(["A"]);
    for (const listener of listeners) process.on("uncaughtException", listener);
    await harness.dispose();
  });
});
