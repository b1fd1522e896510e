import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  actionDigest,
  canonicalJson,
  type DigestInput,
  hasSecrets,
  redactSecrets,
  secretMark,
  sha256Hex,
} from "../../src/engine/digest.ts";
import type { Json } from "../../src/engine/json.ts";

const salt = "00112233445566778899aabbccddeeff";
const input = (over: Partial<DigestInput> = {}): DigestInput => ({
  agentId: "infra-agent",
  action: { name: "deploy", arguments: { service: "api", n: 10 }, attachments: [] },
  environment: "production",
  secretArguments: [],
  ...over,
});
const withArguments = (args: DigestInput["action"]["arguments"]) => ({
  name: "deploy",
  arguments: args,
  attachments: [],
});

describe("canonical JSON", () => {
  it("gives the published RFC 8785 example", () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts keys by UTF-16 units as RFC 8785 does", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(Object.keys(JSON.parse(canonicalJson(value)))).toHaveLength(7);
    const order = [...canonicalJson(value).matchAll(/"((?:\\.|[^"])+)":/g)].map((match) => match[1]);
    expect(order).toEqual(["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"]);
  });

  it("is one text for one value, whatever the order of members, and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse()) as Record<string, Json>;
        const text = canonicalJson(reversed);
        expect(text).toBe(canonicalJson(value as Record<string, Json>));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([[Number.NaN], [undefined], [1n], [() => 1], ["\ud800"], [{ a: undefined }]])("throws for %s", (value) => {
    expect(() => canonicalJson(value as unknown as Json)).toThrow(/canonicalJson/);
  });
});

describe("the action digest", () => {
  it("is the SHA-256 of the documented text", () => {
    const text =
      '{"action":"deploy","agent_id":"infra-agent","arguments":{"n":10,"service":"api"},"environment":"production","v":1}';
    expect(actionDigest(input())).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("takes in command and attachments where there are any", () => {
    const action = {
      ...withArguments({}),
      command: { argv: ["./deploy.sh", "api"], cwd: "/srv" },
      attachments: [{ name: "a.sql", text: "select 1" }],
    };
    const text = `{"action":"deploy","agent_id":"infra-agent","arguments":{},"attachments":[{"name":"a.sql","sha256":"${sha256Hex("select 1")}"}],"command":{"argv":["./deploy.sh","api"],"cwd":"/srv"},"environment":"production","v":1}`;
    expect(actionDigest(input({ action }))).toBe(sha256Hex(text));
  });

  it("changes with everything that runs", () => {
    const command = { argv: ["a"], cwd: "/" };
    const attachments = [{ name: "a", text: "1" }];
    const base = input().action;
    const variants = [
      input(),
      input({ agentId: "other" }),
      input({ environment: "staging" }),
      input({ action: { ...base, name: "Deploy" } }),
      input({ action: { ...base, arguments: { service: "api", n: "10" } } }),
      input({ action: { ...base, arguments: { service: "api" } } }),
      input({ action: { ...base, command } }),
      input({ action: { ...base, command: { ...command, cwd: "/tmp" } } }),
      input({ action: { ...base, attachments } }),
      input({ action: { ...base, attachments: [{ name: "a", text: "2" }] } }),
      input({ action: { ...base, attachments: [{ name: "b", text: "1" }] } }),
    ];
    expect(new Set(variants.map(actionDigest)).size).toBe(variants.length);
  });

  it("does not change with the order of members, with secret names that are absent, or with a salt nobody needs", () => {
    const action = withArguments({ n: 10, service: "api" });
    expect(actionDigest(input({ action, secretArguments: ["token"], salt }))).toBe(actionDigest(input()));
  });

  it("takes a secret argument in as an HMAC under the salt", () => {
    const mark = createHmac("sha256", Buffer.from(salt, "hex")).update('"hunter2"').digest("hex");
    expect(secretMark("hunter2", salt)).toBe(mark);
    const secret = input({ action: withArguments({ api_key: "hunter2" }), secretArguments: ["apiKey"], salt });
    const marked = input({ action: withArguments({ api_key: { secret_hmac: mark } }) });
    expect(actionDigest(secret)).toBe(actionDigest(marked));
    expect(actionDigest({ ...secret, salt: salt.replace("0", "f") })).not.toBe(actionDigest(secret));
  });

  it("throws for a secret without a salt and for a salt that is none, and never says the secret", () => {
    const secret = input({ action: withArguments({ token: "hunter2" }), secretArguments: ["token"] });
    expect(() => actionDigest(secret)).toThrow(/deploy has a secret argument; a salt is needed/);
    expect(() => actionDigest({ ...secret, salt: "abc" })).toThrow(/salt must be hex/);
    expect(() => actionDigest({ ...secret, salt: "" })).toThrow(/salt must be hex/);
  });
});

describe("redacting secrets", () => {
  const args = { db: { password: "p", hosts: [{ Password: "q" }] }, dbToken: { a: ["x"] }, user: "u" };

  it("replaces whole values, by name, by camelCase and by path, also inside lists", () => {
    expect(redactSecrets(args, ["db_token", "db.password", "db.hosts.password"])).toEqual({
      db: { password: "(secret)", hosts: [{ Password: "(secret)" }] },
      dbToken: "(secret)",
      user: "u",
    });
  });

  it("leaves the rest and the given object alone", () => {
    expect(redactSecrets(args, ["password"])).toEqual(args);
    expect(args.db.password).toBe("p");
    expect(hasSecrets(args, ["password", "x.y"])).toBe(false);
    expect(hasSecrets(args, ["db.password"])).toBe(true);
  });
});
