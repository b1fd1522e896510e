/** A service for agents on this machine: joins the one that runs over the same state folder, else runs one in this process. */
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { createTerminalIo, createTerminalSurface } from "./adapters/terminal/index.ts";
import { serviceAt, socketPathOf } from "./api/socket.ts";
import type { ChatSurface } from "./bot/surface.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/types.ts";
import { StoreFault } from "./engine/store-fault.ts";
import { startService } from "./main.ts";
import { tokensOf } from "./wiring/tokens.ts";

export interface LocalOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly config?: string | undefined;
  readonly agentId?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** A service and the token to use; the client's `Connection`. */
export interface LocalConnection {
  /** Undefined while another process's passing service has the state folder and this process has no token for it. */
  readonly endpoint: { readonly url?: string; readonly socketPath?: string; readonly token: string } | undefined;
  /** Where the service may end with the process it lives in: joins the next one, or becomes it. */
  readonly again: (() => Promise<LocalConnection>) | undefined;
  close(): Promise<void>;
}

/** No service can be used; the message says what is missing and what to do. */
export class LocalFault extends Error {
  readonly code: "no_token" | "no_agent";
  constructor(code: LocalFault["code"], message: string) {
    super(message);
    this.name = "LocalFault";
    this.code = code;
  }
}

/**
 * The service and token that config names; else the service of the same state folder; else one inside this process,
 * which asks on this terminal, and without a terminal denies what needs people. Throws ConfigFault, LocalFault, or the
 * fault of the part that could not start.
 */
export async function localConnection(options: LocalOptions): Promise<LocalConnection> {
  const config = loadConfig(options.config, { env: options.env, cwd: options.cwd, purpose: "check" });
  const token = options.token ?? config.client.token;
  const url = options.url ?? config.client.url;
  const close = async (): Promise<void> => {};
  if (url !== undefined) return { endpoint: { url, token: needed(token) }, again: undefined, close };
  const socketPath = await socketPathOf(config.state.path);
  const found = await serviceAt(socketPath);
  // A service that was started to last comes back by itself: nobody takes its place while it restarts.
  if (found === "lasting") return { endpoint: { socketPath, token: needed(token) }, again: undefined, close };
  if (found === "none") {
    const own = await inProcess(config, { ...options, token }).catch(unlessLocked);
    if (own !== undefined) return own;
  }
  const endpoint = token === undefined || token === "" ? undefined : { socketPath, token };
  return { endpoint, again: () => localConnection(options), close };
}

/** Another process is opening or closing its service at this moment: it can be joined, or followed, in a moment. */
function unlessLocked(fault: unknown): undefined {
  if (fault instanceof StoreFault && fault.code === "locked") return undefined;
  throw fault;
}

function needed(token: string | undefined): string {
  if (token !== undefined && token !== "") return token;
  throw new LocalFault(
    "no_token",
    "the service asks for the agent's token: set ATTESTA_TOKEN, or client.token in attesta.yaml",
  );
}

async function inProcess(config: Config, options: LocalOptions): Promise<LocalConnection> {
  const agentId = tokensOf(config).agent(options.token ?? "") ?? agentOf(config, options.agentId);
  const token = randomBytes(24).toString("hex");
  const hasTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const service = await startService(config, {
    log: pino({ level: "warn" }, pino.destination(2)),
    tcp: false,
    speed: 1,
    surfaces: hasTerminal ? [ownTerminal(config, options.env)] : [],
    ownAgent: { id: agentId, token },
    unattended: !hasTerminal,
  });
  return { endpoint: { socketPath: service.socketPath, token }, again: undefined, close: () => service.stop() };
}

const WHO =
  "To decide here, start this with ATTESTA_REVIEW_TOKEN set to your own review token; or run `attesta review` in another terminal.";

/** Cards are printed here; whoever sits here answers them where ATTESTA_REVIEW_TOKEN says who that is. */
function ownTerminal(config: Config, env: LocalOptions["env"]): ChatSurface {
  const { stdin, stderr } = process;
  const account = tokensOf(config).review(env.ATTESTA_REVIEW_TOKEN ?? "");
  if (account === undefined) stderr.write(`${WHO}\n`);
  return createTerminalSurface({
    io: createTerminalIo({ env, stdin, stdout: stderr }),
    account,
    newId: () => randomBytes(16).toString("hex"),
  });
}

/** The agent that this process is where its token does not say so: named, or the only one that config knows. */
function agentOf(config: Config, named: string | undefined): string {
  const known = Object.keys(config.policy.agents);
  if (named !== undefined && (known.length === 0 || known.includes(named))) return named;
  const [only] = known;
  if (named === undefined && known.length === 1 && only !== undefined) return only;
  if (known.length === 0) return "local-agent";
  const wrong = named === undefined ? "this process did not say which agent it is" : `config knows no agent ${named}`;
  throw new LocalFault("no_agent", `${wrong}: give agentId as one of ${known.join(", ")}`);
}
