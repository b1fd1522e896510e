/** Which refused presses were written down lately: a redelivered one is the same press, and gets no second entry. */

export interface Noted {
  /** True the first time this press is seen; in memory, for the newest presses. */
  isNew(press: string): boolean;
}

/** Platforms redeliver within minutes; this many presses are hours even for a large team. */
const NEWEST = 10_000;

export function createNoted(): Noted {
  const seen = new Set<string>();
  return {
    isNew(press) {
      if (seen.has(press)) return false;
      seen.add(press);
      const [oldest] = seen;
      if (seen.size > NEWEST && oldest !== undefined) seen.delete(oldest);
      return true;
    },
  };
}
