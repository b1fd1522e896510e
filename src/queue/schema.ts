/** The embedded store's tables, and opening its database file. What the rows mean stands in the files that use them. */
import Database from "libsql";
import * as z from "zod";
import { StoreFault } from "../engine/store-fault.ts";

/** A libsql connection. */
export type Connection = Database.Database;

const SCHEMA_VERSION = 1;

/**
 * `body` columns are sealed records (codec.ts); all other columns are derived from them and only find rows. The order of
 * requests is the order in which they were opened: their rowid. Indexes are few, for each is
 * a page more to write; where two would fit, the statement names its own (INDEXED BY).
 * moment_ms: when time alone next changes the request; offer_ms: when `due` next hands it out, moment_ms or later.
 * held: 1 while `forget` must leave the request, because it is open, not in the audit log, or awaits its after-review.
 */
const TABLES = `
CREATE TABLE requests (
  request_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  client_request_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  action_name TEXT NOT NULL,
  status TEXT NOT NULL,
  finished_ms INTEGER,
  moment_ms INTEGER,
  offer_ms INTEGER,
  held INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_by_key ON requests (agent_id, client_request_id);
CREATE INDEX requests_by_fingerprint ON requests (agent_id, fingerprint);
CREATE INDEX requests_by_status ON requests (status);
CREATE INDEX requests_by_agent ON requests (agent_id, status);
CREATE INDEX requests_by_action ON requests (agent_id, action_name, finished_ms) WHERE finished_ms IS NOT NULL;
CREATE INDEX requests_by_offer ON requests (offer_ms) WHERE offer_ms IS NOT NULL;
CREATE INDEX requests_by_finish ON requests (finished_ms) WHERE held = 0;
CREATE TABLE events (
  request_id TEXT NOT NULL, seq INTEGER NOT NULL, command_id TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (request_id, seq)
) STRICT;
CREATE TABLE outbox (id INTEGER PRIMARY KEY, request_id TEXT, body TEXT NOT NULL) STRICT;
CREATE TABLE work (request_id TEXT PRIMARY KEY, position INTEGER NOT NULL, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX work_by_position ON work (position);
CREATE TABLE records (
  kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the database for durable commits: a commit that was answered survives the loss of power.
 * Throws StoreFault `folder_unusable` for a file that is damaged or no database, `newer_version` for a newer layout.
 */
export function openDatabase(file: string): { readonly db: Connection; readonly isNew: boolean } {
  const db = new Database(file);
  try {
    configure(db);
    const version = layoutOf(db);
    if (version <= SCHEMA_VERSION) return { db, isNew: version === 0 };
    throw new StoreFault(
      "newer_version",
      `${file} has layout ${version}, this build reads up to ${SCHEMA_VERSION}: start the newer build of attesta-chatops that wrote it`,
    );
  } catch (cause) {
    db.close();
    throw isSqliteError(cause) ? damaged(file, cause) : cause;
  }
}

function configure(db: Connection): void {
  db.exec("PRAGMA busy_timeout = 1000");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  // On macOS a plain fsync does not reach the disk. Source: sqlite.org/pragma.html#pragma_fullfsync
  db.exec("PRAGMA fullfsync = ON");
  db.exec("PRAGMA checkpoint_fullfsync = ON");
  // The log is copied into the database less often than by default (every 32 MiB, not 4), and 64 MiB of pages stay in
  // memory: both pay when many requests come at once, see docs/decisions/002-embedded-store.md.
  db.exec("PRAGMA wal_autocheckpoint = 8192");
  db.exec("PRAGMA journal_size_limit = 67108864");
  db.exec("PRAGMA cache_size = -65536");
}

function layoutOf(db: Connection): number {
  return z.object({ user_version: z.int() }).parse(db.prepare("PRAGMA user_version").get([])).user_version;
}

function damaged(file: string, cause: Error): StoreFault {
  return new StoreFault(
    "folder_unusable",
    `${file} cannot be opened (${cause.message}): restore the state folder from a backup, or move it away to begin anew`,
    cause,
  );
}

/** Makes the tables and their first `meta` rows in one step: after a crash there are all or none. */
export function createTables(db: Connection, meta: Readonly<Record<string, string>>): void {
  db.exec("BEGIN IMMEDIATE");
  db.exec(TABLES);
  const insert = db.prepare("INSERT INTO meta (name, body) VALUES (?, ?)");
  for (const [name, body] of Object.entries(meta)) insert.run([name, body]);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  db.exec("COMMIT");
}

/**
 * A text as stored in a column that finds rows: as it is, but for what SQLite's text cannot tell apart or cuts off
 * (lone surrogates, NUL), which stand as JSON escapes. Different texts stay different.
 */
export function column(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The text that `column` was given. */
export function fromColumn(stored: string): string {
  return z.string().parse(JSON.parse(`"${stored}"`));
}

/** True for an error that libsql reports from SQLite: the disk or the database, not a bug of ours. */
export function isSqliteError(cause: unknown): cause is Error {
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("SQLITE_");
}
