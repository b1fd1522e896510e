/** Reads what is typed after `attesta audit ...`: files, times, heads, names. Wrong input ends with exit code 2. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Writable } from "node:stream";
import type { DecisionFilter } from "../audit/query.ts";
import type { AuditHead } from "../engine/ports.ts";
import { visibleName } from "../engine/visible.ts";
import { CliExit } from "./context.ts";

/** What the audit commands need of CliContext. */
export interface AuditContext {
  readonly cwd: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface AuditCommandOptions {
  /** The log that is meant when no FILE is given. */
  readonly defaultPath: () => Promise<string>;
}

/** Absolute path of the log: FILE, else the config's. */
export async function logPath(
  file: string | undefined,
  context: AuditContext,
  options: AuditCommandOptions,
): Promise<string> {
  return resolve(context.cwd, file ?? (await options.defaultPath()));
}

/** Opens a log for reading only, and closes it afterwards. A file that cannot be read ends with exit code 1. */
export async function withLog<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw unreadable(path, isMissing ? "there is no such file" : error instanceof Error ? error.message : "unknown");
  });
  try {
    if (!(await file.stat()).isFile()) throw unreadable(path, "it is not a regular file");
    return await use(file);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, why: string): CliExit {
  return new CliExit(1, `✗ ${path}: no audit log to read (${why})`);
}

/** Writes text and waits while the reader is slower. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (text === "" || stream.write(text)) return;
  await new Promise<void>((done) => {
    const finish = () => {
      stream.off("drain", finish).off("close", finish).off("error", finish);
      done();
    };
    stream.on("drain", finish).on("close", finish).on("error", finish);
  });
}

/** `N:HASH` as cards, receipts and verdicts carry it. */
export function parseHead(text: string, option: string): AuditHead {
  const found = /^([1-9]\d{0,15}):([0-9a-fA-F]{64})$/.exec(text.trim());
  const [, number, hash] = found ?? [];
  if (number === undefined || hash === undefined) {
    const hint = "a short hash proves nothing, since one that begins alike can be made";
    throw new CliExit(2, `${option} takes N:HASH with all 64 hex digits, not ${visibleName(text)} (${hint})`);
  }
  return { number: Number(number), hash: hash.toLowerCase() };
}

/** One of these names, or exit code 2 with all of them. */
export function parseName<T extends string>(text: string, names: readonly T[], option: string): T {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new CliExit(2, `${option} is one of ${names.join(", ")}, not ${visibleName(text)}`);
  return found;
}

/** A number of seconds, zero or more. */
export function parseSeconds(text: string, option: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new CliExit(2, `${option} takes seconds, not ${visibleName(text)}`);
  return Number(text);
}

const VERDICTS = ["approved", "denied", "timed_out", "cancelled"] as const;
const DAY_MS = 86_400_000;

export interface FilterOptions {
  readonly action?: string;
  readonly verdict?: string;
  readonly agent?: string;
  readonly since?: string;
  readonly until?: string;
}

/** The filter that these options mean. `--until` a day includes that day. */
export function parseFilter(options: FilterOptions): DecisionFilter {
  const { action, verdict, agent, since, until } = options;
  const filter = {
    ...(action === undefined ? {} : { action }),
    ...(verdict === undefined ? {} : { verdict: parseName(verdict, VERDICTS, "--verdict") }),
    ...(agent === undefined ? {} : { agent }),
    ...(since === undefined ? {} : { sinceMs: parseTime(since, "--since", 0) }),
    ...(until === undefined ? {} : { untilMs: parseTime(until, "--until", DAY_MS) }),
  };
  if (filter.sinceMs !== undefined && filter.untilMs !== undefined && filter.sinceMs >= filter.untilMs) {
    throw new CliExit(2, "--since is not before --until");
  }
  return filter;
}

/** A day in UTC, or a time that names its zone; a day counts from its beginning plus `dayMs`. */
function parseTime(text: string, option: string, dayMs: number): number {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = isDay || isTime ? Date.parse(text) : Number.NaN;
  // Date.parse takes 2026-02-30 for 2 March; the day that comes back tells.
  const isReal =
    !Number.isNaN(ms) && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  if (!isReal) {
    const examples = "2026-02-13 (UTC) or 2026-02-13T10:30:00Z";
    throw new CliExit(
      2,
      `${option} takes a day or a time with its zone, such as ${examples}, not ${visibleName(text)}`,
    );
  }
  return isDay ? ms + dayMs : ms;
}
