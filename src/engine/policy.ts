/** The checked config as the engine sees it, and the requirement it leads to, as types. The way from one to the other is in requirement.ts. */
import type { ChallengeKind, FailMode, Level, MappedChallenge, PersonId, RoleName } from "./model.ts";
import type { Profile, TextPattern } from "./profile.ts";
import type { TrustPolicy } from "./trust.ts";

export interface Amplifier {
  readonly pattern: TextPattern;
  readonly boost: number;
}

export interface Rung {
  readonly afterMs: number;
  readonly roles: readonly RoleName[];
}

export interface AgentPolicy {
  readonly id: string;
  readonly owner?: PersonId;
  readonly environment?: string;
  readonly requester: "required" | "owner" | "optional";
  /** Which actions it may ask for, on the normal name; empty: all. */
  readonly actions: readonly TextPattern[];
  readonly maxPending: number;
  readonly mode: "enforce" | "observe";
}

export interface RolePolicy {
  readonly name: RoleName;
  readonly members: readonly PersonId[];
  /** `all`: members and the platform's group must both name the person; `any`: either. */
  readonly match: "all" | "any";
  readonly delegates: readonly PersonId[];
  readonly delegatesAtCritical: boolean;
}

export interface Policy {
  /** Hex SHA-256 of the policy without secrets: frozen with each request. */
  readonly digest: string;
  readonly minimumReviewMs: Readonly<Record<Level, number>>;
  readonly minimumReviewMode: "per_challenge" | "per_level";
  /** How many different people, by level; 1 where config does not say. */
  readonly multiParty: Readonly<Record<Level, number>>;
  readonly challengeMap: Readonly<Record<Level, MappedChallenge>>;
  readonly approvers: Readonly<Record<Level, readonly RoleName[]>>;
  readonly failMode: FailMode;
  readonly timeoutMs: number;
  readonly undeclared: "medium" | "high" | "deny";
  readonly mode: "enforce" | "observe";
  readonly challenge: { readonly maxAttempts: number; readonly onFailure: "bar" | "deny" };
  readonly validForMs: number;
  readonly reaskMs: number;
  readonly abandonAfterMs?: number;
  /** Fractions of the timeout at which people who have not answered are reminded. */
  readonly reminders: readonly number[];
  readonly escalation: readonly Rung[];
  readonly breakGlass?: { readonly roles: readonly RoleName[]; readonly maxLevel: Level };
  readonly overrides: Readonly<Record<string, Level>>;
  readonly amplifiers: readonly Amplifier[];
  readonly trust: TrustPolicy;
  readonly profile: Profile;
  readonly agents: Readonly<Record<string, AgentPolicy>>;
  readonly roles: Readonly<Record<RoleName, RolePolicy>>;
  /** Set where nobody can answer: what needs people is denied at once with these words. */
  readonly nobodyToAsk?: string;
}

/** One place that one person must fill. */
export interface Seat {
  readonly index: number;
  /** Any one of these roles fills it. Never empty. */
  readonly roles: readonly RoleName[];
  readonly challenge: ChallengeKind;
  readonly minimumMs: number;
}

/** What one request needs before it may run. Frozen when the request is raised. */
export interface Requirement {
  readonly challengeType: MappedChallenge;
  /** Titles of the matching rules joined with ` + `; empty without rules. */
  readonly title: string;
  readonly seats: readonly Seat[];
  readonly notify: readonly RoleName[];
  readonly rungs: readonly Rung[];
  readonly timeoutMs: number;
  readonly failMode: FailMode;
  readonly maxAttempts: number;
  readonly onFailure: "bar" | "deny";
  readonly validForMs: number;
  /** Milliseconds after the start at which to remind. */
  readonly remindersMs: readonly number[];
  readonly abandonAfterMs?: number;
  readonly breakGlassRoles: readonly RoleName[];
  /** Set: nobody is asked, the request is denied with this reason. */
  readonly blocked?: string;
}
