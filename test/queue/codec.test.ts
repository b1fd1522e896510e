/** Sealed records: what opens again, and every way in which a changed or moved one does not. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { open, openHead, openState, type RecordName, seal } from "../../src/queue/codec.ts";

const KEY = Buffer.alloc(32, 1);
const OTHER_KEY = Buffer.alloc(32, 2);
const NAME: RecordName = { kind: "state", id: "A", seq: 3 };

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe("sealed records", () => {
  test("open to what was sealed, for any JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(open(NAME, seal(NAME, value, KEY), KEY)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("do not open when any one character was changed", () => {
    const text = seal(NAME, { status: "denied", n: 1 }, KEY);
    for (let index = 0; index < text.length; index++) {
      const flipped = text[index] === "0" ? "1" : "0";
      const changed = text.slice(0, index) + flipped + text.slice(index + 1);
      expect(errorOf(() => open(NAME, changed, KEY))).toMatchObject({ name: "RecordFault" });
    }
  });

  test.each<[string, RecordName]>([
    ["another request", { kind: "state", id: "B", seq: 3 }],
    ["another seq", { kind: "state", id: "A", seq: 4 }],
    ["another kind", { kind: "event", id: "A", seq: 3 }],
    ["an id that takes over a part of the seq", { kind: "state", id: "A,3", seq: 3 }],
  ])("do not open as %s", (_name, moved) => {
    const fault = errorOf(() => open(moved, seal(NAME, { a: 1 }, KEY), KEY));
    expect(fault).toMatchObject({ name: "RecordFault", code: "not_authentic", requestId: moved.id });
  });

  test("do not open under another key, and the message names the record and no secret", () => {
    const fault = errorOf(() => open(NAME, seal(NAME, { secret: "hush" }, KEY), OTHER_KEY));
    expect(fault).toMatchObject({ code: "not_authentic", record: "state 3 of request A", requestId: "A" });
    expect(String(fault)).toContain("state 3 of request A");
    expect(String(fault)).not.toContain("hush");
  });

  test.each(["", "1", "1.", "1..{}", "{}", `1.${"A".repeat(43)}.{}`, `-1.${"A".repeat(43)}.{}`, "\u0000"])(
    "do not open from %j",
    (text) => {
      expect(errorOf(() => open(NAME, text, KEY))).toMatchObject({ code: "not_authentic" });
    },
  );

  test("of a newer format are refused in words", () => {
    const newer = seal(NAME, { a: 1 }, KEY).replace(/^1\./, "2.");
    const fault = errorOf(() => open(NAME, newer, KEY));
    expect(fault).toMatchObject({ code: "newer_version", requestId: "A" });
    expect(String(fault)).toContain("format 2");
  });

  test("that hold something else than their kind says do not open", () => {
    const text = seal(NAME, { not: "a state" }, KEY);
    expect(errorOf(() => openState("A", 3, { text, key: KEY }))).toMatchObject({ code: "not_authentic" });
    const head = seal({ kind: "head", id: "", seq: 0 }, { number: "7", hash: "", upTo: 0 }, KEY);
    expect(errorOf(() => openHead({ text: head, key: KEY }))).toMatchObject({ code: "not_authentic" });
  });

  test("can be checked by anybody who has the key: the HMAC is over kind, id, seq and the JSON", () => {
    const [, mac] = seal(NAME, { a: 1 }, KEY).split(".");
    const expected = createHmac("sha256", KEY)
      .update('attesta-record\n1\n["state","A",3]\n{"a":1}')
      .digest("base64url");
    expect(mac).toBe(expected);
  });
});
