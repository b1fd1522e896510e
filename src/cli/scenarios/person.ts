/** A scripted person: opens the request like anybody else, reads every page, waits, answers. Nothing is decided here. */
import { setTimeout as delay } from "node:timers/promises";
import type { ReviewPort } from "../../adapters/terminal/index.ts";
import type { Question, Reply, ReviewForm } from "../../bot/surface.ts";
import { plainOf } from "../../bot/text.ts";
import { CliExit } from "../context.ts";
import type { Part } from "./cases.ts";

/** What somebody was asked and what they answered, for the printed scenario. */
export interface Played {
  readonly person: string;
  readonly question: Question;
  readonly answers: readonly string[];
}

const LOOK_EVERY_MS = 20;
const LOOKS = 1_500;

/** Plays one part of one request to its end. Throws CliExit when the service does not take the answer. */
export async function playPart(
  port: ReviewPort,
  part: Part,
  given: { summary: string; speed: number },
): Promise<Played> {
  const requestId = await waitFor(port, given.summary);
  const openedMs = Date.now();
  const form = formOf(await port.open(requestId), part);
  for (const page of form.pages.keys()) formOf(await port.read(requestId, form.reviewId, page), part);
  const answers = answersTo(form.question, part);
  await delay(Math.max(0, openedMs + (part.seconds * 1_000) / given.speed - Date.now()));
  const reply = await port.submit(requestId, { reviewId: form.reviewId, digest: form.digest, answers });
  if (reply.kind !== "line" || reply.refusal !== undefined) throw notTaken(part, reply);
  return { person: part.person, question: form.question, answers };
}

/** The request in this person's inbox. */
async function waitFor(port: ReviewPort, summary: string): Promise<string> {
  for (let look = 0; look < LOOKS; look++) {
    const reply = await port.inbox();
    const waiting = reply.kind === "inbox" ? reply.inbox.waitingForYou : [];
    const mine = waiting.find((item) => plainOf(item.headline).includes(summary));
    if (mine !== undefined) return mine.requestId;
    await delay(LOOK_EVERY_MS);
  }
  throw new CliExit(1, `attesta scenarios: "${summary}" never came to this person's inbox.`);
}

function formOf(reply: Reply, part: Part): ReviewForm {
  if (reply.kind === "review_form") return reply.form;
  throw notTaken(part, reply);
}

function answersTo(question: Question, part: Part): readonly string[] {
  switch (question.kind) {
    case "later":
      return [];
    case "teach_back":
      return [part.explanation ?? ""];
    case "confirm":
      return [known(question.options, part)];
    case "quiz":
      return question.questions.map(({ options }) => known(options, part));
  }
}

/** The one option that this person knows to be true. */
function known(options: readonly string[], part: Part): string {
  const true_ = options.filter((option) => part.knows?.includes(option));
  const [only] = true_;
  if (only !== undefined && true_.length === 1) return only;
  throw new CliExit(1, `attesta scenarios: ${part.person} cannot tell which of these is right: ${options.join(" | ")}`);
}

function notTaken(part: Part, reply: Reply): CliExit {
  const why =
    reply.kind === "line"
      ? plainOf(reply.line)
      : reply.kind === "review_form"
        ? plainOf(reply.form.error ?? [])
        : reply.kind;
  return new CliExit(1, `attesta scenarios: the answer of ${part.person} was not taken: ${why}`);
}
