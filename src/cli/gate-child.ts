/** The command that `attesta gate` holds: started once, without the agent's tokens, signals passed on. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How a command ended, as a shell would say it: its own code, 128 + signal, 126 or 127 when it could not start. */
export interface Ended {
  readonly exitCode: number;
  /** For the audit log: never an argument. */
  readonly detail: string;
}

/** A command that runs. */
export interface Child {
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
}

/** Secrets of this program, which a gated command has no use for. */
const OURS = new Set(["ATTESTA_TOKEN", "ATTESTA_REVIEW_TOKEN", "ATTESTA_STATE_KEY"]);

/** Starts it with this process's standard streams. Never throws: what could not start has ended with 126 or 127. */
export function startChild(
  command: { readonly argv: readonly string[]; readonly cwd: string },
  env: Readonly<Record<string, string | undefined>>,
): Child {
  const [file = "", ...args] = command.argv;
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !OURS.has(name)));
  const child = spawn(file, args, { cwd: command.cwd, env: rest, stdio: "inherit" });
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const exitCode = error.code === "ENOENT" ? 127 : 126;
      resolve({ exitCode, detail: `could not start: ${error.code ?? "unknown"}` });
    });
    child.once("close", (code, signal) => {
      if (signal === null) resolve({ exitCode: code ?? 1, detail: `exit ${code ?? 1}` });
      else resolve({ exitCode: 128 + constants.signals[signal], detail: `signal ${signal}` });
    });
  });
  return { ended, signal: (signal) => void child.kill(signal) };
}
