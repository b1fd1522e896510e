/** What is remembered about one posted card: the claim before the post, the reference after it. Read back strictly; it posts nothing. */
import type { JsonObject } from "../engine/json.ts";
import type { PostedRef, Target } from "./surface.ts";

/** The store's record kind for posts. */
export const POST_KIND = "post";

export interface PostRecord {
  /** Marks the message, so that one whose outcome is unknown is found again instead of posted twice. */
  readonly claimId: string;
  readonly claimedAtMs: number;
  /** Undefined until the platform's answer is stored. */
  readonly ref: PostedRef | undefined;
  /** The state's seq that somebody set out to show, and the one that is surely shown. */
  readonly version: number;
  readonly shownVersion: number;
  /** SHA-256 of what is shown, to leave out edits that change nothing. */
  readonly content: string;
  /** Keys of notices that were told. */
  readonly told: readonly string[];
}

/** One record for each request, surface and place. */
export function postKey(requestId: string, surface: string, target: Target): string {
  const place = target.kind === "channel" ? `channel:${target.channel}` : `person:${target.person}`;
  return `${requestId}/${surface}/${place}`;
}

/** As stored. */
export function toRecord(post: PostRecord): JsonObject {
  const { ref, ...rest } = post;
  return { ...rest, ...(ref !== undefined && { ref: { surface: ref.surface, ref: ref.ref } }) };
}

/** From the store; a record of another shape is a bug, never an empty one. */
export function fromRecord(value: JsonObject): PostRecord {
  const { claimId, claimedAtMs, ref, version, shownVersion, content, told } = value;
  if (
    typeof claimId !== "string" ||
    typeof claimedAtMs !== "number" ||
    typeof version !== "number" ||
    typeof shownVersion !== "number" ||
    typeof content !== "string" ||
    !Array.isArray(told)
  ) {
    throw new Error("a stored post record has another shape than this program writes");
  }
  const keys = told.filter((key) => typeof key === "string");
  return { claimId, claimedAtMs, ref: refOf(ref), version, shownVersion, content, told: keys };
}

function refOf(value: JsonObject[string] | undefined): PostedRef | undefined {
  if (typeof value !== "object" || value === null || !("ref" in value) || !("surface" in value)) return undefined;
  const { surface, ref } = value;
  return typeof surface === "string" && typeof ref === "string" ? { surface, ref } : undefined;
}
