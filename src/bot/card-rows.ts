/** The rows of a card: seats and their progress, what the agent asked for, what the service knows, what happened. */
import type { Json } from "../engine/json.ts";
import type { Seat } from "../engine/policy.ts";
import type { RequestState } from "../engine/request.ts";
import type { CardRow, Line } from "./surface.ts";
import { CARD, CHALLENGE_WORDS, listed, oneLine, reasonWords, reviewWords, roleTitles } from "./text.ts";
import type { View } from "./view.ts";

/** Rows and characters of arguments that a card shows; the review shows everything. Small enough for both platforms' budgets. */
const CARD_ROWS = 10;
const CARD_VALUE_CHARS = 160;
const COMMENT_CHARS = 500;

/** One row a seat: who approved, who is reading, who is waited for. */
export function seatRows(state: RequestState, view: View): readonly CardRow[] {
  const rows = state.requirement.seats.map((seat) => ({
    label: roleTitles(seat.roles, view.roleTitle).replaceAll(", ", CARD.or),
    text: seatProgress(state, seat, view),
  }));
  const stand = roleLine(state.standIns, view);
  return state.step === 0 || stand.length === 0
    ? rows
    : [...rows, { label: CARD.escalated, text: [CARD.standIn, ...stand] }];
}

function seatProgress(state: RequestState, seat: Seat, view: View): Line {
  const vote = state.votes.find((candidate) => candidate.seat === seat.index);
  if (vote !== undefined) {
    const done = `, ${CHALLENGE_WORDS[vote.challenge.kind]}, ${reviewWords(vote.seconds)}`;
    return [CARD.approvedBy, { person: vote.person, name: oneLine(vote.name) }, done];
  }
  const reading = state.reviews
    .filter((review) => review.seat === seat.index && !review.ended && review.revision === state.revision)
    .map(
      (review): Line => [
        { person: review.person, name: oneLine(review.name) },
        CARD.reviewing,
        { atMs: review.shownAtMs, show: "clock" },
      ],
    );
  return reading.length > 0 ? listed(reading) : [CARD.waiting, ...roleLine(seat.roles, view, CARD.or)];
}

function roleLine(roles: readonly string[], view: View, last: string = CARD.and): Line {
  return listed(
    roles.map((role): Line => [{ role, title: oneLine(view.roleTitle(role)) }]),
    last,
  );
}

/** What the agent sent: the arguments that config lets the channel see, the command, the files, its own words. */
export function askedRows(state: RequestState): readonly CardRow[] {
  const { action, card, privateArguments, secretArguments } = state.facts;
  const sent = Object.keys(action.arguments);
  const listedNames = card.filter((name) => sent.includes(name));
  const named = listedNames.slice(0, CARD_ROWS);
  const rows = named.map((name): CardRow => {
    const text: Line = secretArguments.some((hidden) => isInside(hidden, name))
      ? [CARD.secret]
      : privateArguments.some((hidden) => isInside(hidden, name))
        ? [CARD.private]
        : said(valueText(action.arguments[name]), CARD_VALUE_CHARS);
    return { label: oneLine(name).slice(0, CARD_VALUE_CHARS), text };
  });
  const left = sent.length - named.length;
  return [
    ...rows,
    ...(left === 0 ? [] : [{ label: "...", text: [CARD.more(left)] }]),
    ...commandRow(state),
    ...attachmentRow(state),
    ...(action.description === undefined
      ? []
      : [{ label: CARD.description, text: said(action.description, CARD_VALUE_CHARS) }]),
  ];
}

/** `name` itself, or something below it: a card never shows half of a value. */
function isInside(hidden: string, name: string): boolean {
  return hidden === name || hidden.startsWith(`${name}.`) || hidden.startsWith(`${name}[`);
}

/** A command may repeat what an argument keeps private, so it stays in the review then. */
function commandRow({ facts }: RequestState): readonly CardRow[] {
  if (facts.action.command === undefined) return [];
  const isOpen = facts.privateArguments.length === 0 && facts.secretArguments.length === 0;
  const text = isOpen ? said(facts.action.command.argv.join(" "), CARD_VALUE_CHARS) : [CARD.private];
  return [{ label: CARD.command, text }];
}

function attachmentRow({ facts }: RequestState): readonly CardRow[] {
  const names = facts.action.attachments.map((attachment) => attachment.name);
  return names.length === 0 ? [] : [{ label: CARD.attachments, text: said(names.join(", "), CARD_VALUE_CHARS) }];
}

function valueText(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function said(text: string, most: number): Line {
  const whole = oneLine(text);
  return whole.length <= most ? [{ agentSaid: whole }] : [{ agentSaid: whole.slice(0, most) }, CARD.cut(whole.length)];
}

/** What the service declares about the action. */
export function knownRows({ facts }: RequestState): readonly CardRow[] {
  const declared = Object.entries(facts.facts)
    .slice(0, CARD_ROWS)
    .map(([name, value]): CardRow => ({ label: oneLine(name), text: [shortText(valueText(value))] }));
  const description =
    facts.declaredDescription === undefined
      ? []
      : [{ label: CARD.labels.does, text: [shortText(facts.declaredDescription)] }];
  return [...description, ...declared];
}

/** What was said to the last try of this action, and what is different now. */
function denialRows({ facts }: RequestState): readonly CardRow[] {
  const denial = facts.previousDenial;
  if (denial === undefined) return [];
  const comment = denial.comment === undefined ? [] : [`: ${shortText(denial.comment)}`];
  const before: CardRow = {
    label: CARD.before,
    text: [{ atMs: denial.atMs, show: "date" }, ", ", reasonWords(denial.reason), ...comment],
  };
  const changed = facts.differences.map((difference) => ({
    label: CARD.changed,
    text: said(difference, CARD_VALUE_CHARS),
  }));
  return [before, ...changed.slice(0, CARD_ROWS)];
}

function shortText(text: string): string {
  const whole = oneLine(text);
  return whole.length <= COMMENT_CHARS ? whole : `${whole.slice(0, COMMENT_CHARS)}${CARD.cut(whole.length)}`;
}

/** What happened beside the votes: who was told, what changed, how it ended and ran. */
export function historyRows(state: RequestState, view: View): readonly CardRow[] {
  const isWaiting = state.decision === undefined;
  const note = (label: string, text: string): CardRow => ({ label, text: [text] });
  const told = roleLine(state.requirement.notify, view);
  return [
    ...denialRows(state),
    ...(isWaiting && told.length > 0 ? [{ label: CARD.labels.told, text: told }] : []),
    ...(isWaiting && !state.attended ? [note(CARD.labels.waiting, CARD.unattended)] : []),
    ...(state.policyDigest !== state.facts.policyDigest && state.revision > 0
      ? [note(CARD.labels.policy, CARD.tightened)]
      : []),
    ...commentRows(state),
    ...executionRows(state),
    ...(state.lapsed ? [note(CARD.labels.run, CARD.lapsed)] : []),
    ...afterReviewRows(state),
  ];
}

function commentRows(state: RequestState): readonly CardRow[] {
  const ended = state.revocation?.comment ?? state.decision?.comment;
  const typed = state.comments.map(
    (comment): CardRow => ({
      label: CARD.comment,
      text: [{ person: comment.person, name: oneLine(comment.name) }, `: ${shortText(comment.text)}`],
    }),
  );
  return ended === undefined ? typed : [...typed, { label: CARD.comment, text: [shortText(ended)] }];
}

function executionRows({ execution }: RequestState): readonly CardRow[] {
  if (execution === undefined) return [];
  const atMs = execution.executedAtMs ?? execution.usedAtMs;
  return [
    {
      label: CARD.labels.run,
      text: [CARD.executed, { atMs, show: "clock" }, CARD.outcome[execution.outcome ?? "started"]],
    },
  ];
}

function afterReviewRows(state: RequestState): readonly CardRow[] {
  if (state.decision?.by !== "break_glass") return [];
  const { afterReview } = state;
  if (afterReview === undefined) return [{ label: CARD.labels.emergency, text: [CARD.afterReviewDue] }];
  const who = { person: afterReview.person, name: oneLine(afterReview.name) };
  return [{ label: CARD.labels.emergency, text: [who, CARD.afterReviewed, shortText(afterReview.comment)] }];
}
