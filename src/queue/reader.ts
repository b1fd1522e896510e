/** Reads of the embedded store: synchronous steps as promises, with the store's faults. It knows no tables. */
import { StoreFault } from "../engine/store-fault.ts";
import { isSqliteError } from "./schema.ts";

/** Reads until it is closed. */
export interface Reader {
  /** The answer of this step; rejects with StoreFault `closed` or `read_failed`, or with what the step threw. */
  run<T>(step: () => T): Promise<T>;
  isClosed(): boolean;
  close(): void;
}

/** A reader that is open until `close`. */
export function createReader(): Reader {
  let isClosed = false;
  return {
    run: async (step) => {
      if (isClosed) throw closedFault();
      try {
        return step();
      } catch (cause) {
        throw isSqliteError(cause) ? readFault(cause) : cause;
      }
    },
    isClosed: () => isClosed,
    close: () => {
      isClosed = true;
    },
  };
}

/** The fault of a store that was closed. */
export function closedFault(): StoreFault {
  return new StoreFault("closed", "the store was closed: this process is stopping. Start it again");
}

function readFault(cause: Error): StoreFault {
  return new StoreFault(
    "read_failed",
    `the state database could not be read (${cause.message}): check the disk of the state folder, then try again`,
    cause,
  );
}
