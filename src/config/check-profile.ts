/** What must hold within one profile file. Pure; types and ranges are the schema's. */
import { parseCondition } from "../engine/condition.ts";
import { checkActions } from "./check-actions.ts";
import { checkPattern } from "./check-policy.ts";
import { type Finding, finding, repeated, repeatedTexts } from "./finding.ts";
import type { RawProfile, RawQuestion, RawRule } from "./schema-profile.ts";
import type { Path } from "./tree.ts";

/** Never in `non_production`, however somebody means it. */
const PRODUCTION_WORDS = ["production", "prod", "live", "prd"];

/** Findings about a profile; `patternNames` are those of all profiles that are loaded together. */
export function checkProfile(raw: RawProfile, patternNames: readonly string[]): readonly Finding[] {
  const patterns = raw.risk_patterns ?? [];
  const questionsKey = raw.questions === undefined ? "challenge_templates" : "questions";
  return [
    ...repeated(
      patterns,
      (pattern) => pattern.name,
      (index) => ["risk_patterns", index, "name"],
    ),
    ...patterns.flatMap((pattern, index) => checkPattern(pattern.pattern, ["risk_patterns", index, "pattern"])),
    ...(raw.critical_actions ?? []).flatMap((source, index) => checkPattern(source, ["critical_actions", index])),
    ...(raw.escalation_rules ?? []).flatMap((rule, index) =>
      checkRule(rule, ["escalation_rules", index], patternNames),
    ),
    ...repeated(
      raw.escalation_rules ?? [],
      (rule) => rule.name,
      (index) => ["escalation_rules", index, "name"],
    ),
    ...(raw.questions ?? raw.challenge_templates ?? []).flatMap((question, index) =>
      checkQuestion(question, [questionsKey, index], patternNames),
    ),
    ...checkEnvironments(raw.non_production ?? []),
    ...checkActions(raw.actions),
    ...both(raw, ["questions", "challenge_templates"], []),
    ...both(raw, ["key_terms", "required_vocabulary"], []),
  ];
}

function both<T extends object>(holder: T, keys: readonly (keyof T & string)[], path: Path): readonly Finding[] {
  const [own = "", other = ""] = keys;
  const present = keys.every((key) => holder[key] !== undefined);
  return present ? finding([...path, other], `means the same as ${own}, which stands here too; keep one`) : [];
}

function checkRule(rule: RawRule, path: Path, patternNames: readonly string[]): readonly Finding[] {
  const parsed = parseCondition(rule.condition, patternNames);
  const condition = parsed.ok
    ? []
    : finding([...path, "condition"], `is not understood at its column ${parsed.column}: ${parsed.message}`);
  const told = rule.notify ?? rule.notify_roles;
  const action =
    rule.action === "block" && rule.roles !== undefined
      ? finding([...path, "roles"], "block asks nobody; remove roles, or choose another action")
      : [];
  const silent =
    rule.action.startsWith("notify") && told === undefined
      ? finding(path, "notifies nobody; write `notify: [role]`")
      : [];
  const asked =
    rule.action.startsWith("notify") && rule.roles !== undefined
      ? finding([...path, "roles"], "notify asks nobody; write `notify: [role]`, or choose another action")
      : [];
  const rolesless =
    rule.require !== undefined && rule.roles === undefined
      ? finding([...path, "require"], "says which of the roles must answer, and there are no roles; name them")
      : [];
  return [
    ...condition,
    ...action,
    ...silent,
    ...asked,
    ...rolesless,
    ...repeatedTexts(rule.roles, [...path, "roles"]),
    ...repeatedTexts(rule.notify, [...path, "notify"]),
    ...both(rule, ["approvers", "required_approvers"], path),
    ...both(rule, ["notify", "notify_roles"], path),
  ];
}

function checkQuestion(question: RawQuestion, path: Path, patternNames: readonly string[]): readonly Finding[] {
  const text = question.question ?? question.question_template;
  const answer = question.answer ?? question.answer_hints?.[0];
  const unknown =
    question.pattern !== undefined && !patternNames.includes(question.pattern)
      ? finding(
          [...path, "pattern"],
          `no risk pattern is called ${question.pattern}; known are ${patternNames.join(", ")}`,
        )
      : [];
  const textless = text === undefined ? finding(path, "asks nothing; write question") : [];
  const answerless =
    answer === undefined ? finding(path, "has no answer; write answer, with {argument} placeholders") : [];
  const unused = (question.context_vars ?? []).flatMap((name, index) =>
    `${text} ${answer}`.includes(`{${name}}`)
      ? []
      : finding([...path, "context_vars", index], "is in neither question nor answer; remove it"),
  );
  return [
    ...unknown,
    ...textless,
    ...answerless,
    ...unused,
    ...repeatedTexts(question.distractors, [...path, "distractors"]),
    ...both(question, ["question", "question_template"], path),
    ...both(question, ["answers", "answer_hints"], path),
  ];
}

function checkEnvironments(names: readonly string[]): readonly Finding[] {
  const production = names.flatMap((name, index) =>
    PRODUCTION_WORDS.includes(name.toLowerCase())
      ? finding(["non_production", index], "is production by its name; remove it")
      : [],
  );
  return [...production, ...repeatedTexts(names, ["non_production"])];
}
