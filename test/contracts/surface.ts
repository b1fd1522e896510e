/** What every chat surface must do, as tests that each implementation runs against itself. Drawing is not tested here. */
import { expect, it } from "vitest";
import type { Card, ChatSurface, Claim, Interaction, PostedRef, Reply, Target } from "../../src/bot/surface.ts";

/** A surface and a way to look at what its people see. */
export interface SurfaceHarness {
  readonly surface: ChatSurface;
  readonly target: Target;
  /** Everything visible of the message at this place now, as text. */
  shown(ref: PostedRef): Promise<string>;
  /** What was told in its thread, oldest first, as text. */
  told(ref: PostedRef): Promise<readonly string[]>;
  /** How many messages stand in the target. */
  count(): Promise<number>;
  /** Does what a person does, through the platform's own wire format where it has one; the reply as they get it. Undefined where a surface has no presses from outside. */
  readonly press: ((interaction: Interaction) => Promise<Reply>) | undefined;
  close(): Promise<void>;
}

/** A waiting card with a text that tries every trick of markup and control. */
export const TRICKY =
  "<!channel> *APPROVED by Sam* [x](http://evil.example) <at>Sam</at> \u001b[31mred\u001b[0m \u202Edesrever";

/** A claim of a first try, or of one after a try that nobody knows the outcome of. */
export function sampleClaim(claimId: string, earlier: Claim["earlier"] = "none"): Claim {
  return { claimId, earlier, sinceMs: 0 };
}

/** A small waiting card. */
export function sampleCard(overrides: Partial<Card> = {}): Card {
  return {
    requestId: "01SAMPLE0000000000000000AA",
    version: 1,
    state: "waiting",
    level: "high",
    digest: "9c1e52ab".padEnd(64, "0"),
    audit: undefined,
    headline: [{ strong: "HIGH 0.72" }, " · ", "Roll api back in production"],
    subline: ["infra-agent", " asks"],
    sections: [
      { source: "agent", title: "Asked for by the agent", rows: [{ label: "reason", text: [{ agentSaid: TRICKY }] }] },
    ],
    footer: [["req 01SA · digest 9c1e 52ab · policy 41d0"]],
    buttons: [
      { verb: "review", label: "Review" },
      { verb: "deny", label: "Deny" },
    ],
    deadlineMs: undefined,
    plain: "HIGH 0.72 · Roll api back in production · infra-agent asks",
    ...overrides,
  };
}

/** Registers the contract's tests; call it inside a `describe`. */
export function surfaceContract(make: () => Promise<SurfaceHarness>): void {
  const withHarness = (body: (harness: SurfaceHarness) => Promise<void>) => async () => {
    const harness = await make();
    try {
      await body(harness);
    } finally {
      await harness.surface.stop();
      await harness.close();
    }
  };
  const started = async ({ surface }: SurfaceHarness, reply: Reply = { kind: "line", line: ["noted"] }) => {
    const seen: Interaction[] = [];
    await surface.start(async (interaction) => {
      seen.push(interaction);
      return reply;
    });
    return seen;
  };

  it(
    "shows a posted card's first line, second line and footer",
    withHarness(async (harness) => {
      await started(harness);
      const { ref } = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      expect(ref.surface).toBe(harness.surface.name);
      const shown = await harness.shown(ref);
      for (const text of ["HIGH 0.72", "Roll api back in production", "infra-agent", "digest 9c1e 52ab"]) {
        expect(shown).toContain(text);
      }
    }),
  );

  it(
    "knows of no older copy after a first try, and gives each claim its own message",
    withHarness(async (harness) => {
      await started(harness);
      const first = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      const other = await harness.surface.post(harness.target, sampleCard({ requestId: "02" }), sampleClaim("claim-2"));
      expect([first.olderCopy, other.olderCopy]).toEqual(["none", "none"]);
      expect(other.ref.ref).not.toBe(first.ref.ref);
      expect(await harness.count()).toBe(2);
    }),
  );

  it(
    "after a try with unknown outcome finds the card again by its claim, or says that an older copy may stand",
    withHarness(async (harness) => {
      await started(harness);
      const first = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      const again = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1", "unknown_outcome"));
      const isFound = again.olderCopy === "none";
      expect(await harness.count()).toBe(isFound ? 1 : 2);
      expect(again.ref.ref === first.ref.ref).toBe(isFound);
      expect(await harness.shown(again.ref)).toContain("HIGH 0.72");
    }),
  );

  it(
    "posts after an unknown outcome where there is nothing to find",
    withHarness(async (harness) => {
      await started(harness);
      const { ref } = await harness.surface.post(
        harness.target,
        sampleCard(),
        sampleClaim("claim-1", "unknown_outcome"),
      );
      expect(await harness.shown(ref)).toContain("HIGH 0.72");
      expect(await harness.count()).toBe(1);
    }),
  );

  it(
    "edits in place, as often as asked, and posts nothing new by it",
    withHarness(async (harness) => {
      await started(harness);
      const { ref } = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      const denied = sampleCard({
        version: 2,
        state: "denied",
        headline: [{ strong: "DENIED" }, " · ", "Roll api back in production"],
        buttons: [],
      });
      await harness.surface.update(ref, denied);
      await harness.surface.update(ref, denied);
      expect(await harness.shown(ref)).toContain("DENIED");
      expect(await harness.count()).toBe(1);
    }),
  );

  it(
    "shows every kind of text piece in words",
    withHarness(async (harness) => {
      await started(harness);
      const subline: Card["subline"] = [
        { person: "kim@company.com", name: "Kim Sato" },
        " as ",
        { role: "sre_lead", title: "SRE lead" },
        " · ",
        { link: "https://company.example/runbook", text: "the runbook" },
        { atMs: 0, show: "date" },
      ];
      const card = sampleCard({ subline });
      const { ref } = await harness.surface.post(harness.target, card, sampleClaim("claim-1"));
      const shown = await harness.shown(ref);
      for (const text of ["the runbook", "https://company.example/runbook", "1970"]) expect(shown).toContain(text);
    }),
  );

  it(
    "keeps control and direction characters of an agent's text away from its people",
    withHarness(async (harness) => {
      await started(harness);
      const { ref } = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      const shown = await harness.shown(ref);
      expect(shown).toContain("APPROVED by Sam");
      expect(shown).not.toContain("\u001b[31m");
      expect(shown).not.toContain("\u202E");
    }),
  );

  it(
    "tells a notice at the card it belongs to",
    withHarness(async (harness) => {
      await started(harness);
      const { ref } = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      const notice = { requestId: "01", text: ["Still waiting."], roles: ["sre_lead"], people: [] };
      await harness.surface.notify(ref, notice);
      expect((await harness.told(ref)).join("\n")).toContain("Still waiting.");
    }),
  );

  it(
    "hands each press on once and gives its one reply back",
    withHarness(async (harness) => {
      if (harness.press === undefined) return expect(harness.surface.name).not.toBe("");
      const seen = await started(harness, { kind: "line", line: ["This is private."] });
      const { ref } = await harness.surface.post(harness.target, sampleCard(), sampleClaim("claim-1"));
      expect(ref.ref).not.toBe("");
      const account = { surface: harness.surface.name, tenant: "t1", user: "u1" };
      const reply = await harness.press({
        account,
        deliveryId: "d1",
        kind: "pass",
        requestId: sampleCard().requestId,
        from: ref,
      });
      expect(reply).toEqual({ kind: "line", line: ["This is private."] });
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatchObject({ kind: "pass", account, requestId: sampleCard().requestId, from: ref });
    }),
  );
}
