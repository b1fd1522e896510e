/** When to look whether an agent still waits. Kept in memory, on the store's clock: who was heard is not durable either. */
import { SILENCE_MS } from "./decide/time.ts";
import type { RequestState } from "./request.ts";

export interface Silence {
  /** Looks at this request again at `atMs`; replaces when it was to be looked at before. */
  watch(requestId: string, atMs: number): void;
  /** Those whose time has come; each is given once. */
  take(nowMs: number): readonly string[];
  /** When the next one comes; undefined without any. */
  nextAtMs(): number | undefined;
}

/** Watches nothing at first. */
export function createSilence(): Silence {
  const looks = new Map<string, number>();
  return {
    watch: (requestId, atMs) => void looks.set(requestId, atMs),
    take(nowMs) {
      const due = [...looks].flatMap(([requestId, atMs]) => (atMs <= nowMs ? [requestId] : []));
      for (const requestId of due) looks.delete(requestId);
      return due;
    },
    nextAtMs: () => (looks.size === 0 ? undefined : Math.min(...looks.values())),
  };
}

/** The next moment after `nowMs` at which silence since `heardAtMs` means something more; undefined when none is left. */
export function nextSilenceMs(state: RequestState, heardAtMs: number, nowMs: number): number | undefined {
  if (state.status !== "pending") return undefined;
  const { abandonAfterMs } = state.requirement;
  const moments = [SILENCE_MS, ...(abandonAfterMs === undefined ? [] : [abandonAfterMs])].map((ms) => heardAtMs + ms);
  const left = moments.filter((atMs) => atMs > nowMs);
  return left.length === 0 ? undefined : Math.min(...left);
}
