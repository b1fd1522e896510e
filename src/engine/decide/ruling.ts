/** What every command's rule gives back, and the few steps that several of them share. */
import type { Refusal } from "../command.ts";
import type { Holders, PersonId, RoleFacts } from "../model.ts";
import { entitlement, isPossible, rolesAsked } from "../quorum.ts";
import type { Decision, Happening, RequestState } from "../request.ts";

/** Events to write, and why the caller gets nothing else. A failed attempt has both. */
export interface Ruling {
  readonly events: readonly Happening[];
  readonly refusal: Refusal | undefined;
}

export const NOTHING: Ruling = { events: [], refusal: undefined };

export function refuse(refusal: Refusal, events: readonly Happening[] = []): Ruling {
  return { events, refusal };
}

export function happen(...events: readonly Happening[]): Ruling {
  return { events, refusal: undefined };
}

/** Why nothing more can be decided here; undefined while it is pending and in time. */
export function closed(state: RequestState, nowMs: number): Refusal | undefined {
  if (state.status !== "pending") return { code: "already_decided" };
  if (state.deadlineMs !== undefined && nowMs >= state.deadlineMs)
    return { code: "too_late", deadlineMs: state.deadlineMs };
  return undefined;
}

/** Why this person has no say in this request, break glass aside; undefined when they have one. */
export function outsider(state: RequestState, person: PersonId, roles: RoleFacts): Refusal | undefined {
  if (state.facts.excluded.includes(person)) return { code: "own_request" };
  const entitled = entitlement(state, roles);
  const needs = rolesAsked(state);
  if (entitled === "unknown")
    return { code: "role_unknown", roles: roles.unknown.filter((role) => needs.includes(role)) };
  if (entitled === "no") return { code: "not_an_approver", needs, has: roles.held.map((holding) => holding.role) };
  return undefined;
}

/** Like `outsider`, for saying no: whom only the agent named as its requester may still stop it. */
export function withoutNo(state: RequestState, person: PersonId, roles: RoleFacts): Refusal | undefined {
  if (person === state.facts.owner) return { code: "own_request" };
  return outsider({ ...state, facts: { ...state.facts, excluded: [] } }, person, roles);
}

export function decided(decision: Decision): Happening {
  return { type: "decided", decision };
}

/** A verdict that nobody gave: policy, a rule, or the lack of people. */
export function deniedByPolicy(reason: string, atMs: number, comment?: string): Happening {
  return decided({
    verdict: "denied",
    by: "policy",
    reason,
    ...(comment !== undefined && { comment }),
    released: false,
    atMs,
  });
}

/**
 * What follows when people are gone: the next rungs at once while the quorum cannot be met, and the end when no rung
 * is left. Nothing while it is possible or cannot be known.
 */
export function consequences(state: RequestState, holders: Holders, nowMs: number): readonly Happening[] {
  const events: Happening[] = [];
  let after = state;
  while (isPossible(after, holders) === "no") {
    const rung = after.requirement.rungs[after.step];
    if (rung === undefined) return [...events, deniedByPolicy("nobody_left", nowMs)];
    const step = after.step + 1;
    events.push({ type: "escalated", step, roles: rung.roles, early: true });
    after = { ...after, step, standIns: [...new Set([...after.standIns, ...rung.roles])] };
  }
  return events;
}
