/** The nested objects of an audit entry: accounts, approvers, seats, failed attempts. Strict, like line.ts. */
import { z } from "zod";
import { CHALLENGES } from "../engine/model.ts";

const WHEN = z.iso.datetime();
const TEXTS = z.array(z.string());
const HEX64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A span of time in seconds, never negative. */
export const seconds = z.number().min(0);

/** One account on one platform. */
export const account = z.strictObject({ surface: z.string(), tenant: z.string(), user: z.string() });

/** One thing that was asked: a quiz question with its right option, a teach-back's prompt with the terms to name. */
const question = z.strictObject({
  question: z.string(),
  options: TEXTS.optional(),
  right: z.string().nullable().optional(),
  terms: TEXTS.optional(),
});

/** What a challenge asked and what was answered; with `audit.answers: hash` only `answers_sha256` of both. */
export const answered = {
  challenge: z.enum(CHALLENGES),
  questions: z.array(question).optional(),
  answers: TEXTS.optional(),
  explanation: z.string().optional(),
  answers_sha256: HEX64.optional(),
  /** The terms, or how many they were where answers are hashed. */
  matched_terms: z.union([TEXTS, z.int().min(0)]).optional(),
};

/** One counted approval. */
export const approver = z.strictObject({
  person: z.string(),
  name: z.string(),
  account,
  role: z.string(),
  role_source: z.enum(["list", "group", "roster", "delegate"]),
  role_read_at: WHEN,
  review_id: z.string(),
  seat: z.int().min(0),
  ...answered,
  failed_attempts: z.int().min(0),
  pages: z.int().min(0).optional(),
  shown_at: WHEN,
  voted_at: WHEN,
  seconds,
  minimum_seconds: seconds,
  min_review_met: z.boolean(),
  break_glass: z.boolean().optional(),
  break_glass_reason: z.string().nullable().optional(),
});
export type Approver = z.infer<typeof approver>;

/** One place that one person had to fill. */
export const seat = z.strictObject({
  seat: z.int().min(0),
  roles: TEXTS,
  challenge: z.enum(CHALLENGES),
  minimum_seconds: seconds,
});

/** An answer that did not pass. */
export const failedAttempt = z.strictObject({
  person: z.string(),
  name: z.string().optional(),
  account: account.optional(),
  review_id: z.string().optional(),
  seat: z.int().min(0),
  at: WHEN,
  ...answered,
  missing: TEXTS.optional(),
  seconds: seconds.optional(),
});
