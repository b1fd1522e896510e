/** The three ways in which a gated call does not run, as errors with a stable `code`. */
import type { Problem, RequestView } from "../api/contract.ts";

/** Why a call was not allowed to run: the verdict's reason code, a refusal's, or the client's own `digest_mismatch`. */
export type DeniedCode =
  | "denied"
  | "timed_out"
  | "cancelled"
  | "revoked"
  | "wrong_target"
  | "wrong_time"
  | "needs_change"
  | "not_needed"
  | "suspicious"
  | "digest_mismatch"
  | "already_used"
  | "lapsed"
  | "policy_changed"
  | "not_found"
  | "denied_recently"
  | "too_many_pending"
  // The service's other refusals, which a later version may add to.
  | (string & Record<never, never>);

/** What an AttestaDenied tells. */
export interface Denial {
  readonly code: DeniedCode;
  readonly message: string;
  readonly verdict: "denied" | "timed_out" | "cancelled";
  readonly requestId?: string;
  readonly reason?: string;
  readonly comments?: RequestView["comments"];
  readonly hint?: string;
  readonly view?: RequestView;
}

/** The call was not released. It did not run now; with code `already_used` it ran, or may have run, before. */
export class AttestaDenied extends Error {
  readonly code: DeniedCode;
  readonly verdict: Denial["verdict"];
  /** The service's id of the request; undefined when none was raised. */
  readonly requestId: string | undefined;
  readonly reason: string | undefined;
  /** What reviewers wrote to the agent. */
  readonly comments: RequestView["comments"];
  /** What to change before asking again. */
  readonly hint: string | undefined;
  readonly view: RequestView | undefined;
  constructor(denial: Denial) {
    super(denial.message);
    this.name = "AttestaDenied";
    this.code = denial.code;
    this.verdict = denial.verdict;
    this.requestId = denial.requestId;
    this.reason = denial.reason;
    this.comments = denial.comments ?? [];
    this.hint = denial.hint;
    this.view = denial.view;
  }
}

/** The service did not answer for too long; the call did not run. The same request id finds the request again. */
export class AttestaUnreachable extends Error {
  readonly code = "unreachable";
  /** The client's request id, to resume with. */
  readonly requestId: string | undefined;
  constructor(message: string, options: { cause?: unknown; requestId?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = "AttestaUnreachable";
    this.requestId = options.requestId;
  }
}

/** Set up wrongly: no token, a token of the wrong kind, another agent's token, an answer that is not this service's. */
export class AttestaFault extends Error {
  readonly code: string;
  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "AttestaFault";
    this.code = code;
  }
}

function sentence(view: RequestView): string {
  const said = view.comments.map((comment) => `${comment.from}: ${comment.text}`).join(" · ");
  return [`${view.summary}: ${view.status.replace("_", " ")}`, view.reason, said, view.hint].filter(Boolean).join(". ");
}

/** The denial that a view of an ended, not released request tells. */
export function denialOf(view: RequestView): AttestaDenied {
  const verdict = view.verdict === undefined || view.verdict === "approved" ? "denied" : view.verdict;
  const base = { verdict, requestId: view.id, comments: view.comments, view } as const;
  const hint = view.hint === undefined ? {} : { hint: view.hint };
  const reason = view.reason === undefined ? {} : { reason: view.reason };
  if (view.execution !== undefined) return usedAlready(view);
  if (view.verdict === "approved" && view.status === "approved") {
    return new AttestaDenied({
      ...base,
      ...hint,
      code: "lapsed",
      message: `${view.summary}: the approval lapsed unused`,
    });
  }
  const code = view.status === "denied" ? (view.reason ?? "denied") : view.status;
  return new AttestaDenied({ ...base, ...hint, ...reason, code, message: sentence(view) });
}

/** Somebody used this approval before: it ran, or may have run, and does not run again. */
export function usedAlready(view: RequestView): AttestaDenied {
  const when = view.execution === undefined ? "" : ` at ${view.execution.used_at}`;
  const outcome = view.execution?.outcome === undefined ? "or may have run" : `and ${view.execution.outcome}`;
  return new AttestaDenied({
    code: "already_used",
    verdict: "denied",
    message: `${view.summary}: this approval was used already${when}; it ran, ${outcome}. It does not run again`,
    hint: "To run it once more, ask with a new request id.",
    requestId: view.id,
    comments: view.comments,
    view,
  });
}

/** The denial that a refused call (a problem of the service) tells. */
export function refusedBy(problem: Problem, view?: RequestView): AttestaDenied {
  const text = (key: string): string | undefined => {
    const value = problem[key];
    return typeof value === "string" ? value : undefined;
  };
  const comment = text("comment");
  const reason = text("reason");
  const requestId = view?.id ?? text("request");
  const said = comment === undefined ? [] : [{ from: "reviewer", text: comment }];
  return new AttestaDenied({
    code: problem.code,
    verdict: "denied",
    message: [problem.detail, comment].filter(Boolean).join(" "),
    comments: [...(view?.comments ?? []), ...said],
    ...(reason === undefined ? {} : { reason }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(view === undefined ? {} : { view }),
  });
}
