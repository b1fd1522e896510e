/** One approval request as data: its frozen facts, its events, its state. The fold from events to state is in evolve.ts. */
import type { Action } from "./action.ts";
import type { Answer, Challenge, Grade, Subject } from "./challenge.ts";
import type { JsonObject } from "./json.ts";
import type { Account, PersonId, RoleHolding, RoleName, Verdict } from "./model.ts";
import type { Requirement } from "./policy.ts";
import type { RiskAssessment } from "./risk.ts";

/** One page of evidence, as every surface shows it. Nothing is cut: long values fill several pages. */
export interface EvidencePage {
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string; readonly isPrivate: boolean }[];
}

/** What was asked, frozen when it was raised. Secret values are already replaced. */
export interface RequestFacts {
  /** 26 characters of Crockford base32: 128 random bits. */
  readonly id: string;
  readonly clientRequestId: string;
  readonly agentId: string;
  readonly owner?: PersonId;
  /** As claimed by the agent. */
  readonly requester?: PersonId;
  /** Who failed this same action for good, in a request that ended without a verdict by people a short time ago. */
  readonly barred?: readonly PersonId[];
  /** Never approve this: owner, requester, holder of the token that asked. */
  readonly excluded: readonly PersonId[];
  readonly sessionId?: string;
  readonly raisedAtMs: number;
  /** Secret arguments are shown as `(secret)`. */
  readonly action: Action;
  readonly actionName: string;
  /** In words: `Deploy api-gateway v2.1.0 to production`. */
  readonly summary: string;
  readonly environment: string;
  readonly declaredDescription?: string;
  readonly facts: JsonObject;
  readonly card: readonly string[];
  readonly freeText: readonly string[];
  readonly secretArguments: readonly string[];
  readonly privateArguments: readonly string[];
  /** Hex SHA-256: what is approved is exactly this. */
  readonly digest: string;
  /** Keyed hash of the action with its secrets, to recognise the same action again. Never published. */
  readonly fingerprint: string;
  /** Hex; present where secret arguments enter the digest. Only service and asking client know it. */
  readonly salt?: string;
  readonly assessment: RiskAssessment;
  readonly domain: string;
  readonly policyDigest: string;
  readonly requirement: Requirement;
  readonly mode: "enforce" | "observe";
  readonly pages: readonly EvidencePage[];
  /** What the last denial of this action by this agent said, and what is different now. */
  readonly previousDenial?: {
    readonly id: string;
    readonly reason: string;
    readonly comment?: string;
    readonly atMs: number;
  };
  readonly differences: readonly string[];
  /** What challenges are built from. */
  readonly subject: Subject;
}

export interface Review {
  readonly reviewId: string;
  readonly person: PersonId;
  readonly name: string;
  readonly account: Account;
  readonly seat: number;
  readonly shownAtMs: number;
  /** Counts up when the requirement is tightened; a vote on an older one is stale. */
  readonly revision: number;
  readonly challenge: Challenge;
  readonly pagesRead: readonly number[];
  readonly usedQuestions: readonly string[];
  /** Last text that was sent with a refused submit. */
  readonly draft?: Answer;
  readonly ended: boolean;
  /** Its challenge was answered by an accepted vote: never to be asked again. */
  readonly answered?: boolean;
}

export interface Attempt {
  readonly person: PersonId;
  readonly seat: number;
  readonly atMs: number;
  readonly challenge: Challenge;
  readonly answer: Answer;
  readonly grade: Grade;
}

export interface Vote {
  readonly person: PersonId;
  readonly name: string;
  readonly account: Account;
  readonly seat: number;
  readonly role: RoleHolding;
  readonly reviewId: string;
  readonly challenge: Challenge;
  readonly answer: Answer;
  readonly matched: readonly string[];
  readonly shownAtMs: number;
  readonly atMs: number;
  /** From shown to accepted. */
  readonly seconds: number;
  readonly minimumMs: number;
  readonly breakGlass: boolean;
}

/** Who ended it and how, or that policy did. */
export interface Decision {
  readonly verdict: Verdict;
  readonly by: "quorum" | "policy" | "person" | "deadline" | "agent" | "break_glass" | "observe";
  readonly person?: PersonId;
  readonly name?: string;
  readonly account?: Account;
  /** A DenyReason, or why policy decided: `no_challenge`, `blocked`, `nobody_left`, `impossible`, `deadline`, `failed_challenge`, `abandoned`, `withdrawn`. */
  readonly reason?: string;
  readonly comment?: string;
  /** May the action run? True for approved, and for a timeout with fail_mode allow. */
  readonly released: boolean;
  readonly atMs: number;
}

export interface Execution {
  readonly useId: string;
  readonly usedAtMs: number;
  readonly outcome?: "succeeded" | "failed" | "unknown";
  readonly executedAtMs?: number;
  readonly detail?: string;
}

interface Stamp {
  readonly seq: number;
  readonly atMs: number;
  readonly commandId: string;
}

/** What happened, without its stamp. `decide` gives these; the shell adds seq, time and command id. */
export type Happening =
  | { readonly type: "requested"; readonly facts: RequestFacts }
  /** Somebody else asked for the same action: excluded as well. */
  | { readonly type: "joined"; readonly requester: PersonId }
  | { readonly type: "delivered"; readonly surface: string; readonly ref: string }
  | { readonly type: "started"; readonly startedAtMs: number; readonly undelivered: boolean }
  | { readonly type: "reviewed"; readonly review: Review }
  | { readonly type: "read"; readonly reviewId: string; readonly page: number }
  | { readonly type: "drafted"; readonly reviewId: string; readonly draft: Answer }
  | { readonly type: "failed"; readonly reviewId: string; readonly attempt: Attempt; readonly next?: Challenge }
  | { readonly type: "barred"; readonly person: PersonId; readonly seat: number }
  | { readonly type: "passed"; readonly person: PersonId; readonly reviewId?: string }
  | { readonly type: "voted"; readonly vote: Vote }
  | {
      readonly type: "vote_lapsed";
      readonly person: PersonId;
      readonly seat: number;
      readonly why: "not_entitled" | "tightened";
    }
  | { readonly type: "escalated"; readonly step: number; readonly roles: readonly RoleName[]; readonly early: boolean }
  | { readonly type: "extended"; readonly reviewId: string; readonly untilMs: number }
  | { readonly type: "reminded"; readonly index: number }
  | {
      readonly type: "tightened";
      readonly requirement: Requirement;
      readonly policyDigest: string;
      readonly assessment: RiskAssessment;
    }
  | { readonly type: "unattended" }
  | { readonly type: "attended" }
  | { readonly type: "commented"; readonly person: PersonId; readonly name: string; readonly text: string }
  | { readonly type: "decided"; readonly decision: Decision }
  | { readonly type: "audited"; readonly entry: number; readonly hash: string }
  /** The approval was not used in time. */
  | { readonly type: "lapsed" }
  | { readonly type: "used"; readonly useId: string; readonly digest: string }
  | {
      readonly type: "resulted";
      readonly outcome: "succeeded" | "failed" | "unknown";
      readonly executedAtMs?: number;
      readonly detail?: string;
    }
  | {
      readonly type: "revoked";
      readonly person: PersonId;
      readonly name: string;
      readonly account: Account;
      readonly reason: string;
      readonly comment?: string;
    }
  | { readonly type: "after_reviewed"; readonly person: PersonId; readonly name: string; readonly comment: string };

export type RequestEvent = Happening & Stamp;
export type EventType = Happening["type"];

export type Status = "pending" | "approved" | "denied" | "timed_out" | "cancelled" | "used" | "revoked";

/** The fold of all events of one request. */
export interface RequestState {
  readonly facts: RequestFacts;
  readonly seq: number;
  readonly status: Status;
  /** Frozen at raise; replaced only by `tightened`. */
  readonly requirement: Requirement;
  readonly assessment: RiskAssessment;
  readonly policyDigest: string;
  readonly revision: number;
  readonly startedAtMs: number | undefined;
  /** Set if and only if pending. Milliseconds of the store's clock. */
  readonly deadlineMs: number | undefined;
  readonly deliveries: readonly { readonly surface: string; readonly ref: string }[];
  readonly undelivered: boolean;
  readonly reviews: readonly Review[];
  readonly votes: readonly Vote[];
  /** Votes that counted once and were taken back by the rules. */
  readonly lapsedVotes: readonly {
    readonly person: PersonId;
    readonly seat: number;
    readonly why: string;
    readonly atMs: number;
  }[];
  readonly attempts: readonly Attempt[];
  readonly barred: readonly PersonId[];
  readonly passed: readonly PersonId[];
  /** How many rungs were taken. */
  readonly step: number;
  /** Roles that may stand in for any open seat. */
  readonly standIns: readonly RoleName[];
  readonly extended: boolean;
  readonly reminded: number;
  readonly attended: boolean;
  readonly comments: readonly {
    readonly person: PersonId;
    readonly name: string;
    readonly text: string;
    readonly atMs: number;
  }[];
  readonly decision: Decision | undefined;
  /** Set once the decision's entry is on disk. */
  readonly audit: { readonly entry: number; readonly hash: string } | undefined;
  readonly execution: Execution | undefined;
  /** The approval was not used in time. */
  readonly lapsed: boolean;
  readonly revocation:
    | {
        readonly person: PersonId;
        readonly name: string;
        readonly reason: string;
        readonly comment?: string;
        readonly atMs: number;
      }
    | undefined;
  readonly afterReview:
    | { readonly person: PersonId; readonly name: string; readonly comment: string; readonly atMs: number }
    | undefined;
  /** The newest command ids, so that a redelivered command is recognised. */
  readonly commandIds: readonly string[];
}
