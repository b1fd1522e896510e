import { describe, expect, it } from "vitest";
import { effectiveRisk, type TrustPolicy, type TrustRecord, trustOf } from "../../src/engine/trust.ts";

const policy: TrustPolicy = {
  influence: 0.25,
  ceiling: 0.85,
  initialScore: 0.2,
  decayRate: 0.01,
  mayLowerMedium: false,
};
const day = 86_400_000;
const now = 400 * day;
const record = (approvals: readonly boolean[], more: Partial<TrustRecord> = {}, atMs = now): TrustRecord => ({
  outcomes: approvals.map((approved) => ({ approved, atMs })),
  incidents: 0,
  revoked: false,
  ...more,
});
const many = (count: number, approved: boolean) => Array.from({ length: count }, () => approved);

describe("trust", () => {
  it("starts at the initial score", () => expect(trustOf(record([]), policy, now)).toBe(0.2));

  it("rises with approvals, slowly, up to the ceiling", () => {
    const one = trustOf(record([true]), policy, now);
    expect(one).toBeCloseTo(2 / 6, 9);
    expect(trustOf(record(many(10, true)), policy, now)).toBeCloseTo(11 / 15, 9);
    expect(trustOf(record(many(1_000, true)), policy, now)).toBe(0.85);
  });

  it("falls with denials", () => {
    expect(trustOf(record([true, false]), policy, now)).toBeCloseTo(2 / 7, 9);
    expect(trustOf(record(many(100, false)), policy, now)).toBeLessThan(0.02);
  });

  it("multiplies by 0.7 for each incident, also without outcomes", () => {
    expect(trustOf(record([], { incidents: 1 }), policy, now)).toBeCloseTo(0.14, 9);
    expect(trustOf(record([true], { incidents: 2 }), policy, now)).toBeCloseTo((2 / 6) * 0.49, 9);
  });

  it("is 0 when revoked", () => expect(trustOf(record(many(50, true), { revoked: true }), policy, now)).toBe(0));

  it("fades while the agent is idle, by the newest outcome", () => {
    const outcomes = [
      { approved: true, atMs: now - 100 * day },
      { approved: true, atMs: now - 10 * day },
    ];
    const weight = Math.exp(-10) + Math.exp(-1);
    const expected = ((1 + weight) / (5 + weight)) * Math.exp(-0.1);
    expect(trustOf({ outcomes, incidents: 0, revoked: false }, policy, now)).toBeCloseTo(expected, 9);
  });

  it("takes outcomes from the future as from now", () => {
    expect(trustOf(record([true], {}, now + 500 * day), policy, now)).toBe(trustOf(record([true]), policy, now));
  });
});

describe("risk after trust", () => {
  it("is unchanged at a cold start, whatever the initial score", () => {
    expect(effectiveRisk(0.7, 0.2, policy)).toBe(0.7);
    expect(effectiveRisk(0.7, 0.6, { ...policy, initialScore: 0.6 })).toBe(0.7);
  });

  it("is lower above the initial score, higher below it, and stays within 0..1", () => {
    expect(effectiveRisk(0.5, 0.85, policy)).toBeCloseTo(0.5 * (1 - 0.25 * 0.65), 9);
    expect(effectiveRisk(0.5, 0, policy)).toBeCloseTo(0.525, 9);
    expect(effectiveRisk(1, 0, policy)).toBe(1);
    expect(effectiveRisk(0.5, 1, { ...policy, influence: 9 })).toBe(0);
  });
});
