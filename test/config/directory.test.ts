/** The config's directory: the contract, over lists and over groups, and how lists and groups are joined. */
import { describe, expect, it } from "vitest";
import { createDirectory, type DirectoryDeps } from "../../src/config/directory.ts";
import type { Config, RoleChannels } from "../../src/config/types.ts";
import type { RolePolicy } from "../../src/engine/policy.ts";
import type { GroupSource, RoleGroup } from "../../src/engine/ports.ts";
import { directoryContract, MEMBERS, PEOPLE } from "../contracts/directory.ts";
import { infraPolicy } from "../fixtures/infra-policy.ts";

const NOW = 1_767_225_600_000;
const USERS: Readonly<Record<string, string>> = {
  "kim@company.com": "U1",
  "bo@company.com": "T1/U2",
  "al@company.com": "U3",
};

interface Role {
  readonly members?: readonly string[];
  readonly match?: "all" | "any";
  readonly slack?: string;
  readonly teams?: string;
}

function configOf(roles: Readonly<Record<string, Role>>): Config {
  const policies = Object.entries(roles).map(([name, { members = [], match = "all" }]): [string, RolePolicy] => [
    name,
    { name, members, match, delegates: [], delegatesAtCritical: false },
  ]);
  const channels = Object.entries(roles).map(
    ([name, { slack, teams }]): RoleChannels => ({
      name,
      title: name,
      ...(slack !== undefined && { slack: { usergroup: slack } }),
      ...(teams !== undefined && { teams: { membersOf: teams } }),
    }),
  );
  return {
    file: "/x.yaml",
    policy: infraPolicy({ roles: Object.fromEntries(policies) }),
    people: PEOPLE.map(({ person, name }) => ({
      email: person,
      name,
      slack: USERS[person] ?? "",
      teams: `aad-${name}`,
    })),
    roles: channels,
    agentTokens: {},
    channels: { default: {}, rules: [] },
    audit: { path: "/a", answers: "full" },
    state: { path: "/s", keepMs: 1 },
    server: { host: "x", port: 1 },
    client: {},
    published: {},
  };
}

/** Groups of a platform by name; one that is missing cannot be read. */
function groups(
  source: "group" | "roster",
  known: Readonly<Record<string, readonly string[]>>,
  reads: { readonly asked: RoleGroup; readonly live: boolean }[] = [],
): GroupSource {
  return {
    surface: source === "group" ? "slack" : "teams",
    source,
    members: async (asked, live) => {
      reads.push({ asked, live });
      return known[asked.group];
    },
  };
}

function directoryOf(roles: Readonly<Record<string, Role>>, more: Partial<DirectoryDeps> = {}) {
  const config = configOf(roles);
  return createDirectory({ config: () => config, groups: [], nowMs: async () => NOW, ...more });
}

directoryContract("config lists", () => ({
  directory: directoryOf(Object.fromEntries(Object.entries(MEMBERS).map(([role, members]) => [role, { members }]))),
  accountOf: (person) => ({ surface: "terminal", tenant: "local", user: person }),
  stranger: { surface: "terminal", tenant: "local", user: "eve@elsewhere.test" },
  breakRole: undefined,
}));

directoryContract("user groups", () => {
  const known: Record<string, readonly string[]> = { S_sre: MEMBERS.sre ?? [], S_dba: MEMBERS.dba ?? [], S_empty: [] };
  const roles = Object.fromEntries(Object.keys(MEMBERS).map((role) => [role, { slack: `S_${role}` }]));
  return {
    directory: directoryOf(roles, { groups: [groups("group", known)] }),
    accountOf: (person) => ({ surface: "slack", tenant: "T1", user: (USERS[person] ?? "").replace("T1/", "") }),
    stranger: { surface: "slack", tenant: "T1", user: "U99" },
    breakRole: (role) => delete known[`S_${role}`],
  };
});

const held = async (directory: ReturnType<typeof directoryOf>, person: string) => {
  const roles = await directory.rolesOf(person, true);
  return { held: roles.held.map(({ role, source }) => `${role} by ${source}`), unknown: roles.unknown };
};
const [KIM, BO, AL] = ["kim@company.com", "bo@company.com", "al@company.com"] as const;

describe("a role with list and group", () => {
  const both = { members: [KIM, BO], slack: "S" };

  it("is held by those who are in both", async () => {
    const directory = directoryOf({ sre: both }, { groups: [groups("group", { S: [BO, AL] })] });
    expect(await directory.holdersOf(["sre"])).toEqual({ sre: [BO] });
    expect(await held(directory, BO)).toEqual({ held: ["sre by list"], unknown: [] });
    expect(await held(directory, KIM)).toEqual({ held: [], unknown: [] });
    expect(await held(directory, AL)).toEqual({ held: [], unknown: [] });
  });

  it("is held by those in either where config says so", async () => {
    const directory = directoryOf({ sre: { ...both, match: "any" } }, { groups: [groups("group", { S: [BO, AL] })] });
    expect((await directory.holdersOf(["sre"])).sre).toEqual([KIM, BO, AL]);
    expect(await held(directory, AL)).toEqual({ held: ["sre by group"], unknown: [] });
  });

  it("cannot be known by anybody while the group cannot be read", async () => {
    const directory = directoryOf({ sre: both }, { groups: [groups("group", {})] });
    expect(await directory.holdersOf(["sre"])).toEqual({ sre: undefined });
    for (const person of [KIM, AL]) expect(await held(directory, person)).toEqual({ held: [], unknown: ["sre"] });
  });

  it("is still known for those on the list, where either suffices and the group cannot be read", async () => {
    const directory = directoryOf({ sre: { ...both, match: "any" } }, { groups: [groups("group", {})] });
    expect(await held(directory, KIM)).toEqual({ held: ["sre by list"], unknown: [] });
    expect(await held(directory, AL)).toEqual({ held: [], unknown: ["sre"] });
    expect(await directory.holdersOf(["sre"])).toEqual({ sre: undefined });
  });

  it("cannot be known while no platform can read its group", async () => {
    expect(await directoryOf({ sre: both }).holdersOf(["sre"])).toEqual({ sre: undefined });
    expect(await directoryOf({ sre: { slack: "S" } }).holdersOf(["sre"])).toEqual({ sre: undefined });
  });

  it("needs both platforms' groups where both are named", async () => {
    const role = { slack: "S", teams: "T" };
    const two = [groups("group", { S: [KIM, BO] }), groups("roster", { T: [BO, AL] })];
    expect((await directoryOf({ sre: role }, { groups: two }).holdersOf(["sre"])).sre).toEqual([BO]);
    const one = [groups("group", { S: [KIM, BO] }), groups("roster", {})];
    expect((await directoryOf({ sre: role }, { groups: one }).holdersOf(["sre"])).sre).toBeUndefined();
    const only = [groups("group", { S: [KIM, BO] })];
    expect((await directoryOf({ sre: role }, { groups: only }).holdersOf(["sre"])).sre).toBeUndefined();
  });

  it("is read live for a vote, and otherwise may come from a cache", async () => {
    const reads: { readonly asked: RoleGroup; readonly live: boolean }[] = [];
    const directory = directoryOf({ sre: both }, { groups: [groups("group", { S: [BO] }, reads)] });
    await directory.rolesOf(BO, true);
    await directory.rolesOf(BO, false);
    await directory.holdersOf(["sre"]);
    expect(reads.map(({ live }) => live)).toEqual([true, false, false]);
    expect(reads[0]?.asked).toEqual({ role: "sre", group: "S", settings: {} });
  });
});

describe("accounts", () => {
  it("are matched with their workspace where config names it", async () => {
    const directory = directoryOf({});
    const slack = (tenant: string, user: string) => directory.personOf({ surface: "slack", tenant, user });
    expect(await slack("T1", "U2")).toEqual({ person: BO, name: "Bo Lindt" });
    expect(await slack("T9", "U2")).toBe("unknown");
    expect(await slack("T9", "U1")).toEqual({ person: KIM, name: "Kim Sato" });
    expect(await directory.personOf({ surface: "teams", tenant: "D", user: "aad-Al Fee" })).toMatchObject({
      person: AL,
    });
  });

  it("may be linked by a platform's directory, to people in config only", async () => {
    const linked = async ({ user }: { readonly user: string }) =>
      user === "U7" ? KIM : user === "U8" ? "eve@elsewhere.test" : user === "U9" ? "unavailable" : undefined;
    const directory = directoryOf({}, { linked });
    const slack = (user: string) => directory.personOf({ surface: "slack", tenant: "T1", user });
    expect(await slack("U7")).toMatchObject({ person: KIM });
    expect(await slack("U8")).toBe("unknown");
    expect(await slack("U9")).toBe("unavailable");
    expect(await slack("U10")).toBe("unknown");
  });
});

it("reads people and roles from the newest config", async () => {
  let config = configOf({ sre: { members: [KIM] } });
  const directory = createDirectory({ config: () => config, groups: [], nowMs: async () => NOW });
  expect((await directory.holdersOf(["sre"])).sre).toEqual([KIM]);
  config = configOf({ sre: { members: [BO] } });
  expect((await directory.holdersOf(["sre"])).sre).toEqual([BO]);
  expect((await directory.rolesOf(KIM, false)).held).toEqual([]);
});
