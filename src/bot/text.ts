/**
 * Every word that a person reads on cards, forms, notices and prompts. What somebody is told after a press stands in
 * private-lines.ts. It decides nothing and knows no platform's markup.
 */
import type { ChallengeKind, DenyReason, Level, RoleName, Verdict } from "../engine/model.ts";
import { visibleText } from "../engine/visible.ts";
import type { Line, Span } from "./surface.ts";

/** How a level is printed: the first word of a card. */
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  critical: "CRITICAL",
};

/** What a reviewer is asked to do, as a name. */
export const CHALLENGE_WORDS: Readonly<Record<ChallengeKind, string>> = {
  confirm: "confirm",
  quiz: "quiz",
  teach_back: "teach-back",
};

/** What a reviewer is asked to do, as an instruction. */
export const CHALLENGE_TASKS: Readonly<Record<ChallengeKind, string>> = {
  confirm: "confirm what it acts on",
  quiz: "answer questions about it",
  teach_back: "explain it back",
};

/** The reasons somebody can pick, in the order in which they are offered. */
export const REASON_WORDS: Readonly<Record<DenyReason, string>> = {
  wrong_target: "wrong target",
  wrong_time: "wrong time",
  needs_change: "needs change",
  not_needed: "not needed",
  suspicious: "looks suspicious",
};

const OTHER_REASONS: Readonly<Record<string, string>> = {
  no_challenge: "the policy asks for nobody at this risk",
  blocked: "a policy rule blocks it",
  nobody_left: "nobody is left who could approve it",
  impossible: "too few different people hold the roles it needs",
  deadline: "nobody answered in time",
  failed_challenge: "a reviewer failed the challenge for good",
  abandoned: "the agent stopped waiting",
  withdrawn: "it was withdrawn",
};

/** A typed reason or the policy's, in words; a reason that has no words yet is shown as it is. */
export function reasonWords(reason: string): string {
  return new Map(Object.entries({ ...OTHER_REASONS, ...REASON_WORDS })).get(reason) ?? oneLine(reason);
}

/** How each end is called on a card's first line. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  approved: "APPROVED",
  denied: "DENIED",
  timed_out: "TIMED OUT",
  cancelled: "CANCELLED",
};

/** The words on cards; functions where something is filled in. */
export const CARD = {
  stopped: "STOPPED",
  observed: "ONLY OBSERVED",
  unreviewed: "RAN WITHOUT REVIEW",
  allowed: "ALLOWED BY POLICY",
  blocked: "DENIED BY POLICY",
  brokenGlass: "APPROVED BY BREAK GLASS",
  asks: " asks",
  forPerson: ", for ",
  claimed: " (claimed)",
  owner: ", owner ",
  answerBy: " · answer by ",
  answerWithin: " · answer within ",
  needs: (people: number) => (people === 1 ? "needs 1 person" : `needs ${people} different people`),
  seats: "Approvals",
  asked: "Asked for by the agent",
  known: "Checked by the service",
  why: (level: Level) => `Why ${level}`,
  before: "Denied before",
  changed: "What is different now",
  history: "Notes",
  waiting: "waiting for ",
  or: " or ",
  and: " and ",
  approvedBy: "approved by ",
  reviewing: " is reviewing since ",
  noAnswer: "No answer from ",
  standIn: "may stand in: ",
  escalated: "escalated",
  unattended: "The agent has not asked for the answer lately: maybe nobody is waiting any more.",
  tightened: "The policy became stricter while this was open. Approvals below the new bar no longer count.",
  secret: "(secret)",
  private: "(only for reviewers, in the review)",
  cut: (length: number) => ` ... (${length} characters, all of it in the review)`,
  more: (count: number) => `${count} more in the review`,
  attachments: "attachments",
  command: "command",
  description: "the agent says",
  reviewTime: (seconds: string) => ` · ${seconds} of review`,
  told: " · the agent was told",
  denied: " denied: ",
  stoppedBy: " stopped it: ",
  cancelledBy: "Cancelled by ",
  abandoned: "Cancelled: the agent stopped waiting",
  unused: "APPROVED, NEVER USED",
  theAgent: "the agent",
  lapsed: "It was not used in time and cannot run any more.",
  executed: "Executed ",
  outcome: {
    succeeded: ", succeeded",
    failed: ", failed",
    unknown: ", outcome unknown",
    started: ", no result yet",
  },
  unreviewedWhy: "Nobody answered in time, and the policy lets it run then.",
  observedWhy: "Nothing was held. With enforcement this would have asked for approval.",
  policyWhy: "Decided by the policy: ",
  afterReviewDue: "Somebody else still has to review this afterwards.",
  afterReviewed: " reviewed it afterwards: ",
  comment: "comment",
  labels: {
    told: "also told",
    waiting: "waiting",
    policy: "policy",
    run: "run",
    emergency: "emergency",
    does: "what it does",
  },
  buttons: { review: "Review", deny: "Deny", stop: "Stop it", withdraw: "Withdraw" },
  whatToDo: "Open Review to read it and decide.",
} as const;

/** The words on review and deny dialogs. */
export const FORM = {
  role: (titles: string, challenge: ChallengeKind) =>
    `You are asked as ${titles}. Your challenge: ${CHALLENGE_TASKS[challenge]}.`,
  confirmPrompt: "I have read this and want it to happen now. Say what it acts on, to confirm:",
  about: {
    level: "Risk Level",
    action: "Action",
    score: "Risk Score",
    domain: "Domain",
    environment: "Environment",
    escalation: "Escalation",
    notified: "Notified",
    challenge: "Challenge",
    asked: "Asked by",
    session: "session",
  },
  multiParty: (seats: number) => `MULTI-PARTY (${seats} of ${seats} required)`,
  single: (challenge: ChallengeKind, seconds: string) =>
    `${CHALLENGE_WORDS[challenge].toUpperCase()} (min review: ${seconds})`,
  tooEarly: (left: string) => `${left} to go. Your text is kept.`,
} as const;

/** The words of the conversation in a terminal. */
export const TERMINAL = {
  page: (number: number, of: number) => `${number} of ${of}`,
  nextPage: "Enter for the next page ",
  readAll: "You have read all of it.",
  opensAt: "You can answer from ",
  opensIn: (left: string) => `, in ${left}.`,
  openNow: "You can answer now.",
  choices: "a answer it · d deny it · p not for me · r read again · q quit",
  choose: "a, d, p, r or q? ",
  chooseStop: "Stop it before it runs? s stops, q quits: ",
  chooseWithdraw: "Withdraw it? w withdraws, q quits: ",
  afterReview: "What do you say to it afterwards? ",
  earlier: "You wrote this before; an empty line sends it as it is:",
  tried: "You wrote this before:",
  notAChoice: "That is none of the choices.",
  yourChoice: "Your answer (a letter or the text): ",
  explain: (minWords: number) => `At least ${minWords} words. An empty line sends it.`,
  confirm: "Type it: ",
  reason: "Why? A number: ",
  comment: "What should it do instead? (Enter for no comment) ",
  pick: "Which one? A number, or q: ",
  wait: (left: string) => `${left} until it can be sent`,
  nothing: "Nothing is waiting for you.",
  waitingForYou: "Waiting for you",
  waitingForOthers: "Waiting for others",
  yourAgents: "Your agents' requests",
  decided: "Decided",
  more: (count: number) => `and ${count} more`,
  elsewhere: "Meanwhile: ",
  attempt: (attempt: number, of: number) => `Attempt ${attempt} of ${of}.`,
  left: "Left without an answer. Open it again to go on: your clock and your pages are kept.",
  onlyReviewers: "(only reviewers see this)",
  resultLabel: "Result: ",
  timeLeft: (left: string) => ` (${left} left)`,
  timeOver: " (over)",
} as const;

/** What people in the thread are told when something changed. */
export const NOTICE = {
  escalated: "Nobody has decided yet. Now also asked: ",
  reminder: "Still waiting. Answer by ",
  seatTaken: " approved as ",
  outcome: { failed: "It ran and failed.", unknown: "It was started, and its outcome is unknown." },
  lapsed: "The policy became stricter: please look again, earlier approvals below the new bar no longer count.",
  suspicious: "This was called suspicious.",
  olderCopy: "An older copy of this card may stand here. This one is live; the other one does nothing.",
  brokenGlass: " used break glass. Somebody else has to review it afterwards.",
  audit: (entry: number, hash: string) => ` · audit #${entry} ${hash}`,
} as const;

/** Made visible, on one line: nothing in it can begin a new line or change the direction of another text. */
export function oneLine(text: string): string {
  return visibleText(text.replaceAll(/[\r\n\t\u2028\u2029]+/gu, " "), { countBlanks: true });
}

/** `83.6 s`: how long somebody reviewed, in seconds. */
export function reviewWords(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`;
}

/** `48 s` below a minute, `4 min 12 s` above, `2 h 5 min` from an hour on. What is begun counts as whole. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds <= 59) return `${Math.ceil(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

/** `SRE lead, release manager`. */
export function roleTitles(roles: readonly RoleName[], titleOf: (role: RoleName) => string): string {
  return roles.map((role) => oneLine(titleOf(role))).join(", ");
}

/** `a, b and c`, for spans. */
export function listed(lines: readonly Line[], last: string = CARD.and): Line {
  return lines.flatMap((line, index) => (index === 0 ? line : [index === lines.length - 1 ? last : ", ", ...line]));
}

/** A line as plain text; moments in UTC, since a plain text does not know its reader's zone. */
export function plainOf(line: Line): string {
  return line.map(plainSpan).join("");
}

function plainSpan(span: Span): string {
  if (typeof span === "string") return span;
  if ("strong" in span) return span.strong;
  if ("agentSaid" in span) return span.agentSaid;
  if ("atMs" in span) {
    const iso = new Date(span.atMs).toISOString();
    return span.show === "date" ? `${iso.slice(0, 16).replace("T", " ")} UTC` : `${iso.slice(11, 19)} UTC`;
  }
  if ("link" in span) return `${span.text} (${span.link})`;
  return "role" in span ? span.title : span.name;
}
