import { afterEach, describe, expect, it } from "vitest";
import { refusalLine, SAID } from "../../src/bot/private-lines.ts";
import type { Reply } from "../../src/bot/surface.ts";
import { plainOf } from "../../src/bot/text.ts";
import type { Refusal, RefusalCode } from "../../src/engine/command.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";
import {
  accountOf,
  type Conversation,
  type ConversationOptions,
  DEPLOY,
  EXPLAINED,
  formOf,
  NAMES,
  roleTitle,
  startConversation,
} from "../fixtures/conversation.ts";

const SAM = "sre.lead@company.com";
const RILEY = "release.mgr@company.com";
const SASHA = "security.eng@company.com";
/** Names neither the version nor the percentage. */
const WEAK =
  "This rolls api-gateway out to production with a canary under change ticket CHG-2026-0042, a few instances first and then more.";
const FIREWALL = {
  rule_id: "FW-1",
  action: "allow",
  protocol: "TCP",
  port: 443,
  cidr: "10.0.0.0/8",
  direction: "ingress",
};

const open: Conversation[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(options?: ConversationOptions): Promise<Conversation> {
  const conversation = await startConversation(options);
  open.push(conversation);
  return conversation;
}

/** The words of a private line. */
function words(reply: Reply): string {
  if (reply.kind !== "line") throw new Error(`no line: ${JSON.stringify(reply)}`);
  return plainOf(reply.line);
}

describe("review", () => {
  it("shows evidence before anything is committed, and its question only once it is shown", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const planned = formOf(await on.press(SAM, { kind: "review", requestId: facts.id }));
    expect(planned.question).toEqual({ kind: "later", challenge: "teach_back" });
    expect((await on.load(facts.id)).reviews).toEqual([]);
    on.advance(5_000);
    const shown = formOf(await on.press(SAM, { kind: "shown", requestId: facts.id, reviewId: planned.reviewId }));
    expect(shown.question.kind).toBe("teach_back");
    expect(shown.opensAtMs - shown.nowMs).toBe(45_000);
    expect(plainOf(shown.role)).toBe("You are asked as SRE lead. Your challenge: explain it back.");
  });

  it("goes on with the same review, clock and pages when it is opened again", async () => {
    const on = await start();
    const { facts } = await on.raise("rollback_deployment", {
      service: "api",
      target_version: "2.0.3",
      reason: "502s on /api",
    });
    const first = await on.open(SAM, facts.id);
    const again = formOf(await on.press(SAM, { kind: "review", requestId: facts.id }));
    expect(again).toMatchObject({ reviewId: first.reviewId, opensAtMs: first.opensAtMs, question: first.question });
    expect(again.pagesRead).toEqual(first.pages.map((_, page) => page));
    const shown = formOf(await on.press(SAM, { kind: "shown", requestId: facts.id, reviewId: again.reviewId }));
    expect(shown.opensAtMs).toBe(first.opensAtMs);
  });

  it("tells who may not, and why, without showing any evidence", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const outsider = await on.press("dba@company.com", { kind: "review", requestId: facts.id });
    expect(outsider).toMatchObject({ kind: "line", refusal: "not_an_approver" });
    expect(words(outsider)).toContain("This needs one of: SRE lead, release manager. You are: DBA.");
    const owner = await on.press("dana@company.com", { kind: "review", requestId: facts.id });
    expect(owner).toMatchObject({ refusal: "own_request" });
    const stranger = await on.press("nobody@else.example", { kind: "review", requestId: facts.id });
    expect(stranger).toMatchObject({ refusal: "unlinked" });
    const missing = await on.press(SAM, { kind: "review", requestId: "NO-SUCH" });
    expect(missing).toMatchObject({ refusal: "not_found" });
  });
});

describe("submit", () => {
  it("keeps what was typed when it comes too early, and says how long it still takes", async () => {
    const on = await start();
    const other = await on.raise("modify_firewall_rule", FIREWALL);
    const { reviewId, digest } = formOf(await on.press(SASHA, { kind: "review", requestId: other.facts.id }));
    await on.press(SASHA, { kind: "shown", requestId: other.facts.id, reviewId });
    for (const page of other.facts.pages.keys()) {
      await on.press(SASHA, { kind: "read", requestId: other.facts.id, reviewId, page });
    }
    const reply = formOf(
      await on.press(SASHA, { kind: "submit", requestId: other.facts.id, reviewId, digest, answers: [EXPLAINED] }),
    );
    expect(plainOf(reply.error ?? [])).toMatch(/^15 s to go\. Your text is kept\.$/);
    expect(reply.draft).toEqual([EXPLAINED]);
    const reopened = formOf(await on.press(SASHA, { kind: "review", requestId: other.facts.id }));
    expect(reopened.draft).toEqual([EXPLAINED]);
    expect(reopened.attempt).toBe(1);
  });

  it("names the missing aspect of an explanation, never its value, and keeps the text", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const form = await on.open(SAM, facts.id);
    const reply = formOf(
      await on.press(SAM, {
        kind: "submit",
        requestId: facts.id,
        reviewId: form.reviewId,
        digest: form.digest,
        answers: [WEAK],
      }),
    );
    expect(plainOf(reply.error ?? [])).toBe("Not yet. Say which version and canary percentage. Attempt 1 of 2.");
    expect(reply.draft).toEqual([WEAK]);
    expect(reply.attempt).toBe(2);
    expect(JSON.stringify(reply.error)).not.toMatch(/2\.1\.0|10/);
  });

  it("gives a failed quiz new questions with nothing chosen, and does not say which one was wrong", async () => {
    const on = await start();
    const { facts } = await on.raise("rollback_deployment", {
      service: "api",
      target_version: "2.0.3",
      reason: "502s on /api",
    });
    const form = await on.open(SAM, facts.id);
    if (form.question.kind !== "quiz") throw new Error("no quiz");
    const right = await on.rightAnswers(form.reviewId, facts.id);
    const wrong = form.question.questions.map(
      (question, index) => question.options.find((o) => o !== right[index]) ?? "",
    );
    const base = { kind: "submit", requestId: facts.id, reviewId: form.reviewId, digest: form.digest } as const;
    const reply = formOf(await on.press(SAM, { ...base, answers: [wrong[0] ?? "", ...right.slice(1)] }));
    expect(plainOf(reply.error ?? [])).toMatch(/^Not right\. .* Attempt 1 of 2\.$/);
    expect(reply.draft).toEqual([]);
    expect(reply.question).not.toEqual(form.question);
    const reopened = formOf(await on.press(SAM, { kind: "review", requestId: facts.id }));
    expect(reopened.draft).toEqual([]);
    const barred = await on.press(SAM, { ...base, answers: right.map(() => "nonsense") });
    expect(barred).toMatchObject({ kind: "line", refusal: "wrong_answer" });
    expect(words(barred)).toContain("you cannot approve this request any more");
  });

  it("never shows one person's review to another, nor takes their answer for it", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const form = await on.open(SAM, facts.id);
    const submit = {
      kind: "submit",
      requestId: facts.id,
      reviewId: form.reviewId,
      digest: form.digest,
      answers: ["x"],
    } as const;
    expect(await on.press(RILEY, submit)).toMatchObject({ kind: "line", refusal: "not_challenged" });
    expect(await on.press(RILEY, { ...submit, answers: [EXPLAINED] })).toMatchObject({ refusal: "not_challenged" });
    expect((await on.load(facts.id)).votes).toEqual([]);
  });

  it("counts a redelivered press once and answers it from the state", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const form = await on.open(SAM, facts.id);
    const base = { kind: "submit", requestId: facts.id, reviewId: form.reviewId, digest: form.digest } as const;
    const weak = await on.press(SAM, { ...base, answers: [WEAK] }, "d1");
    expect(weak.kind).toBe("review_form");
    const twice = await on.press(SAM, { ...base, answers: [WEAK] }, "d1");
    expect(plainOf(formOf(twice).error ?? [])).toBe(SAID.notCounted);
    expect((await on.load(facts.id)).attempts).toHaveLength(1);
    const counted = await on.press(SAM, { ...base, answers: [EXPLAINED] }, "d2");
    expect(words(counted)).toBe("Counted. It still needs: release manager.");
    expect(words(await on.press(SAM, { ...base, answers: [EXPLAINED] }, "d2"))).toBe(words(counted));
    expect((await on.load(facts.id)).votes).toHaveLength(1);
  });

  it("does not take one account's delivery for another's", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    await on.press(RILEY, { kind: "pass", requestId: facts.id }, "same");
    await on.press(SAM, { kind: "pass", requestId: facts.id }, "same");
    const state = await on.load(facts.id);
    expect(state.passed.length + (state.decision === undefined ? 0 : 1)).toBeGreaterThanOrEqual(2);
  });

  it("answers a failing store with `not recorded`, keeping the open form and its text", async () => {
    let failing = false;
    const on = await start({
      wrap: (approvals) => ({
        ...approvals,
        act: async (...given) => {
          if (failing) throw new StoreFault("write_failed", "disk full");
          return approvals.act(...given);
        },
      }),
    });
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const form = await on.open(SAM, facts.id);
    failing = true;
    const base = { requestId: facts.id, reviewId: form.reviewId, digest: form.digest };
    const reply = formOf(await on.press(SAM, { kind: "submit", ...base, answers: [EXPLAINED] }));
    expect(plainOf(reply.error ?? [])).toBe(SAID.notRecorded);
    expect(reply.draft).toEqual([EXPLAINED]);
    expect(await on.press(SAM, { kind: "denied", requestId: facts.id, reason: "wrong_time" })).toMatchObject({
      kind: "line",
      refusal: "unavailable",
    });
    expect(on.faults).toHaveLength(2);
    expect((await on.load(facts.id)).status).toBe("pending");
  });

  it("answers an unreachable directory with `not recorded`, and lets a bug through", async () => {
    const away = await start({ people: async () => "unavailable" });
    const { facts } = await away.raise("deploy_to_production", DEPLOY);
    expect(await away.press(SAM, { kind: "review", requestId: facts.id })).toMatchObject({ refusal: "unavailable" });
    expect(await away.press(SAM, { kind: "inbox" })).toMatchObject({ refusal: "unavailable" });
    const buggy = await start({
      people: async () => {
        throw new TypeError("bug");
      },
    });
    await expect(buggy.press(SAM, { kind: "whoami" })).rejects.toThrow("bug");
  });
});

describe("deny, stop, pass, inbox", () => {
  it("offers the reasons, denies with a comment, and tells the next one who did it", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const form = await on.press(RILEY, { kind: "deny", requestId: facts.id });
    expect(form).toMatchObject({ kind: "deny_form", form: { stop: false } });
    const denied = await on.press(RILEY, {
      kind: "denied",
      requestId: facts.id,
      reason: "wrong_time",
      comment: "after 6",
    });
    expect(words(denied)).toBe(SAID.denied);
    on.advance(40_000);
    const late = await on.press(SAM, { kind: "review", requestId: facts.id });
    expect(words(late)).toBe("Riley Chen denied this 40 s ago: wrong time");
    expect(late).toMatchObject({ refusal: "already_decided" });
  });

  it("lists what waits for a person, oldest deadline first, and nothing that is none of their business", async () => {
    const on = await start();
    const one = await on.raise("deploy_to_production", DEPLOY);
    on.advance(1_000);
    const two = await on.raise(
      "deploy_to_staging",
      { service: "api", version: "2", strategy: "rolling" },
      { action: { environment: "staging" } },
    );
    const inbox = await on.press(SAM, { kind: "inbox" });
    if (inbox.kind !== "inbox") throw new Error("no inbox");
    expect(inbox.inbox.waitingForYou.map((item) => item.requestId)).toEqual([one.facts.id, two.facts.id]);
    expect(inbox.inbox.waitingForYou[0]?.verbs).toEqual(["review", "deny"]);
    const dba = await on.press("dba@company.com", { kind: "inbox" });
    expect(dba).toMatchObject({ inbox: { waitingForYou: [], waitingForOthers: [], yourAgents: [], decided: [] } });
    const owner = await on.press("dana@company.com", { kind: "inbox" });
    if (owner.kind !== "inbox") throw new Error("no inbox");
    expect(owner.inbox.yourAgents.map((item) => item.verbs)).toEqual([["withdraw"], ["withdraw"]]);
  });

  it("says who somebody is here and why", async () => {
    const on = await start();
    expect(words(await on.press(SAM, { kind: "whoami" }))).toBe(
      "You are Sam Okafor (sre.lead@company.com, terminal local sre.lead@company.com). Your roles: SRE lead (the config's list)",
    );
  });

  it("withdraws for the owner, and for nobody else", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await on.press(SAM, { kind: "withdraw", requestId: facts.id })).toMatchObject({ refusal: "not_requester" });
    expect(words(await on.press("dana@company.com", { kind: "withdraw", requestId: facts.id }))).toBe(SAID.withdrawn);
  });
});

describe("what leaves the server", () => {
  it("holds no right answer's mark and no secret in any form or card before the verdict", async () => {
    const on = await start();
    const { facts } = await on.raise("rollback_deployment", {
      service: "api",
      target_version: "2.0.3",
      reason: "502s on /api",
    });
    const form = await on.open(SAM, facts.id);
    const card = await on.press(SAM, { kind: "show", requestId: facts.id });
    const text = JSON.stringify([form, card]);
    expect(text).not.toMatch(/"right"|"accepted"|"terms"|"target"|"answer"|"seed"|fingerprint|salt/);
    if (form.question.kind !== "quiz") throw new Error("no quiz");
    for (const question of form.question.questions) expect(Object.keys(question).sort()).toEqual(["options", "text"]);
  });
});

describe("refusals", () => {
  const ALL: { readonly [C in RefusalCode]: Extract<Refusal, { code: C }> } = {
    already_decided: { code: "already_decided" },
    not_an_approver: { code: "not_an_approver", needs: ["sre_lead"], has: [] },
    own_request: { code: "own_request" },
    already_voted: { code: "already_voted" },
    role_unknown: { code: "role_unknown", roles: ["sre_lead"] },
    seat_taken: { code: "seat_taken" },
    no_open_seat: { code: "no_open_seat" },
    barred: { code: "barred" },
    not_challenged: { code: "not_challenged" },
    stale_review: { code: "stale_review" },
    not_read: { code: "not_read", pages: [0, 2] },
    too_fast: { code: "too_fast", leftMs: 16_200, fromMs: 0 },
    too_late: { code: "too_late", deadlineMs: 0 },
    incomplete: { code: "incomplete", why: "short", words: 4 },
    wrong_answer: { code: "wrong_answer", missing: ["canaryPercentage"], attempt: 1, of: 2, barred: false },
    digest_mismatch: { code: "digest_mismatch" },
    not_released: { code: "not_released", status: "pending" },
    not_audited: { code: "not_audited" },
    lapsed: { code: "lapsed", validUntilMs: 0 },
    already_used: { code: "already_used" },
    not_used: { code: "not_used" },
    policy_changed: { code: "policy_changed" },
    revoked: { code: "revoked" },
    no_such_page: { code: "no_such_page", pages: 2 },
    not_requester: { code: "not_requester" },
    break_glass_refused: { code: "break_glass_refused", why: "level" },
    no_after_review_due: { code: "no_after_review_due" },
    challenge_unavailable: { code: "challenge_unavailable" },
  };

  it("are all put into a sentence of their own", async () => {
    const on = await start();
    const state = await on.raise("deploy_to_production", DEPLOY);
    const view = { nameOf: (person: string) => NAMES[person] ?? person, roleTitle, nowMs: 0 };
    const lines = Object.values(ALL).map((refusal) => plainOf(refusalLine(refusal, state, view)));
    for (const line of lines) expect(line).toMatch(/^[A-Z0-9].{10,}[.]$/s);
    expect(new Set(lines).size).toBe(lines.length);
    expect(plainOf(refusalLine(ALL.too_fast, state, view))).toBe("17 s to go. Your text is kept.");
    expect(plainOf(refusalLine(ALL.not_read, state, view))).toContain("page 1, 3");
    expect(accountOf(SAM).surface).toBe("terminal");
  });
});
