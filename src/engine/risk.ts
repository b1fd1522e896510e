/** Scores one action: five factors, environment, amplifiers, overrides, trust. Same action, same score, always. */
import type { Level } from "./model.ts";

/** One named part of the score, in the order it was applied. */
export interface RiskFactor {
  readonly name:
    | "name"
    | "arguments"
    | "description"
    | "hints"
    | "novelty"
    | "floor"
    | "environment"
    | "amplifier"
    | "override"
    | "undeclared"
    | "trust"
    | "command";
  /** What it added to (or, for `environment` and `trust`, multiplied into) the score. */
  readonly contribution: number;
  /** In words a reader of the card understands, without an argument's value. */
  readonly because: string;
}

export interface RiskAssessment {
  /** 0..1 before trust, after everything else. This is the published score. */
  readonly rawScore: number;
  /** 0..1 after trust. The level follows from this one, within the limits of `rules.md`, Trust. */
  readonly score: number;
  readonly level: Level;
  readonly factors: readonly RiskFactor[];
  /** Names of the profile's patterns that matched, in the profile's order. */
  readonly patterns: readonly string[];
  readonly complianceRefs: readonly string[];
  /** The environment that scoring, rules and digest use. */
  readonly environment: string;
  readonly production: boolean;
  readonly declared: boolean;
  /** Top-level argument that raised the score most; undefined when none did. */
  readonly riskiestArgument?: string;
  /** The agent's trust that was applied, 0..1. */
  readonly trust: number;
}
