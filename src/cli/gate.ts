/** `attesta gate ACTION -- COMMAND`: asks, waits, runs the command once. Exit codes: the command's own, or 120 to 123. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import type { RequestView } from "../api/contract.ts";
import {
  type ActionToAsk,
  cancel,
  checkDigest,
  type FrozenAction,
  freezeAction,
  report,
  submit,
  use,
} from "../client/ask.ts";
import { AttestaDenied, denialOf } from "../client/denied.ts";
import type { Transport } from "../client/transport.ts";
import { awaitVerdict } from "../client/wait.ts";
import { type CliContext, CliExit } from "./context.ts";
import { type Ended, startChild } from "./gate-child.ts";
import { askedLines, deniedLines, releasedLines } from "./gate-text.ts";
import { gather, joinObjects, readJsonObject, readPairs } from "./pairs.ts";
import { withService } from "./service-client.ts";
import { createWatch, type Watch } from "./watch.ts";

/** 2: typed wrongly. 120 to 123: not run, because it was denied, timed out, could not be asked, or was cancelled. */
const EXIT = { usage: 2, denied: 120, timedOut: 121, cancelled: 123 } as const;

/** What the command takes from the world besides its context; tests put their own here. */
export interface GateWorld {
  /** Calls the listener for each of these signals that this process gets; gives how to stop. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
  nowMs(): number;
}

interface Options {
  readonly arg?: readonly string[];
  readonly args?: string;
  readonly hint?: readonly string[];
  readonly attach?: readonly string[];
  readonly env?: string;
  readonly description?: string;
  readonly requester?: string;
  readonly requestId?: string;
  readonly config?: string;
  readonly url?: string;
  readonly unreachableAfter: string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const WORLD: GateWorld = {
  onSignal(listener) {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
  nowMs: () => Date.now(),
};

/** Adds `gate` to the program. */
export function registerGate(program: Command, context: CliContext, world: GateWorld = WORLD): void {
  program
    .command("gate")
    .description(
      "ask for approval, wait, then run the command once; 120 denied, 121 timed out, 122 not reachable, 123 cancelled",
    )
    .argument("<action>", "the action's name, such as deploy_to_production")
    .argument("[command...]", "after `--`: the command and its arguments")
    .option("--arg <name=value>", "an argument; repeat for more; name:=JSON for lists and objects", gather)
    .option("--args <json>", "all arguments as one JSON object")
    .option("--hint <name=value>", "a hint, such as production=true; repeat for more", gather)
    .option("--attach <file>", "a file whose text is reviewed with it; repeat for more", gather)
    .option("--env <name>", "the environment it runs against")
    .option("--description <text>", "what it does, in your words")
    .option("--requester <email>", "the person it is done for")
    .option("--request-id <id>", "your own id: the same one finds the same request again after a crash")
    .option("--config <file>", "the config file; default: attesta.yaml, looked for from here upwards")
    .option("--url <url>", "the service's address; default: ATTESTA_URL, the config's, or the local service")
    .option("--unreachable-after <seconds>", "how long the service may be away", "60")
    .action((name: string, argv: readonly string[], options: Options) => gate({ name, argv, options }, context, world));
}

interface Typed {
  readonly name: string;
  readonly argv: readonly string[];
  readonly options: Options;
}

async function gate(typed: Typed, context: CliContext, world: GateWorld): Promise<void> {
  const { options } = typed;
  const action = actionOf(typed, context);
  const watch = createWatch(context.stderr, world.nowMs);
  try {
    const find = { url: options.url, config: options.config };
    const exitCode = await withService(find, context, (transport) =>
      held({ action, options, transport, watch }, context, world),
    );
    if (exitCode !== 0) throw new CliExit(exitCode);
  } catch (error) {
    watch.close();
    if (!(error instanceof AttestaDenied)) throw error;
    const codes = { denied: EXIT.denied, timed_out: EXIT.timedOut, cancelled: EXIT.cancelled } as const;
    throw new CliExit(codes[error.verdict], deniedLines(error).join("\n"));
  } finally {
    watch.close();
  }
}

function actionOf({ name, argv, options }: Typed, { cwd }: CliContext): FrozenAction {
  if (argv.length === 0) {
    const detail = "write the command after `--`, such as: attesta gate deploy -- ./deploy.sh api 2.1.0";
    throw new CliExit(EXIT.usage, `attesta gate: nothing to run; ${detail}`);
  }
  const pairs = readPairs(options.arg ?? [], "--arg");
  const object = options.args === undefined ? {} : readJsonObject(options.args, "--args");
  const hints = Object.entries(readPairs(options.hint ?? [], "--hint")).map(([key, value]) => {
    if (typeof value === "boolean" || typeof value === "number" || typeof value === "string")
      return [key, value] as const;
    throw new CliExit(EXIT.usage, `--hint ${key}: must be true, false, a number or a text`);
  });
  const action: ActionToAsk = {
    name,
    arguments: joinObjects(object, pairs, "--args and --arg"),
    riskHints: Object.fromEntries(hints),
    command: { argv, cwd },
    ...(options.env !== undefined && { environment: options.env }),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.requester !== undefined && { requester: options.requester }),
    ...(options.attach !== undefined && { attachments: attachments(options.attach, cwd) }),
  };
  try {
    return freezeAction(action);
  } catch (error) {
    if (error instanceof TypeError) throw new CliExit(EXIT.usage, `attesta gate: ${error.message}`);
    throw error;
  }
}

function attachments(files: readonly string[], cwd: string): NonNullable<ActionToAsk["attachments"]> {
  return files.map((file) => {
    try {
      const bytes = readFileSync(resolve(cwd, file));
      return { name: basename(file), text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      throw new CliExit(EXIT.usage, `--attach ${file}: cannot be read as UTF-8 text (${code}); check the path`);
    }
  });
}

interface Held {
  readonly action: FrozenAction;
  readonly options: Options;
  readonly transport: Transport;
  readonly watch: Watch;
}

/** Asks, waits and runs; gives the exit code. Before the command runs a signal cancels; afterwards it is passed on. */
async function held(gated: Held, context: CliContext, world: GateWorld): Promise<number> {
  const { options, watch } = gated;
  const stop = new AbortController();
  let onSignal = (_: NodeJS.Signals): void => stop.abort();
  const off = world.onSignal((signal) => onSignal(signal));
  try {
    const unreachableAfterMs = secondsOf(options.unreachableAfter) * 1000;
    const view = await verdictOf(gated, { unreachableAfterMs, signal: stop.signal }, context);
    watch.close();
    context.stderr.write(`${releasedLines(view).join("\n")}\n`);
    checkAttachments(gated, context);
    const useId = randomUUID();
    if (stop.signal.aborted) throw cancelled("it was approved, but not used");
    await use(gated.transport, { view, action: gated.action, useId }, { unreachableAfterMs });
    const executedAtMs = world.nowMs();
    const ended = stop.signal.aborted ? undefined : await run(gated, context, (listener) => (onSignal = listener));
    const result = {
      outcome: ended?.exitCode === 0 ? ("succeeded" as const) : ("failed" as const),
      executedAtMs,
      detail: ended?.detail ?? "cancelled before it started",
    };
    const told = await report(gated.transport, { view, useId, result }, { unreachableAfterMs: 10_000 });
    if (!told) watch.news({ kind: "result_not_recorded", requestId: view.id });
    if (ended === undefined) throw cancelled("it was approved, but not started");
    return ended.exitCode;
  } finally {
    off();
  }
}

async function run(
  { action }: Held,
  context: CliContext,
  listen: (listener: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const child = startChild(action.command ?? { argv: [], cwd: context.cwd }, context.env);
  // Ctrl-C at a terminal reaches the whole foreground group: passing it on would be a second one.
  const reachesChild = context.stdin.isTTY === true;
  listen((signal) => {
    if (signal !== "SIGINT" || !reachesChild) child.signal(signal);
  });
  return child.ended;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new CliExit(EXIT.usage, "--unreachable-after: must be seconds, 0 to 86400");
}

function cancelled(how: string): CliExit {
  return new CliExit(EXIT.cancelled, `attesta: cancelled; ${how}. Nothing ran.`);
}

/** The released view; throws AttestaDenied, or CliExit 123 after a signal, with the request taken back. */
async function verdictOf(
  { action, options, transport, watch }: Held,
  patience: { readonly unreachableAfterMs: number; readonly signal: AbortSignal },
  { stderr }: CliContext,
): Promise<RequestView> {
  const { signal } = patience;
  const requestId = options.requestId ?? randomUUID();
  const asked = await submit(transport, { action, requestId }, patience).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw cancelled(`if it was asked for already, --request-id ${requestId} finds it`);
  });
  stderr.write(`${askedLines(asked).join("\n")}\n`);
  const view = await awaitVerdict(transport, asked, { ...patience, onNews: watch.news }).catch(
    async (error: unknown) => {
      if (!signal.aborted) throw error;
      watch.close();
      const taken = await cancel(transport, asked.id, { unreachableAfterMs: 2000 }, "the waiting command was stopped");
      throw cancelled(taken ? "the request was taken back" : "the request could not be taken back");
    },
  );
  checkDigest(view, action);
  if (!view.released) throw denialOf(view);
  return view;
}

/** The attached files once more: what was reviewed must be what lies there now. */
function checkAttachments({ action, options }: Held, { cwd }: CliContext): void {
  const now = options.attach === undefined ? [] : attachments(options.attach, cwd);
  const changed = now.find(({ text }, index) => text !== action.attachments?.[index]?.text);
  if (changed === undefined) return;
  const detail = "it changed after it was reviewed. Nothing ran; ask again with a new request id.";
  throw new CliExit(EXIT.denied, `attesta: DENIED: ${changed.name}: ${detail}`);
}
