/** Raising a request, and its first delivery. */
import type { Command } from "../command.ts";
import { DELIVERY_GRACE_MS, evolve } from "../evolve.ts";
import { isPossible } from "../quorum.ts";
import type { Happening, RequestState } from "../request.ts";
import { decided, deniedByPolicy, happen, NOTHING, type Ruling } from "./ruling.ts";

type Open = Extract<Command, { type: "open" }>;
type Deliver = Extract<Command, { type: "deliver" }>;

/** A new request: recorded, and decided in the same step where nobody has to be asked, or nobody could answer. */
export function open(command: Open, nowMs: number): Ruling {
  const requested: Happening = { type: "requested", facts: command.facts };
  const end = firstEnd(command, nowMs);
  return end === undefined ? happen(requested) : happen(requested, end);
}

function firstEnd(command: Open, nowMs: number): Happening | undefined {
  const { facts, holders } = command;
  if (facts.mode === "observe") {
    return decided({ verdict: "approved", by: "observe", reason: "observed", released: true, atMs: nowMs });
  }
  const { blocked, seats } = facts.requirement;
  if (blocked !== undefined) return deniedByPolicy("blocked", nowMs, blocked);
  if (seats.length === 0) {
    return decided({ verdict: "approved", by: "policy", reason: "no_challenge", released: true, atMs: nowMs });
  }
  const state = evolve(undefined, { type: "requested", facts, seq: 1, atMs: nowMs, commandId: "" });
  return isPossible(state, holders) === "no"
    ? deniedByPolicy("impossible", nowMs, tooFew(facts.requirement.seats.length))
    : undefined;
}

function tooFew(needed: number): string {
  return `${needed} different ${needed === 1 ? "person has" : "people have"} to approve this, and config does not name enough who may`;
}

/** A surface shows it: the first one starts the request's clock. */
export function deliver(state: RequestState, command: Deliver, nowMs: number): Ruling {
  const known = state.deliveries.some((d) => d.surface === command.surface && d.ref === command.ref);
  if (known) return NOTHING;
  const delivered: Happening = { type: "delivered", surface: command.surface, ref: command.ref };
  return happen(delivered, ...started(state, nowMs));
}

/** Starts the clock if nothing has started it yet; from the latest moment it may start, where this comes later. */
export function started(state: RequestState, nowMs: number): readonly Happening[] {
  if (state.startedAtMs !== undefined || state.status !== "pending") return [];
  const startedAtMs = Math.min(nowMs, state.facts.raisedAtMs + DELIVERY_GRACE_MS);
  return [{ type: "started", startedAtMs, undelivered: false }];
}
