/** A played scenario as text, in the form of the published page, and as one line of JSON. */
import type { Question } from "../../bot/surface.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Case } from "./cases.ts";
import type { Played } from "./person.ts";

/** What the audit log says about one case. */
export interface Entry {
  readonly number: number;
  readonly chain_hash: string;
  readonly action_name: string;
  readonly risk_score: number;
  readonly risk_level: string;
  readonly challenge_type: string;
  readonly title: string;
  readonly roles_asked: readonly string[];
  readonly notified: readonly string[];
  readonly verdict: string;
  readonly review_duration_seconds: number;
  readonly domain: string;
  readonly approvers: readonly {
    readonly person: string;
    readonly role: string;
    readonly seat: number;
    readonly challenge: string;
    readonly seconds: number;
    readonly minimum_seconds: number;
    readonly matched_terms: readonly string[];
  }[];
}

export interface PlayedCase {
  readonly played: Case;
  readonly entry: Entry;
  readonly parts: readonly Played[];
}

/** One line for each action: what was scored, who was asked, who approved, and where it is written. */
export function jsonLine({ entry }: PlayedCase): JsonObject {
  return {
    action: entry.action_name,
    score: rounded(entry.risk_score, 2),
    level: entry.risk_level,
    challenge: entry.challenge_type,
    roles: entry.roles_asked,
    approvers: entry.approvers.map(({ person, role, seat, challenge, seconds }) => ({
      person,
      role,
      seat,
      challenge,
      seconds: rounded(seconds, 1),
    })),
    verdict: entry.verdict,
    audit: { entry: entry.number, hash: entry.chain_hash },
  };
}

/** The scenario as a person reads it. */
export function textOf(given: PlayedCase): string {
  const { played, entry, parts } = given;
  const title = `${played.title} (${entry.risk_level.toUpperCase()}: ${challengeWords(entry.challenge_type)})`;
  const rows: (readonly [string, string])[] = [
    ["Risk Level", entry.risk_level.toUpperCase()],
    ["Action", entry.action_name],
    ["Risk Score", entry.risk_score.toFixed(2)],
    ["Domain", entry.domain],
    ["Arguments", argumentsText(played.arguments)],
    ...(entry.title === "" ? [] : [["Escalation", entry.title] as const]),
    ...(entry.approvers.length === 0
      ? []
      : [["Notified", notified(entry)] as const, ["Challenge", challengeText(entry)] as const]),
  ];
  const wide = Math.max(...rows.map(([label]) => label.length));
  const table = rows.map(([label, value]) => `  ${label.padEnd(wide)}  ${value}`);
  return [title, ...table, ...partsText(entry, parts), `  ${resultText(entry)}`, ""].join("\n");
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function argumentsText(args: JsonObject): string {
  return Object.entries(args)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
}

function notified(entry: Entry): string {
  return [...new Set([...entry.roles_asked, ...entry.notified])].join(", ");
}

function challengeWords(kind: string): string {
  const words: Record<string, string> = {
    auto_approve: "approved by policy",
    multi_party: "multi-party",
    teach_back: "teach-back",
  };
  return words[kind] ?? kind;
}

function challengeText(entry: Entry): string {
  const seats = entry.approvers.length;
  if (seats > 1) return `MULTI-PARTY (${seats} of ${seats} required)`;
  return `${challengeWords(entry.challenge_type).toUpperCase()} (min review: ${entry.approvers[0]?.minimum_seconds ?? 0}s)`;
}

function partsText(entry: Entry, parts: readonly Played[]): readonly string[] {
  const many = entry.approvers.length > 1;
  return entry.approvers.flatMap((approver, index) => {
    const part = parts.find((candidate) => candidate.person === approver.person);
    if (part === undefined) return [];
    const who = `  ${many ? `Approver ${index + 1}` : "Approver"} (${approver.person}), ${challengeWords(approver.challenge).toUpperCase()}:`;
    const terms =
      approver.challenge === "teach_back" ? [`    Key terms matched: ${approver.matched_terms.join(", ")}`] : [];
    return [who, ...answered(part.question, part.answers), ...terms, `    Approved (${approver.seconds.toFixed(1)}s)`];
  });
}

function answered(question: Question, answers: readonly string[]): readonly string[] {
  switch (question.kind) {
    case "later":
      return [];
    case "teach_back":
      return [`    ${answers[0] ?? ""}`];
    case "confirm":
      return [`    ${question.prompt} ${answers[0] ?? ""}`];
    case "quiz":
      return question.questions.map(
        ({ text }, index) => `    Q${index + 1}: ${text} ${answers[index] ?? ""} (correct)`,
      );
  }
}

function resultText(entry: Entry): string {
  const where = `audit #${entry.number} ${entry.chain_hash.slice(0, 8)}`;
  const { length } = entry.approvers;
  if (length === 0) return `Result: AUTO-APPROVED by policy · ${where}`;
  const time = `${entry.review_duration_seconds.toFixed(1)}s`;
  const how = length > 1 ? `${length}/${length} approvers, total ${time}` : `reviewed in ${time}`;
  return `Result: ${entry.verdict.toUpperCase()} (${how}) · ${where}`;
}
