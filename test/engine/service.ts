/** The approval service over a real embedded store in a folder of its own, for tests of the shell around the rules. Not a test. */
import { createHash, randomBytes } from "node:crypto";
import type { Approvals, Ask, Outcome, Raised } from "../../src/engine/approvals.ts";
import { createApprovals } from "../../src/engine/create-approvals.ts";
import { openReviewOf } from "../../src/engine/evolve.ts";
import type { JsonObject } from "../../src/engine/json.ts";
import type { Account, RoleFacts } from "../../src/engine/model.ts";
import type { Policy } from "../../src/engine/policy.ts";
import type { Directory, OutboxRecord, Store } from "../../src/engine/ports.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { createEmbeddedStore } from "../../src/queue/embedded.ts";
import { infraCalls } from "../fixtures/infra-actions.ts";
import { infraMembers, infraPolicy } from "../fixtures/infra-policy.ts";
import { T0 } from "../fixtures/requests.ts";
import { newFolder } from "../queue/embedded-harness.ts";
import { rightAnswer } from "./history-world.ts";

export const SAM = "sre.lead@company.com";
export const RILEY = "release.mgr@company.com";
export const DANA = "dana@company.com";

export interface Service {
  readonly approvals: Approvals;
  readonly store: Store;
  readonly members: Record<string, readonly string[]>;
  /** Roles that cannot be read now. */
  readonly unreadable: Set<string>;
  policy: Policy;
  raise(name: keyof typeof infraCalls, more?: Partial<Ask> & { action?: JsonObject }): Promise<RequestState>;
  act(person: string, id: string, intent: Parameters<Approvals["act"]>[2], commandId?: string): Promise<Outcome>;
  /** Opens a review, reads all of it and waits for the minimum. */
  review(person: string, id: string): Promise<RequestState>;
  /** Votes right on the open review. */
  vote(person: string, id: string, commandId?: string): Promise<Outcome>;
  /** Approves as everybody whom the request asks, and marks it as audited. */
  approve(id: string): Promise<RequestState>;
  load(id: string): Promise<RequestState>;
  outbox(): Promise<readonly OutboxRecord[]>;
  advance(ms: number): void;
  close(): Promise<void>;
}

export interface ServiceOptions {
  readonly policy?: Partial<Policy>;
  /** Stands between the service and its store. */
  readonly wrap?: (store: Store) => Store;
}

export function accountOf(person: string): Account {
  return { surface: "terminal", tenant: "local", user: person };
}

/** Everything started; `close` removes its folder. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { folder, remove } = newFolder();
  let wallMs = T0;
  let asked = 0;
  const store = await createEmbeddedStore({ folder, key: undefined, wallClock: () => wallMs });
  const members: Record<string, readonly string[]> = { ...infraMembers };
  const unreadable = new Set<string>();
  const on: Service = {
    store,
    members,
    unreadable,
    policy: infraPolicy(options.policy),
    approvals: createApprovals({
      store: options.wrap?.(store) ?? store,
      directory: directoryOver(members, unreadable),
      random: { hex: (bytes) => randomBytes(bytes).toString("hex") },
      policy: () => on.policy,
      isPerson: (email) => email.endsWith("@company.com"),
      fingerprint: (text) => createHash("sha256").update(text).digest("hex"),
      answers: "full",
    }),
    async raise(name, more = {}) {
      asked += 1;
      const { action, ...ask } = more;
      const raised = await on.approvals.raise({
        agentId: "infra-agent",
        clientRequestId: `c${asked}`,
        ...ask,
        action: { name, arguments: infraCalls[name], ...action },
      });
      return stateOf(raised);
    },
    act: (person, id, intent, commandId) =>
      on.approvals.act(accountOf(person), id, intent, commandId ?? randomBytes(8).toString("hex")),
    async review(person, id) {
      const reviewId = `review-${person}-${randomBytes(4).toString("hex")}`;
      const opened = await on.act(person, id, { type: "review", reviewId });
      const going = openReviewOf(doneState(opened), person);
      if (going === undefined) throw new Error(`${person} got no review: ${JSON.stringify(opened)}`);
      for (const page of doneState(opened).facts.pages.keys()) {
        await on.act(person, id, { type: "read", reviewId: going.reviewId, page });
      }
      wallMs += doneState(opened).requirement.seats[going.seat]?.minimumMs ?? 0;
      return on.load(id);
    },
    async vote(person, id, commandId) {
      const state = await on.load(id);
      const going = openReviewOf(state, person);
      if (going === undefined) throw new Error(`${person} has no review`);
      const intent = { reviewId: going.reviewId, digest: state.facts.digest, answer: rightAnswer(going.challenge) };
      return on.act(person, id, { type: "vote", ...intent }, commandId);
    },
    async approve(id) {
      for (const seat of (await on.load(id)).requirement.seats) {
        const person = members[seat.roles[0] ?? ""]?.[0] ?? "";
        await on.review(person, id);
        await on.vote(person, id);
      }
      return doneState(await on.approvals.audited(id, 1, "a".repeat(64)));
    },
    async load(id) {
      const state = await store.load(id);
      if (state === undefined) throw new Error(`no request ${id}`);
      return state;
    },
    outbox: () => store.outbox(undefined, 1_000),
    advance: (ms) => {
      wallMs += ms;
    },
    async close() {
      on.approvals.close();
      await store.close();
      remove();
    },
  };
  return on;
}

function directoryOver(members: Record<string, readonly string[]>, unreadable: ReadonlySet<string>): Directory {
  return {
    personOf: async ({ user }) => (user.endsWith("@company.com") ? { person: user, name: user } : "unknown"),
    rolesOf: async (person): Promise<RoleFacts> => ({
      held: Object.keys(members)
        .filter((role) => !unreadable.has(role) && members[role]?.includes(person))
        .map((role) => ({ role, source: "list", readAtMs: T0 })),
      unknown: [...unreadable],
    }),
    holdersOf: async (roles) =>
      Object.fromEntries(roles.map((role) => [role, unreadable.has(role) ? undefined : (members[role] ?? [])])),
    nameOf: (person) => person,
  };
}

/** The state of what was raised; throws with the refusal. */
export function stateOf(raised: Raised): RequestState {
  if (!raised.ok) throw new Error(`refused: ${JSON.stringify(raised.refusal)}`);
  return raised.state;
}

/** The state after an order; throws where there is none. */
export function doneState(outcome: Outcome): RequestState {
  if (outcome.kind !== "done") throw new Error(`not done: ${JSON.stringify(outcome)}`);
  return outcome.state;
}

/** The refusal's code, or the kind of an outcome that is not done. */
export function refusalOf(outcome: Outcome): string | undefined {
  return outcome.kind === "done" ? outcome.refusal?.code : outcome.kind;
}
