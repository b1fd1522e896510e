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
    typeof value.atMs === "number"
  );
}

/**
 * Counts this request's human verdict for its agent; a denial as suspicious counts as an incident as well.
 * Repeatable: a request counts once. Verdicts without a person count nothing.
 */
export async function recordTrust(store: Store, state: RequestState): Promise<void> {
  const { decision, facts } = state;
  if (
    decision === undefined ||
    (decision.by !== "quorum" && decision.by !== "person") ||
    decision.verdict === "cancelled"
  )
    return;
  const outcome = { id: facts.id, approved: decision.verdict === "approved", atMs: decision.atMs };
  for (;;) {
    const before = await store.readRecord(KIND, facts.agentId);
    const known = outcomesOf(before);
    if (known.some((earlier) => earlier.id === facts.id)) return;
    const { incidents, revoked } = recordOf(before);
    const suspicious = decision.reason === "suspicious" ? 1 : 0;
    const next = { outcomes: [...known, outcome].slice(-NEWEST), incidents: incidents + suspicious, revoked };
    if (await store.writeRecord(KIND, facts.agentId, next, before)) return;
  }
}
