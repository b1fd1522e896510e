/**
 * Which version of each stored row is the newest one: remembered while the process runs, and as one sum over a restart.
 * A sealed record proves who wrote it; only this proves that it is not an older one put back, or one that was removed.
 */
import { createHmac } from "node:crypto";
import type { RecordFault } from "../engine/store-fault.ts";
import { macIn, putBack, type RecordName, removed } from "./codec.ts";

/** A stored row: its name with its seq, and its sealed text or the beginning of it. */
export interface StoredRow {
  readonly name: RecordName;
  readonly text: string;
}

/** The newest rows. `put` and `remove` belong inside a transaction and go with it: see `undoTo`. */
export interface Newest {
  put(row: StoredRow): void;
  remove(name: RecordName): void;
  /** Throws RecordFault `not_authentic`, after an alarm, for a row that is not the newest under its name. */
  check(row: StoredRow): void;
  /** The same for a row of which only the name and the seq were read. */
  checkSeq(name: RecordName): void;
  /** The same where no row was found: throws when there must be one. */
  checkAbsent(name: RecordName): void;
  /** Looks at all rows at once; those that are older, foreign or gone are alarms. */
  checkAll(rows: Iterable<StoredRow>): void;
  /** Stands for all newest rows together, and tells nothing about them. */
  digest(): string;
  /** How many changes were made since the last `settle`. */
  savepoint(): number;
  undoTo(savepoint: number): void;
  /** What was changed so far stays. */
  settle(): void;
}

interface Mark {
  readonly name: RecordName;
  readonly mac: string;
}

const MODULUS_BITS = 256;

/** No rows at first. `key`: the state key; `alarm` hears of each row that does not pass. */
export function createNewest(key: Buffer, alarm: (fault: RecordFault) => void): Newest {
  const marks = new Map<string, Mark>();
  let undo: { readonly place: string; readonly was: Mark | undefined }[] = [];
  let sum = 0n;

  const set = (place: string, mark: Mark | undefined): void => {
    const was = marks.get(place);
    if (was !== undefined) sum -= summand(was, key);
    if (mark !== undefined) sum += summand(mark, key);
    sum = BigInt.asUintN(MODULUS_BITS, sum);
    if (mark === undefined) marks.delete(place);
    else marks.set(place, mark);
  };
  const change = (place: string, mark: Mark | undefined): void => {
    undo.push({ place, was: marks.get(place) });
    set(place, mark);
  };
  const hold = (fault: RecordFault): never => {
    alarm(fault);
    throw fault;
  };
  const isNewest = ({ name, text }: StoredRow): boolean => {
    const mark = marks.get(placeOf(name));
    return mark?.name.seq === name.seq && mark.mac === macIn(text);
  };

  return {
    put: ({ name, text }) => change(placeOf(name), { name, mac: macIn(text) }),
    remove: (name) => change(placeOf(name), undefined),
    check: (row) => {
      if (!isNewest(row)) hold(putBack(row.name));
    },
    checkSeq: (name) => {
      if (marks.get(placeOf(name))?.name.seq !== name.seq) hold(putBack(name));
    },
    checkAbsent: (name) => {
      const mark = marks.get(placeOf(name));
      if (mark !== undefined) hold(removed(mark.name));
    },
    checkAll: (rows) => {
      const unseen = new Map(marks);
      for (const row of rows) {
        unseen.delete(placeOf(row.name));
        if (!isNewest(row)) alarm(putBack(row.name));
      }
      for (const { name } of unseen.values()) alarm(removed(name));
    },
    digest: () =>
      createHmac("sha256", key)
        .update(`attesta-rows\n${sum.toString(16)}`)
        .digest("base64url"),
    savepoint: () => undo.length,
    undoTo: (savepoint) => {
      for (const { place, was } of undo.slice(savepoint).reverse()) set(place, was);
      undo = undo.slice(0, savepoint);
    },
    settle: () => {
      undo = [];
    },
  };
}

function placeOf({ kind, id }: RecordName): string {
  return `${kind} ${id}`;
}

/**
 * Keyed anew, because who reads the rows knows their HMACs: from enough known numbers others with the same sum can be
 * chosen. For the same reason the sum itself is never stored, only its HMAC.
 */
function summand({ mac }: Mark, key: Buffer): bigint {
  return BigInt(`0x${createHmac("sha256", key).update(`attesta-row\n${mac}`).digest("hex")}`);
}
