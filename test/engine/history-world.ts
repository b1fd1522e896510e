/** Random worlds and random commands for histories of one request: who is who, what is required, what people try. */
import type { Action } from "../../src/engine/action.ts";
import type { Answer, Challenge, Subject } from "../../src/engine/challenge.ts";
import type { Actor, Holders, Level, PersonId, RoleFacts } from "../../src/engine/model.ts";
import { CHALLENGES, LEVELS, REASONS } from "../../src/engine/model.ts";
import type { Requirement, Seat } from "../../src/engine/policy.ts";
import type { RequestFacts } from "../../src/engine/request.ts";
import type { RiskAssessment } from "../../src/engine/risk.ts";

/** A small seeded generator (mulberry32), so that a failing history can be run again. */
export interface Dice {
  next(): number;
  int(below: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  some<T>(from: readonly T[], probability: number): readonly T[];
}

export function createDice(seed: number): Dice {
  let a = seed >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (from) => {
      const chosen = from[int(from.length)];
      if (chosen === undefined) throw new Error("nothing to pick from");
      return chosen;
    },
    some: (from, probability) => from.filter(() => next() < probability),
  };
}

export const PEOPLE = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"] as const;
export const ROLES = ["a", "b", "c", "d", "glass"] as const;
export const DIGEST = "d".repeat(64);

/** Who holds what right now; changes while the history runs. */
export interface World {
  readonly holders: Map<string, Set<PersonId>>;
  readonly unreadable: Set<string>;
  /** `holdersIn`, until the world changes: most steps ask for the same again. */
  known: Holders | undefined;
}

export function randomWorld(dice: Dice): World {
  const holders = new Map<string, Set<PersonId>>();
  for (const role of ROLES) holders.set(role, new Set(dice.some(PEOPLE, role === "glass" ? 0.25 : 0.5)));
  return { holders, unreadable: new Set(dice.chance(0.06) ? [dice.pick(ROLES)] : []), known: undefined };
}

export function rolesIn(world: World, person: PersonId): RoleFacts {
  const readable = ROLES.filter((role) => !world.unreadable.has(role));
  return {
    held: readable
      .filter((role) => world.holders.get(role)?.has(person))
      .map((role) => ({ role, source: "list" as const, readAtMs: 0 })),
    unknown: [...world.unreadable],
  };
}

export function holdersIn(world: World): Holders {
  world.known ??= Object.fromEntries(
    ROLES.map((role) => [role, world.unreadable.has(role) ? undefined : [...(world.holders.get(role) ?? [])]]),
  );
  return world.known;
}

export function actorIn(world: World, person: PersonId): Actor {
  return {
    person,
    name: person,
    account: { surface: "test", tenant: "t", user: person },
    roles: rolesIn(world, person),
  };
}

const ACTION: Action = {
  name: "deploy_to_production",
  arguments: { service: "api", version: "2.1.0", ticket: 42 },
  hints: {},
  attachments: [],
};

const SUBJECT: Subject = {
  actionName: "deploy_to_production",
  summary: "Deploy api v2.1.0",
  environment: "production",
  arguments: ACTION.arguments,
  facts: {},
  patterns: [],
  freeText: [],
  questions: [],
  keyTerms: ["service", "version"],
  synonyms: [],
};

/** A subject that a quiz cannot be made from. */
const EMPTY_SUBJECT: Subject = { ...SUBJECT, arguments: {}, keyTerms: [] };

function assessment(level: Level): RiskAssessment {
  return {
    rawScore: 0.5,
    score: 0.5,
    level,
    factors: [],
    patterns: [],
    complianceRefs: [],
    environment: "production",
    production: true,
    declared: true,
    trust: 0.3,
  };
}

export function randomSeats(dice: Dice, count: number): readonly Seat[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    roles: dice.chance(0.6) ? [dice.pick(ROLES.slice(0, 4))] : ["a", "b"],
    challenge: dice.pick(CHALLENGES),
    minimumMs: dice.pick([0, 3_000, 15_000, 45_000]),
  }));
}

export function randomRequirement(dice: Dice): Requirement {
  const seats = randomSeats(dice, dice.chance(0.05) ? 0 : 1 + dice.int(3));
  const timeoutMs = dice.pick([60_000, 300_000, 600_000]);
  return {
    challengeType: seats.length > 1 ? "multi_party" : (seats[0]?.challenge ?? "auto_approve"),
    title: "",
    seats,
    notify: [],
    rungs: dice.chance(0.4)
      ? [
          { afterMs: timeoutMs * 0.4, roles: [dice.pick(ROLES)] },
          { afterMs: timeoutMs * 0.7, roles: ["d"] },
        ]
      : [],
    timeoutMs,
    failMode: dice.pick(["deny", "deny", "allow", "escalate"]),
    maxAttempts: 1 + dice.int(3),
    onFailure: dice.chance(0.8) ? "bar" : "deny",
    validForMs: dice.pick([30_000, 600_000]),
    remindersMs: [timeoutMs * 0.5, timeoutMs * 0.9],
    ...(dice.chance(0.2) && { abandonAfterMs: 200_000 }),
    breakGlassRoles: dice.chance(0.3) ? ["glass"] : [],
    ...(dice.chance(0.03) && { blocked: "blocked by a rule" }),
  };
}

export function randomFacts(dice: Dice, raisedAtMs: number): RequestFacts {
  const excluded = dice.chance(0.8) ? ["p0"] : ["p0", "p1"];
  const subject = dice.chance(0.03) ? EMPTY_SUBJECT : SUBJECT;
  const level = dice.pick(LEVELS);
  return {
    id: "R",
    clientRequestId: "c",
    agentId: "agent",
    owner: "p0",
    excluded,
    raisedAtMs,
    action: ACTION,
    actionName: ACTION.name,
    summary: SUBJECT.summary,
    environment: "production",
    facts: {},
    card: [],
    freeText: [],
    secretArguments: [],
    privateArguments: [],
    digest: DIGEST,
    fingerprint: "f",
    assessment: assessment(level),
    domain: "none",
    policyDigest: "p1",
    requirement: randomRequirement(dice),
    mode: dice.chance(0.03) ? "observe" : "enforce",
    pages: Array.from({ length: 1 + dice.int(2) }, (_, page) => ({ title: `page ${page}`, rows: [] })),
    differences: [],
    subject,
  };
}

/** An answer that is right for this challenge. */
export function rightAnswer(challenge: Challenge): Answer {
  switch (challenge.kind) {
    case "confirm":
      return { kind: "confirm", target: challenge.target };
    case "quiz":
      return { kind: "quiz", choices: challenge.questions.map((q) => q.options[q.right] ?? "") };
    case "teach_back": {
      const values = challenge.terms.map((term) => term.value).join(" and ");
      const text = `This change is going to roll out ${values} for all of our customers in small steps while we carefully watch the error rates and the latency`;
      return { kind: "teach_back", text };
    }
  }
}

/** An answer of the right kind that must never pass. */
export function wrongAnswer(challenge: Challenge): Answer {
  switch (challenge.kind) {
    case "confirm":
      return { kind: "confirm", target: "something else entirely" };
    case "quiz":
      return {
        kind: "quiz",
        choices: challenge.questions.map((q) => q.options[(q.right + 1) % q.options.length] ?? "no"),
      };
    case "teach_back":
      return {
        kind: "teach_back",
        text: "somebody somewhere wants to do something or other with one of our many systems today and it will surely all be fine",
      };
  }
}

export const RANDOM_REASON = (dice: Dice) => dice.pick(REASONS);
