import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problems } from "./files.ts";

const root = resolve(import.meta.dirname, "../..");
const EXAMPLE = readFileSync(resolve(root, "examples/infra/attesta.yaml"), "utf8").replace("domain: infra\n", "");
const LINES = EXAMPLE.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
const VALUES = [
  "",
  "~",
  "[]",
  "{}",
  "-1",
  "1e400",
  "yes",
  "[[1]]",
  "{a: {b: c}}",
  "*x",
  "&x 1",
  "!t x",
  '"\\u0000"',
  "é",
  "0x1f",
  `\${NOPE}`,
  "- a",
  "'",
];

const change = fc.record({
  at: fc.nat(LINES.length - 1),
  kind: fc.constantFrom("drop", "double", "value", "key", "indent"),
  value: fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 12 })),
});

function changed(changes: readonly { at: number; kind: string; value: string }[]): string {
  const lines = [...LINES];
  for (const { at, kind, value } of changes) {
    const line = lines[at] ?? "";
    if (kind === "drop") lines[at] = "";
    if (kind === "double") lines[at] = `${line}\n${line}`;
    if (kind === "value") lines[at] = line.replace(/:.*$/, () => `: ${value}`);
    if (kind === "key") lines[at] = line.replace(/[\w.-]+:/, () => `${value}:`);
    if (kind === "indent") lines[at] = ` ${line}`;
  }
  return lines.join("\n");
}

describe("any file", () => {
  it("is right or gets problems with places, and never anything else", () => {
    const seen = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const said = problems(changed(changes), { purpose: "start" });
        seen[said.length === 0 ? "right" : "wrong"] += 1;
        for (const line of said) expect(line).toMatch(/^attesta\.yaml:[1-9]\d*:[1-9]\d* \S/);
      }),
      { numRuns: 150 },
    );
    expect(seen.right).toBeGreaterThan(0);
    expect(seen.wrong).toBeGreaterThan(0);
  });

  it("keeps a value from the environment to itself, wherever it is put", () => {
    const secret = "s3cr3t-Value-0123456789abcdef-0123456789abcdef";
    fc.assert(
      fc.property(fc.nat(LINES.length - 1), (at) => {
        const text = changed([{ at, kind: "value", value: `\${HIDDEN}` }]);
        const said = problems(text, { purpose: "start", env: { HIDDEN: secret } });
        expect(said.join("\n").toLowerCase()).not.toContain(secret.toLowerCase());
      }),
      { numRuns: 60 },
    );
  });
});
