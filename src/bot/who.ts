/** Who can decide a request and how, as one line for whoever watches the waiting side. */
import type { Holders } from "../engine/model.ts";
import { openSeats, rolesOfSeat } from "../engine/quorum.ts";
import type { RequestState } from "../engine/request.ts";
import { shortId, type View } from "./card.ts";
import { oneLine } from "./text.ts";

/** `SRE lead: Sam Okafor. Release manager: Riley Chen. They run: attesta review 7K3F...`; empty once decided. */
export function whoLine(state: RequestState, holders: Holders, view: Pick<View, "nameOf" | "roleTitle">): string {
  if (state.status !== "pending") return "";
  const seats = openSeats(state).map((seat) => {
    const titles = rolesOfSeat(state, seat).map((role) => oneLine(view.roleTitle(role)));
    const people = [...new Set(rolesOfSeat(state, seat).flatMap((role) => holders[role] ?? []))]
      .filter((person) => !state.facts.excluded.includes(person))
      .map((person) => oneLine(view.nameOf(person)));
    return `${titles.join(" or ")}: ${people.length === 0 ? "not known now" : people.join(", ")}.`;
  });
  return `${seats.join(" ")} They run: attesta review ${shortId(state.facts.id)}`;
}
