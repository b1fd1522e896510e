/** The published case through the real command: scores, levels, challenges, roles, people, verdicts, and a log that verifies. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ran, runAttesta } from "./cli.ts";
import { temporaryFolder } from "./stage.ts";

interface Line {
  readonly action: string;
  readonly score: number;
  readonly level: string;
  readonly challenge: string;
  readonly roles: readonly string[];
  readonly approvers: readonly {
    readonly person: string;
    readonly role: string;
    readonly seat: number;
    readonly challenge: string;
    readonly seconds: number;
  }[];
  readonly verdict: string;
  readonly audit: { readonly entry: number; readonly hash: string };
}

/** person, role, seat, challenge, and the least seconds that count. */
type Approver = readonly [string, string, number, string, number];
interface Expected {
  readonly action: string;
  readonly score: string;
  readonly level: string;
  readonly challenge: string;
  readonly roles: readonly string[];
  readonly approvers: readonly Approver[];
}

const EXPECTED: readonly Expected[] = [
  {
    action: "get_service_status",
    score: "0.10",
    level: "low",
    challenge: "auto_approve",
    roles: [],
    approvers: [],
  },
  {
    action: "deploy_to_staging",
    score: "0.42",
    level: "medium",
    challenge: "confirm",
    roles: ["sre_lead", "release_manager"],
    approvers: [["sre.lead@company.com", "sre_lead", 0, "confirm", 3]],
  },
  {
    action: "deploy_to_production",
    score: "0.88",
    level: "critical",
    challenge: "multi_party",
    roles: ["sre_lead", "release_manager"],
    approvers: [
      ["sre.lead@company.com", "sre_lead", 0, "teach_back", 45],
      ["release.mgr@company.com", "release_manager", 1, "quiz", 15],
    ],
  },
  {
    action: "run_migration",
    score: "0.91",
    level: "critical",
    challenge: "multi_party",
    roles: ["dba", "backend_lead"],
    approvers: [
      ["dba@company.com", "dba", 0, "teach_back", 45],
      ["backend.lead@company.com", "backend_lead", 1, "quiz", 15],
    ],
  },
  {
    action: "rollback_deployment",
    score: "0.72",
    level: "high",
    challenge: "quiz",
    roles: ["sre_lead", "release_manager"],
    approvers: [["sre.lead@company.com", "sre_lead", 0, "quiz", 15]],
  },
  {
    action: "modify_firewall_rule",
    score: "0.78",
    level: "high",
    challenge: "teach_back",
    roles: ["security_engineer", "network_admin"],
    approvers: [["security.eng@company.com", "security_engineer", 0, "teach_back", 15]],
  },
  {
    action: "list_recent_deployments",
    score: "0.25",
    level: "low",
    challenge: "auto_approve",
    roles: [],
    approvers: [],
  },
  {
    action: "rotate_credentials",
    score: "0.75",
    level: "high",
    challenge: "quiz",
    roles: ["security_engineer"],
    approvers: [["security.eng@company.com", "security_engineer", 0, "quiz", 15]],
  },
];

describe("attesta scenarios", () => {
  let folder = "";
  let remove = async (): Promise<void> => {};
  let played: Ran;
  let lines: readonly Line[];
  beforeAll(async () => {
    const made = await temporaryFolder();
    remove = made.remove;
    folder = made.folder;
    played = await runAttesta(made.folder, ["scenarios", "--json", "--speed", "50"]);
    lines = played.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Line => JSON.parse(line));
  });
  afterAll(() => remove());

  test("plays eight actions, in the published order, and says that the people are scripted", () => {
    expect(played.exitCode).toBe(0);
    expect(lines.map(({ action }) => action)).toEqual(EXPECTED.map(({ action }) => action));
    expect(played.stderr).toContain("The people are scripted, and the clock runs 50 times faster.");
  });

  test.each(EXPECTED.map((expected, index) => [expected.action, expected, index] as const))(
    "%s has the published score, level, challenge, roles, people and verdict",
    (_, expected, index) => {
      const line = lines[index];
      expect(line?.score.toFixed(2)).toBe(expected.score);
      expect(line).toMatchObject({
        level: expected.level,
        challenge: expected.challenge,
        roles: expected.roles,
        verdict: "approved",
      });
      expect(line?.approvers.map(({ person, role, seat, challenge }) => [person, role, seat, challenge])).toEqual(
        expected.approvers.map(([person, role, seat, challenge]) => [person, role, seat, challenge]),
      );
      const tooFast = line?.approvers.filter(({ seconds }, at) => seconds < (expected.approvers[at]?.[4] ?? 0));
      expect(tooFast).toEqual([]);
      expect(line?.audit.hash).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  test("leaves a log that verifies, with each printed entry in it", async () => {
    const path = /Audit log: (.+)/.exec(played.stderr)?.[1] ?? "";
    const expected = lines.flatMap(({ audit }) => ["--expect", `${audit.entry}:${audit.hash}`]);
    const verified = await runAttesta(folder, ["audit", "verify", ...expected, path]);
    expect(verified.exitCode).toBe(0);
    const checks = verified.stdout.split("\n");
    expect(checks[0]).toMatch(/^✓ Chain integrity verified \(8 entries\)/);
    expect(checks[1]).toBe("✓ All minimum review times met");
    expect(checks[2]).toBe("✓ Multi-party approvals validated");
    expect(checks[3]).toBe("✓ All 8 expected entries found");
  });

  test("leaves a log whose export and statistics name the decisions", async () => {
    const path = /Audit log: (.+)/.exec(played.stderr)?.[1] ?? "";
    const exported = await runAttesta(folder, ["audit", "export", "--action", "deploy_to_production", path]);
    expect(exported.exitCode).toBe(0);
    const entries: readonly Record<string, unknown>[] = JSON.parse(exported.stdout);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      action_name: "deploy_to_production",
      approver_ids: ["sre.lead@company.com", "release.mgr@company.com"],
      verdict: "approved",
      min_review_met: true,
      session_id: "sess_infra_scenarios",
      environment: "production",
    });
    expect(entries[0]?.executed_at).not.toBeNull();
    const stamps = await runAttesta(folder, ["audit", "rubber-stamps", path]);
    expect(stamps.exitCode).toBe(0);
  });
});
