/** What an auditor checks in one decision: minimum review times, and who filled which seat. Pure; the chain stands elsewhere. */
import { CHALLENGES } from "../engine/model.ts";
import type { DecisionEntry } from "./line.ts";
import type { Approver } from "./line-parts.ts";

/** Seconds are written with one or more decimals, times in milliseconds. */
const ROUNDING_SECONDS = 0.11;

/** Why this decision's review times do not hold; empty when they do. */
export function reviewTimeProblems(entry: DecisionEntry): readonly string[] {
  const problems = entry.approvers.flatMap(approvalTimeProblems);
  if (entry.verdict !== "approved") return problems;
  if (!entry.min_review_met) problems.push("min_review_met is false");
  const sum = entry.approvers.reduce((total, approver) => total + approver.seconds, 0);
  if (Math.abs(sum - entry.review_duration_seconds) > ROUNDING_SECONDS * (entry.approvers.length + 1)) {
    problems.push(
      `review_duration_seconds is ${entry.review_duration_seconds}, the approvals sum up to ${sum.toFixed(1)}`,
    );
  }
  return problems;
}

function approvalTimeProblems(approver: Approver): string[] {
  const problems: string[] = [];
  if (approver.seconds < approver.minimum_seconds) {
    problems.push(
      `${approver.person} approved after ${approver.seconds} s, the minimum is ${approver.minimum_seconds} s`,
    );
  }
  if (!approver.min_review_met) problems.push(`${approver.person}: min_review_met is false`);
  const measured = (Date.parse(approver.voted_at) - Date.parse(approver.shown_at)) / 1000;
  if (Math.abs(measured - approver.seconds) > ROUNDING_SECONDS) {
    problems.push(`${approver.person}: seconds is ${approver.seconds}, shown_at to voted_at is ${measured}`);
  }
  return problems;
}

/** Why the people who approved do not fill what was required; empty when they do. */
export function approvalProblems(entry: DecisionEntry): readonly string[] {
  if (entry.verdict !== "approved") return releaseProblems(entry);
  const problems = [...idProblems(entry), ...excludedProblems(entry)];
  if (!entry.released) problems.push("approved, but not released");
  switch (entry.decided_by) {
    case "quorum":
      return [...problems, ...quorumProblems(entry)];
    case "policy":
      if (entry.seats.length > 0) problems.push("approved by policy, although people were required");
      return problems;
    case "break_glass":
      if (!entry.approvers.some((approver) => approver.break_glass === true)) {
        problems.push("approved by break glass, but no approver is marked break_glass");
      }
      return problems;
    case "observe":
      if (entry.mode !== "observe") problems.push("approved by observing, but mode is enforce");
      return problems;
    case "person":
    case "deadline":
    case "agent":
      return [...problems, `approved by ${entry.decided_by}: only a quorum, policy or break glass can approve`];
  }
}

function releaseProblems(entry: DecisionEntry): string[] {
  if (!entry.released || entry.mode === "observe") return [];
  if (entry.verdict !== "timed_out") return [`${entry.verdict}, but released`];
  const problems: string[] = [];
  if (entry.ran_without_review !== true) problems.push("released on a timeout, but ran_without_review is not true");
  if (entry.risk_level === "critical") problems.push("critical, but released on a timeout");
  return problems;
}

function idProblems(entry: DecisionEntry): string[] {
  const problems: string[] = [];
  const people = entry.approvers.map((approver) => approver.person);
  if (new Set(people.map(folded)).size < people.length) problems.push("one person approved twice");
  if (people.map(folded).sort().join() !== entry.approver_ids.map(folded).sort().join()) {
    problems.push("approver_ids are not the people in approvers");
  }
  return problems;
}

/** Break glass may be used on one's own request; nobody else may approve it. */
function excludedProblems(entry: DecisionEntry): string[] {
  const excluded = [entry.requester, entry.owner, ...(entry.excluded ?? [])].flatMap((id) => (id ? [folded(id)] : []));
  return entry.approvers
    .filter((approver) => approver.break_glass !== true && excluded.includes(folded(approver.person)))
    .map((approver) => `${approver.person} approved their own request`);
}

function quorumProblems(entry: DecisionEntry): string[] {
  const problems = entry.seats.flatMap((seat) => seatProblems(entry, seat));
  if (entry.seats.length === 0) problems.push("approved by people, but no seat was required");
  if (entry.challenge_type === "multi_party" && entry.seats.length < 2) {
    problems.push("challenge_type is multi_party, but fewer than two seats were required");
  }
  if (entry.approvers.length !== entry.seats.length) {
    problems.push(`${entry.approvers.length} approvals for ${entry.seats.length} seats`);
  }
  if (entry.challenge_passed !== true) problems.push("approved, but challenge_passed is not true");
  return problems;
}

function seatProblems(entry: DecisionEntry, seat: DecisionEntry["seats"][number]): string[] {
  const approver = entry.approvers.find((candidate) => candidate.seat === seat.seat);
  if (approver === undefined) return [`nobody filled seat ${seat.seat} (${seat.roles.join(" or ")})`];
  const problems: string[] = [];
  if (!mayFill(entry, seat, approver)) {
    problems.push(
      `${approver.person} filled seat ${seat.seat} as ${approver.role}, it needs ${seat.roles.join(" or ")}`,
    );
  }
  if (CHALLENGES.indexOf(approver.challenge) < CHALLENGES.indexOf(seat.challenge)) {
    problems.push(`${approver.person} passed ${approver.challenge}, seat ${seat.seat} needs ${seat.challenge}`);
  }
  if (approver.minimum_seconds < seat.minimum_seconds) {
    problems.push(`seat ${seat.seat} has a minimum of ${seat.minimum_seconds} s, ${approver.person} was held to less`);
  }
  return problems;
}

/** Roles of escalation steps stand in for any seat; an entry that took a step without naming them cannot be judged. */
function mayFill(entry: DecisionEntry, seat: DecisionEntry["seats"][number], approver: Approver): boolean {
  if (seat.roles.length === 0 || seat.roles.includes(approver.role)) return true;
  if (entry.stand_in_roles === undefined) return (entry.escalated_steps ?? 0) > 0;
  return entry.stand_in_roles.includes(approver.role);
}

function folded(id: string): string {
  return id.toLowerCase();
}
