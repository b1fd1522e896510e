/** The client's own deep copy of what will run: plain JSON, frozen, taken before anybody is asked. Limits are the service's. */
import type { Json, JsonObject } from "../engine/json.ts";

const DEEPEST = 64;

function unfit(path: string, what: string, advice: string): TypeError {
  return new TypeError(`${path}: ${what} is not JSON; ${advice}`);
}

/**
 * A frozen copy of these arguments. Throws a TypeError that names the path of the first value which is not plain JSON:
 * dates, functions, instances of classes, getters, cycles, NaN, BigInt, undefined, halves of surrogate pairs.
 */
export function copyArguments(value: object, path = "arguments"): JsonObject {
  return copyMembers(value, path, new Set());
}

function copyValue(value: unknown, path: string, above: Set<object>): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkedText(value, path);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw unfit(path, String(value), "send a finite number or a text");
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw unfit(path, "a whole number beyond 2^53", "send it as a text");
    }
    return value === 0 ? 0 : value;
  }
  if (value === undefined) throw unfit(path, "undefined", "leave it out or send null");
  if (typeof value === "bigint") throw unfit(path, "a BigInt", "send it as a text");
  if (typeof value !== "object") throw unfit(path, `a ${typeof value}`, "keep it outside of the gated call");
  if (Array.isArray(value)) return copyItems(value, path, above);
  if (value instanceof Date) throw unfit(path, "a Date", "send its ISO text");
  if (isPlainObject(value)) return copyMembers(value, path, above);
  throw unfit(path, "an instance of a class", "send a plain object");
}

/** True for an object literal or an object without a prototype. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function enter(value: object, path: string, above: Set<object>): Set<object> {
  if (above.has(value)) throw unfit(path, "a value that contains itself", "send a tree");
  if (above.size >= DEEPEST) throw unfit(path, `nesting deeper than ${DEEPEST}`, "flatten it");
  return new Set([...above, value]);
}

function copyItems(items: readonly unknown[], path: string, above: Set<object>): Json {
  const below = enter(items, path, above);
  return Object.freeze(Array.from(items, (item, index) => copyValue(item, `${path}[${index}]`, below)));
}

function copyMembers(value: object, path: string, above: Set<object>): JsonObject {
  const below = enter(value, path, above);
  const copy: Record<string, Json> = {};
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === "symbol") throw unfit(path, "a symbol key", "remove it");
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      throw new TypeError(`${path}: the key ${key} is not allowed; rename it`);
    }
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property?.get !== undefined || property?.set !== undefined) {
      throw unfit(`${path}.${key}`, "a getter", "send its value");
    }
    copy[checkedText(key, path)] = copyValue(property?.value, `${path}.${key}`, below);
  }
  return Object.freeze(copy);
}

function checkedText(text: string, path: string): string {
  if (/\p{Cs}/u.test(text)) throw unfit(path, "half of a surrogate pair", "send whole characters");
  return text;
}
