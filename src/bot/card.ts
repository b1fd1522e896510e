/** The message that a channel sees, made from a request's state. It draws nothing and keeps nothing: the same state gives the same card. */
import type { PersonId } from "../engine/model.ts";
import type { RequestState } from "../engine/request.ts";
import { askedRows, historyRows, knownRows, seatRows } from "./card-rows.ts";
import type { Card, CardRow, CardSection, Line } from "./surface.ts";
import {
  CARD,
  CHALLENGE_WORDS,
  durationWords,
  LEVEL_WORDS,
  listed,
  oneLine,
  plainOf,
  reasonWords,
  reviewWords,
  roleTitles,
  VERDICT_WORDS,
} from "./text.ts";
import type { View, Viewer } from "./view.ts";

export type { View, Viewer } from "./view.ts";

/** The card for this state. Private and secret arguments, challenges and answers never stand on it. */
export function cardOf(state: RequestState, view: View, viewer: Viewer = "channel"): Card {
  const headline = headlineOf(state);
  const subline = sublineOf(state, view);
  const buttons = buttonsOf(state, view.nowMs, viewer);
  const what = buttons.some((button) => button.verb === "review") ? ` · ${CARD.whatToDo}` : "";
  return {
    requestId: state.facts.id,
    version: state.seq,
    state: cardState(state),
    level: state.assessment.level,
    digest: state.facts.digest,
    audit: state.audit,
    headline,
    subline,
    sections: sectionsOf(state, view),
    footer: [footerOf(state)],
    buttons,
    deadlineMs: state.deadlineMs,
    plain: `${plainOf(headline)} · ${plainOf(subline)}${what}`,
  };
}

/** How risky (or how it ended), what, where: the same first line for cards, forms and lists. */
export function headlineOf(state: RequestState): Line {
  return [{ strong: statusWords(state) }, " · ", whatAndWhere(state)];
}

/** What is asked and where, on one line: the declared summary, else the action's name, and the environment where the summary does not say it. */
export function whatAndWhere(state: RequestState): string {
  const { summary, actionName, environment } = state.facts;
  const what = shortened(oneLine(summary === "" ? actionName : summary), HEADLINE_CHARS);
  return what.toLowerCase().includes(environment.toLowerCase()) ? what : `${what} · ${oneLine(environment)}`;
}

/** A phone shows about this much of a notification. */
const HEADLINE_CHARS = 140;

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).trimEnd()}${CARD.cut(text.length)}`;
}

function statusWords(state: RequestState): string {
  const { decision, assessment } = state;
  if (isObserved(state)) return `${CARD.observed} · ${LEVEL_WORDS[assessment.level]} ${assessment.score.toFixed(2)}`;
  if (state.revocation !== undefined) return CARD.stopped;
  if (decision === undefined) return `${LEVEL_WORDS[assessment.level]} ${assessment.score.toFixed(2)}`;
  if (state.lapsed) return CARD.unused;
  if (decision.by === "break_glass") return CARD.brokenGlass;
  if (decision.verdict === "timed_out" && decision.released) return CARD.unreviewed;
  if (decision.by === "policy" && decision.verdict === "approved") return CARD.allowed;
  if (decision.by === "policy" && decision.reason === "blocked") return CARD.blocked;
  return VERDICT_WORDS[decision.verdict];
}

function cardState(state: RequestState): Card["state"] {
  if (isObserved(state)) return "observed";
  return state.status === "pending" ? "waiting" : state.status;
}

function isObserved(state: RequestState): boolean {
  return state.facts.mode === "observe" || state.decision?.by === "observe";
}

function sublineOf(state: RequestState, view: View): Line {
  const { decision, revocation } = state;
  if (isObserved(state)) return [CARD.observedWhy];
  if (revocation !== undefined) {
    const who = { person: revocation.person, name: oneLine(revocation.name) };
    return [who, CARD.stoppedBy, reasonWords(revocation.reason), CARD.told];
  }
  if (decision === undefined) return waitingLine(state, view);
  if (decision.verdict === "timed_out") return timedOutLine(state, view);
  if (decision.by === "policy") return [CARD.policyWhy, reasonWords(decision.reason ?? "no_challenge")];
  const who = deciderOf(state);
  if (decision.verdict === "cancelled")
    return decision.reason === "abandoned" ? [CARD.abandoned] : [CARD.cancelledBy, who];
  if (decision.verdict === "denied") return [who, CARD.denied, reasonWords(decision.reason ?? "denied"), CARD.told];
  return approvedLine(state, view);
}

function deciderOf({ decision }: RequestState): Line[number] {
  if (decision?.person === undefined) return CARD.theAgent;
  return { person: decision.person, name: oneLine(decision.name ?? decision.person) };
}

/** Who asks, for whom as the agent claims it, and until when. */
function waitingLine(state: RequestState, view: View): Line {
  const { agentId, owner, requester } = state.facts;
  const named = (person: PersonId) => ({ person, name: oneLine(view.nameOf(person)) });
  const whom: Line =
    requester !== undefined && requester !== owner
      ? [CARD.forPerson, named(requester), CARD.claimed]
      : owner === undefined
        ? []
        : [CARD.forPerson, named(owner)];
  return [oneLine(agentId), CARD.asks, ...whom, ...untilLine(state)];
}

/** The clock starts when the first card is posted: before that there is only a span. */
function untilLine({ startedAtMs, deadlineMs, requirement }: RequestState): Line {
  if (startedAtMs === undefined || deadlineMs === undefined)
    return [CARD.answerWithin, durationWords(requirement.timeoutMs)];
  return [CARD.answerBy, { atMs: deadlineMs, show: "clock_and_left" }];
}

function approvedLine(state: RequestState, view: View): Line {
  const counted = state.votes.map(
    (vote): Line => [
      { person: vote.person, name: oneLine(vote.name) },
      ` (${roleTitles([vote.role.role], view.roleTitle)}, ${CHALLENGE_WORDS[vote.challenge.kind]}, ${reviewWords(vote.seconds)})`,
    ],
  );
  const total = state.votes.reduce((sum, vote) => sum + vote.seconds, 0);
  return [...listed(counted), CARD.reviewTime(reviewWords(total))];
}

function timedOutLine(state: RequestState, view: View): Line {
  const taken = new Set(state.votes.map((vote) => vote.seat));
  const open = state.requirement.seats.filter((seat) => !taken.has(seat.index));
  const roles = [...new Set(open.flatMap((seat) => seat.roles))].map(
    (role): Line => [{ role, title: oneLine(view.roleTitle(role)) }],
  );
  const silent: Line = [CARD.noAnswer, ...listed(roles)];
  return state.decision?.released === true ? [CARD.unreviewedWhy, " ", ...silent] : silent;
}

function sectionsOf(state: RequestState, view: View): readonly CardSection[] {
  const { requirement, decision } = state;
  const needs = `${requirement.title === "" ? CARD.seats : `${oneLine(requirement.title)}:`} ${CARD.needs(requirement.seats.length)}`;
  const seats = decision === undefined ? seatRows(state, view) : [];
  const sections: readonly CardSection[] = [
    { source: "service", title: needs, rows: seats },
    { source: "service", title: CARD.history, rows: historyRows(state, view) },
    { source: "agent", title: CARD.asked, rows: askedRows(state) },
    { source: "service", title: CARD.known, rows: [...whyRow(state), ...knownRows(state)] },
  ];
  return sections.filter((section) => section.rows.length > 0);
}

/** What weighed; the quiet factors that each action has are left to the audit log. */
function whyRow({ assessment }: RequestState): readonly CardRow[] {
  const heavy = assessment.factors.filter(({ name, contribution }) => !MINOR.has(name) || contribution >= MINOR_BELOW);
  const because = heavy.filter((factor) => factor.contribution !== 0).map((factor) => factor.because);
  return because.length === 0 ? [] : [{ label: CARD.why(assessment.level), text: [oneLine(because.join(" · "))] }];
}

const MINOR = new Set(["arguments", "description", "hints", "novelty"]);
const MINOR_BELOW = 0.05;

function buttonsOf(state: RequestState, nowMs: number, viewer: Viewer): Card["buttons"] {
  if (isObserved(state)) return [];
  if (viewer === "requester") return state.status === "pending" ? [WITHDRAW] : [];
  if (state.status === "pending") {
    return [
      { verb: "review", label: CARD.buttons.review },
      { verb: "deny", label: CARD.buttons.deny },
    ];
  }
  const { decision } = state;
  const byPeople = decision?.by === "quorum" || decision?.by === "break_glass";
  const isRunnable = state.status === "approved" && byPeople && !state.lapsed;
  const isValid = decision !== undefined && nowMs < decision.atMs + state.requirement.validForMs;
  return isRunnable && isValid ? [{ verb: "stop", label: CARD.buttons.stop }] : [];
}

const WITHDRAW = { verb: "withdraw", label: CARD.buttons.withdraw } as const;

/** For whom this person's own copy is drawn: whoever may not approve it because they asked for it may withdraw it. */
export function viewerOf({ facts }: RequestState, person: PersonId): Viewer {
  return facts.excluded.includes(person) ? "requester" : "channel";
}

/** `req 7K3F · digest 9c1e 52ab · policy 41d0 · audit #42 e8f2 a1b3` */
function footerOf(state: RequestState): Line {
  const audit = state.audit === undefined ? "" : ` · audit #${state.audit.entry} ${inTwo(state.audit.hash)}`;
  const { id, digest } = state.facts;
  return [`req ${shortId(id)} · digest ${inTwo(digest)} · policy ${state.policyDigest.slice(0, 4)}${audit}`];
}

/** The first four characters of a request's id: for people to talk about it, never to address it. */
export function shortId(requestId: string): string {
  return requestId.slice(0, 4);
}

function inTwo(hex: string): string {
  return `${hex.slice(0, 4)} ${hex.slice(4, 8)}`;
}
