/** What waits for one person, and who they are here. It lists; it decides nothing. */
import type { Approvals, Standing } from "../engine/approvals.ts";
import type { Account, PersonId, RoleFacts, RoleName } from "../engine/model.ts";
import type { RequestState } from "../engine/request.ts";
import { headlineOf, type View } from "./card.ts";
import { SAID } from "./private-lines.ts";
import type { Inbox, InboxItem, Line } from "./surface.ts";
import { oneLine, roleTitles } from "./text.ts";

/** How many requests an inbox looks at; how long finished ones stay in it. */
const LOOKED_AT = 100;
const DECIDED_FOR_MS = 24 * 3_600_000;

export interface InboxInput {
  readonly approvals: Approvals;
  readonly directory: { rolesOf(person: PersonId, live: boolean): Promise<RoleFacts> };
  list(): Promise<readonly RequestState[]>;
  roleTitle(role: RoleName): string;
  readonly account: Account;
  readonly who: Who;
  readonly view: View;
}

interface Who {
  readonly person: PersonId;
  readonly name: string;
}

/** The inbox of one person: oldest deadline first. Only requests that they have a say in, asked for, or own. */
export async function inboxFor(input: InboxInput): Promise<Inbox> {
  const { approvals, account, who, view } = input;
  const listed = (await input.list()).filter((state) => isRecent(state, view.nowMs)).slice(0, LOOKED_AT);
  const standings: Standing[] = [];
  for (const state of listed) {
    const standing = await approvals.standing(account, state.facts.id);
    if (!("kind" in standing)) standings.push(standing);
  }
  const roles = await input.directory.rolesOf(who.person, false);
  const pending = standings.filter(({ state }) => state.status === "pending").sort(byDeadline);
  const mine = pending.filter((standing) => standing.reviewRefusal === undefined);
  const owned = ({ state }: Standing) => state.facts.excluded.includes(who.person);
  const others = pending.filter((standing) => standing.reviewRefusal !== undefined && !owned(standing));
  return {
    you: [SAID.onlyYou, { person: who.person, name: oneLine(who.name) }],
    roles: roleLines(roles, input.roleTitle),
    waitingForYou: mine.map(itemOf),
    waitingForOthers: others.filter((standing) => standing.mayDeny || hasPart(standing)).map(itemOf),
    yourAgents: standings.filter(owned).map(itemOf),
    decided: standings
      .filter((standing) => standing.state.status !== "pending" && !owned(standing))
      .filter(isConcerned)
      .map(itemOf),
  };
}

function isRecent(state: RequestState, nowMs: number): boolean {
  return state.decision === undefined || nowMs - state.decision.atMs < DECIDED_FOR_MS || isUnreviewed(state);
}

function isUnreviewed(state: RequestState): boolean {
  return state.decision?.by === "break_glass" && state.afterReview === undefined;
}

function byDeadline(a: Standing, b: Standing): number {
  return (a.state.deadlineMs ?? Infinity) - (b.state.deadlineMs ?? Infinity);
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
  group: "a Slack group",
  roster: "a Teams roster",
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
