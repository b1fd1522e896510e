/**
 * The wire between a reviewer and the service, for people who decide at a terminal: bodies and replies as zod schemas.
 * Routes: GET /v1/whoami, GET /v1/inbox, GET /v1/requests/:id/card,
 * POST /v1/requests/:id/{review,read,vote,deny,pass,stop,withdraw,comment,after-review}. Every answer is a Reply.
 */
import { z } from "zod";
import type { Reply } from "../bot/surface.ts";
import { COMMENT } from "./contract.ts";

const REASON = z.enum(["wrong_target", "wrong_time", "needs_change", "not_needed", "suspicious"]);
const LEVEL = z.enum(["low", "medium", "high", "critical"]);
/** Repeating a call with the same id changes nothing; the Idempotency-Key header says the same. */
const delivery_id = z.string().min(1).max(200).optional();

/** Bodies by the last part of the route; all are strict, so that a misspelt key is refused. */
export const reviewBodies = {
  review: z.strictObject({ delivery_id }),
  read: z.strictObject({ delivery_id, review_id: z.string().min(1).max(200), page: z.int().min(0).max(10_000) }),
  /** `answers`: one text per question; for confirm and teach-back exactly one. */
  vote: z.strictObject({
    delivery_id,
    review_id: z.string().min(1).max(200),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    answers: z.array(z.string().max(60_000)).max(20),
    break_glass: COMMENT.optional(),
  }),
  deny: z.strictObject({ delivery_id, reason: REASON, comment: COMMENT.optional() }),
  pass: z.strictObject({ delivery_id }),
  stop: z.strictObject({ delivery_id, reason: REASON, comment: COMMENT.optional() }),
  withdraw: z.strictObject({ delivery_id }),
  comment: z.strictObject({ delivery_id, text: COMMENT.min(1) }),
  "after-review": z.strictObject({ delivery_id, comment: COMMENT.min(1) }),
} as const;
/** The last part of a reviewer's POST route. */
export type ReviewVerb = keyof typeof reviewBodies;

const span = z.union([
  z.string(),
  z.object({ strong: z.string() }),
  z.object({ agentSaid: z.string() }),
  z.object({ atMs: z.number(), show: z.enum(["clock", "clock_and_left", "date"]) }),
  z.object({ role: z.string(), title: z.string() }),
  z.object({ person: z.string(), name: z.string() }),
  z.object({ link: z.string(), text: z.string() }),
]);
const line = z.array(span);
const row = z.object({ label: z.string(), text: z.string(), isPrivate: z.boolean() });
const cardRow = z.object({ label: z.string(), text: line });

const question = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("later"), challenge: z.enum(["confirm", "quiz", "teach_back"]) }),
  z.object({ kind: z.literal("confirm"), prompt: z.string(), options: z.array(z.string()) }),
  z.object({
    kind: z.literal("quiz"),
    questions: z.array(z.object({ text: z.string(), options: z.array(z.string()) })),
  }),
  z.object({ kind: z.literal("teach_back"), prompt: z.string(), minWords: z.number() }),
]);

const reviewForm = z.object({
  requestId: z.string(),
  reviewId: z.string(),
  digest: z.string(),
  headline: line,
  role: line,
  about: z.array(cardRow),
  pages: z.array(z.object({ title: z.string(), rows: z.array(row) })),
  pagesRead: z.array(z.number()),
  opensAtMs: z.number(),
  nowMs: z.number(),
  deadlineMs: z.number(),
  question,
  draft: z.array(z.string()),
  attempt: z.number(),
  attempts: z.number(),
  error: line.optional(),
});

const card = z.object({
  requestId: z.string(),
  version: z.number(),
  state: z.enum(["waiting", "approved", "denied", "timed_out", "cancelled", "used", "revoked", "observed"]),
  level: LEVEL,
  digest: z.string(),
  audit: z.object({ entry: z.int(), hash: z.string() }).optional(),
  headline: line,
  subline: line,
  sections: z.array(
    z.object({
      source: z.enum(["service", "agent"]),
      title: z.string(),
      rows: z.array(cardRow),
    }),
  ),
  footer: z.array(line),
  buttons: z.array(z.object({ verb: z.enum(["review", "deny", "stop", "withdraw"]), label: z.string() })),
  deadlineMs: z.number().optional(),
  plain: z.string(),
});

const item = z.object({
  requestId: z.string(),
  headline: line,
  deadlineMs: z.number().optional(),
  verbs: z.array(z.enum(["review", "deny", "stop", "withdraw", "after_review"])),
});
const inbox = z.object({
  you: line,
  roles: z.array(line),
  waitingForYou: z.array(item),
  waitingForOthers: z.array(item),
  yourAgents: z.array(item),
  decided: z.array(item),
  more: z.object({
    waitingForYou: z.int(),
    waitingForOthers: z.int(),
    yourAgents: z.int(),
    decided: z.int(),
  }),
});
const denyForm = z.object({
  requestId: z.string(),
  headline: line,
  reasons: z.array(z.object({ code: REASON, label: z.string() })),
  stop: z.boolean(),
});

/** A Reply as JSON: members that are undefined are absent. */
export const replyBody = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("review_form"), form: reviewForm }),
  z.object({ kind: z.literal("deny_form"), form: denyForm }),
  z.object({ kind: z.literal("inbox"), inbox }),
  z.object({ kind: z.literal("card"), card }),
  z.object({ kind: z.literal("line"), line, refusal: z.string().optional() }),
]);

const withDeadline = (one: z.infer<typeof item>) => ({ ...one, deadlineMs: one.deadlineMs });

/** Reads a Reply from JSON; throws a ZodError when it is none. */
export function parseReply(value: unknown): Reply {
  const reply = replyBody.parse(value);
  switch (reply.kind) {
    case "review_form":
      return { kind: "review_form", form: { ...reply.form, error: reply.form.error } };
    case "deny_form":
      return reply;
    case "inbox":
      return {
        kind: "inbox",
        inbox: {
          ...reply.inbox,
          waitingForYou: reply.inbox.waitingForYou.map(withDeadline),
          waitingForOthers: reply.inbox.waitingForOthers.map(withDeadline),
          yourAgents: reply.inbox.yourAgents.map(withDeadline),
          decided: reply.inbox.decided.map(withDeadline),
        },
      };
    case "card":
      return { kind: "card", card: { ...reply.card, audit: reply.card.audit, deadlineMs: reply.card.deadlineMs } };
    case "line":
      return reply.refusal === undefined
        ? { kind: "line", line: reply.line }
        : { kind: "line", line: reply.line, refusal: reply.refusal };
  }
}
