/** What must hold between the keys of `policy`, `risk` and `trust`. Pure; types and ranges are the schema's. */
import { rankOf } from "../engine/model.ts";
import { normalName } from "../engine/name.ts";
import { compilePattern, PatternFault } from "../engine/pattern.ts";
import { type Finding, finding, repeatedTexts } from "./finding.ts";
import { checkLevels } from "./levels.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./tree.ts";

/** Source of the default: Attesta's documented attesta.yaml. */
export const DEFAULT_TIMEOUT_SECONDS = 300;

/** Findings about `policy`. */
export function checkPolicy({ policy = {} }: RawConfig): readonly Finding[] {
  const lists = (["low", "medium", "high", "critical"] as const).flatMap((level) =>
    repeatedTexts(policy.approvers?.[level], ["policy", "approvers", level]),
  );
  const breakGlass = policy.break_glass;
  const tooHigh =
    breakGlass?.max_level !== undefined && rankOf(breakGlass.max_level) > rankOf("high")
      ? finding(["policy", "break_glass", "max_level"], "critical has no break glass; write high or less")
      : [];
  return [
    ...checkLevels(policy),
    ...lists,
    ...checkRungs(policy),
    ...checkReminders(policy.reminders ?? []),
    ...repeatedTexts(breakGlass?.roles, ["policy", "break_glass", "roles"]),
    ...tooHigh,
  ];
}

function checkRungs(policy: NonNullable<RawConfig["policy"]>): readonly Finding[] {
  const rungs = policy.escalation ?? [];
  const timeout = policy.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS;
  const none =
    policy.fail_mode === "escalate" && rungs.length === 0
      ? finding(
          ["policy", "fail_mode"],
          "escalate needs rungs; add `escalation: [{after_seconds, roles}]`, or write deny",
        )
      : [];
  const each = rungs.flatMap((rung, index) => {
    const path: Path = ["policy", "escalation", index];
    const before = rungs[index - 1]?.after_seconds ?? 0;
    const late =
      rung.after_seconds >= timeout
        ? finding([...path, "after_seconds"], `must be less than timeout_seconds (${timeout})`)
        : [];
    const order =
      index > 0 && rung.after_seconds <= before
        ? finding([...path, "after_seconds"], `must be more than the rung before it (${before})`)
        : [];
    return [...late, ...order, ...repeatedTexts(rung.roles, [...path, "roles"])];
  });
  return [...none, ...each];
}

function checkReminders(fractions: readonly number[]): readonly Finding[] {
  return fractions.flatMap((value, index) => {
    const before = fractions[index - 1];
    if (before === undefined || value > before) return [];
    return finding(["policy", "reminders", index], `must be more than the one before it (${before})`);
  });
}

/** Findings about `risk`. */
export function checkRisk({ risk = {} }: RawConfig): readonly Finding[] {
  const seen = new Map<string, string>();
  const overrides = Object.keys(risk.overrides ?? {}).flatMap((name) => {
    const normal = normalName(name);
    const before = seen.get(normal);
    seen.set(normal, before ?? name);
    if (before === undefined) return [];
    const message = `means the same action as ${before}; keep one`;
    return [{ path: ["risk", "overrides", name], message, atKey: true as const }];
  });
  const amplifiers = (risk.amplifiers ?? []).flatMap((amplifier, index) =>
    checkPattern(amplifier.pattern, ["risk", "amplifiers", index, "pattern"]),
  );
  return [...overrides, ...amplifiers];
}

/** Findings about `trust`. */
export function checkTrust({ trust = {} }: RawConfig): readonly Finding[] {
  const { initial_score: initial = 0.3, ceiling = 0.9 } = trust;
  if (initial <= ceiling) return [];
  const key = trust.initial_score === undefined ? "ceiling" : "initial_score";
  return finding(["trust", key], `the initial score (${initial}) is above the ceiling (${ceiling}); lower one of them`);
}

/** A finding if the linear-time engine does not take this pattern. */
export function checkPattern(source: string, path: Path): readonly Finding[] {
  try {
    compilePattern(source);
    return [];
  } catch (error) {
    if (error instanceof PatternFault) return finding(path, error.message);
    throw error;
  }
}
