/** After the verdict: one use of what was approved, its result, a stop before it, the after-review; and cancelling before. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/engine/command.ts";
import type { Actor } from "../../../src/engine/model.ts";
import type { RequestState } from "../../../src/engine/request.ts";
import { T0 } from "../../fixtures/requests.ts";
import {
  AUDITED,
  actor,
  approved,
  approvedBy,
  BO,
  DANA,
  GIL,
  HOLDERS,
  KAI,
  KIM,
  LEE,
  MINUTE,
  NOBODY,
  opened,
  play,
  raised,
  requirement,
  reviewed,
  SEATS,
  voteOf,
} from "./stage.ts";

const DECIDED = MINUTE;
const VALID = 10 * MINUTE;
const released = (): RequestState => play(approved(), AUDITED, 2 * MINUTE).state;

function use(state: RequestState, more: Partial<Extract<Command, { type: "use" }>> = {}, atMs = 2 * MINUTE) {
  return play(state, { type: "use", digest: state.facts.digest, useId: "u1", ...more }, atMs);
}

describe("use", () => {
  it("is allowed once", () => {
    const first = use(released());
    expect(first).toMatchObject({ types: ["used"], state: { status: "used", execution: { useId: "u1" } } });
    expect(use(first.state, { useId: "u2" }).refusal).toBe("already_used");
  });

  it("gives the same use the same answer while it is valid", () => {
    const first = use(released()).state;
    expect(use(first)).toMatchObject({ types: [], refusal: undefined });
    expect(use(first, {}, DECIDED + VALID).refusal).toBe("lapsed");
  });

  it("waits for the audit log", () => {
    expect(use(approved())).toMatchObject({ refusal: "not_audited", types: [] });
  });

  it("is refused for another digest", () => {
    expect(use(released(), { digest: "e".repeat(64) }).refusal).toBe("digest_mismatch");
  });

  it("is good until just before it lapses", () => {
    expect(use(released(), {}, DECIDED + VALID - 1).types).toEqual(["used"]);
    expect(use(released(), {}, DECIDED + VALID)).toMatchObject({
      refusal: "lapsed",
      why: { validUntilMs: T0 + DECIDED + VALID },
    });
  });

  it.each([
    ["pending", opened()],
    ["denied", play(opened(), { type: "deny", actor: KIM, reason: "wrong_time" }, 1).state],
    ["cancelled", play(opened(), { type: "cancel", by: "agent" }, 1).state],
    ["timed_out", play(opened(), { type: "tick", holders: HOLDERS }, 5 * MINUTE).state],
  ] as const)("is refused while %s", (status, state) => {
    const audited = { ...state, audit: { entry: 1, hash: "a" } };
    expect(use(audited)).toMatchObject({ refusal: "not_released", why: { status } });
  });

  it("is refused after a stop", () => {
    const stopped = play(released(), { type: "revoke", actor: BO, reason: "wrong_time" }, 2 * MINUTE).state;
    expect(use(stopped).refusal).toBe("revoked");
  });

  it("is refused when today's policy blocks it or asks for more, and not when it asks for less", () => {
    const harder = requirement({ seats: [{ ...SEATS[0], minimumMs: 46_000 }, SEATS[1]] as typeof SEATS });
    expect(use(released(), { now: harder }).refusal).toBe("policy_changed");
    expect(use(released(), { now: requirement({ blocked: "freeze" }) }).refusal).toBe("policy_changed");
    expect(use(released(), { now: requirement({ seats: SEATS.slice(0, 1) }) }).types).toEqual(["used"]);
    const observed = { ...raised({ mode: "observe" }), audit: { entry: 1, hash: "a" } };
    expect(use(observed, { now: harder }).types).toEqual(["used"]);
  });

  it("follows a timeout that fail_mode allow released", () => {
    const facts = opened({ requirement: requirement({ failMode: "allow", rungs: [] }) });
    const high = { ...facts, assessment: { ...facts.assessment, level: "high" as const } };
    const over = play(high, { type: "tick", holders: HOLDERS }, 5 * MINUTE).state;
    expect(over.decision).toMatchObject({ verdict: "timed_out", released: true });
    expect(use(play(over, AUDITED, 5 * MINUTE).state, {}, 5 * MINUTE).types).toEqual(["used"]);
  });
});

describe("result", () => {
  const result = (state: RequestState, useId: string, outcome: "succeeded" | "failed" = "succeeded") =>
    play(state, { type: "result", useId, outcome, executedAtMs: T0 + 5, detail: "exit 0" }, 3 * MINUTE);

  it("is noted once, for the use that it is about", () => {
    const used = use(released()).state;
    const done = result(used, "u1");
    expect(done.types).toEqual(["resulted"]);
    expect(done.state.execution).toMatchObject({ outcome: "succeeded", executedAtMs: T0 + 5, detail: "exit 0" });
    expect(result(done.state, "u1", "failed").types).toEqual([]);
    expect(result(used, "u2").refusal).toBe("not_used");
    expect(result(released(), "u1").refusal).toBe("not_used");
  });

  it("may still come after the outcome was unknown", () => {
    const unknown = play(use(released()).state, { type: "tick", holders: HOLDERS }, 2 * MINUTE + 10 * MINUTE).state;
    expect(unknown.execution?.outcome).toBe("unknown");
    expect(result(unknown, "u1", "failed").state.execution?.outcome).toBe("failed");
  });
});

describe("revoke", () => {
  const stop = (state: RequestState, by: Actor) =>
    play(state, { type: "revoke", actor: by, reason: "suspicious", comment: "not ours" }, 2 * MINUTE);

  it("is open to any approver of the request until it is used", () => {
    for (const by of [KIM, KAI, BO]) {
      expect(stop(released(), by).state).toMatchObject({
        status: "revoked",
        revocation: { person: by.person, reason: "suspicious", comment: "not ours" },
        decision: { verdict: "approved" },
      });
    }
    expect(stop(approved(), KIM).types).toEqual(["revoked"]);
    expect(stop(use(released()).state, KIM).refusal).toBe("already_used");
  });

  it("does nothing a second time", () => {
    expect(stop(stop(released(), KIM).state, BO)).toMatchObject({ types: [], refusal: undefined });
  });

  it("is for approvers only, and for what was released", () => {
    expect(stop(released(), NOBODY).refusal).toBe("not_an_approver");
    expect(stop(released(), LEE).refusal).toBe("not_an_approver");
    expect(stop(released(), DANA).refusal).toBe("own_request");
    expect(stop(released(), actor("x", [], ["sre"])).refusal).toBe("role_unknown");
    expect(stop(opened(), KIM)).toMatchObject({ refusal: "not_released", why: { status: "pending" } });
    const denied = play(opened(), { type: "deny", actor: KIM, reason: "wrong_time" }, 1).state;
    expect(stop(denied, KIM).refusal).toBe("not_released");
  });
});

describe("cancel", () => {
  it("is for the agent, and for the owner or requester", () => {
    const agent = play(opened(), { type: "cancel", by: "agent", comment: "gone" }, 1).state;
    expect(agent.decision).toMatchObject({ verdict: "cancelled", by: "agent", reason: "withdrawn", comment: "gone" });
    const owner = play(opened(), { type: "cancel", by: "requester", actor: DANA }, 1).state;
    expect(owner.decision).toMatchObject({ verdict: "cancelled", by: "person", person: "dana@company.com" });
    expect(owner.decision?.released).toBe(false);
  });

  it("is refused to everybody else, and after the end", () => {
    expect(play(opened(), { type: "cancel", by: "requester", actor: KIM }, 1).refusal).toBe("not_requester");
    expect(play(opened(), { type: "cancel", by: "requester" }, 1).refusal).toBe("not_requester");
    expect(play(released(), { type: "cancel", by: "agent" }, 1).refusal).toBe("already_decided");
    expect(play(opened(), { type: "cancel", by: "agent" }, 5 * MINUTE).refusal).toBe("too_late");
  });
});

describe("audited", () => {
  it("is noted once, with number and hash, and only for a decision", () => {
    const done = play(approved(), AUDITED, 2 * MINUTE);
    expect(done.state.audit).toEqual({ entry: 7, hash: "a".repeat(64) });
    const other = { type: "audited", entry: 8, hash: "b".repeat(64) } as const;
    expect(play(done.state, other, 2 * MINUTE).types).toEqual([]);
    expect(play(opened(), AUDITED, 1).refusal).toBe("not_released");
  });
});

describe("after-review", () => {
  const glass = requirement({ breakGlassRoles: ["glass"] });
  const broken = (): RequestState => {
    const state = reviewed(opened({ requirement: glass }), GIL, 0);
    return play(state, voteOf(state, GIL, { breakGlass: "the site is down" }), MINUTE).state;
  };
  const look = (state: RequestState, by: Actor) =>
    play(state, { type: "after_review", actor: by, comment: "it was right" }, 2 * MINUTE);

  it("is due after an emergency, by somebody else, once", () => {
    const done = look(broken(), KIM);
    expect(done.state.afterReview).toMatchObject({ person: "kim", comment: "it was right" });
    expect(look(done.state, BO).refusal).toBe("no_after_review_due");
  });

  it("is not for the person who broke the glass, not for outsiders or the owner", () => {
    const both = actor("gil", ["glass", "sre"]);
    expect(look(broken(), both).refusal).toBe("already_voted");
    expect(look(broken(), NOBODY).refusal).toBe("not_an_approver");
    expect(look(broken(), DANA).refusal).toBe("own_request");
  });

  it("is not due after an ordinary approval, or before a verdict", () => {
    expect(look(released(), KAI).refusal).toBe("no_after_review_due");
    expect(look(approvedBy(opened(), KIM, 0), BO).refusal).toBe("no_after_review_due");
  });
});
