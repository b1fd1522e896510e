/** Raising: an ask becomes a new request, finds the one it means already, or is refused and noted. The checks are in raise.ts. */
import { checkAction } from "./action.ts";
import type { Approvals, Ask, Raised } from "./approvals.ts";
import type { Command } from "./command.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import { ApprovalFault, type Executed, type Order, stamp } from "./execute.ts";
import { recordJoined, requestOf } from "./joined-keys.ts";
import type { PersonId } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { Directory, Random, Store } from "./ports.ts";
import { assessedOf, type Checked, checkAsk, freeze } from "./raise.ts";
import { auditDrafts, freeDraft } from "./record.ts";
import type { AnswerDetail } from "./record-people.ts";
import type { Decision, RequestFacts, RequestState } from "./request.ts";
import { isStricter } from "./requirement.ts";
import { trustNow } from "./trust-book.ts";

export interface RaisingDeps {
  readonly store: Store;
  readonly directory: Directory;
  readonly random: Random;
  readonly policy: () => Policy;
  readonly isPerson: (email: string) => boolean;
  readonly fingerprint: (secretText: string) => string;
  readonly answers: AnswerDetail;
  readonly run: (order: Order) => Promise<Executed>;
  /** After a new request was committed. */
  readonly onRaised: (state: RequestState) => Promise<void>;
}

/** For an agent that config does not list: only a service inside the agent's own process has such. */
const DEFAULT_PENDING = 20;

/** The two agent-facing members of the approval service that come before a request exists. */
export function createRaising(deps: RaisingDeps): Pick<Approvals, "raise" | "assess"> {
  const { store } = deps;

  async function existing(checked: Checked, fingerprint: string): Promise<Raised | undefined> {
    const { ask } = checked;
    const id = await requestOf(store, ask);
    const state = id === undefined ? undefined : await store.load(id);
    if (state === undefined) return undefined;
    if (state.facts.fingerprint === fingerprint) return { ok: true, state: await joined(state, checked), joined: true };
    return { ok: false, refusal: { code: "request_id_conflict", requestId: state.facts.id } };
  }

  async function deniedRecently(checked: Checked, fingerprint: string): Promise<Raised | undefined> {
    if ((checked.agent?.mode ?? deps.policy().mode) === "observe") return undefined;
    const id = await store.findFinished(checked.ask.agentId, fingerprint);
    const state = id === undefined ? undefined : await store.load(id);
    const decision = state?.decision;
    if (state === undefined || decision?.verdict !== "denied" || wasNeverAsked(decision)) return undefined;
    const untilMs = decision.atMs + deps.policy().reaskMs;
    if ((await store.nowMs()) >= untilMs) return undefined;
    const comment = decision.comment === undefined ? {} : { comment: decision.comment };
    return {
      ok: false,
      refusal: {
        code: "denied_recently",
        requestId: state.facts.id,
        reason: decision.reason ?? "denied",
        ...comment,
        untilMs,
      },
    };
  }

  async function lastOf(checked: Checked, status: "denied" | "approved"): Promise<RequestState | undefined> {
    const wanted = status === "denied" ? (["denied"] as const) : (["approved", "used"] as const);
    const id = await store.findLast(checked.ask.agentId, checked.actionName, wanted);
    const state = id === undefined ? undefined : await store.load(id);
    if (status === "approved" || state?.decision === undefined) return state;
    return (await store.nowMs()) < state.decision.atMs + deps.policy().reaskMs ? state : undefined;
  }

  /** Cancelling and asking again gives nobody who failed another try. */
  async function barredLately(checked: Checked, fingerprint: string): Promise<readonly PersonId[]> {
    const id = await store.findFinished(checked.ask.agentId, fingerprint);
    const state = id === undefined ? undefined : await store.load(id);
    if (state?.decision === undefined || state.decision.verdict === "approved") return [];
    return (await store.nowMs()) < state.decision.atMs + deps.policy().reaskMs ? state.barred : [];
  }

  /** Asked for again while pending: what the second asker adds counts from now on. */
  async function joined(state: RequestState, checked: Checked): Promise<RequestState> {
    const { requester, requirement, assessment } = checked;
    const isKnown = requester === undefined || state.facts.excluded.includes(requester);
    if (state.status !== "pending" || (isKnown && !isStricter(requirement, state.requirement))) return state;
    const roles = [...requirement.seats, ...state.requirement.seats].flatMap((seat) => seat.roles);
    const rungs = state.requirement.rungs.flatMap((rung) => rung.roles);
    const given = await deps.run({
      requestId: state.facts.id,
      commandId: `join:${deps.random.hex(8)}`,
      command: async (): Promise<Command> => ({
        type: "join",
        ...(requester !== undefined && { requester }),
        requirement,
        assessment,
        holders: await deps.directory.holdersOf([...new Set([...roles, ...rungs])]),
      }),
    });
    return given.kind === "done" ? given.state : state;
  }

  async function openNew(checked: Checked, fingerprint: string): Promise<Raised> {
    const [lastDenied, lastApproved] = await Promise.all([lastOf(checked, "denied"), lastOf(checked, "approved")]);
    const barred = await barredLately(checked, fingerprint);
    const nowMs = await store.nowMs();
    const policy = deps.policy();
    const facts = freeze(checked, {
      id: requestId(deps.random),
      salt: deps.random.hex(32),
      nowMs,
      policy,
      fingerprint,
      lastDenied,
      lastApproved,
      barred,
    });
    return commitNew(checked, facts, nowMs);
  }

  async function commitNew(checked: Checked, facts: RequestFacts, nowMs: number): Promise<Raised> {
    const maxPending = checked.agent?.maxPending ?? DEFAULT_PENDING;
    const holders = await deps.directory.holdersOf([...new Set(facts.requirement.seats.flatMap((seat) => seat.roles))]);
    const ruling = decide(undefined, { type: "open", facts, holders }, nowMs);
    const commandId = `open:${facts.id}`;
    const first = evolve(undefined, { type: "requested", facts, seq: 1, atMs: nowMs, commandId });
    const rest = stamp(first, ruling.events.slice(1), { nowMs, commandId });
    const events = [{ type: "requested" as const, facts, seq: 1, atMs: nowMs, commandId }, ...rest.events];
    const audit = auditDrafts(rest.next, events, deps.answers);
    const outcome = await store.commit({
      requestId: facts.id,
      expectedSeq: 0,
      commandId,
      events,
      next: rest.next,
      audit,
      maxPending,
    });
    if (outcome.ok) {
      await deps.onRaised(rest.next);
      return { ok: true, state: rest.next, joined: false };
    }
    switch (outcome.why) {
      case "key_taken":
      case "same_pending": {
        const state = await store.load(outcome.requestId);
        if (state === undefined)
          throw new ApprovalFault("contended", `request ${outcome.requestId} vanished; ask again`);
        if (state.facts.fingerprint === facts.fingerprint) {
          if (outcome.why === "same_pending") await recordJoined(store, facts, outcome.requestId);
          return { ok: true, state: await joined(state, checked), joined: true };
        }
        return { ok: false, refusal: { code: "request_id_conflict", requestId: outcome.requestId } };
      }
      case "too_many_pending":
        return { ok: false, refusal: { code: "too_many_pending", limit: maxPending } };
      case "conflict":
      case "too_early":
      case "too_late":
        throw new ApprovalFault("contended", `request ${facts.id} could not be opened (${outcome.why}); ask again`);
    }
  }

  async function check(ask: Ask) {
    const policy = deps.policy();
    const trust = await trustNow(store, ask.agentId, policy.trust);
    return checkAsk(ask, { policy, trust, isPerson: deps.isPerson });
  }

  /** A refused ask is an entry too: what an agent tried is what an auditor asks for. */
  async function noted(ask: Ask, raised: Raised): Promise<Raised> {
    if (raised.ok) return raised;
    const nowMs = await store.nowMs();
    const name = checkAction(ask.action);
    const body = {
      refusal: raised.refusal.code,
      command: "raise",
      agent_id: ask.agentId,
      client_request_id: ask.clientRequestId,
      ...(name.ok && { action_name: name.action.name }),
      ...("requestId" in raised.refusal && { existing_request_id: raised.refusal.requestId }),
      refused_at: new Date(nowMs).toISOString(),
    };
    await store.note([
      freeDraft("refusal", `${ask.agentId}:${ask.clientRequestId}:${nowMs}:${deps.random.hex(8)}`, body),
    ]);
    return raised;
  }

  async function raise(ask: Ask): Promise<Raised> {
    const given = await check(ask);
    if (!given.ok) return noted(ask, { ok: false, refusal: given.refusal });
    const fingerprint = deps.fingerprint(given.checked.secretText);
    const known = (await existing(given.checked, fingerprint)) ?? (await deniedRecently(given.checked, fingerprint));
    return noted(ask, known ?? (await openNew(given.checked, fingerprint)));
  }

  return {
    raise,
    async assess(ask) {
      const given = await check(ask);
      return given.ok ? { ok: true, assessed: assessedOf(given.checked) } : given;
    },
  };
}

/** The policy refused it before anybody could: what it says now may be something else, and asks nobody twice. */
function wasNeverAsked({ by, reason }: Decision): boolean {
  return by === "policy" && (reason === "blocked" || reason === "impossible");
}

/** 128 random bits in Crockford's base32, 26 characters. Source of the alphabet: crockford.com/base32.html */
function requestId(random: Random): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let value = BigInt(`0x${random.hex(16)}`);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = `${alphabet[Number(value & 31n)]}${text}`;
    value >>= 5n;
  }
  return text;
}
