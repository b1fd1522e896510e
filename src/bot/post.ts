/** Brings one card in one place up to the newest state: claims, posts or edits, tells. Safe to repeat after a crash at any line. */
import { createHash } from "node:crypto";
import type { Approvals } from "../engine/approvals.ts";
import type { JsonObject } from "../engine/json.ts";
import type { Store } from "../engine/ports.ts";
import type { RequestState } from "../engine/request.ts";
import { cardOf, type View } from "./card.ts";
import { noticesOf } from "./notices.ts";
import { fromRecord, POST_KIND, type PostRecord, postKey, toRecord } from "./post-record.ts";
import type { Card, ChatSurface, PostedRef, Target } from "./surface.ts";

export interface PostDeps {
  readonly store: Pick<Store, "load" | "nowMs" | "readRecord" | "writeRecord">;
  readonly approvals: Pick<Approvals, "delivered">;
  viewAt(nowMs: number): View;
  newId(): string;
}

export interface Place {
  readonly surface: ChatSurface;
  readonly target: Target;
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
      if (!isShown(state)) return "done";
      await claim(pass, state, view);
      continue;
    }
    const step = await advance(pass, { state, view, stored, post: fromRecord(stored) });
    if (step !== "again") return step;
  }
  return "later";
}

/** Is there anything to show about a request that nobody has been shown yet? What policy decided quietly is not posted. */
export function isShown(state: RequestState): boolean {
  const { requirement, decision, facts } = state;
  if (requirement.seats.length + requirement.notify.length === 0) return false;
  if (decision === undefined || facts.mode === "observe") return true;
  const ranUnreviewed = decision.verdict === "timed_out" && decision.released;
  return requirement.notify.length > 0 || ranUnreviewed || decision.by === "break_glass" || decision.by === "policy";
}

async function claim(pass: Pass, state: RequestState, view: View): Promise<void> {
  const claimId = pass.deps.newId();
  const fresh: PostRecord = {
    claimId,
    claimedAtMs: view.nowMs,
    ref: undefined,
    version: 0,
    shownVersion: 0,
    content: "",
    told: noticesOf(state, view).map((one) => one.key),
  };
  if (await pass.deps.store.writeRecord(POST_KIND, pass.key, toRecord(fresh), undefined)) pass.claimId = claimId;
}

async function advance(pass: Pass, round: Round): Promise<Brought | "again"> {
  const { post, state } = round;
  const { ref } = post;
  if (ref === undefined) return first(pass, round);
  const isKnown = state.deliveries.some((known) => known.surface === ref.surface && known.ref === ref.ref);
  if (!isKnown) {
    const outcome = await pass.deps.approvals.delivered(state.facts.id, ref.surface, ref.ref);
    return outcome.kind === "done" ? "again" : "later";
  }
  const card = cardOf(state, round.view);
  const content = contentOf(card);
  const isShownNow = post.content === content && post.version === post.shownVersion;
  if (!isShownNow || pass.overtaken) return edit(pass, round, { ref, card, content });
  return tell(pass, round, ref);
}

/** Posts under the claim. The mark is the same after a crash, so the surface finds a card that was posted already. */
async function first(pass: Pass, { state, view, post, stored }: Round): Promise<Brought | "again"> {
  const { surface, target } = pass.place;
  if (post.claimId !== pass.claimId) {
    if (view.nowMs - post.claimedAtMs < CLAIM_MS) return "later";
    if (await write(pass, { ...post, claimedAtMs: view.nowMs }, stored)) pass.claimId = post.claimId;
    return "again";
  }
  const card = cardOf(state, view);
  const ref = await surface.post(target, card, post.claimId).catch(async (fault: unknown) => {
    await write(pass, { ...post, claimedAtMs: 0 }, stored);
    throw fault;
  });
  await write(pass, { ...post, ref, version: state.seq, shownVersion: state.seq, content: contentOf(card) }, stored);
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
  const next = noticesOf(state, view).find((one) => !post.told.includes(one.key));
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
