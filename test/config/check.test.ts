import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/engine/digest.ts";
import { load, problems, STARTABLE } from "./files.ts";

/** One mistake: the file, and where and how it is told. */
type Case = readonly [name: string, text: string, problem: string];

function each(cases: readonly Case[], purpose: "check" | "start" = "check"): void {
  it.each(cases)("%s", (_name, text, problem) => {
    expect(problems(text, { purpose })).toEqual([`attesta.yaml:${problem}`]);
  });
}

const HASH = "ab".repeat(32);

describe("keys, types and ranges", () => {
  each([
    ["a misspelled key", "polcy: {}", "1:1 polcy: is not a key here; did you mean policy?"],
    [
      "a misspelled key further down",
      "policy:\n  timeout_second: 3",
      "2:3 policy.timeout_second: is not a key here; did you mean timeout_seconds?",
    ],
    [
      "an unknown key in a list",
      "people:\n  - email: a@b.c\n    phone: 12",
      "3:5 people[0].phone: is not a key here; known are email, name, slack, teams, review_token_sha256",
    ],
    [
      "an unknown key of an agent",
      "agents:\n  robot:\n    token: abc",
      "3:5 agents.robot.token: is not a key here; write token_sha256, the SHA-256 of the token in hex",
    ],
    [
      "a key of the published documentation that nothing reads",
      "policy: {critical_always_verify: true}",
      "1:10 policy.critical_always_verify: is not a key here; remove it: critical always needs people",
    ],
    ["a platform whose part is not there", "redis: {url: x}", "1:9 redis.url: is not a key here; remove it"],
    [
      "a section without a value",
      "policy:\n",
      "1:1 policy: must be keys and values; it has no value; write one, or remove the key",
    ],
    [
      "text for a number",
      "policy: {timeout_seconds: five}",
      "1:27 policy.timeout_seconds: must be a number; text stands there",
    ],
    [
      "yes for true",
      "trust: {may_lower_medium: yes}",
      "1:27 trust.may_lower_medium: must be true or false; text stands there",
    ],
    [
      "a number for text",
      "agents: {robot: {environment: 7}}",
      "1:31 agents.robot.environment: must be text, and this reads as a number; put it in quotes",
    ],
    [
      "a part of a person",
      "policy: {require_multi_party: {high: 1.5}}",
      "1:38 policy.require_multi_party.high: must be a whole number",
    ],
    [
      "a word that is none of the choices",
      "policy: {fail_mode: open}",
      "1:21 policy.fail_mode: must be one of deny, allow, escalate",
    ],
    [
      "a challenge that does not exist",
      "policy: {challenge_map: {low: auto}}",
      "1:31 policy.challenge_map.low: must be one of auto_approve, confirm, quiz, teach_back, multi_party",
    ],
    ["no time at all", "policy: {timeout_seconds: 0}", "1:27 policy.timeout_seconds: must be more than 0"],
    ["negative time", "policy: {timeout_seconds: -5}", "1:27 policy.timeout_seconds: must be more than 0"],
    ["more than 30 days", "policy: {timeout_seconds: 2592001}", "1:27 policy.timeout_seconds: must be at most 2592000"],
    [
      "a number that is none",
      "policy: {timeout_seconds: .inf}",
      "1:27 policy.timeout_seconds: is not a number that can be used; write a finite number, or put text in quotes",
    ],
    [
      "a minimum above a day",
      "policy: {minimum_review_seconds: {critical: 86401}}",
      "1:45 policy.minimum_review_seconds.critical: must be at most 86400",
    ],
    [
      "a boost that lowers",
      "risk: {amplifiers: [{pattern: x, boost: -0.1}]}",
      "1:41 risk.amplifiers[0].boost: must be at least 0",
    ],
    ["a reminder after the end", "policy: {reminders: [1]}", "1:22 policy.reminders[0]: must be less than 1"],
    [
      "nobody in a list",
      "policy:\n  approvers:\n    high: []",
      "3:5 policy.approvers.high: is an empty list; name somebody or something, or remove the key",
    ],
    [
      "a role with nobody",
      "roles:\n  lead:\n    members: []",
      "3:5 roles.lead.members: is an empty list; name somebody or something, or remove the key",
    ],
    ["a person without an e-mail", "people:\n  - name: Ann", "2:5 people[0].email: is missing; write text"],
    [
      "an e-mail that is none",
      "people: [{email: ann}]",
      "1:18 people[0].email: is not an e-mail address; write one such as kim@company.com",
    ],
    [
      "a name that turns the text around",
      'people: [{email: a@b.c, name: "Ann\\u202e"}]',
      "1:31 people[0].name: holds invisible or control characters; write plain text on one line",
    ],
    [
      "a token instead of its hash",
      "agents: {robot: {token_sha256: hunter2}}",
      "1:32 agents.robot.token_sha256: is not a SHA-256 in hex; write the hash of the token (64 hex digits), never the token itself",
    ],
    ["a short state key", "state: {key: hunter2}", "1:14 state.key: is too short; use at least 32 characters"],
    [
      "an action with a name that cannot be",
      'risk: {overrides: {"rm -rf": high}}',
      '1:20 risk.overrides."rm -rf": this name is not an action name; use up to 128 letters, digits, _ . : / or -',
    ],
    [
      "a level that does not exist",
      "risk: {overrides: {x: severe}}",
      "1:23 risk.overrides.x: must be one of low, medium, high, critical",
    ],
    ["a domain that is a number", "domain: 7", "1:9 domain: must be text or a list; a number stands there"],
    [
      "an empty domain in a list",
      "domain: [infra, 7]",
      "1:17 domain[1]: must be text, and this reads as a number; put it in quotes",
    ],
    ["a port out of range", "server: {port: 65536}", "1:16 server.port: must be at most 65535"],
  ]);
});

describe("between the keys of policy", () => {
  each([
    [
      "critical approved by nobody",
      "policy: {challenge_map: {critical: auto_approve}}",
      "1:36 policy.challenge_map.critical: critical always needs people; write multi_party",
    ],
    [
      "critical in the other spelling",
      "policy: {challenge_map: {critical: auto-approve}}",
      "1:36 policy.challenge_map.critical: critical always needs people; write multi_party",
    ],
    [
      "critical by a mere confirm",
      "policy: {challenge_map: {critical: confirm}}",
      "1:36 policy.challenge_map.critical: a confirm is too little for critical; write quiz, teach_back or multi_party",
    ],
    [
      "a challenge that gets softer",
      "policy: {challenge_map: {medium: quiz, high: confirm}}",
      "1:46 policy.challenge_map.high: is softer than medium (quiz); a higher level asks for at least as much",
    ],
    [
      "a minimum that gets shorter",
      "policy: {minimum_review_seconds: {high: 15, critical: 5}}",
      "1:55 policy.minimum_review_seconds.critical: is softer than high (15); a higher level asks for at least as much",
    ],
    [
      "fewer people for more risk",
      "policy: {require_multi_party: {high: 3, critical: 2}}",
      "1:51 policy.require_multi_party.critical: is softer than high (3); a higher level asks for at least as much",
    ],
    [
      "two people where nobody is asked",
      "policy: {require_multi_party: {low: 2}}",
      "1:37 policy.require_multi_party.low: wants 2 people, but challenge_map approves low without any; map low to confirm or more",
    ],
    [
      "escalation to nowhere",
      "policy: {fail_mode: escalate}",
      "1:21 policy.fail_mode: escalate needs rungs; add `escalation: [{after_seconds, roles}]`, or write deny",
    ],
    [
      "a rung after the end",
      "policy:\n  escalation:\n    - after_seconds: 300\n      roles: [x]",
      "3:22 policy.escalation[0].after_seconds: must be less than timeout_seconds (300)",
    ],
    [
      "rungs in the wrong order",
      "policy: {escalation: [{after_seconds: 9, roles: [x]}, {after_seconds: 9, roles: [y]}]}",
      "1:71 policy.escalation[1].after_seconds: must be more than the rung before it (9)",
    ],
    [
      "reminders in the wrong order",
      "policy: {reminders: [0.5, 0.5]}",
      "1:27 policy.reminders[1]: must be more than the one before it (0.5)",
    ],
    [
      "break glass for critical",
      "policy: {break_glass: {roles: [x], max_level: critical}}",
      "1:47 policy.break_glass.max_level: critical has no break glass; write high or less",
    ],
    [
      "a role that is named twice",
      "policy: {approvers: {high: [a, b, a]}}",
      "1:35 policy.approvers.high[2]: is the same as policy.approvers.high[0]; keep one",
    ],
    [
      "an initial trust above the ceiling",
      "trust: {initial_score: 0.95}",
      "1:24 trust.initial_score: the initial score (0.95) is above the ceiling (0.9); lower one of them",
    ],
    [
      "two names for one action",
      "risk: {overrides: {dropTable: high, drop_table: critical}}",
      "1:37 risk.overrides.drop_table: means the same action as dropTable; keep one",
    ],
  ]);

  it("a pattern that the engine cannot take is told with its place", () => {
    const [problem] = problems("risk:\n  amplifiers:\n    - pattern: (?=x)\n      boost: 0.1");
    expect(problem).toMatch(/^attesta\.yaml:3:16 risk\.amplifiers\[0\]\.pattern: lookahead/);
    expect(problems('risk: {amplifiers: [{pattern: "(", boost: 0.1}]}')).toHaveLength(1);
    expect(problems("agents: {robot: {actions: [(a)\\1]}}")[0]).toContain(
      "1:28 agents.robot.actions[0]: backreferences",
    );
  });
});

describe("within declared actions", () => {
  each([
    [
      "an argument both on the card and private",
      "actions: {x: {card: [a_b], private_arguments: [aB]}}",
      "1:22 actions.x.card[0]: is private too; the channel sees it or it does not, keep one",
    ],
    [
      "an environment that is no text",
      "actions: {x: {hints: {environment: true}}}",
      "1:36 actions.x.hints.environment: must be text, such as staging",
    ],
    [
      "a program that the agent chooses",
      'actions: {x: {command: ["{tool}", run]}}',
      "1:25 actions.x.command[0]: is the program to run and must be fixed text, without placeholders",
    ],
    [
      "an argument that a shell would run",
      'actions: {x: {command: [bash, -ec, "deploy {service}"]}}',
      "1:36 actions.x.command[2]: would hand an agent's text to a shell as code; call a script with it as a separate argument",
    ],
    [
      "a brace that is no placeholder",
      'actions: {x: {command: [./run, "{a b}"]}}',
      "1:32 actions.x.command[1]: has a brace that is no {argument} placeholder",
    ],
    [
      "one action by two names",
      "actions: {runIt: {summary: a}, run_it: {summary: b}}",
      "1:32 actions.run_it: means the same action as runIt; keep one",
    ],
    [
      "an action whose name says nothing",
      "actions: {__: {summary: a}}",
      "1:11 actions.__: has no letter or digit; write the action's name",
    ],
  ]);

  it("a script with arguments of its own is fine", () => {
    expect(problems('actions: {x: {command: [sh, ./deploy.sh, "{service}"]}}')).toEqual([]);
  });
});

describe("between people, roles and agents", () => {
  each([
    [
      "the same person twice",
      "people: [{email: ann@b.c}, {email: Ann@B.c}]",
      "1:36 people[1].email: is the same as people[0].email; keep one",
    ],
    [
      "one Slack account for two",
      "people: [{email: a@b.c, slack: U1}, {email: d@b.c, slack: U1}]",
      "1:59 people[1].slack: is the same as people[0].slack; keep one",
    ],
    [
      "one Teams account for two",
      "people: [{email: a@b.c, teams: AA}, {email: d@b.c, teams: aa}]",
      "1:59 people[1].teams: is the same as people[0].teams; keep one",
    ],
    [
      "an agent's token as a review token",
      `agents:\n  robot: {token_sha256: ${HASH}}\npeople:\n  - email: a@b.c\n    review_token_sha256: ${HASH.toUpperCase()}`,
      "5:26 people[0].review_token_sha256: is the same as agents.robot.token_sha256; keep one",
    ],
    [
      "the hash of nothing",
      `agents: {robot: {token_sha256: ${sha256Hex("")}}}`,
      "1:32 agents.robot.token_sha256: is the hash of an empty token; make a token and write its hash",
    ],
    [
      "a member who is nobody",
      "people: [{email: a@b.c}]\nroles: {lead: {members: [b@b.c]}}",
      "2:26 roles.lead.members[0]: b@b.c is not in people; add an entry, or mend the spelling",
    ],
    [
      "an owner who is nobody",
      "people: [{email: a@b.c}]\nagents: {robot: {owner: b@b.c}}",
      "2:25 agents.robot.owner: b@b.c is not in people; add an entry, or mend the spelling",
    ],
    [
      "a member twice",
      "roles: {lead: {members: [a@b.c, A@b.c]}}",
      "1:33 roles.lead.members[1]: is the same as roles.lead.members[0]; keep one",
    ],
    [
      "delegation at critical to nobody",
      "roles: {lead: {members: [a@b.c], delegates_at_critical: true}}",
      "1:57 roles.lead.delegates_at_critical: needs delegates; name them, or remove this key",
    ],
    [
      "an owner as requester where there is no owner",
      "agents: {robot: {requester: owner}}",
      "1:29 agents.robot.requester: owner means the agent's owner; name one with `owner:`",
    ],
    [
      "a shell wildcard for an expression",
      "agents: {robot: {actions: [deploy_*]}}",
      "1:28 agents.robot.actions[0]: is a regular expression over the whole action name; write `.*` where anything may stand",
    ],
    [
      "a role that is not defined",
      "policy: {approvers: {high: [boss]}}\nroles: {lead: {members: [a@b.c]}}",
      "1:29 policy.approvers.high[0]: the role boss is not defined (asked by policy.approvers.high); write `roles: {boss: {members: [...]}}`",
    ],
    [
      "a channel rule that says nothing",
      "channels: {rules: [{when: {level: high}}]}",
      "1:20 channels.rules[0]: names no channel; write slack or teams",
    ],
    [
      "a channel rule without a condition",
      "channels: {rules: [{when: {}, slack: C1}]}",
      "1:21 channels.rules[0].when: is always true; write channels.default instead",
    ],
    [
      "a client address with a password",
      "client: {url: http://a:b@host}",
      "1:15 client.url: holds a name or password; use client.token instead",
    ],
  ]);
});

describe("what a start needs", () => {
  const without = (text: string) => STARTABLE.replace(text, "");
  it("is all there in a small file", () => expect(problems(STARTABLE, { purpose: "start" })).toEqual([]));

  each(
    [
      [
        "approvers of every level with a challenge",
        without("    medium: [lead]\n"),
        "1:1 policy.approvers.medium: medium asks for confirm, and no role is named to give it; write `approvers: {medium: [role]}`".replace(
          "1:1",
          "2:3",
        ),
      ],
      [
        "an agent's token",
        without(`    token_sha256: ${"a1".repeat(32)}\n`),
        "7:3 agents.robot: has no token; write token_sha256, the SHA-256 of its token in hex",
      ],
      [
        "an agent's owner",
        without("    owner: dana@company.com\n"),
        "7:3 agents.robot: has no owner; write the e-mail of the person who answers for it",
      ],
      [
        "people in a role",
        `${STARTABLE}  third: {title: Third}\n`,
        "19:3 roles.third: nobody holds this role; write members, slack.usergroup or teams.members_of",
      ],
      [
        "listed members for critical",
        STARTABLE.replace("members: [bob@company.com]", "slack: {usergroup: S1}"),
        "17:3 roles.second: is asked for critical actions (policy.approvers.critical) and needs members; a chat group alone can be edited by too many",
      ],
      [
        "enough different people",
        STARTABLE.replace("[bob@company.com]", "[ann@company.com]"),
        "5:5 policy.approvers.critical: critical needs 2 different people, and these roles have 1; add members or roles",
      ],
      [
        "enough people besides the agent's owner",
        STARTABLE.replace("[bob@company.com]", "[dana@company.com]"),
        "5:5 policy.approvers.critical: critical needs 2 different people, and these roles have 1, the agent's owner dana@company.com aside; add members or roles",
      ],
    ],
    "start",
  );

  it("lets a role that is only told have a channel and nobody in it", () => {
    const rule = "escalation_rules: [{name: r, condition: 'risk_level:high', action: notify, notify: [watch]}]";
    const files = {
      "attesta.yaml": `${STARTABLE}  watch: {slack: {channel: C1}}\ndomain: ./p.yaml\n`,
      "p.yaml": `name: p\n${rule}\n`,
    };
    expect(problems(files, { purpose: "start" })).toEqual([]);
    const critical = {
      ...files,
      "p.yaml": files["p.yaml"].replace("action: notify, notify", "action: require_quiz, roles"),
    };
    expect(problems(critical, { purpose: "start" })[0]).toContain("roles.watch: nobody holds this role");
  });

  it("does not want members for a role that only high actions ask for", () => {
    const files = {
      "attesta.yaml": `${STARTABLE}  watch: {slack: {usergroup: S1}}\ndomain: ./p.yaml\n`,
      "p.yaml": "name: p\nescalation_rules: [{condition: 'risk_level:high', action: require_quiz, roles: [watch]}]\n",
    };
    expect(problems(files, { purpose: "start" })).toEqual([]);
    const any = {
      ...files,
      "p.yaml": files["p.yaml"].replace("risk_level:high", "risk_level:high or risk_score > 0.1"),
    };
    expect(problems(any, { purpose: "start" })[0]).toContain("is asked for critical actions (rule rule_1 of domain p)");
  });
});

describe("several mistakes", () => {
  it("are all told at once, from top to bottom, whichever section they are in", () => {
    const said = problems(`policy:
  timeout: 3
  fail_mode: open
risk:
  amplifiers: [{pattern: "[", boost: 2}]
  overrides: {a: high}
agents: {robot: {requester: owner}}
people: [{email: a@b.c}, {email: a@b.c}]
roles: {lead: {members: [z@b.c]}}
domain: ./gone.yaml
`);
    expect(said.map((line) => line.slice(0, line.indexOf(": ")))).toEqual([
      "attesta.yaml:2:3 policy.timeout",
      "attesta.yaml:3:14 policy.fail_mode",
      "attesta.yaml:5:38 risk.amplifiers[0].boost",
      "attesta.yaml:7:29 agents.robot.requester",
      "attesta.yaml:8:34 people[1].email",
      "attesta.yaml:9:26 roles.lead.members[0]",
      "attesta.yaml:10:9 domain",
    ]);
  });

  it("in a policy that asks for too much do not hide that the rest is right", () => {
    expect(
      load("policy: {fail_mode: escalate, escalation: [{after_seconds: 60, roles: [boss]}]}").policy.escalation,
    ).toEqual([{ afterMs: 60_000, roles: ["boss"] }]);
  });
});
