/** A whole command line in this process, with its output caught. Not a test. */
import { PassThrough } from "node:stream";
import type { CliContext } from "../../src/cli/context.ts";
import { runIn } from "../../src/cli/index.ts";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `attesta ARGS` in this folder, without a terminal and with nothing but this environment. */
export async function runAttesta(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  // Streams that a command only writes to, and asks whether they are terminals, which they are not.
  const streams = { stdin, stdout, stderr } as unknown as Pick<CliContext, "stdin" | "stdout" | "stderr">;
  const exitCode = await runIn({ env, cwd, ...streams }, ["node", "attesta", ...args]);
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}
