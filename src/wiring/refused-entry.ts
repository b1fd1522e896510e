/** The audit entry of a call that was refused before it reached the engine: too large, too often, not readable. */
import type { AuditDraft } from "../engine/ports.ts";
import { freeDraft } from "../engine/record.ts";

export interface RefusedCall {
  /** Undefined for a reviewer's call. */
  readonly agentId: string | undefined;
  /** The problem's stable code, such as `too_large`. */
  readonly code: string;
  readonly nowMs: number;
  /** Makes this entry one of a kind. */
  readonly unique: string;
}

/** Who was refused, when and why; nothing of what was sent. */
export function refusedEntry({ agentId, code, nowMs, unique }: RefusedCall): AuditDraft {
  return freeDraft("refusal", `call:${nowMs}:${unique}`, {
    refusal: code,
    command: "call",
    ...(agentId !== undefined && { agent_id: agentId }),
    refused_at: new Date(nowMs).toISOString(),
  });
}
