/** When something next happens to a request by time alone. Says when to look, not what then happens: that is `decide`. */
import { RESULT_WAIT_MS } from "./decide/time.ts";
import { DELIVERY_GRACE_MS } from "./evolve.ts";
import type { RequestState } from "./request.ts";

/**
 * The earliest moment, on the store's clock, at which a tick may change this request; undefined when none will.
 * Whether anybody still waits for the verdict is not among them: that depends on who was heard, not on the state.
 */
export function nextMomentMs(state: RequestState): number | undefined {
  return earliest(state.status === "pending" ? pendingMoments(state) : [releaseMoment(state)]);
}

function pendingMoments(state: RequestState): readonly (number | undefined)[] {
  const { startedAtMs, requirement } = state;
  if (startedAtMs === undefined) return [state.facts.raisedAtMs + DELIVERY_GRACE_MS, state.deadlineMs];
  const rung = requirement.rungs[state.step];
  const reminderMs = requirement.remindersMs[state.reminded];
  return [after(startedAtMs, rung?.afterMs), after(startedAtMs, reminderMs), state.deadlineMs];
}

function releaseMoment(state: RequestState): number | undefined {
  const { decision, execution } = state;
  if (execution !== undefined) {
    return execution.outcome === undefined ? execution.usedAtMs + RESULT_WAIT_MS : undefined;
  }
  const isUsable = decision?.released === true && state.status !== "revoked" && !state.lapsed;
  return isUsable ? decision.atMs + state.requirement.validForMs : undefined;
}

function after(startMs: number, delayMs: number | undefined): number | undefined {
  return delayMs === undefined ? undefined : startMs + delayMs;
}

function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
