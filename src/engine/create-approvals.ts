/** Puts the approval service together from its ports: raising, people, use, time, and waiting. Decides nothing itself. */
import type { Approvals, Outcome } from "./approvals.ts";
import type { Command } from "./command.ts";
import { declarationOf } from "./declaration.ts";
import { redactSecrets } from "./digest.ts";
import { type Executed, execute, type Order } from "./execute.ts";
import { isFreeCommand } from "./free-command.ts";
import type { Holders } from "./model.ts";
import { createNoted } from "./noted.ts";
import { createPeople } from "./people.ts";
import type { Policy, Requirement } from "./policy.ts";
import type { Directory, Random, Store } from "./ports.ts";
import { rolesAsked } from "./quorum.ts";
import { withoutClaims } from "./raise.ts";
import { createRaising } from "./raising.ts";
import type { AnswerDetail } from "./record-people.ts";
import type { RequestState } from "./request.ts";
import { requirementFor } from "./requirement.ts";
import { assess } from "./risk.ts";
import { createSilence, nextSilenceMs } from "./silence.ts";
import { recordTrust } from "./trust-book.ts";
import { createWaiting } from "./waiting.ts";
import { workable } from "./workable.ts";

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

/** How many requests of an earlier process are looked at for agents that are gone. */
const MOST_WATCHED = 10_000;

/** The approval service over these ports. `close` stops listening to the store; it does not close the store. */
export function createApprovals(deps: ApprovalDeps): Approvals {
  const { store } = deps;
  const noted = createNoted();
  const run = (order: Order): Promise<Executed> => execute({ store, answers: deps.answers, noted }, order);
  const holdersFor = (roles: readonly string[]): Promise<Holders> => deps.directory.holdersOf(roles);
  const waiting = createWaiting(store);
  let startedAtMs: number | undefined;
  const silence = createSilence();
  const unchangedBy = new Map<string, string>();
  let isWatching = false;

  async function heardAtMs({ facts }: RequestState): Promise<number> {
    startedAtMs ??= await store.nowMs();
    return Math.max((await store.heardAtMs(facts.id)) ?? 0, startedAtMs, facts.raisedAtMs);
  }

  async function tickOne(requestId: string): Promise<RequestState | undefined> {
    const given = await run({
      requestId,
      commandId: `tick:${deps.random.hex(8)}`,
      command: async (state): Promise<Command> => {
        const rungs = state.requirement.rungs.flatMap((rung) => rung.roles);
        const holders = await holdersFor([...new Set([...rolesAsked(state), ...rungs])]);
        return { type: "tick", heardAtMs: await heardAtMs(state), holders };
      },
    });
    if (given.kind !== "done") return undefined;
    await watchSilence(given.state);
    return given.state;
  }

  async function watchSilence(state: RequestState): Promise<void> {
    const atMs = nextSilenceMs(state, await heardAtMs(state), await store.nowMs());
    if (atMs !== undefined) silence.watch(state.facts.id, atMs);
  }

  /** Requests of an earlier process: their agents may be gone. */
  async function watchAll(): Promise<void> {
    if (isWatching) return;
    for (const state of await store.list({ status: ["pending"], limit: MOST_WATCHED })) await watchSilence(state);
    isWatching = true;
  }

  /** Brings time and policy to bear before anybody acts on the request. */
  async function refresh(requestId: string, read = (id: string) => store.load(id)): Promise<RequestState | undefined> {
    const state = await read(requestId);
    if (state?.status !== "pending") return state;
    const late = state.deadlineMs !== undefined && (await store.nowMs()) >= state.deadlineMs;
    const current = late ? await tickOne(requestId) : state;
    const policy = deps.policy();
    if (current?.status !== "pending" || current.policyDigest === policy.digest) return current;
    if (unchangedBy.get(requestId) === policy.digest) return current;
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
    if (given.kind === "done" && given.events.length === 0 && given.state.status === "pending") {
      remember(requestId, policy.digest);
    }
    return given.kind === "done" ? given.state : undefined;
  }

  /** The newest policy that changed nothing for this request: it is not asked twice. */
  function remember(requestId: string, policyDigest: string): void {
    if (unchangedBy.size >= MOST_WATCHED) unchangedBy.clear();
    unchangedBy.set(requestId, policyDigest);
  }

  const raising = createRaising({ ...deps, run, onRaised: watchSilence });
  const system = (requestId: string, commandId: string, command: Command): Promise<Outcome> =>
    run({ requestId, commandId, command: () => command });
  const people = createPeople({ store, directory: deps.directory, random: deps.random, noted, run, refresh });

  return {
    raise: raising.raise,
    assess: raising.assess,
    load: (id) => refresh(id),
    async act(account, id, intent, commandId) {
      const outcome = await people.act(account, id, intent, commandId);
      if (outcome.kind === "done" && intent.type === "revoke") await recordTrust(store, outcome.state);
      return outcome;
    },
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
      await watchAll();
      const due = await store.due(256);
      const quiet = silence.take(await store.nowMs());
      const faults: unknown[] = [];
      for (const id of new Set([...due.requestIds, ...quiet])) await tickOne(id).catch((fault) => faults.push(fault));
      if (faults.length > 0) throw faults[0];
      const moments = [(await store.due(0)).nextAtMs, silence.nextAtMs()].filter((atMs) => atMs !== undefined);
      return { nextAtMs: moments.length === 0 ? undefined : Math.min(...moments) };
    },
    async awaitVerdict(id, waitMs, signal) {
      const current = await refresh(id, waiting.load);
      if (current !== undefined && !current.attended) {
        await store.heard(id);
        await tickOne(id);
      }
      const state = await waiting.awaitVerdict(id, waitMs, signal);
      if (state?.status === "pending") await watchSilence(state);
      return state;
    },
    close: waiting.close,
  };
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
  const freeCommand = isFreeCommand(action, declarationOf(action.name, policy.profile));
  const requirement = workable(requirementFor({ assessment, unclaimed, freeCommand }, policy), facts.subject);
  if (Object.hasOwn(policy.agents, facts.agentId)) return { assessment, requirement };
  return { assessment, requirement: { ...requirement, blocked: "config no longer knows this agent" } };
}

function todaysRequirement(state: RequestState, policy: Policy): { readonly now?: Requirement } {
  return state.policyDigest === policy.digest ? {} : { now: reassessed(state, policy).requirement };
}
