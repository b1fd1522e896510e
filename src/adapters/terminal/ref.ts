/** Where a card stands in a terminal: its claim's mark, since a terminal has no message ids. */
import type { PostedRef } from "../../bot/surface.ts";

/** This surface's name in references, accounts and deliveries. */
export const SURFACE = "terminal";

/** The reference of the card that was printed under this claim. */
export function refOf(claimId: string): PostedRef {
  return { surface: SURFACE, ref: claimId };
}
