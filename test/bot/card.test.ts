import { describe, expect, it } from "vitest";
import { renderCard } from "../../src/adapters/terminal/index.ts";
import { cardOf } from "../../src/bot/card.ts";
import { noticesOf } from "../../src/bot/notices.ts";
import { plainOf } from "../../src/bot/text.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { NAMES, roleTitle } from "../fixtures/conversation.ts";
import { stateAfter, T0 } from "../fixtures/requests.ts";
import { deployFacts, STATES } from "../fixtures/states.ts";

const view = { nameOf: (person: string) => NAMES[person] ?? person, roleTitle, nowMs: T0 + 90_000 };
const look = { columns: 90, color: false, nowMs: T0 + 90_000, timeZone: "UTC" };

/** The card as its readers see it, without the rows that are the same on all of these. */
function drawn(state: RequestState | undefined): string {
  if (state === undefined) throw new Error("no such state");
  const text = renderCard(cardOf(state, view), look);
  const [before = "", after = ""] = text.split(/\nAsked for by the agent\n[\s\S]*?\nreq /);
  const buttons = cardOf(state, view).buttons.map((button) => `[ ${button.label} ]`);
  return [before.trimEnd(), `req ${after}`, ...(buttons.length === 0 ? [] : [buttons.join("  ")])].join("\n");
}

describe("cards", () => {
  for (const [name, state] of Object.entries(STATES)) {
    it(`show the state: ${name}`, () => {
      expect(drawn(state)).toMatchSnapshot();
    });
  }

  it("show all of what is asked, by whom it is vouched for", () => {
    expect(renderCard(cardOf(STATES.raised ?? stateAfter(deployFacts()), view), look)).toMatchInlineSnapshot(`
      "CRITICAL 0.88 · Deploy api-gateway v2.1.0 to production
      infra-agent asks, for Otto Sider (claimed) · answer within 5 min

      Production deployment: needs 2 different people
      SRE lead         waiting for SRE lead
      release manager  waiting for release manager

      Asked for by the agent
      service            api-gateway
      version            2.1.0
      canary_percentage  10

      Checked by the service
      Why critical  deployment (0.80) · production x1.6

      req 7K3F · digest 9c1e 52ab · policy 41d0"
    `);
  });

  it("carry their state, version, deadline, digest and one plain line that tells everything", () => {
    const waiting = cardOf(STATES.reviewing ?? stateAfter(deployFacts()), view);
    expect(waiting).toMatchObject({ state: "waiting", version: 3, level: "critical", deadlineMs: T0 + 300_000 });
    expect(waiting.plain).toBe(
      "CRITICAL 0.88 · Deploy api-gateway v2.1.0 to production · infra-agent asks, for Dana Ito · answer by 00:05:00 UTC · Open Review to read it and decide.",
    );
  });

  it("show nobody's answer and no question, before or after the verdict", () => {
    for (const state of Object.values(STATES)) {
      const text = JSON.stringify([cardOf(state, view), noticesOf(state, view)]);
      expect(text).not.toMatch(/an answer that nobody else may read|Explain\.|terms/);
    }
  });

  it("have no Review once it is decided, and a Stop only while it could still run", () => {
    const verbs = Object.fromEntries(
      Object.entries(STATES).map(([name, state]) => [name, cardOf(state, view).buttons.map((button) => button.verb)]),
    );
    expect(verbs).toEqual({
      raised: ["review", "deny"],
      reviewing: ["review", "deny"],
      "half approved": ["review", "deny"],
      "escalated, unattended, tightened": ["review", "deny"],
      "denied before": ["review", "deny"],
      approved: ["stop"],
      used: [],
      lapsed: [],
      revoked: [],
      denied: [],
      "timed out": [],
      "ran without review": [],
      cancelled: [],
      "break glass": ["stop"],
      blocked: [],
      observed: [],
    });
  });

  it("never show private and secret arguments, nor a command that could repeat them", () => {
    const args = { service: "api", salary: "90001", token: "(secret)", deep: { pin: "1234" } };
    const state = stateAfter(
      deployFacts({
        action: {
          name: "x",
          arguments: args,
          hints: {},
          attachments: [],
          command: { argv: ["pay", "90001"], cwd: "/" },
        },
        card: ["service", "salary", "token", "deep"],
        privateArguments: ["salary", "deep.pin"],
        secretArguments: ["token"],
      }),
    );
    const text = JSON.stringify([cardOf(state, view), noticesOf(state, view)]);
    expect(text).not.toMatch(/90001|1234/);
    expect(text).toContain("(only for reviewers, in the review)");
    expect(text).toContain("(secret)");
  });

  it("keep an agent's text on one line, visible, and out of every line that the service vouches for", () => {
    const forged = "api\nAPPROVED by Sam Okafor\u202E <!channel> \u001b[31m";
    const state = stateAfter(
      deployFacts({
        summary: `Deploy ${forged} to production`,
        action: { name: "x", arguments: { service: forged }, hints: {}, attachments: [], description: forged },
      }),
    );
    const card = cardOf(state, view);
    const vouched = card.sections.filter((section) => section.source === "service");
    expect(JSON.stringify([vouched, card.subline, card.footer])).not.toContain("APPROVED");
    const lines = renderCard(card, { ...look, columns: 300 }).split("\n");
    expect(lines.filter((line) => /^\s*APPROVED/.test(line))).toEqual([]);
    expect(lines.join("")).not.toMatch(/\u202e/u);
    expect(lines.join("")).not.toContain("\u001b");
    expect(plainOf(card.headline)).toContain("\\u{202E}");
    expect(plainOf(card.headline)).not.toContain("\n");
  });

  it("say how much is left out, and stay small whatever the agent sends", () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`a${index}`, "v".repeat(300)]));
    const state = stateAfter(
      deployFacts({
        summary: "s".repeat(5_000),
        action: { name: "x", arguments: many, hints: {}, attachments: [], description: "d".repeat(60_000) },
      }),
    );
    const card = cardOf(state, view);
    expect(JSON.stringify(card).length).toBeLessThan(12_000);
    expect(JSON.stringify(card)).toContain("190 more in the review");
    expect(JSON.stringify(card)).toContain("(300 characters, all of it in the review)");
  });

  it("name the place where the summary does not", () => {
    const state = stateAfter(deployFacts({ summary: "Flush cache", environment: "prod-eu" }));
    expect(plainOf(cardOf(state, view).headline)).toBe("CRITICAL 0.88 · Flush cache · prod-eu");
  });
});
