/** The part of a service that people meet: one way in for every press, and cards on every surface. */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { createDispatch } from "../bot/dispatch.ts";
import { createInteract } from "../bot/interact.ts";
import type { ChatSurface, Interaction, Reply } from "../bot/surface.ts";
import { rolesAsked } from "../engine/quorum.ts";
import type { RequestState } from "../engine/request.ts";
import type { Closers } from "./closers.ts";
import { type Core, random } from "./core.ts";
import type { Current } from "./current.ts";

export interface BotOptions {
  readonly log: Logger;
  readonly current: () => Current;
  readonly surfaces: readonly ChatSurface[];
}

export interface Bot {
  readonly interact: (interaction: Interaction) => Promise<Reply>;
  readonly view: { nameOf(person: string): string; roleTitle(role: string): string };
}

/** What one person's inbox looks through: everything that is open, and what was decided lately. */
const OPEN = 1_000;
const LATELY = 100;

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
    newId: () => random.hex(16),
    onFault: (fault) => log.error({ err: fault }, "a press was not recorded"),
  });
  const bot = { interact, view: { nameOf: directory.nameOf, roleTitle } };
  if (options.surfaces.length > 0) await openSurfaces(core, { ...options, ...bot }, closers);
  return bot;
}

async function openAndRecent({ store }: Core): Promise<readonly RequestState[]> {
  const open = await store.list({ status: ["pending", "approved"], limit: OPEN });
  const recent = await store.list({ limit: LATELY });
  const known = new Set(open.map((state) => state.facts.id));
  return [...open, ...recent.filter((state) => !known.has(state.facts.id))].sort(
    (a, b) => b.facts.raisedAtMs - a.facts.raisedAtMs,
  );
}

async function openSurfaces(core: Core, options: BotOptions & Bot, closers: Closers): Promise<void> {
  const { surfaces, log } = options;
  const dispatch = createDispatch({
    store: core.store,
    approvals: core.approvals,
    surfaces,
    route: (state) =>
      surfaces.map(({ name }) => ({
        surface: name,
        target: { kind: "channel", channel: "default", mention: rolesAsked(state) },
      })),
    view: options.view,
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
