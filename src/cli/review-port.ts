/** The reviewer's port over HTTP or the service's local socket: one call, one reply. A call that got no answer is made again under the same name. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ReviewPort } from "../adapters/terminal/index.ts";
import { parseReply, type ReviewVerb } from "../api/review-contract.ts";
import type { Reply } from "../bot/surface.ts";
import { createTransport, type Endpoint, type Transport, TransportFault } from "../client/transport.ts";
import { CliExit } from "./context.ts";

/** A review is a person's own affair: no call may take longer than this, in milliseconds. */
const CALL_MS = 15_000;
/** While a service restarts. */
const TRIES = 6;
const PAUSE_MS = 1_500;

/** A port that must be closed, so that the command can end. */
export interface HttpReviewPort extends ReviewPort {
  close(): void;
}

/** Makes the port. Its calls throw CliExit with the service's own words when it refuses the token or the call. */
export function createHttpPort(endpoint: Endpoint): HttpReviewPort {
  const transport = createTransport(endpoint);
  const get = (path: string) => called(transport, { method: "GET", path });
  const post = (requestId: string, verb: ReviewVerb, body: Readonly<Record<string, unknown>> = {}) => {
    const path = `/v1/requests/${encodeURIComponent(requestId)}/${verb}`;
    return called(transport, { method: "POST", path, body: { delivery_id: randomBytes(16).toString("hex"), ...body } });
  };
  return {
    inbox: () => get("/v1/inbox"),
    card: (requestId) => get(`/v1/requests/${encodeURIComponent(requestId)}/card`),
    open: (requestId) => post(requestId, "review"),
    read: (requestId, reviewId, page) => post(requestId, "read", { review_id: reviewId, page }),
    submit: (requestId, { reviewId, digest, answers, breakGlass }) => {
      const glass = breakGlass === undefined ? {} : { break_glass: breakGlass };
      return post(requestId, "vote", { review_id: reviewId, digest, answers, ...glass });
    },
    deny: (requestId, why) => post(requestId, "deny", { ...why }),
    stop: (requestId, why) => post(requestId, "stop", { ...why }),
    pass: (requestId) => post(requestId, "pass"),
    withdraw: (requestId) => post(requestId, "withdraw"),
    afterReview: (requestId, comment) => post(requestId, "after-review", { comment }),
    close: () => transport.close(),
  };
}

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

/** Tries again while the service is away: the call names itself, so that it counts once. */
async function called(transport: Transport, call: Call): Promise<Reply> {
  for (let left = TRIES; ; left -= 1) {
    try {
      const answer = await transport.call({ ...call, timeoutMs: CALL_MS });
      if (answer.ok) return parseReply(answer.body);
      if (!answer.transient || left <= 1) throw new CliExit(1, `attesta: ${answer.problem.detail}`);
    } catch (fault) {
      if (!(fault instanceof TransportFault) || left <= 1) throw fault;
    }
    await delay(PAUSE_MS);
  }
}
