/** The agent's side of one request, step by step: freeze, ask, check, use, report. Knows neither functions nor terminals. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AssessView,
  assessView,
  type RequestView,
  requestView,
  type SubmitBody,
  useView,
} from "../api/contract.ts";
import { actionDigest } from "../engine/digest.ts";
import type { JsonObject } from "../engine/json.ts";
import { copyArguments } from "./copy.ts";
import { AttestaDenied, AttestaFault, refusedBy, usedAlready } from "./denied.ts";
import type { Transport } from "./transport.ts";
import { type Patience, persist } from "./wait.ts";

/** One action to ask for. `arguments` must be plain JSON. */
export interface ActionToAsk {
  readonly name: string;
  readonly arguments?: object;
  readonly riskHints?: Readonly<Record<string, boolean | number | string>>;
  readonly description?: string;
  readonly environment?: string;
  /** E-mail address of the person this is done for. */
  readonly requester?: string;
  readonly sessionId?: string;
  /** Raises the level at least to this; nothing lowers it. */
  readonly risk?: "low" | "medium" | "high" | "critical";
  readonly command?: { readonly argv: readonly string[]; readonly cwd: string };
  /** Texts that are reviewed with it, at most 64 KiB each. */
  readonly attachments?: readonly { readonly name: string; readonly text: string }[];
}

/** An action as it was when it was asked for; later changes to the caller's objects do not reach it. */
export interface FrozenAction extends Omit<ActionToAsk, "arguments"> {
  readonly arguments: JsonObject;
}

/** Copies an action deeply. Throws a TypeError with the path of whatever is not plain JSON. */
export function freezeAction(action: ActionToAsk): FrozenAction {
  const { riskHints, command, attachments } = action;
  if (typeof action.name !== "string" || action.name === "") {
    throw new TypeError('The action has no name: give `name`, for instance name: "deploy_to_production".');
  }
  return Object.freeze({
    ...action,
    arguments: copyArguments(action.arguments ?? {}),
    ...(riskHints === undefined ? {} : { riskHints: Object.freeze({ ...riskHints }) }),
    ...(command === undefined ? {} : { command: { argv: [...command.argv], cwd: command.cwd } }),
    ...(attachments === undefined ? {} : { attachments: attachments.map(({ name, text }) => ({ name, text })) }),
  });
}

function bodyOf(action: FrozenAction): Omit<SubmitBody, "request_id"> {
  const { name, riskHints, sessionId, command, attachments, description, environment, requester, risk } = action;
  const body = {
    action: name,
    arguments: structuredClone(action.arguments) as SubmitBody["arguments"],
    hints: riskHints,
    session_id: sessionId,
    command: command && { argv: [...command.argv], cwd: command.cwd },
    attachments: attachments?.map((one) => ({ ...one })),
    description,
    environment,
    requester,
    risk,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as typeof body & {
    arguments: NonNullable<SubmitBody["arguments"]>;
  };
}

/** Raises the request, or finds it again by its request id. Throws AttestaDenied when the service refuses to ask anybody. */
export async function submit(
  transport: Transport,
  asked: { readonly action: FrozenAction; readonly requestId: string; readonly agentId?: string | undefined },
  patience: Patience,
): Promise<RequestView> {
  const body = { ...bodyOf(asked.action), request_id: asked.requestId };
  const told = await persist(transport, { method: "POST", path: "/v1/requests", body, schema: requestView }, patience);
  if (!told.ok) throw refusedBy(told.problem);
  const view = told.value;
  if (asked.agentId !== undefined && asked.agentId !== view.agent_id) {
    await cancel(transport, view.id, patience);
    const detail = `The token belongs to agent "${view.agent_id}", not to "${asked.agentId}".`;
    throw new AttestaFault("agent_mismatch", `${detail} Set agentId or the token right.`);
  }
  checkDigest(view, asked.action);
  return view;
}

/** Scores without asking anybody. */
export async function assess(transport: Transport, action: FrozenAction, patience: Patience): Promise<AssessView> {
  const call = { method: "POST", path: "/v1/assess", body: bodyOf(action), schema: assessView } as const;
  const told = await persist(transport, call, patience);
  if (!told.ok) throw refusedBy(told.problem);
  return told.value;
}

/** The digest of this copy, as the service must have computed it for the same action. */
export function digestOf(view: RequestView, action: FrozenAction): string {
  return actionDigest({
    agentId: view.agent_id,
    environment: view.environment,
    secretArguments: view.secret_arguments,
    ...(view.salt === undefined ? {} : { salt: view.salt }),
    action: {
      name: action.name,
      arguments: action.arguments,
      attachments: action.attachments ?? [],
      ...(action.command === undefined ? {} : { command: action.command }),
    },
  });
}

/** Throws AttestaDenied (`digest_mismatch`) unless the request is about exactly this action. */
export function checkDigest(view: RequestView, action: FrozenAction): void {
  if (view.digest === digestOf(view, action)) return;
  throw new AttestaDenied({
    code: "digest_mismatch",
    verdict: "denied",
    message: `${action.name}: what was asked is not what would run (the digests differ); nothing ran`,
    requestId: view.id,
    view,
  });
}

/** How often and how long a `use` waits for the audit log to catch up. */
const AUDIT_PAUSE_MS = 100;
const AUDIT_TRIES = 100;

/** Uses the approval, once and immediately before running. Throws AttestaDenied when it may not run. */
export async function use(
  transport: Transport,
  used: { readonly view: RequestView; readonly action: FrozenAction; readonly useId: string },
  patience: Patience,
): Promise<void> {
  const { view, action, useId } = used;
  const body = { digest: digestOf(view, action), use_id: useId };
  const call = {
    method: "POST",
    path: `/v1/requests/${encodeURIComponent(view.id)}/use`,
    body,
    schema: useView,
  } as const;
  for (let tries = 1; ; tries += 1) {
    const told = await persist(transport, call, patience);
    if (told.ok && told.value.use_id === useId && told.value.digest === body.digest) return;
    if (told.ok) throw new AttestaFault("unexpected_answer", `The service answered about another use of ${view.id}.`);
    if (told.problem.code === "already_used") throw usedAlready(await newest(transport, view, patience));
    if (told.problem.code !== "not_audited" || tries >= AUDIT_TRIES) throw refusedBy(told.problem, view);
    await sleep(AUDIT_PAUSE_MS, undefined, { signal: patience.signal });
  }
}

async function newest(transport: Transport, view: RequestView, patience: Patience): Promise<RequestView> {
  const path = `/v1/requests/${encodeURIComponent(view.id)}`;
  const told = await persist(transport, { method: "GET", path, schema: requestView }, patience);
  return told.ok ? told.value : view;
}

/** How a run ended; `detail` must not hold arguments. */
export interface RunResult {
  readonly outcome: "succeeded" | "failed";
  readonly executedAtMs: number;
  readonly detail?: string;
}

/** Reports how it ended. True when it was recorded; a result that never arrives becomes "outcome unknown" in the log. */
export async function report(
  transport: Transport,
  ran: { readonly view: RequestView; readonly useId: string; readonly result: RunResult },
  patience: Patience,
): Promise<boolean> {
  const { outcome, executedAtMs, detail } = ran.result;
  const body = {
    use_id: ran.useId,
    outcome,
    executed_at: new Date(executedAtMs).toISOString(),
    ...(detail === undefined ? {} : { detail }),
  };
  const path = `/v1/requests/${encodeURIComponent(ran.view.id)}/result`;
  try {
    return (await persist(transport, { method: "POST", path, body, schema: requestView }, patience)).ok;
  } catch {
    // The action has run: whatever happens to its report must not look as if the action had failed.
    return false;
  }
}

/** Takes the request back. False when it was decided already, or the service does not answer. */
export async function cancel(transport: Transport, id: string, patience: Patience, comment?: string): Promise<boolean> {
  const path = `/v1/requests/${encodeURIComponent(id)}/cancel`;
  const body = comment === undefined ? {} : { comment };
  const told = await persist(transport, { method: "POST", path, body, schema: requestView }, patience).catch(
    () => undefined,
  );
  return told?.ok === true;
}
