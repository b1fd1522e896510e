/** `attesta requests list|show|cancel`: an agent's own requests, through its token. */
import type { Command } from "commander";
import type { z } from "zod";
import { type RequestView, requestList, requestView } from "../api/contract.ts";
import { durationWords, oneLine } from "../bot/text.ts";
import { denialOf } from "../client/denied.ts";
import type { Transport } from "../client/transport.ts";
import { leftMs, persist } from "../client/wait.ts";
import { type CliContext, CliExit } from "./context.ts";
import { deniedLines, releasedLines, waitingLine } from "./gate-text.ts";
import { withService } from "./service-client.ts";

interface Options {
  readonly state?: string;
  readonly limit?: string;
  readonly json?: true;
  readonly config?: string;
  readonly url?: string;
}

const AWAY_MS = 5000;

/** Adds `requests` to the program. */
export function registerRequests(program: Command, context: CliContext): void {
  const requests = program.command("requests").description("this agent's requests (ATTESTA_TOKEN says which agent)");
  const withPlace = (command: Command): Command =>
    command
      .option("--json", "print JSON")
      .option("--config <file>", "the config file; default: attesta.yaml, looked for from here upwards")
      .option("--url <url>", "the service's address; default: ATTESTA_URL, the config's, or the local service");
  withPlace(requests.command("list"))
    .description("newest first")
    .option("--state <state>", "pending, approved, denied, timed_out, cancelled, used or revoked")
    .option("--limit <n>", "how many, at most 200", "50")
    .action((options: Options) => list(options, context));
  withPlace(requests.command("show").argument("<id>", "the request's id"))
    .description("one request: who is asked, or who decided")
    .action((id: string, options: Options) => show(id, options, context));
  withPlace(requests.command("cancel").argument("<id>", "the request's id"))
    .description("take a pending request back")
    .action((id: string, options: Options) => cancelOne(id, options, context));
}

async function ask<T>(
  transport: Transport,
  call: {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly body?: unknown;
    readonly schema: z.ZodType<T>;
  },
): Promise<T> {
  const told = await persist(transport, call, { unreachableAfterMs: AWAY_MS });
  if (told.ok) return told.value;
  throw new CliExit(1, `attesta: ${oneLine(told.problem.detail)} (${oneLine(told.problem.code)})`);
}

const pathOf = (id: string): string => `/v1/requests/${encodeURIComponent(id)}`;

async function list(options: Options, context: CliContext): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit ?? "50" });
  if (options.state !== undefined) query.set("state", options.state);
  const call = { method: "GET", path: `/v1/requests?${query.toString()}`, schema: requestList } as const;
  const { requests } = await withService(options, context, (transport) => ask(transport, call));
  if (options.json) return print(context, JSON.stringify(requests, undefined, 2));
  if (requests.length === 0) return print(context, "No requests.");
  for (const view of requests) print(context, listLine(view));
}

/** Id, state, risk, what, and how long is left: one line. */
function listLine(view: RequestView): string {
  const left = leftMs(view);
  const rest = left === undefined ? view.raised_at : `${durationWords(left)} left`;
  const level = `${view.risk.level.toUpperCase()} ${view.risk.score.toFixed(2)}`;
  return [view.id, view.status.padEnd(9), level.padEnd(13), oneLine(view.summary), rest].join("  ");
}

async function show(id: string, options: Options, context: CliContext): Promise<void> {
  const call = { method: "GET", path: pathOf(id), schema: requestView } as const;
  const view = await withService(options, context, (transport) => ask(transport, call));
  if (options.json) return print(context, JSON.stringify(view, undefined, 2));
  print(context, listLine(view));
  for (const factor of view.risk.factors)
    print(context, `  ${factor.contribution.toFixed(2)}  ${oneLine(factor.because)}`);
  for (const line of endLines(view)) print(context, line);
}

function endLines(view: RequestView): readonly string[] {
  if (view.verdict === undefined) return [waitingLine(view, leftMs(view))];
  const wentWell = view.released || view.status === "used";
  const run =
    view.execution === undefined
      ? []
      : [`used ${view.execution.used_at}, ${view.execution.outcome ?? "no result yet"}`];
  return [...(wentWell ? releasedLines(view) : deniedLines(denialOf(view))), ...run];
}

async function cancelOne(id: string, options: Options, context: CliContext): Promise<void> {
  const call = { method: "POST", path: `${pathOf(id)}/cancel`, body: {}, schema: requestView } as const;
  const view = await withService(options, context, (transport) => ask(transport, call));
  print(context, options.json ? JSON.stringify(view, undefined, 2) : `${view.id} is ${view.status}.`);
}

function print({ stdout }: CliContext, line: string): void {
  stdout.write(`${line}\n`);
}
