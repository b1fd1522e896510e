import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankOf } from "../../src/engine/model.ts";
import { type ActionDeclaration, compilePattern, EMPTY_PROFILE } from "../../src/engine/profile.ts";
import { levelOf, type RiskAssessment } from "../../src/engine/risk.ts";
import { infraActions, infraCalls } from "../fixtures/infra-actions.ts";
import { infraPolicy, infraProfile } from "../fixtures/infra-policy.ts";
import { assessed, withProfile } from "../fixtures/risk.ts";

/** What the published agent sends with each call. */
const published: Readonly<Record<string, object>> = {
  get_service_status: { environment: "production" },
  list_recent_deployments: {},
  deploy_to_staging: { hints: { environment: "staging" } },
  deploy_to_production: { hints: { production: true }, environment: "production" },
  run_migration: { hints: { production: true, affects_database: true } },
  rollback_deployment: { hints: { production: true, emergency: true } },
  modify_firewall_rule: { hints: { security_boundary: true } },
  rotate_credentials: { hints: { security_critical: true } },
};
const call = (name: keyof typeof infraCalls) => ({ name, arguments: infraCalls[name], ...published[name] });
const part = (assessment: RiskAssessment, name: string) => assessment.factors.find((factor) => factor.name === name);
const declare = (name: string, over: Partial<ActionDeclaration> = {}) => ({
  [name]: {
    name,
    description: "Plain.",
    hints: {},
    facts: {},
    freeText: [],
    secretArguments: [],
    privateArguments: [],
    attach: [],
    ...over,
  },
});
/** An action without any verb, pattern or amplifier, declared in a production of multiplier 1. */
const quiet = (over: Partial<ActionDeclaration> = {}, raw: object = {}) =>
  assessed({
    name: "ping_thing",
    ...raw,
    policy: withProfile({ actions: declare("ping_thing", over), productionMultiplier: 1 }),
  });

describe("the published scores", () => {
  it.each([
    ["get_service_status", 0.096, "low", [0.03, 0.01, 0.01, 0, 0.01]],
    ["list_recent_deployments", 0.246, "low", [0.03, 0.01, 0.01, 0, 0.01]],
    ["deploy_to_staging", 0.42, "medium", [0.24, 0.01, 0.01, 0, 0.01]],
    ["deploy_to_production", 0.882, "critical", [0.24, 0.01, 0.01, 0, 0.01]],
    ["run_migration", 0.9104, "critical", [0.219, 0.125, 0.17, 0.045, 0.01]],
    ["rollback_deployment", 0.7212, "high", [0.282, 0.01, 0.01, 0.045, 0.01]],
    ["modify_firewall_rule", 0.7804, "high", [0.204, 0.125, 0.01, 0.045, 0.01]],
    ["rotate_credentials", 0.752, "high", [0.18, 0.225, 0.01, 0.045, 0.01]],
  ] as const)("gives %s %d, %s", (name, score, level, parts) => {
    const assessment = assessed(call(name));
    expect(assessment.rawScore).toBeCloseTo(score, 9);
    expect(assessment).toMatchObject({ level, score: assessment.rawScore, declared: true, trust: 0.2 });
    const weights = assessment.factors.slice(0, 5).map(({ contribution }) => contribution);
    for (const [at, contribution] of parts.entries()) expect(weights[at]).toBeCloseTo(contribution, 9);
  });

  it("tells patterns, references, environment and the riskiest argument", () => {
    expect(assessed(call("modify_firewall_rule"))).toMatchObject({
      patterns: ["firewall_change"],
      complianceRefs: ["SOC 2 CC6.1", "ISO 27001 A.13"],
      environment: "production",
      production: true,
      riskiestArgument: "cidr",
    });
    expect(assessed(call("run_migration")).riskiestArgument).toBe("migration_file");
    expect(assessed(call("rotate_credentials")).riskiestArgument).toBe("credential_type");
    expect(assessed(call("deploy_to_staging"))).toMatchObject({ environment: "staging", production: false });
    expect("riskiestArgument" in assessed(call("deploy_to_production"))).toBe(false);
  });

  it("says why in the words of the card", () => {
    expect(assessed(call("deploy_to_production")).factors.map(({ because }) => because)).toEqual([
      "deployment (0.80)",
      "nothing found in the arguments",
      "the description is unremarkable",
      "no hints",
      "declared action",
      "production x1.6",
      "name matches production, deploy (+0.45)",
    ]);
  });

  it("is the same, call after call, for camelCase and under an MCP server's name", () => {
    for (const name of Object.keys(infraCalls) as (keyof typeof infraCalls)[]) {
      const first = assessed(call(name));
      const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      for (const spelled of [name, camel, `mcp__infra__${name}`, `mcp__infra__${camel}`, name.toUpperCase()])
        expect(assessed({ ...call(name), name: spelled })).toEqual(first);
      for (let again = 0; again < 20; again += 1) expect(assessed(call(name))).toEqual(first);
    }
  });

  it("takes 0.55 in staging to 0.88 in production", () => {
    const actions = declare("write_it", { hints: { environment: "staging", a: 1, b: 1 }, description: "Careful." });
    const policy = withProfile({ actions, riskFloor: 0.55 });
    expect(assessed({ name: "write_it", policy }).rawScore).toBeCloseTo(0.55, 9);
    const inProduction = assessed({ name: "write_it", environment: "production", policy });
    expect(inProduction.rawScore).toBeCloseTo(0.88, 9);
    expect(inProduction.level).toBe("critical");
  });

  it("takes the production deploy to 0.762 with a deployment contribution of 0.50, and back with a boost of 0.37", () => {
    const patterns = infraProfile.patterns.map((one) =>
      one.name === "deployment" ? { ...one, contribution: 0.5 } : one,
    );
    const { amplifiers } = infraPolicy();
    const boosted = amplifiers.map((one, at) => (at === 0 ? { ...one, boost: 0.37 } : one));
    const raw = call("deploy_to_production");
    const canary = assessed({ ...raw, policy: withProfile({ patterns }) });
    expect([canary.rawScore.toFixed(3), canary.level]).toEqual(["0.762", "high"]);
    const again = assessed({ ...raw, policy: withProfile({ patterns }, { amplifiers: boosted }) });
    expect([again.rawScore.toFixed(3), again.level]).toEqual(["0.832", "critical"]);
  });

  it.each(Object.keys(infraPolicy().overrides))(
    "makes the overridden %s critical, prefixed and in camelCase too",
    (name) => {
      for (const spelled of [name, `mcp__x__${name}`, name.replace(/_(.)/g, (_, c: string) => c.toUpperCase())]) {
        const assessment = assessed({ name: spelled });
        expect(assessment.level).toBe("critical");
        expect(assessment.rawScore).toBeGreaterThanOrEqual(0.8);
      }
      expect(assessed({ name, policy: infraPolicy({ overrides: {}, amplifiers: [] }) }).level).not.toBe("critical");
    },
  );
});

describe("levels", () => {
  it.each([
    [0, "low"],
    [0.2999, "low"],
    [0.3, "medium"],
    [0.1 + 0.2, "medium"],
    [0.3 - 1e-12, "medium"],
    [0.6, "high"],
    [0.8, "critical"],
    [0.8 - 1e-12, "critical"],
    [0.7999, "high"],
    [1, "critical"],
  ])("puts %d at %s", (score, level) => expect(levelOf(score)).toBe(level));
});

describe("the name factor", () => {
  const n = (name: string) => (part(assessed({ name }), "name")?.contribution ?? 0) / 0.3;
  it.each([
    ["get_list_and_drop", 0.95],
    ["read_then_update", 0.55],
    ["check_thing", 0.1],
    ["frobnicate", 0.4],
    ["getAndDeleteAll", 0.95],
    ["deletes_nothing", 0.4],
    ["deployment_info", 0.4],
    ["deploy", 0.8],
    ["drop_deploy", 0.95],
    ["rollback_deploy", 0.94],
    ["migrate", 0.73],
    ["credential_x", 0.6],
  ])("of %s is %d", (name, value) => expect(n(name)).toBeCloseTo(value, 9));

  it("counts patterns on arguments, descriptions and everything", () => {
    const add = (target: "arguments" | "description" | "any", source = "zebra") => {
      const extra = { name: "extra", pattern: compilePattern(source), target, contribution: 0.99 };
      return withProfile({ patterns: [...infraProfile.patterns, { ...extra, complianceRefs: ["X"], keyTerms: [] }] });
    };
    const hit = (policy: ReturnType<typeof add>, raw: object) => assessed({ name: "ping", ...raw, policy }).patterns;
    const inArguments = { arguments: { a: [{ b: "a ZEBRA" }] } };
    expect(hit(add("arguments"), inArguments)).toEqual(["extra"]);
    expect(hit(add("arguments"), { command: { argv: ["zebra"], cwd: "/" } })).toEqual(["extra"]);
    expect(hit(add("arguments"), { attachments: [{ name: "a", text: "x\nzebra" }] })).toEqual(["extra"]);
    expect(hit(add("arguments"), { description: "zebra" })).toEqual([]);
    expect(hit(add("description"), { description: "zebra" })).toEqual(["extra"]);
    expect(hit(add("description"), inArguments)).toEqual([]);
    expect(hit(add("arguments", "a=1\\b"), { arguments: { a: 1 } })).toEqual(["extra"]);
    for (const raw of [inArguments, { description: "zebra" }, { name: "zebra" }])
      expect(hit(add("any"), raw)).toEqual(["extra"]);
    expect(assessed({ name: "deploy", ...inArguments, policy: add("any") })).toMatchObject({
      patterns: ["deployment", "extra"],
      complianceRefs: ["SOC 2 CC8.1", "ISO 27001 A.12", "X"],
    });
    expect(part(assessed({ name: "ping", ...inArguments, policy: add("any") }), "name")?.because).toBe("extra (0.99)");
  });
});

describe("the argument factor", () => {
  const a = (args: object, over: Partial<ActionDeclaration> = {}) =>
    (part(quiet(over, { arguments: args }), "arguments")?.contribution ?? 0) / 0.25;

  it("is 0 without arguments and 0.04 when nothing is found", () => {
    expect(a({})).toBe(0);
    expect(a({ service: "api", n: 3, list: [true, null] })).toBeCloseTo(0.04, 9);
  });

  it.each([
    [{ password: "x" }],
    [{ userPassword: "x" }],
    [{ passWord: "x" }],
    [{ API_KEY: "x" }],
    [{ note: "the accessToken2 of x" }],
    [{ secrets: 1 }],
    [{ deep: [{ list: ["a", { "my-credential": 1 }] }] }],
    [{ file: "config/.env" }],
    [{ file: "prod.env.local" }],
    [{ sql: "drop table users" }],
    [{ sql: { text: ["x", "DeLeTe from a"] } }],
    [{ op: "truncate_all" }],
    [{ q: "alter\ntable" }],
    [{ cmd: "rm -rf /" }],
    [{ cmd: "/bin/rm  -v -f\t-R /" }],
    [{ cmd: ["rm", "-rf", "/"] }],
    [{ cmd: "x && rm --force --recursive y" }],
    [{ cmd: `rm ${"-v ".repeat(20)}-rf x` }],
    [{ cmd: "sudo reboot" }],
    [{ cmd: "chmod 777 /etc" }],
    [{ cmd: "chmod -R 0777 /etc" }],
    [{ note: "ｐａｓｓｗｏｒｄ" }],
    [{ note: "pass\u200bword" }],
  ])("finds the severe in %j", (args) => expect(a(args)).toBeCloseTo(0.9, 9));

  it.each([
    [{ u: "see https://x.test/a" }],
    [{ u: "s3://bucket" }],
    [{ who: "ops@company.com" }],
    [{ ip: "10.0.0.1" }],
    [{ net: "10.0.0.0/8." }],
    [{ net: "fe80::1" }],
    [{ net: "2001:db8::/32" }],
    [{ net: ["1:2:3:4:5:6:7:8"] }],
    [{ file: "a/b.SQL" }],
  ])("finds the network value or file in %j", (args) => expect(a(args)).toBeCloseTo(0.5, 9));

  it.each([
    [{ environment: "production", tier: "prod", other: "staging" }],
    [{ version: "2.1.0", ip: "999.1.1.1", longer: "1.2.3.4.5" }],
    [{ monkey: "keyboard", tokenise: "passwords2go", alteration: "dropped", sqlite: "a.sqlite" }],
    [{ at: "2026-02-13T10:31:23.600Z", user: "@handle", ns: "std::vector Foo::Bar", path: "//x" }],
    [{ cmd: "rm file -x", mode: "chmod 755 a", list: ["rm", "-r", "x"], env: "environment" }],
    [{ a: "rm", b: "-rf" }],
  ])("finds nothing in %j", (args) => expect(a(args)).toBeCloseTo(0.04, 9));

  it("looks into prose for credentials, SQL and shell, not for network values", () => {
    const prose = { freeText: ["note", "the_reason"] };
    expect(a({ theReason: "see https://x.test, 10.0.0.1, a@b.co and x.sql" }, prose)).toBeCloseTo(0.04, 9);
    expect(a({ theReason: "rotate the password" }, prose)).toBeCloseTo(0.9, 9);
    expect(a({ theReason: "x", other: "https://x.test" }, prose)).toBeCloseTo(0.5, 9);
  });

  it("looks into command and attachments as into arguments", () => {
    const scored = (raw: object) => quiet({ command: ["x"] }, raw);
    const value = (raw: object) => (part(scored(raw), "arguments")?.contribution ?? 0) / 0.25;
    expect(value({ command: { argv: ["ls"], cwd: "/" } })).toBeCloseTo(0.04, 9);
    expect(value({ command: { argv: ["rm", "-rf", "/"], cwd: "/" } })).toBeCloseTo(0.9, 9);
    expect(value({ command: { argv: ["ls"], cwd: "/srv/secret" } })).toBeCloseTo(0.9, 9);
    expect(value({ attachments: [{ name: "a.sql", text: "" }] })).toBeCloseTo(0.5, 9);
    const attached = { arguments: { a: "x.sql" }, attachments: [{ name: "a", text: "x\nDROP TABLE y" }] };
    expect(value(attached)).toBeCloseTo(0.9, 9);
    expect("riskiestArgument" in scored(attached)).toBe(false);
  });

  it("names the argument and what was found, never its value", () => {
    const assessment = quiet(
      {},
      { arguments: { a: "https://hunter2.test", "b\u202e": "DROP hunter2", c: "sudo hunter2" } },
    );
    expect(part(assessment, "arguments")?.because).toBe("destructive SQL in b\\u{202E}");
    expect(assessment.riskiestArgument).toBe("b\u202e");
    expect(JSON.stringify(assessment)).not.toContain("hunter2");
  });

  it("lets a profile's sensitive terms raise, never lower", () => {
    const term = (weight: number) => ({ term: compilePattern("\\bledger\\b"), weight });
    const scored = (weight: number, args: object) =>
      part(
        assessed({ name: "ping", arguments: args, policy: withProfile({ sensitiveTerms: [term(weight)] }) }),
        "arguments",
      );
    expect(scored(0.7, { book: "the Ledger" })).toMatchObject({ because: "sensitive term in book" });
    expect(scored(0.7, { book: "the Ledger" })?.contribution).toBeCloseTo(0.175, 9);
    expect(scored(0.01, { book: "ledger" })?.contribution).toBeCloseTo(0.01, 9);
    expect(scored(0.7, { quiet: 1, book: "ledger" })?.contribution).toBeCloseTo(0.175, 9);
    expect(scored(0.7, { book: "ledger password" })?.contribution).toBeCloseTo(0.225, 9);
  });
});

describe("the description factor", () => {
  const d = (over: Partial<ActionDeclaration>, description?: string) =>
    (part(quiet(over, description === undefined ? {} : { description }), "description")?.contribution ?? 0) / 0.2;
  it.each([
    ["Deploys to production and staging.", 0.05],
    ["Carefully does it.", 0.5],
    ["A warning.", 0.5],
    ["Use with CAUTION", 0.5],
    ["This is irreversible, be careful", 0.85],
    ["permanently gone", 0.85],
    ["destructive", 0.85],
    ["dangerous", 0.85],
    ["It cannot\nbe undone", 0.85],
    ["   ", 0.1],
  ])("of a declared %j is %d", (description, value) => expect(d({ description })).toBeCloseTo(value, 9));

  it("counts a sent one only if it is worse", () => {
    expect(d({}, "careful")).toBeCloseTo(0.5, 9);
    expect(d({ description: "dangerous" }, "harmless")).toBeCloseTo(0.85, 9);
    expect(d({ description: "careful" }, "irreversible")).toBeCloseTo(0.85, 9);
  });

  it("is 0.10 for an undeclared action, however benign the sent one is", () => {
    const of = (raw: object) => part(assessed({ name: "unknown_thing", ...raw }), "description")?.contribution;
    expect(of({})).toBeCloseTo(0.02, 9);
    expect(of({ description: "harmless" })).toBeCloseTo(0.02, 9);
  });

  it("is 0.85 where the service declared the action as not reversible, whatever anybody says", () => {
    expect(d({ facts: { reversible: false } })).toBeCloseTo(0.85, 9);
    expect(d({ facts: { reversible: true } })).toBeCloseTo(0.05, 9);
    expect((part(quiet({}, { arguments: { reversible: false } }), "description")?.contribution ?? 0) / 0.2).toBeCloseTo(
      0.05,
      9,
    );
  });
});

describe("the hints factor", () => {
  const h = (declared: object, sent: object) =>
    (part(quiet({ hints: { ...declared } }, { hints: sent }), "hints")?.contribution ?? 0) / 0.15;
  it.each<[object, object, number]>([
    [{}, {}, 0],
    [{ a: true }, {}, 0.3],
    [{ a: true }, { a: true }, 0.3],
    [{ a: true }, { b: true }, 0.6],
    [{ a: true }, { a: false, b: -5, c: -1e15 }, 0.3],
    [{ a: 0.5 }, { a: true }, 0.5],
    [{ a: 0.1 }, { a: true }, 0.3],
    [{}, { a: 0.25, b: 0.5 }, 0.75],
    [{}, { a: 1e15 }, 1],
    [{}, { a: true, b: true, c: true, d: true }, 1],
    [{ production: true }, { production: true, environment: "production" }, 0],
    [{}, { text: "very dangerous", yes: "true" }, 0],
  ])("of %j and %j is %d", (declared, sent, value) => expect(h(declared, sent)).toBeCloseTo(value, 9));
});

describe("novelty and what is undeclared", () => {
  it("is 0.90 and at least medium for an undeclared action, or high where config says so", () => {
    const assessment = assessed({ name: "check_thing" });
    expect(assessment).toMatchObject({ declared: false, level: "medium", rawScore: 0.45 });
    expect(part(assessment, "novelty")?.contribution).toBeCloseTo(0.09, 9);
    expect(part(assessment, "undeclared")?.because).toBe("not declared: at least medium");
    expect(assessed({ name: "check_thing", policy: infraPolicy({ undeclared: "high" }) })).toMatchObject({
      level: "high",
      rawScore: 0.7,
    });
    expect(assessed({ name: "check_thing", policy: infraPolicy({ undeclared: "deny" }) }).level).toBe("medium");
  });

  it("keeps a computed score that is above the minimum", () => {
    const assessment = assessed({ name: "delete_everything" });
    expect(assessment.rawScore).toBeGreaterThan(0.45);
    expect(part(assessment, "undeclared")).toBeUndefined();
  });
});

describe("the environment", () => {
  const policy = withProfile({
    actions: { ...declare("in_staging", { hints: { environment: "staging" } }), ...declare("anywhere") },
  });
  const agents = (environment?: string) => {
    const one = { ...infraPolicy().agents["infra-agent"], environment } as never;
    return { ...policy, agents: { "infra-agent": one } };
  };
  const at = (name: string, raw: object = {}, agentEnvironment?: string) => {
    const { environment, production } = assessed({ name, ...raw, policy: agents(agentEnvironment) });
    return `${environment} ${production}`;
  };

  it.each<[string, string, object, string | undefined, string]>([
    ["declared staging stands", "in_staging", {}, "production", "staging false"],
    [
      "asked production wins over declared staging",
      "in_staging",
      { environment: "production" },
      undefined,
      "production true",
    ],
    ["a hint of production wins", "in_staging", { hints: { production: true } }, undefined, "production true"],
    ["production: false says nothing", "in_staging", { hints: { production: false } }, undefined, "staging false"],
    ["a negative or other hint says nothing", "in_staging", { hints: { production: -1 } }, undefined, "staging false"],
    ["a hint of another text says nothing", "in_staging", { hints: { production: "no" } }, undefined, "staging false"],
    ["a number above 0 says production", "in_staging", { hints: { production: 0.1 } }, undefined, "production true"],
    ["the text true says production", "in_staging", { hints: { production: "True" } }, undefined, "production true"],
    ["an unknown spelling is production", "in_staging", { environment: "stage" }, undefined, "stage true"],
    ["case does not matter", "in_staging", { environment: "STAGING" }, undefined, "staging false"],
    [
      "hint and environment disagree",
      "in_staging",
      { hints: { environment: "ci" }, environment: "live" },
      undefined,
      "live true",
    ],
    ["another lower one changes nothing", "in_staging", { environment: "test" }, undefined, "staging false"],
    ["nobody declared: production", "anywhere", { environment: "staging" }, undefined, "production true"],
    ["nobody declared, asked by name", "anywhere", { environment: "prod-eu" }, undefined, "prod-eu true"],
    ["the agent's own", "anywhere", {}, "staging", "staging false"],
    ["the agent's own production", "anywhere", { hints: { environment: "staging" } }, "prod-eu", "prod-eu true"],
    ["no escape by another name", "anywhere", { environment: "production" }, "prod-eu", "prod-eu true"],
    ["undeclared action of a staging agent", "unknown", {}, "staging", "staging false"],
  ])("%s", (_, name, raw, agentEnvironment, expected) => expect(at(name, raw, agentEnvironment)).toBe(expected));

  it("takes declared production: true over a declared lower environment", () => {
    const actions = declare("both", { hints: { production: true, environment: "staging" } });
    expect(assessed({ name: "both", policy: withProfile({ actions }) }).environment).toBe("production");
  });

  it("multiplies once, by 1.5 without a profile, and says so", () => {
    const assessment = assessed({
      name: "delete_thing",
      policy: infraPolicy({ profile: EMPTY_PROFILE, amplifiers: [] }),
    });
    expect(assessment.rawScore).toBeCloseTo((0.285 + 0.02 + 0.09) * 1.5, 9);
    expect(part(assessment, "environment")).toMatchObject({ contribution: 1.5, because: "production x1.5" });
    expect(part(assessed({ name: "ping", environment: "prod-eu", agentId: "?" }), "environment")?.because).toBe(
      "prod-eu counts as production x1.6",
    );
    expect(part(assessed(call("deploy_to_staging")), "environment")).toMatchObject({
      contribution: 1,
      because: "staging x1.0",
    });
  });

  it("scores an unknown agent as in production", () => {
    expect(assessed({ name: "get_service_status", agentId: "constructor" }).production).toBe(true);
  });
});

describe("floors, boosts and what raises", () => {
  it("puts the floor before the multiplier", () => {
    const policy = withProfile({ riskFloor: 0.4 });
    const assessment = assessed({ ...call("get_service_status"), policy });
    expect(assessment.rawScore).toBeCloseTo(0.64, 9);
    expect(part(assessment, "floor")).toMatchObject({ contribution: 0.34, because: "floor of this domain (0.40)" });
    expect(
      part(assessed({ ...call("rollback_deployment"), policy: withProfile({ riskFloor: 0.3 }) }), "floor"),
    ).toBeUndefined();
  });

  it("makes a profile's critical action critical even in staging", () => {
    const policy = withProfile({ criticalActions: [compilePattern("staging")] });
    const assessment = assessed({ ...call("deploy_to_staging"), policy });
    expect(assessment.level).toBe("critical");
    expect(part(assessment, "floor")?.because).toBe("critical action of this domain (0.80)");
  });

  it("adds every matching amplifier after the multiplier and stays within 1", () => {
    const actions = declare("ping");
    expect(assessed({ name: "ping", policy: withProfile({ actions }) }).rawScore).toBeCloseTo(0.224, 9);
    const amplifiers = [1, 2].map(() => ({ pattern: compilePattern("ping"), boost: 0.05 }));
    expect(assessed({ name: "ping", policy: withProfile({ actions }, { amplifiers }) }).rawScore).toBeCloseTo(0.324, 9);
    const huge = [{ pattern: compilePattern("^ping$"), boost: 7 }];
    expect(assessed({ name: "ping", policy: withProfile({ actions }, { amplifiers: huge }) }).rawScore).toBe(1);
    const negative = [{ pattern: compilePattern("ping"), boost: -1 }];
    expect(assessed({ name: "ping", policy: withProfile({ actions }, { amplifiers: negative }) }).rawScore).toBeCloseTo(
      0.224,
      9,
    );
  });

  it.each([
    ["low", 0.096, "low"],
    ["medium", 0.45, "medium"],
    ["high", 0.7, "high"],
    ["critical", 0.9, "critical"],
  ] as const)("raises a low score to %s as %d, by override or by the caller", (level, score, got) => {
    const overridden = assessed({
      ...call("get_service_status"),
      policy: infraPolicy({ overrides: { service_status: level } }),
    });
    const asked = assessed({ ...call("get_service_status"), atLeast: level });
    for (const assessment of [overridden, asked]) {
      expect(assessment.rawScore).toBeCloseTo(score, 9);
      expect(assessment.level).toBe(got);
      expect(part(assessment, "override") === undefined).toBe(level === "low");
    }
  });

  it("raises by what was computed without the agent's claims, so that no claim lifts a score out of a raise", () => {
    const policy = infraPolicy({ undeclared: "high" });
    const raw = { name: "check_thing", arguments: { service: "DROP" }, policy };
    expect(assessed(raw).rawScore).toBe(0.7);
    expect(assessed({ ...raw, hints: { emergency: true } }).rawScore).toBe(0.7);
    const computed = assessed({ ...raw, policy: infraPolicy(), hints: { emergency: true } });
    expect([computed.rawScore.toFixed(3), computed.level]).toEqual(["0.656", "high"]);
  });

  it.each([
    [{ hints: { a: true } }, 1.5, 0.7],
    [{ description: "careful" }, 1.5, 0.7],
    [{ name: "frob_thing", environment: "production" }, 1.4, 0.7],
    [{ name: "frob_thing", hints: { a: 0.1 } }, 1.45, (0.455 + 0.015) * 1.45],
  ])("takes the claims of %j out before it raises", (sent, productionMultiplier, score) => {
    const agents = { "infra-agent": { ...infraPolicy().agents["infra-agent"], environment: "staging" } as never };
    const inStaging = "environment" in sent;
    const policy = withProfile({ productionMultiplier }, { undeclared: "high", ...(inStaging ? { agents } : {}) });
    const args = { name: "check_thing", arguments: { service: "DROP" }, ...sent, policy };
    expect(assessed(args).rawScore).toBeCloseTo(score, 9);
    const { arguments: _, ...rest } = args;
    const byCommand = assessed({ ...rest, command: { argv: ["DROP"], cwd: "/" } });
    expect(byCommand.rawScore).toBeCloseTo(score, 9);
  });

  it("never lowers by an override: high for the production deploy stays critical", () => {
    const policy = infraPolicy({ overrides: { deploy_to_production: "high" } });
    expect(assessed({ ...call("deploy_to_production"), policy, atLeast: "low" })).toMatchObject({ level: "critical" });
    expect(assessed({ ...call("deploy_to_production"), policy }).rawScore).toBeCloseTo(0.882, 9);
  });

  it.each([
    "dropproductiondatabase",
    "DROPPRODUCTIONDATABASE",
    "x.dropProductiondatabase",
    "drop_production_data_base",
  ])("meets an override in %s, whose words are separated otherwise", (name) => {
    expect(assessed({ name }).level).toBe("critical");
    expect(assessed({ name, policy: infraPolicy({ overrides: {}, amplifiers: [] }) }).level).not.toBe("critical");
  });

  it("meets no override in the middle of a word", () => {
    const policy = infraPolicy({ overrides: { rm: "critical" } });
    expect(assessed({ name: "send_alarm", policy }).level).not.toBe("critical");
    expect(assessed({ name: "send_rm", policy }).level).toBe("critical");
  });

  it("takes the highest of several overrides", () => {
    const policy = infraPolicy({
      overrides: { status: "critical", service_status: "high", get_service_status: "medium" },
    });
    expect(assessed({ ...call("get_service_status"), policy }).level).toBe("critical");
  });

  it("asks at least a confirm for a command that the config does not fix", () => {
    const command = { argv: ["ls"], cwd: "/" };
    const free = quiet({}, { command });
    expect(free.level).toBe("medium");
    expect(part(free, "command")?.because).toBe("runs a command that the config does not fix: at least medium");
    expect(quiet({ command: ["ls"] }, { command }).level, "whichever ls the agent's PATH finds").toBe("medium");
    expect(quiet({ command: ["/bin/ls"] }, { command: { ...command, argv: ["/bin/ls"] } }).level).toBe("low");
  });
});

describe("trust", () => {
  const trusted = (mayLowerMedium: boolean, raw: { name: string }, trust = 0.85) => {
    const policy = infraPolicy({ trust: { ...infraPolicy().trust, influence: 1, mayLowerMedium } });
    return assessed({ ...raw, policy, trust });
  };

  it("lowers nothing unless config allows it for medium", () => {
    for (const name of Object.keys(infraCalls) as (keyof typeof infraCalls)[]) {
      const assessment = trusted(false, call(name));
      expect(assessment.score).toBe(assessment.rawScore);
      expect(assessment.level).toBe(assessed(call(name)).level);
    }
  });

  it("lowers medium where config allows it, never high or critical", () => {
    expect(trusted(true, call("deploy_to_staging"))).toMatchObject({ level: "low", rawScore: expect.closeTo(0.42, 9) });
    expect(trusted(true, call("get_service_status")).score).toBeLessThan(0.096);
    for (const name of ["deploy_to_production", "rollback_deployment"] as const)
      expect(trusted(true, call(name)).score).toBe(assessed(call(name)).rawScore);
  });

  it("does not lower what was forced to medium", () => {
    expect(trusted(true, { name: "check_thing" }).level).toBe("medium");
    const policy = infraPolicy({ trust: { ...infraPolicy().trust, influence: 1, mayLowerMedium: true } });
    expect(assessed({ ...call("deploy_to_staging"), policy, trust: 0.85, atLeast: "medium" }).level).toBe("medium");
  });

  it("raises any level when it falls, and says so", () => {
    const fallen = trusted(false, call("modify_firewall_rule"), 0);
    expect(fallen.level).toBe("critical");
    expect(fallen.rawScore).toBeCloseTo(0.7804, 9);
    expect(fallen.score).toBeCloseTo(0.7804 * 1.2, 9);
    expect(part(fallen, "trust")).toMatchObject({ because: "trust 0.00: x1.20" });
    expect(part(assessed(call("modify_firewall_rule")), "trust")).toBeUndefined();
  });
});

const name = fc.constantFrom(
  ...Object.keys(infraActions),
  "mcp__infra__deploy_to_staging",
  "deployToStaging",
  "delete_all",
  "check_thing",
  "drop_production_database",
  "x.y",
);
const environmentName = fc.constantFrom("production", "staging", "ci", "test", "prod", "Staging", "eu");
const hints = fc.dictionary(
  fc.constantFrom("production", "environment2", "emergency", "reversible", "affects_database", "safe", "risk_score"),
  fc.oneof(fc.boolean(), fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.constantFrom("true", "no", "low")),
);
const claims = fc.record(
  {
    hints: fc
      .tuple(hints, fc.option(environmentName, { nil: undefined }))
      .map(([given, environment]) => (environment === undefined ? given : { ...given, environment })),
    environment: environmentName,
    description: fc.oneof(
      fc.string(),
      fc.constantFrom("harmless", "Reversible, safe, read-only.", "be careful", "cannot be undone"),
    ),
  },
  { requiredKeys: [] },
);
const argumentsOf = fc.dictionary(
  fc.constantFrom("service", "reversible", "environment", "facts", "risk", "reason", "token"),
  fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.constantFrom("DROP", "https://x.test", "low")),
);

describe("what an agent sends", () => {
  it("never lowers score, level or environment against the same action without it", () => {
    const policies = [
      infraPolicy(),
      infraPolicy({ undeclared: "high", agents: {} }),
      infraPolicy({ trust: { ...infraPolicy().trust, mayLowerMedium: true, influence: 1 } }),
      infraPolicy({
        agents: { "infra-agent": { ...infraPolicy().agents["infra-agent"], environment: "staging" } as never },
      }),
    ];
    const reached = { raised: 0, same: 0, production: 0 };
    fc.assert(
      fc.property(
        fc.record({ name, arguments: argumentsOf }),
        claims,
        fc.record({ policy: fc.constantFrom(...policies), trust: fc.double({ min: 0, max: 1, noNaN: true }) }),
        (action, sent, given) => {
          const bare = assessed({ ...action, ...given });
          const full = assessed({ ...action, ...sent, ...given });
          const kept = {
            rawScore: full.rawScore >= bare.rawScore - 1e-12,
            score: full.score >= bare.score - 1e-12,
            level: rankOf(full.level) >= rankOf(bare.level),
            production: full.production || (!bare.production && full.environment === bare.environment),
            patterns: bare.patterns.every((pattern) => full.patterns.includes(pattern)),
          };
          if (Object.values(kept).includes(false)) expect({ kept, bare, full }).toBe("kept");
          if (full.level === bare.level) reached.same += 1;
          else reached.raised += 1;
          if (full.production && !bare.production) reached.production += 1;
        },
      ),
      { numRuns: 20_000 },
    );
    expect(Math.min(reached.raised, reached.same, reached.production)).toBeGreaterThan(100);
  });

  it("adds up to the score: every factor is listed", () => {
    fc.assert(
      fc.property(fc.record({ name, arguments: argumentsOf }), claims, (action, sent) => {
        const { factors, rawScore } = assessed({ ...action, ...sent });
        let sum = 0;
        for (const factor of factors) {
          if (factor.name === "environment") sum *= factor.contribution;
          else if (factor.name === "override" || factor.name === "undeclared")
            sum = Math.min(1, sum) + factor.contribution;
          else sum += factor.contribution;
        }
        expect(Math.min(1, sum)).toBeCloseTo(rawScore, 9);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("hostile texts", () => {
  const length = 60_000;
  const fill = (text: string) => {
    const sizeBytes = Math.max(text.length, JSON.stringify(text).length - 2, Buffer.byteLength(text));
    return text.repeat(Math.floor(length / sizeBytes));
  };
  const texts = [
    "a",
    "A",
    "aA",
    "a@",
    "@a.",
    "rm ",
    "rm -",
    "rm -r ",
    "chmod -",
    "-/rm ",
    "-/rm -r ",
    "-/chmod ",
    "key1",
    "@a.b",
    "f::",
    "- ",
    "1.",
    "1.1.1.1",
    "::",
    "0:",
    "a:/",
    "(",
    "\u202e",
    "é",
    "_",
    "-",
    "drop",
    ".env",
    "sudo",
    " ",
    "\n",
  ];

  it.each(texts.map((text) => [text]))("returns for 60,000 letters of %j against every pattern", (text) => {
    const sources = ["(a+)+$", "(a|aa)+$", "^(.*,)+b", "([^@]+@)+x", ".*.*=.*$", "(x+x+)+y"];
    const extra = sources.map((source, at) => ({
      name: `p${at}`,
      pattern: compilePattern(source),
      target: "any" as const,
      contribution: 0.1,
      complianceRefs: [],
      keyTerms: [],
    }));
    const policy = withProfile({
      patterns: [...infraProfile.patterns, ...extra],
      sensitiveTerms: [{ term: compilePattern("(b+)+c"), weight: 0.3 }],
    });
    const assessment = assessed({
      name: "ping",
      arguments: { text: fill(text) },
      attachments: [{ name: "a", text: fill(text).slice(0, 30_000) }],
      policy,
    });
    expect(assessment.rawScore).toBeGreaterThan(0);
  });
});
