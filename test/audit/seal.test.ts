/** Setting a broken log aside, and how the next writer and the store go on. */
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAuditLog } from "../../src/audit/file.ts";
import { sealLog } from "../../src/audit/seal.ts";
import { decisions, START_MS } from "./fixtures.ts";
import { headOf, inFolder, verifyBytes } from "./logs.ts";

const now = () => START_MS;
const by = "kim@company.com";

/** A log of five decisions whose third line was edited. */
async function brokenLog(folder: string) {
  const path = join(folder, "audit.jsonl");
  const log = await openAuditLog({ path, now });
  const heads = await log.append(decisions(5));
  await log.close();
  const lines = (await readFile(path, "utf8")).split("\n");
  const broken = lines.with(2, (lines[2] ?? "").replace("infra-agent", "other-agent")).join("\n");
  await writeFile(path, broken);
  return { path, broken, heads };
}

test("keeps the broken file untouched and begins one that names break, last good hash and who ordered it", () =>
  inFolder(async (folder) => {
    const { path, broken, heads } = await brokenLog(folder);
    const outcome = await sealLog({ path, by, now });
    expect(outcome).toMatchObject({ ok: true, keptAs: `${path}.broken-1`, lastGood: heads[1], head: { number: 6 } });
    expect(await readFile(`${path}.broken-1`, "utf8")).toBe(broken);
    const [first = "", ...rest] = (await readFile(path, "utf8")).split("\n");
    expect(rest).toEqual([""]);
    expect(JSON.parse(first)).toMatchObject({
      number: 6,
      change: "sealed",
      sealed: { file: "audit.jsonl.broken-1", last_good: heads[1], end: heads[4], break_line: 3, ordered_by: by },
      previous_hash: "0".repeat(64),
    });
    expect(await readdir(folder)).toEqual(["audit.jsonl", "audit.jsonl.broken-1"]);
  }));

test("lets the writer go on, with numbers that were never given before and the head that the store knows", () =>
  inFolder(async (folder) => {
    const { path, heads } = await brokenLog(folder);
    await sealLog({ path, by, now });
    const log = await openAuditLog({ path, now });
    const [, second, , , last] = heads;
    if (second === undefined || last === undefined) throw new Error("five heads expected");
    expect(await log.since(last)).toEqual([]);
    expect(await log.since(second)).toEqual([]);
    await expect(log.since({ number: 5, hash: "a".repeat(64) })).rejects.toMatchObject({ code: "head" });
    const [next] = await log.append(decisions(1, 6));
    expect(next?.number).toBe(7);
    expect((await log.since(last)).map((line) => line.head.number)).toEqual([7]);
    await log.close();
    const bytes = await readFile(path);
    expect(await verifyBytes(bytes, { expected: next === undefined ? [] : [next] })).toMatchObject({
      ok: true,
      lines: 2,
      entries: 1,
    });
    const old = await verifyBytes(bytes, { expected: [last] });
    expect(old.problems[0]?.reason).toContain("entry 5 stands in the sealed file that line 1 names");
  }));

test("accepts a cut or lost file only with the head that the store names", () =>
  inFolder(async (folder) => {
    const path = join(folder, "audit.jsonl");
    const log = await openAuditLog({ path, now });
    const heads = await log.append(decisions(3));
    await log.close();
    const storeHead = heads[2];
    if (storeHead === undefined) throw new Error("three heads expected");
    const [first = ""] = (await readFile(path, "utf8")).split("\n");
    await truncate(path, Buffer.byteLength(first) + 1);
    expect(await sealLog({ path, by, now })).toEqual({ ok: false, why: "intact" });
    expect(await sealLog({ path, by, now, storeHead })).toMatchObject({ ok: true, lastGood: headOf(first) });
    await rm(path);
    expect(await sealLog({ path, by, now })).toEqual({ ok: false, why: "no_file" });
    expect(await sealLog({ path, by, now, storeHead })).toMatchObject({ ok: true, keptAs: undefined });
    const again = await openAuditLog({ path, now });
    expect(await again.since(storeHead)).toEqual([]);
    expect(again.head().number).toBe(4);
    await again.close();
  }));

test("refuses an intact log, a torn one, and one that is being written", () =>
  inFolder(async (folder) => {
    const path = join(folder, "audit.jsonl");
    const log = await openAuditLog({ path, now });
    await log.append(decisions(2));
    await expect(sealLog({ path, by, now })).rejects.toMatchObject({ code: "locked" });
    await log.close();
    expect(await sealLog({ path, by, now })).toEqual({ ok: false, why: "intact" });
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 4));
    expect(await sealLog({ path, by, now })).toEqual({ ok: false, why: "torn" });
    expect(await readdir(folder)).toEqual(["audit.jsonl"]);
  }));

test("never takes the name of an earlier broken file", () =>
  inFolder(async (folder) => {
    const { path } = await brokenLog(folder);
    await sealLog({ path, by, now });
    await writeFile(path, "{}\n");
    expect(await sealLog({ path, by, now })).toMatchObject({ ok: true, keptAs: `${path}.broken-2` });
  }));
