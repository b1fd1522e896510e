/** From what happened to what the audit log must hold: the bodies of its entries, in the published names. Pure. */
import type { Refusal } from "./command.ts";
import { sha256Hex } from "./digest.ts";
import { withoutNamed } from "./hidden-arguments.ts";
import type { JsonObject } from "./json.ts";
import type { Account } from "./model.ts";
import type { AuditDraft } from "./ports.ts";
import { type AnswerDetail, accountOf, approver, failedAttempt, iso, seconds } from "./record-people.ts";
import type { RequestEvent, RequestState } from "./request.ts";

/** Entries for these events of one request; `state` is the state after them. */
export function auditDrafts(
  state: RequestState,
  events: readonly RequestEvent[],
  detail: AnswerDetail,
): readonly AuditDraft[] {
  return events.flatMap((event): readonly AuditDraft[] => {
    switch (event.type) {
      case "decided":
        return [decisionDraft(state, event, detail)];
      case "resulted":
        return [executionDraft(state, event)];
      case "revoked":
        return [
          adminDraft(state, event, {
            change: "revoked",
            by: event.person,
            reason: event.reason,
            comment: event.comment ?? null,
          }),
        ];
      case "after_reviewed":
        return [adminDraft(state, event, { change: "after_review", by: event.person, comment: event.comment })];
      case "tightened":
        return [adminDraft(state, event, { change: "tightened", policy_digest: event.policyDigest })];
      default:
        return [];
    }
  });
}

/** An entry for a press that did nothing. */
export function refusalDraft(
  state: RequestState,
  refusal: Refusal,
  press: {
    readonly command: string;
    readonly commandId: string;
    readonly account?: Account;
    readonly person?: string;
    readonly atMs: number;
  },
): AuditDraft {
  const { facts } = state;
  return {
    entry_type: "refusal",
    request_id: facts.id,
    body: {
      entry_id: entryId(`${facts.id}:${press.commandId}:${press.atMs}:refusal`),
      action_name: facts.action.name,
      agent_id: facts.agentId,
      digest: facts.digest,
      command: press.command,
      refusal: refusal.code,
      refused_at: iso(press.atMs),
      person: press.person ?? null,
      account: press.account === undefined ? null : accountOf(press.account),
    },
  };
}

/** An entry about something without a request: an ask that was refused, a start, a config change. */
export function freeDraft(kind: "refusal" | "admin", id: string, body: JsonObject): AuditDraft {
  return { entry_type: kind, body: { entry_id: entryId(id), ...body } };
}

/** `aud_` and 16 hex digits; the same for the same event, so that an entry written twice would show. */
export function entryId(of: string): string {
  return `aud_${sha256Hex(of).slice(0, 16)}`;
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : iso(ms);
}

type DecidedEvent = Extract<RequestEvent, { type: "decided" }>;

function decisionDraft(state: RequestState, event: DecidedEvent, detail: AnswerDetail): AuditDraft {
  const { facts, requirement, assessment } = state;
  const { decision } = event;
  const bySeat = [...state.votes].sort((a, b) => a.seat - b.seat);
  const counted = decision.by === "quorum" || decision.by === "break_glass" ? bySeat : [];
  const isReleasedUnseen = decision.released && decision.verdict === "timed_out";
  return {
    entry_type: "decision",
    request_id: facts.id,
    body: {
      entry_id: entryId(`${facts.id}:${event.seq}`),
      seq: event.seq,
      client_request_id: facts.clientRequestId,
      action_name: facts.action.name,
      action_description: facts.summary,
      agent_id: facts.agentId,
      risk_score: rounded(assessment.rawScore),
      effective_score: rounded(assessment.score),
      risk_level: assessment.level,
      trust: rounded(assessment.trust),
      factors: assessment.factors.map((f) => ({
        name: f.name,
        contribution: rounded(f.contribution),
        because: f.because,
      })),
      challenge_type: requirement.challengeType,
      challenge_passed: counted.length > 0 ? true : state.attempts.length > 0 ? false : null,
      title: requirement.title,
      roles_asked: [...new Set(requirement.seats.flatMap((seat) => seat.roles))],
      notified: requirement.notify,
      seats: requirement.seats.map((seat) => ({
        seat: seat.index,
        roles: seat.roles,
        challenge: seat.challenge,
        minimum_seconds: seconds(seat.minimumMs),
      })),
      approver_ids: counted.map((vote) => vote.person),
      approvers: counted.map((vote) => approver(state, vote, detail)),
      withdrawn_votes: state.votes
        .filter((vote) => !counted.includes(vote))
        .map((vote) => approver(state, vote, detail)),
      lapsed_votes: state.lapsedVotes.map(({ person, seat, why, atMs }) => ({ person, seat, why, at: iso(atMs) })),
      failed_attempts: state.attempts.map((attempt) => failedAttempt(attempt, detail)),
      verdict: decision.verdict,
      decided_by: decision.by,
      decided_by_person: decision.person ?? null,
      reason: decision.reason ?? null,
      comment: decision.comment ?? null,
      comments: state.comments.map((said) => ({ person: said.person, text: said.text, at: iso(said.atMs) })),
      released: decision.released,
      ran_without_review: isReleasedUnseen,
      mode: facts.mode,
      escalated_steps: state.step,
      stand_in_roles: state.standIns,
      review_duration_seconds: seconds(counted.reduce((sum, vote) => sum + vote.seconds * 1000, 0)),
      min_review_met: counted.every((vote) => vote.seconds * 1000 >= vote.minimumMs),
      intercepted_at: iso(facts.raisedAtMs),
      decided_at: iso(decision.atMs),
      executed_at: null,
      session_id: facts.sessionId ?? null,
      environment: facts.environment,
      owner: facts.owner ?? null,
      requester: facts.requester ?? null,
      digest: facts.digest,
      policy_digest: state.policyDigest,
      arguments: withoutNamed(facts.action.arguments, facts.secretArguments),
      domain: facts.domain,
      secret_arguments: facts.secretArguments,
      command:
        facts.action.command === undefined ? null : { argv: facts.action.command.argv, cwd: facts.action.command.cwd },
      attachments: facts.action.attachments.map(({ name, text }) => ({ name, sha256: sha256Hex(text) })),
      patterns: assessment.patterns,
      compliance_refs: assessment.complianceRefs,
      metadata: metadata(state),
    },
  };
}

/** The action's own arguments, under names that nothing an agent sends can take over. */
function metadata(state: RequestState): JsonObject {
  const { facts, assessment } = state;
  const soc2 = assessment.complianceRefs.find((ref) => /^SOC ?2 /i.test(ref))?.replace(/^SOC ?2 /i, "");
  const iso27001 = assessment.complianceRefs.find((ref) => /^ISO ?27001 /i.test(ref))?.replace(/^ISO ?27001 /i, "");
  const hidden = [...facts.secretArguments, ...facts.privateArguments];
  return {
    ...withoutNamed(facts.action.arguments, hidden.map(withoutIndexes)),
    domain: facts.domain,
    soc2_control: soc2 ?? null,
    iso27001_control: iso27001 ?? null,
  };
}

/** `hosts[0].password` as the dotted name that means it. */
function withoutIndexes(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "");
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

type ResultedEvent = Extract<RequestEvent, { type: "resulted" }>;

function executionDraft(state: RequestState, event: ResultedEvent): AuditDraft {
  const { facts, execution, audit } = state;
  return {
    entry_type: "execution",
    request_id: facts.id,
    body: {
      entry_id: entryId(`${facts.id}:${event.seq}`),
      seq: event.seq,
      refers_to: audit?.entry ?? null,
      refers_to_hash: audit?.hash ?? null,
      action_name: facts.action.name,
      agent_id: facts.agentId,
      digest: facts.digest,
      use_id: execution?.useId ?? null,
      used_at: isoOrNull(execution?.usedAtMs),
      executed_at: isoOrNull(event.executedAtMs ?? execution?.usedAtMs),
      outcome: event.outcome,
      detail: event.detail ?? null,
    },
  };
}

function adminDraft(state: RequestState, event: RequestEvent, more: JsonObject): AuditDraft {
  const { facts } = state;
  return {
    entry_type: "admin",
    request_id: facts.id,
    body: {
      entry_id: entryId(`${facts.id}:${event.seq}`),
      seq: event.seq,
      action_name: facts.action.name,
      agent_id: facts.agentId,
      digest: facts.digest,
      at: iso(event.atMs),
      ...more,
    },
  };
}
