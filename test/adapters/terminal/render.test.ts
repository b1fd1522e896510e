import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderCard, renderForm, renderLine, renderPage } from "../../../src/adapters/terminal/index.ts";
import { cardOf } from "../../../src/bot/card.ts";
import { planForm } from "../../../src/bot/form.ts";
import type { ReviewForm } from "../../../src/bot/surface.ts";
import { NAMES, roleTitle } from "../../fixtures/conversation.ts";
import { stateAfter, T0 } from "../../fixtures/requests.ts";
import { deployFacts } from "../../fixtures/states.ts";

const look = { columns: 80, color: false, nowMs: T0, timeZone: "UTC" };
const view = { nameOf: (person: string) => NAMES[person] ?? person, roleTitle, nowMs: T0 };

function formWith(text: string, isPrivate = false): ReviewForm {
  const state = stateAfter(deployFacts());
  const [seat] = state.requirement.seats;
  if (seat === undefined) throw new Error("no seat");
  return { ...planForm(state, seat, "r1", view), pages: [{ title: text, rows: [{ label: text, text, isPrivate }] }] };
}

describe("rendering for a terminal", () => {
  it("lets no text from outside move the cursor, change colours, or turn the writing direction", () => {
    const hostile = fc.constantFrom(
      "\u001b[2J",
      "\u001b]0;x\u0007",
      "\u009b31m",
      "\r",
      "\u202E",
      "\u2066",
      "\u200B",
      "\b",
      "\u0000",
      "ok ",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 30 }), fc.integer({ min: 20, max: 120 }), (pieces, columns) => {
        const text = pieces.join("");
        const narrow = { ...look, columns };
        const state = stateAfter(
          deployFacts({
            summary: text,
            action: { name: "x", arguments: { [`k${text}`]: text }, hints: {}, attachments: [] },
          }),
        );
        const form = formWith(text);
        const all = [
          renderCard(cardOf(state, view), narrow),
          renderForm({ ...form, headline: [{ agentSaid: text }], role: [text] }, narrow),
          renderPage(form, 0, narrow),
          renderLine([{ strong: text }, { person: text, name: text }, { role: text, title: text }], narrow),
        ].join("\n");
        for (const character of all) {
          const code = character.codePointAt(0) ?? 0;
          expect(code === 10 || (code >= 32 && code !== 127 && !(code >= 0x80 && code < 0xa0))).toBe(true);
        }
        expect(all).not.toMatch(/[\u200b\u202e\u2066]/u);
      }),
      { numRuns: 150 },
    );
  });

  it("puts a value of several lines behind a gutter, so that none of them passes for a field or a result", () => {
    const page = renderPage(formWith("v1\nResult: APPROVED\nRisk Level   LOW"), 0, look);
    expect(page.split("\n").filter((line) => /^(Result|Risk)/.test(line.trimStart()))).toEqual([]);
    expect(page).toContain("| Result: APPROVED");
  });

  it("stays within the width, narrow or wide, without leaving anything out", () => {
    const value = "word ".repeat(60) + "x".repeat(200);
    for (const columns of [20, 40, 80, 200]) {
      const page = renderPage(
        { ...formWith(value), pages: [{ title: "t", rows: [{ label: "service", text: value, isPrivate: false }] }] },
        0,
        { ...look, columns },
      );
      const lines = page.split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.min(columns, 100));
      expect(lines.join("").replaceAll(" ", "")).toContain(value.replaceAll(" ", ""));
    }
  });

  it("uses codes for bold only where colour is wanted", () => {
    const card = cardOf(stateAfter(deployFacts()), view);
    expect(renderCard(card, look)).not.toContain("\u001b");
    expect(renderCard(card, { ...look, color: true })).toContain("\u001b[1mCRITICAL 0.88\u001b[0m");
  });

  it("draws moments in the reader's zone, with what is left", () => {
    const at = { atMs: T0 + 252_000, show: "clock_and_left" } as const;
    expect(renderLine([at], look)).toBe("00:04:12 (4 min 12 s left)");
    expect(renderLine([at], { ...look, timeZone: "Asia/Tokyo", nowMs: T0 + 300_000 })).toBe("09:04:12 (over)");
    expect(renderLine([{ atMs: T0, show: "date" }], look)).toBe("2026-01-01 00:00:00");
  });

  it("marks what only reviewers see", () => {
    expect(renderPage(formWith("90000", true), 0, look)).toContain("(only reviewers see this)");
  });
});
