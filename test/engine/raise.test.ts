/** From what an agent sends to frozen facts: checks in order, secrets, evidence; and that its own words lower nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ask } from "../../src/engine/approvals.ts";
import type { Condition } from "../../src/engine/condition.ts";
import { actionDigest } from "../../src/engine/digest.ts";
import { isJsonObject, type JsonObject } from "../../src/engine/json.ts";
import { CHALLENGES, LEVELS, rankOf } from "../../src/engine/model.ts";
import type { AgentPolicy, Policy, Requirement } from "../../src/engine/policy.ts";
import { compilePattern, ESCALATION_ACTIONS, type EscalationRule } from "../../src/engine/profile.ts";
import { type Checked, type CheckedAsk, checkAsk, freeze } from "../../src/engine/raise.ts";
import type { RequestFacts, RequestState } from "../../src/engine/request.ts";
import { infraActions, infraCalls } from "../fixtures/infra-actions.ts";
import { infraPolicy, infraProfile } from "../fixtures/infra-policy.ts";
import { sampleDecision, stateAfter, T0 } from "../fixtures/requests.ts";

const SALT = "5a".repeat(32);
const AGENT = infraPolicy().agents["infra-agent"] as AgentPolicy;

function ask(action: unknown, more: Partial<Ask> = {}): Ask {
  return { agentId: "infra-agent", clientRequestId: "c1", action, ...more };
}

function check(action: unknown, more: Partial<Ask> = {}, policy: Policy = infraPolicy()): CheckedAsk {
  const isPerson = (email: string): boolean => email.endsWith("@company.com");
  return checkAsk(ask(action, more), { policy, trust: 0.2, isPerson });
}

function checked(action: unknown, more: Partial<Ask> = {}, policy?: Policy): Checked {
  const given = check(action, more, policy);
  if (!given.ok) throw new Error(JSON.stringify(given.refusal));
  return given.checked;
}

function frozen(action: unknown, policy: Policy = infraPolicy(), last: Partial<Parameters<typeof freeze>[1]> = {}) {
  return freeze(checked(action, {}, policy), {
    id: "R1",
    nowMs: T0,
    policy,
    fingerprint: "f",
    salt: SALT,
    lastDenied: undefined,
    lastApproved: undefined,
    barred: [],
    ...last,
  });
}

function refusalOf(given: CheckedAsk): string {
  return given.ok ? "none" : given.refusal.code;
}

function agentWith(more: Partial<AgentPolicy>): Policy {
  return infraPolicy({ agents: { "infra-agent": { ...AGENT, ...more } } });
}

function declaring(name: string, more: Partial<(typeof infraActions)[string]>): Policy {
  const plain = { hints: {}, facts: {}, freeText: [], secretArguments: [], privateArguments: [], attach: [] };
  return infraPolicy({
    profile: { ...infraProfile, actions: { ...infraActions, [name]: { name, ...plain, ...more } } },
  });
}

const STATUS = { name: "get_service_status", arguments: { service: "api" } };

describe("checking an ask", () => {
  it("refuses what is no action, and what is too large, each with a detail", () => {
    expect(check({ name: "" })).toMatchObject({ refusal: { code: "invalid_action" } });
    expect(check({ ...STATUS, facts: { reversible: true } })).toMatchObject({ refusal: { code: "invalid_action" } });
    expect(check({ name: "x", arguments: { a: "x".repeat(70_000) } })).toMatchObject({
      refusal: { code: "too_large" },
    });
  });

  it("lets an agent ask only for the actions of its config, by normal name; for all where none are named", () => {
    const policy = agentWith({ actions: [compilePattern("^get_.*$")] });
    expect(refusalOf(check({ name: "getServiceStatus" }, {}, policy))).toBe("none");
    expect(refusalOf(check({ name: "deploy_to_staging" }, {}, policy))).toBe("action_not_allowed");
    expect(refusalOf(check({ name: "deploy_to_staging" }))).toBe("none");
  });

  it("treats an agent that is named like a built-in property as one that config does not know", () => {
    for (const agentId of ["constructor", "__proto__", "toString"]) {
      expect(checked(STATUS, { agentId }).agent).toBeUndefined();
    }
  });

  it("wants a requester who is a person, where config requires one", () => {
    const policy = agentWith({ requester: "required" });
    expect(refusalOf(check(STATUS, {}, policy))).toBe("requester_required");
    expect(refusalOf(check(STATUS, { requester: "  " }, policy))).toBe("requester_required");
    expect(check(STATUS, { requester: "X@elsewhere.test" }, policy)).toMatchObject({
      refusal: { code: "requester_unknown", requester: "x@elsewhere.test" },
    });
    expect(checked(STATUS, { requester: " Kim@Company.com " }, policy).requester).toBe("kim@company.com");
  });

  it("takes the owner for the requester where config says so and none is sent", () => {
    expect(checked(STATUS, {}, agentWith({ requester: "owner" })).requester).toBe("dana@company.com");
    expect(checked(STATUS, { requester: "kim@company.com" }, agentWith({ requester: "owner" })).requester).toBe(
      "kim@company.com",
    );
    expect(checked(STATUS).requester).toBeUndefined();
  });

  it("excludes the requester beside the owner, never instead", () => {
    const facts = freeze(checked(STATUS, { requester: "kim@company.com" }), {
      id: "R",
      nowMs: T0,
      policy: infraPolicy(),
      fingerprint: "f",
      salt: SALT,
      lastDenied: undefined,
      lastApproved: undefined,
      barred: [],
    });
    expect(facts).toMatchObject({
      owner: "dana@company.com",
      requester: "kim@company.com",
      excluded: ["dana@company.com", "kim@company.com"],
    });
  });

  it("takes only the command that the declaration fixes, filled from the arguments", () => {
    const policy = declaring("roll_out", { command: ["./roll.sh", "{service}"] });
    const run = (argv: readonly string[], args: JsonObject = { service: "api" }) =>
      check({ name: "roll_out", arguments: args, command: { argv, cwd: "/" } }, {}, policy);
    expect(refusalOf(run(["./roll.sh", "api"]))).toBe("none");
    expect(refusalOf(run(["./roll.sh", "api", "--force"]))).toBe("command_not_allowed");
    expect(refusalOf(run(["./roll.sh", "web"]))).toBe("command_not_allowed");
    expect(refusalOf(run(["./roll.sh"]))).toBe("command_not_allowed");
    expect(refusalOf(run(["./roll.sh", "api"], {}))).toBe("command_not_allowed");
    expect(refusalOf(run(["./roll.sh", "{service}"], {}))).toBe("command_not_allowed");
  });

  it("asks at least a confirm for a command that nothing fixes", () => {
    const free = checked({ ...STATUS, command: { argv: ["ls"], cwd: "/" } });
    expect(free.requirement.seats.map((seat) => seat.challenge)).toEqual(["confirm"]);
    expect(checked(STATUS).requirement.seats).toEqual([]);
  });

  it("wants the files that the declaration names attached, by name or path", () => {
    const policy = declaring("run_script", { attach: ["file"] });
    const attached = (file: unknown, name: string) =>
      refusalOf(check({ name: "run_script", arguments: { file }, attachments: [{ name, text: "x" }] }, {}, policy));
    expect(attached("a.sql", "a.sql")).toBe("none");
    expect(attached("db/a.sql", "a.sql")).toBe("none");
    expect(attached("ba.sql", "a.sql")).toBe("attachment_missing");
    expect(attached(7, "7")).toBe("attachment_missing");
    expect(refusalOf(check({ name: "run_script", arguments: { file: "a.sql" } }, {}, policy))).toBe(
      "attachment_missing",
    );
  });
});

describe("a challenge that can be asked", () => {
  it("is a quiz where there is enough to ask, else the next harder one, with the same minimum", () => {
    const ping = (args: JsonObject) => checked({ name: "ping", arguments: args }, { atLeast: "high" }).requirement;
    const quiz = { challengeType: "quiz", seats: [{ challenge: "quiz", minimumMs: 15_000 }] };
    expect(ping({ service: "api-gateway", version: "2.1.0", port: 443 })).toMatchObject(quiz);
    expect(ping({})).toMatchObject({
      challengeType: "teach_back",
      seats: [{ challenge: "teach_back", minimumMs: 15_000 }],
    });
  });
});

describe("secret and private arguments", () => {
  const policy = declaring("set_password", {
    summary: "Set {db_password} of {user} for {customer_email}",
    secretArguments: ["db_password", "vault.pin"],
    privateArguments: ["customer_email", "contact.phone"],
  });
  const sent = (args: JsonObject) => ({ name: "set_password", arguments: args });
  const LEAKS = /hunter2|4711|kim@private|0170/;

  it.each([
    ["as declared", { db_password: "hunter2", user: "kim" }],
    ["in camelCase", { dbPassword: "hunter2", user: "kim" }],
    ["in capitals", { DB_PASSWORD: "hunter2", user: "kim" }],
    ["below an object", { vault: { pin: 4711, name: "blue" }, user: "kim" }],
    ["below a list", { vault: [{ pin: 4711 }, { Pin: "hunter2" }], user: "kim" }],
    ["twice", { dbPassword: "hunter2", db_password: "hunter2", user: "kim" }],
  ])("never keeps a secret value that is sent %s, and salts the digest", (_how, args) => {
    const facts = frozen(sent(args), policy);
    expect(JSON.stringify(facts)).not.toMatch(LEAKS);
    expect(facts.salt).toBe(SALT);
    expect(JSON.stringify(facts.action.arguments)).toContain("(secret)");
    // What the asking client computes from what the service tells it.
    expect(facts.digest).toBe(
      actionDigest({
        agentId: "infra-agent",
        action: { ...sent(args), attachments: [] },
        environment: facts.environment,
        secretArguments: facts.secretArguments,
        salt: SALT,
      }),
    );
  });

  it("gives another digest for another secret, and the same one for the same secret", () => {
    const digest = (value: string) => frozen(sent({ dbPassword: value, user: "kim" }), policy).digest;
    expect(digest("hunter2")).toBe(digest("hunter2"));
    expect(digest("hunter2")).not.toBe(digest("hunter3"));
  });

  it("needs no salt where no secret is sent", () => {
    const facts = frozen(sent({ user: "kim", toString: "x" }), policy);
    expect(facts).toMatchObject({ secretArguments: [] });
    expect(facts).not.toHaveProperty("salt");
  });

  it.each([
    ["as declared", { customer_email: "kim@private", user: "kim" }, ["customer_email"]],
    ["in camelCase", { customerEmail: "kim@private", user: "kim" }, ["customerEmail"]],
    ["below an object", { contact: { Phone: "0170" }, user: "kim" }, ["contact.Phone"]],
    ["below a list", { contact: [{ x: 1 }, { phone: "0170" }], user: "kim" }, ["contact[1].phone"]],
  ])("keeps a private value that is sent %s out of card, summary, questions and differences", (_how, args, paths) => {
    const before = stateOf(frozen(sent({ ...args, user: "bo" }), policy));
    const facts = frozen(sent(args), policy, { lastDenied: before, lastApproved: before });
    expect(facts.privateArguments).toEqual(paths);
    const { pages, action, ...public_ } = facts;
    expect(JSON.stringify(public_)).not.toMatch(LEAKS);
    expect(JSON.stringify(action)).toMatch(LEAKS);
    const rows = pages.flatMap((page) => page.rows).filter((row) => LEAKS.test(row.text));
    expect(rows.map((row) => row.isPrivate)).toEqual([true]);
    expect(facts.card).not.toContain("customerEmail");
    expect(facts.differences).toEqual([
      "user: bo -> kim (the denied request)",
      "user: bo -> kim (the last approved run)",
    ]);
  });
});

function stateOf(facts: RequestFacts): RequestState {
  return stateAfter(facts, { type: "decided", decision: sampleDecision({ verdict: "denied", reason: "wrong_time" }) });
}

describe("freezing", () => {
  it("shows the last denial and what is different now", () => {
    const first = frozen({ name: "deploy_to_staging", arguments: { service: "api", version: "1", old: true } });
    const facts = frozen(
      { name: "deploy_to_staging", arguments: { service: "api", version: "2", tags: ["x"] } },
      undefined,
      {
        lastDenied: stateOf(first),
      },
    );
    expect(facts.previousDenial).toMatchObject({ id: "R1", reason: "wrong_time" });
    expect(facts.differences).toEqual([
      "version: 1 -> 2 (the denied request)",
      "old: true -> not given (the denied request)",
      'tags: not given -> ["x"] (the denied request)',
    ]);
  });

  it.each([
    ["enforce", "enforce", "enforce"],
    ["observe", "enforce", "enforce"],
    ["enforce", "observe", "observe"],
  ] as const)("goes by the agent's own mode: policy %s, agent %s, so %s", (global, agent, mode) => {
    const policy = { ...agentWith({ mode: agent }), mode: global === "observe" ? global : "enforce" } as const;
    expect(frozen(STATUS, policy).mode).toBe(mode);
  });

  it("leaves hints, description and session out of digest and fingerprint text, and nothing else", () => {
    const base = { name: "deploy_to_staging", arguments: { service: "api" } };
    const same = checked({ ...base, hints: { emergency: true }, description: "x" }, { sessionId: "s" });
    expect(same.secretText).toBe(checked(base).secretText);
    const others = [
      { ...base, name: "deployToStaging" },
      { ...base, arguments: { service: "web" } },
      { ...base, environment: "production" },
      { ...base, command: { argv: ["x"], cwd: "/" } },
      { ...base, attachments: [{ name: "a", text: "b" }] },
    ];
    const texts = others.map((action) => checked(action).secretText);
    expect(new Set([...texts, same.secretText]).size).toBe(others.length + 1);
  });
});

describe("what an agent sends", () => {
  const callNames = Object.keys(infraCalls) as (keyof typeof infraCalls)[];
  const declaredAction = fc
    .constantFrom(...callNames)
    .map((name): JsonObject => ({ name, arguments: infraCalls[name] }));
  const otherAction = fc.record({
    name: fc.constantFrom(
      "delete_all",
      "check_thing",
      "deploy",
      "mcp__infra__deploy_to_staging",
      "drop_production_database",
    ),
    arguments: fc.dictionary(
      fc.constantFrom("service", "path", "reason", "token", "environment"),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom("DROP TABLE x", "https://x.test", "api")),
    ),
  });
  const environment = fc.constantFrom("production", "staging", "ci", "test", "prod", "Staging", "eu");
  const hints = fc.dictionary(
    fc.constantFrom("production", "environment", "emergency", "reversible", "safe", "risk_score", "read_only"),
    fc.oneof(fc.boolean(), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
  );
  const claims = fc.record(
    {
      hints: fc.tuple(hints, fc.option(environment, { nil: undefined })).map(([given, name]) => {
        const { environment: _, ...rest } = given;
        return name === undefined ? rest : { ...rest, environment: name };
      }),
      environment,
      description: fc.oneof(fc.string(), fc.constantFrom("Reversible, safe, read-only.", "be careful", "destructive")),
    },
    { requiredKeys: [] },
  );
  const around = fc.record(
    {
      atLeast: fc.constantFrom(...LEVELS),
      sessionId: fc.string(),
      clientRequestId: fc.string({ minLength: 1 }),
      requester: fc.constantFrom("kim@company.com", "SRE.lead@company.com"),
    },
    { requiredKeys: [] },
  );

  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.constantFrom<Condition>(
      { kind: "environment", name: "staging" },
      { kind: "environment", name: "production" },
      { kind: "pattern", name: "deployment" },
    ),
    fc.record({
      kind: fc.constant("score" as const),
      op: fc.constantFrom(">", ">=", "<", "<=", "==", "!="),
      value: fc.constantFrom(0.1, 0.42, 0.5, 0.7, 0.9),
    }),
    fc.record({ kind: fc.constant("level" as const), level: fc.constantFrom(...LEVELS) }),
  );
  const ruleOf: fc.Arbitrary<EscalationRule> = fc.record({
    name: fc.constant("random"),
    title: fc.constant(""),
    condition,
    action: fc.constantFrom(...ESCALATION_ACTIONS),
    roles: fc.subarray(["dba", "backend_lead"]),
    require: fc.constantFrom("each", "any"),
    approvers: fc.integer({ min: 0, max: 3 }),
    notify: fc.constant([]),
  });
  const policyOf: fc.Arbitrary<Policy> = fc
    .record({
      rules: fc.array(ruleOf, { maxLength: 3 }),
      undeclared: fc.constantFrom("medium", "high", "deny"),
      environment: fc.constantFrom("production", "staging"),
      minimumReviewMode: fc.constantFrom("per_challenge", "per_level"),
      mayLowerMedium: fc.boolean(),
    })
    .map(({ rules, undeclared, environment: where, minimumReviewMode, mayLowerMedium }) =>
      infraPolicy({
        undeclared,
        minimumReviewMode,
        trust: { ...infraPolicy().trust, mayLowerMedium },
        agents: { "infra-agent": { ...AGENT, environment: where } },
        profile: { ...infraProfile, escalationRules: [...infraProfile.escalationRules, ...rules] },
      }),
    );
  // Made once: the engine compiles a policy's patterns once for each policy object.
  const policies = [infraPolicy(), ...fc.sample(policyOf, { numRuns: 60 })];

  const hardness = (requirement: Requirement, index: number): number =>
    CHALLENGES.indexOf(requirement.seats[index]?.challenge ?? "confirm");

  /** What is lower in `is` than in `was`; empty where nothing is. A blocked requirement is above every other one. */
  function lowered(was: Checked, is: Checked): readonly string[] {
    const [before, after] = [was.requirement, is.requirement];
    const seats = before.seats.flatMap((seat, index) => [
      ...(hardness(after, index) < hardness(before, index) ? [`challenge of seat ${index}`] : []),
      ...((after.seats[index]?.minimumMs ?? 0) < seat.minimumMs ? [`minimum of seat ${index}`] : []),
    ]);
    return [
      ...(rankOf(is.assessment.level) < rankOf(was.assessment.level) ? ["level"] : []),
      ...(is.assessment.score < was.assessment.score - 1e-12 ? ["score"] : []),
      ...(before.blocked !== undefined && after.blocked === undefined ? ["block"] : []),
      ...(after.blocked === undefined && after.seats.length < before.seats.length ? ["seats"] : []),
      ...(after.blocked === undefined ? seats : []),
    ];
  }

  it("never lowers its requirement against the same action without it, whatever the policy's rules", () => {
    const reached = { raised: 0, same: 0, blocked: 0, runs: 0 };
    fc.assert(
      fc.property(
        fc.oneof(declaredAction, otherAction),
        claims,
        around,
        fc.record({ policy: fc.constantFrom(...policies), trust: fc.double({ min: 0, max: 1, noNaN: true }) }),
        (action, sent, more, { policy, trust }) => {
          const world = { policy, trust, isPerson: () => true };
          const bare = checkAsk(ask(action), world);
          const full = checkAsk(ask({ ...action, ...sent }, more), world);
          if (!bare.ok || !full.ok) {
            expect(bare.ok).toBe(full.ok);
            return;
          }
          const less = lowered(bare.checked, full.checked);
          if (less.length > 0) {
            expect({ less, bare: bare.checked.requirement, full: full.checked.requirement }).toBe("never lower");
          }
          reached.runs += 1;
          if (full.checked.requirement.blocked !== undefined) reached.blocked += 1;
          else if (lowered(full.checked, bare.checked).length > 0) reached.raised += 1;
          else reached.same += 1;
        },
      ),
      { numRuns: 20_000 },
    );
    console.log(`claims of an agent: ${JSON.stringify(reached)}`);
    expect(Math.min(reached.raised, reached.same, reached.blocked)).toBeGreaterThan(100);
  }, 600_000);

  it("never lowers score, level, seats or minimum by arguments that are named like facts and hints", () => {
    const claimed = fc.dictionary(
      fc.constantFrom("reversible", "instances", "risk", "safe", "facts", "hints", "level", "production"),
      fc.oneof(fc.boolean(), fc.integer(), fc.constantFrom("low", "none"), fc.constant({ reversible: true })),
      { minKeys: 1 },
    );
    fc.assert(
      fc.property(declaredAction, claimed, fc.constantFrom(...policies.slice(0, 20)), (action, extra, policy) => {
        const args = isJsonObject(action.arguments) ? action.arguments : {};
        const bare = checked(action, {}, policy);
        const full = checked({ ...action, arguments: { ...args, ...extra } }, {}, policy);
        expect(lowered(bare, full)).toEqual([]);
        expect(full.subject.facts).toEqual(bare.subject.facts);
      }),
      { numRuns: 1_000 },
    );
  });
});
