/** After the verdict: one use of exactly what was approved, its result, a stop before it, the after-review; and cancelling before. */
import type { Command } from "../command.ts";
import type { RequestState } from "../request.ts";
import { isStricter } from "../requirement.ts";
import { closed, decided, happen, NOTHING, outsider, type Ruling, refuse, withoutNo } from "./ruling.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Lets the agent run what was approved: once, the same digest, in time, after it is in the audit log. */
export function use(state: RequestState, command: Of<"use">, nowMs: number): Ruling {
  const { decision } = state;
  if (state.status === "revoked") return refuse({ code: "revoked" });
  if (decision === undefined || !decision.released) return refuse({ code: "not_released", status: state.status });
  if (command.digest !== state.facts.digest) return refuse({ code: "digest_mismatch" });
  const validUntilMs = decision.atMs + state.requirement.validForMs;
  const known = state.execution;
  if (known !== undefined && known.useId !== command.useId) return refuse({ code: "already_used" });
  if (nowMs >= validUntilMs) return refuse({ code: "lapsed", validUntilMs });
  if (known !== undefined) return NOTHING;
  if (state.audit === undefined) return refuse({ code: "not_audited" });
  if (state.facts.mode === "enforce" && command.now !== undefined && isStricter(command.now, state.requirement)) {
    return refuse({ code: "policy_changed" });
  }
  return happen({ type: "used", useId: command.useId, digest: command.digest });
}

/** What the agent says came of it. Recorded, never counted as trust. */
export function result(state: RequestState, command: Of<"result">): Ruling {
  const { execution } = state;
  if (execution === undefined || execution.useId !== command.useId) return refuse({ code: "not_used" });
  if (execution.outcome !== undefined && execution.outcome !== "unknown") return NOTHING;
  const { outcome, executedAtMs, detail } = command;
  const more = { ...(executedAtMs !== undefined && { executedAtMs }), ...(detail !== undefined && { detail }) };
  return happen({ type: "resulted", outcome, ...more });
}

/** A stop by somebody who could approve it, as long as it was not used. */
export function revoke(state: RequestState, command: Of<"revoke">): Ruling {
  const { actor, reason, comment } = command;
  if (state.status === "used") return refuse({ code: "already_used" });
  if (state.status === "revoked") return NOTHING;
  const observed = state.facts.mode === "observe";
  if (state.decision === undefined || !state.decision.released || observed)
    return refuse({ code: "not_released", status: observed ? "observed" : state.status });
  const none = withoutNo(state, actor.person, actor.roles);
  if (none !== undefined) return refuse(none);
  const { person, name, account } = actor;
  return happen({ type: "revoked", person, name, account, reason, ...(comment !== undefined && { comment }) });
}

/** The agent is gone, or the person it acts for takes it back. */
export function cancel(state: RequestState, command: Of<"cancel">, nowMs: number): Ruling {
  const { actor, by, comment } = command;
  const end = closed(state, nowMs);
  if (end !== undefined) return refuse(end);
  if (by === "requester" && (actor === undefined || !state.facts.excluded.includes(actor.person))) {
    return refuse({ code: "not_requester" });
  }
  const who = actor === undefined ? {} : { person: actor.person, name: actor.name, account: actor.account };
  const said = comment === undefined ? {} : { comment };
  const how = by === "agent" ? "agent" : "person";
  return happen(
    decided({ verdict: "cancelled", by: how, ...who, reason: "withdrawn", ...said, released: false, atMs: nowMs }),
  );
}

/** The entry of the decision is on disk: the verdict may be told. */
export function audited(state: RequestState, command: Of<"audited">): Ruling {
  if (state.decision === undefined) return refuse({ code: "not_released", status: state.status });
  if (state.audit !== undefined) return NOTHING;
  return happen({ type: "audited", entry: command.entry, hash: command.hash });
}

/** Somebody else looks at an emergency approval afterwards. */
export function afterReview(state: RequestState, command: Of<"after_review">): Ruling {
  const { actor, comment } = command;
  if (state.decision?.by !== "break_glass" || state.afterReview !== undefined)
    return refuse({ code: "no_after_review_due" });
  if (state.decision.person === actor.person) return refuse({ code: "already_voted" });
  const none = outsider(state, actor.person, actor.roles);
  if (none !== undefined) return refuse(none);
  return happen({ type: "after_reviewed", person: actor.person, name: actor.name, comment });
}
