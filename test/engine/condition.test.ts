import { describe, expect, it } from "vitest";
import { type ConditionFacts, conditionHolds, parseCondition } from "../../src/engine/condition.ts";

const names = ["deployment", "rollback"];
const parsed = (text: string) => {
  const result = parseCondition(text, names);
  if (!result.ok) throw new Error(result.message);
  return result.condition;
};
const facts = (over: Partial<ConditionFacts> = {}): ConditionFacts => ({
  score: 0.5,
  level: "medium",
  patterns: ["deployment"],
  environment: "staging",
  production: false,
  ...over,
});
const holds = (text: string, over: Partial<ConditionFacts> = {}) => conditionHolds(parsed(text), facts(over));

describe("the condition grammar", () => {
  it("lets and bind stronger than or, and brackets stronger than both", () => {
    const [a, b, c] = [parsed("risk_level:low"), parsed("risk_level:high"), parsed("environment:ci")];
    expect(parsed("risk_level:low or risk_level:high and environment:ci")).toEqual({
      kind: "or",
      parts: [a, { kind: "and", parts: [b, c] }],
    });
    expect(parsed("(risk_level:low or risk_level:high) AND environment:ci")).toEqual({
      kind: "and",
      parts: [{ kind: "or", parts: [a, b] }, c],
    });
    expect(parsed("((environment:ci))")).toEqual(c);
  });

  it.each([">", ">=", "<", "<=", "==", "!="])("reads risk_score %s 0.9 with and without spaces", (op) => {
    expect(parsed(`risk_score${op}0.9`)).toEqual({ kind: "score", op, value: 0.9 });
    expect(parsed(` risk_score  ${op}  .9 `)).toEqual({ kind: "score", op, value: 0.9 });
  });

  it.each([
    ["", 1, "ends where a condition"],
    ["   ", 1, "ends where a condition"],
    ["risk_score", 11, "ends where one of"],
    ["risk_score >= high", 15, "is not a number from 0 to 1"],
    ["risk_score >= 1.5", 15, "is not a number from 0 to 1"],
    ["risk_score >= 0x1", 15, "is not a number from 0 to 1"],
    ["risk_score = 1", 12, '"=" is not one of'],
    ["risk_score is 1", 12, '"is" is not one of'],
    ["matches_pattern:nope", 17, 'no pattern is named "nope"; known are deployment, rollback'],
    ["risk_level:severe", 12, '"severe" is not a level'],
    ["matches_pattern:", 1, "is not a condition"],
    ["colour:red", 1, '"colour" is not a condition'],
    ["not environment:ci", 1, '"not" is not a condition'],
    ["environment:ci and", 19, "ends where a condition"],
    ["environment:ci environment:ci", 16, "is one too many"],
    ["(environment:ci", 16, 'ends where ")"'],
    ["environment:ci)", 15, "is one too many"],
    ["(environment:ci or environment:ci environment:ci", 35, '")" was expected'],
    [`${"(".repeat(5_000)}environment:ci`, 33, "nested too deep"],
  ])("refuses %j at column %i", (text, column, message) => {
    expect(parseCondition(text, names)).toMatchObject({ ok: false, column, message: expect.stringContaining(message) });
  });

  it("says that there are no patterns where there are none", () => {
    expect(parseCondition("matches_pattern:x", [])).toMatchObject({
      message: 'no pattern is named "x"; there are none',
    });
  });
});

describe("holding a condition", () => {
  it("compares scores without float noise", () => {
    expect(holds("risk_score >= 0.3", { score: 0.1 + 0.2 })).toBe(true);
    expect(holds("risk_score > 0.3", { score: 0.1 + 0.2 })).toBe(false);
    expect(holds("risk_score == 0.3", { score: 0.1 + 0.2 })).toBe(true);
    expect(holds("risk_score != 0.3", { score: 0.1 + 0.2 })).toBe(false);
    expect(holds("risk_score < 0.3", { score: 0.1 + 0.2 })).toBe(false);
    expect(holds("risk_score <= 0.3", { score: 0.1 + 0.2 })).toBe(true);
    expect(holds("risk_score < 0.9")).toBe(true);
  });

  it("needs every part of and, any part of or", () => {
    expect(holds("matches_pattern:deployment and environment:ci")).toBe(false);
    expect(holds("matches_pattern:deployment and environment:staging")).toBe(true);
    expect(holds("matches_pattern:rollback or environment:staging")).toBe(true);
    expect(holds("matches_pattern:rollback or environment:ci")).toBe(false);
    expect(holds("risk_level:medium")).toBe(true);
    expect(holds("risk_level:high")).toBe(false);
  });

  it("takes every environment that counts as production as production, by its own name too", () => {
    expect(holds("environment:production", { environment: "prd-eu", production: true })).toBe(true);
    expect(holds("environment:PRD-EU", { environment: "prd-eu", production: true })).toBe(true);
    expect(holds("environment:production", { environment: "staging", production: false })).toBe(false);
    expect(holds("environment:staging", { environment: "prd-eu", production: true })).toBe(false);
  });
});
