/** The HTTP server: joins the routes, listens on TCP and on a unix socket, answers errors. Knows no rule. */
import { chmod } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Interaction, Reply } from "../bot/surface.ts";
import { isFault } from "../engine/fault.ts";
import type { Account } from "../engine/model.ts";
import { type AgentDeps, agentRoutes } from "./agent-routes.ts";
import { checkProvenance, isLoopback } from "./auth.ts";
import { createGateway, type Gateway, type GatewayDeps } from "./gateway.ts";
import { openApi } from "./openapi.ts";
import { ProblemFault, problemResponse } from "./problem.ts";
import { reviewRoutes } from "./review-routes.ts";
import { clearSocket } from "./socket.ts";

/** Everything that the API needs from the service. */
export interface ServerDeps extends Omit<AgentDeps, "lookups" | "gateway" | "closing">, GatewayDeps {
  /** The bot's `interact`. */
  reviews(interaction: Interaction): Promise<Reply>;
  agentByToken(token: string): string | undefined;
  personByReviewToken(token: string): Account | undefined;
  /** By name: `ok`, or what is wrong in words without secrets. */
  readiness(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, string>> }>;
  /** Fresh randomness as text, at least 128 bits. */
  newId(): string;
  /** Host names besides the loopback's that a service on the loopback interface answers to. */
  readonly hosts: readonly string[];
  /** It lives inside an agent's process and ends with it: others may take its place then. */
  readonly passing: boolean;
  /** Told of every error that was answered with 500 or 503. */
  report(error: unknown, about: { readonly method: string; readonly path: string }): void;
}

/** Where to listen; port 0 takes any free one. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** A server that may listen at several places, and closes them all. */
export interface ApiServer {
  /** Resolves once it listens; rejects with the system's error, or with SocketFault when another service is there. */
  listen(at: ListenAt): Promise<{ readonly url: string }>;
  /** Ends all waits with the current state, lets running answers finish for a second, then closes. */
  close(): Promise<void>;
}

type Env = { Bindings: HttpBindings };

function answerError(deps: ServerDeps, error: unknown, about: { method: string; path: string }): Response {
  if (error instanceof ProblemFault) return problemResponse(error.problem);
  deps.report(error, about);
  if (isFault(error)) {
    const detail =
      "The service could not do this now. Nothing was recorded, or the same call finds it again: repeat it.";
    return problemResponse({ status: 503, code: "unavailable", detail, more: { fault: error.code } });
  }
  return problemResponse({ status: 500, code: "internal", detail: "A bug in the service; its log has more." });
}

interface Built {
  readonly gateway: Gateway;
  readonly closing: AbortSignal;
  readonly hosts: readonly string[] | undefined;
}

function buildApp(deps: ServerDeps, { gateway, closing, hosts }: Built): Hono<Env> {
  const app = new Hono<Env>();
  const lookups = { agent: deps.agentByToken, review: deps.personByReviewToken };
  const description = openApi();
  app.use(async (c, next) => {
    const header = (name: string) => c.req.header(name);
    checkProvenance({ host: header("host"), origin: header("origin"), fetchSite: header("sec-fetch-site") }, hosts);
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.get("/healthz", (c) => c.json({ ok: true, passing: deps.passing }));
  app.get("/readyz", async (c) => {
    const ready = await deps.readiness();
    return c.json(ready, ready.ok ? 200 : 503);
  });
  app.get("/openapi.json", (c) => c.json(description));
  app.route("/v1", agentRoutes({ ...deps, lookups, gateway, closing }));
  app.route("/v1", reviewRoutes({ ...deps, lookups, gateway }));
  app.notFound((c) => {
    const detail = `There is no ${c.req.method} ${c.req.path}: see /openapi.json.`;
    return problemResponse({ status: 404, code: "no_such_route", detail });
  });
  app.onError((error, c) => answerError(deps, error, { method: c.req.method, path: c.req.path }));
  return app;
}

/** Makes the server; nothing listens before `listen`. */
export function createServer(deps: ServerDeps): ApiServer {
  const closing = new AbortController();
  const gateway = createGateway(deps);
  const servers: Server[] = [];

  const listen = async (at: ListenAt): Promise<{ url: string }> => {
    if ("socketPath" in at) await clearSocket(at.socketPath);
    const isLocal = "socketPath" in at || !isLoopback(at.host);
    const hosts = isLocal ? undefined : deps.hosts.map((host) => host.toLowerCase());
    const app = buildApp(deps, { gateway, closing: closing.signal, hosts });
    const server = createHttpServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.once("listening", resolve);
      if ("socketPath" in at) server.listen(at.socketPath);
      else server.listen(at.port, at.host);
    });
    servers.push(server);
    if ("socketPath" in at) {
      await chmod(at.socketPath, 0o600);
      return { url: `unix:${at.socketPath}` };
    }
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : at.port;
    return { url: `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${port}` };
  };

  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all(servers.splice(0).map(closeServer));
  };
  return { listen, close };
}

const CLOSE_GRACE_MS = 1000;
const IDLE_LOOK_MS = 10;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    // A connection whose last answer went out after close() began stays open for its keep-alive time otherwise.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
    server.close(() => {
      clearTimeout(force);
      clearInterval(idle);
      resolve();
    });
  });
}
