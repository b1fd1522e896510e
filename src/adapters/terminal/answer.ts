/** The challenge at a terminal: asks its questions, takes what is typed, waits until it may be sent. It grades nothing. */
import type { Question, ReviewForm } from "../../bot/surface.ts";
import { CHALLENGE_WORDS, durationWords, TERMINAL } from "../../bot/text.ts";
import { chosenText, letterOf } from "./parse.ts";
import type { TerminalIo } from "./port.ts";
import { safe, wrapText } from "./render.ts";

/** A form that is being answered. */
export interface Asked {
  readonly io: TerminalIo;
  readonly signal: AbortSignal;
  readonly form: ReviewForm;
  /** When this machine got the form: its clock and the store's are compared then. */
  readonly receivedAtMs: number;
}

/** One text per question; undefined when the person left. */
export async function askAnswers(asked: Asked): Promise<readonly string[] | undefined> {
  const { io, form } = asked;
  const { question } = form;
  const kind = question.kind === "later" ? question.challenge : question.kind;
  io.print(`\n${CHALLENGE_WORDS[kind].toUpperCase()}  ${TERMINAL.attempt(form.attempt, form.attempts)}`);
  switch (question.kind) {
    case "later":
      return undefined;
    case "confirm":
      return confirm(asked, question);
    case "quiz":
      return quiz(asked, question);
    case "teach_back":
      return explain(asked, question);
  }
}

async function confirm(asked: Asked, question: Extract<Question, { kind: "confirm" }>) {
  printSafe(asked.io, question.prompt);
  const typed = await asked.io.ask(TERMINAL.confirm, asked.signal);
  return typed === undefined ? undefined : [typed.trim()];
}

async function quiz(asked: Asked, { questions }: Extract<Question, { kind: "quiz" }>) {
  const answers: string[] = [];
  for (const [index, { text, options }] of questions.entries()) {
    printSafe(asked.io, `Q${index + 1}: ${text}`, "\n");
    asked.io.print(options.map((option, at) => `  ${letterOf(at)}  ${safe(option)}`).join("\n"));
    const typed = await asked.io.ask(TERMINAL.yourChoice, asked.signal);
    if (typed === undefined) return undefined;
    answers.push(chosenText(typed, options));
  }
  return answers;
}

/** Lines until an empty one. What was not accepted yet is kept and can be sent as it is; what was wrong cannot. */
async function explain({ io, form, signal }: Asked, question: Extract<Question, { kind: "teach_back" }>) {
  const [earlier = ""] = form.draft;
  const isWrong = form.error !== undefined;
  printSafe(io, question.prompt);
  if (earlier !== "") {
    io.print(isWrong ? TERMINAL.tried : TERMINAL.earlier);
    printSafe(io, `> ${earlier}`);
  }
  io.print(TERMINAL.explain(question.minWords));
  const lines: string[] = [];
  for (;;) {
    const typed = await io.ask("> ", signal);
    const isEmpty = typed === undefined || typed.trim() === "";
    if (typed === undefined && (signal.aborted || lines.length === 0)) return undefined;
    if (!isEmpty) lines.push(typed);
    else if (lines.length > 0) return [lines.join("\n")];
    else if (earlier !== "" && !isWrong) return [earlier];
  }
}

function printSafe(io: TerminalIo, text: string, before = ""): void {
  io.print(`${before}${wrapText(safe(text), { columns: io.columns() })}`);
}

/** Counts down until an answer can be accepted; false when it was aborted. */
export async function waitUntilOpen({ io, signal, form, receivedAtMs }: Asked): Promise<boolean> {
  const leftMs = () => form.opensAtMs - (form.nowMs + io.nowMs() - receivedAtMs);
  if (leftMs() > 0 && !io.isTty) io.print(TERMINAL.wait(durationWords(leftMs())));
  while (leftMs() > 0 && !signal.aborted) {
    io.progress(TERMINAL.wait(durationWords(leftMs())));
    await io.sleep(Math.min(1_000, leftMs()), signal);
  }
  io.progress("");
  return !signal.aborted;
}
