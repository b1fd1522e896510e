/** Finds the service: what the caller says, else the environment, else the config file's, else the local one. Reads no YAML. */
import type { Endpoint } from "./transport.ts";

/** How to find the service; everything has a default. */
export interface FindOptions {
  /** Address of the service, for instance https://attesta.example.com. Default: ATTESTA_URL, then `client.url`. */
  readonly url?: string | undefined;
  /** The agent's token. Default: ATTESTA_TOKEN, then `client.token`. */
  readonly token?: string | undefined;
  /** Path of the config file. Default: `attesta.yaml`, looked for from the working folder upwards. */
  readonly config?: string | undefined;
  readonly agentId?: string | undefined;
}

/** What `find` takes from the world. */
export interface FindWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** A service that was found. `close` also ends a service that was started inside this process for it. */
export interface Connection {
  /** Undefined while another process's passing service has the state folder and takes nothing from this process. */
  readonly endpoint: Endpoint | undefined;
  /** For a service that may end with the process it lives in: looks for the next one of the same state folder. */
  readonly again: (() => Promise<Connection>) | undefined;
  close(): Promise<void> | void;
}

/**
 * The service and the token to use. With address and token known nothing else is loaded; otherwise the config is read
 * and a running local service of the same state folder is joined, or one is started inside this process.
 */
export async function findService(options: FindOptions, world: FindWorld): Promise<Connection> {
  const url = options.url ?? (world.env.ATTESTA_URL || undefined);
  const token = options.token ?? (world.env.ATTESTA_TOKEN || undefined);
  if (url !== undefined && token !== undefined)
    return { endpoint: { url, token }, again: undefined, close: () => undefined };
  const { localConnection } = await import("../local.ts");
  return localConnection({ ...options, url, token, ...world });
}
