/** Who an account is and which roles a person holds: the config's lists, joined with what chat platforms know of groups. */
import type { Account, Holders, PersonId, RoleFacts, RoleHolding, RoleName } from "../engine/model.ts";
import type { RolePolicy } from "../engine/policy.ts";
import type { Directory, GroupSource, RoleGroup } from "../engine/ports.ts";
import type { Config, RoleChannels } from "./types.ts";

export interface DirectoryDeps {
  /** The newest checked config. */
  readonly config: () => Config;
  readonly groups: readonly GroupSource[];
  /** The store's clock. */
  readonly nowMs: () => Promise<number>;
  /** An account that config does not name; undefined: not linked. */
  readonly linked?: (account: Account) => Promise<PersonId | "unavailable" | undefined>;
}

interface Holder {
  readonly person: PersonId;
  readonly holding: RoleHolding;
}

interface Membership {
  readonly holders: readonly Holder[];
  /** False when a group could not be read: others may hold the role too. */
  readonly complete: boolean;
}

/** People and roles as config and platforms say now. A role that config gives to nobody is held by nobody. */
export function createDirectory(deps: DirectoryDeps): Directory {
  const person = (id: PersonId) => deps.config().people.find((candidate) => candidate.email === id);
  return {
    async personOf(account) {
      const named = deps.config().people.find((candidate) => isAccountOf(candidate, account));
      if (named !== undefined) return { person: named.email, name: named.name };
      const linked = await deps.linked?.(account);
      if (linked === "unavailable") return "unavailable";
      const known = linked === undefined ? undefined : person(linked);
      return known === undefined ? "unknown" : { person: known.email, name: known.name };
    },
    rolesOf: (id, live, among) => rolesOf(deps, id, { live, among }),
    async holdersOf(roles): Promise<Holders> {
      const entries = roles.map(async (name) => {
        const role = deps.config().policy.roles[name];
        if (role === undefined) return [name, []] as const;
        const { holders, complete } = await whoHolds(deps, role, false);
        return [name, complete ? holders.map((holder) => holder.person) : undefined] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    nameOf: (id) => person(id)?.name ?? id,
  };
}

interface Reading {
  readonly live: boolean;
  readonly among: readonly RoleName[] | undefined;
}

async function rolesOf(deps: DirectoryDeps, id: PersonId, { live, among }: Reading): Promise<RoleFacts> {
  const roles = Object.values(deps.config().policy.roles).filter(({ name }) => among?.includes(name) ?? true);
  const held: RoleHolding[] = [];
  const unknown: RoleName[] = [];
  const read = await Promise.all(roles.map(async (role) => ({ role, ...(await whoHolds(deps, role, live)) })));
  for (const { role, holders, complete } of read) {
    const mine = holders.find((holder) => holder.person === id);
    if (mine !== undefined) held.push(mine.holding);
    else if (!complete) unknown.push(role.name);
  }
  return { held, unknown };
}

/** Where list and groups are both named a person must be in all of them, unless config says `match: any`. */
async function whoHolds(deps: DirectoryDeps, role: RolePolicy, live: boolean): Promise<Membership> {
  const readAtMs = await deps.nowMs();
  const channels = deps.config().roles.find((candidate) => candidate.name === role.name);
  const named = (people: readonly PersonId[], source: RoleHolding["source"]): readonly Holder[] =>
    people.map((person) => ({ person, holding: { role: role.name, source, readAtMs } }));
  const listed = role.members.length > 0 ? [named(role.members, "list")] : [];
  const groups = channels === undefined ? [] : await readGroups(deps, channels, live);
  const read = groups.flatMap((group) => (group === undefined ? [] : [named(group.people, group.source)]));
  const complete = read.length === groups.length;
  if (!complete && role.match === "all") return { holders: [], complete };
  return { holders: joined([...listed, ...read], role.match), complete };
}

/** Every group that config names for this role; undefined for one that no platform here could read. */
function readGroups({ groups }: DirectoryDeps, channels: RoleChannels, live: boolean) {
  return Promise.all(
    groupsOf(channels).map(async ({ surface, ...group }) => {
      const source = groups.find((candidate) => candidate.surface === surface);
      const people = await source?.members(group, live);
      return source === undefined || people === undefined ? undefined : { people, source: source.source };
    }),
  );
}

/** The groups that give members, with the rest of each platform's settings. */
function groupsOf({ name, slack, teams }: RoleChannels): readonly (RoleGroup & { readonly surface: string })[] {
  const named = [
    { surface: "slack", group: slack?.usergroup, settings: { channel: slack?.channel } },
    { surface: "teams", group: teams?.membersOf, settings: { team: teams?.team, channel: teams?.channel } },
  ];
  return named.flatMap(({ surface, group, settings }) =>
    group === undefined ? [] : [{ role: name, surface, group, settings: present(settings) }],
  );
}

function present(settings: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function joined(lists: readonly (readonly Holder[])[], match: "all" | "any"): readonly Holder[] {
  const everybody = lists.flat();
  const people = [...new Set(everybody.map(({ person }) => person))];
  const counts = (person: PersonId): boolean =>
    match === "any" || lists.every((list) => list.some((holder) => holder.person === person));
  return people.filter(counts).flatMap((person) => everybody.find((holder) => holder.person === person) ?? []);
}

/** Config names accounts of three surfaces: the terminal's by e-mail, Slack's and Teams' by their own ids. */
function isAccountOf(candidate: Config["people"][number], account: Account): boolean {
  switch (account.surface) {
    case "terminal":
      return account.user.toLowerCase() === candidate.email;
    case "slack":
      return (
        candidate.slack !== undefined && [account.user, `${account.tenant}/${account.user}`].includes(candidate.slack)
      );
    case "teams":
      return (
        candidate.teams !== undefined && [account.user, `${account.tenant}/${account.user}`].includes(candidate.teams)
      );
    default:
      return false;
  }
}
