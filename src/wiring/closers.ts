/** What has to be closed again, newest first. */

export interface Closers {
  add(close: () => Promise<void>): void;
  /** Closes everything once, whatever fails on the way; throws the first failure at the end. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const open: (() => Promise<void>)[] = [];
  return {
    add: (close) => void open.push(close),
    async closeAll() {
      const failures: unknown[] = [];
      for (const close of open.splice(0).reverse()) await close().catch((failure: unknown) => failures.push(failure));
      if (failures.length > 0) throw failures[0];
    },
  };
}
