/** What every Store must do, whatever it is made of: run by each implementation's own test file. */
import { afterEach, beforeEach, describe } from "vitest";
import { committing, timing } from "./store/committing.ts";
import { dueMoments } from "./store/due.ts";
import { finding, listing } from "./store/finding.ts";
import { newcomers } from "./store/newcomers.ts";
import { outboxes } from "./store/outbox.ts";
import { forgetting, namedRecords } from "./store/records.ts";
import type { StoreHarness } from "./store/steps.ts";
import { watching, working } from "./store/work.ts";

export type { StoreHarness } from "./store/steps.ts";

/** Declares the whole suite for one implementation; each test gets a harness of its own. */
export function storeContract(name: string, makeStore: () => Promise<StoreHarness>): void {
  describe(`store contract: ${name}`, () => {
    let harness: StoreHarness | undefined;
    beforeEach(async () => {
      harness = await makeStore();
    });
    afterEach(async () => {
      await harness?.dispose();
      harness = undefined;
    });
    const get = (): StoreHarness => {
      if (harness === undefined) throw new Error("the harness was not made");
      return harness;
    };
    for (const part of [
      committing,
      timing,
      newcomers,
      finding,
      listing,
      dueMoments,
      outboxes,
      working,
      watching,
      namedRecords,
      forgetting,
    ]) {
      part(get);
    }
  });
}
