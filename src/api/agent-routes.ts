/** The agent's routes: ask, wait, use, report, cancel. Each agent sees and touches only what it opened. */
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Approvals, Ask, Outcome } from "../engine/approvals.ts";
import type { Account } from "../engine/model.ts";
import type { RequestState, Status } from "../engine/request.ts";
import { type Lookups, requireAgent } from "./auth.ts";
import { invalidBody } from "./body.ts";
import { assessBody, cancelBody, resultBody, submitBody, useBody } from "./contract.ts";
import type { Gateway } from "./gateway.ts";
import { ProblemFault, raiseProblem, refusalProblem } from "./problem.ts";
import { assessedView, requestView } from "./view.ts";

/** What the agent's routes need. */
export interface AgentDeps {
  readonly approvals: Approvals;
  readonly lookups: Lookups<string, Account>;
  readonly gateway: Gateway;
  /** Newest first. */
  list(filter: {
    readonly status?: readonly Status[];
    readonly agentId: string;
    readonly limit: number;
  }): Promise<readonly RequestState[]>;
  /** Who can decide this and how, in words. */
  whoText(state: RequestState): string;
  nameOf(person: string): string;
  /** The store's clock. */
  nowMs(): Promise<number>;
  /** Aborted when the server closes: nobody is kept waiting then. */
  readonly closing: AbortSignal;
}

type Env = { Bindings: HttpBindings };
type Ctx = Context<Env>;

/** The longest that one call may wait for a verdict, in milliseconds. */
export const MAX_WAIT_MS = 25_000;
const STATUSES = ["pending", "approved", "denied", "timed_out", "cancelled", "used", "revoked"] as const;
const listQuery = z.strictObject({
  state: z.enum(STATUSES).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const waitQuery = z.strictObject({ wait_ms: z.coerce.number().int().min(0).max(MAX_WAIT_MS).default(0) });

function query<T>(c: Ctx, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(c.req.query());
  if (!parsed.success) throw invalidBody(parsed.error, "query");
  return parsed.data;
}

function notFound(): ProblemFault {
  return new ProblemFault({ status: 404, code: "not_found", detail: "This agent has no request with this id." });
}

type Asked = z.output<typeof assessBody> & { readonly request_id?: string };

function askOf(agentId: string, body: Asked): Ask {
  const { request_id, requester, session_id, risk, action, ...rest } = body;
  const sent = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    agentId,
    clientRequestId: request_id ?? "",
    action: { name: action, ...sent },
    ...(requester === undefined ? {} : { requester }),
    ...(session_id === undefined ? {} : { sessionId: session_id }),
    ...(risk === undefined ? {} : { atLeast: risk }),
  };
}

/** Builds the routes under `/v1` that take an agent's token. */
export function agentRoutes(deps: AgentDeps): Hono<Env> {
  const app = new Hono<Env>();
  const agentOf = (c: Ctx) => requireAgent(c.req.header("authorization"), deps.lookups);
  const viewOf = async (state: RequestState) =>
    requestView(state, { nowMs: await deps.nowMs(), who: deps.whoText(state), nameOf: deps.nameOf });
  const asked = <T>(c: Ctx, agentId: string, schema: z.ZodType<T>) =>
    deps.gateway.agentBody(c.req.raw, schema, { agentId, kind: "ask" });
  const order = async <T>(c: Ctx, schema: z.ZodType<T>) => {
    const agentId = agentOf(c);
    const body = await deps.gateway.agentBody(c.req.raw, schema, { agentId, kind: "order" });
    return { body, id: (await own(c, agentId)).facts.id };
  };
  const own = async (c: Ctx, agentId: string): Promise<RequestState> => {
    const id = c.req.param("id") ?? "";
    const state = id.length > 64 ? undefined : await deps.approvals.load(id);
    if (state === undefined || state.facts.agentId !== agentId) throw notFound();
    return state;
  };

  app.post("/requests", async (c) => {
    const agentId = agentOf(c);
    const raised = await deps.approvals.raise(askOf(agentId, await asked(c, agentId, submitBody)));
    if (!raised.ok) throw new ProblemFault(raiseProblem(raised.refusal));
    const view = await viewOf(raised.state);
    return c.json(view, raised.joined ? 200 : 201, { location: `/v1/requests/${view.id}` });
  });
  app.post("/assess", async (c) => {
    const agentId = agentOf(c);
    const assessed = await deps.approvals.assess(askOf(agentId, await asked(c, agentId, assessBody)));
    if (!assessed.ok) throw new ProblemFault(raiseProblem(assessed.refusal));
    return c.json(assessedView(assessed.assessed));
  });
  app.get("/requests", async (c) => {
    const agentId = agentOf(c);
    const { state, limit } = query(c, listQuery);
    const found = await deps.list({ agentId, limit, ...(state === undefined ? {} : { status: [state] }) });
    const mine = found.filter((one) => one.facts.agentId === agentId);
    return c.json({ requests: await Promise.all(mine.map(viewOf)) });
  });
  app.get("/requests/:id", async (c) => {
    const state = await own(c, agentOf(c));
    const { wait_ms } = query(c, waitQuery);
    return c.json(await viewOf(wait_ms === 0 ? state : await waited(deps, c, state, wait_ms)));
  });
  app.post("/requests/:id/use", async (c) => {
    const { id, body } = await order(c, useBody);
    const { execution: used, facts } = done(await deps.approvals.use(id, body.digest, body.use_id));
    if (used === undefined) throw new Error(`request ${id} was used without an execution`);
    return c.json({ use_id: used.useId, digest: facts.digest, used_at: new Date(used.usedAtMs).toISOString() });
  });
  app.post("/requests/:id/result", async (c) => {
    const { id, body } = await order(c, resultBody);
    const { use_id, outcome, executed_at, detail } = body;
    const result = {
      outcome,
      ...(executed_at === undefined ? {} : { executedAtMs: Date.parse(executed_at) }),
      ...(detail === undefined ? {} : { detail }),
    };
    return c.json(await viewOf(done(await deps.approvals.result(id, use_id, result))));
  });
  app.post("/requests/:id/cancel", async (c) => {
    const { id, body } = await order(c, cancelBody);
    return c.json(await viewOf(done(await deps.approvals.cancel(id, body.comment))));
  });
  return app;
}

/** The state after an order, or its refusal as a problem. */
function done(outcome: Outcome): RequestState {
  switch (outcome.kind) {
    case "done":
      if (outcome.refusal !== undefined) throw new ProblemFault(refusalProblem(outcome.refusal));
      return outcome.state;
    case "not_found":
    case "unlinked":
      throw notFound();
    case "unavailable":
      throw new ProblemFault({ status: 503, code: "unavailable", detail: outcome.detail });
  }
}

/** Waits for the verdict until it may be told, the time is over, the caller hung up, or the server closes. */
async function waited(deps: AgentDeps, c: Ctx, state: RequestState, waitMs: number): Promise<RequestState> {
  const { id } = state.facts;
  const stop = new AbortController();
  const abort = () => stop.abort();
  const signals = [c.req.raw.signal, deps.closing];
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  }
  try {
    return (await deps.approvals.awaitVerdict(id, waitMs, stop.signal)) ?? state;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return (await deps.approvals.load(id)) ?? state;
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}
