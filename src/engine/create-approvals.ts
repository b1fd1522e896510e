/** Puts the approval service together from its ports: raising, people, use, time, and waiting. Decides nothing itself. */
import { checkAction } from "./action.ts";
import type { Approvals, Ask, Outcome, Raised } from "./approvals.ts";
import type { Command } from "./command.ts";
import { SILENCE_MS } from "./decide/time.ts";
import { decide } from "./decide.ts";
import { declarationOf } from "./declaration.ts";
import { redactSecrets } from "./digest.ts";
import { evolve } from "./evolve.ts";
import { ApprovalFault, type Executed, execute, type Order, stamp } from "./execute.ts";
import { recordJoined, requestOf } from "./joined-keys.ts";
import type { Holders } from "./model.ts";
import { createPeople } from "./people.ts";
import type { Policy, Requirement } from "./policy.ts";
import type { Directory, Random, Store } from "./ports.ts";
import { rolesAsked } from "./quorum.ts";
import { assessedOf, type Checked, checkAsk, freeze, withoutClaims } from "./raise.ts";
import { type AnswerDetail, auditDrafts, freeDraft } from "./record.ts";
import type { RequestFacts, RequestState } from "./request.ts";
import { requirementFor } from "./requirement.ts";
import { assess } from "./risk.ts";
import { recordTrust, trustNow } from "./trust-book.ts";
import { createWaiting } from "./waiting.ts";

export interface ApprovalDeps {
  readonly store: Store;
  readonly directory: Directory;
  readonly random: Random;
  /** The newest checked policy. */
  readonly policy: () => Policy;
  readonly isPerson: (email: string) => boolean;
  /** Keyed hash under the state key: recognises an action without telling it. Hex. */
  readonly fingerprint: (secretText: string) => string;
  readonly answers: AnswerDetail;
}

/** The approval service over these ports. `close` stops listening to the store; it does not close the store. */
export function createApprovals(deps: ApprovalDeps): Approvals {
  const { store } = deps;
  const run = (order: Order): Promise<Executed> => execute({ store, answers: deps.answers }, order);
  const holdersFor = (roles: readonly string[]): Promise<Holders> => deps.directory.holdersOf(roles);
  const waiting = createWaiting(store);
  const startedAtMs = store.nowMs();
  const silent = new Set<string>();

  async function tickOne(requestId: string): Promise<RequestState | undefined> {
    const given = await run({
      requestId,
      commandId: `tick:${deps.random.hex(8)}`,
      command: async (state): Promise<Command> => {
        const rungs = state.requirement.rungs.flatMap((rung) => rung.roles);
        const holders = await holdersFor([...new Set([...rolesAsked(state), ...rungs])]);
        const heardAtMs = Math.max((await store.heardAtMs(requestId)) ?? 0, await startedAtMs, state.facts.raisedAtMs);
        return { type: "tick", heardAtMs, holders };
      },
    });
    return given.kind === "done" ? given.state : undefined;
  }

  /** Brings time and policy to bear before anybody acts on the request. */
  async function refresh(requestId: string): Promise<RequestState | undefined> {
    const state = await store.load(requestId);
    if (state?.status !== "pending") return state;
    const late = state.deadlineMs !== undefined && (await store.nowMs()) >= state.deadlineMs;
    const current = late ? await tickOne(requestId) : state;
    const policy = deps.policy();
    if (current?.status !== "pending" || current.policyDigest === policy.digest) return current;
    const given = await run({
      requestId,
      commandId: `tighten:${policy.digest.slice(0, 16)}:${current.facts.id.slice(0, 6)}:${deps.random.hex(4)}`,
      command: async (loaded): Promise<Command> => {
        const { requirement, assessment } = reassessed(loaded, policy);
        const rungs = loaded.requirement.rungs.flatMap((rung) => rung.roles);
        const roles = [...requirement.seats.flatMap((seat) => seat.roles), ...rolesAsked(loaded), ...rungs];
        return {
          type: "tighten",
          requirement,
          assessment,
          policyDigest: policy.digest,
          holders: await holdersFor(roles),
        };
      },
    });
    return given.kind === "done" ? given.state : undefined;
  }

  async function existing(checked: Checked, fingerprint: string): Promise<Raised | undefined> {
    const { ask } = checked;
    const id = await requestOf(store, ask);
    const state = id === undefined ? undefined : await store.load(id);
    if (state === undefined) return undefined;
    if (state.facts.fingerprint === fingerprint) return { ok: true, state, joined: true };
    return { ok: false, refusal: { code: "request_id_conflict", requestId: state.facts.id } };
  }

  async function deniedRecently(checked: Checked, fingerprint: string): Promise<Raised | undefined> {
    const id = await store.findFinished(checked.ask.agentId, fingerprint);
    const state = id === undefined ? undefined : await store.load(id);
    const decision = state?.decision;
    if (state === undefined || decision?.verdict !== "denied") return undefined;
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

  async function openNew(checked: Checked, fingerprint: string): Promise<Raised> {
    const [lastDenied, lastApproved] = await Promise.all([lastOf(checked, "denied"), lastOf(checked, "approved")]);
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
    });
    return commitNew(facts, { nowMs, maxPending: checked.agent?.maxPending ?? 20 });
  }

  async function commitNew(facts: RequestFacts, given: { nowMs: number; maxPending: number }): Promise<Raised> {
    const { nowMs, maxPending } = given;
    const holders = await holdersFor([...new Set(facts.requirement.seats.flatMap((seat) => seat.roles))]);
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
    if (outcome.ok) return { ok: true, state: rest.next, joined: false };
    switch (outcome.why) {
      case "key_taken":
      case "same_pending": {
        const state = await store.load(outcome.requestId);
        if (state === undefined)
          throw new ApprovalFault("contended", `request ${outcome.requestId} vanished; ask again`);
        if (state.facts.fingerprint === facts.fingerprint) {
          if (outcome.why === "same_pending") await recordJoined(store, facts, outcome.requestId);
          return { ok: true, state, joined: true };
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

  const system = (requestId: string, commandId: string, command: Command): Promise<Outcome> =>
    run({ requestId, commandId, command: () => command });
  const people = createPeople({ store, directory: deps.directory, random: deps.random, run, refresh });

  return {
    raise,
    async assess(ask) {
      const given = await check(ask);
      return given.ok ? { ok: true, assessed: assessedOf(given.checked) } : given;
    },
    load: (id) => refresh(id),
    act: people.act,
    standing: people.standing,
    async use(id, digest, useId) {
      return run({
        requestId: id,
        commandId: `use:${deps.random.hex(8)}`,
        pressedBy: {},
        command: (state) => ({ type: "use", digest, useId, ...todaysRequirement(state, deps.policy()) }),
      });
    },
    result: (id, useId, given) => system(id, `result:${useId}:${given.outcome}`, { type: "result", useId, ...given }),
    cancel: (id, comment) =>
      system(id, `cancel:${deps.random.hex(8)}`, {
        type: "cancel",
        by: "agent",
        ...(comment !== undefined && { comment }),
      }),
    delivered: (id, surface, ref) => system(id, `deliver:${deps.random.hex(8)}`, { type: "deliver", surface, ref }),
    async audited(id, entry, hash) {
      const state = await store.load(id);
      if (state !== undefined) await recordTrust(store, state);
      return system(id, `audited:${entry}`, { type: "audited", entry, hash });
    },
    async tick() {
      const due = await store.due(256);
      const quiet = [...silent];
      silent.clear();
      const faults: unknown[] = [];
      for (const id of new Set([...due.requestIds, ...quiet])) await tickOne(id).catch((fault) => faults.push(fault));
      if (faults.length > 0) throw faults[0];
      return { nextAtMs: (await store.due(0)).nextAtMs };
    },
    async awaitVerdict(id, waitMs, signal) {
      const current = await refresh(id);
      if (current !== undefined && !current.attended) {
        await store.heard(id);
        await tickOne(id);
      }
      const state = await waiting.awaitVerdict(id, waitMs, signal);
      if (state?.status === "pending") setTimeout(() => silent.add(id), SILENCE_MS).unref();
      return state;
    },
    close: waiting.close,
  };
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

/** Scores a stored request again. Secret values are gone by then: an empty text stands for each, which can only fail to tighten. */
function reassessed(
  state: RequestState,
  policy: Policy,
): { assessment: RequestState["assessment"]; requirement: Requirement } {
  const { facts } = state;
  const action = { ...facts.action, arguments: redactSecrets(facts.action.arguments, facts.secretArguments, "") };
  const given = { agentId: facts.agentId, trust: state.assessment.trust };
  const assessment = assess({ action, ...given }, policy);
  const unclaimed = assess({ action: withoutClaims(action), ...given }, policy);
  const freeCommand = action.command !== undefined && declarationOf(action.name, policy.profile)?.command === undefined;
  const requirement = requirementFor({ assessment, unclaimed, freeCommand }, policy);
  if (Object.hasOwn(policy.agents, facts.agentId)) return { assessment, requirement };
  return { assessment, requirement: { ...requirement, blocked: "config no longer knows this agent" } };
}

function todaysRequirement(state: RequestState, policy: Policy): { readonly now?: Requirement } {
  return state.policyDigest === policy.digest ? {} : { now: reassessed(state, policy).requirement };
}
