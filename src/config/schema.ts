/** Every key of attesta.yaml, its type and range, as a zod schema. What must hold between keys stands in the check-*.ts files. */
import { z } from "zod";
import {
  actionDeclaration,
  actionName,
  byLevel,
  email,
  fraction,
  level,
  line,
  listOf,
  MAX_TIMEOUT_SECONDS,
  name,
  pattern,
  reviewSeconds,
} from "./schema-parts.ts";

/** Both spellings that the published pages use. */
export const mappedChallenge = z.enum([
  "auto_approve",
  "confirm",
  "quiz",
  "teach_back",
  "multi_party",
  "auto-approve",
  "teach-back",
  "multi-party",
]);
const tokenHash = z
  .string()
  .regex(
    /^[0-9a-fA-F]{64}$/,
    "is not a SHA-256 in hex; write the hash of the token (64 hex digits), never the token itself",
  );
const account = z.string().regex(/^[^\s\p{C}]{1,200}$/u, "is not an account id; copy it without spaces");
const channel = z.string().regex(/^[^\s\p{C}]{1,200}$/u, "is not a channel; copy its id or name without spaces");
const roles = listOf(name);
const mode = z.enum(["enforce", "observe"]);

const policy = z.strictObject({
  minimum_review_seconds: byLevel(reviewSeconds)
    .optional()
    .describe("Shortest time between seeing and approving. Default: 0, 3, 10, 30."),
  require_multi_party: byLevel(z.int().min(1).max(20))
    .optional()
    .describe("How many different people. Default: critical 2, others 1."),
  challenge_map: byLevel(mappedChallenge)
    .optional()
    .describe("Default: low auto_approve, medium confirm, high quiz, critical multi_party."),
  approvers: byLevel(roles).optional().describe("Roles asked where no rule of the profile names roles."),
  fail_mode: z
    .enum(["deny", "allow", "escalate"])
    .optional()
    .describe("What a timeout means. allow never runs anything critical. Default: deny."),
  timeout_seconds: z
    .number()
    .gt(0)
    .max(MAX_TIMEOUT_SECONDS)
    .optional()
    .describe("A request's whole life. Default: 300; at most 30 days."),
  undeclared: z
    .enum(["medium", "high", "deny"])
    .optional()
    .describe("What an action that nothing declares is at least. Default: medium."),
  mode: mode.optional().describe("observe gates nothing and records what would have been asked. Default: enforce."),
  multi_party: z
    .strictObject({ minimum_review: z.enum(["per_challenge", "per_level"]).optional() })
    .optional()
    .describe("per_level gives every seat the level's minimum. Default: per_challenge."),
  challenge: z
    .strictObject({ max_attempts: z.int().min(1).max(10).optional(), on_failure: z.enum(["bar", "deny"]).optional() })
    .optional()
    .describe("Default: 2 attempts, then barred for this request."),
  valid_for_seconds: z.number().gt(0).max(604_800).optional().describe("How long an approval is good. Default: 600."),
  reask_seconds: z
    .number()
    .min(0)
    .max(MAX_TIMEOUT_SECONDS)
    .optional()
    .describe("How long the same action is refused after a denial. Default: 3600."),
  abandon_after_seconds: z
    .number()
    .min(60)
    .max(MAX_TIMEOUT_SECONDS)
    .optional()
    .describe("Cancels a request that no agent has waited for this long. Default: never."),
  reminders: z
    .array(z.number().gt(0).lt(1))
    .max(10)
    .optional()
    .describe("Fractions of the timeout at which to remind. Default: 0.5 and 0.9."),
  escalation: listOf(z.strictObject({ after_seconds: z.number().gt(0).max(MAX_TIMEOUT_SECONDS), roles }))
    .optional()
    .describe("Rungs: after this long, these roles may stand in for any open seat."),
  break_glass: z
    .strictObject({ roles, max_level: level.optional() })
    .optional()
    .describe("Who may approve alone in an emergency, at most up to high. Default: nobody."),
});

const agent = z.strictObject({
  token_sha256: tokenHash.optional().describe("SHA-256 of the agent's token, in hex."),
  owner: email.optional().describe("The person who answers for it; never approves its requests."),
  environment: line.optional().describe("Where it works. Default: production."),
  requester: z
    .enum(["required", "owner", "optional"])
    .optional()
    .describe("Whether it must say for whom it acts; owner: always its owner. Default: optional."),
  actions: listOf(pattern).optional().describe("Regular expressions; the whole action name must match one."),
  max_pending: z.int().min(1).max(1000).optional().describe("Requests it may have waiting. Default: 20."),
  mode: mode.optional(),
});

const person = z.strictObject({
  email: email.describe("The one identity that all accounts are linked to."),
  name: line.optional(),
  slack: account.optional().describe("Slack member id."),
  teams: account.optional().describe("Teams (Entra) object id."),
  review_token_sha256: tokenHash.optional().describe("Made by `attesta people token`."),
});

const role = z.strictObject({
  title: line.optional().describe("As people read it: SRE lead."),
  members: listOf(email).optional(),
  match: z
    .enum(["all", "any"])
    .optional()
    .describe("With members and a group: all (default) wants both to name the person, any one of them."),
  delegates: listOf(email).optional().describe("Who may be asked to stand in for a member."),
  delegates_at_critical: z.boolean().optional(),
  slack: z.strictObject({ usergroup: account.optional(), channel: channel.optional() }).optional(),
  teams: z
    .strictObject({ members_of: account.optional(), team: account.optional(), channel: channel.optional() })
    .optional(),
});

const channelRule = z.strictObject({
  when: z.strictObject({ environment: line.optional(), action: pattern.optional(), level: level.optional() }),
  slack: channel.optional(),
  teams: channel.optional(),
});

/** The whole file, after `extends` was followed and variables were put in. */
export const configSchema = z.strictObject({
  domain: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe("A shipped profile's name, a profile file's path, or a list of them."),
  policy: policy.optional(),
  risk: z
    .strictObject({
      overrides: z.record(actionName, level).optional().describe("Raises these actions at least to a level."),
      amplifiers: z
        .array(z.strictObject({ pattern, boost: fraction }))
        .optional()
        .describe("Adds boost to the score where the pattern is found in the action name."),
    })
    .optional(),
  trust: z
    .strictObject({
      influence: fraction.optional().describe("Default: 0.3."),
      ceiling: fraction.optional().describe("Default: 0.9."),
      initial_score: fraction.optional().describe("Default: 0.3."),
      decay_rate: z.number().min(0).max(10).optional().describe("Per day. Default: 0.01."),
      may_lower_medium: z.boolean().optional().describe("Default: false."),
    })
    .optional(),
  actions: z.record(actionName, actionDeclaration).optional(),
  agents: z.record(name, agent).optional(),
  people: listOf(person).optional(),
  roles: z.record(name, role).optional(),
  channels: z
    .strictObject({
      default: z.strictObject({ slack: channel.optional(), teams: channel.optional() }).optional(),
      rules: z.array(channelRule).optional(),
    })
    .optional(),
  audit: z
    .strictObject({
      path: z.string().min(1).optional().describe("Relative to this file. Default: .attesta/audit.jsonl."),
      answers: z
        .enum(["full", "hash"])
        .optional()
        .describe("Whether reviewers' answers are written out. Default: full."),
    })
    .optional(),
  state: z
    .strictObject({
      path: z.string().min(1).optional().describe("Relative to this file. Default: .attesta."),
      key: z.string().min(32, "is too short; use at least 32 characters").max(1000).optional(),
      keep_days: z.number().gt(0).max(3650).optional().describe("Default: 30."),
    })
    .optional(),
  server: z
    .strictObject({
      host: z.string().min(1).max(253).optional().describe("Default: 127.0.0.1."),
      port: z.int().min(0).max(65_535).optional().describe("Default: 8484; 0 takes a free one."),
    })
    .optional(),
  client: z.strictObject({ url: z.string().optional(), token: z.string().min(1).optional() }).optional(),
  redis: z.strictObject({}).optional(),
  slack: z.strictObject({}).optional(),
  teams: z.strictObject({}).optional(),
});
/** The file's values as the schema gives them: names and units as written. */
export type RawConfig = z.infer<typeof configSchema>;
