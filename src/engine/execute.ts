/** One command on one request: load, decide, commit, and again if somebody else was faster. Decides nothing itself. */
import type { Command, Refusal } from "./command.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import type { Account } from "./model.ts";
import type { Noted } from "./noted.ts";
import type { AuditDraft, Commit, Store } from "./ports.ts";
import { auditDrafts, refusalDraft } from "./record.ts";
import type { AnswerDetail } from "./record-people.ts";
import type { Happening, RequestEvent, RequestState } from "./request.ts";

/** Too many others at once, or a store that does not answer: nothing was recorded. */
export class ApprovalFault extends Error {
  readonly code: "contended" | "unavailable";
  constructor(code: ApprovalFault["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApprovalFault";
    this.code = code;
  }
}

export interface Order {
  readonly requestId: string;
  readonly commandId: string;
  /** Builds the command from the state it will be judged on; called again after a conflict. */
  readonly command: (state: RequestState) => Promise<Command> | Command;
  /** Whose press it is: then a refusal is noted in the audit log. */
  readonly pressedBy?: { readonly account?: Account; readonly person?: string };
}

export type Executed =
  | {
      readonly kind: "done";
      readonly state: RequestState;
      readonly events: readonly RequestEvent[];
      readonly refusal: Refusal | undefined;
    }
  | { readonly kind: "not_found" };

export interface ExecuteDeps {
  readonly store: Store;
  readonly answers: AnswerDetail;
  readonly noted: Noted;
}

const TRIES = 50;

/** Runs one order. Throws ApprovalFault when others kept winning; store faults pass through. */
export async function execute(deps: ExecuteDeps, order: Order): Promise<Executed> {
  for (let tries = 0; tries < TRIES; tries++) {
    const state = await deps.store.load(order.requestId);
    if (state === undefined) return { kind: "not_found" };
    if (state.commandIds.includes(order.commandId)) return { kind: "done", state, events: [], refusal: undefined };
    const command = await order.command(state);
    const nowMs = await deps.store.nowMs();
    const ruling = decide(state, command, nowMs);
    const { events, next } = stamp(state, ruling.events, { nowMs, commandId: order.commandId });
    const refusals = refusalDrafts(state, { order, command, refusal: ruling.refusal, nowMs });
    if (events.length === 0) {
      const isNew = refusals.length > 0 && deps.noted.isNew(`${order.requestId}:${order.commandId}`);
      if (isNew) await deps.store.note(refusals);
      return { kind: "done", state, events, refusal: ruling.refusal };
    }
    const outcome = await deps.store.commit({
      requestId: order.requestId,
      expectedSeq: state.seq,
      commandId: order.commandId,
      ...window(state, command, events),
      events,
      next,
      audit: [...auditDrafts(next, events, deps.answers), ...refusals],
    });
    if (outcome.ok && !outcome.repeated) return { kind: "done", state: next, events, refusal: ruling.refusal };
    // This very command was committed before: what it led to then is what stands, whatever was decided now.
    if (outcome.ok) {
      const stands = await deps.store.load(order.requestId);
      return stands === undefined
        ? { kind: "not_found" }
        : { kind: "done", state: stands, events: [], refusal: undefined };
    }
  }
  throw new ApprovalFault("contended", `request ${order.requestId} kept changing; nothing was recorded, try again`);
}

export interface Stamping {
  readonly nowMs: number;
  readonly commandId: string;
}

/** Gives happenings their place and time, and folds them. */
export function stamp(state: RequestState, happenings: readonly Happening[], { nowMs, commandId }: Stamping) {
  const events: RequestEvent[] = [];
  let next = state;
  for (const happening of happenings) {
    const event: RequestEvent = { ...happening, seq: next.seq + 1, atMs: nowMs, commandId };
    events.push(event);
    next = evolve(next, event);
  }
  return { events, next };
}

/** The times outside which the store must refuse this commit, whatever clock `decide` saw. */
function window(
  state: RequestState,
  command: Command,
  events: readonly RequestEvent[],
): Pick<Commit, "notBeforeMs" | "notAfterMs"> {
  switch (command.type) {
    case "vote": {
      const counted = events.find((event) => event.type === "voted")?.vote;
      const after = state.deadlineMs === undefined ? {} : { notAfterMs: state.deadlineMs };
      return { ...after, ...(counted !== undefined && { notBeforeMs: counted.shownAtMs + counted.minimumMs }) };
    }
    case "review":
    case "deny":
    case "pass":
      return state.deadlineMs === undefined ? {} : { notAfterMs: state.deadlineMs };
    case "use":
      return state.decision === undefined ? {} : { notAfterMs: state.decision.atMs + state.requirement.validForMs };
    default:
      return {};
  }
}

/** Refusals that nobody needs in the log: asking again a little later is how these are meant. */
const QUIET: readonly Refusal["code"][] = ["not_audited"];

interface Refused {
  readonly order: Order;
  readonly command: Command;
  readonly refusal: Refusal | undefined;
  readonly nowMs: number;
}

function refusalDrafts(state: RequestState, { order, command, refusal, nowMs }: Refused): readonly AuditDraft[] {
  if (refusal === undefined || order.pressedBy === undefined || QUIET.includes(refusal.code)) return [];
  const press = { command: command.type, commandId: order.commandId, atMs: nowMs, ...order.pressedBy };
  return [refusalDraft(state, refusal, press)];
}
