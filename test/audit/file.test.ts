/** The log on a disk: folders, torn tails, disks that fail, other hands. Processes that die stand in crash.test.ts. */
import { appendFile, readFile, rename, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAppender } from "../../src/audit/append.ts";
import { checkChain, openAuditLog } from "../../src/audit/file.ts";
import { lockWay } from "../../src/audit/lock.ts";
import { decisions, START_MS } from "./fixtures.ts";
import { inFolder, memoryFile, verifyBytes } from "./logs.ts";

const now = () => START_MS;

/** A log with three decisions, closed. */
async function written(folder: string): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const path = join(folder, "state", "audit.jsonl");
  const log = await openAuditLog({ path, now });
  await log.append(decisions(3));
  await log.close();
  return { path, bytes: await readFile(path) };
}

describe("opening", () => {
  test("creates the folder for its owner alone, and the file too", () =>
    inFolder(async (folder) => {
      const { path } = await written(folder);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    }));

  test("refuses a path that is a folder, lies below a file, or is a device", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      for (const path of [folder, join(folder, "file", "audit.jsonl"), "/dev/null"]) {
        await expect(openAuditLog({ path, now })).rejects.toMatchObject({ code: "path" });
      }
      await expect(openAuditLog({ path: folder, now })).rejects.toThrow("set audit.path to");
    }));

  test("refuses a file that is not an audit log, and leaves it alone", () =>
    inFolder(async (folder) => {
      const path = join(folder, "notes.txt");
      for (const text of ["my notes", "my notes\nmore\n", '{"number":2,', "{}\n"]) {
        await writeFile(path, text);
        await expect(openAuditLog({ path, now })).rejects.toMatchObject({ code: "corrupt", line: 1 });
        expect(await readFile(path, "utf8")).toBe(text);
      }
    }));

  test("stops at a corrupt line anywhere, with its number, and changes nothing", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      const lines = bytes.toString("utf8").split("\n");
      for (const index of [0, 1, 2]) {
        const broken = lines.with(index, (lines[index] ?? "").replace("infra-agent", "other-agent")).join("\n");
        await writeFile(path, broken);
        await expect(openAuditLog({ path, now })).rejects.toMatchObject({ code: "corrupt", line: index + 1 });
        await expect(openAuditLog({ path, now })).rejects.toThrow(`line ${index + 1}: chain_hash does not match`);
        expect(await readFile(path, "utf8")).toBe(broken);
      }
    }));

  test("refuses a second opener, also through another name, until the first has closed", () =>
    inFolder(async (folder) => {
      const { path } = await written(folder);
      const link = join(folder, "link.jsonl");
      await symlink(path, link);
      const first = await openAuditLog({ path, now });
      await expect(openAuditLog({ path, now })).rejects.toMatchObject({ code: "locked" });
      await expect(openAuditLog({ path: link, now })).rejects.toThrow("is being written by another process");
      await first.close();
      await (await openAuditLog({ path: link, now })).close();
    }));

  test("leaves no lock behind when opening fails", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      await writeFile(path, "{}\n");
      await expect(openAuditLog({ path, now })).rejects.toMatchObject({ code: "corrupt" });
      await writeFile(path, bytes);
      await (await openAuditLog({ path, now })).close();
    }));

  test("knows how to lock on the platforms that are promised, and refuses others", () => {
    expect(lockWay("linux")).toBe("socket");
    expect(lockWay("darwin")).toBe("exlock");
    expect(lockWay("win32")).toBe("none");
  });
});

describe("a torn last line", () => {
  test("is cut wherever it was torn, reported in an entry, and the chain goes on", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      const lastLine = bytes.lastIndexOf("\n", bytes.length - 2) + 1;
      const cuts = Array.from({ length: 40 }, (_, index) => lastLine + 1 + index * 53).filter(
        (at) => at < bytes.length,
      );
      for (const cut of [...cuts, bytes.length - 1]) {
        await writeFile(path, bytes.subarray(0, cut));
        const log = await openAuditLog({ path, now });
        expect(log.recovered).toMatchObject({ droppedBytes: cut - lastLine, head: { number: 3 } });
        await log.append(decisions(1, 3));
        await log.close();
        const report = await verifyBytes(await readFile(path));
        expect(report).toMatchObject({ ok: true, lines: 4, entries: 3 });
      }
    }));

  test("may be the first line, or NUL bytes that a power failure left", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      for (const torn of [
        bytes.subarray(0, 7),
        bytes.subarray(0, 300),
        Buffer.alloc(50),
        Buffer.concat([bytes, Buffer.alloc(9)]),
      ]) {
        await writeFile(path, torn);
        const log = await openAuditLog({ path, now });
        expect(log.recovered?.droppedBytes).toBeGreaterThan(0);
        await log.close();
        expect((await verifyBytes(await readFile(path))).ok).toBe(true);
      }
    }));

  test("is a fault where recovery is switched off, and nothing is cut", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      await truncate(path, bytes.length - 5);
      await expect(openAuditLog({ path, now, recover: false })).rejects.toMatchObject({ code: "corrupt", line: 3 });
      expect((await stat(path)).size).toBe(bytes.length - 5);
    }));

  test("leaves a whole log alone", () =>
    inFolder(async (folder) => {
      const { path, bytes } = await written(folder);
      const log = await openAuditLog({ path, now });
      expect(log.recovered).toBeUndefined();
      await log.close();
      expect((await readFile(path)).equals(bytes)).toBe(true);
    }));
});

describe("a disk that fails", () => {
  async function onMemory() {
    const disk = memoryFile();
    const { head, sizeBytes } = await checkChain("log", disk);
    return { disk, log: createAppender({ path: "log", file: disk, head, sizeBytes, now }) };
  }

  test("takes nothing of a batch that does not fit, and takes it when there is room again", async () => {
    const { disk, log } = await onMemory();
    const [first] = await log.append(decisions(1));
    const good = disk.bytes;
    for (const room of [0, 1, 500, good.length - 1, good.length + 17]) {
      disk.room = good.length + room;
      await expect(log.append(decisions(2, 2))).rejects.toMatchObject({ code: "disk" });
      expect(disk.bytes.equals(good)).toBe(true);
      expect(log.head()).toEqual(first);
    }
    disk.room = Number.POSITIVE_INFINITY;
    await log.append(decisions(2, 2));
    expect(await verifyBytes(disk.bytes)).toMatchObject({ ok: true, lines: 3 });
  });

  test("goes back before the next write when it could not go back at once", async () => {
    const { disk, log } = await onMemory();
    await log.append(decisions(1));
    disk.room = disk.bytes.length + 100;
    disk.failTruncate = true;
    await expect(log.append(decisions(1, 2))).rejects.toMatchObject({ code: "disk" });
    await expect(log.append(decisions(1, 2))).rejects.toMatchObject({ code: "disk" });
    disk.failTruncate = false;
    disk.room = Number.POSITIVE_INFINITY;
    await log.append(decisions(1, 2));
    expect(await verifyBytes(disk.bytes)).toMatchObject({ ok: true, lines: 2 });
  });

  test("gives no number for what was written and not made durable", async () => {
    const { disk, log } = await onMemory();
    disk.failSync = true;
    await expect(log.append(decisions(1))).rejects.toMatchObject({ code: "disk" });
    expect(log.head().number).toBe(0);
    disk.failSync = false;
    const [head] = await log.append(decisions(1));
    expect(head?.number).toBe(1);
    expect(await verifyBytes(disk.bytes)).toMatchObject({ ok: true, lines: 1 });
  });

  test("says what to do, and keeps the cause", async () => {
    const { disk, log } = await onMemory();
    disk.room = 10;
    await expect(log.append(decisions(1))).rejects.toThrow(/log could not be written \(ENOSPC.*free space/);
    await expect(log.append(decisions(1))).rejects.toMatchObject({ cause: { code: "ENOSPC" } });
  });
});

describe("another hand", () => {
  test("that appends, shortens, moves or replaces the file is found before the next line is written", () =>
    inFolder(async (folder) => {
      const hands: readonly ((path: string) => Promise<void>)[] = [
        (path) => appendFile(path, "x"),
        (path) => truncate(path, 0),
        (path) => rename(path, `${path}.1`),
        async (path) => {
          await rename(path, `${path}.2`);
          await writeFile(path, "");
        },
      ];
      for (const [index, hand] of hands.entries()) {
        const path = join(folder, `${index}.jsonl`);
        const log = await openAuditLog({ path, now });
        await log.append(decisions(1));
        await hand(path);
        const size = (await stat(path).catch(() => undefined))?.size;
        await expect(log.append(decisions(1, 2))).rejects.toMatchObject({ code: "foreign" });
        expect((await stat(path).catch(() => undefined))?.size).toBe(size);
        await log.close();
      }
    }));
});
