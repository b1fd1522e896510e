/** Orders to one request, and the ways in which they are refused. Facts of the world come in inside them. */
import type { Answer } from "./challenge.ts";
import type { Actor, DenyReason, Holders, PersonId, RoleFacts } from "./model.ts";
import type { Requirement } from "./policy.ts";
import type { RequestFacts } from "./request.ts";
import type { RiskAssessment } from "./risk.ts";

export type Command =
  | { readonly type: "open"; readonly facts: RequestFacts; readonly holders: Holders }
  /** The same action was asked for again while it is pending, perhaps for somebody else or as something worse. */
  | {
      readonly type: "join";
      readonly requester?: PersonId;
      readonly requirement: Requirement;
      readonly assessment: RiskAssessment;
      readonly holders: Holders;
    }
  | { readonly type: "deliver"; readonly surface: string; readonly ref: string }
  /** After the platform accepted the view that shows the evidence. `seed` is fresh randomness. */
  | {
      readonly type: "review";
      readonly actor: Actor;
      readonly reviewId: string;
      readonly seed: string;
      readonly holders: Holders;
    }
  | { readonly type: "read"; readonly actor: Actor; readonly reviewId: string; readonly page: number }
  /** `counted`: the roles, read now, of everybody whose vote already counts. `digest`: what the person saw. */
  | {
      readonly type: "vote";
      readonly actor: Actor;
      readonly reviewId: string;
      readonly digest: string;
      readonly answer: Answer;
      readonly seed: string;
      readonly counted: Readonly<Record<PersonId, RoleFacts>>;
      readonly holders: Holders;
      /** Present: a break-glass approval, with the written reason. */
      readonly breakGlass?: string;
    }
  | { readonly type: "deny"; readonly actor: Actor; readonly reason: DenyReason; readonly comment?: string }
  | { readonly type: "pass"; readonly actor: Actor; readonly holders: Holders }
  | { readonly type: "comment"; readonly actor: Actor; readonly text: string }
  /** `heardAtMs`: when an agent last asked for the verdict. */
  | { readonly type: "tick"; readonly heardAtMs?: number; readonly holders: Holders }
  | {
      readonly type: "tighten";
      readonly requirement: Requirement;
      readonly policyDigest: string;
      readonly assessment: RiskAssessment;
      readonly holders: Holders;
    }
  | { readonly type: "cancel"; readonly by: "agent" | "requester"; readonly actor?: Actor; readonly comment?: string }
  | { readonly type: "audited"; readonly entry: number; readonly hash: string }
  /** `now`: the requirement that today's policy gives; undefined when the policy is the frozen one. */
  | { readonly type: "use"; readonly digest: string; readonly useId: string; readonly now?: Requirement }
  | {
      readonly type: "result";
      readonly useId: string;
      readonly outcome: "succeeded" | "failed";
      readonly executedAtMs?: number;
      readonly detail?: string;
    }
  | { readonly type: "revoke"; readonly actor: Actor; readonly reason: DenyReason; readonly comment?: string }
  | { readonly type: "after_review"; readonly actor: Actor; readonly comment: string };

export type CommandType = Command["type"];

/** Why a command did nothing. A value, shown to the person or the agent in words. */
export type Refusal =
  | { readonly code: "already_decided" }
  | { readonly code: "not_an_approver"; readonly needs: readonly string[]; readonly has: readonly string[] }
  | { readonly code: "own_request" }
  | { readonly code: "already_voted" }
  | { readonly code: "role_unknown"; readonly roles: readonly string[] }
  | { readonly code: "seat_taken" }
  | { readonly code: "no_open_seat" }
  | { readonly code: "barred" }
  | { readonly code: "not_challenged" }
  | { readonly code: "stale_review" }
  | { readonly code: "not_read"; readonly pages: readonly number[] }
  | { readonly code: "too_fast"; readonly leftMs: number; readonly fromMs: number }
  | { readonly code: "too_late"; readonly deadlineMs: number }
  | { readonly code: "incomplete"; readonly why: "empty" | "short" | "wrong_kind"; readonly words?: number }
  | {
      readonly code: "wrong_answer";
      readonly missing: readonly string[];
      readonly attempt: number;
      readonly of: number;
      readonly barred: boolean;
    }
  | { readonly code: "digest_mismatch" }
  | { readonly code: "not_released"; readonly status: string }
  | { readonly code: "not_audited" }
  | { readonly code: "lapsed"; readonly validUntilMs: number }
  | { readonly code: "already_used" }
  | { readonly code: "not_used" }
  | { readonly code: "policy_changed" }
  | { readonly code: "revoked" }
  | { readonly code: "no_such_page"; readonly pages: number }
  | { readonly code: "not_requester" }
  | { readonly code: "break_glass_refused"; readonly why: "off" | "not_a_holder" | "level" | "no_reason" }
  | { readonly code: "no_after_review_due" }
  | { readonly code: "challenge_unavailable" };

export type RefusalCode = Refusal["code"];
