/** Where a request's cards stand: remembered, so that a card is edited to its end also where no route leads any more. It posts nothing. */
import type { JsonObject } from "../engine/json.ts";
import type { Store } from "../engine/ports.ts";
import { fromRecord, POST_KIND, placeKey, postKey } from "./post-record.ts";
import type { PostedRef, Target } from "./surface.ts";

/** A place by its surface's name. */
export interface Placed {
  readonly surface: string;
  readonly target: Target;
}

const PLACES_KIND = "places";
/** How often others may be faster before it is a bug. */
const TRIES = 20;

/** The places that were remembered for this request, oldest first. */
export async function readPlaces(store: Pick<Store, "readRecord">, requestId: string): Promise<readonly Placed[]> {
  const stored = await store.readRecord(PLACES_KIND, requestId);
  return stored === undefined ? [] : placesIn(stored);
}

/** Adds these places to those that are remembered. Repeatable. */
export async function rememberPlaces(
  store: Pick<Store, "readRecord" | "writeRecord">,
  requestId: string,
  places: readonly Placed[],
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const stored = await store.readRecord(PLACES_KIND, requestId);
    const known = stored === undefined ? [] : placesIn(stored);
    const all = distinct([...known, ...places]);
    if (all.length === known.length) return;
    const next: JsonObject = { places: all.map(({ surface, target }) => ({ surface, target: asJson(target) })) };
    if (await store.writeRecord(PLACES_KIND, requestId, next, stored)) return;
  }
  throw new Error(`the places of request ${requestId} kept changing`);
}

/** Each place once: the first one of several. */
export function distinct(places: readonly Placed[]): readonly Placed[] {
  const keyOf = ({ surface, target }: Placed) => placeKey(surface, target);
  return places.filter((place, index) => places.findIndex((other) => keyOf(other) === keyOf(place)) === index);
}

/** What a pressed message is: a card that stands, an old copy of one (with the live one's address), or not known. */
export type Copy = "live" | "unknown" | { readonly liveUrl: string | undefined };

/** Looks up a pressed message among this request's posts. Old: not one of them, where another copy may stand. */
export async function copyOf(store: Pick<Store, "readRecord">, requestId: string, from: PostedRef): Promise<Copy> {
  const places = (await readPlaces(store, requestId)).filter(({ surface }) => surface === from.surface);
  const stored = await Promise.all(
    places.map(({ surface, target }) => store.readRecord(POST_KIND, postKey(requestId, surface, target))),
  );
  const posts = stored.flatMap((record) => (record === undefined ? [] : [fromRecord(record)]));
  if (posts.some((post) => post.ref?.ref === from.ref)) return "live";
  const doubled = posts.find((post) => post.olderCopy && post.ref !== undefined);
  return doubled === undefined ? "unknown" : { liveUrl: doubled.url };
}

function asJson(target: Target): JsonObject {
  return target.kind === "channel"
    ? { kind: target.kind, channel: target.channel, mention: [...target.mention] }
    : { kind: target.kind, person: target.person };
}

function placesIn({ places }: JsonObject): readonly Placed[] {
  const all = Array.isArray(places) ? places.map(placedOf) : [undefined];
  const known = all.filter((place) => place !== undefined);
  if (known.length !== all.length) throw new Error("stored places have another shape than this program writes");
  return known;
}

function placedOf(value: JsonObject[string] | undefined): Placed | undefined {
  if (typeof value !== "object" || value === null || !("target" in value) || !("surface" in value)) return undefined;
  const { surface, target } = value;
  if (typeof surface !== "string" || typeof target !== "object" || target === null) return undefined;
  if ("person" in target && typeof target.person === "string") {
    return { surface, target: { kind: "person", person: target.person } };
  }
  if (!("channel" in target) || typeof target.channel !== "string") return undefined;
  const mention = "mention" in target && Array.isArray(target.mention) ? target.mention : [];
  const roles = mention.filter((role) => typeof role === "string");
  return { surface, target: { kind: "channel", channel: target.channel, mention: roles } };
}
