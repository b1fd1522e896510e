/** A policy's patterns, ready to meet an action: made once for each policy object. No rule stands here. */

import type { Level } from "./model.ts";
import { normalName } from "./name.ts";
import { type PatternSet, patternSet } from "./pattern.ts";
import type { Policy } from "./policy.ts";
import type { RiskPattern } from "./profile.ts";

/** Some of the profile's patterns over one kind of text. */
export interface PatternGroup {
  /** Positions in the profile's list. */
  readonly positions: readonly number[];
  readonly match: PatternSet;
}

export interface CompiledPolicy {
  readonly onName: PatternGroup;
  readonly onArguments: PatternGroup;
  readonly onDescription: PatternGroup;
  readonly amplifiers: PatternSet;
  /** Each amplifier in words: `production` for `.*production.*`. */
  readonly amplifierLabels: readonly string[];
  readonly criticalActions: PatternSet;
  readonly sensitiveTerms: PatternSet;
  /** By normal name, longest first. */
  readonly overrides: readonly { readonly key: string; readonly level: Level }[];
}

const cache = new WeakMap<Policy, CompiledPolicy>();

/** The compiled form of this policy object; policies are never changed in place. */
export function compiledPolicy(policy: Policy): CompiledPolicy {
  const known = cache.get(policy);
  if (known !== undefined) return known;
  const fresh = compile(policy);
  cache.set(policy, fresh);
  return fresh;
}

function compile(policy: Policy): CompiledPolicy {
  const { profile } = policy;
  return {
    onName: groupOf(profile.patterns, "action_name"),
    onArguments: groupOf(profile.patterns, "arguments"),
    onDescription: groupOf(profile.patterns, "description"),
    amplifiers: patternSet(policy.amplifiers.map(({ pattern }) => pattern)),
    amplifierLabels: policy.amplifiers.map(({ pattern }) => labelOf(pattern.source)),
    criticalActions: patternSet(profile.criticalActions),
    sensitiveTerms: patternSet(profile.sensitiveTerms.map(({ term }) => term)),
    overrides: Object.entries(policy.overrides)
      .map(([name, level]) => ({ key: normalName(name), level }))
      .filter(({ key }) => key !== ""),
  };
}

function groupOf(patterns: readonly RiskPattern[], target: RiskPattern["target"]): PatternGroup {
  const positions = patterns.flatMap((pattern, at) =>
    pattern.target === target || pattern.target === "any" ? [at] : [],
  );
  return { positions, match: patternSet(patterns.filter((_, at) => positions.includes(at)).map((one) => one.pattern)) };
}

function labelOf(source: string): string {
  const bare = source.replace(/^(?:\^|\.\*|\(\^\|_\)|\\b)+|(?:\$|\.\*|\(_\|\$\)|\\b)+$/g, "");
  return bare === "" ? source : bare;
}
