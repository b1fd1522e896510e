import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillSummary, fillTemplate, valuesOf } from "../../src/engine/template.ts";

const SUMMARY = "Deploy {service} v{version} to {environment} ({strategy} {canary_percentage}%)";

describe("fillTemplate", () => {
  it("fills names in snake case and camel case alike", () => {
    expect(fillTemplate("{change_ticket}", { changeTicket: "CHG-1" })).toBe("CHG-1");
    expect(fillTemplate("{changeTicket}", { change_ticket: "CHG-1" })).toBe("CHG-1");
  });

  it("gives strings as they are and other scalars as JSON text", () => {
    expect(fillTemplate("{a}|{b}|{c}", { a: 'say "hi"', b: 10.5, c: false })).toBe('say "hi"|10.5|false');
  });

  it("gives nothing when a value is missing, empty, invisible, null, an object or a list", () => {
    const values = { empty: "", blank: "  ", hidden: "\u200b", nothing: null, object: { x: 1 }, list: [1] };
    for (const name of [...Object.keys(values), "missing", "constructor", "__proto__", "toString"]) {
      expect(fillTemplate(`on {${name}}`, values), name).toBeUndefined();
    }
  });

  it("does not read a filled value as a template", () => {
    expect(fillTemplate("{a}", { a: "{b}", b: "secret" })).toBe("{b}");
    expect(fillTemplate("{a}", { a: "$&$1" })).toBe("$&$1");
  });

  it("writes one v before a version that brings its own", () => {
    expect(fillTemplate("to v{version}", { version: "v2.1.0" })).toBe("to v2.1.0");
    expect(fillTemplate("dev{version}", { version: "v2" })).toBe("devv2");
    expect(fillTemplate("v{version}", { version: "vital" })).toBe("vvital");
  });

  it("takes the exact name first, and none of two other spellings", () => {
    expect(fillTemplate("{change_ticket}", { changeTicket: "B", change_ticket: "A" })).toBe("A");
    expect(fillTemplate("{change_ticket}", { changeTicket: "B", ChangeTicket: "C" })).toBeUndefined();
  });

  it("leaves braces that hold no name alone", () => {
    expect(fillTemplate("{} { a } {a", { a: "x" })).toBe("{} { a } {a");
  });
});

describe("valuesOf", () => {
  it("unites arguments and facts", () => {
    expect(valuesOf({ service: "a" }, { instances: 10 })).toEqual({ service: "a", instances: 10 });
  });

  it("leaves out a name that an argument and a fact give differently, so that an agent cannot replace a fact", () => {
    expect(valuesOf({ instances: 1, reversible: true }, { instances: 10, reversible: true })).toEqual({
      reversible: true,
    });
  });

  it("leaves out a name given in two spellings with two values", () => {
    expect(valuesOf({ change_ticket: "A", changeTicket: "B" }, {})).toEqual({});
  });
});

describe("fillSummary", () => {
  it("fills a whole summary", () => {
    const values = {
      service: "api",
      version: "2.1.0",
      environment: "production",
      strategy: "canary",
      canary_percentage: 10,
    };
    expect(fillSummary(SUMMARY, values, "deploy")).toBe("Deploy api v2.1.0 to production (canary 10%)");
  });

  it("leaves out the parts that have no value, with the preposition before them", () => {
    expect(fillSummary(SUMMARY, { service: "api", strategy: "canary" }, "deploy")).toBe("Deploy api");
    expect(fillSummary(SUMMARY, { service: "api", environment: "ci" }, "deploy")).toBe("Deploy api to ci");
  });

  it("gives the action's name without a template and when nothing can be filled", () => {
    expect(fillSummary(undefined, { service: "api" }, "deploy")).toBe("deploy");
    expect(fillSummary(SUMMARY, {}, "deploy")).toBe("deploy");
  });

  it("keeps a summary without placeholders", () => {
    expect(fillSummary("Restart everything (all regions)", {}, "restart")).toBe("Restart everything (all regions)");
  });

  it("leaves out a value that is too long for a headline", () => {
    expect(fillSummary("Run {sql} on {database}", { sql: "x".repeat(121), database: "primary" }, "run")).toBe(
      "Run on primary",
    );
  });

  it("is never empty for any values", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("service", "version", "strategy"), fc.string()), (values) => {
        expect(fillSummary(SUMMARY, values, "deploy").trim()).not.toBe("");
      }),
    );
  });
});
