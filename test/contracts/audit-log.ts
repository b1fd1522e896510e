/** What every AuditLog must do. Called by a test file with a way to open one, again and again, on the same place. */
import { expect, test } from "vitest";
import type { AuditHead, AuditLog } from "../../src/engine/ports.ts";
import { decisionBody, draft, executionDraft, records, startDraft } from "../audit/fixtures.ts";

export interface AuditLogPlace {
  /** Opens the log that earlier calls have written; the one before was closed. */
  open(): Promise<AuditLog>;
  dispose(): Promise<void>;
}

const NOTHING: AuditHead = { number: 0, hash: "0".repeat(64) };

/** Registers the contract's tests under this name. */
export function auditLogContract(name: string, createPlace: () => Promise<AuditLogPlace>): void {
  const contractTest = (title: string, run: (place: AuditLogPlace) => Promise<void>) => {
    test(`${name}: ${title}`, async () => {
      const place = await createPlace();
      try {
        await run(place);
      } finally {
        await place.dispose();
      }
    });
  };
  const three = () => records([startDraft("a"), draft("decision", "REQ1", decisionBody("REQ1")), startDraft("b")]);

  contractTest("begins at number 0 with 64 zeros", async (place) => {
    const log = await place.open();
    expect(log.head()).toEqual(NOTHING);
    expect(await log.since(NOTHING)).toEqual([]);
    await log.close();
  });

  contractTest("numbers entries from 1 and gives each its own hash", async (place) => {
    const log = await place.open();
    const heads = await log.append(three());
    expect(heads.map((head) => head.number)).toEqual([1, 2, 3]);
    expect(new Set(heads.map((head) => head.hash)).size).toBe(3);
    for (const head of heads) expect(head.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(log.head()).toEqual(heads[2]);
    await log.close();
  });

  contractTest("has nothing to do with no records", async (place) => {
    const log = await place.open();
    expect(await log.append([])).toEqual([]);
    expect(log.head()).toEqual(NOTHING);
    await log.close();
  });

  contractTest("goes on where it ended when it is opened again", async (place) => {
    const first = await place.open();
    await first.append(three());
    const end = first.head();
    await first.close();
    const second = await place.open();
    expect(second.head()).toEqual(end);
    const [next] = await second.append(records([executionDraft("REQ1", { number: 2, hash: "0".repeat(64) })], 4));
    expect(next?.number).toBe(4);
    await second.close();
  });

  contractTest("names in order what was written after a confirmed head", async (place) => {
    const log = await place.open();
    const [first, second, third] = await log.append(three());
    if (first === undefined || second === undefined || third === undefined) throw new Error("three heads expected");
    expect(await log.since(first)).toEqual([
      { outboxId: "0000000000000002", requestId: "REQ1", head: second, decision: true },
      { outboxId: "0000000000000003", head: third, decision: false },
    ]);
    expect(await log.since(third)).toEqual([]);
    expect((await log.since(NOTHING)).map((line) => line.head.number)).toEqual([1, 2, 3]);
    await log.close();
  });

  contractTest("refuses a confirmed head that it does not hold, and says where it ends", async (place) => {
    const log = await place.open();
    const [first] = await log.append(three());
    await expect(log.since({ number: 7, hash: "a".repeat(64) })).rejects.toMatchObject({ code: "head" });
    await expect(log.since({ number: 1, hash: "a".repeat(64) })).rejects.toThrow(
      "line 1 of the audit log has hash aaa",
    );
    expect(first?.number).toBe(1);
    await log.close();
  });

  contractTest("keeps the order of calls that were made at the same time", async (place) => {
    const log = await place.open();
    const batches = await Promise.all(
      [1, 2, 3, 4, 5].map((from) => log.append(records([startDraft(`${from}`)], from))),
    );
    expect(batches.map((heads) => heads[0]?.number)).toEqual([1, 2, 3, 4, 5]);
    await log.close();
  });

  contractTest("refuses a draft with a key that no entry has, and writes nothing of its batch", async (place) => {
    const log = await place.open();
    const bad = draft("decision", "REQ1", decisionBody("REQ1", { approved_by: "me" }));
    await expect(log.append(records([startDraft("a"), bad]))).rejects.toThrow('unknown key "approved_by"');
    expect(log.head()).toEqual(NOTHING);
    expect((await log.append(three())).length).toBe(3);
    await log.close();
  });

  contractTest("refuses a draft that brings its own chain", async (place) => {
    const log = await place.open();
    for (const key of ["number", "previous_hash", "chain_hash", "request_id", "entry_type"]) {
      const bad = draft("decision", "REQ1", decisionBody("REQ1", { [key]: "x" }));
      await expect(log.append(records([bad]))).rejects.toThrow(`the log itself writes ${key}`);
    }
    await log.close();
  });

  contractTest("takes nothing after it was closed, and may be closed twice", async (place) => {
    const log = await place.open();
    await log.close();
    await log.close();
    await expect(log.append(three())).rejects.toMatchObject({ code: "closed" });
    await expect(log.since(NOTHING)).rejects.toMatchObject({ code: "closed" });
  });
}
