import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternSet } from "../../src/engine/pattern.ts";
import {
  type ActionDeclaration,
  compilePattern,
  EMPTY_PROFILE,
  mergeProfiles,
  PatternFault,
  type Profile,
} from "../../src/engine/profile.ts";
import { infraProfile } from "../fixtures/infra-policy.ts";

describe("patterns", () => {
  it("are found anywhere, whatever the case, across line breaks", () => {
    expect(compilePattern("deploy").found("re-DEPLOYED")).toBe(true);
    expect(compilePattern("drop.*table").found("drop\nthe table")).toBe(true);
    expect(compilePattern("^deploy$").found("redeploy")).toBe(false);
    expect(compilePattern("(^|_)deploy(_|$)").found("list_deployments")).toBe(false);
    expect(compilePattern("a.c").source).toBe("a.c");
  });

  it.each([
    ["(?=x)y", /lookahead and lookbehind are not supported/],
    ["(?<!x)y", /lookahead and lookbehind are not supported/],
    ["(a)\\1", /backreferences are not supported/],
    ["(", /not a pattern \(.*\); RE2 syntax/],
    ["a{1001}", /a repeat count is too large/],
    ["(a{100}){100}", /too large/],
    ["", /empty/],
    ["a".repeat(1_001), /1001 characters, at most 1000/],
  ])("refuse %s with advice", (source, message) => {
    expect(() => compilePattern(source)).toThrow(message);
    expect(() => compilePattern(source)).toThrow(PatternFault);
    expect(() => compilePattern(source)).toThrow(expect.objectContaining({ code: "pattern" }));
  });

  it("match together as they match alone", () => {
    const sources = ["(^|_)deploy(_|$)", ".*production.*", "^a", "b$", "[0-9]+", "x|yz", "(ab)+c", "\\bkey\\b"];
    const patterns = sources.map(compilePattern);
    const together = patternSet(patterns);
    const handMade = patternSet(patterns.map(({ source, found }) => ({ source, found })));
    const never = { source: "a", found: () => false };
    const mixed = patternSet([...patterns, never]);
    const letters = fc.constantFrom("a", "b", "c", "x", "yz", "_", "deploy", "Production", "key", "7", " ", "\n", "é");
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const alone = patterns.flatMap((pattern, at) => (pattern.found(text) ? [at] : []));
        expect(together(text)).toEqual(alone);
        expect(handMade(text)).toEqual(alone);
        expect(mixed(text)).toEqual(alone);
      }),
      { numRuns: 3_000 },
    );
    expect(patternSet([])("x")).toEqual([]);
  });
});

describe("merging profiles", () => {
  const action = (over: Partial<ActionDeclaration>): ActionDeclaration => ({
    name: "go",
    hints: {},
    facts: {},
    freeText: [],
    secretArguments: [],
    privateArguments: [],
    attach: [],
    ...over,
  });
  const profile = (name: string, over: Partial<Profile>): Profile => ({
    ...EMPTY_PROFILE,
    name,
    displayName: name,
    ...over,
  });

  it("gives the empty profile for none and the same one for one", () => {
    expect(mergeProfiles([])).toBe(EMPTY_PROFILE);
    expect(mergeProfiles([infraProfile])).toBe(infraProfile);
    expect(EMPTY_PROFILE).toMatchObject({ name: "none", productionMultiplier: 1.5, riskFloor: 0 });
    expect(EMPTY_PROFILE.nonProduction).toEqual(["staging", "ci", "test", "development"]);
  });

  it("takes the stricter number and joins the lists, in either order", () => {
    const other = profile("other", {
      riskFloor: 0.2,
      productionMultiplier: 1.2,
      nonProduction: ["Staging", "qa"],
      minReviewMs: { high: 20_000 },
      criticalActions: [compilePattern("boom")],
      sensitiveTerms: [{ term: compilePattern("ledger"), weight: 0.5 }],
      complianceFrameworks: ["SOC 2", "PCI DSS"],
    });
    const reviewed = { ...infraProfile, minReviewMs: { high: 10_000, critical: 60_000 } };
    for (const list of [
      [reviewed, other],
      [other, reviewed],
    ]) {
      const merged = mergeProfiles(list);
      expect(merged).toMatchObject({
        riskFloor: 0.2,
        productionMultiplier: 1.6,
        minReviewMs: { high: 20_000, critical: 60_000 },
      });
      expect(merged.nonProduction.map((one) => one.toLowerCase())).toEqual(["staging"]);
      expect(merged.patterns).toHaveLength(5);
      expect(merged.criticalActions).toHaveLength(1);
      expect(merged.sensitiveTerms).toHaveLength(1);
      expect(merged.escalationRules).toHaveLength(infraProfile.escalationRules.length);
      expect([...merged.complianceFrameworks].sort()).toEqual(["ISO 27001", "PCI DSS", "SOC 2"]);
      expect(Object.keys(merged.actions)).toHaveLength(8);
    }
    expect(mergeProfiles([infraProfile, other]).name).toBe("infra+other");
  });

  it("keeps the stricter of two declarations of one action", () => {
    const a = action({
      description: "Plain.",
      hints: { environment: "staging", wide: true, deep: 0.2 },
      facts: { reversible: true, instances: 3 },
      freeText: ["reason", "note"],
      secretArguments: ["token"],
      card: ["service", "version"],
    });
    const b = action({
      description: "Dangerous.",
      hints: { environment: "production", wide: false, deep: 0.7, more: true },
      facts: { reversible: false },
      freeText: ["reason"],
      secretArguments: ["key"],
      privateArguments: ["who"],
      attach: ["file"],
      card: ["service"],
    });
    for (const [first, second] of [
      [a, b],
      [b, a],
    ] as const) {
      const { go } = mergeProfiles([
        profile("a", { actions: { go: first } }),
        profile("b", { actions: { go: second } }),
      ]).actions;
      expect(go).toMatchObject({
        hints: { environment: "production", wide: true, deep: 0.7, more: true },
        facts: { reversible: false, instances: 3 },
        freeText: ["reason"],
        privateArguments: ["who"],
        attach: ["file"],
        card: ["service"],
      });
      expect([...(go?.secretArguments ?? [])].sort()).toEqual(["key", "token"]);
      expect(go?.description).toContain("Plain.");
      expect(go?.description).toContain("Dangerous.");
    }
  });

  it("takes an environment that only one profile calls lower as production", () => {
    const actions = { go: action({ hints: { environment: "qa" } }) };
    const merged = mergeProfiles([profile("a", { actions, nonProduction: ["qa"] }), profile("b", {})]);
    expect(merged.nonProduction).toEqual([]);
    expect(merged.actions.go?.hints).toEqual({ environment: "qa" });
  });
});
