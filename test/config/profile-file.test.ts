import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { shippedProfiles } from "../../src/config/profile-file.ts";
import { infraPolicy } from "../fixtures/infra-policy.ts";
import { load, problems } from "./files.ts";

const root = resolve(import.meta.dirname, "../..");

/** As plain data; patterns as their source. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("the shipped profiles", () => {
  it("are named", () => expect(shippedProfiles()).toEqual(["infra"]));

  it("give the rule tests' infra policy, but for what a company adds", () => {
    const { digest, ...policy } = loadConfig("examples/infra/attesta.yaml", {
      env: {},
      cwd: root,
      purpose: "start",
    }).policy;
    const { digest: _other, ...expected } = infraPolicy();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const ours = plain({ ...policy, profile: undefined });
    expect(ours).toEqual(plain({ ...expected, profile: undefined }));
    const { patterns, actions, ...rest } = policy.profile;
    const { patterns: theirPatterns, actions: theirActions, ...theirRest } = expected.profile;
    expect(plain(rest)).toEqual(plain(theirRest));
    expect(plain(patterns.map(({ description, ...pattern }) => pattern))).toEqual(plain(theirPatterns));
    expect(patterns.every(({ description }) => description !== undefined)).toBe(true);
    const { run_migration: migration, ...others } = actions;
    const { run_migration: theirMigration, ...theirOthers } = theirActions;
    expect(plain(others)).toEqual(plain(theirOthers));
    expect(migration).toEqual({ ...theirMigration, facts: { reversible: false } });
  });

  it("are told when a name is none of them", () => {
    expect(problems("domain: infrastructure")).toEqual([
      "attesta.yaml:1:9 domain: there is no profile infrastructure; shipped are infra; a file of your own is written as a path, such as ./mine.yaml",
    ]);
    expect(problems("domain: ./infra.yaml")).toEqual([
      "attesta.yaml:1:9 domain: there is no profile ./infra.yaml; check the path; it starts from the folder of the file that names it",
    ]);
    expect(problems("domain: nothing", { domain: "infra" })).toEqual([]);
    expect(problems("policy: {}", { domain: "infr" })[0]).toContain("1:1 --domain: there is no profile infr");
  });
});

const PROFILE = `name: mine
risk_patterns:
  - name: payout
    pattern: (^|_)payout(_|$)
    risk_contribution: 0.7
`;
const withProfile = (text: string) => ({ "attesta.yaml": "domain: ./mine.yaml\n", "mine.yaml": text });

describe("a profile file", () => {
  it("reads Attesta's documented field names", () => {
    const { profile } = load(
      withProfile(`name: mine
display_name: Mine
risk_patterns:
  - {name: a, pattern: x, target: function_name, risk_contribution: 0.5}
  - {name: b, pattern: x, target: kwargs, risk_contribution: 0.5, compliance_refs: [SOC 2 CC8.1]}
  - {name: c, pattern: x, target: docstring, risk_contribution: 0.5, key_terms: [service]}
sensitive_terms: {pii: 0.7, c++: 0.5}
critical_actions: [wipe]
compliance_frameworks: [SOC 2]
escalation_rules:
  - {condition: "matches_pattern:a", action: require_multi_party, required_approvers: 3, notify_roles: [watch]}
  - {condition: "risk_score >= 0.9", action: notify_compliance, notify_roles: [watch]}
  - {condition: "environment:production", action: require_confirmation, roles: [lead]}
  - {condition: "risk_level:critical", action: require_multi_party, roles: [lead, dba]}
challenge_templates:
  - {question_template: "Which region?", answer_hints: ["{region}", "region {region}"], context_vars: [region], challenge_type: quiz, min_risk_level: high}
min_review_overrides: {high: 20}
base_risk_floor: 0.1
production_multiplier: 1.4
required_vocabulary: [region]
synonyms: [[Ingress, Inbound]]
`),
    ).policy;
    expect(profile.patterns.map(({ target, keyTerms }) => [target, keyTerms])).toEqual([
      ["action_name", ["region"]],
      ["arguments", ["region"]],
      ["description", ["service"]],
    ]);
    const [pii, cpp] = profile.sensitiveTerms;
    expect([
      pii?.term.found("has_PII_inside"),
      pii?.term.found("epiic"),
      cpp?.term.found("in c++ code"),
      cpp?.weight,
    ]).toEqual([true, false, true, 0.5]);
    expect(
      profile.escalationRules.map(({ name, action, roles, require, approvers, notify }) => [
        name,
        action,
        roles,
        require,
        approvers,
        notify,
      ]),
    ).toEqual([
      ["rule_1", "require_multi_party", [], "any", 3, ["watch"]],
      ["rule_2", "notify", [], "any", 0, ["watch"]],
      ["rule_3", "require_confirm", ["lead"], "any", 0, []],
      ["rule_4", "require_multi_party", ["lead", "dba"], "each", 2, []],
    ]);
    expect(profile.questions).toEqual([
      { question: "Which region?", answer: "{region}", answers: ["region {region}"], distractors: [] },
    ]);
    expect(profile).toMatchObject({
      minReviewMs: { high: 20_000 },
      riskFloor: 0.1,
      productionMultiplier: 1.4,
      synonyms: [["ingress", "inbound"]],
      nonProduction: ["staging", "ci", "test", "development"],
    });
  });

  it("merges with others, and its actions are completed by the config", () => {
    const { profile } = load({
      "attesta.yaml":
        "domain: [infra, ./mine.yaml]\nactions: {deployToProduction: {facts: {instances: 3}}, pay: {secret_arguments: [iban]}}\n",
      "mine.yaml": `${PROFILE}production_multiplier: 2\nescalation_rules: [{condition: "matches_pattern:deployment", action: require_quiz}]\n`,
    }).policy;
    expect(profile.name).toBe("infra+mine");
    expect(profile.productionMultiplier).toBe(2);
    expect(profile.patterns.map(({ name }) => name)).toContain("payout");
    expect(profile.actions.deploy_to_production).toMatchObject({
      summary: "Deploy {service} v{version} to production",
      facts: { instances: 3 },
    });
    expect(profile.actions.pay).toEqual({
      name: "pay",
      hints: {},
      facts: {},
      freeText: [],
      secretArguments: ["iban"],
      privateArguments: [],
      attach: [],
    });
  });

  const cases: readonly (readonly [name: string, text: string, problem: string])[] = [
    [
      "a condition that cannot be understood",
      `${PROFILE}escalation_rules:\n  - condition: risk_score is high\n    action: block\n`,
      "7:16 escalation_rules[0].condition: is not understood at its column 12: ",
    ],
    [
      "a condition about an unknown pattern",
      `${PROFILE}escalation_rules:\n  - condition: matches_pattern:payin\n    action: block\n`,
      "7:16 escalation_rules[0].condition: is not understood at its column 17: ",
    ],
    [
      "a question about an unknown pattern",
      `${PROFILE}questions: [{pattern: payin, question: Q, answer: A}]\n`,
      "6:23 questions[0].pattern: no risk pattern is called payin; known are payout",
    ],
    [
      "a question without an answer",
      `${PROFILE}questions: [{question: Q}]\n`,
      "6:13 questions[0]: has no answer; write answer, with {argument} placeholders",
    ],
    [
      "a variable that a question does not use",
      `${PROFILE}questions: [{question: Q, answer: A, context_vars: [x]}]\n`,
      "6:53 questions[0].context_vars[0]: is in neither question nor answer; remove it",
    ],
    [
      "a pattern that cannot be compiled",
      "name: mine\ncritical_actions: ['(?!x)']\n",
      "2:20 critical_actions[0]: lookahead",
    ],
    [
      "the same pattern name twice",
      `${PROFILE}  - {name: payout, pattern: y, risk_contribution: 0.1}\n`,
      "6:12 risk_patterns[1].name: is the same as risk_patterns[0].name; keep one",
    ],
    [
      "safe actions, with what to do instead",
      "name: mine\nsafe_actions: [get_x]\n",
      "2:1 safe_actions: is not a key here; nothing lowers a score here: declare the action instead",
    ],
    [
      "production among the environments that are none",
      "name: mine\nnon_production: [staging, Prod]\n",
      "2:27 non_production[1]: is production by its name; remove it",
    ],
    [
      "a multiplier that lowers",
      "name: mine\nproduction_multiplier: 0.5\n",
      "2:24 production_multiplier: must be at least 1",
    ],
    [
      "a contribution out of range",
      `${PROFILE.replace("0.7", "1.7")}`,
      "5:24 risk_patterns[0].risk_contribution: must be at most 1",
    ],
    [
      "a rule that blocks and asks",
      `${PROFILE}escalation_rules:\n  - {condition: "risk_level:high", action: block, roles: [x]}\n`,
      "7:51 escalation_rules[0].roles: block asks nobody; remove roles, or choose another action",
    ],
    [
      "a rule that tells nobody",
      `${PROFILE}escalation_rules:\n  - {condition: "risk_level:high", action: notify}\n`,
      "7:5 escalation_rules[0]: notifies nobody; write `notify: [role]`",
    ],
    [
      "one thing by two keys",
      `${PROFILE}questions: []\nchallenge_templates: []\n`,
      "7:1 challenge_templates: means the same as questions, which stands here too; keep one",
    ],
    ["a missing name", "display_name: Mine\n", "1:1 name: is missing; write text"],
    [
      "a challenge template for another challenge",
      `${PROFILE}challenge_templates: [{question: Q, answer: A, challenge_type: teach_back}]\n`,
      "6:64 challenge_templates[0].challenge_type: must be one of quiz",
    ],
  ];
  it.each(cases)("is refused for %s", (_name, text, problem) => {
    const said = problems(withProfile(text));
    expect(said).toHaveLength(1);
    expect(said[0]?.slice(0, `mine.yaml:${problem}`.length)).toBe(`mine.yaml:${problem}`);
  });
});
