/** What `attesta gate` says on stderr while it waits and when it ends. Words only; when they are printed stands in watch.ts. */
import type { RequestView } from "../api/contract.ts";
import { durationWords, oneLine, reasonWords, reviewWords, VERDICT_WORDS } from "../bot/text.ts";
import type { AttestaDenied } from "../client/denied.ts";

/** First how risky and what, then how to find it again. */
export function askedLines(view: RequestView): readonly string[] {
  const risk = `${view.risk.level.toUpperCase()} ${view.risk.score.toFixed(2)}`;
  return [
    `attesta: ${risk} · ${oneLine(view.summary)}`,
    `attesta: request ${view.id} · to go on after a crash: --request-id ${oneLine(view.request_id)}`,
  ];
}

/** Who is being asked, and how long is left. */
export function waitingLine(view: RequestView, leftMs: number | undefined): string {
  const taken = view.seats.flatMap(({ approver }) => (approver === undefined ? [] : [oneLine(approver)]));
  const done = taken.length === 0 ? "" : ` · approved so far by ${taken.join(", ")}`;
  const left = leftMs === undefined ? "" : ` · ${durationWords(leftMs)} left`;
  if (view.who === "") return "attesta: decided, and being written down";
  return `attesta: waiting for ${oneLine(view.who)}${done}${left}`;
}

/** For a request that no chat platform has shown to anybody for a minute. */
export function undeliveredLine(view: RequestView): string {
  return `attesta: nobody has been shown this yet. It can be decided by ${oneLine(view.who)}`;
}

/** The receipt: with it `audit verify --expect N:HASH` finds a cut or rewritten log. */
function auditLines(view: RequestView | undefined): readonly string[] {
  return view?.audit === undefined ? [] : [`attesta: audit #${view.audit.entry} ${view.audit.hash}`];
}

/** The verdict of a released request, and what reviewers wrote. */
export function releasedLines(view: RequestView): readonly string[] {
  const people = view.seats.flatMap(({ approver, challenge, seconds }) =>
    approver === undefined
      ? []
      : [`${oneLine(approver)} (${challenge.replace("_", "-")}, ${reviewWords(seconds ?? 0)})`],
  );
  const by = people.length === 0 ? "" : ` by ${people.join(" and ")}`;
  const what = view.mode === "observe" ? "OBSERVED, not gated" : VERDICT_WORDS[view.verdict ?? "approved"];
  const unreviewed = view.verdict === "timed_out" ? " · RUNS WITHOUT REVIEW" : "";
  const glass = view.reason === "break_glass" ? " · BREAK GLASS, one person alone" : "";
  return [`attesta: ${what}${by}${unreviewed}${glass}`, ...auditLines(view), ...commentLines(view.comments)];
}

function commentLines(comments: RequestView["comments"]): readonly string[] {
  return comments.map(({ from, text }) => `attesta: ${oneLine(from)}: ${oneLine(text)}`);
}

/** Why nothing ran, what reviewers wrote, and what to change. */
export function deniedLines(denied: AttestaDenied): readonly string[] {
  const { view } = denied;
  const word = VERDICT_WORDS[denied.verdict];
  const asked = denied.view !== undefined;
  const why = denied.reason === undefined || !asked ? oneLine(denied.message) : reasonWords(denied.reason);
  const hint = denied.hint === undefined ? [] : [`attesta: ${oneLine(denied.hint)}`];
  return [`attesta: ${word}: ${why}`, ...auditLines(view), ...commentLines(denied.comments), ...hint];
}
