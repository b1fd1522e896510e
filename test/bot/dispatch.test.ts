import { afterEach, describe, expect, it } from "vitest";
import { createDispatch, type Dispatch, type DispatchDeps } from "../../src/bot/dispatch.ts";
import { CLAIM_MS } from "../../src/bot/post.ts";
import { freshRecord, POST_KIND, postKey, toRecord } from "../../src/bot/post-record.ts";
import { SAID } from "../../src/bot/private-lines.ts";
import { type ChatSurface, type Claim, type PostedRef, SurfaceFault, type Target } from "../../src/bot/surface.ts";
import { NOTICE, plainOf } from "../../src/bot/text.ts";
import type { Policy } from "../../src/engine/policy.ts";
import type { Store } from "../../src/engine/ports.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";
import { visibleText } from "../../src/engine/visible.ts";
import { surfaceContract } from "../contracts/surface.ts";
import { type Conversation, DEPLOY, EXPLAINED, NAMES, roleTitle, startConversation } from "../fixtures/conversation.ts";
import { createMemorySurface, type MemorySurface } from "../fixtures/memory-surface.ts";
import { T0 } from "../fixtures/requests.ts";

const SAM = "sre.lead@company.com";
const RILEY = "release.mgr@company.com";
const CHANNEL: Target = { kind: "channel", channel: "ops", mention: ["sre_lead"] };

interface Stage {
  readonly conversation: Conversation;
  readonly surface: MemorySurface;
  readonly dispatch: Dispatch;
  readonly faults: unknown[];
  /** Replaces store calls; for crashes. */
  readonly broken: Partial<Store>;
  readonly waits: number[];
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Staging {
  readonly surfaces?: readonly ChatSurface[];
  readonly tries?: number;
  readonly history?: boolean;
  readonly policy?: Partial<Policy>;
  readonly route?: DispatchDeps["route"];
  readonly startedAtMs?: number;
}

/** `wait` never waits: retries come at once, up to `tries` of them. */
async function stage(more: Staging = {}): Promise<Stage> {
  const conversation = await startConversation(more.policy === undefined ? {} : { policy: more.policy });
  open.push(conversation);
  const surface = createMemorySurface("memory", { history: more.history ?? true });
  const faults: unknown[] = [];
  const broken: Partial<Store> = {};
  const waits: number[] = [];
  const store = new Proxy(conversation.store, {
    get: (target, key, receiver) => Reflect.get(key in broken ? broken : target, key, receiver),
  });
  const deps: DispatchDeps = {
    store,
    approvals: conversation.approvals,
    surfaces: [surface, ...(more.surfaces ?? [])],
    route:
      more.route ??
      (async () => [surface, ...(more.surfaces ?? [])].map(({ name }) => ({ surface: name, target: CHANNEL }))),
    view: { nameOf: (person) => NAMES[person] ?? person, roleTitle },
    startedAtMs: more.startedAtMs ?? T0,
    newId: () => `id-${Math.random()}`,
    onFault: (fault) => faults.push(fault),
    wait: async (ms, signal) => {
      waits.push(ms);
      if (waits.length <= (more.tries ?? 0)) return;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  };
  const dispatch = createDispatch(deps);
  open.unshift({ close: () => dispatch.stop() });
  return { conversation, surface, dispatch, faults, broken, waits };
}

/** The process that comes after a crash: its own claims, the same store and platform. */
async function secondDispatch({ conversation, surface }: Stage): Promise<Dispatch> {
  const { store, approvals } = conversation;
  const again = createDispatch({
    store,
    approvals,
    surfaces: [surface],
    route: async () => [{ surface: "memory", target: CHANNEL }],
    view: { nameOf: (person) => person, roleTitle },
    startedAtMs: T0,
    newId: () => "another-claim",
    onFault: (fault) => {
      throw fault;
    },
    wait: async () => {},
  });
  open.unshift({ close: () => again.stop() });
  return again;
}

/** Works off everything, work that the work itself made included. */
async function settle({ dispatch, conversation }: Stage): Promise<void> {
  for (let round = 0; round < 4; round += 1) await dispatch.drain();
  await conversation.store.nowMs();
}

const newest = ({ surface }: Stage, post = 0) => surface.posts[post]?.cards.at(-1);

describe("the memory surface", () => {
  surfaceContract(async () => {
    const surface = createMemorySurface();
    const at = (ref: { ref: string }) => surface.posts.find((post) => post.ref.ref === ref.ref);
    return {
      surface,
      target: CHANNEL,
      shown: async (ref) => {
        const card = at(ref)?.cards.at(-1);
        const rows = card?.sections.flatMap((section) => section.rows.map((row) => plainOf(row.text))) ?? [];
        const lines = [card?.headline ?? [], card?.subline ?? [], ...(card?.footer ?? [])].map(plainOf);
        return [...lines, ...rows.map((row) => visibleText(row))].join("\n");
      },
      told: async (ref) => at(ref)?.notices.map((notice) => plainOf(notice.text)) ?? [],
      count: async () => surface.posts.length,
      press: (interaction) => surface.press(interaction),
      close: async () => {},
    };
  });
});

describe("dispatch", () => {
  it("posts a waiting request once and tells the engine, which starts its clock", async () => {
    const on = await stage();
    const state = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    expect(on.surface.posts).toHaveLength(1);
    const after = await on.conversation.load(state.facts.id);
    expect(after.deliveries).toEqual([{ surface: "memory", ref: on.surface.posts[0]?.ref.ref }]);
    expect(after.startedAtMs).toBeDefined();
    expect(newest(on)?.version).toBe(after.seq);
    expect(plainOf(newest(on)?.subline ?? [])).toContain("answer by");
  });

  it("posts nothing for what policy allowed quietly", async () => {
    const on = await stage();
    await on.conversation.raise("get_service_status", { service: "api", environment: "production" });
    await settle(on);
    expect(on.surface.posts).toEqual([]);
    expect(await on.conversation.store.claimWork(1)).toBeUndefined();
  });

  it("edits the same card through to the verdict and tells it once, with the entry's full hash", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    const first = await on.conversation.open(SAM, facts.id);
    const base = { kind: "submit", requestId: facts.id } as const;
    await on.conversation.press(SAM, { ...base, reviewId: first.reviewId, digest: first.digest, answers: [EXPLAINED] });
    await settle(on);
    const second = await on.conversation.open(RILEY, facts.id);
    const answers = await on.conversation.rightAnswers(second.reviewId, facts.id);
    await on.conversation.press(RILEY, { ...base, reviewId: second.reviewId, digest: second.digest, answers });
    await settle(on);
    const told = () => on.surface.posts[0]?.notices.map((notice) => plainOf(notice.text)) ?? [];
    expect(newest(on)?.state).toBe("approved");
    expect(told().filter((line) => line.includes("approved this"))).toEqual([]);
    const hash = "e8f2a1b3".padEnd(64, "0");
    await on.conversation.approvals.audited(facts.id, 42, hash);
    await settle(on);
    await settle(on);
    expect(on.surface.posts).toHaveLength(1);
    expect(newest(on)?.audit).toEqual({ entry: 42, hash });
    expect(told().filter((line) => line.includes(`audit #42 ${hash}`))).toHaveLength(1);
    expect(told()[0]).toContain("Sam Okafor approved as SRE lead. It still needs: release manager.");
  });

  it("makes no edit when nothing that is drawn has changed", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    const form = await on.conversation.open(SAM, facts.id);
    await settle(on);
    const before = on.surface.posts[0]?.cards.length;
    await on.conversation.press(SAM, {
      kind: "submit",
      requestId: facts.id,
      reviewId: form.reviewId,
      digest: form.digest,
      answers: ["too short"],
    });
    await settle(on);
    expect(on.surface.posts[0]?.cards.length).toBe(before);
  });

  it("finds the card again when the store failed after the post, and does not double it", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    let writes = 0;
    on.broken.writeRecord = async (...given) => {
      writes += given[0] === POST_KIND ? 1 : 0;
      if (writes > 1) throw new StoreFault("write_failed", "the disk is full");
      return on.conversation.store.writeRecord(...given);
    };
    await on.dispatch.drain();
    expect(on.surface.posts).toHaveLength(1);
    expect(on.faults.length).toBeGreaterThan(0);
    expect((await on.conversation.load(facts.id)).deliveries).toEqual([]);
    delete on.broken.writeRecord;
    const again = await secondDispatch(on);
    on.conversation.advance(CLAIM_MS + 1);
    await again.drain();
    await again.drain();
    expect(on.surface.posts).toHaveLength(1);
    expect((await on.conversation.load(facts.id)).deliveries).toHaveLength(1);
  });

  it("leaves a card that somebody else is posting alone, and takes over a claim that is left behind", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    const nowMs = await on.conversation.store.nowMs();
    const record = toRecord(freshRecord("theirs", nowMs, []));
    await on.conversation.store.writeRecord(POST_KIND, postKey(facts.id, "memory", CHANNEL), record, undefined);
    await on.dispatch.drain();
    expect(on.surface.posts).toEqual([]);
    on.conversation.advance(CLAIM_MS + 1);
    const other = (await secondDispatch(on)).drain();
    await other;
    expect(on.surface.posts.map((post) => post.claimId)).toEqual(["theirs"]);
  });

  it("tries again after a platform's fault, no sooner than the platform asked", async () => {
    const on = await stage({ tries: 3 });
    await on.conversation.raise("deploy_to_production", DEPLOY);
    let failures = 0;
    on.surface.fail = (call, moment) => {
      failures += 1;
      if (call === "post" && moment === "before" && failures <= 2) {
        throw new SurfaceFault("rate_limited", "slow down", { retryAfterMs: 7_000 });
      }
    };
    await on.dispatch.drain();
    await expect.poll(() => on.surface.posts.length).toBe(1);
    expect(on.waits.slice(0, 2)).toEqual([7_000, 7_000]);
    expect(on.faults).toHaveLength(2);
  });

  it("shows a request on one surface while another one fails", async () => {
    const bad = createMemorySurface("bad");
    bad.fail = () => {
      throw new SurfaceFault("not_in_channel", "invite the bot to ops");
    };
    const on = await stage({ surfaces: [bad] });
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await on.dispatch.drain();
    expect(on.surface.posts).toHaveLength(1);
    expect(bad.posts).toEqual([]);
    expect((await on.conversation.load(facts.id)).deliveries).toHaveLength(1);
    expect(on.faults[0]).toBeInstanceOf(SurfaceFault);
  });

  it("shows the newest state in the end when an edit was overtaken", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    await on.conversation.open(SAM, facts.id);
    let isFirst = true;
    on.surface.fail = async (call, moment) => {
      if (call !== "update" || moment !== "before" || !isFirst) return;
      isFirst = false;
      await on.conversation.press(RILEY, { kind: "denied", requestId: facts.id, reason: "wrong_time" });
      await on.dispatch.drain();
    };
    await settle(on);
    expect(newest(on)?.state).toBe("denied");
    expect(newest(on)?.buttons).toEqual([]);
  });

  it("is woken by the store's push", async () => {
    const on = await stage();
    on.dispatch.start();
    await on.conversation.raise("deploy_to_production", DEPLOY);
    await expect.poll(() => on.surface.posts.length).toBe(1);
  });

  it("says on the first try that nothing was posted before, and after a crash since when something may have been", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    on.surface.fail = (call, moment) => {
      if (call === "post" && moment === "after") throw new Error("the connection broke");
    };
    await on.dispatch.drain();
    expect(on.surface.posts.map(({ claim }) => claim.earlier)).toEqual(["none"]);
    on.surface.fail = () => {};
    const claims = watched(on.surface);
    on.conversation.advance(CLAIM_MS + 1);
    await (await secondDispatch(on)).drain();
    expect(claims).toEqual([{ ...on.surface.posts[0]?.claim, earlier: "unknown_outcome" }]);
    expect(on.surface.posts).toHaveLength(1);
    expect((await on.conversation.load(facts.id)).deliveries).toHaveLength(1);
  });

  it("takes a claim that a crash left behind for a try with unknown outcome", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    const atMs = await on.conversation.store.nowMs();
    const left = toRecord(freshRecord("theirs", atMs, []));
    await on.conversation.store.writeRecord(POST_KIND, postKey(facts.id, "memory", CHANNEL), left, undefined);
    on.conversation.advance(CLAIM_MS + 1);
    const claims = watched(on.surface);
    await on.dispatch.drain();
    expect(claims).toEqual([{ claimId: "theirs", earlier: "unknown_outcome", sinceMs: atMs }]);
  });

  it("knows that a refused post is none, and that a lost answer stays unknown until it is settled", async () => {
    const on = await stage({ tries: 3 });
    await on.conversation.raise("deploy_to_production", DEPLOY);
    const claims = watched(on.surface);
    const codes = ["rate_limited", "unknown_outcome", "unreachable"] as const;
    on.surface.fail = (call, moment) => {
      const code = codes[claims.length - 1];
      if (call === "post" && moment === "before" && code !== undefined) throw new SurfaceFault(code, "not now");
    };
    await on.dispatch.drain();
    await expect.poll(() => on.surface.posts.length).toBe(1);
    expect(claims.map(({ earlier }) => earlier)).toEqual(["none", "none", "unknown_outcome", "unknown_outcome"]);
  });

  it("says at a card that was posted twice that it is the live one, and answers presses on the other in words", async () => {
    const on = await stage({ history: false });
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    on.surface.fail = (call, moment) => {
      if (call === "post" && moment === "after") throw new SurfaceFault("unknown_outcome", "the connection broke");
    };
    await on.dispatch.drain();
    on.surface.fail = () => {};
    on.conversation.advance(CLAIM_MS + 1);
    await (await secondDispatch(on)).drain();
    const [older, live] = on.surface.posts;
    if (older === undefined || live === undefined) throw new Error("not posted twice");
    expect(live.notices.map(({ text }) => plainOf(text))).toEqual([NOTICE.olderCopy]);
    const press = (from: PostedRef, person = SAM) =>
      on.conversation.press(person, { kind: "review", requestId: facts.id, from });
    expect(await press(older.ref)).toEqual({
      kind: "line",
      line: [SAID.oldCopy, SAID.liveCopyAt, { link: "https://memory.example/m2", text: SAID.liveCopy }],
      refusal: "old_copy",
    });
    expect(await press(live.ref)).toMatchObject({ kind: "review_form" });
    expect(await press({ surface: "other", ref: "m1" })).toMatchObject({ kind: "review_form" });
    expect((await on.conversation.load(facts.id)).reviews).toEqual([]);
  });

  it("takes a press from a message that is not known yet, where no older copy can stand", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    const from = { surface: "memory", ref: "not stored yet" };
    expect(await on.conversation.press(SAM, { kind: "review", requestId: facts.id, from })).toMatchObject({
      kind: "review_form",
    });
  });

  it("posts a card anew that somebody deleted while it waits, and lets it be once it is decided", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    let deleted = "m1";
    const { update } = on.surface;
    on.surface.update = async (ref, card) => {
      if (ref.ref === deleted) throw new SurfaceFault("gone", "no such message");
      await update(ref, card);
    };
    await on.conversation.open(SAM, facts.id);
    await settle(on);
    expect(on.surface.posts).toHaveLength(2);
    expect(new Set(on.surface.posts.map(({ claimId }) => claimId)).size).toBe(2);
    deleted = "m2";
    await on.conversation.press(RILEY, { kind: "denied", requestId: facts.id, reason: "wrong_time" });
    await settle(on);
    expect(on.surface.posts).toHaveLength(2);
    expect(on.faults).toEqual([]);
    expect(await on.conversation.store.claimWork(1)).toBeUndefined();
  });

  it("posts nothing that was decided before anybody could be shown it", async () => {
    const on = await stage();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    on.surface.fail = (call) => {
      if (call === "post") throw new SurfaceFault("not_in_channel", "invite the bot to ops");
    };
    await on.dispatch.drain();
    await on.conversation.press(RILEY, { kind: "denied", requestId: facts.id, reason: "wrong_time" });
    on.surface.fail = () => {};
    on.conversation.advance(CLAIM_MS + 1);
    await (await secondDispatch(on)).drain();
    expect(on.surface.posts).toEqual([]);
    expect(await on.conversation.store.claimWork(1)).toBeUndefined();
  });

  it("gives the requester a copy with Withdraw, which starts no clock", async () => {
    const DANA: Target = { kind: "person", person: "dana@company.com" };
    const on = await stage({ route: async () => [{ surface: "memory", target: DANA }] });
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    expect(newest(on)?.buttons.map(({ verb }) => verb)).toEqual(["withdraw"]);
    const { deliveries, startedAtMs } = await on.conversation.load(facts.id);
    expect([deliveries, startedAtMs]).toEqual([[], undefined]);
    const withdraw = { kind: "withdraw", requestId: facts.id, from: on.surface.posts[0]?.ref ?? NOWHERE } as const;
    expect(await on.conversation.press("dana@company.com", withdraw)).toMatchObject({ line: [SAID.withdrawn] });
    await settle(on);
    expect(newest(on)).toMatchObject({ state: "cancelled", buttons: [] });
  });

  it("edits a card to its end where no route leads any more, and posts nothing new there", async () => {
    let channels = ["ops"];
    const on = await stage({
      route: async () =>
        channels.map((channel) => ({ surface: "memory", target: { kind: "channel", channel, mention: [] } })),
    });
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await settle(on);
    channels = ["elsewhere"];
    await on.conversation.press(RILEY, { kind: "denied", requestId: facts.id, reason: "wrong_time" });
    await settle(on);
    expect(on.surface.posts).toHaveLength(1);
    expect(newest(on)?.state).toBe("denied");
  });

  it("gives up a place where it could not post yet, when no route leads there any more", async () => {
    const closed: Target = { kind: "channel", channel: "closed", mention: [] };
    const on = await stage({ route: async () => [{ surface: "memory", target: closed }] });
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    on.surface.fail = () => {
      throw new SurfaceFault("not_in_channel", "invite the bot to closed");
    };
    await on.dispatch.drain();
    on.surface.fail = () => {};
    on.conversation.advance(CLAIM_MS + 1);
    const again = await secondDispatch(on);
    await again.drain();
    expect(on.surface.posts.map(({ target }) => target)).toEqual([CHANNEL]);
    expect((await on.conversation.load(facts.id)).deliveries).toHaveLength(1);
  });

  it("lets one surface follow every change while another one fails", async () => {
    const bad = createMemorySurface("bad");
    bad.fail = () => {
      throw new SurfaceFault("not_in_channel", "invite the bot to ops");
    };
    const on = await stage({ surfaces: [bad] });
    on.dispatch.start();
    const { facts } = await on.conversation.raise("deploy_to_production", DEPLOY);
    await expect.poll(async () => (await on.conversation.load(facts.id)).deliveries.length).toBe(1);
    await expect.poll(() => on.faults.length).toBe(1);
    await on.conversation.press(RILEY, { kind: "denied", requestId: facts.id, reason: "wrong_time" });
    await expect.poll(() => newest(on)?.state).toBe("denied");
    expect(on.faults).toHaveLength(1);
  });
});

const NOWHERE: PostedRef = { surface: "memory", ref: "nowhere" };

/** Every claim that the surface is given from now on. */
function watched(surface: MemorySurface): Claim[] {
  const claims: Claim[] = [];
  const { post } = surface;
  surface.post = (target, card, claim) => {
    claims.push(claim);
    return post(target, card, claim);
  };
  return claims;
}
