/** From what an agent sends to the frozen facts of a request: checks, score, requirement, digest, evidence. Pure. */
import { type Action, checkAction, normalName } from "./action.ts";
import type { Ask, Assessed, RaiseRefusal } from "./approvals.ts";
import type { Subject } from "./challenge.ts";
import { declarationOf } from "./declaration.ts";
import { differences } from "./differences.ts";
import { actionDigest, canonicalJson, hasSecrets, redactSecrets } from "./digest.ts";
import { evidencePages } from "./evidence.ts";
import { commandProblem, isFreeCommand } from "./free-command.ts";
import { isNamed, pathsNamed } from "./hidden-arguments.ts";
import type { Json, JsonObject } from "./json.ts";
import type { PersonId } from "./model.ts";
import type { AgentPolicy, Policy, Requirement } from "./policy.ts";
import type { ActionDeclaration } from "./profile.ts";
import { repeatedSecret } from "./repeated-secret.ts";
import type { RequestFacts, RequestState } from "./request.ts";
import { requirementFor } from "./requirement.ts";
import { assess, type RiskAssessment } from "./risk.ts";
import { countedEnvironment, subjectOf } from "./subject.ts";
import { workable } from "./workable.ts";

/** An ask that passed every check that needs no store. */
export interface Checked {
  readonly ask: Ask;
  readonly action: Action;
  readonly actionName: string;
  readonly declaration: ActionDeclaration | undefined;
  readonly agent: AgentPolicy | undefined;
  readonly requester: PersonId | undefined;
  readonly assessment: RiskAssessment;
  readonly requirement: Requirement;
  readonly subject: Subject;
  /** Canonical text of the action with its secrets; hash it under a key before it goes anywhere. */
  readonly secretText: string;
}

export type CheckedAsk =
  | { readonly ok: true; readonly checked: Checked }
  | { readonly ok: false; readonly refusal: RaiseRefusal };

/** What checking needs to know of the world. */
export interface Checking {
  readonly policy: Policy;
  /** The agent's trust now, 0..1. */
  readonly trust: number;
  readonly isPerson: (email: string) => boolean;
}

function no(refusal: RaiseRefusal): CheckedAsk {
  return { ok: false, refusal };
}

/** Checks an ask and scores it; refuses in the order a caller would mend things. */
export function checkAsk(ask: Ask, world: Checking): CheckedAsk {
  const { policy } = world;
  const given = checkAction(ask.action);
  if (!given.ok) return no({ code: given.code, detail: given.detail });
  const { action } = given;
  const actionName = normalName(action.name);
  const agent = Object.hasOwn(policy.agents, ask.agentId) ? policy.agents[ask.agentId] : undefined;
  if (agent !== undefined && agent.actions.length > 0 && !agent.actions.some((pattern) => pattern.found(actionName))) {
    return no({ code: "action_not_allowed" });
  }
  const declaration = declarationOf(action.name, policy.profile);
  const refusal =
    requesterRefusal(ask, agent, world) ??
    declaredRefusal(action, declaration) ??
    repeatedSecret(ask, action, declaration);
  if (refusal !== undefined) return no(refusal);
  const assessment = assess(
    { action, agentId: ask.agentId, trust: world.trust, ...(ask.atLeast !== undefined && { atLeast: ask.atLeast }) },
    policy,
  );
  const subject = subjectOf({ action, actionName, declaration, assessment, policy });
  const freeCommand = isFreeCommand(action, declaration);
  const unclaimed = assess({ action: withoutClaims(action), agentId: ask.agentId, trust: world.trust }, policy);
  const requirement = workable(requirementFor({ assessment, unclaimed, freeCommand }, policy), subject);
  return {
    ok: true,
    checked: {
      ask,
      action,
      actionName,
      declaration,
      agent,
      requester: requesterOf(ask, agent),
      assessment,
      requirement,
      subject,
      secretText: canonicalJson(secretForm(ask.agentId, action, assessment.environment)),
    },
  };
}

/** The action alone: what the agent says about it is left out. */
export function withoutClaims({ name, arguments: args, attachments, command }: Action): Action {
  return { name, arguments: args, hints: {}, attachments, ...(command !== undefined && { command }) };
}

function requesterOf(ask: Ask, agent: AgentPolicy | undefined): PersonId | undefined {
  const sent = ask.requester?.trim().toLowerCase();
  return sent === undefined || sent === "" ? (agent?.requester === "owner" ? agent.owner : undefined) : sent;
}

/** Source: RFC 5321, 4.5.3.1.3, the longest path without its brackets. */
const LONGEST_EMAIL = 254;

function requesterRefusal(ask: Ask, agent: AgentPolicy | undefined, world: Checking): RaiseRefusal | undefined {
  const sent = requesterOf(ask, agent);
  if (sent !== undefined && (sent.length > LONGEST_EMAIL || !/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(sent))) {
    return { code: "invalid_action", detail: "requester: send the e-mail address of the person you act for" };
  }
  if (agent?.requester !== "required") return undefined;
  if (sent === undefined) return { code: "requester_required" };
  return world.isPerson(sent) ? undefined : { code: "requester_unknown", requester: sent };
}

/** What the declaration makes compulsory: the command's form, and attachments. */
function declaredRefusal(action: Action, declaration: ActionDeclaration | undefined): RaiseRefusal | undefined {
  if (declaration === undefined) return undefined;
  const problem = commandProblem(action, declaration);
  if (problem !== undefined) return { code: "command_not_allowed", detail: problem };
  const missing = declaration.attach.find((name) => !isAttached(action, action.arguments[name]));
  return missing === undefined ? undefined : { code: "attachment_missing", argument: missing };
}

function isAttached(action: Action, value: Json | undefined): boolean {
  return (
    typeof value === "string" && action.attachments.some(({ name }) => name === value || value.endsWith(`/${name}`))
  );
}

function secretForm(agentId: string, action: Action, environment: string): JsonObject {
  return {
    agent_id: agentId,
    action: action.name,
    arguments: action.arguments,
    environment,
    ...(action.command !== undefined && { command: { argv: action.command.argv, cwd: action.command.cwd } }),
    attachments: action.attachments.map(({ name, text }) => ({ name, text })),
  };
}

/** What the asker of `assess` is told. */
export function assessedOf(checked: Checked): Assessed {
  return { assessment: checked.assessment, requirement: checked.requirement, summary: checked.subject.summary };
}

/** What freezing needs beyond the checks. */
export interface Freezing {
  readonly id: string;
  readonly nowMs: number;
  readonly policy: Policy;
  readonly fingerprint: string;
  /** Fresh hex; used only where secret arguments are present. */
  readonly salt: string;
  readonly lastDenied: RequestState | undefined;
  readonly lastApproved: RequestState | undefined;
  /** Who failed this same action for good a short time ago, and is not given another try by asking anew. */
  readonly barred: readonly PersonId[];
}

/** The facts that stay the same for the whole life of the request. */
export function freeze(checked: Checked, given: Freezing): RequestFacts {
  const { ask, action, declaration, agent, assessment, subject, requester } = checked;
  const secretArguments = (declaration?.secretArguments ?? []).filter((name) => hasSecrets(action.arguments, [name]));
  const salt = secretArguments.length > 0 ? given.salt : undefined;
  const salted = salt === undefined ? {} : { salt };
  const redacted: Action = { ...action, arguments: redactSecrets(action.arguments, secretArguments) };
  const hidden = declaration?.privateArguments ?? [];
  const privateArguments = pathsNamed(action.arguments, hidden);
  const owner = agent?.owner;
  const described = declaration?.description === undefined ? {} : { declaredDescription: declaration.description };
  const denied = given.lastDenied;
  return {
    id: given.id,
    clientRequestId: ask.clientRequestId,
    agentId: ask.agentId,
    ...(owner !== undefined && { owner }),
    ...(requester !== undefined && { requester }),
    excluded: [...new Set([owner, requester].filter((person) => person !== undefined))],
    ...(given.barred.length > 0 && { barred: given.barred }),
    ...(ask.sessionId !== undefined && { sessionId: ask.sessionId }),
    raisedAtMs: given.nowMs,
    action: redacted,
    actionName: checked.actionName,
    summary: subject.summary,
    environment: assessment.environment,
    ...described,
    facts: subject.facts,
    card: declaration?.card ?? Object.keys(redacted.arguments).filter((name) => !isNamed(name, hidden)),
    freeText: subject.freeText,
    secretArguments,
    privateArguments,
    digest: actionDigest({
      agentId: ask.agentId,
      action,
      environment: assessment.environment,
      secretArguments,
      ...salted,
    }),
    fingerprint: given.fingerprint,
    ...salted,
    assessment,
    domain: given.policy.profile.name,
    policyDigest: given.policy.digest,
    requirement: checked.requirement,
    mode: agent?.mode ?? given.policy.mode,
    pages: evidencePages({
      action: redacted,
      secretArguments,
      privateArguments,
      facts: subject.facts,
      environment: countedEnvironment(redacted.arguments, assessment.environment),
      ...described,
    }),
    ...(denied !== undefined && { previousDenial: denialOf(denied) }),
    differences: [
      ...differences(redacted, denied, { whose: "the denied request", hidden }),
      ...differences(redacted, given.lastApproved, { whose: "the last approved run", hidden }),
    ],
    subject,
  };
}

function denialOf(state: RequestState): NonNullable<RequestFacts["previousDenial"]> {
  const { decision, facts } = state;
  const comment = decision?.comment;
  return {
    id: facts.id,
    reason: decision?.reason ?? "denied",
    ...(comment !== undefined && { comment }),
    atMs: decision?.atMs ?? facts.raisedAtMs,
  };
}
