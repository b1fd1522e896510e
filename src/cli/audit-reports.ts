/** `attesta audit export | rubber-stamps | stats | show`: reads an intact log and prints. Changes nothing. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXPORT_FORMATS, exportWriter } from "../audit/export.ts";
import type { AuditEntry, DecisionEntry } from "../audit/line.ts";
import { isFiltering, isWanted, joined, readEntries, readExecutions } from "../audit/query.ts";
import { entryText } from "../audit/show.ts";
import {
  type AuditStats,
  countEntries,
  DEFAULT_LIMITS,
  isRubberStamp,
  type RubberStampLimits,
} from "../audit/stats.ts";
import { LEVELS } from "../engine/model.ts";
import { visibleName, visibleText } from "../engine/visible.ts";
import {
  type AuditCommandOptions,
  type AuditContext,
  type FilterOptions,
  logPath,
  parseFilter,
  parseName,
  parseSeconds,
  withLog,
  write,
} from "./audit-options.ts";
import { CliExit } from "./context.ts";

const FILE = ["[file]", "the log; default: audit.path of the config"] as const;

/** Adds the reports to `audit`. */
export function registerReports(audit: Command, context: AuditContext, options: AuditCommandOptions): void {
  audit
    .command("export")
    .description("Decisions with what became of them, as JSON, JSON lines or CSV.")
    .argument(...FILE)
    .option("--action <NAME>", "only this action")
    .option("--verdict <VERDICT>", "only approved, denied, timed_out or cancelled")
    .option("--since <TIME>", "decided at or after: 2026-02-13 or 2026-02-13T10:30:00Z")
    .option("--until <TIME>", "decided before this time, or until the end of this day")
    .option("--agent <ID>", "only this agent")
    .option("--format <FORMAT>", EXPORT_FORMATS.join(", "), "json")
    .option("--output <PATH>", "write there instead of to standard output")
    .action(async (file: string | undefined, given: ExportOptions) => {
      await exportDecisions(await logPath(file, context, options), given, context);
    });
  audit
    .command("rubber-stamps")
    .description("Approvals that came faster than anybody reads.")
    .argument(...FILE)
    .option("--max-seconds <N>", "an approval this fast counts", String(DEFAULT_LIMITS.maxSeconds))
    .option("--min-risk <LEVEL>", LEVELS.join(", "), DEFAULT_LIMITS.minLevel)
    .action(async (file: string | undefined, given: StampOptions) => {
      await rubberStamps(await logPath(file, context, options), given, context);
    });
  audit
    .command("stats")
    .description("Counts over all decisions.")
    .argument(...FILE)
    .action(async (file: string | undefined) => {
      const path = await logPath(file, context, options);
      const counted = await withLog(path, async (log) => {
        const count = countEntries(await readExecutions(log), DEFAULT_LIMITS);
        for await (const batch of readEntries(log)) for (const entry of batch) count.add(entry);
        return count.result();
      });
      await write(context.stdout, statsText(counted));
    });
  audit
    .command("show")
    .description("One entry with everything that belongs to its request, readable.")
    .argument("<id>", "entry id, request id or its beginning, or entry number")
    .argument(...FILE)
    .action(async (id: string, file: string | undefined) => {
      await show(id, await logPath(file, context, options), context);
    });
}

interface ExportOptions extends FilterOptions {
  readonly format: string;
  readonly output?: string;
}

async function exportDecisions(path: string, given: ExportOptions, context: AuditContext): Promise<void> {
  const filter = parseFilter(given);
  const writer = exportWriter(parseName(given.format, EXPORT_FORMATS, "--format"));
  const count = await withLog(path, async (log) => {
    const executions = await readExecutions(log);
    const out = await openOutput(given.output, log, context);
    let [wanted, all] = [0, 0];
    try {
      await out.write(writer.head);
      for await (const batch of readEntries(log)) {
        const decisions = batch.filter((entry) => entry.entry_type === "decision");
        const rows = decisions
          .filter((entry) => isWanted(entry, filter))
          .map((entry, index) => writer.row(joined(entry, executions.get(entry.request_id ?? "")), wanted + index));
        all += decisions.length;
        wanted += rows.length;
        await out.write(rows.join(""));
      }
      await out.write(writer.tail(wanted));
    } finally {
      await out.close();
    }
    return { wanted, all };
  });
  const where = given.output === undefined ? "" : ` to ${given.output}`;
  const note = isFiltering(filter) ? "filtered: not chain-verifiable; " : "";
  const hint = "the log itself is the evidence, check it with `attesta audit verify`";
  await write(context.stderr, `exported ${count.wanted} of ${count.all} decisions${where} (${note}${hint})\n`);
}

/** Standard output, or a file that is not the log itself. */
async function openOutput(output: string | undefined, log: FileHandle, context: AuditContext) {
  if (output === undefined) {
    return { write: (text: string) => write(context.stdout, text), close: async () => {} };
  }
  const path = resolve(context.cwd, output);
  const [source, target] = [await log.stat(), await stat(path).catch(() => undefined)];
  if (target?.ino === source.ino && target.dev === source.dev) {
    throw new CliExit(2, `--output ${output} is the audit log itself: name another file`);
  }
  const handle = await open(path, "w", 0o600).catch((error: unknown) => {
    throw new CliExit(1, `--output ${output} cannot be written: ${error instanceof Error ? error.message : "unknown"}`);
  });
  return {
    write: async (text: string) => {
      await handle.writeFile(text);
    },
    close: () => handle.close(),
  };
}

interface StampOptions {
  readonly maxSeconds: string;
  readonly minRisk: string;
}

async function rubberStamps(path: string, given: StampOptions, context: AuditContext): Promise<void> {
  const limits: RubberStampLimits = {
    maxSeconds: parseSeconds(given.maxSeconds, "--max-seconds"),
    minLevel: parseName(given.minRisk, LEVELS, "--min-risk"),
  };
  let found = 0;
  await withLog(path, async (log) => {
    for await (const batch of readEntries(log)) {
      const stamps = batch
        .filter((entry) => entry.entry_type === "decision")
        .filter((entry) => isRubberStamp(entry, limits));
      found += stamps.length;
      await write(context.stdout, stamps.map(stampText).join(""));
    }
  });
  const summary = found === 0 ? "No rubber stamps found." : `${found} rubber stamp${found === 1 ? "" : "s"} found.`;
  await write(context.stdout, `${summary}\n`);
}

function stampText(entry: DecisionEntry): string {
  const people = entry.approvers.map(
    ({ person, seconds, minimum_seconds }) => `${person} ${seconds.toFixed(1)}s of at least ${minimum_seconds}s`,
  );
  const first = `${entry.action_name} [${entry.risk_level}] ${entry.review_duration_seconds.toFixed(1)}s review`;
  const second = `${entry.entry_id}  agent ${entry.agent_id}  ${entry.decided_at}  ${people.join(", ")}`;
  return `${visibleText(first)}\n  ${visibleText(second)}\n`;
}

/** Reports as text: one figure a line. */
export function statsText(stats: AuditStats): string {
  const rate = stats.stampable === 0 ? 0 : (100 * stats.rubberStamps) / stats.stampable;
  const block = (title: string, counts: Readonly<Record<string, number>>): readonly string[] => [
    title,
    ...Object.entries(counts).map(([name, count]) => figure(visibleText(name), String(count))),
  ];
  return `${[
    ...block(`Decisions (${stats.lines} lines)`, { total: stats.total, ...stats.verdicts }),
    ...block("Risk", stats.levels),
    "Review quality",
    figure("approved by people", String(stats.reviewed)),
    figure("average review", `${stats.averageReviewSeconds.toFixed(1)} s`),
    figure("rubber stamps", `${stats.rubberStamps} of ${stats.stampable} high and critical (${rate.toFixed(1)} %)`),
    figure("below the minimum", String(stats.belowMinimum)),
    ...block("Ran", stats.outcomes),
    ...block("Out of the ordinary", {
      "ran without review": stats.ranWithoutReview,
      "break glass": stats.breakGlass,
      "observed only": stats.observed,
      "torn lines cut": stats.recoveries,
    }),
    ...(Object.keys(stats.refusals).length > 0 ? block("Refused", stats.refusals) : []),
  ].join("\n")}\n`;
}

function figure(name: string, value: string): string {
  return `  ${name.padEnd(20)} ${value}`;
}

async function show(id: string, path: string, context: AuditContext): Promise<void> {
  const found = await withLog(path, async (log) => {
    const entries: AuditEntry[] = [];
    for await (const batch of readEntries(log)) entries.push(...batch.filter((entry) => isMeant(entry, id)));
    const requests = new Set(entries.flatMap((entry) => entry.request_id ?? []));
    if (requests.size > 1)
      throw new CliExit(1, `${visibleName(id)} is the beginning of several request ids: give more of it`);
    const [requestId] = requests;
    if (requestId === undefined) return entries;
    const related: AuditEntry[] = [];
    for await (const batch of readEntries(log))
      related.push(...batch.filter((entry) => entry.request_id === requestId));
    return related;
  });
  if (found.length === 0) throw new CliExit(1, `${path} holds no entry, request or number ${visibleName(id)}`);
  await write(context.stdout, `${found.map((entry) => entryText(entry).join("\n")).join("\n\n")}\n`);
}

const MIN_PREFIX = 4;

function isMeant(entry: AuditEntry, id: string): boolean {
  if (entry.entry_id === id || entry.request_id === id) return true;
  if (/^#?\d{1,16}$/.test(id)) return entry.number === Number(id.replace("#", ""));
  return id.length >= MIN_PREFIX && (entry.request_id?.toLowerCase().startsWith(id.toLowerCase()) ?? false);
}
