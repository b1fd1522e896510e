/** What a service needs beyond a valid file: people, roles, approvers, agents. `config check` without --start does not ask for it. */

import type { Condition } from "../engine/condition.ts";
import { LEVELS, type Level, type RoleName } from "../engine/model.ts";
import type { EscalationRule, Profile } from "../engine/profile.ts";
import { type Finding, finding } from "./finding.ts";
import { approversNeeded, challengesOf } from "./levels.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./tree.ts";

type RawRole = NonNullable<RawConfig["roles"]>[string];

/** Where a role is named, in words, and whether its holders approve or are only told. */
interface Use {
  readonly role: RoleName;
  readonly by: string;
  readonly path: Path;
  readonly votes: boolean;
  readonly critical: boolean;
}

/** Roles that are named somewhere and not defined. Asked as soon as the file defines any role, and at every start. */
export function checkRoleNames(raw: RawConfig, profile: Profile): readonly Finding[] {
  const roles = raw.roles ?? {};
  const unknown = usesOf(raw, profile).filter((use) => !Object.hasOwn(roles, use.role));
  const names = [...new Set(unknown.map((use) => use.role))];
  return names.flatMap((name) => {
    const uses = unknown.filter((use) => use.role === name);
    const by = [...new Set(uses.map((use) => use.by))].join(", ");
    const path = uses.find((use) => use.path.length > 0)?.path ?? ["roles"];
    return finding(
      path,
      `the role ${name} is not defined (asked by ${by}); write \`roles: {${name}: {members: [...]}}\``,
    );
  });
}

/** Everything that is missing or empty for a start. Unknown role names are the business of `checkRoleNames`. */
export function checkStart(raw: RawConfig, profile: Profile): readonly Finding[] {
  return [
    ...checkPresent(raw, usesOf(raw, profile)),
    ...checkApprovers(raw),
    ...checkHolders(raw, usesOf(raw, profile)),
    ...checkEnough(raw),
    ...checkAgentsReady(raw),
  ];
}

function checkPresent(raw: RawConfig, uses: readonly Use[]): readonly Finding[] {
  const wanted = [...new Set(uses.map((use) => use.role))].join(", ");
  const asked = wanted === "" ? "" : ` (asked are ${wanted})`;
  const people =
    raw.people === undefined ? finding(["people"], "nobody is listed; name the people who may approve") : [];
  const roles =
    Object.keys(raw.roles ?? {}).length === 0
      ? finding(["roles"], `no role is defined${asked}; write \`roles: {NAME: {members: [e-mail]}}\``)
      : [];
  const agents =
    Object.keys(raw.agents ?? {}).length === 0
      ? finding(["agents"], "no agent is defined; write `agents: {ID: {token_sha256, owner}}`")
      : [];
  return [...people, ...roles, ...agents];
}

function checkApprovers(raw: RawConfig): readonly Finding[] {
  const mapped = challengesOf(raw.policy ?? {});
  return LEVELS.flatMap((level) => {
    if (mapped[level] === "auto_approve" || raw.policy?.approvers?.[level] !== undefined) return [];
    const message = `${level} asks for ${mapped[level]}, and no role is named to give it; write \`approvers: {${level}: [role]}\``;
    return finding(["policy", "approvers", level], message);
  });
}

function checkHolders(raw: RawConfig, uses: readonly Use[]): readonly Finding[] {
  return Object.entries(raw.roles ?? {}).flatMap(([name, role]) => {
    const own = uses.filter((use) => use.role === name);
    const onlyTold = own.length > 0 && own.every((use) => !use.votes);
    const path: Path = ["roles", name];
    if (!hasHolders(role) && !(onlyTold && hasChannel(role))) {
      return finding(path, "nobody holds this role; write members, slack.usergroup or teams.members_of");
    }
    const critical = own.find((use) => use.votes && use.critical);
    if (critical === undefined || role.members !== undefined) return [];
    const message = `is asked for critical actions (${critical.by}) and needs members; a chat group alone can be edited by too many`;
    return finding(path, message);
  });
}

function hasHolders(role: RawRole): boolean {
  return role.members !== undefined || role.slack?.usergroup !== undefined || role.teams?.members_of !== undefined;
}

function hasChannel(role: RawRole): boolean {
  return role.slack?.channel !== undefined || role.teams?.channel !== undefined;
}

/** Levels that could never be approved: too few different people, the agent's owner aside. */
function checkEnough(raw: RawConfig): readonly Finding[] {
  const needed = approversNeeded(raw.policy ?? {});
  const owners = Object.values(raw.agents ?? {}).flatMap((agent) => agent.owner?.toLowerCase() ?? []);
  return LEVELS.flatMap((level) => {
    const people = listedPeople(raw, raw.policy?.approvers?.[level] ?? []);
    if (people === undefined) return [];
    const aside = owners.find((owner) => people.has(owner));
    const count = people.size - (aside === undefined ? 0 : 1);
    if (count >= needed[level]) return [];
    const without = aside === undefined ? "" : `, the agent's owner ${aside} aside`;
    const message = `${level} needs ${needed[level]} different people, and these roles have ${count}${without}; add members or roles`;
    return finding(["policy", "approvers", level], message);
  });
}

/** Everybody these roles list; undefined where a chat group may add people, or a role is missing. */
function listedPeople(raw: RawConfig, names: readonly RoleName[]): ReadonlySet<string> | undefined {
  const roles = names.map((name) => raw.roles?.[name]);
  const lists = roles.map((role) => (role?.match === "any" ? undefined : role?.members));
  if (names.length === 0 || lists.some((members) => members === undefined)) return undefined;
  return new Set(lists.flatMap((members) => (members ?? []).map((email) => email.toLowerCase())));
}

function checkAgentsReady(raw: RawConfig): readonly Finding[] {
  return Object.entries(raw.agents ?? {}).flatMap(([id, agent]) => [
    ...(agent.token_sha256 === undefined
      ? finding(["agents", id], "has no token; write token_sha256, the SHA-256 of its token in hex")
      : []),
    ...(agent.owner === undefined
      ? finding(["agents", id], "has no owner; write the e-mail of the person who answers for it")
      : []),
  ]);
}

function usesOf(raw: RawConfig, profile: Profile): readonly Use[] {
  const policy = raw.policy ?? {};
  const approvers = LEVELS.flatMap((level) =>
    (policy.approvers?.[level] ?? []).map((role, index): Use => {
      const path: Path = ["policy", "approvers", level, index];
      return { role, by: `policy.approvers.${level}`, path, votes: true, critical: level === "critical" };
    }),
  );
  const rungs = (policy.escalation ?? []).flatMap((rung, at) =>
    rung.roles.map((role, index): Use => {
      const path: Path = ["policy", "escalation", at, "roles", index];
      return { role, by: `policy.escalation[${at}]`, path, votes: true, critical: true };
    }),
  );
  const breakGlass = (policy.break_glass?.roles ?? []).map((role, index): Use => {
    const path: Path = ["policy", "break_glass", "roles", index];
    return { role, by: "policy.break_glass", path, votes: true, critical: false };
  });
  return [
    ...approvers,
    ...rungs,
    ...breakGlass,
    ...profile.escalationRules.flatMap((rule) => usesOfRule(rule, profile)),
  ];
}

function usesOfRule(rule: EscalationRule, profile: Profile): readonly Use[] {
  const by = `rule ${rule.name} of domain ${profile.name}`;
  const critical = mayHoldAt(rule.condition, "critical");
  const votes = rule.action !== "notify";
  return [
    ...rule.roles.map((role): Use => ({ role, by, path: [], votes, critical })),
    ...rule.notify.map((role): Use => ({ role, by, path: [], votes: false, critical: false })),
  ];
}

/** Could this condition hold for some action of this level? */
function mayHoldAt(condition: Condition, level: Level): boolean {
  switch (condition.kind) {
    case "level":
      return condition.level === level;
    case "and":
      return condition.parts.every((part) => mayHoldAt(part, level));
    case "or":
      return condition.parts.some((part) => mayHoldAt(part, level));
    case "score":
    case "pattern":
    case "environment":
      return true;
  }
}
