/** The agent's side over plain HTTP, call by call, so that a test sees statuses and problems. Not a test. */
import { randomUUID } from "node:crypto";
import { call } from "../fixtures/api-server.ts";

export interface Told {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface AgentCalls {
  /** Asks for an action; `request_id` is made up where the body has none. */
  ask(body: Readonly<Record<string, unknown>>): Promise<Told>;
  /** Asks, and gives the id of the request; throws where it was refused. */
  raise(body: Readonly<Record<string, unknown>>): Promise<{ readonly id: string; readonly digest: string }>;
  get(id: string, waitMs?: number): Promise<Told>;
  use(id: string, digest: string, useId?: string): Promise<Told>;
  cancel(id: string): Promise<Told>;
  list(): Promise<Told>;
  assess(body: Readonly<Record<string, unknown>>): Promise<Told>;
}

/** Calls under one token. */
export function agentCalls(url: string, token: string): AgentCalls {
  const post = (path: string, body: unknown): Promise<Told> => call(`${url}/v1${path}`, { token, body });
  const get = (path: string): Promise<Told> => call(`${url}/v1${path}`, { token });
  const ask: AgentCalls["ask"] = (body) => post("/requests", { request_id: randomUUID(), ...body });
  return {
    ask,
    async raise(body) {
      const told = await ask(body);
      const { id, digest } = told.body;
      if (typeof id === "string" && typeof digest === "string") return { id, digest };
      throw new Error(`not raised: ${told.status} ${JSON.stringify(told.body)}`);
    },
    get: (id, waitMs = 0) => get(`/requests/${id}?wait_ms=${waitMs}`),
    use: (id, digest, useId = randomUUID()) => post(`/requests/${id}/use`, { digest, use_id: useId }),
    cancel: (id) => post(`/requests/${id}/cancel`, {}),
    list: () => get("/requests"),
    assess: (body) => post("/assess", body),
  };
}
