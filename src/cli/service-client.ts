/** The agent's connection of a command: found like the client library's, closed when the command ends. */
import { connectService } from "../client/connect.ts";
import { AttestaFault, AttestaUnreachable } from "../client/denied.ts";
import type { FindOptions } from "../client/find.ts";
import type { Transport } from "../client/transport.ts";
import { ConfigFault } from "../config/types.ts";
import { type CliContext, CliExit } from "./context.ts";

/** The service cannot be used: away, unknown, or the token is none of its agents'. */
export const EXIT_UNREACHABLE = 122;

/** Runs `work` with a transport to the service; ends the command with 122 when there is none to use. */
export async function withService<T>(
  find: FindOptions,
  context: CliContext,
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const { env, cwd } = context;
  try {
    const connected = await connectService(find, { env, cwd });
    try {
      return await work(connected.transport);
    } finally {
      await connected.close();
    }
  } catch (error) {
    if (isUnusable(error)) throw new CliExit(EXIT_UNREACHABLE, `attesta: ${error.message}`);
    throw error;
  }
}

/** Faults that mean: no service could be asked. Those of a local service that cannot start have codes of their own. */
function isUnusable(error: unknown): error is Error {
  if (error instanceof AttestaFault || error instanceof AttestaUnreachable || error instanceof ConfigFault) return true;
  return error instanceof Error && !(error instanceof CliExit) && "code" in error && error.name.endsWith("Fault");
}
