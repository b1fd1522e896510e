/** The service around the rules, over a real store: raising and joining, repeats and races, people, use, a changed policy. */
import { afterEach, describe, expect, it } from "vitest";
import { actionDigest } from "../../src/engine/digest.ts";
import type { Policy } from "../../src/engine/policy.ts";
import type { Commit, CommitOutcome, Store } from "../../src/engine/ports.ts";
import { infraActions, infraCalls } from "../fixtures/infra-actions.ts";
import { infraPolicy, infraProfile } from "../fixtures/infra-policy.ts";
import { rightAnswer } from "./history-world.ts";
import {
  accountOf,
  DANA,
  doneState,
  RILEY,
  refusalOf,
  SAM,
  type Service,
  type ServiceOptions,
  startService,
  stateOf,
} from "./service.ts";

const open: Service[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(options?: ServiceOptions): Promise<Service> {
  const on = await startService(options);
  open.push(on);
  return on;
}

const MINUTE = 60_000;
const STAGING = { name: "deploy_to_staging", arguments: infraCalls.deploy_to_staging };
const asking = (clientRequestId: string, action: unknown = STAGING) => ({
  agentId: "infra-agent",
  clientRequestId,
  action,
});
const noted = async (on: Service) =>
  (await on.outbox()).filter(({ draft }) => draft.entry_type === "refusal").map(({ draft }) => draft.body);

function newer(policy: Policy, more: Partial<Policy>): Policy {
  return { ...policy, digest: "77aa".padEnd(64, "0"), ...more };
}

describe("raising", () => {
  it("makes one request of 50 asks at the same instant, with one key or with 50", async () => {
    const on = await start();
    const keys = await Promise.all(Array.from({ length: 50 }, () => on.approvals.raise(asking("same"))));
    expect(new Set(keys.map((raised) => stateOf(raised).facts.id)).size).toBe(1);
    expect(keys.filter((raised) => raised.ok && !raised.joined)).toHaveLength(1);
    const other = { name: "rollback_deployment", arguments: infraCalls.rollback_deployment };
    const twins = await Promise.all(Array.from({ length: 50 }, (_, i) => on.approvals.raise(asking(`k${i}`, other))));
    expect(new Set(twins.map((raised) => stateOf(raised).facts.id)).size).toBe(1);
    expect(await on.store.list({ limit: 100 })).toHaveLength(2);
  });

  it("finds the same request again by its key, also after the verdict", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging", { clientRequestId: "k" });
    await on.act(SAM, facts.id, { type: "deny", reason: "wrong_time" });
    const again = await on.approvals.raise(asking("k"));
    expect(again).toMatchObject({ ok: true, joined: true, state: { status: "denied", facts: { id: facts.id } } });
  });

  it("refuses another action under a key that is taken, and notes it", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging", { clientRequestId: "k" });
    const other = { name: "deploy_to_staging", arguments: { ...infraCalls.deploy_to_staging, version: "2.2.0" } };
    expect(await on.approvals.raise(asking("k", other))).toMatchObject({
      ok: false,
      refusal: { code: "request_id_conflict", requestId: facts.id },
    });
    expect(await noted(on)).toMatchObject([{ refusal: "request_id_conflict", existing_request_id: facts.id }]);
  });

  it("refuses another action under one key when both come at the same instant", async () => {
    const on = await start();
    const actions = ["1", "2", "3"].map((version) => ({ ...STAGING, arguments: { ...STAGING.arguments, version } }));
    const raised = await Promise.all(actions.map((action) => on.approvals.raise(asking("k", action))));
    expect(raised.filter((one) => one.ok)).toHaveLength(1);
    for (const one of raised) if (!one.ok) expect(one.refusal.code).toBe("request_id_conflict");
  });

  it("keeps agents apart: the same key and action of another agent are another request", async () => {
    const on = await start();
    const mine = stateOf(await on.approvals.raise(asking("k")));
    const theirs = stateOf(await on.approvals.raise({ ...asking("k"), agentId: "other-agent" }));
    expect(theirs.facts.id).not.toBe(mine.facts.id);
  });

  it("refuses the same action for a while after a denial, with the reason; a changed one shows what is different", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging");
    await on.act(SAM, facts.id, { type: "deny", reason: "needs_change", comment: "pin the version" });
    expect(await on.approvals.raise(asking("k2"))).toMatchObject({
      ok: false,
      refusal: { code: "denied_recently", requestId: facts.id, reason: "needs_change", comment: "pin the version" },
    });
    const changed = await on.approvals.raise(
      asking("k3", { ...STAGING, arguments: { ...STAGING.arguments, version: "2.0.9" } }),
    );
    expect(stateOf(changed).facts).toMatchObject({
      previousDenial: { id: facts.id, reason: "needs_change", comment: "pin the version" },
      differences: ["version: 2.1.0 -> 2.0.9 (the denied request)"],
    });
    on.advance(3_600_000);
    expect(stateOf(await on.approvals.raise(asking("k4"))).facts).not.toHaveProperty("previousDenial");
  });

  it("asks again at once after a cancellation or a timeout", async () => {
    const on = await start();
    const first = await on.raise("deploy_to_staging");
    await on.approvals.cancel(first.facts.id);
    const second = await on.raise("deploy_to_staging");
    expect(second.facts.id).not.toBe(first.facts.id);
    on.advance(6 * MINUTE);
    expect((await on.approvals.load(second.facts.id))?.status).toBe("timed_out");
    expect((await on.raise("deploy_to_staging")).status).toBe("pending");
  });

  it("refuses what is over the agent's limit, even at the same instant, and notes each", async () => {
    const agents = infraPolicy().agents;
    const few = Object.fromEntries(Object.entries(agents).map(([id, agent]) => [id, { ...agent, maxPending: 3 }]));
    const on = await start({ policy: { agents: few } });
    const versions = Array.from({ length: 10 }, (_, i) => `1.0.${i}`);
    const raised = await Promise.all(
      versions.map((version) =>
        on.approvals.raise(asking(version, { ...STAGING, arguments: { ...STAGING.arguments, version } })),
      ),
    );
    expect(raised.filter((one) => one.ok)).toHaveLength(3);
    for (const one of raised) if (!one.ok) expect(one.refusal).toEqual({ code: "too_many_pending", limit: 3 });
    expect(await noted(on)).toHaveLength(7);
    const status = { name: "get_service_status", arguments: infraCalls.get_service_status };
    expect(stateOf(await on.approvals.raise(asking("low", status))).status).toBe("approved");
  });

  it("notes an ask that is refused before it has a name", async () => {
    const on = await start();
    expect((await on.approvals.raise(asking("k", { nonsense: 1 }))).ok).toBe(false);
    const [body] = await noted(on);
    expect(body).toMatchObject({ refusal: "invalid_action", agent_id: "infra-agent", command: "raise" });
    expect(body).not.toHaveProperty("action_name");
  });

  it("assesses without writing anything", async () => {
    const on = await start();
    const given = await on.approvals.assess(asking("k"));
    expect(given).toMatchObject({ ok: true, assessed: { assessment: { level: "medium" } } });
    expect(await on.store.list({ limit: 10 })).toEqual([]);
    expect(await on.outbox()).toEqual([]);
  });

  it("writes the decision of policy in the step that raises", async () => {
    const on = await start();
    const { facts, seq } = await on.raise("get_service_status");
    const records = await on.outbox();
    expect(seq).toBe(2);
    expect(records.map(({ draft }) => [draft.entry_type, draft.request_id])).toEqual([["decision", facts.id]]);
  });
});

describe("secrets", () => {
  const name = "set_password";
  const plain = { hints: {}, facts: {}, freeText: [], privateArguments: [], attach: [] };
  const actions = { ...infraActions, [name]: { name, ...plain, secretArguments: ["db_password"] } };
  const policy = { profile: { ...infraProfile, actions } };
  const action = { name, arguments: { user: "kim", dbPassword: "hunter2-hunter2" } };

  it("are nowhere in what is stored or written, and the client computes the same digest", async () => {
    const on = await start({ policy });
    const { facts } = stateOf(await on.approvals.raise(asking("k", action)));
    const everything = JSON.stringify([await on.load(facts.id), await on.store.events(facts.id), await on.outbox()]);
    expect(everything).not.toContain("hunter2");
    expect(facts.salt).toMatch(/^[0-9a-f]{64}$/);
    const { agentId, environment, secretArguments, salt, digest } = facts;
    const own = { ...action, attachments: [] };
    expect(
      actionDigest({ agentId, environment, secretArguments, action: own, ...(salt !== undefined && { salt }) }),
    ).toBe(digest);
  });

  it("have another salt in each request, and the same action is still recognised", async () => {
    const on = await start({ policy });
    const first = stateOf(await on.approvals.raise(asking("a", action)));
    expect(stateOf(await on.approvals.raise(asking("b", action))).facts.id).toBe(first.facts.id);
    await on.approvals.cancel(first.facts.id);
    const second = stateOf(await on.approvals.raise(asking("c", action)));
    expect(second.facts.salt).not.toBe(first.facts.salt);
    expect(second.facts.digest).not.toBe(first.facts.digest);
  });

  it("do not make a newer policy look stricter because their values are gone", async () => {
    const pinned = { ...infraActions, [name]: { name, ...plain, secretArguments: ["pin"] } };
    const on = await start({ policy: { profile: { ...infraProfile, actions: pinned } } });
    const unlock = { name, arguments: { user: "kim", pin: "4711-4711", door: "north" } };
    const { facts } = stateOf(await on.approvals.raise(asking("k", unlock)));
    on.policy = newer(on.policy, {});
    expect(await on.approvals.load(facts.id)).toMatchObject({ revision: 0, status: "pending" });
  });
});

describe("people", () => {
  it("fill two seats at the same instant", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    await on.review(RILEY, facts.id);
    const both = await Promise.all([on.vote(SAM, facts.id), on.vote(RILEY, facts.id)]);
    expect(both.map(refusalOf)).toEqual([undefined, undefined]);
    const state = await on.load(facts.id);
    expect(state).toMatchObject({ status: "approved", decision: { by: "quorum" } });
    expect(state.votes.map((vote) => vote.seat).sort()).toEqual([0, 1]);
  });

  it("take one seat only once when two vote for it at the same instant", async () => {
    const on = await start();
    on.members.sre_lead = [SAM, "second.lead@company.com"];
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    await on.review("second.lead@company.com", facts.id);
    const both = await Promise.all([on.vote(SAM, facts.id), on.vote("second.lead@company.com", facts.id)]);
    expect(both.map(refusalOf).sort()).toEqual(["seat_taken", undefined]);
    expect((await on.load(facts.id)).votes).toHaveLength(1);
  });

  it("press once however often the press is delivered, also at the same instant", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    const votes = await Promise.all(["d1", "d1", "d1"].map((id) => on.vote(SAM, facts.id, id)));
    expect(votes.map(refusalOf)).toEqual([undefined, undefined, undefined]);
    for (const one of votes) expect(doneState(one).votes).toHaveLength(1);
    expect((await on.load(facts.id)).votes).toHaveLength(1);
    expect(await noted(on)).toEqual([]);
  });

  it("get the answer to a press again when it is delivered later, and no refusal is noted", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    const [review] = (await on.review(SAM, facts.id)).reviews;
    if (review === undefined) throw new Error("no review");
    const { reviewId, challenge } = review;
    const intent = { type: "vote", reviewId, digest: facts.digest, answer: rightAnswer(challenge) } as const;
    const first = await on.act(SAM, facts.id, intent, "d1");
    const again = await on.act(SAM, facts.id, intent, "d1");
    expect([first, again].map(refusalOf)).toEqual([undefined, undefined]);
    expect(refusalOf(await on.act(SAM, facts.id, intent, "d2"))).toBe("already_voted");
    expect(await noted(on)).toHaveLength(1);
  });

  it("are refused with an entry that names them, their account and the press", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    expect(refusalOf(await on.act(DANA, facts.id, { type: "deny", reason: "wrong_time" }, "d1"))).toBe("own_request");
    expect(await noted(on)).toMatchObject([
      {
        refusal: "own_request",
        command: "deny",
        person: DANA,
        account: accountOf(DANA),
        action_name: facts.action.name,
      },
    ]);
  });

  it("do nothing when their account is linked to nobody, or the request is not there", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    const intent = { type: "deny", reason: "wrong_time" } as const;
    expect(refusalOf(await on.act("stranger@elsewhere.test", facts.id, intent))).toBe("unlinked");
    expect(refusalOf(await on.act(SAM, "NO-SUCH", intent))).toBe("not_found");
    expect((await on.load(facts.id)).status).toBe("pending");
  });

  it("cannot vote while their role cannot be read; nothing is concluded from it", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    on.unreadable.add("sre_lead");
    expect(refusalOf(await on.vote(SAM, facts.id))).toBe("role_unknown");
    expect(refusalOf(await on.act(SAM, facts.id, { type: "deny", reason: "wrong_time" }))).toBe("role_unknown");
    on.unreadable.clear();
    expect(refusalOf(await on.vote(SAM, facts.id))).toBeUndefined();
  });

  it("open a request while a role cannot be read", async () => {
    const on = await start();
    on.unreadable.add("release_manager");
    expect((await on.raise("deploy_to_production")).status).toBe("pending");
  });

  it("lose their vote when they have lost the role by the time the quorum completes", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    await on.vote(SAM, facts.id);
    on.members.sre_lead = ["second.lead@company.com"];
    await on.review(RILEY, facts.id);
    const done = doneState(await on.vote(RILEY, facts.id));
    expect(done).toMatchObject({ status: "pending", votes: [{ person: RILEY }] });
  });

  it("stand before a request as the rules then judge them", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    const standing = (person: string) => on.approvals.standing(accountOf(person), facts.id);
    expect(await standing(SAM)).toMatchObject({ seat: 0, reviewRefusal: undefined, mayDeny: true, mayWithdraw: false });
    expect(await standing(DANA)).toMatchObject({
      seat: undefined,
      reviewRefusal: { code: "own_request" },
      mayDeny: false,
      mayWithdraw: true,
    });
    expect(await standing("dba@company.com")).toMatchObject({
      reviewRefusal: { code: "not_an_approver" },
      mayDeny: false,
    });
    await on.approve(facts.id);
    expect(await standing(SAM)).toMatchObject({ mayStop: true, mayDeny: false, mayAfterReview: false });
    await on.approvals.use(facts.id, facts.digest, "u1");
    expect(await standing(SAM)).toMatchObject({ mayStop: false });
  });
});

/** A store whose clock, as `nowMs` tells it, is off by `skewMs` for as long as that says. */
function skewed(skew: { ms: number; left: number; outcomes: string[] }) {
  return (store: Store): Store => ({
    ...store,
    nowMs: async () => {
      const nowMs = await store.nowMs();
      if (skew.left <= 0) return nowMs;
      skew.left -= 1;
      return nowMs + skew.ms;
    },
    commit: async (commit: Commit): Promise<CommitOutcome> => {
      const outcome = await store.commit(commit);
      skew.outcomes.push(outcome.ok ? (outcome.repeated ? "repeated" : "ok") : outcome.why);
      return outcome;
    },
  });
}

describe("the store's own clock", () => {
  it("refuses a vote that only a slow clock thinks in time", async () => {
    const skew = { ms: -10 * MINUTE, left: 0, outcomes: [] as string[] };
    const on = await start({ wrap: skewed(skew) });
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    on.advance(5 * MINUTE + 16_000);
    // Once for looking whether it is late, once for the rules.
    skew.left = 2;
    expect(refusalOf(await on.vote(SAM, facts.id))).toBe("too_late");
    expect(skew.outcomes).toContain("too_late");
    expect((await on.load(facts.id)).votes).toEqual([]);
  });

  it("refuses a vote that only a fast clock thinks slow enough", async () => {
    const skew = { ms: MINUTE, left: 0, outcomes: [] as string[] };
    const on = await start({ wrap: skewed(skew) });
    const { facts } = await on.raise("deploy_to_production");
    await on.act(SAM, facts.id, { type: "review", reviewId: "r1" });
    for (const page of facts.pages.keys()) await on.act(SAM, facts.id, { type: "read", reviewId: "r1", page });
    on.advance(44_000);
    skew.left = 2;
    expect(refusalOf(await on.vote(SAM, facts.id))).toBe("too_fast");
    expect(skew.outcomes).toContain("too_early");
    expect((await on.load(facts.id)).votes).toEqual([]);
    on.advance(1_100);
    expect(refusalOf(await on.vote(SAM, facts.id))).toBeUndefined();
  });

  it("never lets an approval be used after it lapsed, whatever another clock says", async () => {
    const skew = { ms: -MINUTE, left: 0, outcomes: [] as string[] };
    const on = await start({ wrap: skewed(skew) });
    const { facts } = await on.raise("deploy_to_production");
    await on.approve(facts.id);
    on.advance(10 * MINUTE + 1);
    skew.left = 1;
    expect(refusalOf(await on.approvals.use(facts.id, facts.digest, "u"))).toBe("lapsed");
    expect(skew.outcomes.at(-1)).toBe("too_late");
  });

  it("gives up in words, with nothing recorded, when others are always faster", async () => {
    const busy = (store: Store): Store => ({
      ...store,
      commit: async (commit) => (commit.expectedSeq === 0 ? store.commit(commit) : { ok: false, why: "conflict" }),
    });
    const on = await start({ wrap: busy });
    const { facts } = await on.raise("deploy_to_production");
    const outcome = await on.act(SAM, facts.id, { type: "deny", reason: "wrong_time" });
    expect(outcome).toMatchObject({ kind: "unavailable", detail: expect.stringContaining("nothing was recorded") });
    expect((await on.load(facts.id)).status).toBe("pending");
  });

  it("answers a command that the store already has with what stands, not with what would be decided now", async () => {
    // As when the answer to a commit is lost and 64 newer commands have pushed its id out of the state.
    const forgetful = (store: Store): Store => ({
      ...store,
      load: async (id) => {
        const state = await store.load(id);
        return state === undefined ? undefined : { ...state, commandIds: [] };
      },
    });
    const on = await start({ wrap: forgetful });
    const { facts } = await on.raise("deploy_to_production");
    const comment = (text: string) => on.act(SAM, facts.id, { type: "comment", text }, "d1");
    await comment("once");
    const again = await comment("twice");
    expect(again).toMatchObject({ kind: "done", events: [], refusal: undefined });
    expect(doneState(again).comments.map(({ text }) => text)).toEqual(["once"]);
  });
});

describe("use", () => {
  it("hands the approval to one of many at the same instant", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.approve(facts.id);
    const uses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => on.approvals.use(facts.id, facts.digest, `u${i}`)),
    );
    expect(uses.filter((one) => refusalOf(one) === undefined)).toHaveLength(1);
    expect(new Set(uses.map(refusalOf))).toEqual(new Set([undefined, "already_used"]));
  });

  it("waits quietly for the audit log, and notes every other refusal", async () => {
    const on = await start();
    const { facts } = await on.raise("get_service_status");
    expect(refusalOf(await on.approvals.use(facts.id, facts.digest, "u"))).toBe("not_audited");
    expect(await noted(on)).toEqual([]);
    await on.approvals.audited(facts.id, 1, "a".repeat(64));
    expect(refusalOf(await on.approvals.use(facts.id, "e".repeat(64), "u"))).toBe("digest_mismatch");
    expect(await noted(on)).toMatchObject([{ refusal: "digest_mismatch", command: "use", person: null }]);
    expect(refusalOf(await on.approvals.use(facts.id, facts.digest, "u"))).toBeUndefined();
    expect(refusalOf(await on.approvals.result(facts.id, "u", { outcome: "succeeded" }))).toBeUndefined();
    expect(refusalOf(await on.approvals.result("NO-SUCH", "u", { outcome: "failed" }))).toBe("not_found");
  });

  it("is refused when config blocks it by now, asks more, or no longer knows the agent", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.approve(facts.id);
    const was = on.policy;
    const use = (policy: Policy, useId: string) => {
      on.policy = policy;
      return on.approvals.use(facts.id, facts.digest, useId).then(refusalOf);
    };
    const block = { ...infraProfile.escalationRules[0], name: "freeze", action: "block", roles: [] } as const;
    const rules = [...infraProfile.escalationRules, block] as typeof infraProfile.escalationRules;
    expect(await use(newer(was, { profile: { ...infraProfile, escalationRules: rules } }), "u")).toBe("policy_changed");
    expect(await use(newer(was, { minimumReviewMs: { ...was.minimumReviewMs, critical: 90_000 } }), "u")).toBe(
      "policy_changed",
    );
    expect(await use(newer(was, { agents: {} }), "u")).toBe("policy_changed");
    expect(await use(newer(was, { minimumReviewMs: { ...was.minimumReviewMs, critical: 46_000 } }), "u")).toBe(
      "policy_changed",
    );
    expect(
      await use(newer(was, { minimumReviewMs: { ...was.minimumReviewMs, critical: 1_000 } }), "u"),
    ).toBeUndefined();
  });
});

describe("a newer policy", () => {
  it("binds a pending request when it is stricter, whoever looks first, and once", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.review(SAM, facts.id);
    await on.vote(SAM, facts.id);
    on.policy = newer(on.policy, { minimumReviewMs: { ...on.policy.minimumReviewMs, critical: 90_000 } });
    const state = await on.approvals.load(facts.id);
    expect(state).toMatchObject({ revision: 1, votes: [], policyDigest: on.policy.digest });
    expect((await on.approvals.load(facts.id))?.seq).toBe(state?.seq);
  });

  it("changes nothing where it is looser", async () => {
    const on = await start();
    const { facts, requirement } = await on.raise("deploy_to_production");
    on.policy = newer(on.policy, { minimumReviewMs: { ...on.policy.minimumReviewMs, critical: 1_000 } });
    expect(await on.approvals.load(facts.id)).toMatchObject({ revision: 0, requirement });
  });
});

describe("trust", () => {
  it("counts a person's verdict once, however often the audit log confirms it, and no verdict of policy", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production");
    await on.approve(facts.id);
    for (let i = 0; i < 3; i++) await on.approvals.audited(facts.id, 1, "a".repeat(64));
    const low = await on.raise("get_service_status");
    await on.approvals.audited(low.facts.id, 2, "b".repeat(64));
    expect(await on.store.readRecord("trust", "infra-agent")).toMatchObject({
      outcomes: [{ id: facts.id, approved: true }],
      incidents: 0,
    });
  });

  it("counts a suspicious denial as an incident, and cancellations and timeouts as nothing", async () => {
    const on = await start();
    const denied = await on.raise("deploy_to_staging");
    await on.act(SAM, denied.facts.id, { type: "deny", reason: "suspicious" });
    const cancelled = await on.raise("deploy_to_production");
    await on.approvals.cancel(cancelled.facts.id);
    for (const { facts } of [denied, cancelled]) await on.approvals.audited(facts.id, 1, "a".repeat(64));
    expect(await on.store.readRecord("trust", "infra-agent")).toMatchObject({
      outcomes: [{ id: denied.facts.id, approved: false }],
      incidents: 1,
    });
  });
});

describe("time", () => {
  it("ends what is due, and says when to look again", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging");
    const { nextAtMs } = await on.approvals.tick();
    expect(nextAtMs).toBeGreaterThan(await on.store.nowMs());
    on.advance(6 * MINUTE);
    await on.approvals.tick();
    expect((await on.load(facts.id)).status).toBe("timed_out");
  });

  it("tells a waiting agent as soon as the entry is on disk, not before", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging");
    const waiting = on.approvals.awaitVerdict(facts.id, 30_000);
    await on.act(SAM, facts.id, { type: "deny", reason: "wrong_time" });
    expect((await on.approvals.awaitVerdict(facts.id, 0))?.audit).toBeUndefined();
    await on.approvals.audited(facts.id, 1, "a".repeat(64));
    expect(await waiting).toMatchObject({ status: "denied", audit: { entry: 1 } });
    expect(await on.approvals.awaitVerdict("NO-SUCH", 10)).toBeUndefined();
  });

  it("stops waiting when the caller goes away", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_staging");
    const gone = new AbortController();
    const waiting = on.approvals.awaitVerdict(facts.id, 30_000, gone.signal);
    gone.abort();
    expect((await waiting)?.status).toBe("pending");
  });
});
