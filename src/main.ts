/** One running service: store, approvals, audit writer, bot and API wired together. Knows every implementation, decides nothing. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { createServer } from "./api/server.ts";
import { socketPathOf } from "./api/socket.ts";
import { openAuditLog } from "./audit/file.ts";
import { type AuditWriter, createAuditWriter } from "./audit/writer.ts";
import { createDispatch } from "./bot/dispatch.ts";
import { createInteract } from "./bot/interact.ts";
import type { ChatSurface, Interaction, Reply } from "./bot/surface.ts";
import { whoLine } from "./bot/who.ts";
import { createDirectory } from "./config/directory.ts";
import type { Config } from "./config/types.ts";
import type { Approvals } from "./engine/approvals.ts";
import { createApprovals } from "./engine/create-approvals.ts";
import type { JsonObject } from "./engine/json.ts";
import type { Account } from "./engine/model.ts";
import type { AuditLog, Directory, Random, Store } from "./engine/ports.ts";
import { rolesAsked } from "./engine/quorum.ts";
import { freeDraft } from "./engine/record.ts";
import type { RequestState } from "./engine/request.ts";
import { createEmbeddedStore } from "./queue/embedded.ts";
import { startTicking } from "./ticking.ts";

export interface ServiceOptions {
  readonly log: Logger;
  /** Listen on the config's host and port; false: only on the socket in the state folder. */
  readonly tcp: boolean;
  /** How much faster than the wall the clock runs; 1 but for scripted people. */
  readonly speed: number;
  readonly surfaces: readonly ChatSurface[];
  /** An agent that lives in this process, with a token that only it knows. */
  readonly ownAgent?: { readonly id: string; readonly token: string };
  /** Nobody can answer here: what needs people is denied at once, in words. */
  readonly unattended?: boolean;
}

export interface Service {
  /** Where it listens on TCP; undefined without. */
  readonly url: string | undefined;
  readonly socketPath: string;
  readonly store: Store;
  readonly approvals: Approvals;
  readonly directory: Directory;
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  /** Takes over a newly checked config: policy, people, roles. Not the paths and ports. */
  reload(config: Config): Promise<void>;
  /** Finishes what is in hand, writes what must be written, then closes. */
  stop(): Promise<void>;
}

const random: Random = { hex: (bytes) => randomBytes(bytes).toString("hex") };

/** Starts everything; throws the fault of the part that could not start, with the others closed again. */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await assemble(config, options, closers);
  } catch (fault) {
    for (const close of closers.reverse())
      await close().catch((error) => options.log.error({ err: error }, "while closing"));
    throw fault;
  }
}

async function assemble(first: Config, options: ServiceOptions, closers: (() => Promise<void>)[]): Promise<Service> {
  const { log } = options;
  let config = first;
  let policy = policyFor(config, options);
  const store = await openStore(config, options);
  closers.push(() => store.close());
  const auditLog = await openLog(config, store);
  closers.push(() => auditLog.close());
  const directory = createDirectory({ config: () => config, groups: [], nowMs: () => store.nowMs() });
  const approvals = createApprovals({
    store,
    directory,
    random,
    policy: () => policy,
    isPerson: (email) => config.people.some((person) => person.email === email),
    fingerprint: fingerprintUnder(stateKeyOf(config)),
    answers: config.audit.answers,
  });
  closers.push(async () => approvals.close());
  const writer = writerFor(store, { auditLog, approvals, log });
  await writer.start();
  closers.push(() => writer.stop());
  const roleTitle = (role: string): string => config.roles.find((candidate) => candidate.name === role)?.title ?? role;
  const newId = (): string => random.hex(16);
  const interact = createInteract({
    approvals,
    directory,
    list: () => store.list({ limit: 200 }),
    nowMs: () => store.nowMs(),
    roleTitle,
    newId,
    onFault: (fault) => log.error({ err: fault }, "a press was not recorded"),
  });
  const view = { nameOf: directory.nameOf, roleTitle };
  closers.push(await startSurfaces({ store, approvals, interact, view, options }));
  const ticking = startTicking({
    store,
    approvals,
    speed: options.speed,
    keepMs: () => config.state.keepMs,
    onFault: (fault) => log.error({ err: fault }, "ticking"),
  });
  closers.push(() => ticking.stop());
  const holders = await directory.holdersOf(Object.keys(config.policy.roles));
  const server = createServer({
    approvals,
    reviews: interact,
    agentByToken: (token) => agentByToken(config, options, token),
    personByReviewToken: (token) => reviewerOf(config, token),
    list: (filter) => store.list(filter),
    whoText: (state: RequestState) => whoLine(state, holders, view),
    nameOf: directory.nameOf,
    nowMs: () => store.nowMs(),
    readiness: async () => ({ ok: true, checks: { store: "ok", audit: `ok, entry ${auditLog.head().number}` } }),
    newId,
    hosts: [],
    report: (error, about) => log.error({ err: error, ...about }, "request failed"),
  });
  closers.push(() => server.close());
  await store.note([configEntry("started", config, await store.nowMs())]);
  const socketPath = await socketPathOf(config.state.path);
  await server.listen({ socketPath });
  const url = options.tcp ? (await server.listen(config.server)).url : undefined;
  return {
    url,
    socketPath,
    store,
    approvals,
    directory,
    interact,
    async reload(next) {
      policy = policyFor(next, options);
      config = { ...next, state: config.state, audit: config.audit, server: config.server };
      await store.note([configEntry("config_changed", config, await store.nowMs())]);
    },
    async stop() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** One object per config: the engine compiles what it needs once for it. */
function policyFor({ policy }: Config, { unattended }: ServiceOptions): Config["policy"] {
  if (unattended !== true) return policy;
  return {
    ...policy,
    nobodyToAsk:
      "there is no terminal to ask at here, and no service is running that could ask: start one with attesta start",
  };
}

function openStore(config: Config, { log, speed }: ServiceOptions): Promise<Store> {
  const startMs = Date.now();
  return createEmbeddedStore({
    folder: config.state.path,
    key: configuredKey(config),
    wallClock: () => startMs + (Date.now() - startMs) * speed,
    onAlarm: (fault) => log.error({ err: fault }, "a stored record does not verify and is held"),
  });
}

function configuredKey(config: Config): Buffer | undefined {
  const { key } = config.state;
  if (key === undefined) return undefined;
  return /^([0-9a-f]{2}){32,}$/i.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "utf8");
}

/** The key in use: config's, else the one that the store made in its folder. */
function stateKeyOf(config: Config): Buffer {
  return configuredKey(config) ?? Buffer.from(readFileSync(join(config.state.path, "key"), "utf8").trim(), "hex");
}

function fingerprintUnder(key: Buffer): (secretText: string) => string {
  return (secretText) => createHmac("sha256", key).update("fingerprint\0").update(secretText).digest("hex");
}

async function openLog(config: Config, store: Store): Promise<AuditLog> {
  const startMs = await store.nowMs();
  return openAuditLog({ path: config.audit.path, now: () => Math.max(startMs, Date.now()) });
}

function writerFor(store: Store, parts: { auditLog: AuditLog; approvals: Approvals; log: Logger }): AuditWriter {
  return createAuditWriter({
    store,
    log: parts.auditLog,
    audited: (id, entry, hash) => parts.approvals.audited(id, entry, hash),
    onFault: (fault) =>
      parts.log.error({ err: fault }, "the audit log takes no entries: no verdict is released until it does"),
  });
}

interface Surfacing {
  readonly store: Store;
  readonly approvals: Approvals;
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  readonly view: { nameOf(person: string): string; roleTitle(role: string): string };
  readonly options: ServiceOptions;
}

/** Starts the bot over the given surfaces; gives how to stop it. */
async function startSurfaces({ store, approvals, interact, view, options }: Surfacing): Promise<() => Promise<void>> {
  const { surfaces, log } = options;
  if (surfaces.length === 0) return async () => {};
  const dispatch = createDispatch({
    store,
    approvals,
    surfaces,
    route: (state) =>
      surfaces.map(({ name }) => ({
        surface: name,
        target: { kind: "channel", channel: "default", mention: rolesAsked(state) },
      })),
    view,
    newId: () => random.hex(16),
    onFault: (fault, requestId) => log.error({ err: fault, request: requestId }, "could not show a request"),
    wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  });
  for (const surface of surfaces) await surface.start(interact);
  dispatch.start();
  return async () => {
    await dispatch.stop();
    for (const surface of surfaces) await surface.stop();
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Compares against every candidate, in constant time each. */
function nameByToken(candidates: readonly (readonly [string, string])[], token: string): string | undefined {
  const given = sha256(token);
  let found: string | undefined;
  for (const [name, hash] of candidates) {
    const known = Buffer.from(hash, "hex");
    if (known.length === given.length && timingSafeEqual(known, given)) found = name;
  }
  return found;
}

function agentByToken(config: Config, { ownAgent }: ServiceOptions, token: string): string | undefined {
  const own = ownAgent === undefined ? [] : [[ownAgent.id, sha256(ownAgent.token).toString("hex")] as const];
  return nameByToken([...Object.entries(config.agentTokens), ...own], token);
}

/** Whose review token this is, as an account of the terminal. */
export function reviewerOf(config: Config, token: string): Account | undefined {
  const hashes = config.people.flatMap(({ email, reviewTokenSha256 }) =>
    reviewTokenSha256 === undefined ? [] : [[email, reviewTokenSha256] as const],
  );
  const user = nameByToken(hashes, token);
  return user === undefined ? undefined : { surface: "terminal", tenant: "local", user };
}

/** The policy without secrets and the resolved members, as an entry. */
function configEntry(change: "started" | "config_changed", config: Config, nowMs: number) {
  const members = Object.fromEntries(Object.values(config.policy.roles).map((role) => [role.name, role.members]));
  const body: JsonObject = {
    change,
    at: new Date(nowMs).toISOString(),
    policy_digest: config.policy.digest,
    config: { policy: asJson(config.published), members },
  };
  return freeDraft("admin", `${change}:${nowMs}:${random.hex(8)}`, body);
}

function asJson(value: unknown): JsonObject {
  const parsed: unknown = JSON.parse(JSON.stringify(value ?? {}));
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : {};
}
