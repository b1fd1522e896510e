/** The client of an agent: one connection, shared defaults, and the run of one approved action. A thin class over functions. */
import { randomUUID } from "node:crypto";
import type { AssessView, RequestView } from "../api/contract.ts";
import type { JsonObject } from "../engine/json.ts";
import { type ActionToAsk, assess, checkDigest, type FrozenAction, freezeAction, report, submit, use } from "./ask.ts";
import { type Connected, connectService } from "./connect.ts";
import { AttestaDenied, denialOf } from "./denied.ts";
import { type Gate, gateFor } from "./gate.ts";
import { type AttestaOptions, checkAttestaOptions, type RunOptions } from "./options.ts";
import type { Transport } from "./transport.ts";
import { awaitVerdict, type Patience, type WaitingNews } from "./wait.ts";

/** What was decided about one action, for callers that run it themselves. */
export interface ApprovalResult {
  readonly verdict: "approved" | "denied" | "timed_out" | "cancelled";
  /** May it run? True for approved, in observe mode, and for a timeout with fail_mode allow. */
  readonly released: boolean;
  readonly requestId: string;
  readonly digest: string;
  readonly risk: RequestView["risk"];
  readonly approvers: readonly { readonly name: string; readonly challenge: string; readonly seconds: number }[];
  readonly reviewSeconds: number;
  readonly audit: RequestView["audit"];
  readonly comments: RequestView["comments"];
  readonly reason: string | undefined;
  readonly hint: string | undefined;
}

/** How long a finished run waits for its result to be recorded. */
const REPORT_MS = 5000;
const UNREACHABLE_AFTER_MS = 60_000;
const UNDELIVERED_MS = 60_000;

/** Holds actions until people have approved them. Finds the service by itself, at the first call. */
export class Attesta {
  /**
   * Gates a function: `gate(fn)`, `gate(fn, options)`, `gate(options)(fn)`, `gate(options, fn)`. The gated function
   * asks, waits, runs the function once with a copy of the arguments that were approved, and gives a promise of its
   * result; it rejects with AttestaDenied, AttestaUnreachable or AttestaFault, and then the function did not run.
   */
  readonly gate: Gate;
  readonly #options: AttestaOptions;
  #open: Promise<Connected> | undefined;

  /** Throws a TypeError for an unknown option; connects to nothing. */
  constructor(options: AttestaOptions = {}) {
    this.#options = checkAttestaOptions(options);
    this.gate = gateFor(() => this);
  }

  /** With this config file in place of the `attesta.yaml` that is found from the working folder upwards. */
  static fromConfig(path: string, options: Omit<AttestaOptions, "config"> = {}): Attesta {
    return new Attesta({ ...options, config: path });
  }

  /** Scores an action and says what would be asked; asks nobody. */
  async assess(action: ActionToAsk): Promise<AssessView> {
    const frozen = this.#freeze(action);
    return assess((await this.#connect()).transport, frozen, this.#patience());
  }

  /** Asks, waits and gives the verdict; runs and uses nothing. To run once what was approved, call `run`. */
  async evaluate(action: ActionToAsk, options: RunOptions = {}): Promise<ApprovalResult> {
    return resultOf((await this.#ask(this.#freeze(action), options)).view);
  }

  /** Asks, waits, and runs `fn` once with a copy of the approved arguments. Rejects like a gated function. */
  async run<R>(action: ActionToAsk, fn: (args: JsonObject) => R, options: RunOptions = {}): Promise<Awaited<R>> {
    const frozen = this.#freeze(action);
    const { view, transport } = await this.#ask(frozen, options);
    if (!view.released) throw denialOf(view);
    const useId = randomUUID();
    await use(transport, { view, action: frozen, useId }, this.#patience());
    const executedAtMs = Date.now();
    const tell = async (outcome: "succeeded" | "failed", detail?: string) => {
      const result = { outcome, executedAtMs, ...(detail === undefined ? {} : { detail }) };
      const told = await report(transport, { view, useId, result }, { unreachableAfterMs: REPORT_MS });
      if (!told) this.#news({ kind: "result_not_recorded", requestId: view.id });
    };
    let result: Awaited<R>;
    try {
      result = await fn(structuredClone(frozen.arguments));
    } catch (error) {
      // The class of the error only: its message may hold arguments.
      await tell("failed", error instanceof Error ? error.name.slice(0, 100) : "not an Error");
      throw error;
    }
    await tell("succeeded");
    return result;
  }

  /** Closes connections, and the service if one was started inside this process. The next call connects again. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await (await open?.catch(() => undefined))?.close();
  }

  async #ask(action: FrozenAction, options: RunOptions): Promise<{ view: RequestView; transport: Transport }> {
    const { transport } = await this.#connect();
    const requestId = options.requestId ?? randomUUID();
    const agentId = options.agentId ?? this.#options.agentId;
    const first = await submit(transport, { action, requestId, agentId }, this.#patience());
    const view = await awaitVerdict(transport, first, { ...this.#patience(), onNews: (news) => this.#news(news) });
    checkDigest(view, action);
    return { view, transport };
  }

  #freeze(action: ActionToAsk): FrozenAction {
    const { environment, requester, sessionId } = this.#options;
    return freezeAction({
      ...(environment === undefined ? {} : { environment }),
      ...(requester === undefined ? {} : { requester }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...action,
    });
  }

  #patience(): Patience {
    return { unreachableAfterMs: this.#options.unreachableAfterMs ?? UNREACHABLE_AFTER_MS };
  }

  #connect(): Promise<Connected> {
    const { url, token, config, agentId } = this.#options;
    const world = { env: process.env, cwd: process.cwd() };
    this.#open ??= connectService({ url, token, config, agentId }, world).catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }

  readonly #warned = new Set<string>();
  #news(news: WaitingNews): void {
    if (this.#options.onWaiting !== undefined) {
      this.#options.onWaiting(news);
      return;
    }
    if (news.kind !== "waiting" || news.view.delivered || this.#warned.has(news.view.id)) return;
    if (Date.parse(news.view.now) - Date.parse(news.view.raised_at) < UNDELIVERED_MS) return;
    this.#warned.add(news.view.id);
    process.emitWarning(`${news.view.summary}: nobody has been shown this yet. ${news.view.who}`, "AttestaWaiting");
  }
}

/** The verdict of a decided request, for callers; throws AttestaDenied when it is not decided. */
export function resultOf(view: RequestView): ApprovalResult {
  if (view.verdict === undefined) {
    throw new AttestaDenied({ code: "undecided", verdict: "denied", message: `${view.summary}: not decided`, view });
  }
  return {
    verdict: view.verdict,
    released: view.released,
    requestId: view.id,
    digest: view.digest,
    risk: view.risk,
    approvers: view.seats.flatMap(({ approver, challenge, seconds }) =>
      approver === undefined ? [] : [{ name: approver, challenge, seconds: seconds ?? 0 }],
    ),
    reviewSeconds: view.review_seconds ?? 0,
    audit: view.audit,
    comments: view.comments,
    reason: view.reason,
    hint: view.hint,
  };
}
