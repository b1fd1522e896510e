import { afterEach, describe, expect, it } from "vitest";
import { commandOf, isInteraction } from "../../src/bot/commands.ts";
import { inboxFor } from "../../src/bot/inbox.ts";
import { SAID } from "../../src/bot/private-lines.ts";
import type { Inbox } from "../../src/bot/surface.ts";
import { plainOf } from "../../src/bot/text.ts";
import type { RoleHolding } from "../../src/engine/model.ts";
import type { RequestFacts, RequestState } from "../../src/engine/request.ts";
import { accountOf, type Conversation, DEPLOY, NAMES, roleTitle, startConversation } from "../fixtures/conversation.ts";
import { sampleRequirement, stateAfter, T0 } from "../fixtures/requests.ts";
import { deployFacts } from "../fixtures/states.ts";

const SAM = "sre.lead@company.com";
const open: Conversation[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(...given: Parameters<typeof startConversation>): Promise<Conversation> {
  const conversation = await startConversation(...given);
  open.push(conversation);
  return conversation;
}

const waiting = (id: string, more: Partial<RequestFacts> = {}): RequestState =>
  stateAfter(deployFacts({ id, ...more }));
const firewall = (id: string): RequestState =>
  waiting(id, {
    requirement: sampleRequirement({
      seats: [{ index: 0, roles: ["network_admin"], challenge: "teach_back", minimumMs: 15_000 }],
      rungs: [],
    }),
  });
const many = (count: number, make: (id: string) => RequestState): readonly RequestState[] =>
  Array.from({ length: count }, (_, index) => make(`N${index}`));

function inboxOf(person: string, roles: readonly string[], listed: readonly RequestState[]): Inbox {
  const held = roles.map((role): RoleHolding => ({ role, source: "list", readAtMs: T0 }));
  return inboxFor({
    listed,
    account: accountOf(person),
    who: { person, name: NAMES[person] ?? person },
    roles: { held, unknown: [] },
    view: { nameOf: (email) => email, roleTitle, nowMs: T0 + 5_000 },
  });
}

describe("an inbox", () => {
  it("holds what waits for a person, however many newer ones wait for others", () => {
    const { waitingForYou, more } = inboxOf(SAM, ["sre_lead"], [...many(300, firewall), waiting("MINE")]);
    expect(waitingForYou.map(({ requestId }) => requestId)).toEqual(["MINE"]);
    expect(more).toEqual({ waitingForYou: 0, waitingForOthers: 0, yourAgents: 0, decided: 0 });
  });

  it("shows so many of a list and says how many more there are", () => {
    const mine = inboxOf(SAM, ["sre_lead"], many(130, waiting));
    expect([mine.waitingForYou.length, mine.more.waitingForYou]).toEqual([25, 105]);
    const owner = inboxOf("dana@company.com", [], many(30, waiting));
    expect([owner.yourAgents.length, owner.more.yourAgents]).toEqual([25, 5]);
  });

  it("shows those whose time ends first", () => {
    const at = (id: string, startedAtMs: number) =>
      stateAfter(deployFacts({ id }), { type: "started", startedAtMs, undelivered: false });
    const listed = [...many(40, (id) => at(id, T0 + 4_000)), at("FIRST", T0)];
    expect(inboxOf(SAM, ["sre_lead"], listed).waitingForYou[0]?.requestId).toBe("FIRST");
  });

  it("reads a person's roles once, however much waits", async () => {
    const reads: string[] = [];
    const on = await start({
      roles: async (person) => {
        reads.push(person);
        return { held: [{ role: "sre_lead", source: "list", readAtMs: T0 }], unknown: [] };
      },
    });
    for (const version of ["2.1.0", "2.1.1", "2.1.2"]) {
      await on.raise("deploy_to_production", { ...DEPLOY, version });
    }
    const reply = await on.press(SAM, { kind: "inbox" });
    expect(reply).toMatchObject({ kind: "inbox", inbox: { waitingForYou: [{}, {}, {}] } });
    expect(reads).toEqual([SAM]);
  });

  it("names no platform where a role comes from a group", () => {
    const held = (["group", "roster"] as const).map((source) => ({ role: "dba", source, readAtMs: T0 }));
    const { roles } = inboxFor({
      listed: [],
      account: accountOf(SAM),
      who: { person: SAM, name: "Sam" },
      roles: { held, unknown: [] },
      view: { nameOf: (email) => email, roleTitle, nowMs: T0 },
    });
    expect(roles.map(plainOf)).toEqual(["DBA (a group)", "DBA (a team's members)"]);
  });
});

describe("a request's first letters", () => {
  it("find it for whoever it is none of the inbox's business of, in any case", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const typed = facts.id.slice(0, 6).toLowerCase();
    for (const letters of [typed, ` ${typed} `, facts.id.replaceAll("0", "o").replaceAll("1", "l")]) {
      expect(await on.press("dba@company.com", { kind: "show", requestId: letters })).toMatchObject({
        kind: "card",
        card: { requestId: facts.id },
      });
    }
    const command = commandOf(`show ${typed}`, { account: accountOf(SAM), deliveryId: "d" });
    if (!isInteraction(command)) throw new Error("no interaction");
    expect(await on.interact(command)).toMatchObject({ kind: "card", card: { requestId: facts.id } });
  });

  it("find nothing when there are fewer than four, or when no request begins like that", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    for (const letters of [facts.id.slice(0, 3), "", "%", "ZZZZZZZZZZ", facts.id.slice(1)]) {
      const reply = await on.press(SAM, { kind: "show", requestId: letters });
      expect(reply).toEqual({ kind: "line", line: [SAID.notFound], refusal: "not_found" });
    }
  });

  it("find nothing where two begin like that", async () => {
    const twins = [waiting("7K3FA00000000000000000000A"), waiting("7K3FB00000000000000000000B")];
    const on = await start({ list: async () => twins });
    expect(await on.press(SAM, { kind: "show", requestId: "7K3F" })).toEqual({
      kind: "line",
      line: [SAID.ambiguous],
      refusal: "ambiguous",
    });
  });

  it("decide nothing: a press needs the whole id", async () => {
    const on = await start();
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    const requestId = facts.id.slice(0, 8);
    expect(await on.press(SAM, { kind: "denied", requestId, reason: "wrong_time" })).toMatchObject({
      refusal: "not_found",
    });
  });
});

it("shows the owner their own card by its letters, with Withdraw", async () => {
  const on = await start();
  const { facts } = await on.raise("deploy_to_production", DEPLOY);
  const verbs = async (person: string) => {
    const reply = await on.press(person, { kind: "show", requestId: facts.id });
    return reply.kind === "card" ? reply.card.buttons.map(({ verb }) => verb) : [];
  };
  expect(await verbs("dana@company.com")).toEqual(["withdraw"]);
  expect(await verbs(SAM)).toEqual(["review", "deny"]);
});
