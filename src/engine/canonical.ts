/** Canonical JSON: one text for one value, so that everybody hashes the same bytes. It hashes nothing itself. */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** RFC 8785 JSON: one text for one value. Throws for what is not JSON: that is a bug, `checkAction` refuses it before. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${canonicalText(key)}:${canonicalJson(memberOf(value, key))}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "string") return canonicalText(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`canonicalJson: ${value} is not JSON`);
  if (value === null || typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
  throw new Error(`canonicalJson: a ${typeof value} is not JSON`);
}

function memberOf(value: JsonObject, key: string): Json {
  const member = value[key];
  if (member === undefined) throw new Error(`canonicalJson: "${key}" is undefined, which is not JSON; leave it out`);
  return member;
}

function canonicalText(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new Error("canonicalJson: a text has a lone surrogate and no UTF-8 form");
  return JSON.stringify(text);
}
