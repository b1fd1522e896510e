/** A writing process that is killed at any moment: what it was promised is there, and the next one goes on. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAuditLog } from "../../src/audit/file.ts";
import { compile } from "./compiled.ts";
import { START_MS } from "./fixtures.ts";
import { inFolder, verifyBytes } from "./logs.ts";

let compiled: Awaited<ReturnType<typeof compile>>;
beforeAll(async () => {
  compiled = await compile();
});
afterAll(() => compiled.dispose());

/** Runs a writer until it has printed so many lines; then it is still running. */
async function writer(path: string, batch: number, lines: number) {
  const script = join(compiled.folder, "test/audit/writer-process.js");
  const child: ChildProcess = spawn(process.execPath, [script, path, String(batch)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("a pipe was asked for");
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (printed.length >= lines) break;
  }
  return { child, printed };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

test("after kill -9 every promised entry is in the log, the rest is recovered, and the chain is whole", () =>
  inFolder(async (folder) => {
    const path = join(folder, "audit.jsonl");
    for (const [round, batch] of [1, 200, 1, 50, 500, 3].entries()) {
      const { child, printed } = await writer(path, batch, 2 + round * 7);
      await kill(child);
      const promised = printed.slice(1);
      const log = await openAuditLog({ path, now: () => START_MS });
      expect(log.head().number).toBeGreaterThanOrEqual(promised.length);
      await log.close();
      const report = await verifyBytes(await readFile(path), {
        expected: promised.map((head) => ({ number: Number(head.split(":")[0]), hash: head.split(":")[1] ?? "" })),
      });
      expect(report.problems).toEqual([]);
    }
  }));

test("a log that another process writes is locked, and free once that process is killed", () =>
  inFolder(async (folder) => {
    const path = join(folder, "audit.jsonl");
    const { child } = await writer(path, 1, 2);
    await expect(openAuditLog({ path, now: () => START_MS })).rejects.toMatchObject({ code: "locked" });
    await kill(child);
    const log = await openAuditLog({ path, now: () => START_MS });
    expect(log.head().number).toBeGreaterThan(0);
    await log.close();
  }));
