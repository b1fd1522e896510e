/** The members of every entry type, strictly: an unknown one fails verification. How lines are read stands in line.ts. */
import { z } from "zod";
import type { JsonObject } from "../engine/json.ts";
import { CHALLENGES, LEVELS, MAPPED_CHALLENGES } from "../engine/model.ts";
import { account, answered, approver, failedAttempt, seat, seconds } from "./line-parts.ts";

const HEX64 = z.string().regex(/^[0-9a-f]{64}$/);
const WHEN = z.iso.datetime();
const TEXT = z.string();
const TEXTS = z.array(TEXT);
const COUNT = z.int().min(0);
const SCORE = z.number().min(0).max(1);
/** Free JSON; duplicate keys inside it are found on the text. */
const FREE = z.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value));

/** May be absent or null. */
const maybe = <T extends z.ZodType>(schema: T) => schema.nullable().optional();

/** Members that the log itself writes, before and after an entry's own. */
export const frame = {
  number: z.int().min(1),
  /** Absent on lines that the log wrote by itself: `recovered`, `sealed`. */
  outbox_id: z.string().min(1).optional(),
  request_id: TEXT.optional(),
  /** When it was committed, by the store's clock. */
  recorded_at: WHEN.optional(),
  written_at: WHEN.optional(),
  previous_hash: HEX64,
  chain_hash: HEX64,
};

/** Members that an entry of any type may have. */
const context = {
  entry_id: z.string().regex(/^aud_[0-9a-f]{8,}$/),
  /** Of the request's event that this line is about. */
  seq: COUNT.optional(),
  client_request_id: maybe(TEXT),
  digest: maybe(HEX64),
  policy_digest: maybe(HEX64),
  mode: z.enum(["enforce", "observe"]).optional(),
  requester: maybe(TEXT),
  requester_claimed: z.boolean().optional(),
  owner: maybe(TEXT),
  /** Who must not approve. */
  excluded: TEXTS.optional(),
  reason: maybe(TEXT),
  comment: maybe(TEXT),
  detail: maybe(TEXT),
  domain: maybe(TEXT),
  title: maybe(TEXT),
  summary: maybe(TEXT),
  compliance_refs: TEXTS.optional(),
  revision: COUNT.optional(),
  person: maybe(TEXT),
  name: maybe(TEXT),
  account: maybe(account),
  surface: maybe(TEXT),
  at: maybe(WHEN),
  metadata: FREE.optional(),
};

/** The published members about the action. */
const action = {
  action_name: TEXT,
  action_description: TEXT,
  agent_id: TEXT,
  risk_score: SCORE,
  risk_level: z.enum(LEVELS),
  challenge_type: z.enum(MAPPED_CHALLENGES),
  session_id: TEXT.nullable(),
  environment: TEXT,
  intercepted_at: WHEN,
};
const someAction = z.object(action).partial().shape;

/** Evidence about the action and its score. */
const evidence = {
  arguments: FREE.optional(),
  secret_arguments: TEXTS.optional(),
  private_arguments: TEXTS.optional(),
  hints: FREE.optional(),
  facts: FREE.optional(),
  attachments: z.array(z.strictObject({ name: TEXT, sha256: HEX64, size_bytes: COUNT.optional() })).optional(),
  command: maybe(z.strictObject({ argv: TEXTS, cwd: TEXT })),
  raw_score: SCORE.optional(),
  /** After trust. */
  effective_score: SCORE.optional(),
  trust: SCORE.optional(),
  factors: z.array(z.strictObject({ name: TEXT, contribution: z.number(), because: TEXT })).optional(),
  patterns: TEXTS.optional(),
  riskiest_argument: maybe(TEXT),
  declared: z.boolean().optional(),
  production: z.boolean().optional(),
  previous_denial: maybe(z.strictObject({ request_id: TEXT, reason: TEXT, comment: maybe(TEXT), at: WHEN.optional() })),
  differences: TEXTS.optional(),
};

/** How it went between asking and deciding. */
const course = {
  started_at: maybe(WHEN),
  deadline: maybe(WHEN),
  valid_until: maybe(WHEN),
  timeout_seconds: seconds.optional(),
  fail_mode: z.enum(["deny", "allow", "escalate"]).optional(),
  notified: TEXTS.optional(),
  roles_asked: TEXTS.optional(),
  escalated_steps: COUNT.optional(),
  /** Roles of escalation steps that may stand in for any open seat. */
  stand_in_roles: TEXTS.optional(),
  deliveries: z.array(z.strictObject({ surface: TEXT, ref: TEXT, at: WHEN.optional() })).optional(),
  undelivered: z.boolean().optional(),
  extended: z.boolean().optional(),
  tightened: z.boolean().optional(),
  failed_attempts: z.array(failedAttempt).optional(),
  /** Votes that were given and did not count in the end. */
  withdrawn_votes: z.array(approver).optional(),
  /** Votes that the rules took back: a role was lost, or the bar rose. */
  lapsed_votes: z.array(z.strictObject({ person: TEXT, seat: z.int().min(0), why: TEXT, at: WHEN })).optional(),
  barred: TEXTS.optional(),
  passed: TEXTS.optional(),
  comments: z.array(z.strictObject({ person: TEXT, name: maybe(TEXT), text: TEXT, at: WHEN.optional() })).optional(),
};

/** A request came to its verdict. */
export const decision = z.strictObject({
  ...frame,
  entry_type: z.literal("decision"),
  ...context,
  ...action,
  ...evidence,
  ...course,
  digest: HEX64,
  policy_digest: HEX64,
  mode: z.enum(["enforce", "observe"]),
  /** Null where nobody was challenged. */
  challenge_passed: z.boolean().nullable(),
  approver_ids: TEXTS,
  /** The counted approvals, one for each seat. */
  approvers: z.array(approver),
  /** What was required: one entry for each seat. */
  seats: z.array(seat),
  verdict: z.enum(["approved", "denied", "timed_out", "cancelled"]),
  decided_by: z.enum(["quorum", "policy", "person", "deadline", "agent", "break_glass", "observe"]),
  decided_by_person: maybe(TEXT),
  /** Was the action allowed to run? */
  released: z.boolean(),
  ran_without_review: z.boolean().optional(),
  break_glass: z.boolean().optional(),
  break_glass_reason: maybe(TEXT),
  after_review_due: z.boolean().optional(),
  /** Sum over the counted approvals. */
  review_duration_seconds: seconds,
  minimum_review_seconds: seconds.optional(),
  min_review_met: z.boolean(),
  decided_at: WHEN,
  /** Never known yet; the execution line has it. */
  executed_at: z.null(),
  metadata: FREE,
});

/** An approved action was run, or its result became known. */
export const execution = z.strictObject({
  ...frame,
  entry_type: z.literal("execution"),
  ...context,
  ...someAction,
  /** Number and hash of the decision's line. */
  refers_to: maybe(z.int().min(1)),
  refers_to_hash: maybe(HEX64),
  use_id: maybe(TEXT),
  used_at: maybe(WHEN),
  executed_at: WHEN.nullable(),
  /** `started`: used, no result yet. */
  outcome: z.enum(["started", "succeeded", "failed", "unknown"]),
  seconds: seconds.optional(),
});

/** A press or an ask that did nothing. */
export const refusal = z.strictObject({
  ...frame,
  entry_type: z.literal("refusal"),
  ...context,
  ...someAction,
  ...evidence,
  /** What was refused: `raise`, `review`, `vote`, `deny`, `use`, ... */
  command: TEXT,
  /** The refusal's stable code, such as `too_fast`. */
  refusal: TEXT,
  refused_at: WHEN.optional(),
  existing_request_id: maybe(TEXT),
  refers_to: maybe(z.int().min(1)),
  refers_to_hash: maybe(HEX64),
  review_id: maybe(TEXT),
  seat: maybe(COUNT),
  role: maybe(TEXT),
  roles: TEXTS.optional(),
  needs: TEXTS.optional(),
  has: TEXTS.optional(),
  ...z.object(answered).partial().shape,
  missing: TEXTS.optional(),
  attempt: COUNT.optional(),
  of: COUNT.optional(),
  barred: z.boolean().optional(),
  why: maybe(TEXT),
  words: COUNT.optional(),
  pages: z.array(z.int()).optional(),
  seconds: seconds.optional(),
  minimum_seconds: seconds.optional(),
  left_seconds: seconds.optional(),
  deadline: maybe(WHEN),
  limit: z.number().optional(),
  use_id: maybe(TEXT),
});

const head = z.strictObject({ number: COUNT, hash: HEX64 });

/** Something happened to the service, its config, its log, or to a request after its verdict. */
export const admin = z.strictObject({
  ...frame,
  entry_type: z.literal("admin"),
  ...context,
  ...someAction,
  /** `started`, `config`, `linked`, `tightened`, `revoked`, `after_review`, `incident`, `log_adopted`, `sealed`, ... */
  change: TEXT,
  /** Who did it. */
  by: maybe(TEXT),
  refers_to: maybe(z.int().min(1)),
  refers_to_hash: maybe(HEX64),
  version: TEXT.optional(),
  /** The policy without secrets. */
  policy: FREE.optional(),
  config: FREE.optional(),
  /** Role to its resolved people; null where they could not be read. */
  members: z.record(TEXT, TEXTS.nullable()).optional(),
  role: maybe(TEXT),
  roles: TEXTS.optional(),
  challenge: z.enum(CHALLENGES).optional(),
  previous_policy_digest: maybe(HEX64),
  head_number: COUNT.optional(),
  head_hash: HEX64.optional(),
  trust: SCORE.optional(),
  count: COUNT.optional(),
  /** Of `sealed`: what was set aside. */
  sealed: z
    .strictObject({
      /** Name beside this file; null where there was no file. */
      file: TEXT.nullable(),
      size_bytes: COUNT,
      sha256: HEX64.nullable(),
      last_good: head,
      /** Where the file that was set aside ends by its own words. */
      end: head,
      /** What the store had confirmed, where the order named it. */
      store_head: head.optional(),
      break_line: z.int().min(1).nullable(),
      break_reason: TEXT,
      ordered_by: TEXT,
    })
    .optional(),
});

/** A torn last line was cut when the log was opened. */
export const recovered = z.strictObject({
  ...frame,
  entry_type: z.literal("recovered"),
  ...context,
  /** What stood after the last line end. */
  dropped_bytes: z.int().min(1),
  dropped_sha256: HEX64,
});
