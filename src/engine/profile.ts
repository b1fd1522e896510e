/** What a domain knows about actions: patterns, declared actions, words, questions, escalation rules. Data plus matchers. */
import type { Hints } from "./action.ts";
import type { Condition } from "./condition.ts";
import type { JsonObject } from "./json.ts";
import { LEVELS, type Level, type RoleName } from "./model.ts";
import type { TextPattern } from "./pattern.ts";

export { compilePattern, PatternFault, type TextPattern } from "./pattern.ts";

export interface RiskPattern {
  readonly name: string;
  readonly pattern: TextPattern;
  readonly target: "action_name" | "arguments" | "description" | "any";
  /** 0..1. What the name factor becomes at least when this matches. */
  readonly contribution: number;
  readonly description?: string;
  /** For instance `SOC 2 CC8.1`. Printed in the audit entry. */
  readonly complianceRefs: readonly string[];
  /** Which arguments a teach-back must name, in order. Empty: every scalar argument. */
  readonly keyTerms: readonly string[];
}

export const ESCALATION_ACTIONS = [
  "require_multi_party",
  "require_teach_back",
  "require_quiz",
  "require_confirm",
  "notify",
  "block",
] as const;
export type EscalationAction = (typeof ESCALATION_ACTIONS)[number];

/** IF condition THEN action: who must look at it, beyond what the level asks. */
export interface EscalationRule {
  readonly name: string;
  readonly title: string;
  readonly condition: Condition;
  readonly action: EscalationAction;
  readonly roles: readonly RoleName[];
  readonly require: "each" | "any";
  /** How many approvers at least; 0 where the rule does not say. */
  readonly approvers: number;
  readonly notify: readonly RoleName[];
}

/** A prepared quiz question; `{argument}` and `{fact}` are filled from the action. */
export interface QuestionTemplate {
  /** Name of the risk pattern that this question belongs to; undefined: every action. */
  readonly pattern?: string;
  readonly question: string;
  readonly answer: string;
  /** Other texts that are right too, when typed. */
  readonly answers: readonly string[];
  readonly distractors: readonly string[];
  /** Arguments that this question covers although neither its text nor its answer prints them. */
  readonly about?: readonly string[];
}

/** What the service itself knows about an action. Only this gives facts, summaries and benign descriptions. */
export interface ActionDeclaration {
  readonly name: string;
  readonly description?: string;
  /** What the card's first line says, with `{argument}` placeholders: `Deploy {service} v{version} to production`. */
  readonly summary?: string;
  readonly hints: Hints;
  readonly facts: JsonObject;
  /** Which arguments the channel sees, in order. Undefined: all that are not private. */
  readonly card?: readonly string[];
  readonly freeText: readonly string[];
  readonly secretArguments: readonly string[];
  readonly privateArguments: readonly string[];
  readonly attach: readonly string[];
  /** argv template that fixes the command of `attesta gate`; undefined: any. Unless its program is absolute, at least a confirm. */
  readonly command?: readonly string[];
}

export interface Profile {
  /** The domain's name(s), joined by `+` when merged. `none` without a profile. */
  readonly name: string;
  readonly displayName: string;
  readonly patterns: readonly RiskPattern[];
  /** Names that are at least critical / at most as declared; critical actions raise, safe actions never lower. */
  readonly criticalActions: readonly TextPattern[];
  readonly sensitiveTerms: readonly { readonly term: TextPattern; readonly weight: number }[];
  readonly complianceFrameworks: readonly string[];
  readonly escalationRules: readonly EscalationRule[];
  readonly questions: readonly QuestionTemplate[];
  /** Milliseconds per level; raise the policy's, never lower it. */
  readonly minReviewMs: Readonly<Partial<Record<Level, number>>>;
  /** 0..1 */
  readonly riskFloor: number;
  /** At least 1. Source of the default 1.5: Attesta's DomainProfile. */
  readonly productionMultiplier: number;
  readonly nonProduction: readonly string[];
  /** Words that may stand for a key term's value: each list is one group, lower case. */
  readonly synonyms: readonly (readonly string[])[];
  /** By normal name. */
  readonly actions: Readonly<Record<string, ActionDeclaration>>;
}

/** What holds without a profile. Numbers: multiplier of Attesta's DomainProfile; environments of the scoring page. */
export const EMPTY_PROFILE: Profile = Object.freeze({
  name: "none",
  displayName: "No profile",
  patterns: [],
  criticalActions: [],
  sensitiveTerms: [],
  complianceFrameworks: [],
  escalationRules: [],
  questions: [],
  minReviewMs: {},
  riskFloor: 0,
  productionMultiplier: 1.5,
  nonProduction: ["staging", "ci", "test", "development"],
  synonyms: [],
  actions: {},
});

/** One profile that asks for at least what each of them asks: lists joined, numbers the maximum, environments shared. */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const [first, ...rest] = profiles;
  return first === undefined ? EMPTY_PROFILE : rest.reduce(mergeTwo, first);
}

function mergeTwo(a: Profile, b: Profile): Profile {
  const nonProduction = a.nonProduction.filter((name) => isListed(name, b.nonProduction));
  return {
    name: `${a.name}+${b.name}`,
    displayName: `${a.displayName} + ${b.displayName}`,
    patterns: [...a.patterns, ...b.patterns],
    criticalActions: [...a.criticalActions, ...b.criticalActions],
    sensitiveTerms: [...a.sensitiveTerms, ...b.sensitiveTerms],
    complianceFrameworks: union(a.complianceFrameworks, b.complianceFrameworks),
    escalationRules: [...a.escalationRules, ...b.escalationRules],
    questions: [...a.questions, ...b.questions],
    minReviewMs: mergeMinimums(a.minReviewMs, b.minReviewMs),
    riskFloor: Math.max(a.riskFloor, b.riskFloor),
    productionMultiplier: Math.max(a.productionMultiplier, b.productionMultiplier),
    nonProduction,
    synonyms: [...a.synonyms, ...b.synonyms],
    actions: mergeActions(a.actions, b.actions, nonProduction),
  };
}

function mergeMinimums(a: Profile["minReviewMs"], b: Profile["minReviewMs"]): Profile["minReviewMs"] {
  const entries = LEVELS.flatMap((level): [Level, number][] => {
    const longest = Math.max(a[level] ?? -1, b[level] ?? -1);
    return longest < 0 ? [] : [[level, longest]];
  });
  return Object.fromEntries(entries);
}

type Actions = Profile["actions"];

function mergeActions(a: Actions, b: Actions, nonProduction: readonly string[]): Actions {
  const merged = Object.entries(b).map(([name, second]): [string, ActionDeclaration] => {
    const first = Object.hasOwn(a, name) ? a[name] : undefined;
    return [name, first === undefined ? second : mergeDeclarations(first, second, nonProduction)];
  });
  return { ...a, ...Object.fromEntries(merged) };
}

function mergeDeclarations(
  a: ActionDeclaration,
  b: ActionDeclaration,
  nonProduction: readonly string[],
): ActionDeclaration {
  const description = union([a.description ?? ""], [b.description ?? ""])
    .join(" ")
    .trim();
  const card = a.card === undefined ? b.card : a.card.filter((name) => b.card?.includes(name) ?? true);
  return {
    ...b,
    ...a,
    ...(description === "" ? {} : { description }),
    ...(card === undefined ? {} : { card }),
    hints: mergeHints(a.hints, b.hints, nonProduction),
    facts: {
      ...b.facts,
      ...a.facts,
      ...(a.facts.reversible === false || b.facts.reversible === false ? { reversible: false } : {}),
    },
    freeText: a.freeText.filter((name) => b.freeText.includes(name)),
    secretArguments: union(a.secretArguments, b.secretArguments),
    privateArguments: union(a.privateArguments, b.privateArguments),
    attach: union(a.attach, b.attach),
  };
}

function mergeHints(a: Hints, b: Hints, nonProduction: readonly string[]): Hints {
  const merged: Record<string, boolean | number | string> = { ...b, ...a };
  for (const [name, hint] of Object.entries(b)) {
    const other = a[name];
    if (other !== undefined && name !== "environment" && Number(hint) > Number(other)) merged[name] = hint;
  }
  const stricter = [a.environment, b.environment].find(
    (name) => typeof name === "string" && !isListed(name, nonProduction),
  );
  return stricter === undefined ? merged : { ...merged, environment: stricter };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}

/** True if a list of environments names this one; case does not matter, other spellings do. */
export function isListed(name: string, environments: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return environments.some((listed) => listed.toLowerCase() === lower);
}
