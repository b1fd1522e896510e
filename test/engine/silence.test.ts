import { describe, expect, test } from "vitest";
import type { RequestState } from "../../src/engine/request.ts";
import { createSilence, nextSilenceMs } from "../../src/engine/silence.ts";
import { sampleFacts, stateAfter, T0 } from "../fixtures/requests.ts";

describe("looking whether an agent still waits", () => {
  test("gives each request once, when its time has come, and knows when the next one comes", () => {
    const silence = createSilence();
    silence.watch("a", 10);
    silence.watch("b", 20);
    expect([silence.take(9), silence.nextAtMs()]).toEqual([[], 10]);
    expect([silence.take(10), silence.nextAtMs()]).toEqual([["a"], 20]);
    expect([silence.take(30), silence.nextAtMs(), silence.take(30)]).toEqual([["b"], undefined, []]);
  });

  test("is put off by hearing from the agent again", () => {
    const silence = createSilence();
    silence.watch("a", 10);
    silence.watch("a", 35);
    expect([silence.take(34), silence.take(35)]).toEqual([[], ["a"]]);
  });
});

describe("the next moment of a silence", () => {
  const pending = (abandonAfterMs?: number): RequestState => {
    const state = stateAfter(sampleFacts());
    return abandonAfterMs === undefined ? state : { ...state, requirement: { ...state.requirement, abandonAfterMs } };
  };

  test("is a minute after the agent was heard, then the end of its patience, then none", () => {
    const state = pending(90_000);
    expect(nextSilenceMs(state, T0, T0)).toBe(T0 + 60_000);
    expect(nextSilenceMs(state, T0, T0 + 60_000)).toBe(T0 + 90_000);
    expect(nextSilenceMs(state, T0, T0 + 90_000)).toBeUndefined();
  });

  test("is only the minute where nothing is abandoned, and none once it is decided", () => {
    expect(nextSilenceMs(pending(), T0, T0 + 60_000)).toBeUndefined();
    expect(nextSilenceMs({ ...pending(90_000), status: "denied" }, T0, T0)).toBeUndefined();
  });
});
