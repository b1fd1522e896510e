/** The five factors of the score, each 0..1 with its reason. What they add up to stands in risk.ts. */
import type { Action, Hints } from "./action.ts";
import type { CompiledPolicy, PatternGroup } from "./compiled.ts";
import { isSameName, nameWords } from "./name.ts";
import type { ActionDeclaration, Profile, RiskPattern } from "./profile.ts";
import { argumentText, scanText } from "./scan.ts";
import { VERB_SCORES, verbOf } from "./verb.ts";
import { visibleName } from "./visible.ts";

/** What is scored, gathered once. */
export interface Scored {
  readonly action: Action;
  /** The action's name in normal form. */
  readonly normal: string;
  readonly declaration: ActionDeclaration | undefined;
  readonly profile: Profile;
  readonly compiled: CompiledPolicy;
}

/** A factor before it is weighed. */
export interface Factor {
  /** 0..1 */
  readonly value: number;
  readonly because: string;
}

export interface ArgumentsFactor extends Factor {
  /** Top-level argument with the highest value; undefined when nothing was found in any. */
  readonly riskiest: string | undefined;
}

/** The profile's patterns that meet the action's name, arguments or description, in the profile's order. */
export function matchedPatterns(scored: Scored): readonly RiskPattern[] {
  const { compiled, action, declaration, profile } = scored;
  const found = new Set<number>();
  collect(compiled.onName, () => scored.normal, found);
  collect(compiled.onArguments, () => allText(action), found);
  collect(compiled.onDescription, () => `${declaration?.description ?? ""}\n${action.description ?? ""}`, found);
  return found.size === 0 ? [] : profile.patterns.filter((_, at) => found.has(at));
}

function collect(group: PatternGroup, text: () => string, found: Set<number>): void {
  if (group.positions.length === 0) return;
  for (const at of group.match(text())) found.add(group.positions[at] ?? -1);
}

/** N: the most dangerous word of the name, or the strongest pattern that matched. */
export function nameFactor(scored: Scored, patterns: readonly RiskPattern[]): Factor {
  const { verb, kind } = verbOf(nameWords(scored.normal));
  let value = VERB_SCORES[kind];
  let because = verb === undefined ? "no known verb in the name" : `the name says ${verb}`;
  for (const pattern of patterns) {
    if (pattern.contribution <= value) continue;
    value = pattern.contribution;
    because = pattern.name.replaceAll("_", " ");
  }
  return { value, because: `${because} (${value.toFixed(2)})` };
}

/** A: the worst that is found in any argument, command word or attachment. */
export function argumentsFactor(scored: Scored): ArgumentsFactor {
  let worst: ArgumentsFactor = { value: 0, because: "no arguments", riskiest: undefined };
  for (const part of partsOf(scored)) {
    const { value, what } = scorePart(part, scored);
    if (value <= worst.value) continue;
    const because = what === undefined ? "nothing found in the arguments" : `${what} in ${visibleName(part.name)}`;
    worst = { value, because, riskiest: what !== undefined && part.isArgument ? part.name : undefined };
  }
  return worst;
}

interface Part {
  readonly name: string;
  readonly text: string;
  readonly isProse: boolean;
  readonly isArgument: boolean;
}

function partsOf({ action, declaration }: Pick<Scored, "action" | "declaration">): readonly Part[] {
  const prose = declaration?.freeText ?? [];
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

function scorePart(part: Part, { compiled, profile }: Scored): { value: number; what: string | undefined } {
  const { score, what } = scanText(part.text, part.isProse);
  if (profile.sensitiveTerms.length === 0) return { value: score, what };
  const weights = compiled.sensitiveTerms(part.text).map((at) => profile.sensitiveTerms[at]?.weight ?? 0);
  const weight = Math.max(0, ...weights);
  return weight > score ? { value: weight, what: "sensitive term" } : { value: score, what };
}

function allText(action: Action): string {
  return partsOf({ action, declaration: undefined })
    .map(({ text }) => text)
    .join("\n");
}

const IRREVERSIBLE =
  /\b(?:irreversibl[ey]|permanent(?:ly)?|destructive(?:ly)?|dangerous(?:ly)?|can(?:not|['\u2019]t| not)\s+be\s+undone)\b/i;
const CAUTION = /\b(?:careful(?:ly)?|warnings?|cautions?)\b/i;
const NO_DESCRIPTION = 0.1;
const BENIGN = 0.05;

/** D: the worse of the declared description (or none) and the one that was sent; 0.85 if declared irreversible. */
export function descriptionFactor({ action, declaration }: Scored): Factor {
  const declared = declaration?.description;
  let worst: Factor =
    declared === undefined || declared.trim() === ""
      ? { value: NO_DESCRIPTION, because: "no declared description" }
      : wordedFactor(declared, "the description");
  const sent =
    action.description === undefined ? undefined : wordedFactor(action.description, "the agent's description");
  if (sent !== undefined && sent.value > worst.value && sent.value > BENIGN) worst = sent;
  if (declaration?.facts.reversible === false && worst.value < 0.85)
    worst = { value: 0.85, because: "declared as not reversible" };
  return worst;
}

function wordedFactor(text: string, who: string): Factor {
  const plain = text.normalize("NFKC");
  if (IRREVERSIBLE.test(plain)) return { value: 0.85, because: `${who} warns of lasting harm` };
  if (CAUTION.test(plain)) return { value: 0.5, because: `${who} asks for caution` };
  return { value: BENIGN, because: `${who} is unremarkable` };
}

/** What one true hint adds. Source: the scoring page. */
const TRUE_HINT = 0.3;

/** H: declared and sent hints united, the higher of each; false and negative values add nothing. */
export function hintsFactor({ action, declaration }: Scored): Factor {
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
