/** What every Directory must do. Called by a test file with a way to make one over these people and roles. */
import { expect, test } from "vitest";
import type { Account } from "../../src/engine/model.ts";
import type { Directory } from "../../src/engine/ports.ts";

/** Kim and Bo hold `sre`, Bo alone `dba`; nobody holds `empty`. */
export const PEOPLE = [
  { person: "kim@company.com", name: "Kim Sato" },
  { person: "bo@company.com", name: "Bo Lindt" },
  { person: "al@company.com", name: "Al Fee" },
] as const;
export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  sre: ["kim@company.com", "bo@company.com"],
  dba: ["bo@company.com"],
  empty: [],
};

export interface DirectoryHarness {
  readonly directory: Directory;
  /** An account that is this person's on a platform of the directory. */
  accountOf(person: string): Account;
  /** An account that is nobody's. */
  readonly stranger: Account;
  /** Makes it so that this role's members cannot be read; undefined where all of them stand in config. */
  readonly breakRole: ((role: string) => void) | undefined;
}

/** Registers the contract's tests under this name. */
export function directoryContract(name: string, create: () => Promise<DirectoryHarness> | DirectoryHarness): void {
  const contractTest = (title: string, run: (harness: DirectoryHarness) => Promise<void>) => {
    test(`${name}: ${title}`, async () => run(await create()));
  };

  contractTest("knows whose an account is, and by which name", async ({ directory, accountOf }) => {
    for (const known of PEOPLE) {
      expect(await directory.personOf(accountOf(known.person))).toEqual(known);
      expect(directory.nameOf(known.person)).toBe(known.name);
    }
  });

  contractTest("does not guess whose a strange account is", async ({ directory, stranger }) => {
    expect(await directory.personOf(stranger)).toBe("unknown");
    expect(directory.nameOf("nobody@elsewhere.test")).toBe("nobody@elsewhere.test");
  });

  contractTest("does not take another platform's account for the same one", async ({ directory, accountOf }) => {
    const account = accountOf("kim@company.com");
    expect(await directory.personOf({ ...account, surface: `not-${account.surface}` })).toBe("unknown");
  });

  contractTest("names each role that a person holds, and how it knows", async ({ directory }) => {
    for (const live of [true, false]) {
      for (const { person } of PEOPLE) {
        const { held, unknown } = await directory.rolesOf(person, live);
        const expected = Object.keys(MEMBERS).filter((role) => MEMBERS[role]?.includes(person));
        expect(held.map(({ role }) => role).sort()).toEqual(expected.sort());
        expect(unknown).toEqual([]);
        for (const holding of held) {
          expect(["list", "group", "roster", "delegate"]).toContain(holding.source);
          expect(holding.readAtMs).toBeGreaterThan(0);
        }
      }
    }
  });

  contractTest("names nobody's roles for somebody it does not know", async ({ directory }) => {
    expect(await directory.rolesOf("nobody@elsewhere.test", true)).toEqual({ held: [], unknown: [] });
  });

  contractTest("names the holders of the roles that are asked for, and of no other", async ({ directory }) => {
    const holders = await directory.holdersOf(["sre", "empty", "no_such_role"]);
    expect(Object.keys(holders).sort()).toEqual(["empty", "no_such_role", "sre"]);
    expect([...(holders.sre ?? [])].sort()).toEqual([...(MEMBERS.sre ?? [])].sort());
    expect(holders.empty).toEqual([]);
    expect(holders.no_such_role).toEqual([]);
  });

  contractTest("takes a lookup that failed for neither enough nor empty", async ({ directory, breakRole }) => {
    if (breakRole === undefined) return;
    breakRole("sre");
    expect((await directory.holdersOf(["sre", "dba"])).sre).toBeUndefined();
    const { held, unknown } = await directory.rolesOf("al@company.com", true);
    expect(held).toEqual([]);
    expect(unknown).toEqual(["sre"]);
    expect((await directory.rolesOf("bo@company.com", true)).held.map(({ role }) => role)).toContain("dba");
  });
}
