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
