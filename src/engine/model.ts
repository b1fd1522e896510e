/** The words of the domain as types: levels, challenges, people, roles. No behaviour. */

export const LEVELS = ["low", "medium", "high", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** What one person does to fill one seat. Ordered from easiest to hardest. */
export const CHALLENGES = ["confirm", "quiz", "teach_back"] as const;
export type ChallengeKind = (typeof CHALLENGES)[number];

/** What a level maps to in `policy.challenge_map`, and what the audit log prints as `challenge_type`. */
export const MAPPED_CHALLENGES = ["auto_approve", "confirm", "quiz", "teach_back", "multi_party"] as const;
export type MappedChallenge = (typeof MAPPED_CHALLENGES)[number];

/** A person's e-mail address, lower case: the one identity that all accounts are linked to. */
export type PersonId = string;
export type RoleName = string;
export type AgentId = string;

/** Where a press came from: one account on one platform. `tenant` is the team, enterprise or directory id. */
export interface Account {
  readonly surface: string;
  readonly tenant: string;
  readonly user: string;
}

/** How the service knows that a person holds a role, and when it looked. */
export interface RoleHolding {
  readonly role: RoleName;
  /** `list`: the config's members; `group`: a Slack user group; `roster`: a Teams roster; `delegate`: stands in. */
  readonly source: "list" | "group" | "roster" | "delegate";
  readonly readAtMs: number;
}

/** What was looked up about somebody's roles: a lookup that failed is neither enough nor empty. */
export interface RoleFacts {
  readonly held: readonly RoleHolding[];
  /** Roles whose membership could not be read now. */
  readonly unknown: readonly RoleName[];
}

/** Somebody who pressed something, as the directory resolved them. */
export interface Actor {
  readonly person: PersonId;
  readonly name: string;
  readonly account: Account;
  readonly roles: RoleFacts;
}

/** Who holds each role right now; `undefined` for a role that could not be read. */
export type Holders = Readonly<Record<RoleName, readonly PersonId[] | undefined>>;

export const REASONS = ["wrong_target", "wrong_time", "needs_change", "not_needed", "suspicious"] as const;
/** Why somebody denied or stopped a request. */
export type DenyReason = (typeof REASONS)[number];

export type FailMode = "deny" | "allow" | "escalate";
export type Verdict = "approved" | "denied" | "timed_out" | "cancelled";

/** Position of a level in LEVELS, for comparisons. */
export function rankOf(level: Level): number {
  return LEVELS.indexOf(level);
}

/** The higher of two levels. */
export function maxLevel(a: Level, b: Level): Level {
  return rankOf(a) >= rankOf(b) ? a : b;
}
