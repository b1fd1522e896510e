/** `attesta people token` and `attesta agents token`: make a token, print it once, and say which line the config needs. Writes no file. */
import { createHash, randomBytes } from "node:crypto";
import type { Command } from "commander";
import { type CliContext, CliExit } from "./context.ts";

/** Random bits of a token: nobody guesses it, so a plain hash of it may stand in the config. */
const TOKEN_BYTES = 32;

/** Adds `people` and `agents` to the program. */
export function registerPeople(program: Command, context: CliContext): void {
  program
    .command("people")
    .description("people who review")
    .command("token")
    .description("make a review token for a person; it is printed once and kept nowhere")
    .argument("<e-mail>", "whose token it is")
    .action((email: string) => personToken(email, context));
  program
    .command("agents")
    .description("agents that ask")
    .command("token")
    .description("make a token for an agent; it is printed once and kept nowhere")
    .argument("<id>", "the agent's id in the config")
    .action((id: string) => agentToken(id, context));
}

function personToken(given: string, { stdout }: CliContext): void {
  const email = given.trim().toLowerCase();
  if (!/^[^\s@:"'{}[\]]+@[^\s@:"'{}[\]]+$/.test(email)) {
    throw new CliExit(2, `attesta people token: ${JSON.stringify(given)} is no e-mail address.`);
  }
  const { token, hash } = fresh("attesta-review-");
  stdout.write(
    [
      `The review token of ${email}. It is shown this once:`,
      "",
      `  ${token}`,
      "",
      "The service's config keeps only its hash:",
      "",
      "  people:",
      `    - email: ${email}`,
      `      review_token_sha256: ${hash}`,
      "",
      "Its owner sets ATTESTA_REVIEW_TOKEN and runs: attesta review",
      "",
    ].join("\n"),
  );
}

function agentToken(id: string, { stdout }: CliContext): void {
  if (!/^[A-Za-z0-9_.:/-]{1,128}$/.test(id)) {
    throw new CliExit(2, `attesta agents token: ${JSON.stringify(id)} is no agent id: letters, digits and _.:/- only.`);
  }
  const { token, hash } = fresh("attesta-agent-");
  stdout.write(
    [
      `The token of agent ${id}. It is shown this once:`,
      "",
      `  ${token}`,
      "",
      "The service's config keeps only its hash:",
      "",
      "  agents:",
      `    ${id}:`,
      `      token_sha256: ${hash}`,
      "      owner: WHO-ANSWERS-FOR-IT@EXAMPLE.COM",
      "",
      "The agent's process gets it as ATTESTA_TOKEN.",
      "",
    ].join("\n"),
  );
}

function fresh(prefix: string): { readonly token: string; readonly hash: string } {
  const token = `${prefix}${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  return { token, hash: createHash("sha256").update(token, "utf8").digest("hex") };
}
