/** The part of a service that people meet: one way in for every press, and cards on every surface. */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { createDispatch, type DispatchDeps } from "../bot/dispatch.ts";
import { createInteract } from "../bot/interact.ts";
import type { ChatSurface, Interaction, Reply } from "../bot/surface.ts";
import type { RequestState } from "../engine/request.ts";
import type { Closers } from "./closers.ts";
import { type Core, random } from "./core.ts";
import type { Current } from "./current.ts";
import { rolesWithoutChannel, routesOf } from "./route.ts";

export interface BotOptions {
  readonly log: Logger;
  readonly current: () => Current;
  readonly surfaces: readonly ChatSurface[];
  /** In place of what config says about channels. */
  readonly route?: DispatchDeps["route"];
}

export interface Bot {
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  readonly view: { nameOf(person: string): string; roleTitle(role: string): string };
}

/** What inboxes look through: everything that waits, what could be stopped or looked at afterwards, and the newest of all. */
const WAITING = 10_000;
const RELEASED = 1_000;
const LATELY = 200;

/** Starts the conversation over the given surfaces. */
export async function openBot(core: Core, options: BotOptions, closers: Closers): Promise<Bot> {
  const { store, approvals, directory } = core;
  const { log, current } = options;
  const roleTitle = (role: string): string => current().config.roles.find(({ name }) => name === role)?.title ?? role;
  const interact = createInteract({
    approvals,
    directory,
    list: () => openAndRecent(core),
    nowMs: () => store.nowMs(),
    roleTitle,
    readRecord: (kind, key) => store.readRecord(kind, key),
    newId: () => random.hex(16),
    onFault: (fault) => log.error({ err: fault }, "a press was not recorded"),
  });
  const bot = { interact, view: { nameOf: directory.nameOf, roleTitle } };
  if (options.surfaces.length > 0) await openSurfaces(core, { ...options, ...bot }, closers);
  return bot;
}

async function openAndRecent({ store }: Core): Promise<readonly RequestState[]> {
  const waiting = await store.list({ status: ["pending"], limit: WAITING });
  const released = await store.list({ status: ["approved", "used"], limit: RELEASED });
  const recent = await store.list({ limit: LATELY });
  // A request may have moved from one list to the next between the calls: the newest state counts.
  const byId = new Map([...waiting, ...released, ...recent].map((state) => [state.facts.id, state]));
  return [...byId.values()].sort((a, b) => b.facts.raisedAtMs - a.facts.raisedAtMs);
}

/** As the newest config and the newest role holders say. */
function configRoute({ directory }: Core, { current, surfaces }: BotOptions): DispatchDeps["route"] {
  const names = surfaces.map(({ name }) => name);
  return async (state) => {
    const { config } = current();
    const roles = rolesWithoutChannel(state, { config, surfaces: names });
    const holders = roles.length === 0 ? {} : await directory.holdersOf(roles);
    return routesOf(state, { config, surfaces: names, holders });
  };
}

async function openSurfaces(core: Core, options: BotOptions & Bot, closers: Closers): Promise<void> {
  const { surfaces, log } = options;
  const dispatch = createDispatch({
    store: core.store,
    approvals: core.approvals,
    surfaces,
    route: options.route ?? configRoute(core, options),
    view: options.view,
    startedAtMs: await core.store.nowMs(),
    newId: () => random.hex(16),
    onFault: (fault, requestId) => log.error({ err: fault, request: requestId }, "could not show a request"),
    wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  });
  for (const surface of surfaces) {
    await surface.start(options.interact);
    closers.add(() => surface.stop());
  }
  dispatch.start();
  closers.add(() => dispatch.stop());
}
