/** Entries as text that a person reads at a terminal. What agents and people typed is shown with nothing hidden in it. */
import { visibleText } from "../engine/visible.ts";
import type { AuditEntry, DecisionEntry } from "./line.ts";
import type { Approver } from "./line-parts.ts";

/** One entry, readable: lines without line ends. */
export function entryText(entry: AuditEntry): readonly string[] {
  const lines = entry.entry_type === "decision" ? decisionLines(entry) : plainLines(entry);
  return [...lines, `  number ${entry.number} · chain_hash ${entry.chain_hash}`].map((line) => visibleText(line));
}

function decisionLines(entry: DecisionEntry): readonly string[] {
  const people = [
    ["asked by", entry.agent_id],
    ["for", entry.requester],
    ["owner", entry.owner],
  ] as const;
  return [
    `${entry.verdict.toUpperCase()} · ${entry.action_description} · ${entry.entry_id}`,
    ...flags(entry).map((flag) => `  ${flag}`),
    row("action", `${entry.action_name} in ${entry.environment}`),
    row("risk", `${entry.risk_level} ${entry.risk_score.toFixed(2)}, challenge ${entry.challenge_type}`),
    ...people.flatMap(([label, value]) => (value ? [row(label, value)] : [])),
    row("asked", entry.intercepted_at),
    row("decided", `${entry.decided_at} by ${entry.decided_by}${given(" ", entry.decided_by_person)}`),
    ...(entry.reason ? [row("reason", entry.reason)] : []),
    ...(entry.comment ? [row("comment", entry.comment)] : []),
    ...Object.entries(entry.arguments ?? {}).map(([name, value]) => row(`  ${name}`, asText(value))),
    ...(entry.command ? [row("command", asText(entry.command.argv)), row("  in", entry.command.cwd)] : []),
    ...(entry.attachments ?? []).map(({ name, sha256 }) => row("attachment", `${name}, SHA-256 ${sha256}`)),
    ...entry.approvers.flatMap((approver) => approverLines("approved", approver)),
    ...(entry.withdrawn_votes ?? []).flatMap((approver) => approverLines("did not count", approver)),
    ...(entry.failed_attempts ?? []).flatMap((attempt) => [
      `  failed attempt by ${attempt.person}, seat ${attempt.seat}, ${attempt.challenge}, at ${attempt.at}`,
      ...answerLines(attempt),
    ]),
    ...(entry.comments ?? []).map((said) => `  ${said.person} wrote: ${said.text}`),
    row("review", `${entry.review_duration_seconds.toFixed(1)} s${entry.min_review_met ? "" : ", BELOW THE MINIMUM"}`),
    row("digest", entry.digest),
    row("policy", entry.policy_digest),
    ...(entry.request_id === undefined ? [] : [row("request", entry.request_id)]),
  ];
}

function flags(entry: DecisionEntry): readonly string[] {
  return [
    ...(entry.ran_without_review === true ? ["RAN WITHOUT REVIEW"] : []),
    ...(entry.decided_by === "break_glass" ? [`BREAK GLASS${given(": ", entry.break_glass_reason)}`] : []),
    ...(entry.mode === "observe" ? ["OBSERVED ONLY: nothing was held back"] : []),
  ];
}

function approverLines(word: string, approver: Approver): readonly string[] {
  const { person, name, role, role_source, account, challenge, seconds, minimum_seconds } = approver;
  return [
    `  ${word}: ${name} <${person}> as ${role} (${role_source}), ${challenge}, ${seconds.toFixed(1)} s ` +
      `(minimum ${minimum_seconds} s), ${account.surface}/${account.tenant}/${account.user}`,
    row("  shown, voted", `${approver.shown_at}, ${approver.voted_at}`),
    ...answerLines(approver),
  ];
}

type Answered = Pick<Approver, "questions" | "answers" | "explanation" | "answers_sha256" | "matched_terms">;

function answerLines(given: Answered): readonly string[] {
  const questions = (given.questions ?? []).flatMap((asked, index) => [
    row("  question", asked.question),
    ...(asked.options === undefined ? [] : [row("  options", asked.options.join(" | "))]),
    ...(given.answers?.[index] === undefined ? [] : [row("  answer", given.answers[index])]),
  ]);
  return [
    ...questions,
    ...(given.explanation === undefined ? [] : [row("  explanation", given.explanation)]),
    ...(Array.isArray(given.matched_terms) && given.matched_terms.length > 0
      ? [row("  terms matched", given.matched_terms.join(", "))]
      : []),
    ...(given.answers_sha256 === undefined ? [] : [row("  answers sha256", given.answers_sha256)]),
  ];
}

const FRAME: readonly string[] = ["number", "entry_type", "entry_id", "previous_hash", "chain_hash"];

/** Entries of the other types: all members, one a line. */
function plainLines(entry: AuditEntry): readonly string[] {
  const members = Object.entries(entry).filter(([key, value]) => !FRAME.includes(key) && value !== null);
  return [
    `${entry.entry_type.toUpperCase()} · ${entry.entry_id}`,
    ...members.map(([key, value]) => row(key, asText(value))),
  ];
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(16)} ${value}`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function given(before: string, value: string | null | undefined): string {
  return value ? `${before}${value}` : "";
}
