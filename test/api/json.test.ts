import fc from "fast-check";
import { expect, test } from "vitest";
import { readJsonText } from "../../src/api/json.ts";

test("reads what JSON.parse reads, to the same value", () => {
  fc.assert(
    fc.property(fc.json({ depthSize: "medium" }), (text) => {
      const parsed: unknown = JSON.parse(text);
      const read = readJsonText(text);
      // Left out here: keys, long numbers and surrogates that are refused on purpose.
      fc.pre(
        !/\d{16}/.test(text) && !/__proto__|constructor|prototype|\\ud[89a-f]/i.test(text) && !/\p{Cs}/u.test(text),
      );
      expect(read).toEqual({ ok: true, value: parsed });
    }),
    { numRuns: 2000 },
  );
});

test("refuses what JSON.parse refuses, and never throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => text.slice(1)),
      ),
      (text) => {
        const read = readJsonText(text);
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(read.ok).toBe(false);
      },
    ),
    { numRuns: 3000 },
  );
});

test.each([
  ['{"a":1,"a":2}', 'the key "a" stands here twice', 1, 8],
  ['{"a":\n {"b":1, "b":2}}', 'the key "b" stands here twice', 2, 10],
  ['{"__proto__":{}}', 'the key "__proto__" is not allowed', 1, 2],
  ['{"constructor":1}', 'the key "constructor" is not allowed', 1, 2],
  ['{"a":9007199254740993}', "this number cannot be held exactly: send it as text", 1, 6],
  ['{"a":1e999}', "this number cannot be held exactly: send it as text", 1, 6],
  ['"\\ud800"', "this text has half of a surrogate pair", 1, 1],
  ['{"a":1', "a comma or } is expected", 1, 7],
  ["", "the text ends where a value is expected", 1, 1],
  ['{"a":1} x', "something follows the value", 1, 9],
  ['"abc', "this text is not closed", 1, 1],
  ["NaN", "no JSON value starts here", 1, 1],
])("refuses %s and says where", (text, message, line, column) => {
  expect(readJsonText(text)).toEqual({ ok: false, message, line, column });
});

test("refuses deep nesting without running out of stack", () => {
  expect(readJsonText("[".repeat(1_000_000))).toMatchObject({ ok: false, message: "nested deeper than 64" });
});
