/** THE RULES of a request: state and command give events, or a refusal, or both. Pure; the time comes in. */
import type { Command } from "./command.ts";
import { afterReview, audited, cancel, result, revoke, use } from "./decide/after.ts";
import { join } from "./decide/join.ts";
import { deliver, open } from "./decide/open.ts";
import { comment, pass, read, review } from "./decide/review.ts";
import { NOTHING, type Ruling } from "./decide/ruling.ts";
import { tick, tighten } from "./decide/time.ts";
import { deny, vote } from "./decide/vote.ts";
import type { RequestState } from "./request.ts";

export type { Ruling } from "./decide/ruling.ts";

/** What this command does to this request now. `state` is undefined only for `open`. `nowMs` is the store's clock. */
export function decide(state: RequestState | undefined, command: Command, nowMs: number): Ruling {
  if (command.type === "open") return state === undefined ? open(command, nowMs) : NOTHING;
  if (state === undefined) throw new Error(`${command.type} before open`);
  if (!Number.isFinite(nowMs)) throw new Error("the store's clock gave no time");
  switch (command.type) {
    case "join":
      return join(state, command, nowMs);
    case "deliver":
      return deliver(state, command, nowMs);
    case "review":
      return review(state, command, nowMs);
    case "read":
      return read(state, command, nowMs);
    case "vote":
      return vote(state, command, nowMs);
    case "deny":
      return deny(state, command, nowMs);
    case "pass":
      return pass(state, command, nowMs);
    case "comment":
      return comment(state, command);
    case "tick":
      return tick(state, command, nowMs);
    case "tighten":
      return tighten(state, command, nowMs);
    case "cancel":
      return cancel(state, command, nowMs);
    case "audited":
      return audited(state, command);
    case "use":
      return use(state, command, nowMs);
    case "result":
      return result(state, command);
    case "revoke":
      return revoke(state, command);
    case "after_review":
      return afterReview(state, command);
  }
}
