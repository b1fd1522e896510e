/** One person reviews one request in a terminal: reads, answers or denies, and sees how it ends. It decides nothing. */
import type { Card, InboxItem, Reply, ReviewForm } from "../../bot/surface.ts";
import { durationWords, REASON_WORDS, TERMINAL } from "../../bot/text.ts";
import { REASONS } from "../../engine/model.ts";
import { type Asked, askAnswers, waitUntilOpen } from "./answer.ts";
import { chosenItem, chosenReason, menuLetter } from "./parse.ts";
import type { ReviewPort, TerminalIo, Why } from "./port.ts";
import { type Look, numberedItems, renderForm, renderInbox, renderLine, renderPage, wrapText } from "./render.ts";

export interface ConverseOptions {
  /** An id, or its first letters; undefined: pick one from the inbox. */
  readonly requestId?: string;
  /** A written reason: approve alone in an emergency. */
  readonly breakGlass?: string;
  /** How often to look whether somebody else decided, in milliseconds. */
  readonly watchMs?: number;
  readonly signal?: AbortSignal;
}

/** `answered`: an approval, denial, pass or stop was taken; `over`: somebody else ended it; `left`: nothing was sent; `refused`: there was nothing to do. */
export type ConverseEnd = "answered" | "over" | "left" | "refused";

const WATCH_MS = 2_000;

interface Talk {
  readonly io: TerminalIo;
  readonly port: ReviewPort;
  readonly options: ConverseOptions;
  readonly signal: AbortSignal;
}

/** Leads one person through one request. Ends when it is answered, decided elsewhere, refused or left. */
export async function converse(io: TerminalIo, port: ReviewPort, options: ConverseOptions = {}): Promise<ConverseEnd> {
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  const talk: Talk = { io, port, options, signal };
  try {
    const item = await pick(talk);
    if (typeof item === "string") return item;
    return await reviewOne(talk, item, () => over.abort());
  } finally {
    over.abort();
    io.progress("");
  }
}

type Picked = Pick<InboxItem, "requestId" | "verbs">;

async function pick(talk: Talk): Promise<Picked | "left" | "refused"> {
  const { io, port, options } = talk;
  const reply = await port.inbox();
  if (reply.kind !== "inbox") {
    say(talk, reply);
    return "refused";
  }
  const items = numberedItems(reply.inbox);
  if (options.requestId !== undefined) return chosenItem(options.requestId, items) ?? look(talk, options.requestId);
  io.print(renderInbox(reply.inbox, lookOf(io, io.nowMs())));
  if (items.length === 0) return "refused";
  for (;;) {
    const typed = await io.ask(TERMINAL.pick, talk.signal);
    if (typed === undefined || typed.trim() === "" || typed.trim().toLowerCase() === "q") return "left";
    const item = chosenItem(typed, items);
    if (item !== undefined) return item;
    io.print(TERMINAL.notAChoice);
  }
}

/** A request that is not in the inbox: the service knows it by its id or its first letters, or says why not. */
async function look(talk: Talk, typed: string): Promise<Picked | "refused"> {
  const reply = await talk.port.card(typed);
  if (reply.kind === "card") return { requestId: reply.card.requestId, verbs: ["review"] };
  say(talk, reply);
  return "refused";
}

async function reviewOne(talk: Talk, item: Picked, abort: () => void): Promise<ConverseEnd> {
  const { io, port } = talk;
  const { requestId, verbs } = item;
  if (!verbs.includes("review")) return otherwise(talk, item);
  const opened = await port.open(requestId);
  if (opened.kind !== "review_form") {
    say(talk, opened);
    return "refused";
  }
  const look = lookOf(io, opened.form.nowMs);
  io.print(renderForm(opened.form, look));
  const watching = watch(talk, requestId, abort);
  const form = await readPages(talk, opened.form);
  const end = form === undefined ? "left" : await menu(talk, form);
  abort();
  const elsewhere = await watching;
  if (end !== "left" || elsewhere === undefined) {
    if (end === "left") io.print(TERMINAL.left);
    return end;
  }
  io.progress("");
  io.print(`\n${TERMINAL.elsewhere}${cardEnd(elsewhere, look)}`);
  return "over";
}

/** Tells a person at once when somebody else ended it; undefined when it was still open to the end. */
async function watch(talk: Talk, requestId: string, abort: () => void): Promise<Card | undefined> {
  const { port, signal, io, options } = talk;
  while (!signal.aborted) {
    await io.sleep(options.watchMs ?? WATCH_MS, signal);
    if (signal.aborted) return undefined;
    const reply = await port.card(requestId).catch(() => undefined);
    if (reply?.kind === "card" && reply.card.state !== "waiting") {
      if (signal.aborted) return undefined;
      abort();
      return reply.card;
    }
  }
  return undefined;
}

/** Shows every page and says so to the service; undefined when the person left. */
async function readPages(talk: Talk, form: ReviewForm): Promise<ReviewForm | undefined> {
  const { io, port, signal } = talk;
  let newest = form;
  for (let index = 0; index < form.pages.length; index += 1) {
    io.print(`\n${renderPage(form, index, lookOf(io, form.nowMs))}`);
    const isLast = index === form.pages.length - 1;
    if (!isLast && io.isTty && (await io.ask(TERMINAL.nextPage, signal)) === undefined) return undefined;
    const reply = await port.read(form.requestId, form.reviewId, index);
    if (reply.kind === "review_form") newest = reply.form;
    else say(talk, reply);
  }
  return newest;
}

async function menu(talk: Talk, first: ReviewForm): Promise<ConverseEnd> {
  const { io, port, signal } = talk;
  const asked: Asked = { io, signal, receivedAtMs: io.nowMs(), form: first };
  io.print(`\n${opening(first, lookOf(io, first.nowMs))}`);
  for (;;) {
    io.print(wrapText(TERMINAL.choices, lookOf(io, first.nowMs)));
    const typed = await io.ask(TERMINAL.choose, signal);
    if (typed === undefined) return "left";
    switch (menuLetter(typed, ["a", "d", "p", "r", "q"])) {
      case "a":
        return answer(talk, asked);
      case "d":
        return await deny(talk, (why) => port.deny(first.requestId, why));
      case "p":
        return say(talk, await port.pass(first.requestId));
      case "r":
        await readPages(talk, first);
        break;
      case "q":
        return "left";
      case undefined:
        io.print(TERMINAL.notAChoice);
    }
  }
}

function opening({ opensAtMs, nowMs }: ReviewForm, look: Look): string {
  if (opensAtMs <= nowMs) return TERMINAL.openNow;
  const from = renderLine([{ atMs: opensAtMs, show: "clock" }], look);
  return `${TERMINAL.opensAt}${from}${TERMINAL.opensIn(durationWords(opensAtMs - nowMs))}`;
}

/** Asks, waits out the minimum, sends; asks again with what was wrong, until it is taken or refused for good. */
async function answer(talk: Talk, first: Asked): Promise<ConverseEnd> {
  const { io, port, options } = talk;
  let asked = first;
  for (;;) {
    const answers = await askAnswers(asked);
    if (answers === undefined) return "left";
    for (;;) {
      if (!(await waitUntilOpen(asked))) return "left";
      const { requestId, reviewId, digest } = asked.form;
      const glass = options.breakGlass === undefined ? {} : { breakGlass: options.breakGlass };
      const reply = await port.submit(requestId, { reviewId, digest, answers, ...glass });
      if (reply.kind !== "review_form") return finish(talk, reply, requestId);
      asked = { ...asked, form: reply.form, receivedAtMs: io.nowMs() };
      if (reply.form.nowMs >= reply.form.opensAtMs) break;
    }
    const look = lookOf(io, asked.form.nowMs);
    io.print(`\n${wrapText(renderLine(asked.form.error ?? [], look), look)}`);
  }
}

async function finish(talk: Talk, reply: Reply, requestId: string): Promise<ConverseEnd> {
  const end = say(talk, reply);
  if (end === "answered") {
    const shown = await talk.port.card(requestId).catch(() => undefined);
    if (shown?.kind === "card" && shown.card.state !== "waiting") {
      talk.io.print(`${TERMINAL.resultLabel}${cardEnd(shown.card, lookOf(talk.io, talk.io.nowMs()))}`);
    }
  }
  return end;
}

/** What can be done with a request that is not open for this person's review: stop, withdraw, look at it afterwards. */
async function otherwise(talk: Talk, { requestId, verbs }: Picked): Promise<ConverseEnd> {
  const { io, port, signal } = talk;
  const shown = await port.card(requestId);
  if (shown.kind === "card") io.print(cardEnd(shown.card, lookOf(io, io.nowMs())));
  if (verbs.includes("deny")) return await deny(talk, (why) => port.deny(requestId, why));
  if (verbs.includes("stop")) {
    const typed = await io.ask(TERMINAL.chooseStop, signal);
    if (menuLetter(typed ?? "", ["s"]) === undefined) return "left";
    return await deny(talk, (why) => port.stop(requestId, why));
  }
  if (verbs.includes("after_review")) {
    const comment = await io.ask(TERMINAL.afterReview, signal);
    return comment === undefined || comment.trim() === ""
      ? "left"
      : say(talk, await port.afterReview(requestId, comment));
  }
  if (verbs.includes("withdraw")) {
    const typed = await io.ask(TERMINAL.chooseWithdraw, signal);
    return menuLetter(typed ?? "", ["w"]) === undefined ? "left" : say(talk, await port.withdraw(requestId));
  }
  return "refused";
}

async function deny(talk: Talk, send: (why: Why) => Promise<Reply>): Promise<"answered" | "refused" | "left"> {
  const { io, signal } = talk;
  const reasons = REASONS.map((code) => ({ code, label: REASON_WORDS[code] }));
  io.print(reasons.map(({ label }, index) => `  ${index + 1}  ${label}`).join("\n"));
  for (;;) {
    const typed = await io.ask(TERMINAL.reason, signal);
    if (typed === undefined || typed.trim() === "") return "left";
    const reason = chosenReason(typed, reasons);
    if (reason === undefined) {
      io.print(TERMINAL.notAChoice);
      continue;
    }
    const comment = (await io.ask(TERMINAL.comment, signal))?.trim();
    return say(talk, await send({ reason, ...(comment !== undefined && comment !== "" && { comment }) }));
  }
}

/** Prints what came back; tells whether something was done. */
function say({ io }: Talk, reply: Reply): "answered" | "refused" {
  if (reply.kind !== "line") return "refused";
  const look = lookOf(io, io.nowMs());
  io.print(wrapText(renderLine(reply.line, look), look));
  return reply.refusal === undefined ? "answered" : "refused";
}

function cardEnd(card: Card, look: Look): string {
  return [card.headline, card.subline].map((line) => wrapText(renderLine(line, look), look)).join("\n");
}

function lookOf(io: TerminalIo, nowMs: number): Look {
  return { columns: io.columns(), color: io.color, nowMs, timeZone: io.timeZone };
}
