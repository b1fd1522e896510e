/** The small pieces that the schemas of config and profile files share. No meaning across keys stands here. */
import { z } from "zod";
import { LEVELS } from "../engine/model.ts";

/** 24 hours: nobody waits longer in front of one request. */
export const MAX_REVIEW_SECONDS = 86_400;
/** 30 days. */
export const MAX_TIMEOUT_SECONDS = 2_592_000;

export const level = z.enum(LEVELS);
/** One line that people read: no control, zero-width or direction characters. */
export const line = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, "holds invisible or control characters; write plain text on one line");
/** A name for a role, an agent or a pattern. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, "is not a name; use up to 64 letters, digits, _ . : or -");
export const actionName = z
  .string()
  .regex(/^[A-Za-z0-9_.:/-]{1,128}$/, "is not an action name; use up to 128 letters, digits, _ . : / or -");
export const argumentName = z.string().min(1).max(200);
export const email = z
  .string()
  .max(254)
  .regex(/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u, "is not an e-mail address; write one such as kim@company.com");
export const fraction = z.number().min(0).max(1);
/** A regular expression; it is compiled when its section is read. */
export const pattern = z.string().min(1).max(2000);
export const reviewSeconds = z.number().min(0).max(MAX_REVIEW_SECONDS);

/** A list that says something: at least one item, none twice. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.array(item).min(1).max(500);
}

/** One value for each level that is named. */
export function byLevel<T extends z.ZodType>(value: T) {
  return z.strictObject({
    low: value.optional(),
    medium: value.optional(),
    high: value.optional(),
    critical: value.optional(),
  });
}

/** What the service itself knows about one action. */
export const actionDeclaration = z.strictObject({
  description: line.optional().describe("What the action does. Words such as irreversible or careful raise the score."),
  summary: line.optional().describe("First line of the card, with {argument} and {fact} placeholders."),
  hints: z
    .record(argumentName, z.union([z.boolean(), z.number(), z.string()]))
    .optional()
    .describe("Each true hint other than production raises the score. environment names the declared environment."),
  facts: z
    .record(argumentName, z.json())
    .optional()
    .describe("What the service knows: reversible, instances. Shown to reviewers and asked in quizzes."),
  card: listOf(argumentName)
    .optional()
    .describe("Arguments that the channel sees, in order. Default: all not private."),
  free_text: listOf(argumentName).optional().describe("Arguments whose value is prose, such as a reason."),
  secret_arguments: listOf(argumentName).optional().describe("Shown to nobody; enter the digest as a keyed hash."),
  private_arguments: listOf(argumentName).optional().describe("Shown in the review, not in the channel."),
  attach: listOf(argumentName).optional().describe("Arguments that name a file whose text must be attached."),
  command: listOf(z.string().min(1).max(1000))
    .optional()
    .describe("The one command that `attesta gate` may run for it, with {argument} placeholders."),
});
export type ActionFields = z.infer<typeof actionDeclaration>;
