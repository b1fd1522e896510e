import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { findConfig, loadConfig } from "../../src/config/load.ts";
import { ConfigFault } from "../../src/config/types.ts";
import { folderWith, load, problems, STARTABLE } from "./files.ts";

const SEED = resolve(import.meta.dirname, "../../../shared/seed/attesta.yaml");

/** The published file, or undefined with one line that says so. */
function seed(): string | undefined {
  if (existsSync(SEED)) return SEED;
  console.log("not run: ../shared/seed/attesta.yaml is not there");
  return undefined;
}

describe("a config file's defaults", () => {
  it("fills in every key that is not given", () => {
    const config = load("policy: {}");
    expect(config.policy).toMatchObject({
      minimumReviewMs: { low: 0, medium: 3000, high: 10_000, critical: 30_000 },
      minimumReviewMode: "per_challenge",
      multiParty: { low: 1, medium: 1, high: 1, critical: 2 },
      challengeMap: { low: "auto_approve", medium: "confirm", high: "quiz", critical: "multi_party" },
      failMode: "deny",
      timeoutMs: 300_000,
      undeclared: "medium",
      mode: "enforce",
      challenge: { maxAttempts: 2, onFailure: "bar" },
      validForMs: 600_000,
      reaskMs: 3_600_000,
      reminders: [0.5, 0.9],
      escalation: [],
      trust: { influence: 0.3, ceiling: 0.9, initialScore: 0.3, decayRate: 0.01, mayLowerMedium: false },
    });
    expect(config.policy.breakGlass).toBeUndefined();
    expect(config.policy.abandonAfterMs).toBeUndefined();
    expect(config.policy.profile.name).toBe("none");
    expect(config.server).toEqual({ host: "127.0.0.1", port: 8484 });
    expect(config.audit.answers).toBe("full");
    expect(config.state.keepMs).toBe(30 * 86_400_000);
  });

  it("keeps a level at least as strict as the level below it", () => {
    const { policy } = load(`policy:
  minimum_review_seconds: {medium: 20}
  require_multi_party: {high: 3}
  challenge_map: {medium: teach-back}
`);
    expect(policy.minimumReviewMs).toEqual({ low: 0, medium: 20_000, high: 20_000, critical: 30_000 });
    expect(policy.multiParty).toEqual({ low: 1, medium: 1, high: 3, critical: 3 });
    expect(policy.challengeMap).toMatchObject({ medium: "teach_back", high: "teach_back", critical: "multi_party" });
  });

  it("writes e-mails and hashes in lower case, and names overrides in normal form", () => {
    const config = load(`risk: {overrides: {dropDatabase: critical}}
people: [{email: Ann@Company.com, review_token_sha256: ${"AB".repeat(32)}}]
roles: {sre_lead: {members: [ANN@company.com]}}
agents: {robot: {owner: ann@COMPANY.com, token_sha256: ${"CD".repeat(32)}}}
`);
    expect(config.people).toEqual([
      { email: "ann@company.com", name: "Ann@Company.com", reviewTokenSha256: "ab".repeat(32) },
    ]);
    expect(config.policy.roles.sre_lead?.members).toEqual(["ann@company.com"]);
    expect(config.policy.agents.robot?.owner).toBe("ann@company.com");
    expect(config.agentTokens).toEqual({ robot: "cd".repeat(32) });
    expect(config.policy.overrides).toEqual({ drop_database: "critical" });
    expect(config.roles).toEqual([{ name: "sre_lead", title: "SRE lead" }]);
  });

  it("takes an agent's actions as expressions over the whole name", () => {
    const [pattern] = load("agents: {robot: {actions: [deploy]}}").policy.agents.robot?.actions ?? [];
    expect(pattern?.found("deploy")).toBe(true);
    expect(pattern?.found("deploy_and_delete")).toBe(false);
    expect(pattern?.found("x\ndeploy\nx")).toBe(false);
  });
});

describe("the published file", () => {
  it("passes a check alone and gives the published values", () => {
    const file = seed();
    if (file === undefined) return;
    const { policy, audit } = loadConfig(file, { env: {}, cwd: "/", purpose: "check" });
    expect(policy.minimumReviewMs).toEqual({ low: 0, medium: 3000, high: 15_000, critical: 45_000 });
    expect(policy.amplifiers.map(({ pattern, boost }) => [pattern.source, boost])).toEqual([
      [".*production.*", 0.3],
      [".*deploy.*", 0.15],
      [".*delete.*", 0.2],
      [".*firewall.*", 0.15],
      [".*migrate.*", 0.1],
    ]);
    expect(Object.values(policy.overrides)).toEqual(Array.from({ length: 5 }, () => "critical"));
    expect(policy.trust).toMatchObject({ influence: 0.25, ceiling: 0.85, initialScore: 0.2, decayRate: 0.01 });
    expect(audit.path).toBe(resolve(file, "../.attesta/infra-audit.jsonl"));
  });

  it("stops a start and names people, roles, agents and the approvers of each level", () => {
    const file = seed();
    if (file === undefined) return;
    const start = () => loadConfig(file, { env: {}, cwd: "/", purpose: "start", domain: "infra" });
    expect(start).toThrow(ConfigFault);
    try {
      start();
    } catch (fault) {
      if (!(fault instanceof ConfigFault)) throw fault;
      expect(fault.problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
        "1:1 people",
        "1:1 roles",
        "1:1 agents",
        "5:1 policy.approvers.medium",
        "5:1 policy.approvers.high",
        "5:1 policy.approvers.critical",
      ]);
      expect(fault.message).toContain("asked are sre_lead, release_manager, dba, backend_lead");
    }
  });
});

describe("finding and reading the file", () => {
  it("looks upwards, and takes ATTESTA_CONFIG first", () => {
    const folder = folderWith({ "attesta.yaml": "policy: {}", "deep/er/x": "", "other.yaml": "policy: {}" });
    expect(findConfig(join(folder, "deep/er"), {})).toBe(join(folder, "attesta.yaml"));
    expect(findConfig(join(folder, "deep"), { ATTESTA_CONFIG: "../other.yaml" })).toBe(join(folder, "other.yaml"));
    expect(findConfig("/", {})).toBeUndefined();
  });

  it("says what is wrong with a file that cannot be read as a config", () => {
    expect(problems("")).toEqual(["attesta.yaml:1:1 (file): is empty; begin with a key such as `policy:`"]);
    expect(problems("# nothing\n")).toHaveLength(1);
    expect(problems("- a\n")).toEqual([
      "attesta.yaml:1:1 (file): must be a map of keys and values at its top; begin with a key such as `policy:`",
    ]);
    expect(problems({})).toEqual(["attesta.yaml:1:1 (file): is not there; check the path"]);
    expect(problems({ "attesta.yaml/x": "" })).toEqual(["attesta.yaml:1:1 (file): is a folder; name a file"]);
    expect(problems("policy: {\n")[0]).toMatch(/^attesta\.yaml:2:1 \(file\): is not YAML: /);
    expect(problems("policy: {}\n---\npolicy: {}\n")[0]).toMatch(/:2:1 \(file\): is not YAML/);
    expect(problems("%YAML 1.1\n---\npolicy: {}\n")[0]).toContain("is not YAML 1.2");
    expect(problems(`policy: {}\n${"#".repeat(1_100_000)}`)[0]).toContain("at most 1048576");
  });

  it("refuses text that is not UTF-8", () => {
    const folder = folderWith({});
    writeFileSync(join(folder, "attesta.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]));
    expect(() => loadConfig("attesta.yaml", { env: {}, cwd: folder, purpose: "check" })).toThrow("is not UTF-8 text");
  });

  it("refuses a key that stands twice, one that objects have already, tags, and half characters", () => {
    expect(problems("policy:\n  fail_mode: deny\n  fail_mode: allow\n")).toEqual([
      "attesta.yaml:3:3 policy.fail_mode: this key stands here twice; keep one",
    ]);
    expect(problems("roles:\n  __proto__: {}\n")).toEqual([
      "attesta.yaml:2:3 roles.__proto__: this name is not allowed; choose another",
    ]);
    expect(problems("roles:\n  constructor: {}\n")).toHaveLength(1);
    expect(problems("policy: !!js/function x\n")).toHaveLength(1);
    expect(problems("policy:\n  fail_mode: !secret deny\n")).toHaveLength(1);
    expect(problems('people:\n  - email: a@b\n    name: "\\ud800"\n')[0]).toContain(":3:11 people[0].name: holds half");
  });

  it("bounds aliases, depth and circles", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (let index = 1; index < 10; index += 1)
      bomb.push(
        `a${index}: &a${index} [${"*a".concat(index > 1 ? `${index - 1}` : "")},`.concat(
          `*a${index > 1 ? index - 1 : ""},`.repeat(8),
          "]",
        ),
      );
    expect(problems(bomb.join("\n"))[0]).toContain("more than 100 aliases");
    expect(problems("policy: &p\n  fail_mode: *p\n").join()).toMatch(/contains itself|more than 100 aliases/);
    expect(problems(`policy: ${"[".repeat(60)}${"]".repeat(60)}`)[0]).toContain("nested deeper than 32");
  });

  it("takes an anchor that is used as people mean it", () => {
    expect(load("policy:\n  approvers: {medium: &both [a, b], high: *both}\n").policy.approvers.high).toEqual([
      "a",
      "b",
    ]);
  });
});

describe("extends", () => {
  it("merges maps by key, replaces lists, and resolves paths from the file that names them", () => {
    const folder = folderWith({
      "base/base.yaml": `policy: {timeout_seconds: 60, approvers: {medium: [a, b]}, reminders: [0.1]}
audit: {path: log/audit.jsonl}
domain: ./mine.yaml
`,
      "base/mine.yaml": "name: mine\n",
      "attesta.yaml":
        "extends: ./base/base.yaml\npolicy: {approvers: {medium: [c]}, fail_mode: allow}\nstate: {path: here}\n",
    });
    const config = loadConfig("attesta.yaml", { env: {}, cwd: folder, purpose: "check" });
    expect(config.policy).toMatchObject({ timeoutMs: 60_000, failMode: "allow", reminders: [0.1] });
    expect(config.policy.approvers.medium).toEqual(["c"]);
    expect(config.audit.path).toBe(join(folder, "base/log/audit.jsonl"));
    expect(config.state.path).toBe(join(folder, "here"));
    expect(config.policy.profile.name).toBe("mine");
  });

  it("blames the file in which a mistake stands", () => {
    const files = {
      "attesta.yaml": "extends: base.yaml\npolicy: {timeout_seconds: 0}\n",
      "base.yaml": "policy:\n  timeout: 3\n",
    };
    expect(problems(files)).toEqual([
      "attesta.yaml:2:27 policy.timeout_seconds: must be more than 0",
      "base.yaml:2:3 policy.timeout: is not a key here; did you mean timeout_seconds?",
    ]);
  });

  it("refuses a circle, a missing file and a list", () => {
    expect(problems({ "attesta.yaml": "extends: b.yaml", "b.yaml": "extends: ./attesta.yaml" })).toEqual([
      "b.yaml:1:10 extends: ./attesta.yaml extends this file again; break the circle",
    ]);
    expect(problems("policy: {}\nextends: gone.yaml")).toEqual([
      "attesta.yaml:2:10 extends: gone.yaml is not there; check the path",
    ]);
    expect(problems("extends: [a.yaml]")[0]).toContain("attesta.yaml:1:1 extends: must be the path of one file");
  });
});

describe("values from the environment", () => {
  const text = `agents: {robot: {environment: "\${WHERE}"}}\nstate: {key: "\${KEY}"}\n`;
  const KEY = "0123456789abcdef-0123456789abcdef";

  it("come from the process first, then from .env beside the file", () => {
    const files = { "attesta.yaml": text, ".env": `WHERE=staging\nKEY=${KEY}\n` };
    expect(load(files).policy.agents.robot?.environment).toBe("staging");
    expect(load(files).state.key).toBe(KEY);
    expect(load(files, { env: { WHERE: "test" } }).policy.agents.robot?.environment).toBe("test");
  });

  it("that are missing or empty are named with their place", () => {
    expect(problems(text, { env: { WHERE: "" } })).toEqual([
      "attesta.yaml:1:31 agents.robot.environment: the variable WHERE is empty; set it in the environment or in .env beside this file",
      "attesta.yaml:2:14 state.key: the variable KEY is not set; set it in the environment or in .env beside this file",
    ]);
  });

  it("are never repeated in an error", () => {
    const said = problems(`roles: {lead: {members: ["\${WHO}"]}}\npeople: [{email: a@b}]\nstate: {key: "\${KEY}"}\n`, {
      env: { WHO: "Secret.Person@company.com", KEY: "too-short-secret" },
    });
    expect(said.join("\n")).not.toMatch(/secret/i);
    expect(said).toEqual([
      `attesta.yaml:1:26 roles.lead.members[0]: \${WHO} is not in people; add an entry, or mend the spelling`,
      "attesta.yaml:3:14 state.key: is too short; use at least 32 characters",
    ]);
  });

  it("are left out of what is published, and still change the digest", () => {
    const yaml = `agents: {robot: {environment: "\${WHERE}", owner: "\${OWNER}"}}\n`;
    const one = load(yaml, { env: { WHERE: "staging-7", OWNER: "Kim@Company.com" } });
    const two = load(yaml, { env: { WHERE: "production-7", OWNER: "kim@company.com" } });
    expect(JSON.stringify(one.published)).not.toMatch(/staging-7|kim@/i);
    expect(one.published).toMatchObject({ agents: { robot: { environment: `\${WHERE}`, owner: `\${OWNER}` } } });
    expect(one.published).toEqual(two.published);
    expect(one.policy.digest).not.toBe(two.policy.digest);
  });

  it("can be escaped, and a broken reference is refused", () => {
    expect(load(`agents: {robot: {environment: "$\${WHERE}"}}`).policy.agents.robot?.environment).toBe(`\${WHERE}`);
    expect(problems(`audit: {path: "\${not a name}"}`)[0]).toContain(
      `1:15 audit.path: has a \${ that names no variable`,
    );
    expect(problems(`audit: {path: "\${OPEN"}`)).toHaveLength(1);
  });

  it("stand in for state.key and client by their documented names", () => {
    const env = { ATTESTA_STATE_KEY: KEY, ATTESTA_URL: "https://approvals.company.com", ATTESTA_TOKEN: "t0ken" };
    const config = load("client: {url: http://127.0.0.1:1, token: other}", { env });
    expect(config.client).toEqual({ url: "https://approvals.company.com", token: "t0ken" });
    expect(config.state.key).toBe(KEY);
    const bad = problems("policy: {}", { env: { ATTESTA_STATE_KEY: "short-secret", ATTESTA_URL: "ftp://u:pw@host" } });
    expect(bad).toEqual([
      "attesta.yaml:1:1 client.url: from the variable ATTESTA_URL must begin with http:// or https://",
      "attesta.yaml:1:1 state.key: from the variable ATTESTA_STATE_KEY is too short; use at least 32 characters",
    ]);
  });

  it("in a .env that cannot be read stop the load", () => {
    const folder = folderWith({ "attesta.yaml": "policy: {}", ".env/x": "" });
    expect(() => loadConfig("attesta.yaml", { env: {}, cwd: folder, purpose: "check" })).toThrow(/\.env:1:1 .*EISDIR/);
  });
});

describe("the policy digest", () => {
  it("is the same for the same policy, whatever the order of keys and the secrets", () => {
    const one = load(STARTABLE);
    const two = load(`${STARTABLE}state: {key: ${"s".repeat(40)}}\naudit: {path: elsewhere}\n`.replace("a1a1", "b2b2"));
    expect(one.policy.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(two.policy.digest).toBe(one.policy.digest);
    expect(JSON.stringify(two.published)).not.toMatch(/b2b2|ssss/);
  });

  it("changes with anything that changes what is asked", () => {
    const base = load(STARTABLE).policy.digest;
    const changed = [
      `${STARTABLE}risk: {overrides: {x: high}}\n`,
      `${STARTABLE}actions: {frob: {summary: Frob it}}\n`,
      `${STARTABLE}trust: {influence: 0.1}\n`,
      STARTABLE.replace("policy:", "policy:\n  timeout_seconds: 299"),
      STARTABLE.replace("[lead, second]", "[second, lead]"),
      STARTABLE.replace("owner:", "environment: staging\n    owner:"),
    ].map((text) => load(text).policy.digest);
    expect(new Set([base, ...changed]).size).toBe(changed.length + 1);
  });
});

describe("the example", () => {
  const root = resolve(import.meta.dirname, "../..");
  it.each(["examples/infra/attesta.yaml", "examples/migrations/attesta.yaml"])("%s can be started with", (file) => {
    const config = loadConfig(file, { env: {}, cwd: root, purpose: "start" });
    expect(Object.keys(config.policy.agents)).toEqual(["infra-agent"]);
    expect(config.people).toHaveLength(8);
  });

  it("has the published keys and values", () => {
    const file = seed();
    if (file === undefined) return;
    const published = loadConfig(file, { env: {}, cwd: root, purpose: "check" }).policy;
    const ours = loadConfig("examples/infra/attesta.yaml", { env: {}, cwd: root, purpose: "start" }).policy;
    for (const key of ["minimumReviewMs", "multiParty", "failMode", "timeoutMs", "overrides", "trust"] as const) {
      expect(ours[key]).toEqual(published[key]);
    }
    expect(JSON.stringify(ours.amplifiers)).toBe(JSON.stringify(published.amplifiers));
  });

  it("makes the SQL of a migration compulsory in the second one", () => {
    const { profile } = loadConfig("examples/migrations/attesta.yaml", { env: {}, cwd: root, purpose: "start" }).policy;
    expect(profile.actions.run_migration).toMatchObject({
      attach: ["migration_file"],
      command: ["./migrate.sh", "{migration_file}", "{database}"],
      facts: { reversible: false },
    });
  });

  it("cannot be started with on an address that others reach, with its public tokens", () => {
    const text = readFileSync(join(root, "examples/infra/attesta.yaml"), "utf8").replace(
      "host: 127.0.0.1",
      "host: 0.0.0.0",
    );
    expect(problems(text)).toHaveLength(1);
    expect(problems(text)[0]).toContain("server.host: lets others in while the examples' public tokens are in use");
  });
});

it("names an unreadable file's permissions", () => {
  const folder = folderWith({ "attesta.yaml": "policy: {}" });
  chmodSync(join(folder, "attesta.yaml"), 0o000);
  const isRoot = process.getuid?.() === 0;
  const load = () => loadConfig("attesta.yaml", { env: {}, cwd: folder, purpose: "check" });
  if (isRoot) expect(load().policy.mode).toBe("enforce");
  else expect(load).toThrow("check its permissions");
});
