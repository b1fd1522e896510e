/** Which of the arguments an action really has are meant by declared names, however they are spelled. Hides nothing itself. */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { isSameName } from "./name.ts";

/** A member or item below the arguments, as evidence names it: `database.hosts[0].password`. */
interface Place {
  readonly path: string;
  /** Declared names that still lie deeper. */
  readonly deeper: readonly string[];
  readonly isMeant: boolean;
}

/** A value that is meant, and where it stands. */
export interface Named {
  readonly path: string;
  readonly value: Json;
}

/** The arguments without everything that these names or dotted paths mean; `dbPassword` is meant by `db_password`. */
export function withoutNamed(args: JsonObject, names: readonly string[]): JsonObject {
  if (names.length === 0) return args;
  const members = Object.entries(args).flatMap(([key, value]): [string, Json][] => {
    const place = placeOf(key, { path: "", names });
    if (place.isMeant) return [];
    return [[key, place.deeper.length === 0 ? value : withoutDeeper(value, place.deeper)]];
  });
  return Object.fromEntries(members);
}

function withoutDeeper(value: Json, names: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutDeeper(item, names));
  return isJsonObject(value) ? withoutNamed(value, names) : value;
}

/** The paths, as evidence pages write them, of everything in the arguments that these names or dotted paths mean. */
export function pathsNamed(args: JsonObject, names: readonly string[]): readonly string[] {
  return named(args, names, "").map(({ path }) => path);
}

/** Every value in the arguments that these names or dotted paths mean, with its path. */
export function valuesNamed(args: JsonObject, names: readonly string[]): readonly Named[] {
  return named(args, names, "");
}

function named(args: JsonObject, names: readonly string[], below: string): readonly Named[] {
  if (names.length === 0) return [];
  return Object.entries(args).flatMap(([key, value]): readonly Named[] => {
    const place = placeOf(key, { path: below, names });
    return place.isMeant ? [{ path: place.path, value }] : namedDeeper(value, place);
  });
}

function namedDeeper(value: Json, { path, deeper }: Pick<Place, "path" | "deeper">): readonly Named[] {
  if (deeper.length === 0) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => namedDeeper(item, { path: `${path}[${index}]`, deeper }));
  }
  return isJsonObject(value) ? named(value, deeper, path) : [];
}

/** True if a top-level argument is meant by one of these names, itself and not only something below it. */
export function isNamed(argument: string, names: readonly string[]): boolean {
  return names.some((name) => isSameName(name, argument));
}

function placeOf(key: string, { path, names }: { readonly path: string; readonly names: readonly string[] }): Place {
  return {
    path: path === "" ? key : `${path}.${key}`,
    isMeant: isNamed(key, names),
    deeper: names.flatMap((name) => belowKey(name, key)),
  };
}

/** `password` for the path `database.password` below the key `database`. */
function belowKey(path: string, key: string): readonly string[] {
  const dots = [...path.matchAll(/\./g)].map((dot) => dot.index);
  return dots.filter((at) => isSameName(path.slice(0, at), key)).map((at) => path.slice(at + 1));
}
