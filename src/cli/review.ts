/** `attesta review`: one person reads a request in their terminal and decides it. */
import { type Command, Option } from "commander";
import { converse, createTerminalIo } from "../adapters/terminal/index.ts";
import { isAnswered, socketPathOf } from "../api/socket.ts";
import type { Endpoint } from "../client/transport.ts";
import { loadConfig } from "../config/load.ts";
import { type CliContext, CliExit } from "./context.ts";
import { createHttpPort } from "./review-port.ts";

interface Options {
  readonly url?: string;
  readonly token?: string;
  readonly config?: string;
  readonly breakGlass?: string;
}

/** Adds `review` to the program. */
export function registerReview(program: Command, context: CliContext): void {
  program
    .command("review")
    .description("read a request and decide it, in this terminal; without ID: pick one from your inbox")
    .argument("[id]", "the request's id, or its first letters")
    .option("--url <url>", "the service's address; default: the config's, or the service of this state folder")
    .addOption(
      new Option("--token <token>", "your own review token; better: ATTESTA_REVIEW_TOKEN, which no process list shows"),
    )
    .option("--config <file>", "the config file; default: attesta.yaml, looked for from here upwards")
    .option("--break-glass <reason>", "approve alone in an emergency, with this written reason")
    .action((id: string | undefined, options: Options) => review(id, options, context));
}

async function review(id: string | undefined, options: Options, context: CliContext): Promise<void> {
  const port = createHttpPort(await endpointOf(options, context));
  const io = createTerminalIo(context);
  try {
    const end = await converse(io, port, {
      ...(id !== undefined && { requestId: id }),
      ...(options.breakGlass !== undefined && { breakGlass: options.breakGlass }),
    });
    if (end === "refused") throw new CliExit(1);
  } finally {
    io.close();
    port.close();
  }
}

async function endpointOf(options: Options, { env, cwd }: CliContext): Promise<Endpoint> {
  const token = tokenOf(options.token ?? env.ATTESTA_REVIEW_TOKEN);
  const url = options.url ?? env.ATTESTA_URL;
  if (url !== undefined && url !== "") return { url, token };
  const config = loadConfig(options.config, { env, cwd, purpose: "check" });
  if (config.client.url !== undefined) return { url: config.client.url, token };
  const socketPath = await socketPathOf(config.state.path);
  if (await isAnswered(socketPath)) return { socketPath, token };
  const { host, port } = config.server;
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, token };
}

function tokenOf(given: string | undefined): string {
  const token = given?.trim() ?? "";
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  const made = "`attesta people token E-MAIL` makes one";
  const what =
    token === "" ? "who are you? Set ATTESTA_REVIEW_TOKEN to your own review token" : "this is no review token";
  throw new CliExit(2, `attesta review: ${what}; ${made}.`);
}
