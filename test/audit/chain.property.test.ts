/** The chain under random entries and random damage. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { duplicateKey } from "../../src/audit/duplicate-key.ts";
import { parseLine } from "../../src/audit/line.ts";
import type { JsonObject } from "../../src/engine/json.ts";
import { decisionBody, deniedBody, draft, lowBody, refusalDraft, startDraft } from "./fixtures.ts";
import { encoded, joinLines, verifyBytes } from "./logs.ts";

/** What an agent may put into its arguments, with names and texts that look like the log's own. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "\n",
    "\r\n",
    "\u2028",
    "\ufeff",
    '","chain_hash":"',
    '"}\n',
    "\ud800",
    "__proto__",
    "\\",
    '"',
    "1",
    "\0",
  ),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const args = fc.dictionary(text, json, { maxKeys: 4 }).map((value): JsonObject => {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isRecord(copy) ? copy : {};
});

function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const oneDraft = fc.tuple(fc.uuid(), fc.nat(4), args, text).map(([id, kind, given, said]) => {
  const more = {
    arguments: given,
    action_description: said,
    session_id: said,
    metadata: { ...given, domain: "infra" },
  };
  if (kind === 0) return startDraft(id);
  if (kind === 1) return refusalDraft(id, "c");
  if (kind === 2) return draft("decision", id, { ...lowBody(id), ...more });
  if (kind === 3) return draft("decision", id, { ...deniedBody(id), ...more, comment: said });
  return draft("decision", id, decisionBody(id, more));
});
const drafts = fc.uniqueArray(oneDraft, {
  selector: (one) => one.body.entry_id,
  minLength: 1,
  maxLength: 8,
});

test("random entries survive writing and verifying, and read back as they were given", async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (given) => {
      const lines = await encoded(given);
      const report = await verifyBytes(joinLines(lines));
      expect(report.problems).toEqual([]);
      for (const [index, line] of lines.entries()) {
        const read: unknown = JSON.parse(line);
        expect(read).toMatchObject({ number: index + 1, entry_type: given[index]?.entry_type });
        expect(read).toMatchObject(JSON.parse(JSON.stringify(given[index]?.body)));
      }
    }),
    { numRuns: 150 },
  );
});

test("any one changed byte is found", async () => {
  const bytes = Buffer.from(
    joinLines(await encoded([startDraft("a"), draft("decision", "R", decisionBody("R")), startDraft("b")])),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect((await verifyBytes(changed)).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test("any removed or repeated run of bytes is found, but for whole lines at the end", async () => {
  const text = joinLines(await encoded([startDraft("a"), draft("decision", "R", decisionBody("R")), startDraft("b")]));
  const bytes = Buffer.from(text);
  const lineEnds = [...bytes.keys()].filter((at) => bytes[at] === 10).map((at) => at + 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 3000 }), async (from, length) => {
      const end = Math.min(bytes.length, from + length);
      const removed = Buffer.concat([bytes.subarray(0, from), bytes.subarray(end)]);
      const repeated = Buffer.concat([bytes.subarray(0, end), bytes.subarray(from)]);
      const isCutTail = end === bytes.length && lineEnds.includes(from);
      expect((await verifyBytes(removed)).ok).toBe(isCutTail);
      expect((await verifyBytes(repeated)).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("the five lines of an auditor's own check agree with the chain", async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (given) => {
      let previous = "0".repeat(64);
      for (const line of await encoded(given)) {
        const at = line.lastIndexOf(',"chain_hash":"');
        const body = line.slice(0, at);
        const own = createHash("sha256").update(body, "utf8").digest("hex");
        expect(line.slice(at)).toBe(`,"chain_hash":"${own}"}`);
        expect(body.endsWith(`,"previous_hash":"${previous}"`)).toBe(true);
        previous = own;
      }
    }),
    { numRuns: 50 },
  );
});

test("a duplicate key is found at any depth, and only then", () => {
  fc.assert(
    fc.property(args, text, (value, key) => {
      const plain = JSON.stringify(value);
      expect(duplicateKey(plain)).toBeUndefined();
      expect(duplicateKey(JSON.stringify(value, undefined, 2))).toBeUndefined();
      const name = JSON.stringify(key);
      expect(duplicateKey(`{"a":[${plain},{${name}:1,"\\u0000x":${plain},${name} :2}]}`)).toBe(JSON.parse(name));
    }),
    { numRuns: 500 },
  );
});

test("a deep or long line is refused or read, and never hangs", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  expect(parseLine(deep).ok).toBe(false);
  expect(parseLine(`{"number":1,"a":${deep}}`).ok).toBe(false);
  expect(duplicateKey(`{"a":${deep},"a":1}`)).toBe("a");
  expect(duplicateKey(`{"${"\\\\".repeat(300_000)}":1,"b":{"b":1}}`)).toBeUndefined();
});
