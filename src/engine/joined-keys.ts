/** Client request ids that joined a pending request of the same action: they go on meaning that request. Knows no rules. */
import type { Store } from "./ports.ts";

const KIND = "joined";

type Keys = Pick<Store, "readRecord" | "writeRecord" | "findByKey">;

/** What an agent calls a request. */
export interface ClientKey {
  readonly agentId: string;
  readonly clientRequestId: string;
}

function nameOf({ agentId, clientRequestId }: ClientKey): string {
  return JSON.stringify([agentId, clientRequestId]);
}

/** The request that this id opened or joined; undefined for an id that is new. */
export async function requestOf(store: Keys, key: ClientKey): Promise<string | undefined> {
  const opened = await store.findByKey(key.agentId, key.clientRequestId);
  if (opened !== undefined) return opened;
  const joined = (await store.readRecord(KIND, nameOf(key)))?.request;
  return typeof joined === "string" ? joined : undefined;
}

/** Notes that this id joined the request; an id that stands for one that is gone takes the new one. Repeatable. */
export async function recordJoined(store: Keys, key: ClientKey, requestId: string): Promise<void> {
  const before = await store.readRecord(KIND, nameOf(key));
  if (before?.request !== requestId) await store.writeRecord(KIND, nameOf(key), { request: requestId }, before);
}
