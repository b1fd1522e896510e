/** Taking over a changed config while the service runs: wholly or not at all, one after the other. */
import type { Config } from "../config/types.ts";
import { isFault } from "../engine/fault.ts";

export interface ReloadDeps {
  /** Reads and checks the file again. */
  readonly load: () => Config;
  /** Writes the change down, then swaps. */
  readonly take: (next: Config) => Promise<void>;
  readonly log: {
    info(message: string): void;
    error(about: { readonly err: unknown }, message: string): void;
  };
}

const KEPT = "config not reloaded, the old one stays in force";

/** Never rejects: whatever fails is logged and the old config stays. */
export function createReload({ load, take, log }: ReloadDeps): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      await take(load());
      log.info("config reloaded");
    } catch (err) {
      const why = isFault(err) ? err.message : "a bug, see its stack";
      log.error({ err }, `${KEPT}: ${why}`);
    }
  };
  return () => {
    last = last.then(reload);
    return last;
  };
}
