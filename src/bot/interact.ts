/** One press in, exactly one reply out. It asks the engine and puts its answer into words; it decides nothing and never answers with a guess. */
import type { Intent, Outcome } from "../engine/approvals.ts";
import type { Refusal } from "../engine/command.ts";
import { isFault } from "../engine/fault.ts";
import type { Account, PersonId } from "../engine/model.ts";
import type { Store } from "../engine/ports.ts";
import type { RequestState, Review } from "../engine/request.ts";
import type { View } from "./card.ts";
import { answerOf, denyForm, planForm, reviewForm } from "./form.ts";
import { inbox, type LookingDeps, show, viewOf, whoami } from "./looking.ts";
import { copyOf } from "./places.ts";
import { openLine, refusalLine, SAID } from "./private-lines.ts";
import { form, missing, oldCopy, refused, said } from "./reply.ts";
import type { Interaction, Line, Reply } from "./surface.ts";

export interface InteractDeps extends LookingDeps {
  /** The store's: where this request's cards stand. */
  readonly readRecord: Store["readRecord"];
  /** A fresh opaque id for a review. */
  newId(): string;
  /** Told of each fault that a person was answered "not recorded" for. */
  onFault?(fault: unknown): void;
}

type Of<K extends Interaction["kind"]> = Extract<Interaction, { kind: K }>;
type Done = Extract<Outcome, { kind: "done" }>;

/** Makes the one function behind every surface. Repeating an interaction with the same deliveryId changes nothing. */
export function createInteract(deps: InteractDeps): (interaction: Interaction) => Promise<Reply> {
  return async (interaction) => {
    try {
      return (await onOldCopy(deps, interaction)) ?? (await answered(deps, interaction));
    } catch (error) {
      if (!isFault(error)) throw error;
      deps.onFault?.(error);
      return said(SAID.notRecorded, "unavailable");
    }
  };
}

/** A press on a copy that a newer card took the place of counts for nothing, and says where the live one is. */
async function onOldCopy(deps: InteractDeps, interaction: Interaction): Promise<Reply | undefined> {
  if (interaction.from === undefined || !("requestId" in interaction)) return undefined;
  const copy = await copyOf(deps, interaction.requestId, interaction.from);
  return typeof copy === "string" ? undefined : oldCopy(copy.liveUrl);
}

function answered(deps: InteractDeps, interaction: Interaction): Promise<Reply> {
  switch (interaction.kind) {
    case "review":
      return review(deps, interaction);
    case "shown":
      return shown(deps, interaction);
    case "read":
      return read(deps, interaction);
    case "submit":
      return submit(deps, interaction);
    case "deny":
      return deny(deps, interaction);
    case "inbox":
      return inbox(deps, interaction.account);
    case "whoami":
      return whoami(deps, interaction.account);
    case "show":
      return show(deps, interaction.account, interaction.requestId);
    case "denied":
    case "stopped":
    case "pass":
    case "comment":
    case "withdraw":
    case "after_review":
      return simple(deps, interaction);
  }
}

/** Evidence first: nothing is committed until the platform says that it shows it. */
async function review(deps: InteractDeps, interaction: Of<"review">): Promise<Reply> {
  const { account, requestId } = interaction;
  const press = { command: "review", commandId: commandId(interaction) } as const;
  const standing = await deps.approvals.standing(account, requestId, press);
  if ("kind" in standing) return missing(standing);
  const { state, seat, reviewRefusal } = standing;
  const view = await viewOf(deps);
  if (reviewRefusal !== undefined) return refused(reviewRefusal, state, view);
  const going = openReview(state, standing.person);
  if (going !== undefined && going.seat === seat) return form(reviewForm(state, going, view));
  const planned = seat === undefined ? undefined : state.requirement.seats[seat];
  if (planned === undefined) return { kind: "line", line: [SAID.nothingHere], refusal: "no_open_seat" };
  return form(planForm(state, planned, deps.newId(), view));
}

async function shown(deps: InteractDeps, interaction: Of<"shown">): Promise<Reply> {
  const { reviewId } = interaction;
  return acted(deps, interaction, { type: "review", reviewId }, (done, view) => going(deps, interaction, done, view));
}

async function read(deps: InteractDeps, interaction: Of<"read">): Promise<Reply> {
  const { reviewId, page } = interaction;
  return acted(deps, interaction, { type: "read", reviewId, page }, (done, view) =>
    going(deps, interaction, done, view),
  );
}

/** The form of the review that this person has open now; their own only. */
async function going(deps: InteractDeps, { account }: Interaction, done: Done, view: View): Promise<Reply> {
  const person = await personOf(deps, account);
  const open = person === undefined ? undefined : openReview(done.state, person);
  return open === undefined ? said(SAID.notCounted, "stale_review") : form(reviewForm(done.state, open, view));
}

/** Refusals that a person can mend in the open dialog: it stays, with what was typed. */
const MENDABLE = new Set<Refusal["code"]>([
  "too_fast",
  "not_read",
  "incomplete",
  "wrong_answer",
  "role_unknown",
  "break_glass_refused",
]);

async function submit(deps: InteractDeps, interaction: Of<"submit">): Promise<Reply> {
  const { account, requestId, reviewId, answers, digest, breakGlass } = interaction;
  const before = await deps.approvals.load(requestId);
  if (before === undefined) return said(SAID.notFound, "not_found");
  const review = before.reviews.find((candidate) => candidate.reviewId === reviewId);
  const answer = review === undefined ? undefined : answerOf(review.challenge, answers);
  const view = await viewOf(deps);
  const mine = review !== undefined && review.person === (await personOf(deps, account)) ? review : undefined;
  if (review === undefined || mine === undefined) return strange(deps, interaction);
  if (answer === undefined) return again(before, mine, { code: "incomplete", why: "wrong_kind" }, view, answers);
  const intent: Intent = { type: "vote", reviewId, digest, answer, ...(breakGlass !== undefined && { breakGlass }) };
  const outcome = await trying(deps, () => deps.approvals.act(account, requestId, intent, commandId(interaction)));
  if (outcome.kind === "unavailable") {
    return form(reviewForm(before, mine, view, { error: [SAID.notRecorded], draft: answers }));
  }
  if (outcome.kind !== "done") return missing(outcome);
  const { state, refusal } = outcome;
  const after = await viewOf(deps);
  if (refusal === undefined) return voted(state, mine, after);
  const open = openReview(state, mine.person);
  if (open === undefined || !MENDABLE.has(refusal.code)) return refused(refusal, state, after);
  return again(state, open, refusal, after, answers);
}

/** For a review that this person does not have: the rules say what is wrong, and the press is written down. */
async function strange(deps: InteractDeps, interaction: Of<"submit">): Promise<Reply> {
  const { account, requestId, reviewId, digest } = interaction;
  const intent: Intent = { type: "vote", reviewId, digest, answer: { kind: "teach_back", text: "" } };
  const outcome = await deps.approvals.act(account, requestId, intent, commandId(interaction));
  if (outcome.kind !== "done") return missing(outcome);
  return refused(outcome.refusal ?? { code: "stale_review" }, outcome.state, await viewOf(deps));
}

function again(state: RequestState, open: Review, refusal: Refusal, view: View, sent: readonly string[]): Reply {
  const isNewQuiz = refusal.code === "wrong_answer" && open.challenge.kind === "quiz";
  const draft = isNewQuiz ? [] : sent;
  return form(reviewForm(state, open, view, { error: refusalLine(refusal, state, view), draft }));
}

/** From the state, not from the command: a redelivered press gets what is true now. */
function voted(state: RequestState, mine: Review, view: View): Reply {
  if (!state.votes.some((vote) => vote.reviewId === mine.reviewId)) {
    const open = openReview(state, mine.person);
    const error: Line = [SAID.notCounted];
    return open === undefined ? said(SAID.notCounted, "stale_review") : form(reviewForm(state, open, view, { error }));
  }
  return state.decision?.verdict === "approved"
    ? said(SAID.approved)
    : { kind: "line", line: [SAID.counted, " ", ...openLine(state, view)] };
}

async function deny(deps: InteractDeps, interaction: Of<"deny">): Promise<Reply> {
  const { account, requestId } = interaction;
  const press = { command: "deny", commandId: commandId(interaction) } as const;
  const standing = await deps.approvals.standing(account, requestId, press);
  if ("kind" in standing) return missing(standing);
  const { state, mayDeny, mayStop, reviewRefusal } = standing;
  if (mayDeny || mayStop) return { kind: "deny_form", form: denyForm(state, !mayDeny) };
  const view = await viewOf(deps);
  return reviewRefusal === undefined ? said(SAID.nothingHere, "not_an_approver") : refused(reviewRefusal, state, view);
}

type Simple = Of<"denied" | "stopped" | "pass" | "comment" | "withdraw" | "after_review">;

async function simple(deps: InteractDeps, interaction: Simple): Promise<Reply> {
  const { intent, words } = intentOf(interaction);
  return acted(deps, interaction, intent, async () => said(words));
}

function intentOf(interaction: Simple): { readonly intent: Intent; readonly words: string } {
  switch (interaction.kind) {
    case "denied":
      return { intent: { type: "deny", ...reasonOf(interaction) }, words: SAID.denied };
    case "stopped":
      return { intent: { type: "revoke", ...reasonOf(interaction) }, words: SAID.stopped };
    case "pass":
      return { intent: { type: "pass" }, words: SAID.passed };
    case "comment":
      return { intent: { type: "comment", text: interaction.text }, words: SAID.commented };
    case "withdraw":
      return { intent: { type: "withdraw" }, words: SAID.withdrawn };
    case "after_review":
      return { intent: { type: "after_review", comment: interaction.comment }, words: SAID.afterReviewed };
  }
}

function reasonOf({ reason, comment }: Of<"denied" | "stopped">) {
  return { reason, ...(comment !== undefined && { comment }) };
}

interface OnRequest {
  readonly requestId: string;
}

async function acted(
  deps: InteractDeps,
  interaction: Interaction & OnRequest,
  intent: Intent,
  then: (done: Done, view: View) => Promise<Reply>,
): Promise<Reply> {
  const { account, requestId } = interaction;
  const outcome = await deps.approvals.act(account, requestId, intent, commandId(interaction));
  if (outcome.kind !== "done") return missing(outcome);
  const view = await viewOf(deps);
  return outcome.refusal === undefined ? then(outcome, view) : refused(outcome.refusal, outcome.state, view);
}

/** The same press by the same account is the same command; nobody else's delivery id can stand for it. */
function commandId({ kind, account, deliveryId }: Interaction): string {
  return JSON.stringify([kind, account.surface, account.tenant, account.user, deliveryId]);
}

async function trying(deps: InteractDeps, act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act();
  } catch (error) {
    if (!isFault(error)) throw error;
    deps.onFault?.(error);
    return { kind: "unavailable", detail: "" };
  }
}

async function personOf(deps: InteractDeps, account: Account): Promise<PersonId | undefined> {
  const who = await deps.directory.personOf(account);
  return typeof who === "string" ? undefined : who.person;
}

function openReview(state: RequestState, person: PersonId): Review | undefined {
  return state.reviews.find((r) => r.person === person && !r.ended && r.revision === state.revision);
}
