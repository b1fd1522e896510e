/** What a domain knows about actions: patterns, declared actions, words, questions, escalation rules. Data plus matchers. */
import type { Hints } from "./action.ts";
import type { Condition } from "./condition.ts";
import type { JsonObject } from "./json.ts";
import type { Level, RoleName } from "./model.ts";
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
  /** argv template that fixes the command of `attesta gate`; undefined: any, and at least a confirm. */
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
