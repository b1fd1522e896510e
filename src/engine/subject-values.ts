/** What an action acts on, and its arguments as a flat list of scalars. Read by every kind of challenge. */
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.ts";
import type { Subject } from "./challenge-model.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { nameForm } from "./template.ts";

/** One scalar somewhere in the arguments. */
export interface FlatArgument {
  /** `spec.replicas`, `hosts.2`. */
  readonly path: string;
  /** The name of the argument that it stands in. */
  readonly top: string;
  readonly value: string | number | boolean;
}

/** Names of what is acted on, the most telling first. */
const TARGET_NAMES: readonly string[] = [
  "service",
  "database",
  "rule_id",
  "cluster",
  "namespace",
  "host",
  "instance",
  "instance_id",
  "bucket",
  "table",
  "queue",
  "repository",
  "project",
  "resource",
  "resource_id",
  "user",
  "account",
];

/** True for a name, in the form in which names meet, that says what is acted on, or where. */
export function isTargetName(form: string): boolean {
  return form === "environment" || TARGET_NAMES.includes(form) || form === "target" || form.startsWith("target_");
}

/** All scalars of the arguments in order, those in objects and lists included; without null and empty texts. */
export function flatArguments(args: JsonObject): readonly FlatArgument[] {
  return Object.entries(args).flatMap(([top, value]) => flattened(value, top, top));
}

function flattened(value: Json, path: string, top: string): readonly FlatArgument[] {
  if (value === null || (typeof value === "string" && value.trim() === "")) return [];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return [{ path, top, value }];
  const parts = isJsonObject(value) ? Object.entries(value) : [...value.entries()];
  return parts.flatMap(([name, part]) => flattened(part, `${path}.${name}`, top));
}

/** The scalars of the arguments by how well they name what is acted on: known names first, then the given order. */
export function targetsFirst(args: readonly FlatArgument[]): readonly FlatArgument[] {
  const rank = ({ path }: FlatArgument): number => {
    const known = TARGET_NAMES.indexOf(nameForm(path));
    if (known >= 0) return known;
    return isTargetName(nameForm(path)) && nameForm(path) !== "environment"
      ? TARGET_NAMES.length
      : TARGET_NAMES.length + 1;
  };
  return [...args].sort((a, b) => rank(a) - rank(b));
}

/** A key, in hex, that is the same for the same action: what must not change from one draw to the next follows from it. */
export function subjectKey(subject: Subject): string {
  const { actionName, environment, arguments: args, facts, command } = subject;
  const same = { actionName, environment, arguments: args, facts, ...(command !== undefined && { command }) };
  return createHash("sha256").update(canonicalJson(same)).digest("hex");
}
