/** A profile as the engine sees it, from a checked profile file. Decides nothing. */
import { parseCondition } from "../engine/condition.ts";
import { LEVELS, type Level } from "../engine/model.ts";
import {
  compilePattern,
  EMPTY_PROFILE,
  ESCALATION_ACTIONS,
  type EscalationRule,
  type Profile,
  type QuestionTemplate,
  type RiskPattern,
  type TextPattern,
} from "../engine/profile.ts";
import { declareActions } from "./compile-actions.ts";
import type { RawProfile, RawQuestion, RawRule } from "./schema-profile.ts";

type RawPattern = NonNullable<RawProfile["risk_patterns"]>[number];

/** The profile. Throws for a file that `checkProfile` finds fault with: that is a bug. */
export function compileProfile(raw: RawProfile, patternNames: readonly string[]): Profile {
  const terms = raw.key_terms ?? raw.required_vocabulary ?? [];
  return {
    name: raw.name,
    displayName: raw.display_name ?? raw.name,
    patterns: (raw.risk_patterns ?? []).map((pattern) => compileRiskPattern(pattern, terms)),
    criticalActions: (raw.critical_actions ?? []).map(compilePattern),
    sensitiveTerms: Object.entries(raw.sensitive_terms ?? {}).map(([term, weight]) => ({
      term: wholeWord(term),
      weight,
    })),
    complianceFrameworks: raw.compliance_frameworks ?? [],
    escalationRules: (raw.escalation_rules ?? []).map((rule, index) => compileRule(rule, index, patternNames)),
    questions: (raw.questions ?? raw.challenge_templates ?? []).map(compileQuestion),
    minReviewMs: compileMinimums(raw),
    riskFloor: raw.base_risk_floor ?? EMPTY_PROFILE.riskFloor,
    productionMultiplier: raw.production_multiplier ?? EMPTY_PROFILE.productionMultiplier,
    nonProduction: raw.non_production ?? EMPTY_PROFILE.nonProduction,
    synonyms: (raw.synonyms ?? []).map((group) => group.map((word) => word.toLowerCase())),
    actions: declareActions(raw.actions),
  };
}

function compileRiskPattern(raw: RawPattern, terms: readonly string[]): RiskPattern {
  return {
    name: raw.name,
    pattern: compilePattern(raw.pattern),
    target: targetOf(raw.target),
    contribution: raw.risk_contribution,
    ...(raw.description !== undefined && { description: raw.description }),
    complianceRefs: raw.compliance_refs ?? [],
    keyTerms: raw.key_terms ?? terms,
  };
}

function targetOf(target: RawPattern["target"]): RiskPattern["target"] {
  switch (target) {
    case undefined:
    case "function_name":
      return "action_name";
    case "args":
    case "kwargs":
      return "arguments";
    case "docstring":
      return "description";
    case "action_name":
    case "arguments":
    case "description":
    case "any":
      return target;
  }
}

/** A term as a word of its own: letters and digits around it make another word, `_` does not. */
function wholeWord(term: string): TextPattern {
  const literal = term.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return compilePattern(`(?:^|[^\\pL\\pN])${literal}(?:$|[^\\pL\\pN])`);
}

function compileRule(raw: RawRule, index: number, patternNames: readonly string[]): EscalationRule {
  const parsed = parseCondition(raw.condition, patternNames);
  if (!parsed.ok) throw new Error(`compileRule: the condition of rule ${index + 1} was not checked: ${parsed.message}`);
  const action = ESCALATION_ACTIONS.find((known) => known === raw.action) ?? aliasOf(raw.action);
  const isMulti = action === "require_multi_party";
  return {
    name: raw.name ?? `rule_${index + 1}`,
    title: raw.title ?? "",
    condition: parsed.condition,
    action,
    roles: raw.roles ?? [],
    require: raw.require ?? (isMulti && raw.roles !== undefined ? "each" : "any"),
    approvers: raw.approvers ?? raw.required_approvers ?? (isMulti ? 2 : 0),
    notify: raw.notify ?? raw.notify_roles ?? [],
  };
}

function aliasOf(action: RawRule["action"]): EscalationRule["action"] {
  return action === "require_confirmation" ? "require_confirm" : "notify";
}

function compileQuestion(raw: RawQuestion): QuestionTemplate {
  const [first = "", ...others] = raw.answer === undefined ? (raw.answer_hints ?? []) : [raw.answer];
  return {
    ...(raw.pattern !== undefined && { pattern: raw.pattern }),
    question: raw.question ?? raw.question_template ?? "",
    answer: first,
    answers: raw.answers ?? (raw.answer === undefined ? others : (raw.answer_hints ?? [])),
    distractors: raw.distractors ?? [],
    ...(raw.about !== undefined && { about: raw.about }),
  };
}

function compileMinimums(raw: RawProfile): Profile["minReviewMs"] {
  const entries = LEVELS.flatMap((level): [Level, number][] => {
    const seconds = raw.min_review_overrides?.[level];
    return seconds === undefined ? [] : [[level, Math.round(seconds * 1000)]];
  });
  return Object.fromEntries(entries);
}
