import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { parseSource } from "../../src/config/source.ts";
import { plainOf } from "../../src/config/tree.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(resolve(root, file), "utf8");

function valuesOf(text: string): unknown {
  const { tree } = parseSource("test.yaml", text);
  if (tree === undefined) throw new Error("the test's own YAML cannot be read");
  return plainOf(tree);
}

const validate = new Ajv2020({ strict: false }).compile(configJsonSchema());

describe("attesta.schema.json", () => {
  it("is what the config schema gives (run `npm run build && node scripts/write-schema.mjs` when this fails)", () => {
    expect(JSON.parse(read("attesta.schema.json"))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it.each(["examples/infra/attesta.yaml", "examples/migrations/attesta.yaml"])("accepts %s", (file) => {
    expect(validate(valuesOf(read(file))), JSON.stringify(validate.errors)).toBe(true);
  });

  it("accepts the published file", () => {
    const file = resolve(root, "../shared/seed/attesta.yaml");
    if (!existsSync(file)) {
      console.log("not run: ../shared/seed/attesta.yaml is not there");
      return;
    }
    expect(validate(valuesOf(readFileSync(file, "utf8")))).toBe(true);
  });

  it.each([
    "polcy: {}",
    "policy: {timeout_seconds: -1}",
    "people: [{name: Ann}]",
    "agents: {robot: {token: x}}",
    "roles: {lead: {members: []}}",
  ])("refuses %s", (text) => {
    expect(validate(valuesOf(text))).toBe(false);
  });
});

describe("docs/config.md", () => {
  const page = read("docs/config.md");
  /** Every key name below a schema, records' own names left out. */
  function keysOf(schema: unknown): readonly string[] {
    if (typeof schema !== "object" || schema === null) return [];
    const own =
      "properties" in schema && typeof schema.properties === "object" ? Object.keys(schema.properties ?? {}) : [];
    return [...own, ...Object.values(schema).flatMap(keysOf)];
  }

  it("names every key", () => {
    const keys = [...new Set(keysOf(configJsonSchema()))].filter((key) => !page.includes(`\`${key}\``));
    expect(keys).toEqual([]);
  });
});
