/** Every key of a profile file. Attesta's documented field names are read too; docs/config.md has the table of both. */
import { z } from "zod";
import { ESCALATION_ACTIONS } from "../engine/profile.ts";
import {
  actionDeclaration,
  actionName,
  argumentName,
  byLevel,
  fraction,
  level,
  line,
  listOf,
  name,
  pattern,
  reviewSeconds,
} from "./schema-parts.ts";

const riskPattern = z.strictObject({
  name,
  pattern,
  /** The second half are the names of Attesta's RiskPattern. */
  target: z
    .enum(["action_name", "arguments", "description", "any", "function_name", "args", "kwargs", "docstring"])
    .optional(),
  risk_contribution: fraction,
  description: line.optional(),
  compliance_refs: listOf(line).optional(),
  key_terms: listOf(argumentName).optional(),
});

const escalationRule = z.strictObject({
  name: name.optional(),
  title: line.optional(),
  condition: z.string().min(1).max(1000),
  /** The last two are the names of Attesta's EscalationRule. */
  action: z.enum([...ESCALATION_ACTIONS, "notify_compliance", "require_confirmation"]),
  roles: listOf(name).optional(),
  require: z.enum(["each", "any"]).optional(),
  approvers: z.int().min(1).max(20).optional(),
  required_approvers: z.int().min(1).max(20).optional(),
  notify: listOf(name).optional(),
  notify_roles: listOf(name).optional(),
  description: line.optional(),
});

const question = z.strictObject({
  pattern: name.optional(),
  question: line.optional(),
  question_template: line.optional(),
  answer: line.optional(),
  answers: listOf(line).optional(),
  answer_hints: listOf(line).optional(),
  distractors: listOf(line).optional(),
  about: listOf(argumentName).optional(),
  context_vars: listOf(argumentName).optional(),
  challenge_type: z.enum(["quiz"]).optional(),
  min_risk_level: level.exclude(["critical"]).optional(),
});

/** A profile file. */
export const profileSchema = z.strictObject({
  name,
  display_name: line.optional(),
  description: line.optional(),
  risk_patterns: z.array(riskPattern).optional(),
  sensitive_terms: z.record(line, fraction).optional(),
  critical_actions: z.array(pattern).optional(),
  compliance_frameworks: z.array(line).optional(),
  escalation_rules: z.array(escalationRule).optional(),
  questions: z.array(question).optional(),
  challenge_templates: z.array(question).optional(),
  min_review_overrides: byLevel(reviewSeconds).optional(),
  base_risk_floor: fraction.optional(),
  production_multiplier: z.number().min(1).max(10).optional(),
  key_terms: listOf(argumentName).optional(),
  required_vocabulary: listOf(argumentName).optional(),
  synonyms: z.array(z.array(line).min(2)).optional(),
  non_production: z.array(line).optional(),
  actions: z.record(actionName, actionDeclaration).optional(),
});
export type RawProfile = z.infer<typeof profileSchema>;
export type RawRule = z.infer<typeof escalationRule>;
export type RawQuestion = z.infer<typeof question>;
