/** What is posted for the first time, and to whom which buttons are shown. */
import { describe, expect, it } from "vitest";
import { cardOf, viewerOf } from "../../src/bot/card.ts";
import { noticesOf } from "../../src/bot/notices.ts";
import { isShown } from "../../src/bot/post.ts";
import { NOTICE, plainOf } from "../../src/bot/text.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { sampleDecision, stateAfter, T0 } from "../fixtures/requests.ts";
import { deployFacts, deployRequirement, STATES } from "../fixtures/states.ts";

const stateOf = (name: string): RequestState => {
  const state = STATES[name];
  if (state === undefined) throw new Error(`no state ${name}`);
  return state;
};
const view = { nameOf: (person: string) => person, roleTitle: (role: string) => role, nowMs: T0 + 90_000 };

describe("a first post", () => {
  const NEWS = ["break glass", "ran without review", "blocked", "observed"];

  it("is made of what waits, however old, and of news", () => {
    for (const name of ["raised", "reviewing"]) {
      expect(isShown(stateOf(name), { nowMs: T0 + 30 * 86_400_000, startedAtMs: T0 + 86_400_000 })).toBe(true);
    }
    for (const name of NEWS) expect(isShown(stateOf(name), { nowMs: T0 + 90_000, startedAtMs: T0 })).toBe(true);
    for (const name of ["denied", "cancelled", "approved"]) {
      expect(isShown(stateOf(name), { nowMs: T0 + 90_000, startedAtMs: T0 })).toBe(false);
    }
  });

  it("is not made of what was decided before this service started", () => {
    for (const name of NEWS) {
      const decidedMs = stateOf(name).decision?.atMs ?? 0;
      expect(isShown(stateOf(name), { nowMs: decidedMs + 1, startedAtMs: decidedMs + 1 })).toBe(false);
      expect(isShown(stateOf(name), { nowMs: decidedMs + 1, startedAtMs: decidedMs })).toBe(true);
    }
  });

  it("is not made of what was decided more than ten minutes ago", () => {
    const told = stateAfter(deployFacts({ requirement: deployRequirement({ notify: ["security_engineer"] }) }), {
      type: "decided",
      decision: sampleDecision(),
    });
    for (const state of [...NEWS.map(stateOf), told]) {
      const decidedMs = state.decision?.atMs ?? 0;
      expect(isShown(state, { nowMs: decidedMs + 600_000, startedAtMs: T0 })).toBe(true);
      expect(isShown(state, { nowMs: decidedMs + 600_001, startedAtMs: T0 })).toBe(false);
    }
  });
});

describe("the requester's own card", () => {
  it("has Withdraw while it waits, and nothing else ever", () => {
    for (const state of Object.values(STATES)) {
      const verbs = cardOf(state, view, "requester").buttons.map(({ verb }) => verb);
      const isOpen = state.status === "pending" && state.facts.mode === "enforce";
      expect(verbs).toEqual(isOpen ? ["withdraw"] : []);
      expect(cardOf(state, view).buttons.map(({ verb }) => verb)).not.toContain("withdraw");
    }
  });

  it("is for those who may not approve it because they asked", () => {
    expect(viewerOf(stateOf("raised"), "dana@company.com")).toBe("requester");
    expect(viewerOf(stateOf("raised"), "sre.lead@company.com")).toBe("channel");
  });
});

describe("what is told of something suspicious", () => {
  const stopped = (reason: string) =>
    stateAfter(
      deployFacts({ requirement: deployRequirement({ notify: ["security_engineer"] }) }),
      { type: "decided", decision: sampleDecision() },
      { type: "audited", entry: 7, hash: "a".repeat(64) },
      {
        type: "revoked",
        person: "release.mgr@company.com",
        name: "Riley Chen",
        account: { surface: "slack", tenant: "T1", user: "U1" },
        reason,
      },
    );
  const told = (state: RequestState, key: string) =>
    noticesOf(state, view)
      .filter((one) => one.key === key)
      .map(({ notice }) => ({ text: plainOf(notice.text), roles: notice.roles }));

  it("reaches the roles asked and those that are told, with the stop and not with the approval before", () => {
    const [stop, ...others] = told(stopped("suspicious"), "revoked");
    expect(others).toEqual([]);
    expect(stop?.text).toMatch(new RegExp(`Riley Chen stopped this .*looks suspicious\\. ${NOTICE.suspicious}$`));
    expect(stop?.roles).toEqual(["sre_lead", "release_manager", "security_engineer"]);
    const [approval] = told(stopped("suspicious"), "decided:approved");
    expect(approval?.text).not.toContain(NOTICE.suspicious);
    expect(approval?.roles).toEqual([]);
  });

  it("is not told of a stop for another reason", () => {
    const [stop] = told(stopped("wrong_time"), "revoked");
    expect(stop?.text).not.toContain(NOTICE.suspicious);
    expect(stop?.roles).toEqual([]);
  });
});
