/** A terminal that a test types into: answers by what is asked, remembers everything printed, never really waits. */
import type { TerminalIo } from "../../../src/adapters/terminal/index.ts";

export interface ScriptedIo extends TerminalIo {
  /** Everything printed and asked, in order. */
  readonly shown: string[];
  readonly waitedMs: number[];
}

export interface Script {
  /** The next line for this prompt; undefined: the person left. May do things on the way. */
  answer(prompt: string, shown: readonly string[]): Promise<string | undefined> | string | undefined;
  /** Lets the test's clock run while the terminal sleeps. */
  advance(ms: number): void;
  nowMs(): number;
  readonly columns?: number;
  readonly isTty?: boolean;
}

/** The terminal over a script. A sleep longer than a second is the watcher's: it ends when it is aborted. */
export function scriptedIo(script: Script): ScriptedIo {
  const shown: string[] = [];
  const waitedMs: number[] = [];
  return {
    shown,
    waitedMs,
    isTty: script.isTty ?? true,
    color: false,
    timeZone: "UTC",
    columns: () => script.columns ?? 80,
    print: (text) => void shown.push(text),
    progress: () => {},
    async ask(prompt, signal) {
      shown.push(prompt);
      const aborted = new Promise<undefined>((resolve) => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener("abort", () => resolve(undefined), { once: true });
      });
      const typed = await Promise.race([aborted, Promise.resolve(script.answer(prompt, shown))]);
      if (typed !== undefined) shown.push(`$ ${typed}`);
      return typed;
    },
    nowMs: () => script.nowMs(),
    async sleep(ms, signal) {
      if (ms <= 1_000) {
        waitedMs.push(ms);
        script.advance(ms);
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 10);
        const stop = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", stop, { once: true });
      });
    },
  };
}
