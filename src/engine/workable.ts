/** Gives each seat a challenge that can really be asked about this action. Makes none itself. */
import { type Subject, workableKind } from "./challenge.ts";
import type { Requirement, Seat } from "./policy.ts";

/** How many questions a quiz asks: three on the first seat, two on a later one. */
export function questionCount(seat: Pick<Seat, "index">): number {
  return seat.index === 0 ? 3 : 2;
}

/** The requirement with the next harder challenge wherever one cannot be made; blocked where none can. */
export function workable(requirement: Requirement, subject: Subject): Requirement {
  const seats = requirement.seats.map((seat) => ({
    seat,
    kind: workableKind(subject, seat.challenge, questionCount(seat)),
  }));
  if (seats.some(({ kind }) => kind === undefined))
    return { ...requirement, blocked: "no challenge can be made from this action" };
  const asked = seats.flatMap(({ seat, kind }) => (kind === undefined ? [] : [{ ...seat, challenge: kind }]));
  const single = asked.length === 1 ? asked[0]?.challenge : undefined;
  return { ...requirement, seats: asked, ...(single !== undefined && { challengeType: single }) };
}
