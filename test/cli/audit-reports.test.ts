/** `attesta audit export`, `rubber-stamps`, `stats` and `show` as typed: what they print, and with which exit code. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { approver, decisionBody, deniedBody, draft } from "../audit/fixtures.ts";
import { headOf, inFolder } from "../audit/logs.ts";
import { DRAFTS, logIn, run, sampleLog } from "./audit-run.ts";

describe("export", () => {
  test("takes the published order of words, and joins the execution", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const { out, err, exitCode } = await run(folder, [
        "export",
        "--action",
        "deploy_to_production",
        "--verdict",
        "approved",
        "audit.jsonl",
      ]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(out)).toMatchObject([
        { request_id: "REQ2BBBB", verdict: "approved", executed_at: "2026-02-13T10:31:23.750Z", outcome: "succeeded" },
      ]);
      expect(err).toContain("exported 1 of 3 decisions (filtered: not chain-verifiable;");
    }));

  test("gives all decisions without a filter, and does not call that filtered", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const { out, err } = await run(folder, ["export", "--format", "jsonl"]);
      expect(
        out
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).request_id),
      ).toEqual(["LOW1AAAA", "REQ2BBBB", "DEN3CCCC"]);
      expect(err).toContain("exported 3 of 3 decisions (the log itself");
      expect((await run(folder, ["export", "--agent", "nobody"])).out).toBe("[]\n");
    }));

  test("filters by time, a day including its end", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const count = async (...line: string[]) => JSON.parse((await run(folder, ["export", ...line])).out).length;
      expect(await count("--since", "2026-02-13", "--until", "2026-02-13")).toBe(3);
      expect(await count("--since", "2026-02-14")).toBe(0);
      expect(await count("--since", "2026-02-13T10:30:30Z")).toBe(2);
      expect(await count("--until", "2026-02-13T11:30:30+01:00")).toBe(1);
    }));

  test("refuses what it cannot understand with exit code 2", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const bad = [
        ["--since", "yesterday"],
        ["--since", "2026-02-30"],
        ["--until", "2026-02-13T10:30:00"],
        ["--since", "2026-02-14", "--until", "2026-02-12"],
        ["--verdict", "ok"],
        ["--format", "xml"],
        ["--output", "audit.jsonl"],
      ];
      for (const line of bad) {
        const ended = await run(folder, ["export", ...line]);
        expect(ended).toMatchObject({ exitCode: 2, out: "" });
        expect(ended.err).not.toBe("");
      }
      expect((await run(folder, ["verify"])).exitCode).toBe(0);
    }));

  test("writes a CSV file that no spreadsheet runs", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const ended = await run(folder, ["export", "--format", "csv", "--verdict", "denied", "--output", "out.csv"]);
      expect(ended).toMatchObject({ exitCode: 0, out: "" });
      const csv = await readFile(join(folder, "out.csv"), "utf8");
      expect(csv.split("\r\n").length).toBe(3);
      expect(csv).toContain(",'=not during the freeze,");
    }));

  test("does not report from a log that is broken", () =>
    inFolder(async (folder) => {
      const { path, lines } = await sampleLog(folder);
      await writeFile(path, `${lines.with(2, (lines[2] ?? "").replace("0.88", "0.18")).join("\n")}\n`);
      for (const command of [["export"], ["stats"], ["rubber-stamps"], ["show", "1"]]) {
        const ended = await run(folder, command);
        expect(ended.exitCode).toBe(1);
        expect(ended.err).toContain("line 3: chain_hash does not match");
      }
    }));
});

describe("rubber-stamps, stats and show", () => {
  const stamped = () => {
    const quick = approver(0, "a@company.com", {
      seconds: 4.5,
      minimum_seconds: 3,
      voted_at: "2026-02-13T10:30:04.500Z",
    });
    const seats = [{ seat: 0, roles: ["sre_lead"], challenge: "quiz", minimum_seconds: 3 }];
    return draft(
      "decision",
      "FAST",
      decisionBody("FAST", {
        approvers: [quick],
        approver_ids: ["a@company.com"],
        seats,
        challenge_type: "quiz",
        risk_level: "high",
        review_duration_seconds: 4.5,
      }),
    );
  };

  test("finds no rubber stamps where everybody took their time", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      expect(await run(folder, ["rubber-stamps", "audit.jsonl"])).toEqual({
        exitCode: 0,
        out: "No rubber stamps found.\n",
        err: "",
      });
    }));

  test("lists approvals that were faster than reading allows, by limit and level", () =>
    inFolder(async (folder) => {
      await logIn(folder, [...DRAFTS.slice(0, 3), stamped()]);
      const found = await run(folder, ["rubber-stamps"]);
      expect(found.out).toMatch(/^deploy_to_production \[high\] 4\.5s review\n {2}aud_[0-9a-f]+ .*a@company.com 4\.5s/);
      expect(found.out).toContain("1 rubber stamp found.");
      expect((await run(folder, ["rubber-stamps", "--max-seconds", "4"])).out).toBe("No rubber stamps found.\n");
      expect((await run(folder, ["rubber-stamps", "--min-risk", "critical"])).out).toBe("No rubber stamps found.\n");
      expect((await run(folder, ["rubber-stamps", "--max-seconds", "40"])).out).toContain("2 rubber stamps found.");
      expect((await run(folder, ["rubber-stamps", "--min-risk", "all"])).exitCode).toBe(2);
      expect((await run(folder, ["rubber-stamps", "--max-seconds", "-1"])).exitCode).toBe(2);
    }));

  test("counts decisions, results and refusals", () =>
    inFolder(async (folder) => {
      await sampleLog(folder);
      const { out } = await run(folder, ["stats"]);
      const figure = (name: string) => new RegExp(`^ {2}${name} +(.+)$`, "m").exec(out)?.[1];
      expect(out).toContain("Decisions (6 lines)");
      expect([figure("total"), figure("approved"), figure("denied"), figure("timed_out")]).toEqual([
        "3",
        "2",
        "1",
        "0",
      ]);
      expect([figure("low"), figure("critical"), figure("too_fast")]).toEqual(["1", "2", "1"]);
      expect([figure("succeeded"), figure("not_run")]).toEqual(["1", "1"]);
      expect(figure("average review")).toBe("83.6 s");
      expect(figure("rubber stamps")).toBe("0 of 1 high and critical (0.0 %)");
    }));

  test("shows a request with its questions, answers, refusals and execution", () =>
    inFolder(async (folder) => {
      const { lines } = await sampleLog(folder);
      const byRequest = await run(folder, ["show", "req2"]);
      expect(byRequest.out).toContain("APPROVED · Deploy api-gateway v2.1.0 to production");
      expect(byRequest.out).toContain(
        "approved: Riley Chen <release.mgr@company.com> as release_manager (list), quiz, 35.4 s",
      );
      expect(byRequest.out).toMatch(
        /question +Which service\?\n +options +api-gateway \| billing \| auth\n +answer +api-gateway/,
      );
      expect(byRequest.out).toMatch(/explanation +api-gateway goes to version 2\.1\.0/);
      expect(byRequest.out).toContain("REFUSAL ·");
      expect(byRequest.out).toMatch(/outcome +succeeded/);
      expect(byRequest.out).toContain(headOf(lines[2] ?? "").hash);
      expect((await run(folder, ["show", "3"])).out).toBe(byRequest.out);
      expect((await run(folder, ["show", "#5", "audit.jsonl"])).out).toBe(byRequest.out);
      const id = JSON.parse(lines[2] ?? "").entry_id;
      expect((await run(folder, ["show", id])).out).toBe(byRequest.out);
      expect((await run(folder, ["show", "1"])).out).toContain("ADMIN ·");
      expect((await run(folder, ["show", "99"])).exitCode).toBe(1);
    }));

  test("shows what was typed without letting it move the cursor or hide", () =>
    inFolder(async (folder) => {
      const said = "ok\u001b[2J\u202egnp.exe\u200b\nAPPROVED";
      await logIn(folder, [
        draft("decision", "REQX", { ...deniedBody("REQX"), comment: said, action_description: said }),
      ]);
      const { out } = await run(folder, ["show", "REQX"]);
      expect(out).toContain("ok\\u{1B}[2J\\u{202E}gnp.exe\\u{200B}\\u{A}APPROVED");
      for (const hidden of ["\u001b", "\u202e", "\u200b"]) expect(out).not.toContain(hidden);
    }));
});
