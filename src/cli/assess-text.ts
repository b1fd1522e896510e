/** How an assessment is printed, for people and as JSON. It scores nothing. */
import type { Config } from "../config/types.ts";
import type { Assessed, RaiseRefusal } from "../engine/approvals.ts";
import type { JsonObject } from "../engine/json.ts";
import type { RoleName } from "../engine/model.ts";
import type { Seat } from "../engine/policy.ts";
import type { RiskFactor } from "../engine/risk.ts";

/** What is shown: the assessment and what the config says about the people in it. */
export interface Shown extends Assessed {
  readonly name: string;
  readonly agentId: string | undefined;
  readonly requester: string | undefined;
  readonly config: Config;
}

/** The assessment for people, line by line. */
export function assessmentLines(shown: Shown): readonly string[] {
  const { assessment, requirement, name, summary } = shown;
  return [
    `${assessment.level.toUpperCase()} ${assessment.score.toFixed(2)} · ${summary}`,
    `${name} · ${assessment.environment} · ${assessment.declared ? "declared" : "not declared"}${asking(shown)}`,
    "",
    ...assessment.factors.map(factorLine),
    ...scoreLines(shown),
    "",
    ...needLines(shown),
    ...(requirement.notify.length > 0
      ? [`Told: ${requirement.notify.map((role) => roleText(role, shown)).join("; ")}`]
      : []),
  ];
}

function asking({ agentId }: Shown): string {
  return agentId === undefined ? "" : ` · asked by ${agentId}`;
}

const MULTIPLIERS: readonly RiskFactor["name"][] = ["environment", "trust"];

function factorLine({ name, contribution, because }: RiskFactor): string {
  const amount = MULTIPLIERS.includes(name) ? `x${round(contribution)}` : signed(contribution);
  return `  ${name.padEnd(12)} ${amount.padStart(8)}  ${because}`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(3)}`;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function scoreLines({ assessment }: Shown): readonly string[] {
  const before = assessment.rawScore === assessment.score ? "" : ` (${assessment.rawScore.toFixed(4)} before trust)`;
  return [`  ${"score".padEnd(12)} ${assessment.score.toFixed(4).padStart(8)}  ${assessment.level}${before}`];
}

function needLines(shown: Shown): readonly string[] {
  const { requirement } = shown;
  if (requirement.blocked !== undefined) return [`Denied without asking: ${requirement.blocked}`];
  if (requirement.seats.length === 0) return ["Needs nobody: approved by policy"];
  const title = requirement.title === "" ? "" : `${requirement.title}: `;
  const people = requirement.seats.length === 1 ? "1 person" : `${requirement.seats.length} different people`;
  return [
    `${title}needs ${people} within ${round(requirement.timeoutMs / 1000)} s (${requirement.challengeType})`,
    ...requirement.seats.map((seat) => seatLine(seat, shown)),
  ];
}

function seatLine(seat: Seat, shown: Shown): string {
  const who = seat.roles.map((role) => roleText(role, shown)).join(" or ");
  return `  ${seat.index + 1}. ${seat.challenge}, at least ${round(seat.minimumMs / 1000)} s: ${who}`;
}

function roleText(role: RoleName, shown: Shown): string {
  const title = shown.config.roles.find((candidate) => candidate.name === role)?.title ?? role;
  const people = holders(role, shown).map(({ name, email }) => (name === email ? email : `${name} <${email}>`));
  return people.length === 0 ? title : `${title} (${people.join(", ")})`;
}

/** The people a config lists for a role, without those who may never approve this. */
function holders(role: RoleName, { config, agentId, requester }: Shown): readonly { name: string; email: string }[] {
  const { roles, agents } = config.policy;
  const owner = agentId === undefined ? undefined : agents[agentId]?.owner;
  const members = Object.hasOwn(roles, role) ? (roles[role]?.members ?? []) : [];
  return members
    .filter((email) => email !== owner && email !== requester?.toLowerCase())
    .map((email) => ({ email, name: config.people.find((person) => person.email === email)?.name ?? email }));
}

/** The same as one JSON object, in snake_case. */
export function assessmentJson(shown: Shown): JsonObject {
  const { assessment, requirement } = shown;
  return {
    action: shown.name,
    summary: shown.summary,
    score: round(assessment.score),
    raw_score: round(assessment.rawScore),
    level: assessment.level,
    environment: assessment.environment,
    production: assessment.production,
    declared: assessment.declared,
    domain: shown.config.policy.profile.name,
    factors: assessment.factors.map((factor) => ({ ...factor, contribution: round(factor.contribution) })),
    patterns: assessment.patterns,
    compliance_refs: assessment.complianceRefs,
    challenge_type: requirement.challengeType,
    title: requirement.title,
    seats: requirement.seats.map((seat) => ({
      seat: seat.index + 1,
      challenge: seat.challenge,
      minimum_seconds: seat.minimumMs / 1000,
      roles: seat.roles,
      people: [...new Set(seat.roles.flatMap((role) => holders(role, shown).map(({ email }) => email)))],
    })),
    notify: requirement.notify,
    timeout_seconds: requirement.timeoutMs / 1000,
    ...(requirement.blocked !== undefined && { blocked: requirement.blocked }),
    policy_digest: shown.config.policy.digest,
  };
}

/** Why it would be refused before anybody is asked, and what to do. */
export function refusalLine(name: string, refusal: RaiseRefusal): string {
  switch (refusal.code) {
    case "too_large":
    case "invalid_action":
    case "command_not_allowed":
      return `${name}: ${refusal.detail}`;
    case "attachment_missing":
      return `${name}: the file that ${refusal.argument} names must come with it; add --attach FILE`;
    case "action_not_allowed":
      return `${name}: this agent may not ask for it; see agents.ID.actions in the config`;
    case "requester_required":
      return `${name}: this agent must say for whom it acts; add --requester E-MAIL`;
    case "requester_unknown":
      return `${name}: ${refusal.requester} is not in people; check the e-mail`;
    case "request_id_conflict":
    case "denied_recently":
    case "too_many_pending":
      return `${name}: ${refusal.code}`;
  }
}
