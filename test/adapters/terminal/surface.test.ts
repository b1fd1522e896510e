import { describe, expect, it } from "vitest";
import { createTerminalSurface } from "../../../src/adapters/terminal/index.ts";
import { cardOf } from "../../../src/bot/card.ts";
import { TERMINAL } from "../../../src/bot/text.ts";
import { sampleClaim, surfaceContract } from "../../contracts/surface.ts";
import { accountOf, DEPLOY, EXPLAINED, startConversation } from "../../fixtures/conversation.ts";
import { T0 } from "../../fixtures/requests.ts";
import { scriptedIo } from "./scripted-io.ts";

const TARGET = { kind: "channel", channel: "default", mention: [] } as const;

describe("the terminal as a surface", () => {
  surfaceContract(async () => {
    const io = scriptedIo({ answer: () => undefined, advance: () => {}, nowMs: () => T0 });
    const surface = createTerminalSurface({ io, account: undefined, newId: () => "id" });
    return {
      surface,
      target: TARGET,
      shown: async () => io.shown.join("\n"),
      told: async () => io.shown,
      count: async () => io.shown.filter((text) => text.includes("Asked for by the agent")).length,
      press: undefined,
      close: async () => {},
    };
  });

  it("leads its person through a card that was posted", async () => {
    const on = await startConversation();
    let nowMs = T0;
    const left = ["a", EXPLAINED, ""];
    const io = scriptedIo({
      answer: (prompt) => (prompt === TERMINAL.nextPage ? "" : left.shift()),
      nowMs: () => nowMs,
      advance: (ms) => {
        nowMs += ms;
        on.advance(ms);
      },
    });
    let ids = 0;
    const account = accountOf("sre.lead@company.com");
    const surface = createTerminalSurface({ io, account, newId: () => `n${++ids}` });
    await surface.start(on.interact);
    const state = await on.raise("deploy_to_production", DEPLOY);
    const view = { nameOf: (person: string) => person, roleTitle: (role: string) => role, nowMs };
    await surface.post(TARGET, cardOf(state, view), sampleClaim("claim"));
    await expect.poll(async () => (await on.load(state.facts.id)).votes.length).toBe(1);
    await surface.stop();
    expect(io.shown.join("\n")).toContain("Counted. It still needs: release manager.");
    await on.close();
  });
});
