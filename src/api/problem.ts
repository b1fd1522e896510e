/** Errors on the wire: RFC 9457 problem details with a stable `code`. Which words a person in chat reads is not decided here. */
import type { RaiseRefusal } from "../engine/approvals.ts";
import type { Refusal } from "../engine/command.ts";

/** HTTP statuses this API answers errors with. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 503;

/** What goes wrong, before it has become JSON. `more` adds members to the problem, such as `request`. */
export interface ProblemFacts {
  readonly status: ProblemStatus;
  readonly code: string;
  readonly detail: string;
  readonly more?: Readonly<Record<string, unknown>>;
  /** In how many seconds the same call may be made again. */
  readonly retryAfterS?: number;
}

/** Thrown inside a route to answer with a problem; nothing was done. */
export class ProblemFault extends Error {
  readonly code: string;
  readonly problem: ProblemFacts;
  constructor(problem: ProblemFacts) {
    super(problem.detail);
    this.name = "ProblemFault";
    this.code = problem.code;
    this.problem = problem;
  }
}

/** The problem as a Response of type application/problem+json. */
export function problemResponse(problem: ProblemFacts): Response {
  const { status, code, detail, more, retryAfterS } = problem;
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (status === 413) headers.connection = "close";
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="attesta"';
  const retryAfter = status === 503 ? 1 : retryAfterS;
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  const body = { ...more, type: `urn:attesta:problem:${code}`, title: code.replaceAll("_", " "), status, detail, code };
  return new Response(JSON.stringify(body), { status, headers });
}

/** Why a request was not raised, as a problem. */
export function raiseProblem(refusal: RaiseRefusal): ProblemFacts {
  const { code } = refusal;
  switch (code) {
    case "too_large":
      return { status: 413, code, detail: refusal.detail };
    case "invalid_action":
      return { status: 422, code, detail: refusal.detail };
    case "requester_required":
      return { status: 422, code, detail: "This agent must say who it acts for: send `requester`, an e-mail address." };
    case "requester_unknown":
      return {
        status: 422,
        code,
        detail: `Nobody called ${JSON.stringify(refusal.requester)} is in the service's \`people\`: send another requester or have them added.`,
      };
    case "action_not_allowed":
      return {
        status: 403,
        code,
        detail: "This agent may not ask for this action: see `agents.ID.actions` in the config.",
      };
    case "command_not_allowed":
      return { status: 422, code, detail: refusal.detail };
    case "attachment_missing":
      return {
        status: 422,
        code,
        detail: `The file named by argument ${JSON.stringify(refusal.argument)} must be attached: send its text in \`attachments\`.`,
        more: { argument: refusal.argument },
      };
    case "request_id_conflict":
      return {
        status: 409,
        code,
        detail: "This request_id belongs to another action: send a new one for a new action.",
        more: { request: refusal.requestId },
      };
    case "denied_recently": {
      const until = new Date(refusal.untilMs).toISOString();
      return {
        status: 409,
        code,
        detail: `The same action was denied (${refusal.reason}): change it, or ask again after ${until}.`,
        more: {
          request: refusal.requestId,
          reason: refusal.reason,
          until,
          ...(refusal.comment === undefined ? {} : { comment: refusal.comment }),
        },
      };
    }
    case "too_many_pending":
      return {
        status: 429,
        code,
        detail: `This agent has ${refusal.limit} requests pending: wait for one to be decided, or cancel one.`,
        more: { limit: refusal.limit },
      };
  }
}

const WORDS: Partial<Record<Refusal["code"], string>> = {
  already_decided: "The request is decided already: nothing was changed.",
  digest_mismatch:
    "This digest is not the approved one: what is about to run is not what people approved. Do not run it.",
  not_released: "The request was not released: do not run it.",
  not_audited: "The decision is not in the audit log yet: repeat this call in a moment.",
  lapsed: "The approval is too old: ask again with a new request_id.",
  already_used: "It was used already: it ran, or may have run. Ask again with a new request_id to run it once more.",
  not_used: "Nothing was used under this use_id: call `use` first.",
  policy_changed: "The policy is stricter now than when this was approved: ask again with a new request_id.",
  revoked: "An approver stopped it after the approval: do not run it.",
};

/** Why an agent's order to a request did nothing, as a problem: always 409. The refusal's own members are kept. */
export function refusalProblem(refusal: Refusal): ProblemFacts {
  const { code, ...more } = refusal;
  return { status: 409, code, detail: WORDS[code] ?? `Refused: ${code.replaceAll("_", " ")}.`, more };
}
