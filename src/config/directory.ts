/** Who an account is and which roles a person holds: the config's lists, joined with what chat platforms know of groups. */
import type { Account, Holders, PersonId, RoleFacts, RoleHolding, RoleName } from "../engine/model.ts";
import type { RolePolicy } from "../engine/policy.ts";
import type { Directory } from "../engine/ports.ts";
import type { Config, RoleChannels } from "./types.ts";

/** A chat platform's groups as role members: a Slack user group, a Teams roster. */
export interface GroupSource {
  readonly source: "group" | "roster";
  /** Does config name a group of this platform for the role? */
  covers(role: RoleChannels): boolean;
  /** The group's people; undefined when it could not be read. `live`: not from a cache. */
  members(role: RoleChannels, live: boolean): Promise<readonly PersonId[] | undefined>;
}

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
  /** Where list and groups are both named a person must be in all of them, unless config says `match: any`. */
  async function whoHolds(role: RolePolicy, live: boolean): Promise<Membership> {
    const readAtMs = await deps.nowMs();
    const channels = deps.config().roles.find((candidate) => candidate.name === role.name);
    const named = (people: readonly PersonId[], source: RoleHolding["source"]): readonly Holder[] =>
      people.map((person) => ({ person, holding: { role: role.name, source, readAtMs } }));
    const listed = role.members.length > 0 ? [named(role.members, "list")] : [];
    if (!usesGroups(channels)) return { holders: joined(listed, "any"), complete: true };
    const groups = channels === undefined ? [] : await readGroups(channels, live);
    const read = groups.flatMap((group) => (group === undefined ? [] : [named(group.people, group.source)]));
    const complete = groups.length > 0 && read.length === groups.length;
    if (!complete && role.match === "all") return { holders: [], complete };
    return { holders: joined([...listed, ...read], role.match), complete };
  }

  function readGroups(channels: RoleChannels, live: boolean) {
    const covering = deps.groups.filter((group) => group.covers(channels));
    return Promise.all(
      covering.map(async (group) => {
        const people = await group.members(channels, live);
        return people === undefined ? undefined : { people, source: group.source };
      }),
    );
  }

  function joined(lists: readonly (readonly Holder[])[], match: "all" | "any"): readonly Holder[] {
    const everybody = lists.flat();
    const people = [...new Set(everybody.map(({ person }) => person))];
    const counts = (person: PersonId): boolean =>
      match === "any" || lists.every((list) => list.some((holder) => holder.person === person));
    return people.filter(counts).flatMap((person) => everybody.find((holder) => holder.person === person) ?? []);
  }

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
    async rolesOf(id, live, among): Promise<RoleFacts> {
      const held: RoleHolding[] = [];
      const unknown: RoleName[] = [];
      for (const role of Object.values(deps.config().policy.roles)) {
        if (among !== undefined && !among.includes(role.name)) continue;
        const { holders, complete } = await whoHolds(role, live);
        const mine = holders.find((holder) => holder.person === id);
        if (mine !== undefined) held.push(mine.holding);
        else if (!complete) unknown.push(role.name);
      }
      return { held, unknown };
    },
    async holdersOf(roles): Promise<Holders> {
      const entries = roles.map(async (name) => {
        const role = deps.config().policy.roles[name];
        if (role === undefined) return [name, []] as const;
        const { holders, complete } = await whoHolds(role, false);
        return [name, complete ? holders.map((holder) => holder.person) : undefined] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    nameOf: (id) => person(id)?.name ?? id,
  };
}

function usesGroups(channels: RoleChannels | undefined): boolean {
  return channels?.slack?.usergroup !== undefined || channels?.teams?.membersOf !== undefined;
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
