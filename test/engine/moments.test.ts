/** When time alone next changes a request, held against what a tick then does. */
import { describe, expect, test } from "vitest";
import { tick } from "../../src/engine/decide/time.ts";
import { nextMomentMs } from "../../src/engine/moments.ts";
import type { Happening, RequestState } from "../../src/engine/request.ts";
import { sampleDecision, sampleFacts, sampleRequirement, stateAfter, T0 } from "../fixtures/requests.ts";

const START = T0 + 10_000;
const STARTED: Happening = { type: "started", startedAtMs: START, undelivered: false };
const ESCALATED: Happening = { type: "escalated", step: 1, roles: ["security_engineer"], early: false };
const APPROVED: Happening = { type: "decided", decision: sampleDecision() };
const DECIDED_MS = T0 + 60_000;

function reminded(index: number): Happening {
  return { type: "reminded", index };
}

function used(atSeconds: number): RequestState {
  const state = stateAfter(sampleFacts(), APPROVED, { type: "used", useId: "u", digest: "d" });
  return { ...state, execution: { useId: "u", usedAtMs: T0 + atSeconds * 1000 } };
}

/** Each with its moment; the tick must do nothing just before it and something at it. */
const CASES: readonly (readonly [string, RequestState, number])[] = [
  ["an undelivered request starts a minute after it was raised", stateAfter(sampleFacts()), T0 + 60_000],
  ["a started request has its first reminder next", stateAfter(sampleFacts(), STARTED), START + 100_000],
  ["then its rung", stateAfter(sampleFacts(), STARTED, reminded(0)), START + 120_000],
  ["then its second reminder", stateAfter(sampleFacts(), STARTED, reminded(0), ESCALATED), START + 200_000],
  ["then its deadline", stateAfter(sampleFacts(), STARTED, reminded(1), ESCALATED), START + 300_000],
  [
    "an extended request has its new deadline",
    stateAfter(sampleFacts(), STARTED, reminded(1), ESCALATED, {
      type: "extended",
      reviewId: "r",
      untilMs: START + 350_000,
    }),
    START + 350_000,
  ],
  ["an approval that is not used lapses", stateAfter(sampleFacts(), APPROVED), DECIDED_MS + 600_000],
  [
    "a timeout that released the action lapses, too",
    stateAfter(sampleFacts(), {
      type: "decided",
      decision: sampleDecision({ verdict: "timed_out", by: "deadline", released: true }),
    }),
    DECIDED_MS + 600_000,
  ],
  ["a use without a result becomes unknown", used(90), T0 + 90_000 + 600_000],
];

const HOLDERS = { sre_lead: ["a@company.com"], security_engineer: ["b@company.com"] };

describe("nextMomentMs", () => {
  test.each(CASES)("%s", (_name, state, momentMs) => {
    expect(nextMomentMs(state)).toBe(momentMs);
  });

  test.each(CASES)("names the first millisecond at which a tick acts: %s", (_name, state, momentMs) => {
    expect(tick(state, { type: "tick", holders: HOLDERS }, momentMs - 1).events).toEqual([]);
    expect(tick(state, { type: "tick", holders: HOLDERS }, momentMs).events).not.toEqual([]);
  });

  test("takes the earliest of rung, reminder and deadline, whatever their order in config", () => {
    const requirement = sampleRequirement({
      rungs: [{ afterMs: 50_000, roles: ["x"] }],
      remindersMs: [70_000],
      timeoutMs: 40_000,
    });
    expect(nextMomentMs(stateAfter(sampleFacts({ requirement }), STARTED))).toBe(START + 40_000);
  });

  test("is nothing for a request that time no longer changes", () => {
    const settled: readonly RequestState[] = [
      stateAfter(sampleFacts(), { type: "decided", decision: sampleDecision({ verdict: "denied" }) }),
      stateAfter(sampleFacts(), APPROVED, { type: "lapsed" }),
      stateAfter(
        sampleFacts(),
        APPROVED,
        { type: "used", useId: "u", digest: "d" },
        { type: "resulted", outcome: "failed" },
      ),
      stateAfter(sampleFacts(), APPROVED, {
        type: "revoked",
        person: "p",
        name: "P",
        account: { surface: "terminal", tenant: "", user: "p" },
        reason: "suspicious",
      }),
    ];
    expect(settled.map(nextMomentMs)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
