/** Exports: published members first, cells that no spreadsheet runs, executions joined. */
import { expect, test } from "vitest";
import { exportWriter, harmless } from "../../src/audit/export.ts";
import { parseLine } from "../../src/audit/line.ts";
import { type JoinedDecision, joined } from "../../src/audit/query.ts";
import type { JsonObject } from "../../src/engine/json.ts";
import { decisionBody, draft } from "./fixtures.ts";
import { encoded } from "./logs.ts";

async function decision(more: JsonObject = {}): Promise<JoinedDecision> {
  const [line = ""] = await encoded([draft("decision", "REQ1", decisionBody("REQ1", more))]);
  const read = parseLine(line);
  if (!read.ok || read.entry.entry_type !== "decision") throw new Error("a decision expected");
  return joined(read.entry, { executed_at: "2026-02-13T10:31:23.750Z", outcome: "succeeded" });
}

/** A CSV reader after RFC 4180, written apart from the writer. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  const cells = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|$)/gy;
  while (cells.lastIndex < text.length) {
    const [, cell = "", end] = cells.exec(text) ?? [];
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

test("CSV cells begin like no formula", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\u00a0=1"]) {
    expect(harmless(text)).toBe(`'${text}`);
  }
  for (const text of ["", "a=1", "api-gateway", "2026-02-13", "'x"]) expect(harmless(text)).toBe(text);
});

test("CSV keeps every text, with quotes, commas, line ends and other alphabets", async () => {
  const said = 'Deploy "x", now;\r\nthen =cmd|calc \u65e5\u672c \ud83d\ude80';
  const entry = await decision({ action_description: said, comment: "=HYPERLINK(1)", agent_id: "-agent" });
  const csv = exportWriter("csv");
  const [head = [], row = []] = readCsv(csv.head + csv.row(entry, 0) + csv.tail(1));
  expect(row.length).toBe(head.length);
  const cell = (name: string) => row[head.indexOf(name)];
  expect(cell("action_description")).toBe(said);
  expect(cell("comment")).toBe("'=HYPERLINK(1)");
  expect(cell("agent_id")).toBe("'-agent");
  expect(cell("approver_ids")).toBe("sre.lead@company.com; release.mgr@company.com");
  expect(cell("risk_score")).toBe("0.88");
  expect(cell("executed_at")).toBe("2026-02-13T10:31:23.750Z");
  expect(cell("outcome")).toBe("succeeded");
  expect(JSON.parse(cell("metadata") ?? "")).toMatchObject({ service: "api-gateway", domain: "infra" });
});

test("JSON gives the published members first, in their order", async () => {
  const entry = await decision();
  const json = exportWriter("json");
  const [first, second] = JSON.parse(json.head + json.row(entry, 0) + json.row(entry, 1) + json.tail(2));
  expect(Object.keys(first).slice(0, 5)).toEqual([
    "entry_id",
    "chain_hash",
    "previous_hash",
    "action_name",
    "action_description",
  ]);
  expect(first).toEqual(second);
  expect(first).toMatchObject({ executed_at: "2026-02-13T10:31:23.750Z", outcome: "succeeded", number: 1 });
  expect(JSON.parse(json.head + json.tail(0))).toEqual([]);
});

test("JSON lines are one object a line", async () => {
  const entry = await decision();
  const lines = exportWriter("jsonl");
  const text = lines.head + lines.row(entry, 0) + lines.row(entry, 1) + lines.tail(2);
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).entry_id),
  ).toEqual([entry.entry_id, entry.entry_id]);
});
