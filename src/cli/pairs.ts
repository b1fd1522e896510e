/** Reads `name=value` options: arguments and hints as people type them. No meaning stands here. */
import { isJsonObject, type Json, type JsonObject } from "../engine/json.ts";
import { CliExit } from "./context.ts";

const EXIT_USAGE = 2;

/**
 * `name=value` pairs as JSON. A value that is exactly `true`, `false` or a plain number is that; everything else is
 * text, also `2.0`, `007` and `null`. `name="10"` with the quotes is the text 10; `name:=JSON` is any JSON value.
 * Ends the command with 2 for a pair that is none, and for a name that is given twice.
 */
export function readPairs(pairs: readonly string[], option: string): JsonObject {
  const values: Record<string, Json> = {};
  for (const pair of pairs) {
    const { name, value } = readPair(pair, option);
    if (Object.hasOwn(values, name)) throw new CliExit(EXIT_USAGE, `${option} ${name}: is given twice; keep one`);
    Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

/** A JSON object given as one text. Ends the command with 2 for anything else; the text is not repeated. */
export function readJsonObject(text: string, option: string): JsonObject {
  const value = parseJson(text, option);
  if (isJsonObject(value)) return value;
  throw new CliExit(EXIT_USAGE, `${option}: must be a JSON object, such as '{"service": "api-gateway"}'`);
}

/** Two objects as one; ends the command with 2 where both have a name. */
export function joinObjects(first: JsonObject, second: JsonObject, options: string): JsonObject {
  const twice = Object.keys(second).find((name) => Object.hasOwn(first, name));
  if (twice !== undefined) throw new CliExit(EXIT_USAGE, `${options}: both give ${twice}; keep one`);
  return { ...first, ...second };
}

/** For commander: gathers an option that may be repeated. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function readPair(pair: string, option: string): { readonly name: string; readonly value: Json } {
  const [, name, operator, text] = /^([^=:]+)(:?=)(.*)$/s.exec(pair) ?? [];
  if (name === undefined || text === undefined) {
    throw new CliExit(EXIT_USAGE, `${option}: write name=value, such as ${option} service=api-gateway`);
  }
  return { name, value: operator === ":=" ? parseJson(text, `${option} ${name}`) : scalar(text) };
}

function scalar(text: string): Json {
  if (text === "true") return true;
  if (text === "false") return false;
  const quoted = /^"(.*)"$/s.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}

function parseJson(text: string, option: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    throw new CliExit(EXIT_USAGE, `${option}: is not JSON; quote it for the shell, such as '["a", "b"]'`);
  }
}
