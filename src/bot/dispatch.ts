/** Takes work from the store and shows the newest state of each request on every surface, again and again until it is shown. Decides nothing. */
import type { Store, Work } from "../engine/ports.ts";
import type { RequestState } from "../engine/request.ts";
import type { View } from "./card.ts";
import { distinct, type Placed, readPlaces, rememberPlaces } from "./places.ts";
import { bringUpToDate, isShown, type Place, type PostDeps } from "./post.ts";
import { placeKey } from "./post-record.ts";
import { type ChatSurface, SurfaceFault } from "./surface.ts";

export interface DispatchDeps {
  readonly store: Pick<
    Store,
    "load" | "nowMs" | "readRecord" | "writeRecord" | "claimWork" | "finishWork" | "onChange"
  >;
  readonly approvals: PostDeps["approvals"];
  readonly surfaces: readonly ChatSurface[];
  /** Where this request is shown. The same place twice is one place. Where it stood once it is edited to its end. */
  route(state: RequestState): Promise<readonly Placed[]>;
  readonly view: Omit<View, "nowMs">;
  /** When this service started, on the store's clock: what was decided before is posted nowhere for the first time. */
  readonly startedAtMs: number;
  newId(): string;
  /** Told of every fault; it is tried again all the same. */
  onFault(fault: unknown, requestId: string | undefined): void;
  /** Resolves after `ms`, or at once when aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Dispatch {
  /** Works until `stop`; woken by the store's push, and looking again every few seconds. */
  start(): void;
  /** Ends after what is being shown just now. */
  stop(): Promise<void>;
  /** Works off what can be claimed now. Failures stay claimed and are tried again later. */
  drain(): Promise<void>;
}

/** How long a claimed piece of work stays hidden from other workers. In milliseconds. */
const LEASE_MS = 30_000;
/** Safety net for a missed push. In milliseconds. */
const LOOK_AGAIN_MS = 5_000;
const WORKERS = 4;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

interface Retry {
  readonly failures: number;
  /** Places that failed: left alone until their time has come. */
  readonly resting: ReadonlySet<string>;
}

interface Run {
  readonly deps: DispatchDeps;
  readonly over: AbortController;
  /** By request: its work stays claimed until every place shows it. */
  readonly retries: Map<string, Retry>;
  readonly background: Set<Promise<void>>;
}

/** Makes the loop; nothing runs before `start` or `drain`. */
export function createDispatch(deps: DispatchDeps): Dispatch {
  const run: Run = { deps, over: new AbortController(), retries: new Map(), background: new Set() };
  const over = run.over.signal;
  let idle = new AbortController();

  /** A push during the work before counts: then there is no pause. */
  async function loop(): Promise<void> {
    while (!over.aborted) {
      idle = new AbortController();
      await drain(run).catch((fault: unknown) => deps.onFault(fault, undefined));
      await pause(run, LOOK_AGAIN_MS, AbortSignal.any([idle.signal, over]));
    }
  }

  function changed(requestId: string): void {
    idle.abort();
    if (run.retries.has(requestId)) track(run, showMeanwhile(run, requestId));
  }

  return {
    drain: () => drain(run),
    start() {
      over.addEventListener("abort", deps.store.onChange(changed), { once: true });
      track(run, loop());
    },
    async stop() {
      run.over.abort();
      await Promise.all(run.background);
    },
  };
}

async function pause({ deps }: Run, ms: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await deps.wait(ms, signal);
}

function track({ deps, background }: Run, running: Promise<void>): void {
  const guarded: Promise<void> = running
    .catch((fault: unknown) => deps.onFault(fault, undefined))
    .finally(() => background.delete(guarded));
  background.add(guarded);
}

async function drain(run: Run): Promise<void> {
  await Promise.all(Array.from({ length: WORKERS }, () => worker(run)));
}

async function worker(run: Run): Promise<void> {
  while (!run.over.signal.aborted) {
    const work = await run.deps.store.claimWork(LEASE_MS);
    if (work === undefined) return;
    if (!run.retries.has(work.requestId)) await handle(run, work);
  }
}

async function handle(run: Run, work: Work): Promise<void> {
  const { deps, retries } = run;
  const failed = await showEverywhere(deps, work.requestId, new Set());
  if (failed.length === 0) {
    retries.delete(work.requestId);
    await deps.store.finishWork(work.workId);
    return;
  }
  const failures = (retries.get(work.requestId)?.failures ?? 0) + 1;
  retries.set(work.requestId, { failures, resting: new Set(failed.map(({ place }) => place)) });
  const asked = failed.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs]));
  const usualMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
  track(run, again(run, work, asked.length === 0 ? usualMs : Math.max(...asked)));
}

async function again(run: Run, work: Work, afterMs: number): Promise<void> {
  await pause(run, afterMs, run.over.signal);
  if (!run.over.signal.aborted) await handle(run, work);
}

/** A place that fails keeps no other from following: they show each change at once, without any claim. */
async function showMeanwhile({ deps, retries, over }: Run, requestId: string): Promise<void> {
  const resting = retries.get(requestId)?.resting;
  if (resting !== undefined && !over.signal.aborted) await showEverywhere(deps, requestId, resting);
}

interface Failed {
  readonly place: string;
  /** What the platform asked for; undefined: the usual backing off. */
  readonly afterMs: number | undefined;
}

/** Shows a request in all its places but those that rest; gives those that failed. */
async function showEverywhere(
  deps: DispatchDeps,
  requestId: string,
  resting: ReadonlySet<string>,
): Promise<readonly Failed[]> {
  try {
    const state = await deps.store.load(requestId);
    if (state === undefined) return [];
    const places = await placesOf(deps, state);
    const shown = places.map(async (place): Promise<readonly Failed[]> => {
      const key = placeKey(place.surface.name, place.target);
      return resting.has(key) ? [] : showIn(deps, { requestId, place, key });
    });
    return (await Promise.all(shown)).flat();
  } catch (fault) {
    deps.onFault(fault, requestId);
    return [{ place: "", afterMs: undefined }];
  }
}

/** Where it is routed now, and where it was before. */
async function placesOf(deps: DispatchDeps, state: RequestState): Promise<readonly Place[]> {
  const { store, surfaces, startedAtMs } = deps;
  const requestId = state.facts.id;
  const known = await readPlaces(store, requestId);
  if (known.length === 0 && !isShown(state, { nowMs: await store.nowMs(), startedAtMs })) return [];
  const routed = distinct(await deps.route(state));
  await rememberPlaces(store, requestId, routed);
  return distinct([...routed, ...known]).flatMap((placed): readonly Place[] => {
    const surface = surfaces.find(({ name }) => name === placed.surface);
    return surface === undefined ? [] : [{ surface, target: placed.target, routed: routed.includes(placed) }];
  });
}

interface Showing {
  readonly requestId: string;
  readonly place: Place;
  readonly key: string;
}

async function showIn(deps: DispatchDeps, { requestId, place, key }: Showing): Promise<readonly Failed[]> {
  const { store, approvals, newId, view, startedAtMs } = deps;
  const viewAt = (nowMs: number): View => ({ ...view, nowMs });
  try {
    const brought = await bringUpToDate({ store, approvals, newId, viewAt, startedAtMs }, requestId, place);
    return brought === "done" ? [] : [{ place: key, afterMs: undefined }];
  } catch (fault) {
    deps.onFault(fault, requestId);
    return [{ place: key, afterMs: fault instanceof SurfaceFault ? fault.retryAfterMs : undefined }];
  }
}
