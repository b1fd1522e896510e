/** What people do to requests: who they are and what they hold is looked up, then the rules decide. */
import type { Approvals, Intent, Outcome, Press, Standing } from "./approvals.ts";
import type { Command, Refusal } from "./command.ts";
import { isSeat, seatFor } from "./decide/review.ts";
import { ApprovalFault, type Executed, type Order } from "./execute.ts";
import type { Account, Actor, Holders, RoleFacts } from "./model.ts";
import type { Noted } from "./noted.ts";
import type { Directory, Random, Store } from "./ports.ts";
import { entitlement, rolesAsked } from "./quorum.ts";
import { refusalDraft } from "./record.ts";
import type { RequestState } from "./request.ts";

export interface PeopleDeps {
  readonly store: Store;
  readonly directory: Directory;
  readonly random: Random;
  readonly noted: Noted;
  readonly run: (order: Order) => Promise<Executed>;
  /** Brings the request up to date (time, policy) before anybody looks at it. */
  readonly refresh: (requestId: string) => Promise<RequestState | undefined>;
}

/** For high and critical requests roles are read at the moment of the vote. */
function isLive(state: RequestState): boolean {
  return state.assessment.level === "high" || state.assessment.level === "critical";
}

/** What counts as a vote: what ends in a verdict, or takes one back. Looking around reads from a cache. */
const VOTES: readonly Intent["type"][] = ["vote", "deny", "revoke"];

/** Roles that this request may ask about, now or later. */
function rolesConcerned(state: RequestState): readonly string[] {
  const rungs = state.requirement.rungs.flatMap((rung) => rung.roles);
  return [...new Set([...rolesAsked(state), ...rungs, ...state.requirement.breakGlassRoles])];
}

interface Known {
  readonly person: string;
  readonly name: string;
}

interface Acting {
  readonly account: Account;
  readonly known: Known;
  readonly live: boolean;
}

/** Live only for the roles that matter here; everything else this person holds is for words. */
async function actorOf(deps: PeopleDeps, state: RequestState, { account, known, live }: Acting): Promise<Actor> {
  const roles = await deps.directory.rolesOf(known.person, false);
  if (!live) return { ...known, account, roles };
  const concerned = rolesConcerned(state);
  const fresh = await deps.directory.rolesOf(known.person, true, concerned);
  const held = [...fresh.held, ...roles.held.filter(({ role }) => !concerned.includes(role))];
  return { ...known, account, roles: { held, unknown: fresh.unknown } };
}

function holdersOf(deps: PeopleDeps, state: RequestState): Promise<Holders> {
  return deps.directory.holdersOf(rolesConcerned(state));
}

async function countedRoles(deps: PeopleDeps, state: RequestState): Promise<Readonly<Record<string, RoleFacts>>> {
  if (!isLive(state)) return {};
  const read = state.votes.map(
    async (vote) => [vote.person, await deps.directory.rolesOf(vote.person, true, rolesConcerned(state))] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

/** The full command for an intent: facts of the world come in here. */
async function commandOf(
  deps: PeopleDeps,
  state: RequestState,
  given: { actor: Actor; intent: Intent },
): Promise<Command> {
  const { actor, intent } = given;
  switch (intent.type) {
    case "review":
      return {
        type: "review",
        actor,
        reviewId: intent.reviewId,
        seed: deps.random.hex(16),
        holders: await holdersOf(deps, state),
      };
    case "vote":
      return {
        ...intent,
        actor,
        seed: deps.random.hex(16),
        counted: await countedRoles(deps, state),
        holders: await holdersOf(deps, state),
      };
    case "pass":
      return { type: "pass", actor, holders: await holdersOf(deps, state) };
    case "withdraw":
      return {
        type: "cancel",
        by: "requester",
        actor,
        ...(intent.comment !== undefined && { comment: intent.comment }),
      };
    case "read":
    case "deny":
    case "comment":
    case "revoke":
    case "after_review":
      return { ...intent, actor };
  }
}

/** The two people-facing members of the approval service. */
export function createPeople(deps: PeopleDeps): Pick<Approvals, "act" | "standing"> {
  async function identify(account: Account): Promise<Known | Exclude<Outcome, { kind: "done" }>> {
    const known = await deps.directory.personOf(account);
    if (known === "unknown") return { kind: "unlinked" };
    if (known === "unavailable") return { kind: "unavailable", detail: "the directory did not answer" };
    return known;
  }

  async function act(account: Account, requestId: string, intent: Intent, commandId: string): Promise<Outcome> {
    const known = await identify(account);
    if ("kind" in known) return known;
    if ((await deps.refresh(requestId)) === undefined) return { kind: "not_found" };
    try {
      return await deps.run({
        requestId,
        commandId,
        pressedBy: { account, person: known.person },
        command: async (state) => {
          const live = isLive(state) && VOTES.includes(intent.type);
          return commandOf(deps, state, { actor: await actorOf(deps, state, { account, known, live }), intent });
        },
      });
    } catch (cause) {
      if (cause instanceof ApprovalFault) return { kind: "unavailable", detail: cause.message };
      throw cause;
    }
  }

  async function standing(
    account: Account,
    requestId: string,
    press?: Press,
  ): Promise<Standing | Exclude<Outcome, { kind: "done" }>> {
    const known = await identify(account);
    if ("kind" in known) return known;
    const state = await deps.refresh(requestId);
    if (state === undefined) return { kind: "not_found" };
    const actor = await actorOf(deps, state, { account, known, live: false });
    const nowMs = await deps.store.nowMs();
    const given = standingOf(state, { actor, holders: await holdersOf(deps, state), nowMs });
    const refusal = press === undefined ? undefined : refusalOf(given, press);
    if (press !== undefined && refusal !== undefined && deps.noted.isNew(`${requestId}:${press.commandId}`)) {
      await deps.store.note([refusalDraft(state, refusal, { ...press, account, person: known.person, atMs: nowMs })]);
    }
    return given;
  }

  return { act, standing };
}

interface Looking {
  readonly actor: Actor;
  readonly holders: Holders;
  readonly nowMs: number;
}

/** What this person could do now; the same rules that `decide` applies. */
export function standingOf(state: RequestState, { actor, holders, nowMs }: Looking): Standing {
  const seat = seatFor(state, { actor, holders }, nowMs);
  const excluded = state.facts.excluded.includes(actor.person);
  const entitled = !excluded && entitlement(state, actor.roles) === "entitled";
  const isPending = state.status === "pending";
  const stoppable =
    state.decision?.released === true && state.status !== "used" && state.status !== "revoked" && !state.lapsed;
  return {
    person: actor.person,
    name: actor.name,
    state,
    reviewRefusal: isSeat(seat) ? undefined : seat.refusal,
    seat: isSeat(seat) ? seat.index : undefined,
    mayDeny: isPending && entitled && !state.barred.includes(actor.person),
    mayStop: stoppable && entitled,
    mayWithdraw: isPending && excluded,
    mayAfterReview:
      state.decision?.by === "break_glass" &&
      state.afterReview === undefined &&
      entitled &&
      state.decision.person !== actor.person,
  };
}

/** Why the dialog that was pressed for does not open; undefined where it does. */
function refusalOf({ reviewRefusal, mayDeny, mayStop }: Standing, { command }: Press): Refusal | undefined {
  if (command === "review") return reviewRefusal;
  return mayDeny || mayStop ? undefined : (reviewRefusal ?? { code: "not_an_approver", needs: [], has: [] });
}
