/** Which different people fill which seats: matching, entitlement, and whether the quorum can still be met. */
import type { Holders, PersonId, RoleFacts, RoleHolding } from "./model.ts";
import type { Seat } from "./policy.ts";
import type { RequestState } from "./request.ts";

/** The roles that may fill this seat now: its own, and the stand-ins of the rungs taken so far. */
export function rolesOfSeat(state: RequestState, seat: Seat): readonly string[] {
  return [...new Set([...seat.roles, ...state.standIns])];
}

/** Every role that could fill some seat of this request now. */
export function rolesAsked(state: RequestState): readonly string[] {
  return [...new Set([...state.requirement.seats.flatMap((seat) => seat.roles), ...state.standIns])];
}

/** Seats without a counted vote, in order: hardest challenge first. */
export function openSeats(state: RequestState): readonly Seat[] {
  const taken = new Set(state.votes.map((vote) => vote.seat));
  return state.requirement.seats.filter((seat) => !taken.has(seat.index));
}

/** Delegates do not count where a human is always needed; a known holding of another source does. */
function counts(state: RequestState, holding: RoleHolding): boolean {
  return holding.source !== "delegate" || state.assessment.level !== "critical";
}

/** The holding by which this person may fill this seat; undefined if there is none that is known. */
export function holdingFor(state: RequestState, seat: Seat, roles: RoleFacts): RoleHolding | undefined {
  for (const role of rolesOfSeat(state, seat)) {
    const held = roles.held.find((holding) => holding.role === role && counts(state, holding));
    if (held !== undefined) return held;
  }
  return undefined;
}

export type Entitlement = "entitled" | "unknown" | "no";

/** May this person take part at all? `unknown` where only a failed lookup stands between. */
export function entitlement(state: RequestState, roles: RoleFacts): Entitlement {
  const asked = rolesAsked(state);
  if (state.requirement.seats.some((seat) => holdingFor(state, seat, roles) !== undefined)) return "entitled";
  return roles.unknown.some((role) => asked.includes(role)) ? "unknown" : "no";
}

/** Can each of these seats get its own person? `options[i]` are the people who may fill seat i. */
export function canFill(options: readonly (readonly PersonId[])[]): boolean {
  const seatOf = new Map<PersonId, number>();
  return options.every((_, seat) => place(seat, options, { seatOf, tried: new Set() }));
}

interface Placing {
  readonly seatOf: Map<PersonId, number>;
  readonly tried: Set<PersonId>;
}

/** One augmenting path of bipartite matching. */
function place(seat: number, options: readonly (readonly PersonId[])[], placing: Placing): boolean {
  for (const person of options[seat] ?? []) {
    if (placing.tried.has(person)) continue;
    placing.tried.add(person);
    const other = placing.seatOf.get(person);
    if (other === undefined || place(other, options, placing)) {
      placing.seatOf.set(person, seat);
      return true;
    }
  }
  return false;
}

/** People who cannot take an open seat any more: excluded, barred, gone, or already counted. */
function isOut(state: RequestState, person: PersonId): boolean {
  return (
    state.facts.excluded.includes(person) ||
    state.barred.includes(person) ||
    state.passed.includes(person) ||
    state.votes.some((vote) => vote.person === person)
  );
}

function candidates(state: RequestState, seat: Seat, holders: Holders): readonly PersonId[] {
  const people = rolesOfSeat(state, seat).flatMap((role) => holders[role] ?? []);
  return [...new Set(people)].filter((person) => !isOut(state, person));
}

/** Can the open seats still be filled by different people? `unknown` where a failed lookup might hide them. */
export function isPossible(state: RequestState, holders: Holders): "yes" | "no" | "unknown" {
  const open = openSeats(state);
  if (canFill(open.map((seat) => candidates(state, seat, holders)))) return "yes";
  return rolesAsked(state).some((role) => holders[role] === undefined) ? "unknown" : "no";
}

export interface SeatQuestion {
  readonly person: PersonId;
  readonly roles: RoleFacts;
  readonly holders: Holders;
  /** The seat of the review that they have open. */
  readonly inHand?: number;
}

/**
 * The seat that this person gets when they press Review: the one in hand, else the hardest open one of their roles,
 * unless taking it would leave others without a person; undefined if none is open to them.
 */
export function chooseSeat(state: RequestState, question: SeatQuestion): Seat | undefined {
  const free = openSeats(state).filter((seat) => holdingFor(state, seat, question.roles) !== undefined);
  const isInHand = (seat: Seat): boolean => seat.index === question.inHand;
  const mine = [...free.filter(isInHand), ...free.filter((seat) => !isInHand(seat))];
  const leavesEnough = (seat: Seat): boolean =>
    canFill(
      openSeats(state)
        .filter((other) => other.index !== seat.index)
        .map((other) => candidates(state, other, question.holders).filter((person) => person !== question.person)),
    );
  return mine.find(leavesEnough) ?? mine[0];
}
