/** The wire between agents and the service: JSON bodies as zod schemas. The client imports this and nothing more of the service. */
import { z } from "zod";

export const LEVEL = z.enum(["low", "medium", "high", "critical"]);
const CHALLENGE_TYPE = z.enum(["auto_approve", "confirm", "quiz", "teach_back", "multi_party"]);
const WHEN = z.iso.datetime();

/** Shape as config's; source of the length: RFC 5321, 4.5.3.1.3. */
const EMAIL = z
  .string()
  .max(254)
  .regex(/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u, "is not an e-mail address");
/** What a person or an agent writes to the other, in characters. */
export const COMMENT = z.string().max(1000);
/** Texts that the engine bounds more tightly, in bytes, and refuses with an entry in the log: no more than a body holds. */
const BOUNDED_BY_ENGINE = z.string().max(2 * 1024 * 1024);

/** The engine's own limits: 64 KiB of canonical JSON for an action, 64 KiB an attachment (rules of actions). */
export const submitBody = z.strictObject({
  /** The agent's own id for this request: the same id and action give the same request, for ever. */
  request_id: z.string().min(1).max(200),
  action: z.string().max(1000),
  arguments: z.record(z.string(), z.json()).default({}),
  hints: z.record(z.string(), z.union([z.boolean(), z.number(), BOUNDED_BY_ENGINE])).optional(),
  description: z.string().max(8192).optional(),
  environment: z.string().max(1000).optional(),
  requester: EMAIL.optional(),
  session_id: z.string().max(200).optional(),
  /** Raises the level at least to this. */
  risk: LEVEL.optional(),
  command: z.strictObject({ argv: z.array(BOUNDED_BY_ENGINE).min(1), cwd: BOUNDED_BY_ENGINE }).optional(),
  attachments: z
    .array(z.strictObject({ name: z.string().min(1).max(200), text: BOUNDED_BY_ENGINE }))
    .max(20)
    .optional(),
});
export type SubmitBody = z.input<typeof submitBody>;

/** The same without an id: scored, answered, forgotten. */
export const assessBody = submitBody.omit({ request_id: true });
export type AssessBody = z.input<typeof assessBody>;

export const seatView = z.object({
  seat: z.int(),
  roles: z.array(z.string()),
  challenge: z.enum(["confirm", "quiz", "teach_back"]),
  minimum_seconds: z.number(),
  /** Names only, and challenge and seconds only after the verdict. */
  approver: z.string().optional(),
  seconds: z.number().optional(),
});

const riskView = z.object({
  score: z.number(),
  raw_score: z.number(),
  level: LEVEL,
  factors: z.array(z.object({ name: z.string(), contribution: z.number(), because: z.string() })),
  patterns: z.array(z.string()),
});

export const assessView = z.object({
  summary: z.string(),
  environment: z.string(),
  risk: riskView,
  challenge_type: CHALLENGE_TYPE,
  title: z.string(),
  seats: z.array(seatView),
  notify: z.array(z.string()),
  timeout_seconds: z.number(),
  /** Nobody would be asked: it would be denied for this reason. */
  blocked: z.string().optional(),
});
export type AssessView = z.infer<typeof assessView>;

export const requestView = z.object({
  id: z.string(),
  request_id: z.string(),
  agent_id: z.string(),
  action: z.string(),
  summary: z.string(),
  environment: z.string(),
  status: z.enum(["pending", "approved", "denied", "timed_out", "cancelled", "used", "revoked"]),
  /** Present once the verdict is in the audit log; until then the agent waits. */
  verdict: z.enum(["approved", "denied", "timed_out", "cancelled"]).optional(),
  /** May the action run now? */
  released: z.boolean(),
  mode: z.enum(["enforce", "observe"]),
  digest: z.string(),
  /** Hex; with it the client computes the digest of secret arguments. Only in answers to the agent that asked. */
  salt: z.string().optional(),
  secret_arguments: z.array(z.string()),
  risk: riskView,
  challenge_type: CHALLENGE_TYPE,
  title: z.string(),
  seats: z.array(seatView),
  notify: z.array(z.string()),
  /** The service's clock when it answered: `deadline` minus this is the time that is left. */
  now: WHEN,
  raised_at: WHEN,
  deadline: WHEN.optional(),
  /** The approval is good until then. */
  valid_until: WHEN.optional(),
  /** False while no chat platform has shown it to anybody and nobody has opened it at a terminal. */
  delivered: z.boolean(),
  /** Who can decide this and how, in words; for a person who watches the waiting side. */
  who: z.string(),
  reason: z.string().optional(),
  comments: z.array(z.object({ from: z.string(), text: BOUNDED_BY_ENGINE })),
  /** What to change before asking again. */
  hint: z.string().optional(),
  review_seconds: z.number().optional(),
  audit: z.object({ entry: z.int(), hash: z.string() }).optional(),
  execution: z
    .object({ use_id: z.string(), used_at: WHEN, outcome: z.enum(["succeeded", "failed", "unknown"]).optional() })
    .optional(),
});
export type RequestView = z.infer<typeof requestView>;
export const requestList = z.object({ requests: z.array(requestView) });

export const useBody = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  use_id: z.string().min(1).max(200),
});
export type UseBody = z.infer<typeof useBody>;
export const useView = z.object({ use_id: z.string(), digest: z.string(), used_at: WHEN });
export const resultBody = z.strictObject({
  use_id: z.string().min(1).max(200),
  outcome: z.enum(["succeeded", "failed"]),
  executed_at: WHEN.max(40).optional(),
  detail: z.string().max(1000).optional(),
});
export type ResultBody = z.infer<typeof resultBody>;
export const cancelBody = z.strictObject({ comment: COMMENT.optional() });

/** RFC 9457. `code` is stable; the other members say more about it. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
});
export type Problem = z.infer<typeof problem>;
