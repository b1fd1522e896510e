/** The part of a service that nobody sees: store, directory, approvals, audit log, and time. */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { openAuditLog } from "../audit/file.ts";
import { createAuditWriter } from "../audit/writer.ts";
import { createDirectory, type DirectoryDeps } from "../config/directory.ts";
import type { Config } from "../config/types.ts";
import type { Approvals } from "../engine/approvals.ts";
import { createApprovals } from "../engine/create-approvals.ts";
import type { Directory, Random, Store } from "../engine/ports.ts";
import { createEmbeddedStore } from "../queue/embedded.ts";
import type { Closers } from "./closers.ts";
import type { Current } from "./current.ts";
import { configuredKey, fingerprintOf } from "./state-key.ts";
import { startTicking } from "./ticking.ts";

export interface CoreOptions {
  readonly log: Logger;
  /** How much faster than the wall the clock runs. */
  readonly speed: number;
  readonly current: () => Current;
  /** The chat platforms' groups as role members. */
  readonly groups?: DirectoryDeps["groups"];
  /** Whose an account is that config does not name. */
  readonly linked?: DirectoryDeps["linked"];
}

export interface Core {
  readonly store: Store;
  readonly directory: Directory;
  readonly approvals: Approvals;
  /** What keeps verdicts from being released, in words; undefined while entries are taken. */
  auditTrouble(): string | undefined;
  auditEntries(): number;
}

export const random: Random = { hex: (bytes) => randomBytes(bytes).toString("hex") };

/** Opens everything in order; each part is closed through `closers`, in reverse. */
export async function openCore(options: CoreOptions, closers: Closers): Promise<Core> {
  const { log, current } = options;
  const { config } = current();
  const store = await openStore(config, options);
  closers.add(() => store.close());
  const startMs = await store.nowMs();
  const auditLog = await openAuditLog({ path: config.audit.path, now: () => Math.max(startMs, Date.now()) });
  closers.add(() => auditLog.close());
  const directory = createDirectory({
    config: () => current().config,
    groups: options.groups ?? [],
    nowMs: () => store.nowMs(),
    ...(options.linked !== undefined && { linked: options.linked }),
  });
  const approvals = createApprovals({
    store,
    directory,
    random,
    policy: () => current().policy,
    isPerson: (email) => current().config.people.some((person) => person.email === email),
    fingerprint: fingerprintOf(config.state),
    answers: config.audit.answers,
  });
  closers.add(async () => approvals.close());
  const writer = createAuditWriter({
    store,
    log: auditLog,
    audited: (id, entry, hash) => approvals.audited(id, entry, hash),
    onFault: (fault) =>
      log.error({ err: fault }, "the audit log takes no entries: no verdict is released until it does"),
  });
  await writer.start();
  closers.add(() => writer.stop());
  const ticking = startTicking({
    store,
    approvals,
    speed: options.speed,
    keepMs: () => current().config.state.keepMs,
    onFault: (fault) => log.error({ err: fault }, "what is due could not be looked at"),
  });
  closers.add(() => ticking.stop());
  return { store, directory, approvals, auditTrouble: writer.trouble, auditEntries: () => auditLog.head().number };
}

function openStore(config: Config, { log, speed }: CoreOptions): Promise<Store> {
  const startMs = Date.now();
  return createEmbeddedStore({
    folder: config.state.path,
    key: configuredKey(config.state),
    wallClock: () => startMs + (Date.now() - startMs) * speed,
    onAlarm: (fault) => log.error({ err: fault }, "a stored record does not verify and is held"),
  });
}
