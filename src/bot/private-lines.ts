/** The private line that each press gets: every refusal in words, and what was done. Shown to the person who pressed only. */
import type { Refusal } from "../engine/command.ts";
import type { RequestState } from "../engine/request.ts";
import type { View } from "./card.ts";
import type { Line } from "./surface.ts";
import { CARD, durationWords, FORM, listed, oneLine, reasonWords, roleTitles, VERDICT_WORDS } from "./text.ts";

/** The words around presses that have no refusal code. */
export const SAID = {
  notRecorded: "That did not work just now. Nothing was counted. Please press again.",
  notFound: "There is no such request here any more. It may be finished and cleared away.",
  unlinked: "This account is not linked to anybody here. Ask whoever keeps the people in the config to add you.",
  oldCopy: "This is an old copy. Nothing was counted. ",
  liveCopyAt: "The live one is here: ",
  liveCopy: "the live card",
  liveElsewhere: "The live one stands further down, or in your inbox.",
  ambiguous: "More than one request begins like that. Type more of its letters.",
  nothingHere: "There is nothing you can do here now.",
  typed: "Typed words decide nothing here. Press Review on the card, or ask for your inbox.",
  passed: "Noted: not for you. The seat is free for others; nothing was denied.",
  commented: "Passed on to the agent.",
  withdrawn: "Withdrawn. The agent was told.",
  denied: "Denied. The agent was told why.",
  stopped: "Stopped. It cannot run any more.",
  afterReviewed: "Noted in the audit log.",
  counted: "Counted.",
  approved: "Counted. It is approved now.",
  notCounted: "Your answer was not counted. Open Review again to see where it stands.",
  onlyYou: "You are ",
  roles: " Your roles: ",
  noRoles: " you hold no role here.",
  unread: " Could not be read now: ",
  help: "inbox: what waits for you · show ID: one request · whoami: who you are here and why. To decide, press Review on a card.",
} as const;

/** What a person reads instead of an effect. `kind` says which challenge a wrong answer was given to. */
export function refusalLine(refusal: Refusal, state: RequestState, view: View): Line {
  switch (refusal.code) {
    case "already_decided":
      return decidedLine(state, view);
    case "not_an_approver":
      return notApprover(refusal, state, view);
    case "own_request":
      return [`You asked for this through ${oneLine(state.facts.agentId)}, so somebody else has to approve it.`];
    case "already_voted":
      return ["You have already approved this. You can still deny it until it is decided."];
    case "role_unknown":
      return [
        `Could not check your role (${roleTitles(refusal.roles, view.roleTitle)}). Nothing was counted. Please press again.`,
      ];
    case "seat_taken":
      return [
        "Somebody else approved in this place while you were reading. Your answer is not needed any more. ",
        ...openLine(state, view),
      ];
    case "no_open_seat":
      return ["Every place that your roles could fill is taken. ", ...openLine(state, view)];
    case "barred":
      return ["You cannot approve this request any more. ", ...openLine(state, view)];
    case "too_late":
      return ["The time to answer was over at ", { atMs: refusal.deadlineMs, show: "clock" }, ". Nothing was counted."];
    case "wrong_answer":
      return wrongAnswer(refusal, state, view);
    default:
      return [plainRefusal(refusal)];
  }
}

type Listed =
  | "already_decided"
  | "not_an_approver"
  | "own_request"
  | "already_voted"
  | "role_unknown"
  | "seat_taken"
  | "no_open_seat"
  | "barred"
  | "too_late"
  | "wrong_answer";

function plainRefusal(refusal: Exclude<Refusal, { code: Listed }>): string {
  switch (refusal.code) {
    case "not_challenged":
      return "You have not opened this for review yet. Press Review first.";
    case "stale_review":
      return "This review is an old one. Press Review on the card to see what is asked now.";
    case "not_read":
      return `Not read yet: page ${refusal.pages.map((page) => page + 1).join(", ")}. Please read all of it; your text is kept.`;
    case "too_fast":
      return FORM.tooEarly(durationWords(refusal.leftMs));
    case "incomplete":
      return incomplete(refusal);
    case "digest_mismatch":
      return "What you were shown is not what is asked now. Press Review again; nothing was counted.";
    case "not_released":
      return "This is not approved, so it cannot run.";
    case "not_audited":
      return "The decision is not in the audit log yet. Try again in a moment.";
    case "lapsed":
      return "The approval was not used in time and cannot be used any more.";
    case "already_used":
      return "It has run already, so it cannot be stopped or run again.";
    case "not_used":
      return "It has not run, so there is no result to note.";
    case "policy_changed":
      return "The policy is stricter now than when this was approved. It has to be asked again.";
    case "revoked":
      return "Somebody stopped this before it ran.";
    case "no_such_page":
      return `There are ${refusal.pages} pages, and this is not one of them.`;
    case "not_requester":
      return "Only the person it was asked for, or the agent's owner, can withdraw it. You can deny it if it is yours to decide.";
    case "break_glass_refused":
      return BREAK_GLASS[refusal.why];
    case "no_after_review_due":
      return "No review afterwards is due for this request.";
    case "challenge_unavailable":
      return "There is nothing in this request that can be asked about, so it cannot be approved. Tell whoever keeps the profile.";
  }
}

const BREAK_GLASS = {
  off: "Break glass is switched off here.",
  not_a_holder: "You do not hold a break-glass role.",
  level: "This risk is too high for break glass.",
  no_reason: "Break glass needs a written reason of at least ten letters.",
} as const;

function incomplete(refusal: Extract<Refusal, { code: "incomplete" }>): string {
  switch (refusal.why) {
    case "empty":
      return "Nothing was answered. This did not count as an attempt.";
    case "short":
      return `A little more, please${refusal.words === undefined ? "" : ` (${refusal.words} words so far)`}: your text is kept, and this did not count as an attempt.`;
    case "wrong_kind":
      return "Please answer each question with one of its options, or type what is asked for: a yes is not enough. This did not count as an attempt.";
  }
}

function notApprover(
  refusal: Extract<Refusal, { code: "not_an_approver" }>,
  { requirement }: RequestState,
  view: View,
): Line {
  const needs =
    refusal.needs.length > 0 ? refusal.needs : [...new Set(requirement.seats.flatMap((seat) => seat.roles))];
  const has =
    refusal.has.length === 0 ? "You hold no role here." : `You are: ${roleTitles(refusal.has, view.roleTitle)}.`;
  return [
    `This needs one of: ${roleTitles(needs, view.roleTitle)}. ${has} Not right? Ask whoever keeps the roles in the config.`,
  ];
}

/** By aspect for an explanation, by nothing for a quiz; never a value. */
function wrongAnswer(refusal: Extract<Refusal, { code: "wrong_answer" }>, state: RequestState, view: View): Line {
  if (refusal.barred) {
    const out = "That was not right, and you cannot approve this request any more. ";
    return state.decision === undefined ? [out, ...openLine(state, view)] : [out, ...decidedLine(state, view)];
  }
  const attempt = `Attempt ${refusal.attempt} of ${refusal.of}.`;
  if (refusal.missing.length === 0) {
    return [`Not right. Read the request again before you answer; a quiz asks anew. ${attempt}`];
  }
  const aspects = refusal.missing.map((name): Line => [aspectWords(name)]);
  return ["Not yet. Say which ", ...listed(aspects), `. ${attempt}`];
}

/** `canary percentage` for `canary_percentage` and `canaryPercentage`. */
function aspectWords(name: string): string {
  return oneLine(name)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[_\s]+/g, " ")
    .toLowerCase();
}

/** `It still needs: SRE lead and release manager.` with mentions left to the platform. */
export function openLine({ requirement, votes }: RequestState, view: View): Line {
  const open = requirement.seats.filter((seat) => !votes.some((vote) => vote.seat === seat.index));
  if (open.length === 0) return ["Nobody else is needed."];
  const seats = open.map((seat): Line => [roleTitles(seat.roles, view.roleTitle).replaceAll(", ", CARD.or)]);
  return ["It still needs: ", ...listed(seats), "."];
}

/** `Riley Chen denied this 40 s ago: wrong time`. */
export function decidedLine(state: RequestState, view: View): Line {
  const { decision, revocation } = state;
  const ago = (atMs: number) => ` ${durationWords(view.nowMs - atMs)} ago`;
  if (revocation !== undefined) {
    const who = { person: revocation.person, name: oneLine(revocation.name) };
    return [who, ` stopped this${ago(revocation.atMs)}: ${reasonWords(revocation.reason)}`];
  }
  if (decision === undefined) return ["This is still open."];
  const why = decision.reason === undefined ? "" : `: ${reasonWords(decision.reason)}`;
  if (decision.person !== undefined) {
    const who = { person: decision.person, name: oneLine(decision.name ?? decision.person) };
    const did = { approved: "approved", denied: "denied", timed_out: "let lapse", cancelled: "withdrew" }[
      decision.verdict
    ];
    return [who, ` ${did} this${ago(decision.atMs)}${decision.verdict === "approved" ? "" : why}`];
  }
  const people = state.votes.map((vote): Line => [{ person: vote.person, name: oneLine(vote.name) }]);
  if (decision.verdict === "approved" && people.length > 0) {
    return [...listed(people), ` approved this${ago(decision.atMs)}`];
  }
  return [`This was ${VERDICT_WORDS[decision.verdict].toLowerCase()}${ago(decision.atMs)}${why}`];
}
