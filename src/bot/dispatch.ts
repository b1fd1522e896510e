/** Takes work from the store and shows the newest state of each request on every surface, again and again until it is shown. Decides nothing. */
import type { Store, Work } from "../engine/ports.ts";
import type { RequestState } from "../engine/request.ts";
import type { View } from "./card.ts";
import { type Brought, bringUpToDate, type Place, type PostDeps } from "./post.ts";
import { type ChatSurface, SurfaceFault, type Target } from "./surface.ts";

export interface DispatchDeps {
  readonly store: Pick<
    Store,
    "load" | "nowMs" | "readRecord" | "writeRecord" | "claimWork" | "finishWork" | "onChange"
  >;
  readonly approvals: PostDeps["approvals"];
  readonly surfaces: readonly ChatSurface[];
  /** Where this request is shown, by surface name. The same place twice is one place. */
  route(state: RequestState): readonly { readonly surface: string; readonly target: Target }[];
  readonly view: Omit<View, "nowMs">;
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
}

/** Makes the loop; nothing runs before `start` or `drain`. */
export function createDispatch(deps: DispatchDeps): Dispatch {
  const over = new AbortController();
  const retries = new Map<string, Retry>();
  const background = new Set<Promise<void>>();
  let wake: () => void = () => {};

  /** A push during the work before counts: then there is no pause. */
  const pause = async (ms: number, signal: AbortSignal) => (signal.aborted ? undefined : deps.wait(ms, signal));
  const show = (work: Work) => showEverywhere(deps, work.requestId);

  async function handle(work: Work): Promise<void> {
    const result = await show(work);
    if (result === "done") {
      retries.delete(work.requestId);
      await deps.store.finishWork(work.workId);
      return;
    }
    const failures = (retries.get(work.requestId)?.failures ?? 0) + 1;
    retries.set(work.requestId, { failures });
    track(again(work, result.afterMs ?? Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))));
  }

  async function again(work: Work, afterMs: number): Promise<void> {
    await pause(afterMs, over.signal);
    if (!over.signal.aborted) await handle(work);
  }

  function track(running: Promise<void>): void {
    const guarded: Promise<void> = running
      .catch((fault: unknown) => deps.onFault(fault, undefined))
      .finally(() => background.delete(guarded));
    background.add(guarded);
  }

  async function worker(): Promise<void> {
    while (!over.signal.aborted) {
      const work = await deps.store.claimWork(LEASE_MS);
      if (work === undefined) return;
      if (!retries.has(work.requestId)) await handle(work);
    }
  }

  async function drain(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, worker));
  }

  async function loop(): Promise<void> {
    while (!over.signal.aborted) {
      const idle = new AbortController();
      wake = () => idle.abort();
      await drain().catch((fault: unknown) => deps.onFault(fault, undefined));
      await pause(LOOK_AGAIN_MS, AbortSignal.any([idle.signal, over.signal]));
    }
  }

  return {
    drain,
    start() {
      const unlisten = deps.store.onChange(() => wake());
      over.signal.addEventListener("abort", unlisten, { once: true });
      track(loop());
    },
    async stop() {
      over.abort();
      await Promise.all(background);
    },
  };
}

interface Failed {
  /** What the platform asked for; undefined: the usual backing off. */
  readonly afterMs: number | undefined;
}

/** One surface that fails keeps no other from showing it. */
async function showEverywhere(deps: DispatchDeps, requestId: string): Promise<"done" | Failed> {
  try {
    const state = await deps.store.load(requestId);
    if (state === undefined) return "done";
    const places = placesOf(deps, state);
    const results = await Promise.all(places.map((place) => showIn(deps, requestId, place)));
    const failed = results.filter((result) => result !== "done");
    if (failed.length === 0) return "done";
    const asked = failed.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs]));
    return { afterMs: asked.length === 0 ? undefined : Math.max(...asked) };
  } catch (fault) {
    deps.onFault(fault, requestId);
    return { afterMs: undefined };
  }
}

function placesOf(deps: DispatchDeps, state: RequestState): readonly Place[] {
  const routed = deps.route(state).map(({ surface: name, target }): readonly [string, Place | undefined] => {
    const surface = deps.surfaces.find((candidate) => candidate.name === name);
    return [
      JSON.stringify([name, target.kind, target.kind === "channel" ? target.channel : target.person]),
      surface && { surface, target },
    ];
  });
  return [...new Map(routed).values()].filter((place) => place !== undefined);
}

async function showIn(deps: DispatchDeps, requestId: string, place: Place): Promise<"done" | Failed> {
  const { store, approvals, newId, view } = deps;
  const viewAt = (nowMs: number): View => ({ ...view, nowMs });
  try {
    const brought: Brought = await bringUpToDate({ store, approvals, newId, viewAt }, requestId, place);
    return brought === "done" ? "done" : { afterMs: undefined };
  } catch (fault) {
    deps.onFault(fault, requestId);
    return { afterMs: fault instanceof SurfaceFault ? fault.retryAfterMs : undefined };
  }
}
