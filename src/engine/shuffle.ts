/** Choices that are fair to a reader and the same for the same seed: a stream of SHA-256. It is no secret generator. */
import { createHash } from "node:crypto";

/** Draws from one seed; each call goes on where the last one ended. */
export interface Draws {
  /** A whole number from 0 to `below` - 1, each equally likely. `below` is at least 1 and at most 2^32. */
  below(below: number): number;
  /** The items in a random order; the list given is left alone. */
  shuffled<Item>(items: readonly Item[]): readonly Item[];
}

/** Draws that depend on every part of the seed and on nothing else. */
export function drawsFrom(...seed: readonly string[]): Draws {
  const key = createHash("sha256").update(JSON.stringify(seed)).digest();
  let counter = 0;
  let block = Buffer.alloc(0);

  function nextWord(): number {
    if (block.length < 4) {
      block = createHash("sha256").update(key).update(String(counter)).digest();
      counter += 1;
    }
    const word = block.readUInt32BE(0);
    block = block.subarray(4);
    return word;
  }

  function below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1) throw new Error(`cannot draw below ${limit}`);
    const fair = 2 ** 32 - (2 ** 32 % limit);
    let word = nextWord();
    while (word >= fair) word = nextWord();
    return word % limit;
  }

  function shuffled<Item>(items: readonly Item[]): readonly Item[] {
    const left = [...items];
    const order: Item[] = [];
    while (left.length > 0) order.push(...left.splice(below(left.length), 1));
    return order;
  }

  return { below, shuffled };
}
