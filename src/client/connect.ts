/**
 * One transport over whichever service there is: where that one lived inside another process and ended with it, the next
 * is looked for at the next call. What was asked is in the state folder and goes on there. Repeats no call that may have
 * been heard.
 */
import { type Connection, type FindOptions, type FindWorld, findService } from "./find.ts";
import { type Answer, type Call, createTransport, type Transport, TransportFault } from "./transport.ts";

/** A transport, and how to end it together with a service that was started inside this process. */
export interface Connected {
  readonly transport: Transport;
  close(): Promise<void>;
}

/** Finds the service; throws what finding throws when there is none to use. */
export async function connectService(options: FindOptions, world: FindWorld): Promise<Connected> {
  return connectOver(await findService(options, world));
}

interface Open {
  readonly connection: Connection;
  readonly transport: Transport | undefined;
}

/** The same over a connection that was found already. */
export function connectOver(found: Connection): Connected {
  let open = opened(found);
  let looking: Promise<void> | undefined;
  let closed = false;
  // Kept until the end: a service that is closing still answers what it has taken.
  const past: (Transport | undefined)[] = [];

  async function look(again: () => Promise<Connection>): Promise<void> {
    const gone = open;
    open = opened(await again());
    past.push(gone.transport);
    await gone.connection.close();
  }

  async function call(one: Call): Promise<Answer> {
    const { transport, connection } = open;
    try {
      return await callOver(transport, one);
    } catch (error) {
      const { again } = connection;
      if (closed || again === undefined || !(error instanceof TransportFault) || !isGone(error)) throw error;
      if (open.connection === connection) {
        looking ??= look(again).finally(() => {
          looking = undefined;
        });
        await looking;
      }
      return callOver(open.transport, one);
    }
  }

  function closeAll(): void {
    for (const transport of [...past.splice(0), open.transport]) transport?.close();
  }

  return {
    transport: { call, close: closeAll },
    async close() {
      closed = true;
      await looking?.catch(() => undefined);
      closeAll();
      await open.connection.close();
    },
  };
}

function opened(connection: Connection): Open {
  const { endpoint } = connection;
  return { connection, transport: endpoint === undefined ? undefined : createTransport(endpoint) };
}

async function callOver(transport: Transport | undefined, call: Call): Promise<Answer> {
  if (transport !== undefined) return transport.call(call);
  const why = "another process's service has the state folder; with ATTESTA_TOKEN or client.token this one can join it";
  throw new TransportFault("No service to ask", { cause: Object.assign(new Error(why), { code: "ENOENT" }) });
}

/** Nobody listens at the socket, so that nobody can have heard the call. */
function isGone({ cause }: TransportFault): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ECONNREFUSED");
}
