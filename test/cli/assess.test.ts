import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { registerAssess } from "../../src/cli/assess.ts";
import { registerConfig } from "../../src/cli/config-check.ts";
import { CliExit } from "../../src/cli/context.ts";
import { infraCalls } from "../fixtures/infra-actions.ts";

const root = resolve(import.meta.dirname, "../..");
const EXAMPLE = ["--config", "examples/infra/attesta.yaml"];

interface Ran {
  readonly out: string;
  readonly exitCode: number;
  readonly error: string;
}

/** Runs one command line in this process. */
function run(...argv: readonly string[]): Ran {
  let out = "";
  const write = (text: string | Uint8Array): boolean => {
    out += text.toString();
    return true;
  };
  const stdout = Object.assign(Object.create(process.stdout), { write });
  const context = { env: {}, cwd: root, stdin: process.stdin, stdout, stderr: process.stderr };
  const program = new Command("attesta").exitOverride();
  registerAssess(program, context);
  registerConfig(program, context);
  try {
    program.parse(["node", "attesta", ...argv]);
    return { out, exitCode: 0, error: "" };
  } catch (error) {
    if (error instanceof CliExit) return { out, exitCode: error.exitCode, error: error.message };
    throw error;
  }
}

type Name = keyof typeof infraCalls;
const HINTS: Readonly<Partial<Record<Name, readonly string[]>>> = {
  deploy_to_staging: ["environment=staging"],
  deploy_to_production: ["production=true"],
  rollback_deployment: ["production=true", "emergency=true"],
  run_migration: ["production=true", "affects_database=true"],
  modify_firewall_rule: ["security_boundary=true"],
  rotate_credentials: ["security_critical=true"],
};

function call(name: Name, as: string = name): readonly string[] {
  const args = Object.entries(infraCalls[name]).flatMap(([key, value]) => ["--arg", `${key}=${value}`]);
  const hints = (HINTS[name] ?? []).flatMap((hint) => ["--hint", hint]);
  return ["assess", as, ...args, ...hints, "--json"];
}

const EXPECTED: readonly (readonly [Name, string, string, string, string])[] = [
  ["get_service_status", "0.10", "low", "auto_approve", ""],
  ["list_recent_deployments", "0.25", "low", "auto_approve", ""],
  ["deploy_to_staging", "0.42", "medium", "confirm", "sre_lead|release_manager"],
  ["deploy_to_production", "0.88", "critical", "multi_party", "sre_lead release_manager"],
  ["run_migration", "0.91", "critical", "multi_party", "dba backend_lead"],
  ["rollback_deployment", "0.72", "high", "quiz", "sre_lead|release_manager"],
  ["modify_firewall_rule", "0.78", "high", "teach_back", "security_engineer|network_admin"],
  ["rotate_credentials", "0.75", "high", "quiz", "security_engineer"],
];

function told(argv: readonly string[]): readonly string[] {
  const { out, error } = run(...argv);
  expect(error).toBe("");
  const { score, level, challenge_type: challenge, seats } = JSON.parse(out);
  const roles = seats.map((seat: { roles: readonly string[] }) => seat.roles.join("|")).join(" ");
  return [score.toFixed(2), level, challenge, roles];
}

describe("attesta assess", () => {
  it.each(EXPECTED)("gives %s the published score, level, challenge and roles", (name, ...expected) => {
    expect(told([...call(name), ...EXAMPLE])).toEqual(expected);
  });

  it.each(EXPECTED)("gives %s the same under the published file with --domain infra", (name, ...expected) => {
    if (!existsSync(resolve(root, "../shared/seed/attesta.yaml"))) {
      console.log("not run: ../shared/seed/attesta.yaml is not there");
      return;
    }
    expect(told([...call(name), "--config", "../shared/seed/attesta.yaml", "--domain", "infra"])).toEqual(expected);
  });

  it("gives the same call after call, and under other spellings of the name", () => {
    const [, ...expected] = EXPECTED.find(([name]) => name === "deploy_to_production") ?? [];
    for (const name of ["deploy_to_production", "deployToProduction", "mcp__infra__deploy_to_production"]) {
      expect(told([...call("deploy_to_production", name), ...EXAMPLE])).toEqual(expected);
    }
  });

  it("names the people who would be asked, and never the agent's owner", () => {
    const { out } = run(
      "assess",
      "deploy_to_production",
      ...EXAMPLE,
      "--arg",
      "service=api-gateway",
      "--arg",
      "version=2.1.0",
    );
    expect(out).toContain("CRITICAL 0.88 · Deploy api-gateway v2.1.0 to production\n");
    expect(out).toContain("1. teach_back, at least 45 s: SRE lead (Sam Okafor <sre.lead@company.com>)\n");
    expect(out).toContain("2. quiz, at least 15 s: Release manager (Riley Chen <release.mgr@company.com>)\n");
    expect(out).not.toContain("dana");
    const { out: asked } = run("assess", "rollback_deployment", ...EXAMPLE, "--requester", "SRE.lead@company.com");
    expect(asked).not.toContain("sre.lead@company.com");
  });

  it("says what is missing before anybody could be asked", () => {
    const migrations = ["--config", "examples/migrations/attesta.yaml"];
    const sql = "20260213_add_user_preferences.sql";
    const argv = ["assess", "run_migration", ...migrations, "--arg", `migration_file=${sql}`];
    expect(run(...argv)).toMatchObject({ exitCode: 1, error: expect.stringContaining("add --attach FILE") });
    expect(run(...argv, "--attach", `examples/migrations/${sql}`).out).toContain(
      "Schema migration: needs 2 different people",
    );
    expect(run(...argv, "--attach", "gone.sql")).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining("ENOENT"),
    });
    expect(run("assess", "rm -rf", ...EXAMPLE).exitCode).toBe(1);
    expect(run("assess", "x", ...EXAMPLE, "--agent", "constructor").exitCode).toBe(2);
  });
});

describe("attesta config check", () => {
  it("prints ok lines for a file that is right", () => {
    const { out, exitCode } = run("config", "check", "examples/infra/attesta.yaml", "--start");
    expect(exitCode).toBe(0);
    expect(
      out
        .split("\n")
        .filter((line) => line !== "")
        .every((line) => line.startsWith("ok  ")),
    ).toBe(true);
    expect(out).toContain("critical multi_party 45 s, 2 people");
  });

  it("prints every problem with its place and ends with 1", () => {
    const { out, exitCode, error } = run("config", "check", "profiles/infra.yaml");
    expect([out, exitCode]).toEqual(["", 1]);
    expect(error).toMatch(/profiles\/infra\.yaml:3:1 {2}name: is not a key here/);
    expect(error).toMatch(/infra\.yaml: \d+ problems$/);
  });

  it("prints the schema", () => {
    expect(JSON.parse(run("config", "schema").out)).toMatchObject({ title: "attesta.yaml", type: "object" });
  });
});
