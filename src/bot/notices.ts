/** Who is told what, derived from a request's state: each notice has a key, so that it is told once. It sends nothing. */
import type { RequestState } from "../engine/request.ts";
import type { View } from "./card.ts";
import { decidedLine, openLine } from "./private-lines.ts";
import type { Line, Notice } from "./surface.ts";
import { NOTICE, oneLine } from "./text.ts";

export interface KeyedNotice {
  /** The same for the same change, whenever it is asked for. */
  readonly key: string;
  readonly notice: Notice;
}

/** Every notice that this state has given rise to so far, oldest kind first. */
export function noticesOf(state: RequestState, view: View): readonly KeyedNotice[] {
  return [
    ...escalations(state, view),
    ...tightenings(state),
    ...seats(state, view),
    ...reminders(state),
    ...endings(state, view),
  ];
}

function noted(
  state: RequestState,
  key: string,
  text: Line,
  to: Partial<Pick<Notice, "roles" | "people">> = {},
): KeyedNotice {
  return { key, notice: { requestId: state.facts.id, text, roles: to.roles ?? [], people: to.people ?? [] } };
}

function escalations(state: RequestState, view: View): readonly KeyedNotice[] {
  if (state.step === 0 || state.status !== "pending") return [];
  const roles = state.standIns;
  const named = roles.flatMap(
    (role, index): Line => [...(index === 0 ? [] : [", "]), { role, title: oneLine(view.roleTitle(role)) }],
  );
  return [noted(state, `escalated:${state.step}`, [NOTICE.escalated, ...named], { roles })];
}

function tightenings(state: RequestState): readonly KeyedNotice[] {
  return state.revision === 0 || state.status !== "pending"
    ? []
    : [noted(state, `tightened:${state.revision}`, [NOTICE.lapsed], { roles: rolesOf(state) })];
}

/** Those who are still reading for a seat that somebody else took are told. */
function seats(state: RequestState, view: View): readonly KeyedNotice[] {
  if (state.status !== "pending") return [];
  return state.votes.map((vote) => {
    const people = state.reviews.filter((r) => r.seat === vote.seat && !r.ended).map((r) => r.person);
    const who = { person: vote.person, name: oneLine(vote.name) };
    const role = { role: vote.role.role, title: oneLine(view.roleTitle(vote.role.role)) };
    const text: Line = [who, NOTICE.seatTaken, role, ". ", ...openLine(state, view)];
    return noted(state, `voted:${vote.reviewId}`, text, { people });
  });
}

function reminders(state: RequestState): readonly KeyedNotice[] {
  if (state.reminded === 0 || state.deadlineMs === undefined) return [];
  const text: Line = [NOTICE.reminder, { atMs: state.deadlineMs, show: "clock_and_left" }];
  return [noted(state, `reminded:${state.reminded}`, text, { roles: rolesOf(state) })];
}

/** The verdict is told once it is in the audit log, with its entry in full. */
function endings(state: RequestState, view: View): readonly KeyedNotice[] {
  const { decision, audit, facts, execution } = state;
  if (decision === undefined || audit === undefined) return [];
  const people = [...new Set([facts.requester, facts.owner].filter((person) => person !== undefined))];
  const entry = NOTICE.audit(audit.entry, audit.hash);
  const suspicious = decision.reason === "suspicious";
  const ended = noted(
    state,
    `decided:${decision.verdict}`,
    [
      ...decidedLine({ ...state, revocation: undefined }, view),
      ...(suspicious ? [`. ${NOTICE.suspicious}`] : []),
      entry,
    ],
    {
      people,
      roles: decision.by === "break_glass" || suspicious ? everyRole(state) : [],
    },
  );
  const glass =
    decision.by === "break_glass" && decision.person !== undefined && state.afterReview === undefined
      ? [
          noted(state, "break_glass", [
            { person: decision.person, name: oneLine(decision.name ?? decision.person) },
            NOTICE.brokenGlass,
          ]),
        ]
      : [];
  const failed =
    execution?.outcome === undefined || execution.outcome === "succeeded"
      ? []
      : [noted(state, `outcome:${execution.outcome}`, [NOTICE.outcome[execution.outcome]], { people })];
  return [ended, ...glass, ...stops(state, view, people), ...failed];
}

/** A stop as suspicious is told to the same roles as a denial for that. */
function stops(state: RequestState, view: View, people: readonly string[]): readonly KeyedNotice[] {
  if (state.revocation === undefined) return [];
  const line = decidedLine(state, view);
  return state.revocation.reason === "suspicious"
    ? [noted(state, "revoked", [...line, `. ${NOTICE.suspicious}`], { people, roles: everyRole(state) })]
    : [noted(state, "revoked", line, { people })];
}

/** For a card that was posted again because nobody could tell whether its first post came through. */
export function olderCopyNotice(state: RequestState): KeyedNotice {
  return noted(state, "older_copy", [NOTICE.olderCopy]);
}

function everyRole(state: RequestState): readonly string[] {
  return [...new Set([...rolesOf(state), ...state.requirement.notify])];
}

/** Roles of the seats that are still open. */
function rolesOf({ requirement, votes }: RequestState): readonly string[] {
  const open = requirement.seats.filter((seat) => !votes.some((vote) => vote.seat === seat.index));
  const asked = open.length === 0 ? requirement.seats : open;
  return [...new Set(asked.flatMap((seat) => seat.roles))];
}
