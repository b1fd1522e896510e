/** `attesta audit ...`: verify and seal a log; the reports stand in audit-reports.ts. Prints, and chooses the exit code. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { sealLog } from "../audit/seal.ts";
import { type CheckName, type Problem, type VerifyReport, verifyLog } from "../audit/verify.ts";
import { visibleText } from "../engine/visible.ts";
import { type AuditCommandOptions, type AuditContext, logPath, parseHead, withLog, write } from "./audit-options.ts";
import { registerReports } from "./audit-reports.ts";
import { CliExit } from "./context.ts";

/** How many problems are printed one by one. */
const MAX_PRINTED = 20;
/** How long a writer may need to finish the line that it has begun, in milliseconds. */
const SETTLE_MS = 200;

/** Adds `audit` and its commands to the program. */
export function registerAudit(program: Command, context: AuditContext, options: AuditCommandOptions): void {
  const audit = program.command("audit").description("Verify and read the audit log.");
  audit
    .command("verify")
    .description("Check the whole chain, minimum review times and approvals; exit code 1 if anything is wrong.")
    .argument("[file]", "the log; default: audit.path of the config")
    .option("--expect <N:HASH>", "entry N must have this hash (repeatable)", collect, [])
    .action(async (file: string | undefined, { expect }: { readonly expect: readonly string[] }) => {
      const expected = expect.map((text) => parseHead(text, "--expect"));
      const path = await logPath(file, context, options);
      const settle = async () => {
        await sleep(SETTLE_MS);
      };
      const report = await withLog(path, (log) => verifyLog(log, { expected, settle }));
      await write(context.stdout, verifyText(report, expected.length));
      if (!report.ok) throw new CliExit(1);
    });
  audit
    .command("seal")
    .description("Set a broken log aside untouched and begin a new one that says so.")
    .argument("[file]", "the log; default: audit.path of the config")
    .requiredOption("--by <WHO>", "who orders it; written into the new log")
    .option("--store-head <N:HASH>", "what the store had confirmed, as the start's error names it")
    .action(async (file: string | undefined, given: { readonly by: string; readonly storeHead?: string }) => {
      await seal(await logPath(file, context, options), given, context);
    });
  registerReports(audit, context, options);
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** The published three lines, with `✗` and the places where a check fails. */
export function verifyText(report: VerifyReport, expectedCount: number): string {
  const chain = report.problems.filter((problem) => problem.check === "chain");
  const { entries, lines, head } = report;
  const first = `✓ Chain integrity verified (${entries} ${entries === 1 ? "entry" : "entries"})`;
  const shown = [
    ...(chain.length > 0
      ? failed("Chain integrity broken", chain)
      : [`${first} · ${lines} ${lines === 1 ? "line" : "lines"}, head ${head.number}:${head.hash}`]),
    ...checkLines(report, "review_time", "All minimum review times met", "Minimum review times not met"),
    ...checkLines(report, "approvals", "Multi-party approvals validated", "Approvals not valid"),
    ...(expectedCount > 0
      ? checkLines(report, "expected", expectedText(expectedCount), "Expected entries not found")
      : []),
  ];
  const hidden = report.problemCount - report.problems.length;
  if (hidden > 0) shown.push(`  and ${hidden} more problems`);
  return `${shown.join("\n")}\n`;
}

function expectedText(count: number): string {
  return count === 1 ? "Expected entry found" : `All ${count} expected entries found`;
}

function checkLines(report: VerifyReport, check: CheckName, passed: string, failing: string): readonly string[] {
  const problems = report.problems.filter((problem) => problem.check === check);
  if (problems.length > 0) return failed(failing, problems);
  const isJudged = check === "expected" || report.problems.every((problem) => problem.check !== "chain");
  return [isJudged ? `✓ ${passed}` : `- ${passed}: not judged, because the chain is broken`];
}

function failed(title: string, problems: readonly Problem[]): readonly string[] {
  const shown = problems.slice(0, MAX_PRINTED).map(({ line, reason }) => `  line ${line}: ${visibleText(reason)}`);
  const more = problems.length - shown.length;
  return [`✗ ${title}`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}

const NOT_SEALED = {
  intact: "the chain is intact: there is nothing to seal",
  torn: "only the last line is incomplete: the next start cuts and reports it by itself",
  no_file: "there are no entries to set aside; if the store misses some, name its head with --store-head N:HASH",
} as const;

async function seal(
  path: string,
  given: { readonly by: string; readonly storeHead?: string },
  context: AuditContext,
): Promise<void> {
  const by = given.by.trim();
  if (by === "") throw new CliExit(2, "--by needs a name: who orders this is written into the new log");
  const outcome = await sealLog({
    path,
    by,
    now: Date.now,
    ...(given.storeHead === undefined ? {} : { storeHead: parseHead(given.storeHead, "--store-head") }),
  });
  if (!outcome.ok) throw new CliExit(1, `✗ ${path}: not sealed: ${NOT_SEALED[outcome.why]}`);
  const { keptAs, lastGood, head } = outcome;
  const kept = keptAs === undefined ? "There was no file to keep." : `The old log is kept unchanged as ${keptAs}.`;
  const begun = `${path} begins anew with entry ${head.number}:${head.hash}`;
  await write(context.stdout, `${kept}\nIts last good entry is ${lastGood.number}:${lastGood.hash}.\n${begun}\n`);
}
