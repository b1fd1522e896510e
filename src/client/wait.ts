/** Calls that outlive a restart of the service: repeated with backoff, and the wait for a verdict. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { type Problem, type RequestView, requestView } from "../api/contract.ts";
import { AttestaDenied, AttestaFault, AttestaUnreachable } from "./denied.ts";
import { type Answer, type Call, type Transport, TransportFault } from "./transport.ts";

/** How patient the client is. */
export interface Patience {
  /** How long the service may be away before `AttestaUnreachable`, in milliseconds; while waiting, never before the deadline. */
  readonly unreachableAfterMs: number;
  /** Ends every call and every pause at once. */
  readonly signal?: AbortSignal | undefined;
}

/** What a watcher of the waiting side is told. */
export type WaitingNews =
  | { readonly kind: "waiting"; readonly view: RequestView }
  | { readonly kind: "away"; readonly sinceMs: number }
  | { readonly kind: "back" }
  | { readonly kind: "result_not_recorded"; readonly requestId: string };

/** The longest that one long poll waits, in milliseconds: the service's own limit. */
const POLL_MS = 25_000;
const ANSWER_MS = 15_000;
/** How much later than the known deadline a service that is away may still come back with the verdict. */
/** Pause after a "pending" that came long before the wait was over, in milliseconds. */
const EARLY_MS = 500;
const GRACE_MS = 60_000;

/** An answer of the service that is not transient: parsed, or its problem. */
export type Told<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

function backoffMs(attempt: number): number {
  return Math.min(5000, 100 * 2 ** Math.min(attempt, 6)) + randomInt(100);
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new AttestaFault(
    "unexpected_answer",
    "The service answered in a form that this client does not know: are both of the same version?",
    {
      cause: read.error,
    },
  );
}

/** Problems about the token are nobody's verdict. */
function checkToken(problem: Problem): void {
  if (problem.status === 401 || problem.code === "agent_token_needed") {
    throw new AttestaFault(problem.code, problem.detail);
  }
}

interface Attempt {
  readonly answer?: Answer;
  readonly cause?: unknown;
  /** The service asks to be left alone for so long, in milliseconds. */
  readonly afterMs?: number;
}

/** One attempt: the answer, or undefined with the cause when the service is away, or takes nothing, for the moment. */
async function attempt(transport: Transport, call: Call): Promise<Attempt> {
  try {
    const answer = await transport.call(call);
    if (answer.ok || !answer.transient) return { answer };
    return { cause: new Error(answer.problem.detail), afterMs: answer.afterMs ?? 0 };
  } catch (error) {
    if (!(error instanceof TransportFault) || call.signal?.aborted === true) throw error;
    return { cause: error };
  }
}

function unreachable(cause: unknown, sinceMs: number): AttestaUnreachable {
  const seconds = Math.round((Date.now() - sinceMs) / 1000);
  if (!(cause instanceof TransportFault)) {
    const told = cause instanceof Error ? cause.message : String(cause);
    return new AttestaUnreachable(`The attesta service has not taken this for ${seconds} s: ${told}`, { cause });
  }
  const why = cause.cause instanceof Error ? ` (${cause.cause.message})` : "";
  const advice = "Is it running (`attesta start`), and is its address right?";
  return new AttestaUnreachable(`The attesta service has not answered for ${seconds} s${why}. ${advice}`, { cause });
}

/** Makes a call that may be repeated, until it is answered; throws AttestaUnreachable when the service stays away. */
export async function persist<T>(
  transport: Transport,
  call: Omit<Call, "timeoutMs" | "signal"> & { readonly schema: z.ZodType<T> },
  patience: Patience,
): Promise<Told<T>> {
  const sinceMs = Date.now();
  const { signal } = patience;
  for (let tries = 0; ; tries += 1) {
    const { answer, cause, afterMs = 0 } = await attempt(transport, { ...call, timeoutMs: ANSWER_MS, signal });
    if (answer?.ok === true) return { ok: true, value: parsed(call.schema, answer.body) };
    if (answer !== undefined) {
      checkToken(answer.problem);
      return { ok: false, problem: answer.problem };
    }
    if (Date.now() - sinceMs >= patience.unreachableAfterMs) throw unreachable(cause, sinceMs);
    await sleep(Math.max(afterMs, backoffMs(tries)), undefined, { signal });
  }
}

/** Milliseconds from now until this request's deadline, by the service's own clock; undefined without one. */
export function leftMs(view: RequestView): number | undefined {
  return view.deadline === undefined ? undefined : Date.parse(view.deadline) - Date.parse(view.now);
}

/**
 * The view with the verdict. Waits as long as the service says that it is pending, through restarts of the service.
 * Throws AttestaUnreachable when it is away for longer than `unreachableAfterMs` and the deadline passed a minute ago,
 * AttestaDenied when the request is not there any more.
 */
export async function awaitVerdict(
  transport: Transport,
  first: RequestView,
  options: Patience & { readonly onNews: (news: WaitingNews) => void },
): Promise<RequestView> {
  const { signal, onNews } = options;
  let view = first;
  let patientUntilMs = 0;
  let awayMs: number | undefined;
  const seen = (newest: RequestView) => {
    view = newest;
    patientUntilMs = Date.now() + (leftMs(newest) ?? 0) + GRACE_MS;
    if (awayMs !== undefined) onNews({ kind: "back" });
    awayMs = undefined;
    if (newest.verdict === undefined) onNews({ kind: "waiting", view: newest });
  };
  seen(first);
  for (let tries = 0; view.verdict === undefined; ) {
    // A service that was away is asked at once where things stand: who watches learns that it is back.
    const waitMs = awayMs === undefined ? POLL_MS : 0;
    const path = `/v1/requests/${encodeURIComponent(view.id)}?wait_ms=${waitMs}`;
    const call = { method: "GET", path, timeoutMs: waitMs + ANSWER_MS, signal } as const;
    const askedMs = Date.now();
    const { answer, cause } = await attempt(transport, call);
    if (answer?.ok === true) {
      const early = waitMs > 0 && Date.now() - askedMs < waitMs / 2;
      tries = 0;
      seen(parsed(requestView, answer.body));
      // A service that is closing, or has too many waiting, answers before its time: do not ask it in a tight loop.
      if (view.verdict === undefined) await sleep(early ? EARLY_MS : 20, undefined, { signal });
      continue;
    }
    if (answer !== undefined) throw lost(answer.problem, view);
    awayMs ??= Date.now();
    onNews({ kind: "away", sinceMs: awayMs });
    if (Date.now() > Math.max(patientUntilMs, awayMs + options.unreachableAfterMs)) throw unreachable(cause, awayMs);
    await sleep(backoffMs(tries), undefined, { signal });
    tries += 1;
  }
  return view;
}

function lost(problem: Problem, view: RequestView): Error {
  checkToken(problem);
  return new AttestaDenied({
    code: problem.code,
    verdict: "denied",
    message: `${view.summary}: the service does not know this request any more (${problem.detail})`,
    requestId: view.id,
    view,
  });
}
