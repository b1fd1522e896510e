/** The approval service as api, bot and audit writer see it: its types. It is put together in create-approvals.ts. */
import type { Answer } from "./challenge.ts";
import type { Refusal } from "./command.ts";
import type { Account, AgentId, DenyReason, PersonId } from "./model.ts";
import type { Requirement } from "./policy.ts";
import type { RequestEvent, RequestState } from "./request.ts";
import type { RiskAssessment } from "./risk.ts";

/** What an agent sends, not yet checked. */
export interface Ask {
  readonly agentId: AgentId;
  readonly clientRequestId: string;
  /** {name, arguments, hints?, description?, environment?, command?, attachments?}; checked by `checkAction`. */
  readonly action: unknown;
  readonly requester?: string;
  readonly sessionId?: string;
  /** Raises the level at least to this; never lowers it. For wrapper options such as `risk: "high"`. */
  readonly atLeast?: "low" | "medium" | "high" | "critical";
}

export type RaiseRefusal =
  | { readonly code: "too_large"; readonly detail: string }
  | { readonly code: "invalid_action"; readonly detail: string }
  | { readonly code: "requester_required" }
  | { readonly code: "requester_unknown"; readonly requester: string }
  | { readonly code: "action_not_allowed" }
  | { readonly code: "command_not_allowed"; readonly detail: string }
  | { readonly code: "attachment_missing"; readonly argument: string }
  | { readonly code: "request_id_conflict"; readonly requestId: string }
  | {
      readonly code: "denied_recently";
      readonly requestId: string;
      readonly reason: string;
      readonly comment?: string;
      readonly untilMs: number;
    }
  | { readonly code: "too_many_pending"; readonly limit: number };

export type Raised =
  /** `joined`: it existed before, by key or because the same action is already pending. */
  | { readonly ok: true; readonly state: RequestState; readonly joined: boolean }
  | { readonly ok: false; readonly refusal: RaiseRefusal };

/** What a person wants to do; who they are and what they hold is looked up by `act`. */
export type Intent =
  | { readonly type: "review"; readonly reviewId: string }
  | { readonly type: "read"; readonly reviewId: string; readonly page: number }
  | {
      readonly type: "vote";
      readonly reviewId: string;
      readonly digest: string;
      readonly answer: Answer;
      readonly breakGlass?: string;
    }
  | { readonly type: "deny"; readonly reason: DenyReason; readonly comment?: string }
  | { readonly type: "pass" }
  | { readonly type: "comment"; readonly text: string }
  | { readonly type: "revoke"; readonly reason: DenyReason; readonly comment?: string }
  | { readonly type: "withdraw"; readonly comment?: string }
  | { readonly type: "after_review"; readonly comment: string };

export type Outcome =
  /** Done, or refused with nothing (or only a failed attempt) written. */
  | {
      readonly kind: "done";
      readonly state: RequestState;
      readonly events: readonly RequestEvent[];
      readonly refusal: Refusal | undefined;
    }
  | { readonly kind: "not_found" }
  /** Nobody is linked to this account. */
  | { readonly kind: "unlinked" }
  /** The directory or the store did not answer; nothing was recorded. */
  | { readonly kind: "unavailable"; readonly detail: string };

/** A button that only opens a dialog: nothing is written where it is granted. */
export interface Press {
  readonly command: "review" | "deny";
  /** From the delivery. */
  readonly commandId: string;
}

/** What somebody could do with a request now, without doing it: for choosing buttons and the evidence view. */
export interface Standing {
  readonly person: PersonId;
  readonly name: string;
  readonly state: RequestState;
  /** Why a review would be refused; undefined when it may begin. */
  readonly reviewRefusal: Refusal | undefined;
  readonly seat: number | undefined;
  readonly mayDeny: boolean;
  readonly mayStop: boolean;
  readonly mayWithdraw: boolean;
  readonly mayAfterReview: boolean;
}

export interface Assessed {
  readonly assessment: RiskAssessment;
  readonly requirement: Requirement;
  readonly summary: string;
}

/** The approval service that api, bot and audit writer share. */
export interface Approvals {
  raise(ask: Ask): Promise<Raised>;
  /** Scores and says what would be asked; asks nobody, writes nothing. */
  assess(
    ask: Ask,
  ): Promise<
    { readonly ok: true; readonly assessed: Assessed } | { readonly ok: false; readonly refusal: RaiseRefusal }
  >;
  load(requestId: string): Promise<RequestState | undefined>;
  /** `commandId` comes from the delivery: a repeated one changes nothing and gets the current state. */
  act(account: Account, requestId: string, intent: Intent, commandId: string): Promise<Outcome>;
  /** `press`: somebody pressed a button for this; where it is refused, that is noted in the audit log. */
  standing(account: Account, requestId: string, press?: Press): Promise<Standing | Exclude<Outcome, { kind: "done" }>>;
  use(requestId: string, digest: string, useId: string): Promise<Outcome>;
  result(
    requestId: string,
    useId: string,
    result: { outcome: "succeeded" | "failed"; executedAtMs?: number; detail?: string },
  ): Promise<Outcome>;
  cancel(requestId: string, comment?: string): Promise<Outcome>;
  delivered(requestId: string, surface: string, ref: string): Promise<Outcome>;
  audited(requestId: string, entry: number, hash: string): Promise<Outcome>;
  /** Moves everything that is due; gives when to look again. */
  tick(): Promise<{ readonly nextAtMs: number | undefined }>;
  /** Resolves with the newest state once the verdict may be told, or after `waitMs`. Register first, read once. */
  awaitVerdict(requestId: string, waitMs: number, signal?: AbortSignal): Promise<RequestState | undefined>;
  close(): void;
}

/** True once the agent may be told: decided, and its entry is on disk. */
export function isTellable(state: RequestState): boolean {
  return state.decision !== undefined && state.audit !== undefined;
}
