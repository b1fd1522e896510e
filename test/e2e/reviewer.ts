/** A person at the API: opens a request, reads all of it, waits as long as they must, answers. Not a test. */
import type { Reply, ReviewForm } from "../../src/bot/surface.ts";
import { plainOf } from "../../src/bot/text.ts";
import type { Challenge } from "../../src/engine/challenge.ts";
import { reached, type Stage } from "./stage.ts";

export const SRE = "sre.lead@company.com";
export const RELEASE = "release.mgr@company.com";
export const SECURITY = "security.eng@company.com";
export const NETWORK = "net.admin@company.com";
export const OWNER = "dana@company.com";

/** The refusal's code; `none` where something was done. */
export function codeOf(reply: Reply): string {
  return reply.kind === "line" ? (reply.refusal ?? "none") : "none";
}

/** What the person reads: a line, or what is wrong at the field. */
export function wordsOf(reply: Reply): string {
  if (reply.kind === "line") return plainOf(reply.line);
  return reply.kind === "review_form" ? plainOf(reply.form.error ?? []) : "";
}

/** The form in this reply; throws where it is another one. */
export function formOf(reply: Reply): ReviewForm {
  if (reply.kind === "review_form") return reply.form;
  throw new Error(`no form but ${reply.kind}: ${wordsOf(reply)}`);
}

/** Opens the request and reads every page of it. */
export async function openAndRead(stage: Stage, person: string, requestId: string): Promise<ReviewForm> {
  const port = stage.person(person);
  let form = formOf(await port.open(requestId));
  for (const page of form.pages.keys()) form = formOf(await port.read(requestId, form.reviewId, page));
  return form;
}

/** Sends these answers as soon as they may count. */
export async function answerInTime(
  stage: Stage,
  person: string,
  { form, answers, breakGlass }: { form: ReviewForm; answers: readonly string[]; breakGlass?: string },
): Promise<Reply> {
  await reached(stage, form.opensAtMs);
  const { reviewId, digest } = form;
  return stage.person(person).submit(form.requestId, {
    reviewId,
    digest,
    answers,
    ...(breakGlass === undefined ? {} : { breakGlass }),
  });
}

/** What is right for this form, taken from the service's own store. */
export async function rightAnswers(stage: Stage, { requestId, reviewId }: ReviewForm): Promise<readonly string[]> {
  const review = (await stage.state(requestId)).reviews.find((one) => one.reviewId === reviewId);
  if (review === undefined) throw new Error(`there is no review ${reviewId}`);
  return rightFor(review.challenge);
}

function rightFor(challenge: Challenge): readonly string[] {
  switch (challenge.kind) {
    case "confirm":
      return [challenge.target];
    case "quiz":
      return challenge.questions.map(({ options, right }) => options[right] ?? "");
    case "teach_back": {
      const named = challenge.terms.map(({ value }) => value).join(" and ");
      return [`From what I have just seen here, somebody wants this to happen right now, namely with ${named}.`];
    }
  }
}

/** Answers that are wrong for this form. */
export async function wrongAnswers(stage: Stage, form: ReviewForm): Promise<readonly string[]> {
  const right = await rightAnswers(stage, form);
  const { question } = form;
  switch (question.kind) {
    case "confirm":
      return [question.options.find((option) => option !== right[0]) ?? "another"];
    case "quiz":
      return question.questions.map(({ options }, index) => options.find((one) => one !== right[index]) ?? "another");
    case "teach_back":
    case "later":
      return [
        "Nothing in particular will happen anywhere as far as anybody who looks at this for long could ever say.",
      ];
  }
}

/** The whole review with right answers; gives what the person is told at the end. */
export async function approve(stage: Stage, person: string, requestId: string): Promise<Reply> {
  const form = await openAndRead(stage, person, requestId);
  return answerInTime(stage, person, { form, answers: await rightAnswers(stage, form) });
}
