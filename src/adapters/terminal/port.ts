/** What a conversation in a terminal needs: a terminal, and the service behind it, over HTTP or in the same process. */
import type { Interaction, Reply } from "../../bot/surface.ts";
import type { Account, DenyReason } from "../../engine/model.ts";

/** A terminal, or lines that come and go where there is none. */
export interface TerminalIo {
  readonly isTty: boolean;
  readonly color: boolean;
  /** In characters, now. */
  columns(): number;
  readonly timeZone: string | undefined;
  print(text: string): void;
  /** Replaces what it wrote last; an empty text clears it. Does nothing without a terminal. */
  progress(text: string): void;
  /** A typed line; undefined at the end of input or when aborted. */
  ask(prompt: string, signal: AbortSignal): Promise<string | undefined>;
  /** This machine's clock. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A reviewer's side of the service: each call gets exactly one reply. */
export interface ReviewPort {
  inbox(): Promise<Reply>;
  card(requestId: string): Promise<Reply>;
  /** Opens (or goes on with) a review: the answer is what is shown, and its clock runs from then. */
  open(requestId: string): Promise<Reply>;
  read(requestId: string, reviewId: string, page: number): Promise<Reply>;
  submit(requestId: string, answer: Submitted): Promise<Reply>;
  deny(requestId: string, why: Why): Promise<Reply>;
  stop(requestId: string, why: Why): Promise<Reply>;
  pass(requestId: string): Promise<Reply>;
  withdraw(requestId: string): Promise<Reply>;
  afterReview(requestId: string, comment: string): Promise<Reply>;
}

export interface Submitted {
  readonly reviewId: string;
  readonly digest: string;
  readonly answers: readonly string[];
  readonly breakGlass?: string;
}

export interface Why {
  readonly reason: DenyReason;
  readonly comment?: string;
}

/** The port to a service in the same process. */
export function createLocalPort(deps: {
  readonly account: Account;
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  readonly newId: () => string;
}): ReviewPort {
  const base = () => ({ account: deps.account, deliveryId: deps.newId() });
  const { interact } = deps;
  return {
    inbox: () => interact({ ...base(), kind: "inbox" }),
    card: (requestId) => interact({ ...base(), kind: "show", requestId }),
    async open(requestId) {
      const planned = await interact({ ...base(), kind: "review", requestId });
      if (planned.kind !== "review_form") return planned;
      return interact({ ...base(), kind: "shown", requestId, reviewId: planned.form.reviewId });
    },
    read: (requestId, reviewId, page) => interact({ ...base(), kind: "read", requestId, reviewId, page }),
    submit: (requestId, answer) => interact({ ...base(), kind: "submit", requestId, ...answer }),
    deny: (requestId, why) => interact({ ...base(), kind: "denied", requestId, ...why }),
    stop: (requestId, why) => interact({ ...base(), kind: "stopped", requestId, ...why }),
    pass: (requestId) => interact({ ...base(), kind: "pass", requestId }),
    withdraw: (requestId) => interact({ ...base(), kind: "withdraw", requestId }),
    afterReview: (requestId, comment) => interact({ ...base(), kind: "after_review", requestId, comment }),
  };
}
