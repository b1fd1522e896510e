/** The embedded store as a test uses it: a folder of its own, and a wall clock that only the test moves. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../src/engine/ports.ts";
import type { RecordFault } from "../../src/engine/store-fault.ts";
import { createEmbeddedStore } from "../../src/queue/embedded.ts";
import type { StoreHarness } from "../contracts/store.ts";
import { T0 } from "../fixtures/requests.ts";

export interface EmbeddedHarness extends StoreHarness {
  readonly folder: string;
  readonly alarms: readonly RecordFault[];
}

/** A new folder's path; the folder itself is not there yet. */
export function newFolder(): { readonly folder: string; readonly remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), "attesta-store-"));
  return { folder: join(parent, "state"), remove: () => rmSync(parent, { recursive: true, force: true }) };
}

/** An embedded store over a new folder. */
export async function embeddedHarness(): Promise<EmbeddedHarness> {
  const { folder, remove } = newFolder();
  const alarms: RecordFault[] = [];
  let wallMs = T0;
  const open = (): Promise<Store> =>
    createEmbeddedStore({
      folder,
      key: undefined,
      wallClock: () => wallMs,
      onAlarm: (fault) => alarms.push(fault),
    });
  const store = await open();
  let current = store;
  return {
    folder,
    alarms,
    store,
    advance: (ms) => {
      wallMs += ms;
    },
    reopen: async () => {
      await current.close();
      current = await open();
      return current;
    },
    dispose: async () => {
      await current.close();
      remove();
    },
  };
}
