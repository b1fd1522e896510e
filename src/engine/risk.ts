/** Scores one action: five factors, environment, amplifiers, overrides, trust. Same action, same score, always. */

import type { Action } from "./action.ts";
import { compiledPolicy } from "./compiled.ts";
import { type EffectiveEnvironment, effectiveEnvironment } from "./environment.ts";
import {
  argumentsFactor,
  descriptionFactor,
  hintsFactor,
  matchedPatterns,
  noveltyFactor,
  type Scored,
} from "./factors.ts";
import { isFreeCommand } from "./free-command.ts";
import { type Level, maxLevel, rankOf } from "./model.ts";
import { nameFactor, nameFacts } from "./name-facts.ts";
import type { Policy } from "./policy.ts";
import type { RiskPattern } from "./profile.ts";
import { effectiveRisk, type TrustPolicy } from "./trust.ts";
import type { Factor } from "./wording.ts";

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

export interface AssessInput {
  readonly action: Action;
  readonly agentId: string;
  /** From wrapper options: raises to at least this level, never lowers. */
  readonly atLeast?: Level | undefined;
  /** 0..1, as `trustOf` gives it; the policy's initial score is neutral. */
  readonly trust: number;
}

/** Weights of the five factors. Source: Attesta's default risk scorer. */
const WEIGHTS = { name: 0.3, arguments: 0.25, description: 0.2, hints: 0.15, novelty: 0.1 } as const;
/** What a score becomes when it is raised to a level. Source: Attesta's overrides. */
const RAISED: Readonly<Record<Level, number>> = { low: 0.15, medium: 0.45, high: 0.7, critical: 0.9 };
/** What the floor is for a profile's critical actions. Source: Attesta's domain scorer. */
const CRITICAL_ACTION_FLOOR = 0.8;

/** The level of a score: low below 0.3, medium below 0.6, high below 0.8, else critical. Float noise does not count. */
export function levelOf(score: number): Level {
  const rounded = Math.round(score * 1e9) / 1e9;
  if (rounded < 0.3) return "low";
  if (rounded < 0.6) return "medium";
  return rounded < 0.8 ? "high" : "critical";
}

/** Assesses an action under a policy. Nothing that the agent sends lowers the score of what it asks for. */
export function assess(input: AssessInput, policy: Policy): RiskAssessment {
  const { action, agentId } = input;
  const scored: Scored = { action, facts: nameFacts(action.name, policy), policy, compiled: compiledPolicy(policy) };
  const { declaration } = scored.facts;
  const { patterns, environment } = surroundingsOf(scored, agentId);
  const factors: RiskFactor[] = [];
  const computed = computeScore(scored, { patterns, environment }, factors);
  const raised = applyRaises({ input, scored, score: computed.score }, factors);
  const trusted = applyTrust(raised, { trust: input.trust, policy: policy.trust }, factors);
  return {
    rawScore: raised.score,
    ...trusted,
    factors,
    patterns: distinct(patterns.map(({ name }) => name)),
    complianceRefs: distinct(patterns.flatMap(({ complianceRefs }) => complianceRefs)),
    environment: environment.name,
    production: environment.production,
    declared: declaration !== undefined,
    ...(computed.riskiest === undefined ? {} : { riskiestArgument: computed.riskiest }),
    trust: input.trust,
  };
}

function distinct(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)];
}

function agentEnvironment(agentId: string, policy: Policy): string | undefined {
  return Object.hasOwn(policy.agents, agentId) ? policy.agents[agentId]?.environment : undefined;
}

interface Surroundings {
  readonly patterns: readonly RiskPattern[];
  readonly environment: EffectiveEnvironment;
}

function surroundingsOf(scored: Scored, agentId: string): Surroundings {
  const { action, facts, policy } = scored;
  const sources = { action, declaration: facts.declaration, agentEnvironment: agentEnvironment(agentId, policy) };
  return { patterns: matchedPatterns(scored), environment: effectiveEnvironment(sources, policy.profile) };
}

function computeScore(scored: Scored, surroundings: Surroundings, factors: RiskFactor[]) {
  const { facts, policy } = scored;
  const { patterns, environment } = surroundings;
  const args = argumentsFactor(scored);
  const weigh = (name: keyof typeof WEIGHTS, factor: Factor): number => {
    const contribution = WEIGHTS[name] * factor.value;
    factors.push({ name, contribution, because: factor.because });
    return contribution;
  };
  let score = weigh("name", patterns === facts.patterns ? facts.factor : nameFactor(facts.normal, patterns));
  score += weigh("arguments", args);
  score += weigh("description", descriptionFactor(scored));
  score += weigh("hints", hintsFactor(scored));
  score += weigh("novelty", noveltyFactor(facts.declaration !== undefined));
  score = applyFloor(score, scored, factors);
  const multiplier = environment.production ? Math.max(1, policy.profile.productionMultiplier) : 1;
  factors.push({ name: "environment", contribution: multiplier, because: multipliedText(environment, multiplier) });
  score *= multiplier;
  if (facts.amplified !== undefined) {
    factors.push({ name: "amplifier", contribution: facts.amplified.value, because: facts.amplified.because });
    score += facts.amplified.value;
  }
  return { score: Math.min(1, Math.max(0, score)), riskiest: args.riskiest };
}

function applyFloor(score: number, { facts, policy }: Scored, factors: RiskFactor[]): number {
  const isCritical = facts.isCriticalAction;
  const floor = Math.max(policy.profile.riskFloor, isCritical ? CRITICAL_ACTION_FLOOR : 0);
  if (floor <= score) return score;
  const because = `${isCritical ? "critical action of this domain" : "floor of this domain"} (${floor.toFixed(2)})`;
  factors.push({ name: "floor", contribution: floor - score, because });
  return floor;
}

function multipliedText({ name, production }: EffectiveEnvironment, multiplier: number): string {
  const called = !production || name.toLowerCase() === "production" ? name : `${name} counts as production`;
  return `${called} x${multiplier.toFixed(2).replace(/0$/, "")}`;
}

interface Raise {
  readonly name: "override" | "undeclared" | "command";
  readonly level: Level;
  readonly because: string;
}

function raisesFor({ action, atLeast }: AssessInput, { facts, policy }: Scored): readonly Raise[] {
  const raises: Raise[] = [];
  const { override, declaration } = facts;
  if (override !== undefined) raises.push(raise("override", override, "override in the config"));
  if (atLeast !== undefined) raises.push(raise("override", atLeast, "asked for by the caller"));
  if (declaration === undefined)
    raises.push(raise("undeclared", policy.undeclared === "high" ? "high" : "medium", "not declared"));
  if (isFreeCommand(action, declaration))
    raises.push(raise("command", "medium", "runs a command that the config does not fix"));
  return raises;
}

function raise(name: Raise["name"], level: Level, why: string): Raise {
  return { name, level, because: `${why}: at least ${level}` };
}

interface Raised {
  readonly score: number;
  /** Below this nothing may lower the level again. */
  readonly atLeast: Level;
}

interface Unraised {
  readonly input: AssessInput;
  readonly scored: Scored;
  readonly score: number;
}

/**
 * A computed level below the wanted one becomes the wanted one's score; otherwise the score stays. What counts as
 * computed is the score without the agent's claims, or else a claim could lift a level from 0.59 to 0.61 and so escape 0.70.
 */
function applyRaises({ input, scored, score }: Unraised, factors: RiskFactor[]): Raised {
  const raises = raisesFor(input, scored);
  const atLeast = raises.reduce<Level>((highest, { level }) => maxLevel(highest, level), "low");
  if (raises.length === 0 || score >= RAISED[atLeast]) return { score, atLeast };
  const computed = rankOf(levelOf(unclaimedScore(input, scored, score)));
  let raised = score;
  for (const { name, level, because } of raises) {
    if (computed >= rankOf(level) || raised >= RAISED[level]) continue;
    factors.push({ name, contribution: RAISED[level] - raised, because });
    raised = RAISED[level];
  }
  return { score: raised, atLeast };
}

/** The computed score of the same action without hints, description and environment as sent. */
function unclaimedScore({ action, agentId }: AssessInput, scored: Scored, score: number): number {
  const { name, arguments: args, command, attachments, hints, description, environment } = action;
  if (description === undefined && environment === undefined && Object.keys(hints).length === 0) return score;
  const bare = { name, arguments: args, attachments, hints: {}, ...(command === undefined ? {} : { command }) };
  const unclaimed = { ...scored, action: bare };
  return computeScore(unclaimed, surroundingsOf(unclaimed, agentId), []).score;
}

/**
 * Trust may raise any score. It may lower MEDIUM (and LOW, so that a lower score never ends above a higher one) only
 * where config says so and nothing else forced that level; never HIGH or CRITICAL.
 */
function applyTrust(
  raised: Raised,
  { trust, policy }: { readonly trust: number; readonly policy: TrustPolicy },
  factors: RiskFactor[],
): { readonly score: number; readonly level: Level } {
  const level = levelOf(raised.score);
  const after = effectiveRisk(raised.score, trust, policy);
  const isLowerable = policy.mayLowerMedium && rankOf(level) <= rankOf("medium") && raised.atLeast === "low";
  if (after === raised.score || (after < raised.score && !isLowerable)) return { score: raised.score, level };
  const factor = raised.score === 0 ? 1 : after / raised.score;
  factors.push({ name: "trust", contribution: factor, because: `trust ${trust.toFixed(2)}: x${factor.toFixed(2)}` });
  return { score: after, level: levelOf(after) };
}
