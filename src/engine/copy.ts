/** Copies what came from outside into frozen plain JSON, or says at which path it is none. Bounded, runs no getter. */
import type { Json, JsonObject } from "./json.ts";
import { visibleName } from "./visible.ts";

/** Bytes of canonical JSON that one action may have. */
export const MAX_ACTION_BYTES = 65_536;
/** Nested objects and arrays, the outermost counted. */
export const MAX_DEPTH = 16;
/** Scalars and empty containers in one part of an action. */
export const MAX_VALUES = 256;

/** Thrown inside `checkAction` only, which turns it into a refusal. */
export class Unfit extends Error {
  readonly code: "too_large" | "invalid_action";
  constructor(code: "too_large" | "invalid_action", detail: string) {
    super(detail);
    this.name = "Unfit";
    this.code = code;
  }
}

/** A refusal of the form `path: what is wrong; what to do`. */
export function invalid(path: string, what: string): Unfit {
  return new Unfit("invalid_action", `${path}: ${what}`);
}

/** A refusal of something over a limit. */
export function tooLarge(path: string, what: string): Unfit {
  return new Unfit("too_large", `${path}: ${what}`);
}

interface Walk {
  values: number;
  characters: number;
  readonly above: Set<object>;
}

/** A deeply frozen copy of a JSON object. Throws Unfit with the path of whatever is not JSON or too much. */
export function copyObject(value: unknown, path: string): JsonObject {
  if (!isPlain(value)) throw invalid(path, `${kindOf(value)} is not an object of named values`);
  return copyMembers(value, path, { values: 0, characters: 0, above: new Set() });
}

function copyValue(value: unknown, path: string, walk: Walk): Json {
  switch (typeof value) {
    case "string":
      countValue(path, walk, value.length);
      return checkedText(value, path);
    case "number":
      countValue(path, walk, 1);
      return checkedNumber(value, path);
    case "boolean":
      countValue(path, walk, 4);
      return value;
    case "object":
      if (value === null) {
        countValue(path, walk, 4);
        return null;
      }
      if (Array.isArray(value)) return copyItems(value, path, walk);
      if (isPlain(value)) return copyMembers(value, path, walk);
      throw notJson(value, path);
    default:
      throw notJson(value, path);
  }
}

function copyItems(items: readonly unknown[], path: string, walk: Walk): Json {
  enter(items, path, walk);
  if (items.length > MAX_VALUES)
    throw tooLarge(path, `${items.length} items; at most ${MAX_VALUES} values are reviewed`);
  if (items.length === 0) countValue(path, walk, 2);
  if (Reflect.ownKeys(items).length !== items.length + 1)
    throw invalid(path, "an array with holes or named members is not JSON; send a plain list");
  const copy = Array.from({ length: items.length }, (_, index) =>
    copyValue(ownValue(items, String(index), `${path}[${index}]`), `${path}[${index}]`, walk),
  );
  walk.above.delete(items);
  return Object.freeze(copy);
}

function copyMembers(object: object, path: string, walk: Walk): JsonObject {
  enter(object, path, walk);
  const keys = Reflect.ownKeys(object);
  if (keys.length > MAX_VALUES)
    throw tooLarge(path, `${keys.length} members; at most ${MAX_VALUES} values are reviewed`);
  if (keys.length === 0) countValue(path, walk, 2);
  const copy: Record<string, Json> = {};
  for (const key of keys) {
    if (typeof key === "symbol") throw invalid(path, "a symbol key is not JSON; remove it");
    const below = `${path}.${visibleName(key)}`;
    checkKey(key, path);
    walk.characters += key.length;
    copy[key] = copyValue(ownValue(object, key, below), below, walk);
  }
  walk.above.delete(object);
  return Object.freeze(copy);
}

function enter(container: object, path: string, walk: Walk): void {
  if (walk.above.has(container)) throw invalid(path, "contains itself; send a tree");
  if (walk.above.size >= MAX_DEPTH) throw tooLarge(path, `nested deeper than ${MAX_DEPTH}; flatten it`);
  walk.above.add(container);
}

function countValue(path: string, walk: Walk, characters: number): void {
  walk.values += 1;
  walk.characters += characters;
  if (walk.values > MAX_VALUES) throw tooLarge(path, `more than ${MAX_VALUES} values; ask for less in one request`);
  if (walk.characters > MAX_ACTION_BYTES)
    throw tooLarge(path, `more than ${MAX_ACTION_BYTES} bytes; attach long texts`);
}

/** The value of an own data property; a getter is refused, not run. */
export function ownValue(object: object, key: string, path: string): unknown {
  const property = Object.getOwnPropertyDescriptor(object, key);
  if (property === undefined) throw invalid(path, "is missing");
  if (property.get !== undefined || property.set !== undefined)
    throw invalid(path, "is computed by a getter; send its value");
  return property.value;
}

function checkKey(key: string, path: string): void {
  if (key === "") throw invalid(path, "has a member with an empty name; name it");
  if (key === "__proto__" || key === "constructor" || key === "prototype")
    throw invalid(`${path}.${key}`, "this name is not allowed; rename it");
  checkedText(key, `${path}.${visibleName(key)}`);
}

/** The text, if every character of it can be written as UTF-8. */
export function checkedText(text: string, path: string): string {
  if (/\p{Cs}/u.test(text)) throw invalid(path, "has half a character (a lone surrogate); send whole characters");
  return text;
}

function checkedNumber(value: number, path: string): number {
  if (!Number.isFinite(value)) throw invalid(path, `${value} is not JSON; send a finite number or a text`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw invalid(path, "a whole number beyond 2^53 loses digits; send it as a text");
  return value === 0 ? 0 : value;
}

/** True for an object literal or an object without a prototype. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function notJson(value: unknown, path: string): Unfit {
  const advice =
    value instanceof Date
      ? "send its ISO text"
      : value === undefined
        ? "leave it out or send null"
        : typeof value === "bigint"
          ? "send it as a text"
          : "send plain values, lists and objects";
  return invalid(path, `${kindOf(value)} is not JSON; ${advice}`);
}

/** What a value is, in words, without the value. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return "a BigInt";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a Date";
  if (value instanceof Map) return "a Map";
  if (value instanceof Set) return "a Set";
  if (typeof value === "object") return isPlain(value) ? "an object" : "an object of a class";
  return `a ${typeof value}`;
}
