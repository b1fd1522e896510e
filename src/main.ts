/** One running service, put together. Knows every implementation, decides nothing; the parts are in wiring/. */
import type { Logger } from "pino";
import { type ApiServer, createServer } from "./api/server.ts";
import { socketPathOf } from "./api/socket.ts";
import type { ChatSurface, Interaction, Reply } from "./bot/surface.ts";
import { whoLine } from "./bot/who.ts";
import type { Config } from "./config/types.ts";
import type { Approvals } from "./engine/approvals.ts";
import type { Directory, Store } from "./engine/ports.ts";
import { type Bot, type BotOptions, openBot } from "./wiring/bot.ts";
import { type Closers, createClosers } from "./wiring/closers.ts";
import { configEntry } from "./wiring/config-entry.ts";
import { type Core, type CoreOptions, openCore, random } from "./wiring/core.ts";
import { type Current, type CurrentOptions, currentOf, reloaded } from "./wiring/current.ts";
import { refusedEntry } from "./wiring/refused-entry.ts";

export interface ServiceOptions extends CurrentOptions {
  readonly log: Logger;
  /** Listen on the config's host and port; false: only on the socket in the state folder. */
  readonly tcp: boolean;
  /** How much faster than the wall the clock runs; 1 but for scripted people. */
  readonly speed: number;
  readonly surfaces: readonly ChatSurface[];
  /** The surfaces' groups as role members, by platform. */
  readonly groups?: NonNullable<CoreOptions["groups"]>;
  /** Whose an account is that config does not name: by the platform's own directory. */
  readonly linked?: NonNullable<CoreOptions["linked"]>;
  /** Where requests are shown, in place of what config says. */
  readonly route?: NonNullable<BotOptions["route"]>;
}

export interface Service {
  /** Where it listens on TCP; undefined without. */
  readonly url: string | undefined;
  readonly socketPath: string;
  readonly store: Store;
  readonly approvals: Approvals;
  readonly directory: Directory;
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  /** Takes over a newly checked config, once the log has it: policy, people, roles. Not the paths and ports. */
  reload(config: Config): Promise<void>;
  /** Finishes what is in hand, writes what must be written, then closes. */
  stop(): Promise<void>;
}

/** Starts everything; throws the fault of the part that could not start, with the others closed again. */
export async function startService(config: Config, options: ServiceOptions): Promise<Service> {
  const closers = createClosers();
  try {
    return await assemble(config, options, closers);
  } catch (fault) {
    await closers.closeAll().catch((error: unknown) => options.log.error({ err: error }, "while closing"));
    throw fault;
  }
}

async function assemble(config: Config, options: ServiceOptions, closers: Closers): Promise<Service> {
  let inForce = currentOf(config, options);
  const current = (): Current => inForce;
  const core = await openCore({ ...options, current }, closers);
  const bot = await openBot(core, { ...options, current }, closers);
  const note = async (change: "started" | "config_changed", noted: Config): Promise<void> =>
    core.store.note([configEntry({ change, config: noted, nowMs: await core.store.nowMs(), unique: random.hex(8) })]);
  await note("started", inForce.config);
  const server = apiServer(core, bot, { ...options, current });
  closers.add(() => server.close());
  const socketPath = await socketPathOf(config.state.path);
  await server.listen({ socketPath });
  const url = options.tcp ? await listenAt(server, config.server) : undefined;
  return {
    url,
    socketPath,
    store: core.store,
    approvals: core.approvals,
    directory: core.directory,
    interact: bot.interact,
    async reload(next) {
      const coming = currentOf(reloaded(config, next), options);
      await note("config_changed", coming.config);
      inForce = coming;
    },
    stop: () => closers.closeAll(),
  };
}

/** The address in config cannot be listened on; the message says what to do. */
export class ListenFault extends Error {
  readonly code = "listen";
}

async function listenAt(server: ApiServer, { host, port }: Config["server"]): Promise<string> {
  try {
    return (await server.listen({ host, port })).url;
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const advice =
      why === "EADDRINUSE"
        ? "something else listens there: stop it, or give server.port another number"
        : "check server.host and server.port";
    throw new ListenFault(`cannot listen on ${host}:${port} (${why}); ${advice}`, { cause });
  }
}

interface Serving extends Pick<ServiceOptions, "log" | "ownAgent"> {
  readonly current: () => Current;
}

function apiServer(core: Core, bot: Bot, options: Serving): ApiServer {
  const { store, approvals, directory } = core;
  const { log, current } = options;
  return createServer({
    approvals,
    reviews: bot.interact,
    agentByToken: (token) => current().tokens.agent(token),
    personByReviewToken: (token) => current().tokens.review(token),
    list: (filter) => store.list(filter),
    whoText: (state) => whoLine(state, listedHolders(current().config), bot.view),
    nameOf: directory.nameOf,
    nowMs: () => store.nowMs(),
    readiness: async () => {
      const trouble = core.auditTrouble();
      await store.nowMs();
      return {
        ok: trouble === undefined,
        checks: { store: "ok", audit: trouble ?? `ok, ${core.auditEntries()} entries` },
      };
    },
    newId: () => random.hex(16),
    hosts: [],
    passing: options.ownAgent !== undefined,
    monotonicMs: () => performance.now(),
    refused: (agentId, code) =>
      void store
        .nowMs()
        .then((nowMs) => store.note([refusedEntry({ agentId, code, nowMs, unique: random.hex(8) })]))
        .catch((error: unknown) => log.error({ err: error, code }, "a refused call was not written down")),
    report: (error, about) => log.error({ err: error, ...about }, "request failed"),
  });
}

/** For words on the waiting side only: who config lists. Rights are looked up by the directory. */
function listedHolders(config: Config) {
  return Object.fromEntries(Object.values(config.policy.roles).map((role) => [role.name, role.members]));
}
