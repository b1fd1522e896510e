/** The policy as it may be written down, and its digest. Tokens, keys and addresses never get this far. */
import { canonicalJson, sha256Hex } from "../engine/digest.ts";
import { isJsonObject, type Json, type JsonObject } from "../engine/json.ts";
import type { Policy } from "../engine/policy.ts";

type Undigested = Omit<Policy, "digest">;

/** The policy as plain JSON: patterns by their source, what is absent left out. */
export function policyJson(policy: Undigested): JsonObject {
  const json = jsonOf(policy);
  if (!isJsonObject(json)) throw new Error("policyJson: a policy is an object");
  return json;
}

/** Hex SHA-256 of the policy's canonical JSON, with values from the environment in place. */
export function policyDigest(policy: Undigested): string {
  return sha256Hex(canonicalJson(policyJson(policy)));
}

/** The same JSON with each text changed, for putting `${NAME}` back. */
export function mapJsonTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapJsonTexts(item, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapJsonTexts(item, change)]));
}

function jsonOf(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== "object") throw new Error(`policyJson: a ${typeof value} is not JSON`);
  if ("source" in value && "found" in value && typeof value.source === "string") return value.source;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, jsonOf(member)]));
}
