/** The policy as the engine sees it: defaults filled in, seconds to milliseconds, names to normal form. Checked before. */
import type { Level } from "../engine/model.ts";
import { normalName } from "../engine/name.ts";
import { compilePattern } from "../engine/pattern.ts";
import type { AgentPolicy, Policy, RolePolicy } from "../engine/policy.ts";
import type { Profile } from "../engine/profile.ts";
import type { TrustPolicy } from "../engine/trust.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "./check-policy.ts";
import { declareActions } from "./compile-actions.ts";
import { approversNeeded, challengesOf, reviewSecondsOf } from "./levels.ts";
import type { RawConfig } from "./schema.ts";

type RawPolicy = NonNullable<RawConfig["policy"]>;

/** All of the policy but its digest. Call it only for a config without findings. */
export function compilePolicy(raw: RawConfig, profile: Profile): Omit<Policy, "digest"> {
  const policy = raw.policy ?? {};
  return {
    ...compileReview(policy),
    ...compileTime(policy),
    approvers: byLevel((level) => policy.approvers?.[level] ?? []),
    failMode: policy.fail_mode ?? "deny",
    undeclared: policy.undeclared ?? "medium",
    mode: policy.mode ?? "enforce",
    ...(policy.break_glass !== undefined && {
      breakGlass: { roles: policy.break_glass.roles, maxLevel: policy.break_glass.max_level ?? "high" },
    }),
    overrides: Object.fromEntries(
      Object.entries(raw.risk?.overrides ?? {}).map(([name, level]) => [normalName(name), level]),
    ),
    amplifiers: (raw.risk?.amplifiers ?? []).map(({ pattern, boost }) => ({ pattern: compilePattern(pattern), boost })),
    trust: compileTrust(raw.trust ?? {}),
    profile: { ...profile, actions: declareActions(raw.actions, profile.actions) },
    agents: compileAgents(raw),
    roles: compileRoles(raw),
  };
}

function byLevel<T>(of: (level: Level) => T): Readonly<Record<Level, T>> {
  return { low: of("low"), medium: of("medium"), high: of("high"), critical: of("critical") };
}

function ms(seconds: number): number {
  return Math.round(seconds * 1000);
}

function compileReview(policy: RawPolicy) {
  const seconds = reviewSecondsOf(policy);
  return {
    minimumReviewMs: byLevel((level) => ms(seconds[level])),
    minimumReviewMode: policy.multi_party?.minimum_review ?? "per_challenge",
    multiParty: approversNeeded(policy),
    challengeMap: challengesOf(policy),
    challenge: {
      maxAttempts: policy.challenge?.max_attempts ?? 2,
      onFailure: policy.challenge?.on_failure ?? "bar",
    },
  } as const;
}

/** Source of the defaults: the rules page (validity, asking again, reminders) and Attesta's attesta.yaml (timeout). */
function compileTime(policy: RawPolicy) {
  return {
    timeoutMs: ms(policy.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS),
    validForMs: ms(policy.valid_for_seconds ?? 600),
    reaskMs: ms(policy.reask_seconds ?? 3600),
    ...(policy.abandon_after_seconds !== undefined && { abandonAfterMs: ms(policy.abandon_after_seconds) }),
    reminders: policy.reminders ?? [0.5, 0.9],
    escalation: (policy.escalation ?? []).map((rung) => ({ afterMs: ms(rung.after_seconds), roles: rung.roles })),
  };
}

/** Source of the defaults: Attesta's documented attesta.yaml. */
function compileTrust(trust: NonNullable<RawConfig["trust"]>): TrustPolicy {
  return {
    influence: trust.influence ?? 0.3,
    ceiling: trust.ceiling ?? 0.9,
    initialScore: trust.initial_score ?? 0.3,
    decayRate: trust.decay_rate ?? 0.01,
    mayLowerMedium: trust.may_lower_medium ?? false,
  };
}

function compileAgents(raw: RawConfig): Policy["agents"] {
  const agents = Object.entries(raw.agents ?? {}).map(([id, agent]): [string, AgentPolicy] => [
    id,
    {
      id,
      ...(agent.owner !== undefined && { owner: agent.owner.toLowerCase() }),
      ...(agent.environment !== undefined && { environment: agent.environment }),
      requester: agent.requester ?? "optional",
      actions: (agent.actions ?? []).map((source) => compilePattern(`^(?:${source})$`)),
      maxPending: agent.max_pending ?? 20,
      mode: agent.mode ?? raw.policy?.mode ?? "enforce",
    },
  ]);
  return Object.fromEntries(agents);
}

function compileRoles(raw: RawConfig): Policy["roles"] {
  const lower = (emails: readonly string[] | undefined) => (emails ?? []).map((email) => email.toLowerCase());
  const roles = Object.entries(raw.roles ?? {}).map(([name, role]): [string, RolePolicy] => [
    name,
    {
      name,
      members: lower(role.members),
      match: role.match ?? "all",
      delegates: lower(role.delegates),
      delegatesAtCritical: role.delegates_at_critical ?? false,
    },
  ]);
  return Object.fromEntries(roles);
}
