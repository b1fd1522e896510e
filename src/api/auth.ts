/** Who is calling: bearer tokens against their hashes, and whether the call may come from where it comes. Reads no config. */
import { createHash, timingSafeEqual } from "node:crypto";
import { ProblemFault } from "./problem.ts";

/** Finds whose token this is; undefined for nobody's. Takes the same time for every token. */
export type TokenBook = (token: string) => string | undefined;

/**
 * A book over hex SHA-256 hashes of tokens, by owner id. Every hash is compared, whatever was found before.
 * Throws when a hash is not 64 hex digits: an entry that can never match would only look like one.
 */
export function createTokenBook(hashes: Readonly<Record<string, string>>): TokenBook {
  const entries = Object.entries(hashes).map(([id, hex]) => {
    if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new Error(`The token hash of ${id} is not a hex SHA-256.`);
    return { id, hash: Buffer.from(hex, "hex") };
  });
  return (token) => {
    const hash = createHash("sha256").update(token, "utf8").digest();
    let owner: string | undefined;
    for (const entry of entries) {
      if (timingSafeEqual(entry.hash, hash)) owner = entry.id;
    }
    return owner;
  };
}

/** Hex SHA-256 of a token: what a config file holds instead of it. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/** What each kind of token opens. */
export type TokenKind = "agent" | "review";

/** The two lookups; a token is never both. */
export interface Lookups<Agent, Reviewer> {
  agent(token: string): Agent | undefined;
  review(token: string): Reviewer | undefined;
}

function bearer(header: string | undefined, kind: TokenKind): string {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1];
  if (token !== undefined) return token;
  const detail = `Send \`Authorization: Bearer TOKEN\` with ${NEEDED[kind]}.`;
  throw new ProblemFault({ status: 401, code: "token_missing", detail });
}

const NEEDED: Record<TokenKind, string> = {
  agent: "an agent's token (`agents` in the config)",
  review: "a personal review token (`attesta people token E-MAIL` makes one)",
};

function refuse(kind: TokenKind, isOther: boolean): never {
  if (isOther) {
    const code = kind === "agent" ? "agent_token_needed" : "review_token_needed";
    throw new ProblemFault({
      status: 403,
      code,
      detail: `This needs ${NEEDED[kind]}; the token sent is of the other kind.`,
    });
  }
  throw new ProblemFault({
    status: 401,
    code: "token_unknown",
    detail: `Nobody has this token. This needs ${NEEDED[kind]}.`,
  });
}

/** The agent of this Authorization header; throws a 401 or 403 problem that says which kind of token is needed. */
export function requireAgent<A, R>(header: string | undefined, lookups: Lookups<A, R>): A {
  const token = bearer(header, "agent");
  const agent = lookups.agent(token);
  const reviewer = lookups.review(token);
  if (agent === undefined || reviewer !== undefined) refuse("agent", reviewer !== undefined);
  return agent;
}

/** The reviewer of this Authorization header; throws a 401 or 403 problem that says which kind of token is needed. */
export function requireReviewer<A, R>(header: string | undefined, lookups: Lookups<A, R>): R {
  const token = bearer(header, "review");
  const agent = lookups.agent(token);
  const reviewer = lookups.review(token);
  if (reviewer === undefined || agent !== undefined) refuse("review", agent !== undefined);
  return reviewer;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** True for names and addresses of this machine's own loopback interface. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.toLowerCase()) || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function hostNameOf(authority: string): string {
  return authority.replace(/:\d+$/, "").toLowerCase();
}

/** Headers that say where a call comes from. */
export interface Provenance {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * Refuses calls that a web page elsewhere makes in somebody's browser: a foreign Origin, or, where `hosts` is given, a
 * Host that is none of these names (DNS rebinding onto a loopback service).
 */
export function checkProvenance(from: Provenance, hosts: readonly string[] | undefined): void {
  const host = hostNameOf(from.host ?? "");
  if (hosts !== undefined && !isLoopback(host) && !hosts.includes(host)) {
    const detail = "This service listens on the loopback interface only and answers to localhost; see `server.host`.";
    throw new ProblemFault({ status: 421, code: "wrong_host", detail });
  }
  const own = from.host === undefined ? [] : [`http://${from.host}`, `https://${from.host}`];
  const isForeign = from.origin !== undefined && !own.includes(from.origin);
  if (isForeign || from.fetchSite === "cross-site") {
    throw new ProblemFault({
      status: 403,
      code: "cross_origin",
      detail: "Calls from web pages elsewhere are refused.",
    });
  }
}
