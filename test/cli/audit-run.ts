/** Runs `attesta audit ...` inside the test and gives what it printed. Not a test. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { openAuditLog } from "../../src/audit/file.ts";
import { registerAudit } from "../../src/cli/audit.ts";
import { CliExit } from "../../src/cli/context.ts";
import type { AuditDraft } from "../../src/engine/ports.ts";
import {
  decisionBody,
  deniedBody,
  draft,
  executionDraft,
  lowBody,
  records,
  refusalDraft,
  START_MS,
  startDraft,
} from "../audit/fixtures.ts";

interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in a folder whose default log is audit.jsonl. */
export async function run(cwd: string, line: readonly string[]): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  registerAudit(program, { cwd, stdout, stderr }, { defaultPath: async () => join(cwd, "audit.jsonl") });
  let [exitCode, message] = [0, ""];
  try {
    await program.parseAsync(["audit", ...line], { from: "user" });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    exitCode = error instanceof CliExit ? error.exitCode : 1;
    message = error.message;
  }
  return { exitCode, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") + message };
}

/** Writes a log of these drafts. */
export async function logIn(folder: string, drafts: readonly AuditDraft[]): Promise<string> {
  const path = join(folder, "audit.jsonl");
  const log = await openAuditLog({ path, now: () => START_MS });
  await log.append(records(drafts));
  await log.close();
  return path;
}

/** A start, three decisions, a refusal, an execution. */
export const DRAFTS = [
  startDraft("a"),
  draft("decision", "LOW1AAAA", lowBody("LOW1AAAA")),
  draft("decision", "REQ2BBBB", decisionBody("REQ2BBBB")),
  refusalDraft("REQ2BBBB", "command-1"),
  executionDraft("REQ2BBBB", { number: 3, hash: "0".repeat(64) }),
  draft("decision", "DEN3CCCC", deniedBody("DEN3CCCC")),
];

/** A log of DRAFTS; its execution line names the decision's real hash. */
export async function sampleLog(folder: string): Promise<{ readonly path: string; readonly lines: readonly string[] }> {
  const path = join(folder, "audit.jsonl");
  const log = await openAuditLog({ path, now: () => START_MS });
  const heads = await log.append(records(DRAFTS.slice(0, 4)));
  const decided = heads[2];
  if (decided === undefined) throw new Error("four heads expected");
  await log.append(records([executionDraft("REQ2BBBB", decided), ...DRAFTS.slice(5)], 5));
  await log.close();
  return { path, lines: (await readFile(path, "utf8")).trimEnd().split("\n") };
}
