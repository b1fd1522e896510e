/** One HTTP call to the service, over TCP or its local socket, read strictly. Repeats nothing by itself. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type Problem, problem } from "../api/contract.ts";
import { AttestaFault } from "./denied.ts";

/** Where the service is and who asks. */
export interface Endpoint {
  /** http(s) address; used unless `socketPath` is set. */
  readonly url?: string | undefined;
  readonly socketPath?: string | undefined;
  /** An agent's token; never part of an error message. */
  readonly token: string;
}

/** One call. `timeoutMs` is how long an answer may take, everything included. */
export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** JSON with status 2xx, or the service's problem; after a transient one the same call may be made again. */
export type Answer =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly problem: Problem;
      readonly transient: boolean;
      /** The service asks not to be called again sooner, in milliseconds. */
      readonly afterMs?: number;
    };

/** Makes calls; throws TransportFault when no whole answer came. */
export interface Transport {
  call(call: Call): Promise<Answer>;
  close(): void;
}

/** No answer, or not a whole one: the same call may be made again. */
export class TransportFault extends Error {
  readonly code = "network";
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "TransportFault";
  }
}

const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

function baseOf(endpoint: Endpoint): URL {
  if (endpoint.socketPath !== undefined) return new URL("http://localhost");
  const url = URL.canParse(endpoint.url ?? "") ? new URL(endpoint.url ?? "") : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new AttestaFault(
      "bad_url",
      "The service's address (`url`, ATTESTA_URL) must be http://HOST or https://HOST.",
    );
  }
  return url;
}

/** Makes the transport to this endpoint; opens nothing before the first call. Throws AttestaFault for a bad address. */
export function createTransport(endpoint: Endpoint): Transport {
  const base = baseOf(endpoint);
  const secure = base.protocol === "https:";
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  if (!/^[\x21-\x7e]{1,512}$/.test(endpoint.token)) {
    throw new AttestaFault(
      "bad_token",
      "The agent's token (`token`, ATTESTA_TOKEN) is empty or has characters no token has.",
    );
  }
  const optionsOf = (call: Call, text: string | undefined): RequestOptions => ({
    agent,
    method: call.method,
    path: base.pathname.replace(/\/$/, "") + call.path,
    ...(endpoint.socketPath === undefined
      ? { hostname: base.hostname.replace(/^\[|\]$/g, ""), port: base.port }
      : { socketPath: endpoint.socketPath }),
    headers: {
      host: base.host,
      accept: "application/json, application/problem+json",
      authorization: `Bearer ${endpoint.token}`,
      ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    },
  });

  const call = async (one: Call): Promise<Answer> => {
    const text = one.body === undefined ? undefined : JSON.stringify(one.body);
    const timeout = AbortSignal.timeout(one.timeoutMs);
    const signal = one.signal === undefined ? timeout : AbortSignal.any([timeout, one.signal]);
    const { response, body } = await new Promise<{ response: IncomingMessage; body: string }>((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(new TransportFault(`No answer from ${endpoint.socketPath ?? base.origin}`, { cause }));
      const sent = (secure ? httpsRequest : httpRequest)({ ...optionsOf(one, text), signal }, (answered) => {
        readAll(answered).then((read) => resolve({ response: answered, body: read }), fail);
      });
      sent.once("error", fail);
      sent.end(text);
    });
    return answerOf(response.statusCode ?? 0, body, response.headers["retry-after"]);
  };
  return { call, close: () => agent.destroy() };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) throw new Error("the answer came as text");
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error("the answer broke off");
  return Buffer.concat(chunks).toString("utf8");
}

/** Longer than any bucket of the service takes to fill, in seconds. */
const LONGEST_RETRY_S = 60;

function answerOf(status: number, text: string, retryAfter: string | undefined): Answer {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (status >= 200 && status < 300 && body !== undefined) return { ok: true, body };
  const told = problem.safeParse(body);
  // Gateways between client and service answer 502 to 504 without a problem of ours while the service restarts.
  if (told.success) {
    const transient = status >= 500 || told.data.code === "too_many_requests";
    const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Math.min(Number(retryAfter), LONGEST_RETRY_S) : 0;
    return { ok: false, problem: told.data, transient, afterMs: seconds * 1000 };
  }
  if (status >= 500) throw new TransportFault(`The service's address answered ${status}`);
  const advice = "Is `url` (ATTESTA_URL) really the address of an attesta service?";
  throw new AttestaFault("unexpected_answer", `Status ${status} without an answer of this service. ${advice}`);
}
