/** What is remembered about one posted card: the claim before the post, the reference after it. Read back strictly; it posts nothing. */
import type { JsonObject } from "../engine/json.ts";
import type { PostedRef, Target } from "./surface.ts";

/** The store's record kind for posts. */
export const POST_KIND = "post";

export interface PostRecord {
  /** Marks the message, so that one whose outcome is unknown is found again instead of posted twice. */
  readonly claimId: string;
  /** GIVEN_BACK when the try is known to be over. */
  readonly claimedAtMs: number;
  /** Since when a message under this claim may stand that nobody has a reference to; undefined: surely none does. */
  readonly unsureSinceMs: number | undefined;
  /** Undefined until the platform's answer is stored. */
  readonly ref: PostedRef | undefined;
  /** The message's own address, where the platform has one. */
  readonly url: string | undefined;
  /** Another copy may stand that could not be found: a press from an unknown message is then one on that. */
  readonly olderCopy: boolean;
  /** The state's seq that somebody set out to show, and the one that is surely shown. */
  readonly version: number;
  readonly shownVersion: number;
  /** SHA-256 of what is shown, to leave out edits that change nothing. */
  readonly content: string;
  /** Keys of notices that were told. */
  readonly told: readonly string[];
}

/** In place of `claimedAtMs`: anybody may take the claim at once. */
export const GIVEN_BACK = 0;

/** A claim that was made just now, with nothing posted under it. */
export function freshRecord(claimId: string, claimedAtMs: number, told: readonly string[]): PostRecord {
  const nothing = { unsureSinceMs: undefined, ref: undefined, url: undefined, olderCopy: false };
  return { claimId, claimedAtMs, ...nothing, version: 0, shownVersion: 0, content: "", told };
}

/** One place for each surface and target; whom it mentions makes no other place. */
export function placeKey(surface: string, target: Target): string {
  return `${surface}/${target.kind === "channel" ? `channel:${target.channel}` : `person:${target.person}`}`;
}

/** One record for each request, surface and place. */
export function postKey(requestId: string, surface: string, target: Target): string {
  return `${requestId}/${placeKey(surface, target)}`;
}

/** As stored. */
export function toRecord(post: PostRecord): JsonObject {
  const { ref, url, unsureSinceMs, ...rest } = post;
  return {
    ...rest,
    ...(unsureSinceMs !== undefined && { unsureSinceMs }),
    ...(url !== undefined && { url }),
    ...(ref !== undefined && { ref: { surface: ref.surface, ref: ref.ref } }),
  };
}

/** From the store; a record of another shape is a bug, never an empty one. */
export function fromRecord(value: JsonObject): PostRecord {
  const { claimId, claimedAtMs, unsureSinceMs, ref, url, olderCopy, version, shownVersion, content, told } = value;
  if (
    typeof claimId !== "string" ||
    typeof claimedAtMs !== "number" ||
    !(unsureSinceMs === undefined || typeof unsureSinceMs === "number") ||
    !(url === undefined || typeof url === "string") ||
    typeof olderCopy !== "boolean" ||
    typeof version !== "number" ||
    typeof shownVersion !== "number" ||
    typeof content !== "string" ||
    !Array.isArray(told)
  ) {
    throw new Error("a stored post record has another shape than this program writes");
  }
  const keys = told.filter((key) => typeof key === "string");
  const shown = { version, shownVersion, content, told: keys };
  return { claimId, claimedAtMs, unsureSinceMs, ref: refOf(ref), url, olderCopy, ...shown };
}

function refOf(value: JsonObject[string] | undefined): PostedRef | undefined {
  if (typeof value !== "object" || value === null || !("ref" in value) || !("surface" in value)) return undefined;
  const { surface, ref } = value;
  return typeof surface === "string" && typeof ref === "string" ? { surface, ref } : undefined;
}
