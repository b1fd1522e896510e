/** The state folder on disk: who may read it, its files, and the state key. It knows nothing of what is stored. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { StoreFault } from "../engine/store-fault.ts";

/** Mode bits mean nothing on Windows. */
const HAS_MODES = process.platform !== "win32";
const KEY_BYTES = 32;

/** The files of a state folder. */
export interface StateFiles {
  readonly database: string;
  readonly lock: string;
  readonly key: string;
}

/** Makes the folder (0700) and its files (0600) where they are not there yet. Throws StoreFault when it may not be used. */
export function prepareFolder(folder: string): StateFiles {
  const files = { database: join(folder, "state.db"), lock: join(folder, "lock.db"), key: join(folder, "key") };
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (HAS_MODES && (fs.statSync(folder).mode & 0o022) !== 0) throw unsafe(folder, "700");
    createFile(files.lock);
    createFile(files.database);
    syncFolder(folder);
  } catch (cause) {
    if (cause instanceof StoreFault) throw cause;
    throw new StoreFault(
      "folder_unusable",
      `the state folder ${folder} cannot be used: give state.path a folder that this user may write`,
      cause,
    );
  }
  return files;
}

/** An existing file is not opened: see lock.ts for why. SQLite gives its side files the same mode. */
function createFile(file: string): void {
  if (fs.existsSync(file)) return;
  fs.closeSync(fs.openSync(file, "wx", 0o600));
}

function syncFolder(folder: string): void {
  if (!HAS_MODES) return;
  const descriptor = fs.openSync(folder, "r");
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
}

/**
 * The state key: the one given, else the one in `file`, else a new one written there (`isNew` only: a folder that
 * already holds records never gets a new key). Throws StoreFault `bad_key`, `key_missing` or `folder_unsafe`.
 */
export function stateKey(given: Buffer | undefined, file: string, isNew: boolean): Buffer {
  if (given !== undefined) {
    if (given.length >= KEY_BYTES) return given;
    throw new StoreFault("bad_key", `state.key holds ${given.length} bytes, it must hold at least ${KEY_BYTES}`);
  }
  if (fs.existsSync(file)) return readKey(file);
  if (isNew) return createKey(file);
  throw new StoreFault(
    "key_missing",
    `${file} is gone, and the records beside it cannot be read without it: restore it, set state.key, or move the whole folder away to begin anew`,
  );
}

function readKey(file: string): Buffer {
  if (HAS_MODES && (fs.statSync(file).mode & 0o077) !== 0) throw unsafe(file, "600");
  const text = fs.readFileSync(file, "utf8").trim();
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, "hex");
  throw new StoreFault("bad_key", `${file} does not hold 64 hex digits: restore it from a backup`);
}

function createKey(file: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  const draft = `${file}.new`;
  fs.rmSync(draft, { force: true });
  fs.writeFileSync(draft, `${key.toString("hex")}\n`, { mode: 0o600, flag: "wx", flush: true });
  fs.renameSync(draft, file);
  syncFolder(join(file, ".."));
  return key;
}

function unsafe(path: string, mode: string): StoreFault {
  return new StoreFault("folder_unsafe", `${path} is open to other users of this machine: run chmod ${mode} ${path}`);
}
