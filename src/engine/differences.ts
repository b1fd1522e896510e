/** How an action's arguments differ from those of an earlier request. Says nothing about private ones. */
import type { Action } from "./action.ts";
import { canonicalJson } from "./digest.ts";
import { withoutNamed } from "./hidden-arguments.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { RequestState } from "./request.ts";

/** One line per argument that is not as it was, but for `hidden` ones: `version: 2.0.3 -> 2.1.0 (the last approved run)`. */
export function differences(
  action: Action,
  before: RequestState | undefined,
  { whose, hidden }: { readonly whose: string; readonly hidden: readonly string[] },
): readonly string[] {
  if (before === undefined) return [];
  const then = withoutNamed(before.facts.action.arguments, hidden);
  const now = withoutNamed(action.arguments, hidden);
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [was, is] = [brief(ownOf(then, name)), brief(ownOf(now, name))];
    return was === is ? [] : [`${name}: ${was} -> ${is} (${whose})`];
  });
}

function ownOf(values: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function brief(value: Json | undefined): string {
  if (value === undefined) return "not given";
  return isJsonObject(value) || Array.isArray(value) ? canonicalJson(value) : String(value);
}
