import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/engine/command.ts";
import { BO, HOLDERS, KAI, KIM, opened, play, requirement, reviewed, SEATS, voteOf } from "./stage.ts";

function join(more: Partial<Extract<Command, { type: "join" }>> = {}): Command {
  const { assessment } = opened();
  return { type: "join", requirement: requirement(), assessment, holders: HOLDERS, ...more };
}

describe("the same action asked for again", () => {
  it("changes nothing where the second asker adds nothing", () => {
    const state = opened();
    expect(play(state, join(), 1)).toMatchObject({ types: [], refusal: undefined });
    expect(play(state, join({ requester: "dana@company.com" }), 1).types).toEqual([]);
  });

  it("excludes the second requester as well", () => {
    const after = play(opened(), join({ requester: "kim" }), 1);
    expect(after.types).toEqual(["joined"]);
    expect(after.state.facts.excluded).toContain("kim");
    const review = { type: "review", reviewId: "r", seed: "s", holders: HOLDERS } as const;
    expect(play(after.state, { ...review, actor: KIM }, 2).refusal).toBe("own_request");
    expect(play(after.state, { ...review, actor: KAI }, 2).refusal).toBeUndefined();
  });

  it("takes back the vote that the second requester had given", () => {
    const looking = reviewed(opened(), KIM, 0);
    const voted = play(looking, voteOf(looking, KIM), 46_000);
    expect(voted.types).toEqual(["voted"]);
    const after = play(voted.state, join({ requester: "kim" }), 47_000);
    expect(after.types).toEqual(["joined", "vote_lapsed"]);
    expect(after.state.votes).toEqual([]);
    expect(after.state.lapsedVotes).toMatchObject([{ person: "kim", why: "not_entitled" }]);
  });

  it("goes to the next rung, or ends, where the second requester was the only one left", () => {
    const after = play(opened(), join({ requester: "bo" }), 1);
    expect(after.types).toEqual(["joined", "escalated"]);
    const alone = play(opened({ requirement: requirement({ rungs: [] }) }), join({ requester: "bo" }), 1);
    expect(alone.types).toEqual(["joined", "decided"]);
    expect(alone.state.decision).toMatchObject({ verdict: "denied", reason: "nobody_left" });
  });

  it("raises the bar to what the second asker's words need, and never lowers it", () => {
    const three = requirement({
      seats: [...SEATS, { index: 2, roles: ["sre"], challenge: "quiz", minimumMs: 15_000 }],
    });
    const after = play(opened(), join({ requirement: three }), 1);
    expect(after.types).toEqual(["tightened"]);
    expect(after.state.requirement.seats).toHaveLength(3);
    const fewer = requirement({ seats: SEATS.slice(0, 1) });
    expect(play(opened(), join({ requirement: fewer }), 1).types).toEqual([]);
  });

  it("does nothing to what is decided", () => {
    const denied = play(opened(), { type: "deny", actor: BO, reason: "wrong_time" }, 1).state;
    expect(play(denied, join({ requester: "kim" }), 2).types).toEqual([]);
  });
});
