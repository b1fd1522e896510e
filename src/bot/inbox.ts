/** What waits for one person, and who they are here. It lists; it decides nothing. */
import type { Standing } from "../engine/approvals.ts";
import type { Account, Actor, PersonId, RoleFacts, RoleName } from "../engine/model.ts";
import { standingOf } from "../engine/people.ts";
import type { RequestState } from "../engine/request.ts";
import { headlineOf, type View } from "./card.ts";
import { SAID } from "./private-lines.ts";
import type { Inbox, InboxItem, Line } from "./surface.ts";
import { oneLine, roleTitles } from "./text.ts";

/** How many requests each list of an inbox shows: what a chat's home page has room for. */
const SHOWN = 25;
/** How long finished ones stay in it. */
const DECIDED_FOR_MS = 24 * 3_600_000;

export interface InboxInput {
  /** Every request that may concern somebody, newest first. */
  readonly listed: readonly RequestState[];
  readonly account: Account;
  readonly who: Who;
  /** Read once: which requests wait for this person follows from these and the requests' seats. */
  readonly roles: RoleFacts;
  readonly view: View;
}

interface Who {
  readonly person: PersonId;
  readonly name: string;
}

type List = keyof Inbox["more"];

/** The inbox of one person: oldest deadline first. Only requests that they have a say in, asked for, or own. */
export function inboxFor({ listed, account, who, roles, view }: InboxInput): Inbox {
  const actor: Actor = { ...who, account, roles };
  const sorted = listed
    .filter((state) => isRecent(state, view.nowMs))
    .map((state) => standingOf(state, { actor, holders: {}, nowMs: view.nowMs }))
    .map((standing) => ({ list: listOf(standing), standing }));
  const all = (wanted: List): readonly Standing[] =>
    sorted.filter(({ list }) => list === wanted).map(({ standing }) => standing);
  const shown = (list: List): readonly InboxItem[] => all(list).toSorted(byDeadline).slice(0, SHOWN).map(itemOf);
  const more = (list: List): number => Math.max(0, all(list).length - SHOWN);
  return {
    you: [SAID.onlyYou, { person: who.person, name: oneLine(who.name) }],
    roles: roleLines(roles, view.roleTitle),
    waitingForYou: shown("waitingForYou"),
    waitingForOthers: shown("waitingForOthers"),
    yourAgents: shown("yourAgents"),
    decided: shown("decided"),
    more: {
      waitingForYou: more("waitingForYou"),
      waitingForOthers: more("waitingForOthers"),
      yourAgents: more("yourAgents"),
      decided: more("decided"),
    },
  };
}

/** In which list it stands; undefined for what is none of this person's business. */
function listOf(standing: Standing): List | undefined {
  const { state, person } = standing;
  const isOwn = state.facts.excluded.includes(person);
  const isWaiting = state.status === "pending";
  if (isWaiting && standing.reviewRefusal === undefined) return "waitingForYou";
  if (isOwn) return "yourAgents";
  if (isWaiting) return standing.mayDeny || hasPart(standing) ? "waitingForOthers" : undefined;
  return isConcerned(standing) ? "decided" : undefined;
}

function isRecent(state: RequestState, nowMs: number): boolean {
  return state.decision === undefined || nowMs - state.decision.atMs < DECIDED_FOR_MS || isUnreviewed(state);
}

function isUnreviewed(state: RequestState): boolean {
  return state.decision?.by === "break_glass" && state.afterReview === undefined;
}

function byDeadline(a: Standing, b: Standing): number {
  const [first, second] = [a.state.deadlineMs ?? Infinity, b.state.deadlineMs ?? Infinity];
  return first === second ? 0 : first - second;
}

function hasPart({ state, person }: Standing): boolean {
  return state.votes.some((vote) => vote.person === person) || state.barred.includes(person);
}

function isConcerned(standing: Standing): boolean {
  const { state, person, mayStop, mayAfterReview } = standing;
  return mayStop || mayAfterReview || hasPart(standing) || state.decision?.person === person;
}

function itemOf(standing: Standing): InboxItem {
  const { state } = standing;
  const isWaiting = state.status === "pending";
  const verbs: InboxItem["verbs"] = [
    ...(isWaiting && standing.reviewRefusal === undefined ? (["review"] as const) : []),
    ...(standing.mayDeny ? (["deny"] as const) : []),
    ...(standing.mayStop ? (["stop"] as const) : []),
    ...(standing.mayWithdraw ? (["withdraw"] as const) : []),
    ...(standing.mayAfterReview ? (["after_review"] as const) : []),
  ];
  return { requestId: state.facts.id, headline: headlineOf(state), deadlineMs: state.deadlineMs, verbs };
}

const SOURCES = {
  list: "the config's list",
  group: "a group",
  roster: "a team's members",
  delegate: "standing in",
} as const;

function roleLines(roles: RoleFacts, roleTitle: (role: RoleName) => string): readonly Line[] {
  const held = roles.held.map(
    (holding): Line => [
      { role: holding.role, title: oneLine(roleTitle(holding.role)) },
      ` (${SOURCES[holding.source]})`,
    ],
  );
  const unread = roles.unknown.length === 0 ? [] : [[`${SAID.unread.trim()} ${roleTitles(roles.unknown, roleTitle)}`]];
  return held.length + unread.length === 0 ? [[SAID.noRoles.trim()]] : [...held, ...unread];
}

/** Who this account is here and why: person, account, roles with their source. */
export function whoamiLine(
  { account, who, roles }: { readonly account: Account; readonly who: Who; readonly roles: RoleFacts },
  roleTitle: (role: RoleName) => string,
): Line {
  const named = roleLines(roles, roleTitle).flatMap((line, index): Line => (index === 0 ? line : [", ", ...line]));
  const address = `${oneLine(account.surface)} ${oneLine(account.tenant)} ${oneLine(account.user)}`;
  return [
    SAID.onlyYou,
    { person: who.person, name: oneLine(who.name) },
    ` (${oneLine(who.person)}, ${address}).`,
    SAID.roles,
    ...named,
  ];
}
