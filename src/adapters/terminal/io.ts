/** A real terminal (or pipes) as TerminalIo. Lines that come before they are asked for are kept. */
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { TerminalIo } from "./port.ts";

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const CLEAR_LINE = "\r\u001b[K";
const WIDTH_WITHOUT_TTY = 100;

/** Reads nothing before the first question; `close` gives the streams back. Colour only on a terminal, and never with NO_COLOR. Source: no-color.org. */
export function createTerminalIo(streams: TerminalStreams): TerminalIo & { close(): void } {
  const { stdin, stdout, env } = streams;
  const isTty = stdin.isTTY === true && stdout.isTTY === true;
  const kept: string[] = [];
  let lines: Interface | undefined;
  let isClosed = false;
  let wake: () => void = () => {};
  const opened = (): Interface => {
    lines ??= createInterface({ input: stdin, output: isTty ? stdout : undefined, terminal: isTty })
      .on("line", (line) => {
        kept.push(line);
        wake();
      })
      .on("close", () => {
        isClosed = true;
        wake();
      });
    return lines;
  };
  return {
    isTty,
    color: isTty && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb",
    columns: () => (stdout.isTTY === true ? (stdout.columns ?? WIDTH_WITHOUT_TTY) : WIDTH_WITHOUT_TTY),
    timeZone: undefined,
    print: (text) => void stdout.write(`${text}\n`),
    progress: (text) => {
      if (isTty) stdout.write(`${CLEAR_LINE}${text}`);
    },
    async ask(prompt, signal) {
      const input = opened();
      // Only a question keeps the process alive. A file as stdin has no ref.
      if (stdin.isTTY === true) stdin.ref();
      if (isTty) {
        input.setPrompt(prompt);
        input.prompt();
      } else stdout.write(prompt);
      while (kept.length === 0 && !isClosed && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      if (stdin.isTTY === true) stdin.unref();
      const line = signal.aborted ? undefined : kept.shift();
      if (!isTty || line === undefined) stdout.write("\n");
      return line;
    },
    nowMs: () => Date.now(),
    sleep: (ms, signal) => delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined),
    close: () => lines?.close(),
  };
}
