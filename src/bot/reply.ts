/** Replies put together. It asks nobody. */
import type { Outcome } from "../engine/approvals.ts";
import type { Refusal } from "../engine/command.ts";
import type { RequestState } from "../engine/request.ts";
import type { View } from "./card.ts";
import { refusalLine, SAID } from "./private-lines.ts";
import type { Line, Reply, ReviewForm } from "./surface.ts";

/** The words for a press that found no request, no person, or no answer. */
export function missing(outcome: Exclude<Outcome, { kind: "done" }>): Reply {
  switch (outcome.kind) {
    case "not_found":
      return said(SAID.notFound, "not_found");
    case "unlinked":
      return said(SAID.unlinked, "unlinked");
    case "unavailable":
      return said(SAID.notRecorded, "unavailable");
  }
}

/** The words for an account that is nobody, or could not be looked up. */
export function unknown(who: "unknown" | "unavailable"): Reply {
  return who === "unknown" ? said(SAID.unlinked, "unlinked") : said(SAID.notRecorded, "unavailable");
}

/** For a press on a copy that is not live; with the live one's address where there is one. */
export function oldCopy(liveUrl: string | undefined): Reply {
  const where: Line =
    liveUrl === undefined ? [SAID.liveElsewhere] : [SAID.liveCopyAt, { link: liveUrl, text: SAID.liveCopy }];
  return { kind: "line", line: [SAID.oldCopy, ...where], refusal: "old_copy" };
}

/** A review dialog as a reply. */
export function form(reviewForm: ReviewForm): Reply {
  return { kind: "review_form", form: reviewForm };
}

/** A refusal as a private line with its code. */
export function refused(refusal: Refusal, state: RequestState, view: View): Reply {
  return { kind: "line", line: refusalLine(refusal, state, view), refusal: refusal.code };
}

/** Words as a private line; `refusal` where nothing was done. */
export function said(words: string, refusal?: string): Reply {
  return refusal === undefined ? { kind: "line", line: [words] } : { kind: "line", line: [words], refusal };
}
