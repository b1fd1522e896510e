/** What an action's name alone decides under a policy: worked out once for each name, since names repeat. */
import { type CompiledPolicy, compiledPolicy } from "./compiled.ts";
import { declarationOf } from "./declaration.ts";
import { type Level, maxLevel } from "./model.ts";
import { nameWords, normalName } from "./name.ts";
import type { Policy } from "./policy.ts";
import type { ActionDeclaration, RiskPattern } from "./profile.ts";
import { VERB_SCORES, verbOf } from "./verb.ts";
import { declaredFactor, type Factor } from "./wording.ts";

export interface NameFacts {
  /** The name in normal form. */
  readonly normal: string;
  readonly declaration: ActionDeclaration | undefined;
  /** The profile's patterns that match the name, in the profile's order. */
  readonly patterns: readonly RiskPattern[];
  /** N as the name and its patterns alone give it. */
  readonly factor: Factor;
  /** D as declared; what an agent sends can only be worse. */
  readonly description: Factor;
  /** Sum of the boosts of the amplifiers that match, and which they are; undefined without any. */
  readonly amplified: Factor | undefined;
  readonly isCriticalAction: boolean;
  readonly override: Level | undefined;
}

/** Names come from agents, so that the number of remembered ones is bounded. */
const MAX_REMEMBERED = 2_000;

const remembered = new WeakMap<CompiledPolicy, Map<string, NameFacts>>();

/** What this name decides under this policy: always the same answer. */
export function nameFacts(name: string, policy: Policy): NameFacts {
  const compiled = compiledPolicy(policy);
  let names = remembered.get(compiled);
  if (names === undefined) {
    names = new Map();
    remembered.set(compiled, names);
  }
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MAX_REMEMBERED) names.clear();
  const facts = workOut(name, policy, compiled);
  names.set(name, facts);
  return facts;
}

function workOut(name: string, policy: Policy, compiled: CompiledPolicy): NameFacts {
  const normal = normalName(name);
  const { onName } = compiled;
  const positions = new Set(onName.match(normal).map((at) => onName.positions[at]));
  const patterns = policy.profile.patterns.filter((_, at) => positions.has(at));
  const declaration = declarationOf(name, policy.profile);
  return {
    normal,
    declaration,
    patterns,
    factor: nameFactor(normal, patterns),
    description: declaredFactor(declaration),
    amplified: amplification(normal, policy, compiled),
    isCriticalAction: compiled.criticalActions(normal).length > 0,
    override: overrideFor(normal, compiled),
  };
}

/** N: the most dangerous word of the name, or the strongest pattern that matched. */
export function nameFactor(normal: string, patterns: readonly RiskPattern[]): Factor {
  const { verb, kind } = verbOf(nameWords(normal));
  let value = VERB_SCORES[kind];
  let because = verb === undefined ? "no known verb in the name" : `the name says ${verb}`;
  for (const pattern of patterns) {
    if (pattern.contribution <= value) continue;
    value = pattern.contribution;
    because = pattern.name.replaceAll("_", " ");
  }
  return { value, because: `${because} (${value.toFixed(2)})` };
}

function amplification(normal: string, policy: Policy, compiled: CompiledPolicy): Factor | undefined {
  const matched = compiled.amplifiers(normal);
  if (matched.length === 0) return undefined;
  const value = matched.reduce((sum, at) => sum + Math.max(0, policy.amplifiers[at]?.boost ?? 0), 0);
  const labels = matched.map((at) => compiled.amplifierLabels[at]).join(", ");
  return { value, because: `name matches ${labels} (+${value.toFixed(2)})` };
}

/** The highest override whose key is the name or its end from some word on, however the words are separated. */
function overrideFor(normal: string, { overrides }: CompiledPolicy): Level | undefined {
  const words = normal.split("_");
  const ends = new Set(words.map((_, at) => words.slice(at).join("")));
  let highest: Level | undefined;
  for (const { key, level } of overrides) {
    if (!ends.has(key.replaceAll("_", ""))) continue;
    highest = highest === undefined ? level : maxLevel(highest, level);
  }
  return highest;
}
