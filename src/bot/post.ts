/** Brings one card in one place up to the newest state: claims, posts or edits, tells. Safe to repeat after a crash at any line. */
import { createHash } from "node:crypto";
import type { Approvals } from "../engine/approvals.ts";
import type { JsonObject } from "../engine/json.ts";
import type { Store } from "../engine/ports.ts";
import type { RequestState } from "../engine/request.ts";
import { cardOf, type View, viewerOf } from "./card.ts";
import { noticesOf, olderCopyNotice } from "./notices.ts";
import { freshRecord, fromRecord, GIVEN_BACK, POST_KIND, type PostRecord, postKey, toRecord } from "./post-record.ts";
import { type Card, type ChatSurface, type PostedRef, SurfaceFault, type Target } from "./surface.ts";

export interface PostDeps {
  readonly store: Pick<Store, "load" | "nowMs" | "readRecord" | "writeRecord">;
  readonly approvals: Pick<Approvals, "delivered">;
  /** When this service started, on the store's clock. */
  readonly startedAtMs: number;
  viewAt(nowMs: number): View;
  newId(): string;
}

export interface Place {
  readonly surface: ChatSurface;
  readonly target: Target;
  /** False where no route leads any more: what stands there is edited, nothing new is posted. */
  readonly routed: boolean;
}

/** `later`: somebody else is posting just now, or it changed too often; look again. */
export type Brought = "done" | "later";

/** How long a claim keeps others from posting the same card. Longer than a post with its retries takes. In milliseconds. */
export const CLAIM_MS = 30_000;
/** Rounds before it makes room for other requests. One round makes one change. */
const ROUNDS = 32;

interface Pass {
  readonly deps: PostDeps;
  readonly place: Place;
  readonly key: string;
  /** The claim that this call made or took over. */
  claimId: string | undefined;
  /** An edit of ours may have come after a newer one: show the newest again. */
  overtaken: boolean;
}

interface Round {
  readonly state: RequestState;
  readonly view: View;
  readonly stored: JsonObject;
  readonly post: PostRecord;
}

/** Shows this request's newest state in this place. Throws SurfaceFault when the platform failed; repeat it then. */
export async function bringUpToDate(deps: PostDeps, requestId: string, place: Place): Promise<Brought> {
  const key = postKey(requestId, place.surface.name, place.target);
  const pass: Pass = { deps, place, key, claimId: undefined, overtaken: false };
  for (let round = 0; round < ROUNDS; round += 1) {
    const state = await deps.store.load(requestId);
    if (state === undefined) return "done";
    const view = deps.viewAt(await deps.store.nowMs());
    const stored = await deps.store.readRecord(POST_KIND, key);
    if (stored === undefined) {
      if (!place.routed || !isShown(state, { nowMs: view.nowMs, startedAtMs: deps.startedAtMs })) return "done";
      await claim(pass, state, view);
      continue;
    }
    const round: Round = { state, view, stored, post: fromRecord(stored) };
    const step = await advance(pass, round).catch((fault: unknown) => lost(pass, round, fault));
    if (step !== "again") return step;
  }
  return "later";
}

/** What was decided longer ago than this is not shown any more to a place that never saw it. In milliseconds. */
const OLD_MS = 600_000;

/**
 * Is there anything to show about a request that a place has not been shown yet? What policy decided quietly is not
 * posted, nor what was decided before this service started: a surface that is switched on must not post a month of it.
 */
export function isShown(state: RequestState, at: { readonly nowMs: number; readonly startedAtMs: number }): boolean {
  const { requirement, decision, facts } = state;
  if (requirement.seats.length + requirement.notify.length === 0) return false;
  if (decision === undefined) return true;
  if (decision.atMs < at.startedAtMs || at.nowMs - decision.atMs > OLD_MS) return false;
  const ranUnreviewed = decision.verdict === "timed_out" && decision.released;
  const isNews = ranUnreviewed || decision.by === "break_glass" || decision.by === "policy";
  return facts.mode === "observe" || requirement.notify.length > 0 || isNews;
}

async function claim(pass: Pass, state: RequestState, view: View): Promise<void> {
  const claimId = pass.deps.newId();
  const told = noticesOf(state, view).map((one) => one.key);
  const fresh = freshRecord(claimId, view.nowMs, told);
  if (await pass.deps.store.writeRecord(POST_KIND, pass.key, toRecord(fresh), undefined)) pass.claimId = claimId;
}

async function advance(pass: Pass, round: Round): Promise<Brought | "again"> {
  const { post, state } = round;
  const { ref } = post;
  if (ref === undefined) return first(pass, round);
  const isKnown = state.deliveries.some((known) => known.surface === ref.surface && known.ref === ref.ref);
  if (!isKnown && isForApprovers(pass, state)) {
    const outcome = await pass.deps.approvals.delivered(state.facts.id, ref.surface, ref.ref);
    return outcome.kind === "done" ? "again" : "later";
  }
  const card = cardFor(pass, state, round.view);
  const content = contentOf(card);
  const isShownNow = post.content === content && post.version === post.shownVersion;
  if (!isShownNow || pass.overtaken) return edit(pass, round, { ref, card, content });
  return tell(pass, round, ref);
}

/** The requester's own copy starts no clock: nobody who could approve has seen it. */
function isForApprovers({ place: { target } }: Pass, state: RequestState): boolean {
  return target.kind === "channel" || viewerOf(state, target.person) === "channel";
}

function cardFor({ place: { target } }: Pass, state: RequestState, view: View): Card {
  return cardOf(state, view, target.kind === "channel" ? "channel" : viewerOf(state, target.person));
}

/** Posts under the claim. The mark is the same after a crash, so that a card which was posted already can be found. */
async function first(pass: Pass, { state, view, post, stored }: Round): Promise<Brought | "again"> {
  const { surface, target, routed } = pass.place;
  const isOurs = post.claimId === pass.claimId;
  const isWanted = routed && isShown(state, { nowMs: view.nowMs, startedAtMs: pass.deps.startedAtMs });
  if (!isWanted && post.unsureSinceMs === undefined && (isOurs || post.claimedAtMs === GIVEN_BACK)) {
    if (isOurs) await write(pass, { ...post, claimedAtMs: GIVEN_BACK }, stored);
    return "done";
  }
  if (!isOurs) {
    if (view.nowMs - post.claimedAtMs < CLAIM_MS) return "later";
    const isLeft = post.claimedAtMs !== GIVEN_BACK;
    const taken = { ...post, claimedAtMs: view.nowMs, unsureSinceMs: isLeft ? sinceOf(post) : post.unsureSinceMs };
    if (await write(pass, taken, stored)) pass.claimId = post.claimId;
    return "again";
  }
  const card = cardFor(pass, state, view);
  const earlier = post.unsureSinceMs === undefined ? "none" : "unknown_outcome";
  const marked = { claimId: post.claimId, earlier, sinceMs: sinceOf(post) } as const;
  const posted = await surface.post(target, card, marked).catch(async (fault: unknown) => {
    const isSurelyNot = fault instanceof SurfaceFault && fault.code !== "unknown_outcome";
    const unsureSinceMs = isSurelyNot ? post.unsureSinceMs : sinceOf(post);
    await write(pass, { ...post, claimedAtMs: GIVEN_BACK, unsureSinceMs }, stored);
    throw fault;
  });
  const stands = { ref: posted.ref, url: posted.url, olderCopy: post.olderCopy || posted.olderCopy === "may_stand" };
  const shown = { version: state.seq, shownVersion: state.seq, content: contentOf(card) };
  await write(pass, { ...post, ...stands, ...shown }, stored);
  return "again";
}

function sinceOf(post: PostRecord): number {
  return post.unsureSinceMs ?? post.claimedAtMs;
}

/** The message is gone, for instance deleted by somebody: posted anew while it waits for people, else left so. */
async function lost(pass: Pass, { state, view, post, stored }: Round, fault: unknown): Promise<Brought | "again"> {
  if (!(fault instanceof SurfaceFault) || fault.code !== "gone" || post.ref === undefined) throw fault;
  if (state.decision !== undefined || !pass.place.routed) return "done";
  const claimId = pass.deps.newId();
  const { olderCopy, told } = post;
  pass.overtaken = false;
  const renewed = { ...freshRecord(claimId, view.nowMs, told), olderCopy };
  if (await write(pass, renewed, stored)) pass.claimId = claimId;
  return "again";
}

interface Edit {
  readonly ref: PostedRef;
  readonly card: Card;
  readonly content: string;
}

/** Notes what it sets out to show, shows it, notes that it is shown. Who is overtaken meanwhile shows the newest again. */
async function edit(pass: Pass, { state, post, stored }: Round, { ref, card, content }: Edit): Promise<"again"> {
  if (state.seq < post.version) return "again";
  const intended = { ...post, version: state.seq, shownVersion: Math.min(post.shownVersion, state.seq - 1) };
  if (!(await write(pass, intended, stored))) return "again";
  pass.overtaken = true;
  await pass.place.surface.update(ref, card);
  const shown = { ...intended, shownVersion: state.seq, content };
  pass.overtaken = !(await write(pass, shown, toRecord(intended)));
  return "again";
}

async function tell(pass: Pass, { state, view, post, stored }: Round, ref: PostedRef): Promise<Brought | "again"> {
  const all = [...(post.olderCopy ? [olderCopyNotice(state)] : []), ...noticesOf(state, view)];
  const next = all.find((one) => !post.told.includes(one.key));
  if (next === undefined) return "done";
  await pass.place.surface.notify(ref, next.notice);
  await write(pass, { ...post, told: [...post.told, next.key] }, stored);
  return "again";
}

function write(pass: Pass, post: PostRecord, expected: JsonObject): Promise<boolean> {
  return pass.deps.store.writeRecord(POST_KIND, pass.key, toRecord(post), expected);
}

/** Everything that is drawn; the version is not. */
function contentOf({ version: _version, ...drawn }: Card): string {
  return createHash("sha256").update(JSON.stringify(drawn)).digest("hex");
}
