/** What every call with a body passes: the agent's limits, the reading, and the note of what was refused here. Knows no route. */
import type { z } from "zod";
import { MAX_BODY_BYTES, readBody } from "./body.ts";
import { type CallKind, createLimits, sparsely } from "./limits.ts";
import { ProblemFault } from "./problem.ts";

/** What the gateway needs. */
export interface GatewayDeps {
  /** A clock that never goes back, in milliseconds. */
  monotonicMs(): number;
  /** Told of calls refused before they reach the engine, once a minute for each agent and code. Must not throw. */
  refused(agentId: string | undefined, code: string): void;
}

/** Reads bodies. */
export interface Gateway {
  /** An agent's body. Throws ProblemFault: 429 over the limits, else what `readBody` throws. */
  agentBody<T>(request: Request, schema: z.ZodType<T>, call: { agentId: string; kind: CallKind }): Promise<T>;
  /** A reviewer's body. */
  reviewerBody<T>(request: Request, schema: z.ZodType<T>): Promise<T>;
}

/** Makes the gateway, with full limits. */
export function createGateway(deps: GatewayDeps): Gateway {
  const now = () => deps.monotonicMs();
  const limits = createLimits(now);
  const refused = sparsely((agentId, code) => deps.refused(agentId, code), now);

  async function noted<T>(agentId: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      if (fault instanceof ProblemFault) refused(agentId, fault.code);
      throw fault;
    }
  }

  return {
    agentBody: (request, schema, { agentId, kind }) =>
      noted(agentId, async () => {
        const header = request.headers.get("content-length");
        const bytes = countedBytes(request, header);
        const waitMs = limits.take(agentId, kind, bytes);
        if (waitMs !== undefined) throw tooMany(waitMs);
        const read = await readBody(request, schema);
        if (header === null) limits.giveBack(agentId, bytes - read.bytes);
        return read.value;
      }),
    reviewerBody: (request, schema) => noted(undefined, async () => (await readBody(request, schema)).value),
  };
}

/** By its own length; without one as the largest until it is read; nothing for one that is not read at all. */
function countedBytes(request: Request, header: string | null): number {
  if (request.body === null) return 0;
  const declared = header === null ? MAX_BODY_BYTES : Number(header);
  return declared <= MAX_BODY_BYTES ? declared : 0;
}

function tooMany(waitMs: number): ProblemFault {
  const retryAfterS = Math.ceil(waitMs / 1000);
  const detail = `This agent sends too much: nothing was done; make the same call again in ${retryAfterS} s.`;
  return new ProblemFault({ status: 429, code: "too_many_requests", detail, retryAfterS });
}
