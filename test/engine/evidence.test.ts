import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../../src/engine/action.ts";
import { type EvidenceInput, evidencePages, PAGE_CHARS, PAGE_ROWS } from "../../src/engine/evidence.ts";
import type { EvidencePage } from "../../src/engine/request.ts";
import { visibleText } from "../../src/engine/visible.ts";

function input(action: Partial<Action>, more: Partial<EvidenceInput> = {}): EvidenceInput {
  return {
    action: { name: "do_it", arguments: {}, hints: {}, attachments: [], ...action },
    secretArguments: [],
    privateArguments: [],
    facts: {},
    ...more,
  };
}

/** The value under this label and its continuations, put together again. */
function whole(pages: readonly EvidencePage[], label: string): string {
  return pages
    .flatMap((page) => page.rows)
    .filter((row) => row.label === label || row.label === `${label} (continued)`)
    .map((row) => row.text)
    .join("");
}

const rows = (pages: readonly EvidencePage[]) =>
  pages.flatMap((page) => page.rows.map((row) => `${row.label} = ${row.text}`));

describe("evidencePages", () => {
  it("puts a small action on one page: arguments, command, what is declared, what the agent says", () => {
    const pages = evidencePages(
      input(
        {
          arguments: { service: "api", to: { region: "eu", zones: ["a", "b"] }, extra: {} },
          command: { argv: ["./deploy.sh", "api"], cwd: "/srv" },
          description: "harmless",
        },
        { facts: { reversible: true }, declaredDescription: "Rolls out.", environment: "production" },
      ),
    );
    expect(pages.map((page) => page.title)).toEqual(["What is asked"]);
    expect(rows(pages)).toEqual([
      "service = api",
      "to.region = eu",
      "to.zones[0] = a",
      "to.zones[1] = b",
      "extra = {}",
      "command[0] = ./deploy.sh",
      "command[1] = api",
      "working directory = /srv",
      "environment (checked) = production",
      "what it does (declared) = Rolls out.",
      "reversible (declared) = true",
      "the agent says = harmless",
    ]);
  });

  it("never has no page", () => {
    expect(rows(evidencePages(input({})))).toEqual(["arguments = (none)"]);
  });

  it("sets a text apart that could pass for a number, a boolean or nothing", () => {
    const args = { port: 443, text: "443", yes: "true", none: "null", empty: "", blank: " x ", version: "2.1.0" };
    expect(rows(evidencePages(input({ arguments: args })))).toEqual([
      "port = 443",
      'text = "443"',
      'yes = "true"',
      'none = "null"',
      'empty = ""',
      'blank = " x "',
      "version = 2.1.0",
    ]);
  });

  it("shows no secret, not even below a secret name, and marks what is private", () => {
    const args = { token: { value: "hunter2" }, salary: 90000, nested: { pin: "1234", name: "x" } };
    const pages = evidencePages(
      input({ arguments: args }, { secretArguments: ["token", "nested.pin"], privateArguments: ["salary"] }),
    );
    expect(JSON.stringify(pages)).not.toMatch(/hunter2|1234/);
    expect(rows(pages)).toContain("token = (secret)");
    expect(rows(pages)).toContain("nested.pin = (secret)");
    expect(pages[0]?.rows.filter((row) => row.isPrivate).map((row) => row.label)).toEqual(["salary"]);
  });

  it("numbers the lines of an attachment and keeps every one of them", () => {
    const text = Array.from({ length: 300 }, (_, index) => `ALTER TABLE t${index} ADD COLUMN c text;`).join("\n");
    const pages = evidencePages(input({ attachments: [{ name: "m.sql", text }] }));
    const attached = pages.filter((page) => page.title.startsWith("Attachment m.sql"));
    expect(attached.length).toBeGreaterThan(3);
    const lines = attached.flatMap((page) => page.rows[0]?.text.split("\n") ?? []);
    expect(lines).toHaveLength(300);
    expect(lines[0]).toBe("  1  ALTER TABLE t0 ADD COLUMN c text;");
    expect(lines[299]).toBe("300  ALTER TABLE t299 ADD COLUMN c text;");
    expect(attached[1]?.title).toBe("Attachment m.sql (continued)");
    expect(attached[0]?.rows[0]?.label).toMatch(/^lines 1 to \d+ of 300$/);
  });

  it("shows what cannot be seen, and keeps lines", () => {
    const pages = evidencePages(input({ arguments: { note: "a\u202Eb\u200Bc\nd\u001b[31m" } }));
    expect(rows(pages)).toEqual(["note = a\\u{202E}b\\u{200B}c\nd\\u{1B}[31m"]);
  });

  it("counts blanks that would push something out of sight, and leaves indentation and line numbers alone", () => {
    const sql = `SELECT 1;${" ".repeat(3_000)}DROP TABLE users;${"\n".repeat(500)}DROP TABLE orders;\n            end`;
    expect(rows(evidencePages(input({ arguments: { sql } })))).toEqual([
      "sql = SELECT 1;\\u{20x3000}DROP TABLE users;\n\\u{Ax500}\nDROP TABLE orders;\n            end",
    ]);
    const pages = evidencePages(input({ attachments: [{ name: "m.sql", text: sql }] }));
    const attached = pages.filter((page) => page.title.startsWith("Attachment m.sql"));
    const lines = attached.flatMap((page) => page.rows[0]?.text.split("\n") ?? []);
    expect(lines).toHaveLength(502);
    expect(lines[0]).toBe("  1  SELECT 1;\\u{20x3000}DROP TABLE users;");
    expect(lines[501]).toBe("502              end");
  });

  it("keeps a very long name whole, in the text", () => {
    const name = "n".repeat(5_000);
    const pages = evidencePages(input({ arguments: { [name]: "v" } }));
    const text = pages
      .flatMap((page) => page.rows)
      .map((row) => row.text)
      .join("");
    expect(text).toContain(name);
    expect(Math.max(...pages.flatMap((page) => page.rows.map((row) => row.label.length)))).toBeLessThan(200);
  });

  it("cuts nothing, never a character or a mark in two, and keeps each page within its bounds", () => {
    const piece = fc.constantFrom(
      "a",
      "word ",
      "\n",
      " ".repeat(5_000),
      "\n".repeat(900),
      "\u0430",
      "\u202E",
      "😀",
      "\\u",
      "é",
      "0123456789",
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 3_000 }), (pieces) => {
        const value = `x${pieces.join("")}x`;
        const pages = evidencePages(input({ arguments: { long: value, other: "o" } }));
        expect(whole(pages, "long")).toBe(visibleText(value, { keepLines: true, countBlanks: true }));
        for (const page of pages) {
          expect(page.rows.length).toBeLessThanOrEqual(PAGE_ROWS);
          const size = page.rows.reduce((sum, row) => sum + row.label.length + row.text.length, 0);
          expect(size).toBeLessThanOrEqual(PAGE_CHARS);
          for (const row of page.rows) expect(Buffer.from(row.text).toString()).toBe(row.text);
          for (const row of page.rows) expect(row.text).not.toMatch(/\\u\{[0-9A-F]*$/);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("pages the largest action quickly", () => {
    const args = { long: "\u200B".repeat(20_000), words: "word ".repeat(8_000) };
    const attachments = [{ name: "big.txt", text: `${"x".repeat(60_000)}\n${"\n".repeat(2_000)}` }];
    const pages = evidencePages(input({ arguments: args, attachments }));
    expect(whole(pages, "words")).toBe(JSON.stringify("word ".repeat(8_000)));
    expect(pages.every((page) => page.rows.length > 0)).toBe(true);
  });
});
