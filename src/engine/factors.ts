/** The five factors of the score, each 0..1 with its reason. What they add up to stands in risk.ts. */
import type { Action, Hints } from "./action.ts";
import type { CompiledPolicy, PatternGroup } from "./compiled.ts";
import { isSameName } from "./name.ts";
import type { NameFacts } from "./name-facts.ts";
import type { Policy } from "./policy.ts";
import type { RiskPattern } from "./profile.ts";
import { argumentText, NOTHING_FOUND, scanText } from "./scan.ts";
import { visibleName } from "./visible.ts";
import { type Factor, wordedFactor } from "./wording.ts";

/** What is scored, gathered once. */
export interface Scored {
  readonly action: Action;
  readonly facts: NameFacts;
  readonly policy: Policy;
  readonly compiled: CompiledPolicy;
}

export interface ArgumentsFactor extends Factor {
  /** Top-level argument with the highest value; undefined when nothing was found in any. */
  readonly riskiest: string | undefined;
}

/** The profile's patterns that meet the action's name, arguments or description, in the profile's order. */
export function matchedPatterns({ action, facts, policy, compiled }: Scored): readonly RiskPattern[] {
  const { onArguments, onDescription } = compiled;
  if (onArguments.positions.length === 0 && onDescription.positions.length === 0) return facts.patterns;
  const text = partsOf(action, []).map((part) => part.text);
  const descriptions = [facts.declaration?.description ?? "", action.description ?? ""];
  const found = new Set([...positionsIn(onArguments, text), ...positionsIn(onDescription, descriptions)]);
  return policy.profile.patterns.filter((pattern, at) => found.has(at) || facts.patterns.includes(pattern));
}

function positionsIn({ positions, match }: PatternGroup, texts: readonly string[]): readonly number[] {
  return positions.length === 0 ? [] : match(texts.join("\n")).map((at) => positions[at] ?? -1);
}

/** A: the worst that is found in any argument, command word or attachment. */
export function argumentsFactor(scored: Scored): ArgumentsFactor {
  const parts = partsOf(scored.action, scored.facts.declaration?.freeText ?? []);
  let worst: ArgumentsFactor = { value: 0, because: "no arguments", riskiest: undefined };
  if (parts.length > 1 && isQuiet(parts, scored)) return QUIET;
  for (const part of parts) {
    const { value, what } = scorePart(part, scored);
    if (value <= worst.value) continue;
    const because = what === undefined ? QUIET.because : `${what} in ${visibleName(part.name)}`;
    worst = { value, because, riskiest: what !== undefined && part.isArgument ? part.name : undefined };
  }
  return worst;
}

const QUIET: ArgumentsFactor = {
  value: NOTHING_FOUND.score,
  because: "nothing found in the arguments",
  riskiest: undefined,
};

/** One look at everything, which is the usual case: if nothing is found in all of it, nothing is in any part. */
function isQuiet(parts: readonly Part[], { policy }: Scored): boolean {
  if (policy.profile.sensitiveTerms.length > 0) return false;
  return scanText(parts.map(({ text }) => text).join("\n"), false).what === undefined;
}

interface Part {
  readonly name: string;
  readonly text: string;
  readonly isProse: boolean;
  readonly isArgument: boolean;
}

function partsOf(action: Action, prose: readonly string[]): readonly Part[] {
  const parts = Object.entries(action.arguments).map(
    ([name, value]): Part => ({
      name,
      text: argumentText(name, value),
      isProse: prose.length > 0 && prose.some((declared) => isSameName(declared, name)),
      isArgument: true,
    }),
  );
  const { command } = action;
  const other = (name: string, text: string): Part => ({ name, text, isProse: false, isArgument: false });
  if (command !== undefined) parts.push(other("the command", `${command.argv.join(" ")}\n${command.cwd}`));
  for (const { name, text } of action.attachments) parts.push(other(name, `${name}\n${text}`));
  return parts;
}

function scorePart(part: Part, { compiled, policy }: Scored): { value: number; what: string | undefined } {
  const { score, what } = scanText(part.text, part.isProse);
  const { sensitiveTerms } = policy.profile;
  if (sensitiveTerms.length === 0) return { value: score, what };
  const weights = compiled.sensitiveTerms(part.text).map((at) => sensitiveTerms[at]?.weight ?? 0);
  const weight = Math.max(0, ...weights);
  return weight > score ? { value: weight, what: "sensitive term" } : { value: score, what };
}

/** D: the worse of what the service declared and what was sent. */
export function descriptionFactor({ action, facts }: Scored): Factor {
  const sent =
    action.description === undefined ? undefined : wordedFactor(action.description, "the agent's description");
  return sent !== undefined && sent.value > facts.description.value ? sent : facts.description;
}

/** What one true hint adds. Source: the scoring page. */
const TRUE_HINT = 0.3;

/** H: declared and sent hints united, the higher of each; false and negative values add nothing. */
export function hintsFactor({ action, facts: { declaration } }: Scored): Factor {
  const values = new Map<string, number>();
  addHints(declaration?.hints, values);
  addHints(action.hints, values);
  if (values.size === 0) return { value: 0, because: "no hints" };
  let sum = 0;
  for (const value of values.values()) sum += value;
  const names = [...values.keys()].map((name) => visibleName(name).replaceAll("_", " "));
  return { value: Math.min(1, sum), because: `hints: ${names.join(", ")}` };
}

function addHints(hints: Hints | undefined, values: Map<string, number>): void {
  if (hints === undefined) return;
  for (const name of Object.keys(hints)) {
    if (name === "production" || name === "environment") continue;
    const hint = hints[name];
    const value = hint === true ? TRUE_HINT : typeof hint === "number" ? Math.min(1, Math.max(0, hint)) : 0;
    if (value > (values.get(name) ?? 0)) values.set(name, value);
  }
}

/** V: a declared action is known, any other is new. */
export function noveltyFactor(declared: boolean): Factor {
  return declared
    ? { value: 0.1, because: "declared action" }
    : { value: 0.9, because: "not declared: the service knows nothing about it" };
}
