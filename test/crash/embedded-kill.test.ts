/** The embedded store under kill -9, many times on one folder: whatever was answered is there, and nothing is half there. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { newFolder } from "../queue/embedded-harness.ts";
import { transpile } from "./transpile.ts";

/** When to kill: so long after the process began, or after its first answered commit. In milliseconds. */
const KILLS: readonly { readonly after: "start" | "commit"; readonly ms: number }[] = [
  { after: "start", ms: 90 },
  { after: "start", ms: 140 },
  { after: "start", ms: 190 },
  ...[0, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 250].map((ms) => ({ after: "commit" as const, ms })),
];

const foundShape = z.strictObject({
  requests: z.record(z.string(), z.int()),
  problems: z.array(z.string()),
  nowMs: z.int(),
});
const ackShape = z.strictObject({ id: z.string(), seq: z.int(), atMs: z.int() });

interface Run {
  /** Undefined when it was killed before it could say. */
  readonly found: z.infer<typeof foundShape> | undefined;
  readonly acks: readonly z.infer<typeof ackShape>[];
  readonly errors: string;
}

describe("a process that is killed while it writes", () => {
  let script = "";
  let removeScript = (): void => {};
  const { folder, remove } = newFolder();
  beforeAll(() => {
    ({ script, remove: removeScript } = transpile(join(import.meta.dirname, "embedded-writer.ts")));
  });
  afterAll(() => {
    removeScript();
    remove();
  });

  const run = (args: readonly string[], kill: (typeof KILLS)[number] | undefined): Promise<Run> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, folder, ...args], { stdio: ["ignore", "pipe", "pipe"] });
      const out = { text: "", errors: "", isCounting: false };
      const killLater = (ms: number): void => {
        setTimeout(() => child.kill("SIGKILL"), ms);
      };
      if (kill?.after === "start") killLater(kill.ms);
      child.stdout.on("data", (chunk) => {
        out.text += String(chunk);
        const lines = out.text.indexOf("\n") < out.text.lastIndexOf("\n");
        if (kill?.after !== "commit" || !lines || out.isCounting) return;
        out.isCounting = true;
        killLater(kill.ms);
      });
      child.stderr.on("data", (chunk) => {
        out.errors += String(chunk);
      });
      child.on("error", reject);
      child.on("close", () => resolve(asRun(out.text, out.errors)));
    });

  test("loses no answered commit and leaves no half one, and its clock never goes back", async () => {
    const acked = new Map<string, number>();
    let latestMs = 0;
    let answered = 0;
    const verify = (found: Run["found"]): void => {
      if (found === undefined) return;
      expect(found.problems).toEqual([]);
      const lost = [...acked].filter(([id, seq]) => (found.requests[id] ?? 0) < seq);
      expect(lost).toEqual([]);
      expect(found.nowMs).toBeGreaterThanOrEqual(latestMs);
    };
    for (const [round, kill] of KILLS.entries()) {
      const { found, acks, errors } = await run([String(round)], kill);
      expect(errors).toBe("");
      verify(found);
      answered += acks.length;
      for (const { id, seq, atMs } of acks) {
        acked.set(id, seq);
        latestMs = Math.max(latestMs, atMs);
      }
    }
    const last = await run([String(KILLS.length), "check"], undefined);
    expect(last.errors).toBe("");
    expect(last.found).toBeDefined();
    verify(last.found);
    expect(answered).toBeGreaterThan(KILLS.length);
    console.log(`${KILLS.length} kills, ${answered} answered commits, ${acked.size} requests, none lost`);
  });
});

/** The last line may be cut: it is no answer. */
function asRun(text: string, errors: string): Run {
  const [first, ...acks] = text.split("\n").slice(0, -1);
  return {
    found: first === undefined ? undefined : foundShape.parse(JSON.parse(first)),
    acks: acks.map((line) => ackShape.parse(JSON.parse(line))),
    errors,
  };
}
