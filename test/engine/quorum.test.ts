/** Matching people to seats, held against trying everything; which seat a person gets; who counts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Level, RoleFacts, RoleHolding } from "../../src/engine/model.ts";
import type { Seat } from "../../src/engine/policy.ts";
import {
  canFill,
  chooseSeat,
  entitlement,
  holdingFor,
  isPossible,
  openSeats,
  rolesAsked,
  rolesOfSeat,
} from "../../src/engine/quorum.ts";
import type { Happening, RequestState } from "../../src/engine/request.ts";
import { sampleFacts, sampleRequirement, stateAfter } from "../fixtures/requests.ts";

function seat(index: number, ...roles: readonly string[]): Seat {
  return { index, roles, challenge: index === 0 ? "teach_back" : "quiz", minimumMs: 0 };
}

function asking(seats: readonly Seat[], ...happenings: readonly Happening[]): RequestState {
  return stateAfter(sampleFacts({ requirement: sampleRequirement({ seats }) }), ...happenings);
}

function held(role: string, source: RoleHolding["source"] = "list"): RoleHolding {
  return { role, source, readAtMs: 0 };
}

function facts(...roles: readonly string[]): RoleFacts {
  return { held: roles.map((role) => held(role)), unknown: [] };
}

const escalated = (...roles: readonly string[]): Happening => ({ type: "escalated", step: 1, roles, early: false });
const passed = (person: string): Happening => ({ type: "passed", person });
const barred = (person: string): Happening => ({ type: "barred", person, seat: 0 });

describe("canFill", () => {
  it("agrees with trying every assignment", () => {
    const people = ["a", "b", "c", "d", "e"];
    const options = fc.array(fc.subarray(people), { maxLength: 5 });
    const brute = (seats: readonly (readonly string[])[], used: readonly string[]): boolean => {
      const [first, ...rest] = seats;
      return first === undefined || first.some((one) => !used.includes(one) && brute(rest, [...used, one]));
    };
    const reached = { yes: 0, no: 0 };
    fc.assert(
      fc.property(options, (seats) => {
        const expected = brute(seats, []);
        expect(canFill(seats)).toBe(expected);
        reached[expected ? "yes" : "no"] += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(Math.min(reached.yes, reached.no)).toBeGreaterThan(300);
  });

  it("moves people along when a later seat needs the one that an earlier seat took", () => {
    expect(canFill([["a", "b"], ["a", "c"], ["a"]])).toBe(true);
    expect(
      canFill([
        ["a", "b"],
        ["a", "b"],
        ["a", "b"],
      ]),
    ).toBe(false);
    expect(canFill([])).toBe(true);
  });
});

describe("isPossible", () => {
  const two = [seat(0, "sre"), seat(1, "dba")];

  it("wants one different person for each open seat", () => {
    expect(isPossible(asking(two), { sre: ["kim"], dba: ["bo"] })).toBe("yes");
    expect(isPossible(asking(two), { sre: ["kim"], dba: ["kim"] })).toBe("no");
    expect(isPossible(asking(two), { sre: ["kim"], dba: [] })).toBe("no");
  });

  it("does not count who is excluded, barred or passed", () => {
    const one = [seat(0, "sre")];
    expect(isPossible(asking(one), { sre: ["dana@company.com"] })).toBe("no");
    expect(isPossible(asking(one, barred("kim")), { sre: ["kim"] })).toBe("no");
    expect(isPossible(asking(one, passed("kim")), { sre: ["kim"] })).toBe("no");
    expect(isPossible(asking(one, passed("kim")), { sre: ["kim", "bo"] })).toBe("yes");
  });

  it("cannot know while a role that is asked could not be read, but knows when others suffice", () => {
    expect(isPossible(asking(two), { sre: ["kim"], dba: undefined })).toBe("unknown");
    expect(isPossible(asking([seat(0, "sre", "dba")]), { sre: ["kim"], dba: undefined })).toBe("yes");
    expect(isPossible(asking([seat(0, "sre")]), { sre: [], dba: undefined })).toBe("no");
  });

  it("takes the roles of the rungs reached so far for any open seat", () => {
    const holders = { sre: ["kim"], dba: [], lead: ["bo"] };
    expect(isPossible(asking(two), holders)).toBe("no");
    expect(isPossible(asking(two, escalated("lead")), holders)).toBe("yes");
    expect(rolesOfSeat(asking(two, escalated("lead", "sre")), two[0] as Seat)).toEqual(["sre", "lead"]);
    expect(rolesAsked(asking(two, escalated("lead")))).toEqual(["sre", "dba", "lead"]);
  });
});

describe("chooseSeat", () => {
  const question = (person: string, roles: readonly string[], holders: Record<string, readonly string[]>) => ({
    person,
    roles: facts(...roles),
    holders,
  });

  it("gives the open seat of one's role", () => {
    const state = asking([seat(0, "sre"), seat(1, "dba")]);
    expect(chooseSeat(state, question("bo", ["dba"], { sre: ["kim"], dba: ["bo"] }))?.index).toBe(1);
    expect(chooseSeat(state, question("bo", ["ops"], { sre: ["kim"], dba: ["bo"] }))).toBeUndefined();
  });

  it("gives the hardest of several, unless that would leave another seat without a person", () => {
    const state = asking([seat(0, "sre", "dba"), seat(1, "dba")]);
    const both = ["sre", "dba"];
    expect(chooseSeat(state, question("kim", both, { sre: ["kim"], dba: ["kim", "bo"] }))?.index).toBe(0);
    // Only kim is a dba: somebody with the other role can take the first seat, nobody else the second.
    expect(chooseSeat(state, question("kim", both, { sre: ["kim", "bo"], dba: ["kim"] }))?.index).toBe(1);
  });

  it("gives the hardest where nothing leaves enough people", () => {
    const state = asking([seat(0, "sre"), seat(1, "sre")]);
    expect(chooseSeat(state, question("kim", ["sre"], { sre: ["kim"] }))?.index).toBe(0);
  });

  it("leaves every other open seat a person whenever any choice does", () => {
    const people = ["a", "b", "c", "d"];
    const roles = ["x", "y", "z"];
    const seats = fc
      .array(fc.subarray(roles, { minLength: 1 }), { minLength: 1, maxLength: 3 })
      .map((all) => all.map((names, index) => seat(index, ...names)));
    const holders = fc.record({ x: fc.subarray(people), y: fc.subarray(people), z: fc.subarray(people) });
    let chosenLater = 0;
    fc.assert(
      fc.property(seats, holders, fc.constantFrom(...people), (all, who, person) => {
        const mine = roles.filter((role) => who[role as "x"].includes(person));
        const chosen = chooseSeat(asking(all), { person, roles: facts(...mine), holders: who });
        const free = all.filter((one) => one.roles.some((role) => mine.includes(role)));
        if (chosen === undefined) {
          expect(free).toEqual([]);
          return;
        }
        expect(free.map((one) => one.index)).toContain(chosen.index);
        const leaves = (index: number): boolean =>
          canFill(
            all
              .filter((one) => one.index !== index)
              .map((one) => one.roles.flatMap((role) => who[role as "x"]).filter((other) => other !== person)),
          );
        if (free.some((one) => leaves(one.index))) expect(leaves(chosen.index)).toBe(true);
        else expect(chosen.index).toBe(free[0]?.index);
        if (chosen.index !== free[0]?.index) chosenLater += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(chosenLater).toBeGreaterThan(20);
  });
});

describe("who counts", () => {
  const at = (level: Level): RequestState => {
    const base = sampleFacts();
    return { ...asking([seat(0, "sre")]), assessment: { ...base.assessment, level } };
  };

  it.each([
    ["high", "entitled"],
    ["critical", "no"],
  ] as const)("a delegate at %s: %s", (level, expected) => {
    const roles = { held: [held("sre", "delegate")], unknown: [] };
    expect(entitlement(at(level), roles)).toBe(expected);
  });

  it.each(["list", "group", "roster"] as const)("a member by %s at critical, beside a delegation", (source) => {
    const roles = { held: [held("sre", "delegate"), held("sre", source)], unknown: [] };
    const state = at("critical");
    expect(holdingFor(state, state.requirement.seats[0] as Seat, roles)?.source).toBe(source);
  });

  it("takes a failed lookup for neither enough nor empty, and only where that role is asked", () => {
    expect(entitlement(at("high"), { held: [], unknown: ["sre"] })).toBe("unknown");
    expect(entitlement(at("high"), { held: [], unknown: ["dba"] })).toBe("no");
    expect(entitlement(at("high"), { held: [held("sre")], unknown: ["dba", "sre"] })).toBe("entitled");
    expect(entitlement(at("high"), { held: [held("dba")], unknown: [] })).toBe("no");
  });

  it("leaves open the seats without a counted vote", () => {
    const seats = [seat(0, "sre"), seat(1, "dba")];
    const vote = { person: "kim", seat: 0 } as RequestState["votes"][number];
    expect(openSeats({ ...asking(seats), votes: [vote] }).map((one) => one.index)).toEqual([1]);
    expect(isPossible({ ...asking(seats), votes: [vote] }, { sre: [], dba: ["kim"] })).toBe("no");
    expect(isPossible({ ...asking(seats), votes: [vote] }, { sre: [], dba: ["bo"] })).toBe("yes");
  });
});
