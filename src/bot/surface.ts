/** The port to a chat platform, as plain data: what is shown, what comes back. Every platform stands behind this. */
import type { Account, ChallengeKind, DenyReason, Level, PersonId, RoleName } from "../engine/model.ts";

/**
 * Text in pieces, so that each platform can draw times in the reader's zone, code as code, and real mentions.
 * A string is text, never markup: adapters escape it like everything else.
 */
export type Span =
  | string
  | { readonly strong: string }
  /** From an agent: drawn as code, escaped, never as markup. */
  | { readonly agentSaid: string }
  /** A moment; `left` asks for the time that is left until then as well. */
  | { readonly atMs: number; readonly show: "clock" | "clock_and_left" | "date" }
  | { readonly role: RoleName; readonly title: string }
  | { readonly person: PersonId; readonly name: string }
  /** An address of the service's or the platform's own, never one that an agent sent. */
  | { readonly link: string; readonly text: string };
export type Line = readonly Span[];

export interface CardRow {
  readonly label: string;
  readonly text: Line;
}

export interface CardSection {
  /** Who vouches for it: the service checked it, or the agent said it. */
  readonly source: "service" | "agent";
  readonly title: string;
  readonly rows: readonly CardRow[];
}

/** What a card's button is for. The first three stand on a channel's card, `withdraw` on the requester's own. */
export type CardVerb = "review" | "deny" | "stop" | "withdraw";

/** The message that everybody in the channel sees, always made from the current state, never from an event. */
export interface Card {
  readonly requestId: string;
  /** The state's seq: a card with a lower one is older. */
  readonly version: number;
  readonly state: "waiting" | "approved" | "denied" | "timed_out" | "cancelled" | "used" | "revoked" | "observed";
  readonly level: Level;
  /** Hex SHA-256 of what was asked, in full; for metadata and for looking it up. */
  readonly digest: string;
  /** The decision's entry in the audit log, in full, once it is on disk. */
  readonly audit: { readonly entry: number; readonly hash: string } | undefined;
  /** How risky, what, where. */
  readonly headline: Line;
  /** Who asks, until when; or who decided. */
  readonly subline: Line;
  readonly sections: readonly CardSection[];
  /** Short lines at the end: request, digest, policy, audit entry. */
  readonly footer: readonly Line[];
  readonly buttons: readonly { readonly verb: CardVerb; readonly label: string }[];
  readonly deadlineMs: number | undefined;
  /** Everything that matters as one line of plain text, for notifications and screen readers. */
  readonly plain: string;
}

/** What people in the thread, or one person, are told when something changed that concerns them. */
export interface Notice {
  readonly requestId: string;
  readonly text: Line;
  readonly roles: readonly RoleName[];
  readonly people: readonly PersonId[];
}

/** The challenge as the reviewer sees it: nothing here tells a right answer. */
export type Question =
  /** The evidence is not shown yet, so nothing is asked yet: send `shown` once the platform accepted this view. */
  | { readonly kind: "later"; readonly challenge: ChallengeKind }
  | { readonly kind: "confirm"; readonly prompt: string; readonly options: readonly string[] }
  | {
      readonly kind: "quiz";
      readonly questions: readonly { readonly text: string; readonly options: readonly string[] }[];
    }
  | { readonly kind: "teach_back"; readonly prompt: string; readonly minWords: number };

export interface FormPage {
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string; readonly isPrivate: boolean }[];
}

/** The dialog in which one person reviews: evidence first, then the question. */
export interface ReviewForm {
  readonly requestId: string;
  readonly reviewId: string;
  /** What this person was shown; goes back with the answer. */
  readonly digest: string;
  readonly headline: Line;
  /** "You are asked as SRE lead. Your challenge: explain it back." */
  readonly role: Line;
  /** Level, action, score, who else is asked: what the service worked out, for the first page. */
  readonly about: readonly CardRow[];
  readonly pages: readonly FormPage[];
  readonly pagesRead: readonly number[];
  /** From when an answer can be accepted, on the store's clock. */
  readonly opensAtMs: number;
  readonly nowMs: number;
  readonly deadlineMs: number;
  readonly question: Question;
  /** What was sent before and not accepted: kept. */
  readonly draft: readonly string[];
  readonly attempt: number;
  readonly attempts: number;
  /** What is wrong with the last answer, in words; shown at the field. */
  readonly error: Line | undefined;
}

export interface DenyForm {
  readonly requestId: string;
  readonly headline: Line;
  readonly reasons: readonly { readonly code: DenyReason; readonly label: string }[];
  readonly stop: boolean;
}

/** What somebody did, parsed by an adapter from a signed payload. `deliveryId` makes a redelivery recognisable. */
export type Interaction = {
  readonly account: Account;
  readonly deliveryId: string;
  /** The message whose button was pressed; absent for a press in a dialog, a command, a home page. */
  readonly from?: PostedRef;
} & (
  | { readonly kind: "review"; readonly requestId: string }
  /** The platform accepted the view with the evidence: the clock starts. */
  | { readonly kind: "shown"; readonly requestId: string; readonly reviewId: string }
  | { readonly kind: "read"; readonly requestId: string; readonly reviewId: string; readonly page: number }
  | {
      readonly kind: "submit";
      readonly requestId: string;
      readonly reviewId: string;
      readonly digest: string;
      readonly answers: readonly string[];
      readonly breakGlass?: string;
    }
  | { readonly kind: "deny"; readonly requestId: string }
  | { readonly kind: "denied"; readonly requestId: string; readonly reason: DenyReason; readonly comment?: string }
  | { readonly kind: "stopped"; readonly requestId: string; readonly reason: DenyReason; readonly comment?: string }
  | { readonly kind: "pass"; readonly requestId: string }
  | { readonly kind: "comment"; readonly requestId: string; readonly text: string }
  | { readonly kind: "withdraw"; readonly requestId: string }
  | { readonly kind: "after_review"; readonly requestId: string; readonly comment: string }
  | { readonly kind: "inbox" }
  | { readonly kind: "whoami" }
  | { readonly kind: "show"; readonly requestId: string }
);

export interface InboxItem {
  readonly requestId: string;
  readonly headline: Line;
  readonly deadlineMs: number | undefined;
  /** What this person can do with it now. */
  readonly verbs: readonly ("review" | "deny" | "stop" | "withdraw" | "after_review")[];
}

export interface Inbox {
  readonly you: Line;
  readonly roles: readonly Line[];
  readonly waitingForYou: readonly InboxItem[];
  readonly waitingForOthers: readonly InboxItem[];
  readonly yourAgents: readonly InboxItem[];
  readonly decided: readonly InboxItem[];
  /** How many more there are in each list than it shows. */
  readonly more: Readonly<Record<"waitingForYou" | "waitingForOthers" | "yourAgents" | "decided", number>>;
}

/** What the person who did it gets back: exactly one. */
export type Reply =
  | { readonly kind: "review_form"; readonly form: ReviewForm }
  | { readonly kind: "deny_form"; readonly form: DenyForm }
  | { readonly kind: "inbox"; readonly inbox: Inbox }
  | { readonly kind: "card"; readonly card: Card }
  /** A private line. `refusal` carries the code where nothing was done. */
  | { readonly kind: "line"; readonly line: Line; readonly refusal?: string };

/** Where a card stands: opaque to the bot. */
export interface PostedRef {
  readonly surface: string;
  readonly ref: string;
}

/** Where to post: a channel as config names it, or one person. `mention`: the roles that are told so. */
export type Target =
  | { readonly kind: "channel"; readonly channel: string; readonly mention: readonly RoleName[] }
  | { readonly kind: "person"; readonly person: PersonId };

/** The mark under which a card is posted, and whether it may stand there already. */
export interface Claim {
  /** The same for each try. It belongs into the message, so that the message can be found by it. */
  readonly claimId: string;
  /** `unknown_outcome`: an earlier try may have been posted. Look for it first; who cannot look posts again and says so. */
  readonly earlier: "none" | "unknown_outcome";
  /** No message under this mark is older. The store's clock: allow for the platform's being another one. */
  readonly sinceMs: number;
}

/** What a post came to. */
export interface Posted {
  readonly ref: PostedRef;
  /** The message's own address for people; undefined where the platform has none. */
  readonly url: string | undefined;
  /** `may_stand`: another message under this mark may be there and could not be found or taken away. */
  readonly olderCopy: "none" | "may_stand";
}

/** One chat platform. Throws SurfaceFault when it could not deliver; `retryAfterMs` says when to try again. */
export interface ChatSurface {
  readonly name: string;
  /** Posts a new card under a claim, or finds the one that an earlier try left. */
  post(target: Target, card: Card, claim: Claim): Promise<Posted>;
  /** Edits a posted card in place. Repeatable. */
  update(ref: PostedRef, card: Card): Promise<void>;
  /** Tells something at a posted card: in its thread, mentioning these roles and people. */
  notify(ref: PostedRef, notice: Notice): Promise<void>;
  start(onInteraction: (interaction: Interaction) => Promise<Reply>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The platform failed. `unknown_outcome`: it may have been done all the same, as after a lost connection; with every
 * other code it surely was not. `gone`: the message to edit is not there any more. Any other error counts as unknown.
 */
export class SurfaceFault extends Error {
  readonly code: "unreachable" | "rate_limited" | "not_in_channel" | "rejected" | "gone" | "unknown_outcome";
  readonly retryAfterMs: number | undefined;
  constructor(code: SurfaceFault["code"], message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = "SurfaceFault";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}
