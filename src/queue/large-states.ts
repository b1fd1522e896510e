/** The last few large states that were opened: many who read one request at a time share one copy of its attachments. */
import type { RequestState } from "../engine/request.ts";

/** Smaller ones are opened anew each time, in less time than it takes to freeze them. In characters of the sealed text. */
const LARGE = 65_536;
/** How many are kept. */
const MOST = 16;

/** A row's place and its whole sealed text. */
export interface StateText {
  readonly id: string;
  readonly seq: number;
  readonly text: string;
}

/** Gives the state that `open` gives for this text, or gave before for the very same text under the same name. */
export type LargeStates = (row: StateText, open: () => RequestState) => RequestState;

/** Nothing kept at first. A state that is kept is frozen, for others hold it too. */
export function createLargeStates(): LargeStates {
  const kept = new Map<string, StateText & { readonly state: RequestState }>();
  return (row, open) => {
    if (row.text.length < LARGE) return open();
    const known = kept.get(row.id);
    const isSame = known?.seq === row.seq && known.text === row.text;
    const state = isSame ? known.state : frozen(open());
    kept.delete(row.id);
    kept.set(row.id, { ...row, state });
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST) break;
      kept.delete(oldest);
    }
    return state;
  };
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
