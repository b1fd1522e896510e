/** What drawing needs beyond a state: names, titles, the time. */
import type { PersonId, RoleName } from "../engine/model.ts";

/** What cards and forms need to know beyond the state. */
export interface View {
  nameOf(person: PersonId): string;
  roleTitle(role: RoleName): string;
  /** The store's clock. */
  readonly nowMs: number;
}

/** For whom a card is drawn: everybody in a channel, or the one who asked for it and may take it back. */
export type Viewer = "channel" | "requester";
