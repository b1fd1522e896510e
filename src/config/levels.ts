/** Settings by level, with their defaults: never softer at a higher level, so that raising a risk never lowers what is asked. */
import { LEVELS, type Level, MAPPED_CHALLENGES, type MappedChallenge } from "../engine/model.ts";
import { type Finding, finding } from "./finding.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./tree.ts";

type RawPolicy = NonNullable<RawConfig["policy"]>;
type Given<T> = Readonly<Partial<Record<Level, T | undefined>>>;
type ByLevel<T> = Readonly<Record<Level, T>>;

/** Source of the defaults: Attesta's documented attesta.yaml. */
const REVIEW_SECONDS: ByLevel<number> = { low: 0, medium: 3, high: 10, critical: 30 };
const APPROVERS: ByLevel<number> = { low: 1, medium: 1, high: 1, critical: 2 };
const CHALLENGES: ByLevel<MappedChallenge> = {
  low: "auto_approve",
  medium: "confirm",
  high: "quiz",
  critical: "multi_party",
};

/** Seconds of minimum review; a level that is not given takes its default, or the level below's if that is more. */
export function reviewSecondsOf(policy: RawPolicy): ByLevel<number> {
  return raised(policy.minimum_review_seconds ?? {}, REVIEW_SECONDS, (value) => value);
}

/** How many different people a level needs. */
export function approversNeeded(policy: RawPolicy): ByLevel<number> {
  return raised(policy.require_multi_party ?? {}, APPROVERS, (value) => value);
}

/** Which challenge a level maps to, in the snake_case spelling. */
export function challengesOf(policy: RawPolicy): ByLevel<MappedChallenge> {
  return raised(givenChallenges(policy), CHALLENGES, hardness);
}

function givenChallenges(policy: RawPolicy): Given<MappedChallenge> {
  const given = Object.entries(policy.challenge_map ?? {});
  return Object.fromEntries(
    given.map(([level, name]) => [level, MAPPED_CHALLENGES.find((known) => known === name?.replace("-", "_"))]),
  );
}

function hardness(challenge: MappedChallenge): number {
  return MAPPED_CHALLENGES.indexOf(challenge);
}

function raised<T>(given: Given<T>, defaults: ByLevel<T>, rank: (value: T) => number): ByLevel<T> {
  const reach = (level: Level, below: T | undefined): T => {
    const own = given[level];
    if (own !== undefined) return own;
    return below !== undefined && rank(below) > rank(defaults[level]) ? below : defaults[level];
  };
  const low = reach("low", undefined);
  const medium = reach("medium", low);
  const high = reach("high", medium);
  return { low, medium, high, critical: reach("critical", high) };
}

/** Findings about values that get softer at a higher level, and about critical without people. */
export function checkLevels(policy: RawPolicy): readonly Finding[] {
  const softer = [
    ...falling(policy.minimum_review_seconds, "minimum_review_seconds", (value) => value),
    ...falling(policy.require_multi_party, "require_multi_party", (value) => value),
    ...falling(givenChallenges(policy), "challenge_map", hardness),
  ];
  return [...softer, ...checkCritical(policy), ...checkUnasked(policy)];
}

function falling<T>(given: Given<T> | undefined, key: string, rank: (value: T) => number): readonly Finding[] {
  let highest: { level: Level; value: T } | undefined;
  return LEVELS.flatMap((level) => {
    const value = given?.[level];
    if (value === undefined) return [];
    const before = highest;
    if (before === undefined || rank(value) >= rank(before.value)) {
      highest = { level, value };
      return [];
    }
    const message = `is softer than ${before.level} (${before.value}); a higher level asks for at least as much`;
    return finding(["policy", key, level], message);
  });
}

function checkCritical(policy: RawPolicy): readonly Finding[] {
  const mapped = givenChallenges(policy).critical;
  const path: Path = ["policy", "challenge_map", "critical"];
  if (mapped === "auto_approve") return finding(path, "critical always needs people; write multi_party");
  if (mapped === "confirm")
    return finding(path, "a confirm is too little for critical; write quiz, teach_back or multi_party");
  return [];
}

/** A number of people for a level at which nobody is asked. */
function checkUnasked(policy: RawPolicy): readonly Finding[] {
  const mapped = challengesOf(policy);
  return LEVELS.flatMap((level) => {
    const people = policy.require_multi_party?.[level] ?? 1;
    if (people < 2 || mapped[level] !== "auto_approve") return [];
    const message = `wants ${people} people, but challenge_map approves ${level} without any; map ${level} to confirm or more`;
    return finding(["policy", "require_multi_party", level], message);
  });
}
