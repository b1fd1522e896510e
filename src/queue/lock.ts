/** One process per state folder: an exclusive lock that the system frees at the moment the process dies. No lease. */
import Database from "libsql";
import { StoreFault } from "../engine/store-fault.ts";

/**
 * Takes the lock or throws StoreFault `locked`. Gives how to free it.
 * Only `exec` is used: in libsql 0.5.29 a prepared statement keeps its connection, and so the lock, until it is collected
 * (github.com/tursodatabase/libsql-js/issues/228). The file is never opened and closed by other means: POSIX drops a
 * process's locks on a file when any of its descriptors of that file is closed.
 */
export function lockFolder(folder: string, file: string): () => void {
  const db = new Database(file);
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    throw isBusy(cause) ? lockedFault(folder, cause) : unusableFault(folder, cause);
  }
  return () => {
    db.exec("ROLLBACK");
    db.close();
  };
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY";
}

function lockedFault(folder: string, cause: unknown): StoreFault {
  return new StoreFault(
    "locked",
    `the state folder ${folder} belongs to another attesta process that is running. Stop that one, let this one join it over its socket or URL, or give this one another state.path`,
    cause,
  );
}

function unusableFault(folder: string, cause: unknown): StoreFault {
  return new StoreFault(
    "folder_unusable",
    `the state folder ${folder} cannot be locked: it must be writable, and on a local disk rather than a network one`,
    cause,
  );
}
