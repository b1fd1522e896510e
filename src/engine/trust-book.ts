/** The stored side of trust: what people decided about an agent, one record an agent. The sums are in trust.ts. */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Store } from "./ports.ts";
import type { RequestState } from "./request.ts";
import { type TrustPolicy, type TrustRecord, trustOf } from "./trust.ts";

const KIND = "trust";
/** Older outcomes weigh next to nothing after their decay. */
const NEWEST = 500;

/** The agent's trust now, 0..1. */
export async function trustNow(store: Store, agentId: string, policy: TrustPolicy): Promise<number> {
  return trustOf(await readTrust(store, agentId), policy, await store.nowMs());
}

/** What is stored about this agent; empty when nothing is. */
export async function readTrust(store: Store, agentId: string): Promise<TrustRecord> {
  return recordOf(await store.readRecord(KIND, agentId));
}

function recordOf(value: JsonObject | undefined): TrustRecord {
  const outcomes = outcomesOf(value).map(({ approved, atMs }) => ({ approved, atMs }));
  const incidents = typeof value?.incidents === "number" ? value.incidents : 0;
  return { outcomes, incidents, revoked: value?.revoked === true };
}

interface Outcome extends JsonObject {
  readonly id: string;
  readonly approved: boolean;
  readonly suspicious: boolean;
  readonly atMs: number;
}

function outcomesOf(value: JsonObject | undefined): readonly Outcome[] {
  const list: Json = value?.outcomes ?? [];
  return Array.isArray(list) ? list.filter(isOutcome) : [];
}

function isOutcome(value: Json): value is Outcome {
  return (
    isJsonObject(value) &&
    typeof value.id === "string" &&
    typeof value.approved === "boolean" &&
    typeof value.suspicious === "boolean" &&
    typeof value.atMs === "number"
  );
}

/**
 * Counts this request's human verdict for its agent: approved unless it was denied or stopped, and an incident where
 * somebody called it suspicious. Repeatable: a request counts once, as it stands now. Verdicts without a person count nothing.
 */
export async function recordTrust(store: Store, state: RequestState): Promise<void> {
  const outcome = outcomeOf(state);
  if (outcome === undefined) return;
  for (;;) {
    const before = await store.readRecord(KIND, outcome.agentId);
    const known = outcomesOf(before);
    const earlier = known.find(({ id }) => id === outcome.value.id);
    if (
      earlier !== undefined &&
      earlier.approved === outcome.value.approved &&
      earlier.suspicious === outcome.value.suspicious
    )
      return;
    const { incidents, revoked } = recordOf(before);
    const more = Number(outcome.value.suspicious) - Number(earlier?.suspicious === true);
    const outcomes = [...known.filter(({ id }) => id !== outcome.value.id), outcome.value].slice(-NEWEST);
    const next = { outcomes, incidents: incidents + more, revoked };
    if (await store.writeRecord(KIND, outcome.agentId, next, before)) return;
  }
}

function outcomeOf({ decision, revocation, facts }: RequestState): { agentId: string; value: Outcome } | undefined {
  if (decision === undefined || (decision.by !== "quorum" && decision.by !== "person")) return undefined;
  if (decision.verdict === "cancelled") return undefined;
  const approved = decision.verdict === "approved" && revocation === undefined;
  const suspicious = decision.reason === "suspicious" || revocation?.reason === "suspicious";
  return { agentId: facts.agentId, value: { id: facts.id, approved, suspicious, atMs: decision.atMs } };
}
