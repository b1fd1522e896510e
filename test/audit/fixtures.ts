/** Drafts as the engine gives them, for the audit log's tests. Not a test. */
import { createHash } from "node:crypto";
import type { JsonObject } from "../../src/engine/json.ts";
import type { AuditDraft, OutboxRecord } from "../../src/engine/ports.ts";

export const START_MS = Date.parse("2026-02-13T10:30:00.000Z");

export function entryId(of: string): string {
  return `aud_${createHash("sha256").update(of).digest("hex").slice(0, 16)}`;
}

/** Hex SHA-256 of a text. */
export const hex64 = (of: string) => createHash("sha256").update(of).digest("hex");
const at = (seconds: number) => new Date(START_MS + Math.round(seconds * 1000)).toISOString();

/** The approval of one seat. */
export function approver(seat: number, person: string, more: JsonObject = {}): JsonObject {
  const isFirst = seat === 0;
  const seconds = isFirst ? 48.2 : 35.4;
  return {
    person,
    name: isFirst ? "Sam Okafor" : "Riley Chen",
    account: { surface: "terminal", tenant: "local", user: person },
    role: isFirst ? "sre_lead" : "release_manager",
    role_source: "list",
    role_read_at: at(0),
    review_id: `review-${seat}`,
    seat,
    challenge: isFirst ? "teach_back" : "quiz",
    questions: isFirst
      ? [{ question: "In your own words: what will happen?", terms: ["service", "version"] }]
      : [{ question: "Which service?", options: ["api-gateway", "billing", "auth"], right: "api-gateway" }],
    ...(isFirst ? { explanation: "api-gateway goes to version 2.1.0" } : { answers: ["api-gateway"] }),
    matched_terms: isFirst ? ["api-gateway", "2.1.0"] : [],
    failed_attempts: 0,
    shown_at: at(0),
    voted_at: at(seconds),
    seconds,
    minimum_seconds: isFirst ? 45 : 15,
    min_review_met: true,
    break_glass: false,
    ...more,
  };
}

/** A production deployment that two people approved. */
export function decisionBody(requestId: string, more: JsonObject = {}): JsonObject {
  return {
    entry_id: entryId(`${requestId}:decided`),
    seq: 9,
    action_name: "deploy_to_production",
    action_description: "Deploy api-gateway v2.1.0 to production",
    agent_id: "infra-agent",
    risk_score: 0.88,
    effective_score: 0.88,
    risk_level: "critical",
    trust: 0.2,
    factors: [{ name: "name", contribution: 0.24, because: "matches deployment" }],
    challenge_type: "multi_party",
    challenge_passed: true,
    title: "Production deployment",
    roles_asked: ["sre_lead", "release_manager"],
    notified: [],
    seats: [
      { seat: 0, roles: ["sre_lead"], challenge: "teach_back", minimum_seconds: 45 },
      { seat: 1, roles: ["release_manager"], challenge: "quiz", minimum_seconds: 15 },
    ],
    approver_ids: ["sre.lead@company.com", "release.mgr@company.com"],
    approvers: [approver(0, "sre.lead@company.com"), approver(1, "release.mgr@company.com")],
    withdrawn_votes: [],
    failed_attempts: [],
    verdict: "approved",
    decided_by: "quorum",
    decided_by_person: null,
    reason: null,
    comment: null,
    comments: [],
    released: true,
    ran_without_review: false,
    mode: "enforce",
    escalated_steps: 0,
    review_duration_seconds: 83.6,
    min_review_met: true,
    intercepted_at: at(0),
    decided_at: at(83.6),
    executed_at: null,
    session_id: "sess_1",
    environment: "production",
    owner: "owner@company.com",
    requester: "dana.ito@company.com",
    digest: hex64("digest"),
    policy_digest: hex64("policy"),
    arguments: { service: "api-gateway", version: "2.1.0" },
    secret_arguments: [],
    command: null,
    attachments: [],
    patterns: ["deployment"],
    compliance_refs: ["SOC 2 CC8.1"],
    metadata: { service: "api-gateway", version: "2.1.0", domain: "infra", soc2_control: "CC8.1" },
    ...more,
  };
}

/** What policy approved by itself. */
export function lowBody(requestId: string): JsonObject {
  return decisionBody(requestId, {
    action_name: "get_service_status",
    action_description: "Read the status of api-gateway",
    risk_score: 0.1,
    risk_level: "low",
    challenge_type: "auto_approve",
    challenge_passed: null,
    title: "",
    roles_asked: [],
    seats: [],
    approver_ids: [],
    approvers: [],
    decided_by: "policy",
    reason: "no_challenge",
    review_duration_seconds: 0,
    decided_at: at(0),
  });
}

export function deniedBody(requestId: string): JsonObject {
  return decisionBody(requestId, {
    verdict: "denied",
    decided_by: "person",
    decided_by_person: "sre.lead@company.com",
    reason: "wrong_time",
    comment: "=not during the freeze",
    released: false,
    challenge_passed: null,
    approver_ids: [],
    approvers: [],
    review_duration_seconds: 0,
  });
}

export function draft(type: AuditDraft["entry_type"], requestId: string | undefined, body: JsonObject): AuditDraft {
  return { entry_type: type, ...(requestId === undefined ? {} : { request_id: requestId }), body };
}

export function executionDraft(requestId: string, decided: { number: number; hash: string }): AuditDraft {
  return draft("execution", requestId, {
    entry_id: entryId(`${requestId}:resulted`),
    seq: 11,
    refers_to: decided.number,
    refers_to_hash: decided.hash,
    action_name: "deploy_to_production",
    agent_id: "infra-agent",
    use_id: "use-1",
    used_at: at(83.7),
    executed_at: at(83.75),
    outcome: "succeeded",
    detail: null,
  });
}

export function refusalDraft(requestId: string, commandId: string): AuditDraft {
  return draft("refusal", requestId, {
    entry_id: entryId(`${requestId}:${commandId}:refusal`),
    action_name: "deploy_to_production",
    agent_id: "infra-agent",
    command: "vote",
    refusal: "too_fast",
    refused_at: at(5),
    person: "sre.lead@company.com",
    account: { surface: "terminal", tenant: "local", user: "sre.lead@company.com" },
  });
}

export function startDraft(id: string): AuditDraft {
  return draft("admin", undefined, {
    entry_id: entryId(`start:${id}`),
    change: "started",
    policy_digest: hex64("policy"),
    members: { sre_lead: ["sre.lead@company.com"], dba: null },
  });
}

/** Outbox records around drafts, with ids that grow. */
export function records(drafts: readonly AuditDraft[], from = 1): readonly OutboxRecord[] {
  return drafts.map((one, index) => ({
    id: String(from + index).padStart(16, "0"),
    atMs: START_MS + (from + index) * 1000,
    draft: one,
  }));
}

/** Decisions of different requests, as many as wanted. */
export function decisions(count: number, from = 1): readonly OutboxRecord[] {
  const ids = Array.from({ length: count }, (_, index) => `REQ${String(from + index).padStart(6, "0")}`);
  return records(
    ids.map((id) => draft("decision", id, decisionBody(id))),
    from,
  );
}
