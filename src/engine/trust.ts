/** Earned trust: what humans decided about an agent's requests, decayed over time. Pure. */

/** What counts for an agent: human verdicts and incidents, never the agent's own reports. */
export interface TrustRecord {
  readonly outcomes: readonly { readonly approved: boolean; readonly atMs: number }[];
  readonly incidents: number;
  readonly revoked: boolean;
}

export interface TrustPolicy {
  readonly influence: number;
  readonly ceiling: number;
  readonly initialScore: number;
  /** Per day. */
  readonly decayRate: number;
  readonly mayLowerMedium: boolean;
}

const DAY_MS = 86_400_000;
/** How fast an outcome's weight fades, per day. Source: Attesta's trust engine. */
const OUTCOME_FADE_PER_DAY = 0.1;
/** What each incident multiplies trust by. Source: Attesta's trust engine. */
const INCIDENT_FACTOR = 0.7;
/** How many outcomes the initial score weighs, so that one approval does not jump to the ceiling. */
const INITIAL_WEIGHT = 5;

/**
 * The agent's trust, 0..1: fading share of approvals, decayed while idle, multiplied by 0.7 for each incident, at most
 * the ceiling. Without outcomes it is the initial score; revoked it is 0. Outcomes from the future count as from now.
 */
export function trustOf(record: TrustRecord, policy: TrustPolicy, nowMs: number): number {
  if (record.revoked) return 0;
  const penalty = INCIDENT_FACTOR ** Math.max(0, record.incidents);
  if (record.outcomes.length === 0) return clamp(policy.initialScore * penalty, policy.ceiling);
  let weights = INITIAL_WEIGHT;
  let approvals = INITIAL_WEIGHT * policy.initialScore;
  let idleDays = Number.POSITIVE_INFINITY;
  for (const { approved, atMs } of record.outcomes) {
    const days = Math.max(0, nowMs - atMs) / DAY_MS;
    const weight = Math.exp(-OUTCOME_FADE_PER_DAY * days);
    weights += weight;
    if (approved) approvals += weight;
    idleDays = Math.min(idleDays, days);
  }
  return clamp((approvals / weights) * Math.exp(-policy.decayRate * idleDays) * penalty, policy.ceiling);
}

/** The score after trust, 0..1: unchanged at the initial score, lower above it, higher below it. */
export function effectiveRisk(raw: number, trust: number, policy: TrustPolicy): number {
  return clamp(raw * (1 - policy.influence * (trust - policy.initialScore)), 1);
}

function clamp(value: number, highest: number): number {
  return Math.min(Math.max(value, 0), highest);
}
