/** The state key as bytes: from config, or the one that the store made in its folder. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/types.ts";

type State = Config["state"];

/** Config's key: hex of at least 32 bytes is read as hex, anything else as text. Undefined without one. */
export function configuredKey({ key }: State): Buffer | undefined {
  if (key === undefined) return undefined;
  return /^([0-9a-f]{2}){32,}$/i.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "utf8");
}

/** Recognises an action without telling it: HMAC-SHA256 under the state key. Call it once the store is open. */
export function fingerprintOf(state: State): (secretText: string) => string {
  const key = configuredKey(state) ?? Buffer.from(readFileSync(join(state.path, "key"), "utf8").trim(), "hex");
  return (secretText) => createHmac("sha256", key).update("fingerprint\0").update(secretText).digest("hex");
}
