/** The writer between a real store and a log: crashes between its steps, files that do not belong, disks that fail. */
import { afterEach, describe, expect, it } from "vitest";
import { createAppender } from "../../src/audit/append.ts";
import { checkChain } from "../../src/audit/file.ts";
import { createAuditWriter } from "../../src/audit/writer.ts";
import type { AuditDraft, AuditLog, Store } from "../../src/engine/ports.ts";
import { type EmbeddedHarness, embeddedHarness } from "../queue/embedded-harness.ts";
import { decisionBody, draft, refusalDraft, START_MS, startDraft } from "./fixtures.ts";
import { memoryFile } from "./logs.ts";

const stores: EmbeddedHarness[] = [];
afterEach(async () => {
  for (const one of stores.splice(0)) await one.dispose();
});
async function newStore(): Promise<EmbeddedHarness> {
  const harness = await embeddedHarness();
  stores.push(harness);
  return harness;
}

type Disk = ReturnType<typeof memoryFile>;

async function openLog(disk: Disk): Promise<AuditLog> {
  const { head, sizeBytes } = await checkChain("memory", disk);
  return createAppender({ path: "memory", file: disk, head, sizeBytes, now: () => START_MS });
}

function linesOf(disk: Disk): readonly Record<string, unknown>[] {
  const lines = disk.bytes.toString("utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const decision = (id: string): AuditDraft => draft("decision", id, decisionBody(id));
const THREE: readonly AuditDraft[] = [startDraft("a"), decision("REQ1"), refusalDraft("REQ1", "c1")];

interface Writing {
  readonly writer: ReturnType<typeof createAuditWriter>;
  readonly released: string[];
  readonly faults: unknown[];
  /** Resolves at the first fault. */
  readonly fault: Promise<unknown>;
}

function writing(store: Store, log: AuditLog): Writing {
  const released: string[] = [];
  const faults: unknown[] = [];
  let tell: (fault: unknown) => void = () => {};
  const fault = new Promise<unknown>((resolve) => (tell = resolve));
  const writer = createAuditWriter({
    store,
    log,
    audited: async (id, entry, hash) => released.push(`${id} ${entry} ${hash.slice(0, 4)}`),
    onFault: (given) => {
      faults.push(given);
      tell(given);
    },
  });
  return { writer, released, faults, fault };
}

/** Starts a writer and stops it at once, which copies what is there. */
async function copyAll(store: Store, disk: Disk): Promise<Writing> {
  const on = writing(store, await openLog(disk));
  await on.writer.start();
  await on.writer.stop();
  return on;
}

describe("copying", () => {
  it("writes the outbox in order, releases decisions and only these, and confirms", async () => {
    const { store } = await newStore();
    await store.note(THREE);
    const disk = memoryFile();
    const { released, faults } = await copyAll(store, disk);
    const lines = linesOf(disk);
    expect(lines.map((line) => [line.number, line.entry_type])).toEqual([
      [1, "admin"],
      [2, "decision"],
      [3, "refusal"],
    ]);
    expect(released).toEqual([`REQ1 2 ${String(lines[1]?.chain_hash).slice(0, 4)}`]);
    expect(await store.outbox(undefined, 10)).toEqual([]);
    expect(await store.auditHead()).toEqual({ number: 3, hash: lines[2]?.chain_hash });
    expect(faults).toEqual([]);
  });

  it("goes on where it stopped, each record once", async () => {
    const { store } = await newStore();
    const disk = memoryFile();
    for (const id of ["REQ1", "REQ2", "REQ3"]) {
      await store.note([decision(id)]);
      expect((await copyAll(store, disk)).released).toHaveLength(1);
    }
    expect(linesOf(disk).map((line) => [line.number, line.request_id])).toEqual([
      [1, "REQ1"],
      [2, "REQ2"],
      [3, "REQ3"],
    ]);
  });
});

describe("after a crash", () => {
  it.each([1, 2, 3])(
    "between writing and confirming %s of three, writes nothing twice and releases all",
    async (count) => {
      const { store, reopen } = await newStore();
      await store.note(THREE);
      const disk = memoryFile();
      await (await openLog(disk)).append((await store.outbox(undefined, 10)).slice(0, count));
      const again = await reopen();
      const { released } = await copyAll(again, disk);
      expect(linesOf(disk).map((line) => line.outbox_id)).toEqual([1, 2, 3].map((id) => String(id).padStart(16, "0")));
      expect(released.map((one) => one.slice(0, 6))).toEqual(["REQ1 2"]);
      expect(await again.outbox(undefined, 10)).toEqual([]);
      expect((await again.auditHead()).number).toBe(3);
    },
  );

  it("between confirming and nothing else, has nothing to do", async () => {
    const { store, reopen } = await newStore();
    await store.note(THREE);
    const disk = memoryFile();
    await copyAll(store, disk);
    const { released } = await copyAll(await reopen(), disk);
    expect(released).toEqual([]);
    expect(linesOf(disk)).toHaveLength(3);
  });
});

describe("a file that does not belong", () => {
  it("is refused where it ends before what the store has confirmed", async () => {
    const { store } = await newStore();
    await store.note(THREE);
    const disk = memoryFile();
    await copyAll(store, disk);
    const cut = memoryFile();
    cut.bytes = Buffer.from(`${disk.bytes.toString("utf8").split("\n").slice(0, 2).join("\n")}\n`);
    const on = writing(store, await openLog(cut));
    await expect(on.writer.start()).rejects.toMatchObject({ code: "head", message: expect.stringContaining("line 3") });
    expect(linesOf(cut)).toHaveLength(2);
  });

  it("is refused where it holds another line in the confirmed one's place", async () => {
    const [one, other] = [await newStore(), await newStore()];
    const [mine, theirs] = [memoryFile(), memoryFile()];
    await one.store.note([decision("REQ1")]);
    await copyAll(one.store, mine);
    await other.store.note([decision("REQ9")]);
    await copyAll(other.store, theirs);
    await expect(writing(one.store, await openLog(theirs)).writer.start()).rejects.toMatchObject({ code: "head" });
  });

  it("is refused where another service has written on after the confirmed line", async () => {
    const { store } = await newStore();
    const disk = memoryFile();
    await store.note([decision("REQ1")]);
    await copyAll(store, disk);
    const second = await openLog(disk);
    await second.append([{ id: "0000000000000077", atMs: START_MS, draft: decision("REQ9") }]);
    const on = writing(store, await openLog(disk));
    await expect(on.writer.start()).rejects.toMatchObject({ code: "foreign" });
    expect(on.released).toEqual([]);
  });

  it("is adopted by a store without history, which says so in an entry and continues the chain", async () => {
    const [old, fresh] = [await newStore(), await newStore()];
    const disk = memoryFile();
    await old.store.note(THREE);
    await copyAll(old.store, disk);
    const { released } = await copyAll(fresh.store, disk);
    const lines = linesOf(disk);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toMatchObject({
      number: 4,
      entry_type: "admin",
      change: "log_adopted",
      head_number: 3,
      head_hash: lines[2]?.chain_hash,
      previous_hash: lines[2]?.chain_hash,
    });
    expect(released).toEqual([]);
    expect((await fresh.store.auditHead()).number).toBe(4);
  });
});

describe("a disk that fails", () => {
  it("holds the verdicts, says why, and releases them when it takes entries again", async () => {
    const { store } = await newStore();
    const disk = memoryFile();
    const on = writing(store, await openLog(disk));
    await on.writer.start();
    disk.room = 100;
    await store.note(THREE);
    // Notes wake nobody by themselves; a commit would. Stopping looks at once, too.
    const stopped = on.writer.stop();
    expect(await on.fault).toMatchObject({ code: "disk" });
    await stopped;
    expect(on.released).toEqual([]);
    expect(disk.bytes).toHaveLength(0);
    expect(await store.outbox(undefined, 10)).toHaveLength(3);
    disk.room = Number.POSITIVE_INFINITY;
    const { released } = await copyAll(store, disk);
    expect(released).toHaveLength(1);
    expect(linesOf(disk)).toHaveLength(3);
  });

  it("is told as trouble until it takes entries again", async () => {
    const { store } = await newStore();
    const disk = memoryFile();
    await store.note([decision("REQ1")]);
    disk.failSync = true;
    const on = writing(store, await openLog(disk));
    await on.writer.start();
    await on.fault;
    expect(on.writer.trouble()).toBeDefined();
    expect(on.released).toEqual([]);
    disk.failSync = false;
    await on.writer.stop();
    expect(on.released).toHaveLength(1);
    expect(linesOf(disk)).toHaveLength(1);
  });

  it("releases again what was written when only the confirmation failed, and writes it once", async () => {
    const { store } = await newStore();
    const disk = memoryFile();
    await store.note([decision("REQ1")]);
    let failing = true;
    const flaky: Store = {
      ...store,
      confirmAudit: async (upToId, head) => {
        if (failing) throw new Error("the store is away");
        return store.confirmAudit(upToId, head);
      },
    };
    const on = writing(flaky, await openLog(disk));
    await on.writer.start();
    expect(await on.fault).toMatchObject({ message: "the store is away" });
    failing = false;
    await on.writer.stop();
    expect(linesOf(disk)).toHaveLength(1);
    expect(on.released).toHaveLength(2);
    expect(await store.outbox(undefined, 10)).toEqual([]);
  });
});
