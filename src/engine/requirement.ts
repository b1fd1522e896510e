/** From an assessed action to what it needs: seats, challenges, minimum reviews, rungs. Only ever the stricter of two answers. */
import { conditionHolds } from "./condition.ts";
import {
  CHALLENGES,
  type ChallengeKind,
  LEVELS,
  type Level,
  type MappedChallenge,
  type RoleName,
  rankOf,
} from "./model.ts";
import type { Policy, Requirement, Seat } from "./policy.ts";
import type { EscalationRule } from "./profile.ts";
import type { RiskAssessment } from "./risk.ts";

export interface Asked {
  readonly assessment: RiskAssessment;
  /** The same action without what the agent says about it: what this alone would need is needed in any case. */
  readonly unclaimed?: RiskAssessment;
  /** The action runs a command that its declaration does not fix: at least a confirm. */
  readonly freeCommand: boolean;
}

/** The level that a challenge is the default for. Source: the published challenge map. */
const DEFAULT_LEVEL: Readonly<Record<ChallengeKind, Level>> = { confirm: "medium", quiz: "high", teach_back: "high" };

const RULE_KIND: Readonly<Partial<Record<EscalationRule["action"], ChallengeKind>>> = {
  require_confirm: "confirm",
  require_quiz: "quiz",
  require_teach_back: "teach_back",
  require_multi_party: "teach_back",
};

/** The harder of two challenges; undefined stands for none. */
export function harderOf(a: ChallengeKind | undefined, b: ChallengeKind | undefined): ChallengeKind | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return CHALLENGES.indexOf(a) >= CHALLENGES.indexOf(b) ? a : b;
}

function assessments({ assessment, unclaimed }: Asked): readonly RiskAssessment[] {
  return unclaimed === undefined ? [assessment] : [assessment, unclaimed];
}

/** Rules that hold, with the agent's claims or without: no claim may talk a rule away. */
function matchingRules(asked: Asked, policy: Policy): readonly EscalationRule[] {
  return policy.profile.escalationRules.filter((rule) =>
    assessments(asked).some((facts) => conditionHolds(rule.condition, facts)),
  );
}

/** What the level alone asks of the first seat. Critical always needs a person, and never only a confirm. */
function kindOfLevel(level: Level, mapped: MappedChallenge): ChallengeKind | undefined {
  if (mapped === "multi_party") return "teach_back";
  if (mapped === "auto_approve") return level === "critical" ? "teach_back" : undefined;
  return mapped === "confirm" && level === "critical" ? "quiz" : mapped;
}

interface Called {
  readonly each: readonly RoleName[];
  /** Rules that one of their roles must answer, and that no `each` role answers already. */
  readonly anyOf: readonly (readonly RoleName[])[];
  readonly all: readonly RoleName[];
}

function called(rules: readonly EscalationRule[]): Called {
  const asking = rules.filter((rule) => rule.action !== "notify" && rule.roles.length > 0);
  const each = [...new Set(asking.filter((rule) => rule.require === "each").flatMap((rule) => rule.roles))];
  const anyOf: (readonly RoleName[])[] = [];
  for (const rule of asking.filter((candidate) => candidate.require === "any")) {
    const answered = rule.roles.some((role) => each.includes(role)) || anyOf.some((roles) => isSame(roles, rule.roles));
    if (!answered) anyOf.push(rule.roles);
  }
  return { each, anyOf, all: [...new Set(asking.flatMap((rule) => rule.roles))] };
}

function isSame(a: readonly RoleName[], b: readonly RoleName[]): boolean {
  return a.length === b.length && a.every((role) => b.includes(role));
}

/** The first level from this one up that names approvers. */
function approversFrom(level: Level, policy: Policy): readonly RoleName[] {
  const named = LEVELS.slice(rankOf(level)).find((candidate) => policy.approvers[candidate].length > 0);
  return named === undefined ? [] : policy.approvers[named];
}

function seatRoles(asked: Asked, rules: readonly EscalationRule[], policy: Policy): readonly (readonly RoleName[])[] {
  const { each, anyOf, all } = called(rules);
  const named = [...each.map((role) => [role]), ...anyOf];
  const everybody = all.length > 0 ? all : approversFrom(asked.assessment.level, policy);
  const multi = rules.some((rule) => rule.action === "require_multi_party") ? 2 : 1;
  const byLevel = assessments(asked).map(({ level }) => policy.multiParty[level]);
  const needed = Math.max(named.length, multi, ...byLevel, ...rules.map((rule) => rule.approvers));
  return Array.from({ length: needed }, (_, index) => named[index] ?? everybody);
}

function minimumOf(level: Level, policy: Policy): number {
  return Math.max(policy.minimumReviewMs[level], policy.profile.minReviewMs[level] ?? 0);
}

/** The level's minimum; for a low action that a rule raised, that of the level its challenge stands for. */
function firstMinimum(kind: ChallengeKind, level: Level, policy: Policy): number {
  return Math.max(minimumOf(level, policy), level === "low" ? minimumOf(DEFAULT_LEVEL[kind], policy) : 0);
}

interface Seating {
  readonly kind: ChallengeKind;
  readonly roles: readonly (readonly RoleName[])[];
  readonly asked: Asked;
}

function seats({ kind, roles, asked }: Seating, policy: Policy): readonly Seat[] {
  const own = Math.max(...assessments(asked).map(({ level }) => firstMinimum(kind, level, policy)));
  return roles.map((names, index): Seat => {
    if (index === 0) {
      return { index, roles: names, challenge: roles.length > 1 ? "teach_back" : kind, minimumMs: own };
    }
    const later = policy.minimumReviewMode === "per_level" ? own : minimumOf(DEFAULT_LEVEL.quiz, policy);
    return { index, roles: names, challenge: "quiz", minimumMs: later };
  });
}

function blockedBy(asked: Asked, rules: readonly EscalationRule[], policy: Policy): string | undefined {
  const rule = rules.find((candidate) => candidate.action === "block");
  if (rule !== undefined) return `blocked by the rule ${rule.name}`;
  if (!asked.assessment.declared && policy.undeclared === "deny")
    return "the action is not declared, and policy denies such actions";
  return undefined;
}

function failModeFor(level: Level, policy: Policy): Policy["failMode"] {
  return level === "critical" && policy.failMode === "allow" ? "deny" : policy.failMode;
}

/** What this action needs under this policy before it may run. */
export function requirementFor(asked: Asked, policy: Policy): Requirement {
  const { level } = asked.assessment;
  const rules = matchingRules(asked, policy);
  const kinds = [
    asked.freeCommand ? ("confirm" as const) : undefined,
    ...rules.map((rule) => RULE_KIND[rule.action]),
    ...assessments(asked).map((one) => kindOfLevel(one.level, policy.challengeMap[one.level])),
  ];
  const kind = kinds.reduce(harderOf, undefined);
  const asking = kind === undefined ? [] : seats({ kind, roles: seatRoles(asked, rules, policy), asked }, policy);
  const nobody = asking.some((seat) => seat.roles.length === 0)
    ? `policy.approvers names no role for ${level}`
    : undefined;
  const blocked = blockedBy(asked, rules, policy) ?? (asking.length > 0 ? policy.nobodyToAsk : undefined) ?? nobody;
  const breakGlass = policy.breakGlass !== undefined && rankOf(level) <= rankOf(policy.breakGlass.maxLevel);
  return {
    challengeType: asking.length > 1 ? "multi_party" : (kind ?? "auto_approve"),
    title: [...new Set(rules.map((rule) => rule.title).filter((title) => title !== ""))].join(" + "),
    seats: asking,
    notify: [...new Set(rules.flatMap((rule) => [...rule.notify, ...(rule.action === "notify" ? rule.roles : [])]))],
    rungs: policy.escalation.filter((rung) => rung.afterMs < policy.timeoutMs),
    timeoutMs: policy.timeoutMs,
    failMode: failModeFor(level, policy),
    maxAttempts: policy.challenge.maxAttempts,
    onFailure: policy.challenge.onFailure,
    validForMs: policy.validForMs,
    remindersMs: policy.reminders.map((fraction) => Math.round(fraction * policy.timeoutMs)),
    ...(policy.abandonAfterMs !== undefined && { abandonAfterMs: policy.abandonAfterMs }),
    breakGlassRoles: breakGlass ? (policy.breakGlass?.roles ?? []) : [],
    ...(blocked !== undefined && { blocked }),
  };
}

/** Is anything in `next` stricter than in `frozen`? */
export function isStricter(next: Requirement, frozen: Requirement): boolean {
  if (next.blocked !== undefined && frozen.blocked === undefined) return true;
  if (next.seats.length > frozen.seats.length) return true;
  return next.seats.some((seat, index) => {
    const before = frozen.seats[index];
    return before === undefined || isHarderSeat(seat, before);
  });
}

function isHarderSeat(seat: Seat, before: Seat): boolean {
  return (
    CHALLENGES.indexOf(seat.challenge) > CHALLENGES.indexOf(before.challenge) ||
    seat.minimumMs > before.minimumMs ||
    before.roles.some((role) => !seat.roles.includes(role))
  );
}

/** The stricter of two requirements, seat by seat: a changed policy never lowers what was asked. */
export function stricterOf(next: Requirement, frozen: Requirement): Requirement {
  const count = Math.max(next.seats.length, frozen.seats.length);
  const merged = Array.from({ length: count }, (_, index) => mergedSeat(next.seats[index], frozen.seats[index]));
  const blocked = next.blocked ?? frozen.blocked;
  const asking = merged.filter((seat) => seat !== undefined);
  return {
    ...frozen,
    title: [...new Set([frozen.title, next.title].filter((title) => title !== ""))].join(" + "),
    challengeType: asking.length > 1 ? "multi_party" : (asking[0]?.challenge ?? "auto_approve"),
    seats: asking,
    notify: [...new Set([...frozen.notify, ...next.notify])],
    failMode: frozen.failMode === "allow" ? next.failMode : frozen.failMode,
    breakGlassRoles: frozen.breakGlassRoles.filter((role) => next.breakGlassRoles.includes(role)),
    ...(blocked !== undefined && { blocked }),
  };
}

function mergedSeat(next: Seat | undefined, frozen: Seat | undefined): Seat | undefined {
  if (next === undefined || frozen === undefined) return next ?? frozen;
  const narrowed = frozen.roles.filter((role) => next.roles.includes(role));
  return {
    index: frozen.index,
    roles: narrowed.length > 0 ? narrowed : next.roles,
    challenge: harderOf(next.challenge, frozen.challenge) ?? frozen.challenge,
    minimumMs: Math.max(next.minimumMs, frozen.minimumMs),
  };
}
