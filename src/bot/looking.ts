/** Presses that only look: one request, the inbox, who somebody is. They write nothing. */
import type { Approvals } from "../engine/approvals.ts";
import type { Account, RoleName } from "../engine/model.ts";
import type { Directory } from "../engine/ports.ts";
import type { RequestState } from "../engine/request.ts";
import { cardOf, type View, viewerOf } from "./card.ts";
import { inboxFor, whoamiLine } from "./inbox.ts";
import { requestsBeginning } from "./naming.ts";
import { SAID } from "./private-lines.ts";
import { said, unknown } from "./reply.ts";
import type { Reply } from "./surface.ts";

export interface LookingDeps {
  readonly approvals: Approvals;
  readonly directory: Directory;
  /** Everything that is open and what was decided lately, newest first: for the inbox, and for ids by their first letters. */
  list(): Promise<readonly RequestState[]>;
  /** The store's clock. */
  nowMs(): Promise<number>;
  roleTitle(role: RoleName): string;
}

/** By its id, or by the first letters of it where no other request begins like that. Only looking goes by letters. */
export async function show(deps: LookingDeps, account: Account, requestId: string): Promise<Reply> {
  const who = await deps.directory.personOf(account);
  if (typeof who === "string") return unknown(who);
  const state = (await deps.approvals.load(requestId)) ?? (await named(deps, requestId));
  if (state === undefined) return said(SAID.notFound, "not_found");
  if (state === "ambiguous") return said(SAID.ambiguous, "ambiguous");
  return { kind: "card", card: cardOf(state, await viewOf(deps), viewerOf(state, who.person)) };
}

async function named(deps: LookingDeps, letters: string): Promise<RequestState | "ambiguous" | undefined> {
  const [only, ...others] = requestsBeginning(letters, await deps.list());
  return others.length > 0 ? "ambiguous" : only && deps.approvals.load(only.facts.id);
}

/** What waits for the person behind this account. */
export async function inbox(deps: LookingDeps, account: Account): Promise<Reply> {
  const who = await deps.directory.personOf(account);
  if (typeof who === "string") return unknown(who);
  const roles = await deps.directory.rolesOf(who.person, false);
  const view = await viewOf(deps);
  return { kind: "inbox", inbox: inboxFor({ listed: await deps.list(), account, who, roles, view }) };
}

/** Who this account is here and why; the roles are read anew. */
export async function whoami(deps: LookingDeps, account: Account): Promise<Reply> {
  const who = await deps.directory.personOf(account);
  if (typeof who === "string") return unknown(who);
  const roles = await deps.directory.rolesOf(who.person, true);
  return { kind: "line", line: whoamiLine({ account, who, roles }, deps.roleTitle) };
}

/** Names, titles and the time, for drawing. */
export async function viewOf(deps: LookingDeps): Promise<View> {
  return { nameOf: deps.directory.nameOf, roleTitle: deps.roleTitle, nowMs: await deps.nowMs() };
}
