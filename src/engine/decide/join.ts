/** The same action asked for again while it is pending: one request, and everything the second asker adds makes it stricter. */
import type { Command } from "../command.ts";
import { evolve } from "../evolve.ts";
import type { Happening, RequestState } from "../request.ts";
import { closed, consequences, NOTHING, type Ruling } from "./ruling.ts";
import { tighten } from "./time.ts";

type Join = Extract<Command, { type: "join" }>;

/** Excludes the second requester too, takes their vote back, and asks for whatever is stricter. */
export function join(state: RequestState, command: Join, nowMs: number): Ruling {
  if (closed(state, nowMs) !== undefined) return NOTHING;
  const events: Happening[] = [...excluded(state, command)];
  let after = state;
  for (const event of events) after = evolve(after, { ...event, seq: after.seq + 1, atMs: nowMs, commandId: "" });
  const { requirement, assessment, holders } = command;
  const stricter = tighten(
    after,
    { type: "tighten", requirement, assessment, holders, policyDigest: state.policyDigest },
    nowMs,
  );
  if (stricter.events.length > 0) return { events: [...events, ...stricter.events], refusal: undefined };
  return { events: events.length === 0 ? [] : [...events, ...consequences(after, holders, nowMs)], refusal: undefined };
}

function excluded(state: RequestState, { requester }: Join): readonly Happening[] {
  if (requester === undefined || state.facts.excluded.includes(requester)) return [];
  const vote = state.votes.find((counted) => counted.person === requester);
  const lapse: Happening[] =
    vote === undefined ? [] : [{ type: "vote_lapsed", person: requester, seat: vote.seat, why: "not_entitled" }];
  return [{ type: "joined", requester }, ...lapse];
}
