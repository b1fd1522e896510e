/** `attesta audit verify` and `seal` as typed: what they print, and with which exit code. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { approver, decisionBody, draft } from "../audit/fixtures.ts";
import { headOf, inFolder } from "../audit/logs.ts";
import { logIn, run, sampleLog } from "./audit-run.ts";

describe("verify", () => {
  test("prints the published lines with the line count and the head beside the first", () =>
    inFolder(async (folder) => {
      const { lines } = await sampleLog(folder);
      const { number, hash } = headOf(lines.at(-1) ?? "");
      const expected = [
        `✓ Chain integrity verified (3 entries) · 6 lines, head ${number}:${hash}`,
        "✓ All minimum review times met",
        "✓ Multi-party approvals validated",
        "",
      ].join("\n");
      expect(await run(folder, ["verify", "audit.jsonl"])).toEqual({ exitCode: 0, out: expected, err: "" });
      expect(await run(folder, ["verify"])).toEqual({ exitCode: 0, out: expected, err: "" });
    }));

  test("names place and reason of a broken chain, judges nothing else, and exits with 1", () =>
    inFolder(async (folder) => {
      const { path, lines } = await sampleLog(folder);
      await writeFile(path, `${lines.with(2, (lines[2] ?? "").replace("0.88", "0.18")).join("\n")}\n`);
      const { exitCode, out } = await run(folder, ["verify"]);
      expect(exitCode).toBe(1);
      expect(out).toContain("✗ Chain integrity broken\n  line 3: chain_hash does not match the line");
      expect(out).toContain("- All minimum review times met: not judged");
      expect(out).not.toContain("✓");
    }));

  test("names an approval that was too fast and one that filled two seats", () =>
    inFolder(async (folder) => {
      const fast = approver(0, "a@company.com", { seconds: 2, voted_at: "2026-02-13T10:30:02.000Z" });
      const twice = [fast, approver(1, "a@company.com")];
      const body = decisionBody("R", {
        approvers: twice,
        approver_ids: ["a@company.com", "a@company.com"],
        review_duration_seconds: 37.4,
      });
      await logIn(folder, [draft("decision", "R", body)]);
      const { exitCode, out } = await run(folder, ["verify"]);
      expect(exitCode).toBe(1);
      expect(out).toContain("✓ Chain integrity verified (1 entry) · 1 line,");
      expect(out).toMatch(
        /✗ Minimum review times not met\n {2}line 1: .*a@company.com approved after 2 s, the minimum is 45 s/,
      );
      expect(out).toMatch(/✗ Approvals not valid\n {2}line 1: .*one person approved twice/);
    }));

  test("finds expected entries, and names one that is cut off or written anew", () =>
    inFolder(async (folder) => {
      const { path, lines } = await sampleLog(folder);
      const receipt = (line: string) => `${headOf(line).number}:${headOf(line).hash}`;
      const [second, last] = [receipt(lines[1] ?? ""), receipt(lines[5] ?? "")];
      const both = ["verify", "--expect", second, "--expect", last, "audit.jsonl"];
      expect((await run(folder, both)).out).toContain("✓ All 2 expected entries found");
      await writeFile(path, `${lines.slice(0, 4).join("\n")}\n`);
      const cut = await run(folder, both);
      expect(cut.exitCode).toBe(1);
      expect(cut.out).toContain("✗ Expected entries not found\n  line 6: the file ends at line 4, entry 6 is missing");
      const other = await run(folder, ["verify", "--expect", `2:${"a".repeat(64)}`]);
      expect(other.out).toContain("line 2 has another hash");
      for (const bad of ["2", "0:00", second.slice(0, 20), `x:${"a".repeat(64)}`]) {
        expect(await run(folder, ["verify", "--expect", bad])).toMatchObject({ exitCode: 2 });
      }
    }));

  test("holds a missing, an empty and a foreign file for broken", () =>
    inFolder(async (folder) => {
      const missing = await run(folder, ["verify", "nothing.jsonl"]);
      expect(missing.exitCode).toBe(1);
      expect(missing.err).toContain("there is no such file");
      expect((await run(folder, ["verify", "."])).exitCode).toBe(1);
      await writeFile(join(folder, "audit.jsonl"), "");
      const empty = await run(folder, ["verify"]);
      expect(empty.exitCode).toBe(1);
      expect(empty.out).toContain("no entries: the file is empty");
      await writeFile(join(folder, "audit.jsonl"), "hello\n".repeat(50));
      const foreign = await run(folder, ["verify"]);
      expect(foreign.exitCode).toBe(1);
      expect(foreign.out).toContain("and 30 more");
    }));
});

test("seal asks who orders it, keeps the broken file and says where the new one begins", () =>
  inFolder(async (folder) => {
    const { path, lines } = await sampleLog(folder);
    expect(await run(folder, ["seal", "--by", "kim"])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining("intact"),
    });
    const broken = `${lines.with(2, (lines[2] ?? "").replace("0.88", "0.18")).join("\n")}\n`;
    await writeFile(path, broken);
    expect((await run(folder, ["seal"])).exitCode).not.toBe(0);
    expect((await run(folder, ["seal", "--by", " "])).exitCode).toBe(2);
    const ended = await run(folder, ["seal", "--by", "kim"]);
    expect(ended.exitCode).toBe(0);
    expect(ended.out).toContain(`kept unchanged as ${path}.broken-1.`);
    expect(ended.out).toContain(`Its last good entry is 2:${headOf(lines[1] ?? "").hash}.`);
    expect(await readFile(`${path}.broken-1`, "utf8")).toBe(broken);
    expect((await run(folder, ["verify"])).exitCode).toBe(0);
  }));
