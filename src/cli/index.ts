/** The command line: puts the commands together and turns faults into words and exit codes. One file per command beside it. */
import { Command, CommanderError } from "commander";
import { registerAssess } from "./assess.ts";
import { registerAudit } from "./audit.ts";
import { auditPath } from "./audit-path.ts";
import { registerConfig } from "./config-check.ts";
import { type CliContext, CliExit } from "./context.ts";
import { registerGate } from "./gate.ts";
import { registerPeople } from "./people.ts";
import { registerRequests } from "./requests.ts";
import { registerReview } from "./review.ts";
import { registerScenarios } from "./scenarios/index.ts";
import { registerStart } from "./start.ts";
import { VERSION } from "./version.ts";

/** Every command on one program; throws CliExit or CommanderError instead of ending the process. */
export function createProgram(context: CliContext): Command {
  const program = new Command("attesta")
    .description("Approvals that prove somebody understood, for agents and pipelines.")
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  registerStart(program, context);
  registerGate(program, context);
  registerReview(program, context);
  registerAssess(program, context);
  registerRequests(program, context);
  registerAudit(program, context, { defaultPath: () => auditPath(context) });
  registerConfig(program, context);
  registerPeople(program, context);
  registerScenarios(program, context);
  return program;
}

/** Runs one command line; gives its exit code. Faults are printed without a stack, bugs with one. */
export async function runIn(context: CliContext, argv: readonly string[]): Promise<number> {
  try {
    await createProgram(context).parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CliExit) {
      if (error.message !== "") context.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isFault(error)) {
      context.stderr.write(`attesta: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

function isFault(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** What `bin/attesta` calls. Ends the process where a command left something open. */
export async function run(argv: readonly string[]): Promise<void> {
  const { env, stdin, stdout, stderr } = process;
  // `attesta ... | head -1`: whoever read has gone, and that is no fault.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  const exitCode = await runIn({ env, cwd: process.cwd(), stdin, stdout, stderr }, argv);
  process.exitCode = exitCode;
}
