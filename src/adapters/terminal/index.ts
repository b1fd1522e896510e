/** The terminal as a chat surface: prints cards as they come and leads its one person through them, one after the other. For a service that asks on its own terminal. */
import type { Card, ChatSurface, Interaction, Reply } from "../../bot/surface.ts";
import { SurfaceFault } from "../../bot/surface.ts";
import type { Account } from "../../engine/model.ts";
import { converse } from "./converse.ts";
import { createLocalPort, type TerminalIo } from "./port.ts";
import { refOf, SURFACE } from "./ref.ts";
import { type Look, renderCard, renderLine } from "./render.ts";

export { type ConverseEnd, type ConverseOptions, converse } from "./converse.ts";
export { createTerminalIo } from "./io.ts";
export { createLocalPort, type ReviewPort, type Submitted, type TerminalIo, type Why } from "./port.ts";
export { renderCard, renderForm, renderInbox, renderLine, renderPage } from "./render.ts";

export interface TerminalSurfaceDeps {
  readonly io: TerminalIo;
  /** Who sits at this terminal; undefined: cards are only printed. */
  readonly account: Account | undefined;
  readonly newId: () => string;
}

interface Shown {
  readonly card: Card;
  readonly asking: AbortController;
}

/** Makes the surface; nothing is printed or asked before `start`. */
export function createTerminalSurface(deps: TerminalSurfaceDeps): ChatSurface {
  const { io } = deps;
  const shown = new Map<string, Shown>();
  const over = new AbortController();
  let interact: ((interaction: Interaction) => Promise<Reply>) | undefined;
  let conversations: Promise<void> = Promise.resolve();

  function lead(card: Card, asking: AbortController): void {
    const { account } = deps;
    if (account === undefined || interact === undefined || card.state !== "waiting") return;
    const port = createLocalPort({ account, interact, newId: deps.newId });
    const signal = AbortSignal.any([over.signal, asking.signal]);
    const one = async (): Promise<void> => {
      if (!signal.aborted) await converse(io, port, { requestId: card.requestId, signal });
    };
    conversations = conversations.then(one).catch((fault: unknown) => io.print(faultWords(fault)));
  }

  return {
    name: SURFACE,
    async post(_target, card, { claimId }) {
      if (interact === undefined) throw new SurfaceFault("unreachable", "the terminal surface is not started");
      if (!shown.has(claimId)) {
        const asking = new AbortController();
        shown.set(claimId, { card, asking });
        io.print(`\n${renderCard(card, lookOf(io))}`);
        lead(card, asking);
      }
      return { ref: refOf(claimId), url: undefined, olderCopy: "none" };
    },
    async update(ref, card) {
      const before = shown.get(ref.ref);
      if (before !== undefined && before.card.version > card.version) return;
      const asking = before?.asking ?? new AbortController();
      shown.set(ref.ref, { card, asking });
      if (before?.card.state === card.state) return;
      if (card.state !== "waiting") asking.abort();
      io.print(`\n${renderLine(card.headline, lookOf(io))}\n${renderLine(card.subline, lookOf(io))}`);
    },
    notify: async (_ref, notice) => io.print(renderLine(notice.text, lookOf(io))),
    async start(onInteraction) {
      interact = onInteraction;
    },
    async stop() {
      over.abort();
      await conversations;
    },
  };
}

function lookOf(io: TerminalIo): Look {
  return { columns: io.columns(), color: io.color, nowMs: io.nowMs(), timeZone: io.timeZone };
}

function faultWords(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
