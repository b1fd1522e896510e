/** The audit entry of a start or a config change: the policy without secrets, and who holds which role by it. */
import type { Config } from "../config/types.ts";
import type { JsonObject } from "../engine/json.ts";
import type { AuditDraft } from "../engine/ports.ts";
import { freeDraft } from "../engine/record.ts";

export interface ConfigEntry {
  readonly change: "started" | "config_changed";
  readonly config: Config;
  readonly nowMs: number;
  /** Makes this entry one of a kind. */
  readonly unique: string;
}

/** What stands in the log about the policy from here on. */
export function configEntry({ change, config, nowMs, unique }: ConfigEntry): AuditDraft {
  const members = Object.fromEntries(Object.values(config.policy.roles).map((role) => [role.name, role.members]));
  return freeDraft("admin", `${change}:${nowMs}:${unique}`, {
    change,
    at: new Date(nowMs).toISOString(),
    policy_digest: config.policy.digest,
    config: { policy: asJson(config.published), members },
  });
}

function asJson(value: unknown): JsonObject {
  const parsed: unknown = JSON.parse(JSON.stringify(value ?? {}));
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : {};
}
