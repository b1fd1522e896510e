/** Where a request is shown, by surface name: the rule's or the default channel, roles' own channels, people where there is none. */
import { describe, expect, it } from "vitest";
import type { ChannelRule, Config, Person, RoleChannels } from "../../src/config/types.ts";
import type { Holders } from "../../src/engine/model.ts";
import type { RequestFacts, RequestState } from "../../src/engine/request.ts";
import { type Routing, rolesWithoutChannel, routesOf } from "../../src/wiring/route.ts";
import { sampleDecision, stateAfter } from "../fixtures/requests.ts";
import { deployFacts, deployRequirement } from "../fixtures/states.ts";

const SAM = "sre.lead@company.com";
const RILEY = "release.mgr@company.com";
const DANA = "dana@company.com";

interface Setting {
  readonly default?: Config["channels"]["default"];
  readonly rules?: readonly ChannelRule[];
  readonly roles?: Readonly<Record<string, Omit<RoleChannels, "name" | "title">>>;
  readonly people?: Readonly<Record<string, Pick<Person, "slack" | "teams">>>;
  readonly surfaces?: readonly string[];
  readonly holders?: Holders;
}

function routing(setting: Setting): Routing {
  const { roles = {}, people = {} } = setting;
  return {
    config: {
      channels: { default: setting.default ?? {}, rules: setting.rules ?? [] },
      roles: Object.entries(roles).map(([name, channels]) => ({ name, title: name, ...channels })),
      people: Object.entries(people).map(([email, accounts]) => ({ email, name: email, ...accounts })),
    },
    surfaces: setting.surfaces ?? ["slack", "teams"],
    holders: setting.holders ?? { sre_lead: [SAM], release_manager: [RILEY] },
  };
}

/** `slack #ops (sre_lead)` and `teams dana@company.com`, in order of the alphabet. */
function places(setting: Setting, facts: Partial<RequestFacts> = {}): readonly string[] {
  return placesOf(stateAfter(deployFacts(facts)), setting);
}

function placesOf(state: RequestState, setting: Setting): readonly string[] {
  return routesOf(state, routing(setting))
    .map(({ surface, target }) =>
      target.kind === "person"
        ? `${surface} ${target.person}`
        : `${surface} #${target.channel} (${target.mention.join(", ")})`,
    )
    .toSorted();
}

describe("channels", () => {
  it("default to each chat's own, with everybody who is asked and told mentioned", () => {
    expect(places({ default: { slack: "ops", teams: "19:ops" } })).toEqual([
      "slack #ops (sre_lead, release_manager)",
      "teams #19:ops (sre_lead, release_manager)",
    ]);
    const requirement = deployRequirement({ notify: ["security_engineer"] });
    expect(places({ default: { slack: "ops" } }, { requirement })).toEqual([
      "slack #ops (sre_lead, release_manager, security_engineer)",
    ]);
  });

  it("are those of the first rule that fits and names this chat", () => {
    const rules: readonly ChannelRule[] = [
      { when: { environment: "staging" }, slack: "staging" },
      { when: { action: "^drop_" }, slack: "drops" },
      { when: { level: "low" }, slack: "quiet" },
      { when: { environment: "Production", action: "deploy", level: "critical" }, slack: "prod" },
      { when: {}, slack: "late", teams: "19:all" },
    ];
    const given = { default: { slack: "ops", teams: "19:ops" }, rules };
    expect(places(given)).toEqual([
      "slack #prod (sre_lead, release_manager)",
      "teams #19:all (sre_lead, release_manager)",
    ]);
    expect(places(given, { environment: "staging" })[0]).toBe("slack #staging (sre_lead, release_manager)");
    expect(places(given, { actionName: "drop_table" })[0]).toBe("slack #drops (sre_lead, release_manager)");
    const never = [{ when: { level: "low" }, slack: "quiet" }] as const;
    expect(places({ ...given, rules: never })[0]).toBe("slack #ops (sre_lead, release_manager)");
  });

  it("are also each role's own, and a role is mentioned in one of them only", () => {
    const roles = { sre_lead: { slack: { channel: "sre" } }, release_manager: {} };
    expect(places({ default: { slack: "ops" }, roles })).toEqual([
      "slack #ops (release_manager)",
      "slack #sre (sre_lead)",
    ]);
  });

  it("are one place where two roles share them", () => {
    const shared = { slack: { channel: "ops" } };
    expect(places({ default: { slack: "ops" }, roles: { sre_lead: shared, release_manager: shared } })).toEqual([
      "slack #ops (sre_lead, release_manager)",
    ]);
  });

  it("of roles that may stand in after an escalation come with it", () => {
    const roles = { cto: { slack: { channel: "board" } } };
    const facts = deployFacts({ requirement: deployRequirement({ rungs: [{ afterMs: 1, roles: ["cto"] }] }) });
    const escalated = stateAfter(
      facts,
      { type: "started", startedAtMs: 1, undelivered: false },
      { type: "escalated", step: 1, roles: ["cto"], early: false },
    );
    expect(placesOf(stateAfter(facts), { default: { slack: "ops" }, roles })).toHaveLength(1);
    expect(placesOf(escalated, { default: { slack: "ops" }, roles })).toContain("slack #board (cto)");
  });
});

describe("people", () => {
  const people = { [SAM]: { slack: "U1" }, [RILEY]: { slack: "U2", teams: "aad-2" } };

  it("are told one by one where their role has no channel on any chat", () => {
    expect(places({ roles: { sre_lead: { slack: { channel: "sre" } } }, people })).toEqual([
      `slack #sre (sre_lead)`,
      `slack ${RILEY}`,
      `teams ${RILEY}`,
    ]);
  });

  it("are not told so where a channel takes everybody", () => {
    expect(places({ default: { teams: "19:ops" }, people })).toEqual(["teams #19:ops (sre_lead, release_manager)"]);
  });

  it("are never told to answer what they asked for themselves", () => {
    const excluded = [DANA, SAM];
    expect(places({ people }, { excluded })).toEqual([`slack ${RILEY}`, `teams ${RILEY}`]);
  });

  it("are looked for on every running chat where config knows no account of theirs", () => {
    expect(places({ people: { [SAM]: {} } })).toEqual([`slack ${SAM}`, `teams ${SAM}`]);
    expect(places({ people: { [SAM]: { teams: "aad-1" } }, surfaces: ["slack"] })).toEqual([]);
  });

  it("whose role could not be read are told by nobody, while the others are", () => {
    expect(places({ people, holders: { sre_lead: [SAM], release_manager: undefined } })).toEqual([`slack ${SAM}`]);
  });

  it("who asked have a copy of their own while it waits: the requester, else the owner", () => {
    const given = { default: { slack: "ops" }, people: { ...people, [DANA]: { slack: "U9" } } };
    expect(places(given)).toContain(`slack ${DANA}`);
    expect(places(given, { requester: RILEY, excluded: [DANA, RILEY] })).toEqual([
      "slack #ops (sre_lead, release_manager)",
      `slack ${RILEY}`,
      `teams ${RILEY}`,
    ]);
    const decided = stateAfter(deployFacts(), { type: "decided", decision: sampleDecision() });
    expect(placesOf(decided, given)).toEqual(["slack #ops (sre_lead, release_manager)"]);
  });
});

describe("a surface without channels", () => {
  it("has one place for everything", () => {
    expect(places({ surfaces: ["terminal"], people: { [DANA]: {} } })).toEqual([
      "terminal #default (sre_lead, release_manager)",
    ]);
  });

  it("leaves the chats' places as they are", () => {
    expect(places({ surfaces: ["terminal", "slack"], default: { slack: "ops", teams: "19:ops" } })).toEqual([
      "slack #ops (sre_lead, release_manager)",
      "terminal #default (sre_lead, release_manager)",
    ]);
  });

  it("needs nobody's roles read", () => {
    const state = stateAfter(deployFacts());
    expect(rolesWithoutChannel(state, routing({ surfaces: ["terminal"] }))).toEqual([]);
    expect(rolesWithoutChannel(state, routing({ surfaces: ["slack"] }))).toEqual(["sre_lead", "release_manager"]);
  });
});
