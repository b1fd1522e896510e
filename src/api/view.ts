/** A request as the agent that asked sees it. Tells no verdict before its audit entry is on disk, and no answer of anybody. */
import { type Assessed, isTellable } from "../engine/approvals.ts";
import type { Requirement } from "../engine/policy.ts";
import type { RequestState } from "../engine/request.ts";
import type { RiskAssessment } from "../engine/risk.ts";
import type { AssessView, RequestView } from "./contract.ts";

/** What a view needs beyond the state. */
export interface Viewer {
  readonly nowMs: number;
  /** Who can decide this and how, in words. */
  readonly who: string;
  nameOf(person: string): string;
}

const HINTS: Readonly<Record<string, string>> = {
  wrong_target: "Name another target: check the arguments that say where and to what.",
  wrong_time: "Ask again at another time, with a new request_id.",
  needs_change: "Change the arguments as the comment says, then ask again with a new request_id.",
  not_needed: "Do not ask for this again; go on without it.",
  suspicious: "Stop and have a person look at what this agent is doing.",
  blocked: "The policy does not let this run here: the comment says why. Do something else, or have that changed.",
  nobody_left: "Nobody is left who may approve this: ask the owner of the config for more people in the role.",
  impossible: "Too few people hold the roles that this needs: ask the owner of the config.",
  failed_challenge:
    "The reviewer did not show understanding: make the description and the arguments clearer, then ask again.",
  deadline: "Nobody decided in time: tell the people who can, then ask again with a new request_id.",
};

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Until when an approval may be used, in milliseconds of the store's clock; undefined while or where there is none. */
export function validUntilMs(state: RequestState): number | undefined {
  const decision = state.decision;
  return decision?.released === true ? decision.atMs + state.requirement.validForMs : undefined;
}

function riskView(assessment: RiskAssessment): RequestView["risk"] {
  return {
    score: assessment.score,
    raw_score: assessment.rawScore,
    level: assessment.level,
    factors: assessment.factors.map(({ name, contribution, because }) => ({ name, contribution, because })),
    patterns: [...assessment.patterns],
  };
}

function seatViews(requirement: Requirement): RequestView["seats"] {
  return requirement.seats.map((seat) => ({
    seat: seat.index,
    roles: [...seat.roles],
    challenge: seat.challenge,
    minimum_seconds: seat.minimumMs / 1000,
  }));
}

/** What would be asked, as the agent sees it. */
export function assessedView({ assessment, requirement, summary }: Assessed): AssessView {
  return {
    summary,
    environment: assessment.environment,
    risk: riskView(assessment),
    challenge_type: requirement.challengeType,
    title: requirement.title,
    seats: seatViews(requirement),
    notify: [...requirement.notify],
    timeout_seconds: requirement.timeoutMs / 1000,
    ...(requirement.blocked === undefined ? {} : { blocked: requirement.blocked }),
  };
}

function commentsOf(state: RequestState, told: boolean): RequestView["comments"] {
  const comments = state.comments.map(({ name, text }) => ({ from: name, text }));
  if (told && state.decision?.comment !== undefined) {
    comments.push({ from: state.decision.name ?? "the service", text: state.decision.comment });
  }
  if (told && state.revocation?.comment !== undefined) {
    comments.push({ from: state.revocation.name, text: state.revocation.comment });
  }
  return comments;
}

/** Members that exist once the verdict may be told. */
function verdictMembers(state: RequestState, nowMs: number): Partial<RequestView> {
  const { decision, audit, execution, revocation } = state;
  if (decision === undefined || audit === undefined) return {};
  const reason = revocation?.reason ?? decision.reason;
  const validUntil = validUntilMs(state);
  const lapsed = validUntil !== undefined && execution === undefined && nowMs >= validUntil;
  const stopped = decision.released && revocation === undefined ? undefined : HINTS[reason ?? ""];
  const hint = lapsed ? "The approval lapsed before it was used: ask again with a new request_id." : stopped;
  return {
    verdict: decision.verdict,
    released: decision.released && execution === undefined && revocation === undefined && !lapsed,
    audit: { entry: audit.entry, hash: audit.hash },
    review_seconds: state.votes.reduce((sum, vote) => sum + vote.seconds, 0),
    ...(reason === undefined ? {} : { reason }),
    ...(hint === undefined ? {} : { hint }),
    ...(validUntil === undefined ? {} : { valid_until: iso(validUntil) }),
    ...(execution === undefined
      ? {}
      : {
          execution: {
            use_id: execution.useId,
            used_at: iso(execution.usedAtMs),
            ...(execution.outcome === undefined ? {} : { outcome: execution.outcome }),
          },
        }),
  };
}

/** The request as its own agent sees it: until the decision's entry is on disk it is `pending`, whatever was decided. */
export function requestView(state: RequestState, viewer: Viewer): RequestView {
  const { facts } = state;
  const told = isTellable(state);
  const seats = seatViews(state.requirement).map((seat) => {
    const vote = state.votes.find((one) => one.seat === seat.seat);
    if (vote === undefined) return seat;
    const approver = viewer.nameOf(vote.person);
    return told ? { ...seat, approver, seconds: vote.seconds } : { ...seat, approver };
  });
  return {
    id: facts.id,
    request_id: facts.clientRequestId,
    agent_id: facts.agentId,
    action: facts.actionName,
    summary: facts.summary,
    environment: facts.environment,
    status: told ? state.status : "pending",
    released: false,
    mode: facts.mode,
    digest: facts.digest,
    ...(facts.salt === undefined ? {} : { salt: facts.salt }),
    secret_arguments: [...facts.secretArguments],
    risk: riskView(state.assessment),
    challenge_type: state.requirement.challengeType,
    title: state.requirement.title,
    seats,
    notify: [...state.requirement.notify],
    now: iso(viewer.nowMs),
    raised_at: iso(facts.raisedAtMs),
    ...(state.deadlineMs === undefined ? {} : { deadline: iso(state.deadlineMs) }),
    delivered: state.deliveries.length > 0 || state.reviews.length > 0,
    who: viewer.who,
    comments: commentsOf(state, told),
    ...verdictMembers(state, viewer.nowMs),
  };
}
