/** Prints how a wait goes: one line that is redrawn on a terminal, a line now and then elsewhere. */
import type { RequestView } from "../api/contract.ts";
import { leftMs, type WaitingNews } from "../client/wait.ts";
import { undeliveredLine, waitingLine } from "./gate-text.ts";

/** A watcher of one wait; `close` wipes what it drew. */
export interface Watch {
  news(news: WaitingNews): void;
  close(): void;
}

const REDRAW_MS = 1000;
/** Without a terminal an unchanged wait is told again this often. */
const REPEAT_MS = 60_000;
const UNDELIVERED_MS = 60_000;

/** Makes the watcher; draws nothing before the first news. */
export function createWatch(stderr: NodeJS.WriteStream, nowMs: () => number): Watch {
  let latest: { readonly view: RequestView; readonly atMs: number } | undefined;
  let told = "";
  let toldAtMs = 0;
  let warned = false;
  const isTerminal = stderr.isTTY === true;
  const say = (line: string) => stderr.write(isTerminal ? `\r\u001b[2K${line}\n` : `${line}\n`);
  const leftNow = () => {
    const left = latest && leftMs(latest.view);
    return latest === undefined || left === undefined ? undefined : left - (nowMs() - latest.atMs);
  };
  const draw = () => {
    if (latest === undefined) return;
    const line = waitingLine(latest.view, leftNow());
    stderr.write(`\r\u001b[2K${[...line].slice(0, Math.max(10, (stderr.columns ?? 80) - 1)).join("")}`);
  };
  const timer = isTerminal ? setInterval(draw, REDRAW_MS) : undefined;

  const waiting = (view: RequestView) => {
    latest = { view, atMs: nowMs() };
    const ageMs = Date.parse(view.now) - Date.parse(view.raised_at);
    if (!view.delivered && !warned && ageMs >= UNDELIVERED_MS) {
      warned = true;
      say(undeliveredLine(view));
    }
    if (isTerminal) return draw();
    const now = waitingLine(view, undefined);
    if (now === told && nowMs() - toldAtMs < REPEAT_MS) return;
    told = now;
    toldAtMs = nowMs();
    say(waitingLine(view, leftNow()));
  };
  let away = false;
  return {
    news(news) {
      switch (news.kind) {
        case "waiting":
          return waiting(news.view);
        case "away":
          if (!away) say("attesta: the service does not answer; still waiting, it is tried again and again");
          away = true;
          return;
        case "back":
          away = false;
          say("attesta: the service is back");
          return;
        case "result_not_recorded":
          say(
            `attesta: the result of request ${news.requestId} could not be recorded; the log will say "outcome unknown"`,
          );
          return;
      }
    },
    close() {
      clearInterval(timer);
      if (isTerminal && latest !== undefined) stderr.write("\r\u001b[2K");
      latest = undefined;
    },
  };
}
