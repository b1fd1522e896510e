/** Where a request is shown: the channels that config names, and people where a role has no channel. Routing gives no rights. */
import type { Target } from "../bot/surface.ts";
import type { ChannelRule, Config, Person, RoleChannels } from "../config/types.ts";
import type { Holders, PersonId, RoleName } from "../engine/model.ts";
import { compilePattern } from "../engine/pattern.ts";
import { rolesAsked } from "../engine/quorum.ts";
import type { RequestState } from "../engine/request.ts";

export interface Routing {
  readonly config: Pick<Config, "channels" | "roles" | "people">;
  /** Names of the surfaces that run here. */
  readonly surfaces: readonly string[];
  /** Who holds the roles of `rolesWithoutChannel` now. */
  readonly holders: Holders;
}

export interface Route {
  readonly surface: string;
  readonly target: Target;
}

/** The chat platforms that config has channels and accounts for. Every other surface has one place. */
const CHATS = ["slack", "teams"] as const;
type Chat = (typeof CHATS)[number];
/** The one place of a surface that has no channels. */
const ONLY_CHANNEL = "default";

/**
 * All places of this request: on each chat the rule's or else the default channel, and each concerned role's own one;
 * for a role that no running chat has a channel for, its people; and who asked, while it waits. Elsewhere one place.
 */
export function routesOf(state: RequestState, routing: Routing): readonly Route[] {
  const chats = chatsIn(routing.surfaces);
  const others = routing.surfaces
    .filter((surface) => !chats.some((chat) => chat === surface))
    .map((surface): Route => ({ surface, target: channelTarget(ONLY_CHANNEL, rolesAsked(state)) }));
  return [...others, ...chats.flatMap((chat) => channelRoutes(state, routing, chat)), ...personRoutes(state, routing)];
}

/** The concerned roles that no running chat has a place for: their people are told one by one. */
export function rolesWithoutChannel(
  state: RequestState,
  { config, surfaces }: Omit<Routing, "holders">,
): readonly RoleName[] {
  const chats = chatsIn(surfaces);
  if (chats.length === 0 || chats.some((chat) => commonChannel(state, config, chat) !== undefined)) return [];
  return concerned(state).filter((role) => !chats.some((chat) => ownChannel(config, role, chat) !== undefined));
}

function chatsIn(surfaces: readonly string[]): readonly Chat[] {
  return CHATS.filter((chat) => surfaces.includes(chat));
}

/** Those who may answer, and those who are only told. */
function concerned(state: RequestState): readonly RoleName[] {
  return [...new Set([...rolesAsked(state), ...state.requirement.notify])];
}

/** A role is mentioned once: in its own channel, else in the common one. */
function channelRoutes(state: RequestState, { config }: Routing, chat: Chat): readonly Route[] {
  const common = commonChannel(state, config, chat);
  const placed = concerned(state).map((role) => ({ role, channel: ownChannel(config, role, chat) ?? common }));
  const channels = [common, ...placed.map(({ channel }) => channel)].filter((channel) => channel !== undefined);
  return [...new Set(channels)].map((channel) => {
    const mention = placed.filter((one) => one.channel === channel).map(({ role }) => role);
    return { surface: chat, target: channelTarget(channel, mention) };
  });
}

function channelTarget(channel: string, mention: readonly RoleName[]): Target {
  return { kind: "channel", channel, mention };
}

/** The channel of the first rule that fits, else the default one. */
function commonChannel(state: RequestState, config: Routing["config"], chat: Chat): string | undefined {
  const rule = config.channels.rules.find((candidate) => candidate[chat] !== undefined && fits(candidate, state));
  return rule?.[chat] ?? config.channels.default[chat];
}

function fits({ when }: ChannelRule, { facts, assessment }: RequestState): boolean {
  const isThere = when.environment === undefined || when.environment.toLowerCase() === facts.environment.toLowerCase();
  const isThat = when.action === undefined || compilePattern(when.action).found(facts.actionName);
  return isThere && isThat && (when.level === undefined || when.level === assessment.level);
}

function ownChannel({ roles }: Routing["config"], role: RoleName, chat: Chat): string | undefined {
  const channels: RoleChannels | undefined = roles.find(({ name }) => name === role);
  return channels?.[chat]?.channel;
}

function personRoutes(state: RequestState, { config, surfaces, holders }: Routing): readonly Route[] {
  const roles = rolesWithoutChannel(state, { config, surfaces });
  const able = roles.flatMap((role) => holders[role] ?? []).filter((person) => !state.facts.excluded.includes(person));
  const people = [...new Set([...able, ...askers(state)])];
  return people.flatMap((email) => {
    const known = config.people.find((person) => person.email === email);
    const chats = known === undefined ? [] : chatsOf(known, chatsIn(surfaces));
    return chats.map((surface): Route => ({ surface, target: { kind: "person", person: email } }));
  });
}

/** Who asked has a copy of their own, with Withdraw on it: the requester, else the agent's owner. */
function askers({ status, facts }: RequestState): readonly PersonId[] {
  const asker = facts.requester ?? facts.owner;
  return status === "pending" && asker !== undefined ? [asker] : [];
}

/** Where this person has an account by config; where config names none at all, a chat may find them by their e-mail. */
function chatsOf(person: Person, running: readonly Chat[]): readonly Chat[] {
  const isNamed = CHATS.some((chat) => person[chat] !== undefined);
  return isNamed ? running.filter((chat) => person[chat] !== undefined) : running;
}
