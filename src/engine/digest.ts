/** What exactly was approved, as one hash: canonical JSON and the action digest. Used by the service and by the client. */
import { createHash, createHmac } from "node:crypto";
import type { Action } from "./action.ts";
import { canonicalJson } from "./canonical.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { isSameName } from "./name.ts";

export { canonicalJson } from "./canonical.ts";

/** What a secret argument's value is replaced by wherever it is shown or stored. */
export const SECRET = "(secret)";

/** Lower-case hex SHA-256 of the text's UTF-8 bytes. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

export interface DigestInput {
  readonly agentId: string;
  readonly action: Pick<Action, "name" | "arguments" | "command" | "attachments">;
  /** The effective environment, as the assessment gives it. */
  readonly environment: string;
  /** Argument names, or dotted paths into them; snake_case meets camelCase. */
  readonly secretArguments: readonly string[];
  /** Hex, at least 128 bits. Needed only where a secret argument is present. */
  readonly salt?: string;
}

/**
 * Hex SHA-256 of the canonical JSON of {v, agent_id, action, arguments, environment, command?, attachments?}.
 * The action's name enters as sent, since that is what runs. Hints, description and session stay outside.
 * Throws if a secret argument is present without a salt: its plain hash could be guessed.
 */
export function actionDigest(input: DigestInput): string {
  const { action } = input;
  const mark = (value: Json): Json => {
    if (input.salt === undefined)
      throw new Error(`actionDigest: ${action.name} has a secret argument; a salt is needed to hash it`);
    return { secret_hmac: secretMark(value, input.salt) };
  };
  const { command, attachments } = action;
  return sha256Hex(
    canonicalJson({
      v: 1,
      agent_id: input.agentId,
      action: action.name,
      arguments: replaceSecrets(action.arguments, input.secretArguments, mark),
      environment: input.environment,
      ...(command ? { command: { argv: command.argv, cwd: command.cwd } } : {}),
      ...(attachments.length > 0
        ? { attachments: attachments.map(({ name, text }) => ({ name, sha256: sha256Hex(text) })) }
        : {}),
    }),
  );
}

/** Hex HMAC-SHA256 of the value's canonical JSON under the salt (hex, at least 32 digits; throws for another). */
export function secretMark(value: Json, saltHex: string): string {
  if (!/^(?:[0-9a-f]{2}){16,}$/i.test(saltHex))
    throw new Error("secretMark: the salt must be hex of at least 16 bytes");
  return createHmac("sha256", Buffer.from(saltHex, "hex")).update(canonicalJson(value), "utf8").digest("hex");
}

/** The arguments with each secret value as `(secret)`, or as `shown`, however its name is spelled. */
export function redactSecrets(args: JsonObject, secretArguments: readonly string[], shown = SECRET): JsonObject {
  return replaceSecrets(args, secretArguments, () => shown);
}

/** True if any of these names or paths is present in the arguments. */
export function hasSecrets(args: JsonObject, secretArguments: readonly string[]): boolean {
  let present = false;
  replaceSecrets(args, secretArguments, (value) => {
    present = true;
    return value;
  });
  return present;
}

function replaceSecrets(args: JsonObject, secrets: readonly string[], replace: (value: Json) => Json): JsonObject {
  if (secrets.length === 0) return args;
  return replaceIn(args, secrets, replace);
}

function replaceIn(object: JsonObject, paths: readonly string[], replace: (value: Json) => Json): JsonObject {
  const members = Object.entries(object).map(([key, value]): [string, Json] => {
    if (paths.some((path) => isSameName(path, key))) return [key, replace(value)];
    const deeper = paths.flatMap((path) => belowKey(path, key));
    return [key, deeper.length === 0 ? value : replaceDeeper(value, deeper, replace)];
  });
  return Object.fromEntries(members);
}

function replaceDeeper(value: Json, paths: readonly string[], replace: (value: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => replaceDeeper(item, paths, replace));
  return isJsonObject(value) ? replaceIn(value, paths, replace) : value;
}

/** `password` for the path `database.password` below the key `database`. */
function belowKey(path: string, key: string): readonly string[] {
  const dots = [...path.matchAll(/\./g)].map((dot) => dot.index);
  return dots.filter((at) => isSameName(path.slice(0, at), key)).map((at) => path.slice(at + 1));
}
