import { createHash } from "node:crypto";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { CliContext } from "../../src/cli/context.ts";
import { CliExit } from "../../src/cli/context.ts";
import { registerPeople } from "../../src/cli/people.ts";
import { registerReview } from "../../src/cli/review.ts";

/** Runs one command line over a program with these commands; gives what it printed. */
async function run(...argv: readonly string[]): Promise<string> {
  let printed = "";
  const write = (text: string): boolean => {
    printed += text;
    return true;
  };
  const stdout = Object.assign(Object.create(process.stdout), { write });
  const context: CliContext = { env: {}, cwd: "/", stdin: process.stdin, stdout, stderr: process.stderr };
  const program = new Command("attesta").exitOverride();
  registerPeople(program, context);
  registerReview(program, context);
  await program.parseAsync(["node", "attesta", ...argv]);
  return printed;
}

const tokenIn = (text: string, kind: string) => text.match(new RegExp(`attesta-${kind}-[A-Za-z0-9_-]{43}`))?.[0] ?? "";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("people token and agents token", () => {
  it("print a fresh token once, and the line with its hash for the config", async () => {
    const [one, two] = [
      await run("people", "token", "Sam@Company.com"),
      await run("people", "token", "sam@company.com"),
    ];
    const token = tokenIn(one, "review");
    expect(one.split(token)).toHaveLength(2);
    expect(one).toContain(`- email: sam@company.com\n      review_token_sha256: ${sha256(token)}`);
    expect(tokenIn(two, "review")).not.toBe(token);
    const agent = await run("agents", "token", "infra-agent");
    expect(agent).toContain(`infra-agent:\n      token_sha256: ${sha256(tokenIn(agent, "agent"))}`);
  });

  it("refuse what is no e-mail and no agent id", async () => {
    await expect(run("people", "token", "sam")).rejects.toThrow(/"sam" is no e-mail address/);
    await expect(run("people", "token", "a@b: {x}")).rejects.toThrow(CliExit);
    await expect(run("agents", "token", "a b")).rejects.toThrow(/is no agent id/);
  });
});

describe("review", () => {
  it("says how to get a token when there is none, and does not repeat a bad one", async () => {
    await expect(run("review")).rejects.toThrow(/ATTESTA_REVIEW_TOKEN.*attesta people token E-MAIL/);
    const bad = run("review", "--token", "bad token");
    await expect(bad).rejects.toThrow(/no review token/);
    await expect(bad).rejects.not.toThrow(/bad token/);
  });
});
