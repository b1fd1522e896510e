/** How people name a request: by the first letters of its id, read off a card. Never to decide by. */
import type { RequestState } from "../engine/request.ts";

/** Fewer name nothing: a card shows this many. */
const FEWEST = 4;

/** The requests whose ids begin with these letters. Case does not matter, nor O for 0, nor I and L for 1: ids have none of them. */
export function requestsBeginning(letters: string, requests: readonly RequestState[]): readonly RequestState[] {
  const prefix = letters.trim().toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  if (prefix.length < FEWEST || !/^[0-9A-Z]+$/.test(prefix)) return [];
  return requests.filter(({ facts }) => facts.id.startsWith(prefix));
}
