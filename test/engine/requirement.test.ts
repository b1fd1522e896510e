/** From score to seats: the published cases, each kind of rule, and that a changed policy only ever asks for more. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "../../src/engine/condition.ts";
import { CHALLENGES, LEVELS, type Level, MAPPED_CHALLENGES } from "../../src/engine/model.ts";
import type { Policy, Requirement, Seat } from "../../src/engine/policy.ts";
import type { EscalationRule } from "../../src/engine/profile.ts";
import { harderOf, isStricter, requirementFor, stricterOf } from "../../src/engine/requirement.ts";
import type { RiskAssessment } from "../../src/engine/risk.ts";
import { infraActions, infraCalls } from "../fixtures/infra-actions.ts";
import { infraPolicy, infraProfile } from "../fixtures/infra-policy.ts";
import { sampleRequirement } from "../fixtures/requests.ts";
import { assessed } from "../fixtures/risk.ts";

const ALWAYS: Condition = { kind: "score", op: ">=", value: 0 };

function rule(given: Partial<EscalationRule>): EscalationRule {
  return {
    name: "a_rule",
    title: "",
    condition: ALWAYS,
    action: "require_confirm",
    roles: [],
    require: "any",
    approvers: 0,
    notify: [],
    ...given,
  };
}

function withRules(rules: readonly EscalationRule[], policy: Partial<Policy> = {}): Policy {
  return infraPolicy({ ...policy, profile: { ...infraProfile, escalationRules: rules } });
}

function at(level: Level, more: Partial<RiskAssessment> = {}): RiskAssessment {
  const score = { low: 0.1, medium: 0.4, high: 0.7, critical: 0.9 }[level];
  return {
    rawScore: score,
    score,
    level,
    factors: [],
    patterns: [],
    complianceRefs: [],
    environment: "production",
    production: true,
    declared: true,
    trust: 0.2,
    ...more,
  };
}

function asked(level: Level, policy: Policy, more: Partial<RiskAssessment> = {}): Requirement {
  return requirementFor({ assessment: at(level, more), freeCommand: false }, policy);
}

const seatsOf = (requirement: Requirement) =>
  requirement.seats.map((seat) => [seat.roles.join(" or "), seat.challenge, seat.minimumMs]);

describe("the published cases", () => {
  const STAGING = { environment: "staging" } as const;
  const CASES = [
    ["get_service_status", "auto_approve", "", []],
    ["list_recent_deployments", "auto_approve", "", []],
    ["deploy_to_staging", "confirm", "", [["sre_lead or release_manager", "confirm", 3_000]]],
    [
      "deploy_to_production",
      "multi_party",
      "Production deployment",
      [
        ["sre_lead", "teach_back", 45_000],
        ["release_manager", "quiz", 15_000],
      ],
    ],
    [
      "run_migration",
      "multi_party",
      "Schema migration",
      [
        ["dba", "teach_back", 45_000],
        ["backend_lead", "quiz", 15_000],
      ],
    ],
    ["rollback_deployment", "quiz", "", [["sre_lead or release_manager", "quiz", 15_000]]],
    [
      "modify_firewall_rule",
      "teach_back",
      "Firewall modification",
      [["security_engineer or network_admin", "teach_back", 15_000]],
    ],
    ["rotate_credentials", "quiz", "", [["security_engineer", "quiz", 15_000]]],
  ] as const;

  it.each(CASES)("asks for %s: %s %s", (name, challengeType, title, seats) => {
    const sent = name === "deploy_to_staging" ? STAGING : {};
    const policy = infraPolicy();
    const assessment = assessed({ name, arguments: infraCalls[name], hints: infraActions[name]?.hints, ...sent });
    const requirement = requirementFor({ assessment, freeCommand: false }, policy);
    expect(requirement).toMatchObject({ challengeType, title });
    expect(seatsOf(requirement)).toEqual(seats);
    expect(requirement.blocked).toBeUndefined();
    expect(requirement.seats.map((seat) => seat.index)).toEqual(seats.map((_, index) => index));
  });

  it("asks everybody for 45 seconds where config wants the level's minimum for each", () => {
    const policy = infraPolicy({ minimumReviewMode: "per_level" });
    const requirement = asked("critical", policy, { patterns: ["schema_migration"] });
    expect(requirement.seats.map((seat) => seat.minimumMs)).toEqual([45_000, 45_000]);
  });

  it("asks two of sre_lead and security_engineer for a critical action that no rule names", () => {
    expect(seatsOf(asked("critical", infraPolicy()))).toEqual([
      ["sre_lead or security_engineer", "teach_back", 45_000],
      ["sre_lead or security_engineer", "quiz", 15_000],
    ]);
  });
});

describe("what the level asks", () => {
  it.each([
    ["low", "auto_approve", 0],
    ["medium", "confirm", 1],
    ["high", "quiz", 1],
    ["critical", "multi_party", 2],
  ] as const)("maps %s to %s", (level, challengeType, seats) => {
    const requirement = asked(level, withRules([]));
    expect(requirement.challengeType).toBe(challengeType);
    expect(requirement.seats).toHaveLength(seats);
  });

  it("asks a human for critical even where the map says auto_approve", () => {
    const policy = withRules([], {
      challengeMap: { low: "auto_approve", medium: "auto_approve", high: "auto_approve", critical: "auto_approve" },
      multiParty: { low: 1, medium: 1, high: 1, critical: 1 },
    });
    expect(seatsOf(asked("critical", policy))).toEqual([["sre_lead or security_engineer", "teach_back", 45_000]]);
    expect(asked("high", policy).seats).toEqual([]);
  });

  it("never asks only a confirm for critical", () => {
    const policy = withRules([], {
      challengeMap: { low: "auto_approve", medium: "confirm", high: "confirm", critical: "confirm" },
      multiParty: { low: 1, medium: 1, high: 1, critical: 1 },
    });
    expect(asked("critical", policy).seats.map((seat) => seat.challenge)).not.toContain("confirm");
    expect(asked("high", policy).seats.map((seat) => seat.challenge)).toEqual(["confirm"]);
  });

  it("takes the higher of the policy's and the profile's minimum", () => {
    const profile = { ...infraProfile, escalationRules: [], minReviewMs: { high: 20_000, medium: 1_000 } };
    const policy = infraPolicy({ profile });
    expect(asked("high", policy).seats[0]?.minimumMs).toBe(20_000);
    expect(asked("medium", policy).seats[0]?.minimumMs).toBe(3_000);
    expect(asked("critical", policy).seats.map((seat) => seat.minimumMs)).toEqual([45_000, 20_000]);
  });

  it("asks teach-back, quiz, quiz again where three people are needed", () => {
    const policy = withRules([], { multiParty: { low: 1, medium: 1, high: 1, critical: 3 } });
    expect(asked("critical", policy).seats.map((seat) => seat.challenge)).toEqual(["teach_back", "quiz", "quiz"]);
  });

  it("denies at once, with the reason, where no level from this one up names approvers", () => {
    const none = { low: [], medium: [], high: [], critical: [] };
    expect(asked("medium", withRules([], { approvers: none }))).toMatchObject({
      blocked: "policy.approvers names no role for medium",
    });
  });

  it("asks the next level's approvers where this one names none", () => {
    const approvers = { low: [], medium: [], high: ["dba"], critical: ["sre_lead"] };
    expect(asked("medium", withRules([], { approvers })).seats[0]?.roles).toEqual(["dba"]);
  });

  it("denies in config's words where nobody can be asked, but lets pass what needs nobody", () => {
    const policy = withRules([], { nobodyToAsk: "no terminal here" });
    expect(asked("medium", policy).blocked).toBe("no terminal here");
    expect(asked("low", policy).blocked).toBeUndefined();
  });
});

describe("rules", () => {
  it.each([
    ["require_confirm", "confirm", 3_000],
    ["require_quiz", "quiz", 15_000],
    ["require_teach_back", "teach_back", 15_000],
  ] as const)(
    "%s raises a low action, with the minimum of the level that the challenge stands for",
    (action, kind, ms) => {
      expect(seatsOf(asked("low", withRules([rule({ action, roles: ["dba"] })])))).toEqual([["dba", kind, ms]]);
    },
  );

  it("asks the level's approvers, or the next level's, where a rule names no role", () => {
    const requirement = asked("low", withRules([rule({ action: "require_quiz" })]));
    expect(requirement.seats[0]?.roles).toEqual(["sre_lead", "release_manager"]);
  });

  it("never makes a challenge easier than the level's", () => {
    expect(asked("high", withRules([rule({ action: "require_confirm", roles: ["dba"] })])).seats[0]).toMatchObject({
      challenge: "quiz",
      roles: ["dba"],
    });
  });

  it("does nothing where its condition does not hold", () => {
    const never: Condition = { kind: "level", level: "critical" };
    const rules = [rule({ condition: never, action: "block" }), rule({ condition: never, notify: ["dba"] })];
    expect(asked("medium", withRules(rules))).toMatchObject({ notify: [], title: "" });
    expect(asked("medium", withRules(rules)).blocked).toBeUndefined();
  });

  it("asks one person from any of the roles, or one from each", () => {
    const roles = ["dba", "backend_lead"];
    expect(seatsOf(asked("high", withRules([rule({ roles })])))).toEqual([["dba or backend_lead", "quiz", 15_000]]);
    expect(seatsOf(asked("high", withRules([rule({ roles, require: "each" })])))).toEqual([
      ["dba", "teach_back", 15_000],
      ["backend_lead", "quiz", 15_000],
    ]);
  });

  it("needs the highest number that any rule, or the level, asks for; the rest take any role of the rules", () => {
    const rules = [
      rule({ name: "a", roles: ["dba", "backend_lead"], require: "each" }),
      rule({ name: "b", roles: ["dba", "sre_lead"], approvers: 3 }),
    ];
    expect(asked("high", withRules(rules)).seats.map((seat) => seat.roles)).toEqual([
      ["dba"],
      ["backend_lead"],
      ["dba", "backend_lead", "sre_lead"],
    ]);
    const four = withRules(rules, { multiParty: { low: 1, medium: 1, high: 4, critical: 4 } });
    expect(asked("high", four).seats).toHaveLength(4);
  });

  it("needs at least as many as there are each-roles, whatever number is written", () => {
    const each = rule({ roles: ["dba", "backend_lead", "sre_lead"], require: "each", approvers: 1 });
    expect(asked("medium", withRules([each])).seats).toHaveLength(3);
  });

  it("gives each of two rules its own seat unless one seat answers both", () => {
    const two = [rule({ name: "a", roles: ["dba"] }), rule({ name: "b", roles: ["security_engineer"] })];
    expect(asked("high", withRules(two)).seats.map((seat) => seat.roles)).toEqual([["dba"], ["security_engineer"]]);
    const same = [rule({ name: "a", roles: ["dba", "sre_lead"] }), rule({ name: "b", roles: ["sre_lead", "dba"] })];
    expect(asked("high", withRules(same)).seats.map((seat) => seat.roles)).toEqual([["dba", "sre_lead"]]);
    const each = [
      rule({ name: "a", roles: ["dba", "sre_lead"], require: "each" }),
      rule({ name: "b", roles: ["dba"] }),
    ];
    expect(asked("high", withRules(each)).seats.map((seat) => seat.roles)).toEqual([["dba"], ["sre_lead"]]);
  });

  it("asks two people for require_multi_party, even where it names one role or none", () => {
    expect(asked("low", withRules([rule({ action: "require_multi_party", roles: ["dba"] })])).seats).toMatchObject([
      { roles: ["dba"], challenge: "teach_back", minimumMs: 15_000 },
      { roles: ["dba"], challenge: "quiz", minimumMs: 15_000 },
    ]);
    expect(asked("medium", withRules([rule({ action: "require_multi_party" })])).seats).toHaveLength(2);
  });

  it("joins the titles of all matching rules with a plus, each once", () => {
    const titled = (name: string, title: string) => rule({ name, title });
    const rules = [titled("a", "One"), titled("b", ""), titled("c", "Two"), titled("d", "One")];
    expect(asked("medium", withRules(rules)).title).toBe("One + Two");
  });

  it("tells those who are named, without a vote: by a notify rule and beside another rule", () => {
    const rules = [
      rule({ name: "a", action: "notify", roles: ["network_admin"], notify: ["dba"] }),
      rule({ name: "b", action: "require_quiz", roles: ["security_engineer"], notify: ["network_admin", "sre_lead"] }),
    ];
    const requirement = asked("high", withRules(rules));
    expect(requirement.notify).toEqual(["dba", "network_admin", "sre_lead"]);
    expect(requirement.seats.map((seat) => seat.roles)).toEqual([["security_engineer"]]);
  });

  it("leaves a low action alone where a rule only notifies", () => {
    const requirement = asked("low", withRules([rule({ action: "notify", roles: ["dba"] })]));
    expect(requirement).toMatchObject({ seats: [], notify: ["dba"], challengeType: "auto_approve" });
  });

  it("blocks, and says by which rule", () => {
    const requirement = asked("low", withRules([rule({ name: "freeze", action: "block" })]));
    expect(requirement.blocked).toBe("blocked by the rule freeze");
  });
});

describe("undeclared actions and free commands", () => {
  it("denies an undeclared action where policy says so, and asks for it otherwise", () => {
    const more = { declared: false };
    expect(asked("medium", withRules([], { undeclared: "deny" }), more).blocked).toContain("not declared");
    expect(asked("medium", withRules([], { undeclared: "deny" })).blocked).toBeUndefined();
    expect(asked("medium", withRules([]), more).blocked).toBeUndefined();
  });

  it("asks at least a confirm for a command that no declaration fixes, and never less than the level", () => {
    const given = (level: Level) => requirementFor({ assessment: at(level), freeCommand: true }, withRules([]));
    expect(seatsOf(given("low"))).toEqual([["sre_lead or release_manager", "confirm", 3_000]]);
    expect(given("high").seats[0]?.challenge).toBe("quiz");
  });
});

describe("what an action needs without the agent's words", () => {
  const both = (level: Level, unclaimed: Level, policy: Policy) =>
    requirementFor({ assessment: at(level), unclaimed: at(unclaimed), freeCommand: false }, policy);

  it("is needed with them: rules, people, challenge and minimum", () => {
    const onlyLow = rule({ condition: { kind: "score", op: "<", value: 0.3 }, action: "require_quiz", roles: ["dba"] });
    expect(seatsOf(both("medium", "low", withRules([onlyLow])))).toEqual([["dba", "quiz", 15_000]]);
    const people = withRules([], { multiParty: { low: 1, medium: 3, high: 1, critical: 1 } });
    expect(both("high", "medium", people).seats).toHaveLength(3);
    const challengeMap = { low: "auto_approve", medium: "teach_back", high: "confirm", critical: "quiz" } as const;
    expect(both("high", "medium", withRules([], { challengeMap })).seats[0]?.challenge).toBe("teach_back");
    const minimumReviewMs = { low: 0, medium: 60_000, high: 1_000, critical: 1_000 };
    expect(both("high", "medium", withRules([], { minimumReviewMs })).seats[0]?.minimumMs).toBe(60_000);
  });

  it("leaves alone who is asked at the level that they lead to", () => {
    expect(both("high", "medium", withRules([])).seats[0]?.roles).toEqual(["sre_lead", "security_engineer"]);
    expect(both("high", "high", withRules([]))).toEqual(asked("high", withRules([])));
  });
});

describe("time", () => {
  it.each([
    ["low", "allow"],
    ["high", "allow"],
    ["critical", "deny"],
  ] as const)("runs %s on a timeout with fail_mode allow: %s", (level, failMode) => {
    expect(asked(level, withRules([], { failMode: "allow" })).failMode).toBe(failMode);
  });

  it("keeps the other fail modes for critical", () => {
    expect(asked("critical", withRules([], { failMode: "escalate" })).failMode).toBe("escalate");
    expect(asked("critical", withRules([], { failMode: "deny" })).failMode).toBe("deny");
  });

  it("leaves out rungs that would come at or after the end, and gives reminders in milliseconds", () => {
    const rung = (afterMs: number) => ({ afterMs, roles: ["dba"] });
    const policy = withRules([], { timeoutMs: 300_000, escalation: [rung(299_999), rung(300_000), rung(400_000)] });
    expect(asked("medium", policy)).toMatchObject({ rungs: [rung(299_999)], remindersMs: [150_000, 270_000] });
  });

  it("freezes attempts, validity and abandonment, which is absent where config does not name it", () => {
    const policy = withRules([], { challenge: { maxAttempts: 3, onFailure: "deny" }, validForMs: 7, timeoutMs: 9_000 });
    expect(asked("high", policy)).toMatchObject({
      maxAttempts: 3,
      onFailure: "deny",
      validForMs: 7,
      timeoutMs: 9_000,
    });
    expect(asked("high", policy)).not.toHaveProperty("abandonAfterMs");
    expect(asked("high", withRules([], { abandonAfterMs: 5 })).abandonAfterMs).toBe(5);
  });
});

describe("break glass", () => {
  const breakGlass = { roles: ["glass"], maxLevel: "high" } as const;

  it.each([
    ["medium", ["glass"]],
    ["high", ["glass"]],
    ["critical", []],
  ] as const)("is open for %s up to high to %j", (level, roles) => {
    expect(asked(level, withRules([], { breakGlass })).breakGlassRoles).toEqual(roles);
  });

  it("is off without config", () => {
    expect(asked("medium", withRules([])).breakGlassRoles).toEqual([]);
  });
});

describe("the stricter of two", () => {
  const seat = (index: number): fc.Arbitrary<Seat> =>
    fc.record({
      index: fc.constant(index),
      roles: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
      challenge: fc.constantFrom(...CHALLENGES),
      minimumMs: fc.constantFrom(0, 3_000, 15_000, 45_000),
    });
  const requirement: fc.Arbitrary<Requirement> = fc
    .record({
      seats: fc.integer({ min: 0, max: 3 }).chain((count) => fc.tuple(...[0, 1, 2].slice(0, count).map(seat))),
      failMode: fc.constantFrom("deny", "allow", "escalate"),
      breakGlassRoles: fc.subarray(["g", "h"]),
      blocked: fc.option(fc.constant("no"), { nil: undefined, freq: 8 }),
      title: fc.constantFrom("", "One", "Two"),
    })
    .map(({ blocked, ...rest }) => sampleRequirement({ ...rest, ...(blocked === undefined ? {} : { blocked }) }));

  it("is at least as hard as either in count, challenge, minimum, block, fail mode and break glass", () => {
    const reached = { stricter: 0, same: 0 };
    fc.assert(
      fc.property(requirement, requirement, (next, frozen) => {
        const merged = stricterOf(next, frozen);
        for (const one of [next, frozen]) {
          expect(merged.seats.length).toBeGreaterThanOrEqual(one.seats.length);
          for (const own of one.seats) {
            const now = merged.seats[own.index];
            expect(harderOf(now?.challenge, own.challenge)).toBe(now?.challenge);
            expect(now?.minimumMs).toBeGreaterThanOrEqual(own.minimumMs);
          }
          if (one.blocked !== undefined) expect(merged.blocked).toBeDefined();
          if (one.failMode !== "allow") expect(merged.failMode).not.toBe("allow");
          for (const role of merged.breakGlassRoles) expect(one.breakGlassRoles).toContain(role);
        }
        // Whoever may fill a seat afterwards might have filled it under the new policy, where that has the seat.
        for (const own of merged.seats) {
          const wanted = next.seats[own.index]?.roles ?? frozen.seats[own.index]?.roles ?? [];
          for (const role of own.roles) expect(wanted).toContain(role);
          expect(own.roles.length).toBeGreaterThan(0);
        }
        reached[isStricter(next, frozen) ? "stricter" : "same"] += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(reached.stricter, reached.same)).toBeGreaterThan(50);
  });

  it("changes nothing when it is merged once more", () => {
    fc.assert(
      fc.property(requirement, requirement, (next, frozen) => {
        const merged = stricterOf(next, frozen);
        expect(stricterOf(merged, merged)).toEqual(merged);
        expect(isStricter(merged, merged)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  const base = sampleRequirement();
  const one = base.seats[0] as Seat;
  it.each([
    ["one more seat", true, { seats: [one, { ...one, index: 1 }] }],
    ["a harder challenge", true, { seats: [{ ...one, challenge: "teach_back" }] }],
    ["an easier challenge", false, { seats: [{ ...one, challenge: "confirm" }] }],
    ["a longer minimum", true, { seats: [{ ...one, minimumMs: one.minimumMs + 1 }] }],
    ["a shorter minimum", false, { seats: [{ ...one, minimumMs: one.minimumMs - 1 }] }],
    ["another role", true, { seats: [{ ...one, roles: ["dba"] }] }],
    ["one role more to choose from", false, { seats: [{ ...one, roles: [...one.roles, "dba"] }] }],
    ["a block", true, { blocked: "frozen" }],
    ["no seat", false, { seats: [] }],
    ["another title", false, { title: "New" }],
  ] as const)("with %s is stricter: %s", (_what, expected, change) => {
    expect(isStricter({ ...base, ...change }, base)).toBe(expected);
  });

  it("keeps the block of either and adds titles and people to tell", () => {
    const merged = stricterOf(sampleRequirement({ blocked: "frozen", title: "New", notify: ["b"] }), {
      ...base,
      title: "Old",
      notify: ["a"],
    });
    expect(merged).toMatchObject({ blocked: "frozen", title: "Old + New", notify: ["a", "b"] });
    expect(stricterOf(base, { ...base, blocked: "before" }).blocked).toBe("before");
  });

  it("takes the roles that both name, and the new ones where none is left", () => {
    const roles = (names: readonly string[]) => sampleRequirement({ seats: [{ ...one, roles: names }] });
    expect(stricterOf(roles(["b", "c"]), roles(["a", "b"])).seats[0]?.roles).toEqual(["b"]);
    expect(stricterOf(roles(["c"]), roles(["a"])).seats[0]?.roles).toEqual(["c"]);
  });
});

it("never asks less at a higher level, whatever the rules", () => {
  const kinds = fc.array(fc.constantFrom("require_confirm", "require_quiz", "require_teach_back"), { maxLength: 2 });
  fc.assert(
    fc.property(kinds, fc.constantFrom(...LEVELS), fc.constantFrom(...LEVELS), (actions, a, b) => {
      const policy = withRules(actions.map((action, index) => rule({ name: `r${index}`, action, roles: ["dba"] })));
      const [lower, higher] = LEVELS.indexOf(a) <= LEVELS.indexOf(b) ? [a, b] : [b, a];
      const less = asked(lower, policy);
      const more = asked(higher, policy);
      expect(more.seats.length).toBeGreaterThanOrEqual(less.seats.length);
      for (const [index, own] of less.seats.entries()) {
        expect(harderOf(more.seats[index]?.challenge, own.challenge)).toBe(more.seats[index]?.challenge);
      }
      expect(MAPPED_CHALLENGES).toContain(more.challengeType);
    }),
    { numRuns: 500 },
  );
});
