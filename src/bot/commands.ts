/** Typed commands (`/attesta inbox`): what somebody may ask for in words. A decision is never one of them. */
import { SAID } from "./private-lines.ts";
import type { Interaction, Reply } from "./surface.ts";

type Base = Pick<Interaction, "account" | "deliveryId">;

/** The interaction that a typed command asks for, or the reply to give at once. Words like "approve" only get told where to press. */
export function commandOf(text: string, base: Base): Interaction | Reply {
  const [word = "", rest = ""] = text.trim().split(/\s+/, 2);
  const { account, deliveryId } = base;
  switch (word.toLowerCase()) {
    case "":
    case "inbox":
      return { account, deliveryId, kind: "inbox" };
    case "whoami":
      return { account, deliveryId, kind: "whoami" };
    case "show":
      return rest === "" ? line(SAID.help) : { account, deliveryId, kind: "show", requestId: rest };
    case "help":
      return line(SAID.help);
    default:
      return line(`${SAID.typed} ${SAID.help}`);
  }
}

/** True for an interaction, false for a reply. */
export function isInteraction(given: Interaction | Reply): given is Interaction {
  return "account" in given;
}

function line(words: string): Reply {
  return { kind: "line", line: [words] };
}
