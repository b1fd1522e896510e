/** How the arguments of a plain function become named arguments of an action. Reads names, runs nothing. */
import { isPlainObject } from "./copy.ts";

type AnyFunction = (...args: never[]) => unknown;

const SIMPLE = /^\s*(?:[\p{L}_$][\p{L}\p{N}_$]*(?:\s*,\s*[\p{L}_$][\p{L}\p{N}_$]*)*\s*,?)?\s*$/u;
const BEFORE_LIST = /^(?:async\b\s*)?(?:function\b\s*\*?\s*[\p{L}\p{N}_$]*|[\p{L}\p{N}_$]+|)\s*\(/u;
const SINGLE_ARROW = /^(?:async\s+)?([\p{L}_$][\p{L}\p{N}_$]*)\s*=>/u;

/**
 * The names of a function's parameters, where its source shows a plain list of names; undefined where it shows
 * anything else (patterns, defaults, rest, comments, native and bound functions).
 */
export function parameterNames(fn: AnyFunction): readonly string[] | undefined {
  const source = Function.prototype.toString.call(fn);
  const single = SINGLE_ARROW.exec(source)?.[1];
  if (single !== undefined) return [single];
  const before = BEFORE_LIST.exec(source)?.[0];
  if (before === undefined || source.includes("[native code]")) return undefined;
  const list = source.slice(before.length, source.indexOf(")", before.length));
  if (!SIMPLE.test(list)) return undefined;
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Named arguments, and how to turn a copy of them back into the list that the function is called with. */
export interface NamedArguments {
  readonly named: object;
  toList(copy: Readonly<Record<string, unknown>>): readonly unknown[];
}

/**
 * Names a call's arguments: one plain object is its own members; otherwise each by `names`, else by the function's own
 * parameter names where they can be read, else `arg0`, `arg1`. Undefined arguments at the end are left out.
 * Throws a TypeError when two arguments would have one name.
 */
export function nameArguments(fn: AnyFunction, args: readonly unknown[], names?: readonly string[]): NamedArguments {
  const [first] = args;
  if (names === undefined && args.length === 1 && isPlainObject(first)) {
    return { named: first, toList: (copy) => [copy] };
  }
  let given = args.length;
  while (given > 0 && args[given - 1] === undefined) given -= 1;
  const known = names ?? parameterNames(fn) ?? [];
  const keys = Array.from({ length: given }, (_, index) => known[index] ?? `arg${index}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new TypeError(`argumentNames: two arguments are called ${twice}`);
  const named = Object.fromEntries(keys.map((key, index) => [key, args[index]]));
  return { named, toList: (copy) => keys.map((key) => copy[key]) };
}
