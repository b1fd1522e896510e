/** A changed config while the service runs: wholly or not at all, and never a rejection that nobody hears. */
import { expect, it } from "vitest";
import { createReload } from "../../src/cli/reload.ts";
import { type Config, ConfigFault } from "../../src/config/types.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";
import { infraPolicy } from "../fixtures/infra-policy.ts";

const CONFIG: Config = {
  file: "/x.yaml",
  policy: infraPolicy(),
  people: [],
  roles: [],
  agentTokens: {},
  channels: { default: {}, rules: [] },
  audit: { path: "/a", answers: "full" },
  state: { path: "/s", keepMs: 1 },
  server: { host: "x", port: 1 },
  client: {},
  published: {},
};

function stage(more: { load?: () => Config; take?: (next: Config) => Promise<void> }) {
  const taken: Config[] = [];
  const lines: string[] = [];
  const reload = createReload({
    load: () => CONFIG,
    take: async (next) => void taken.push(next),
    log: { info: (message) => lines.push(message), error: (_about, message) => lines.push(message) },
    ...more,
  });
  return { reload, taken, lines };
}

const throwing = (error: Error) => (): never => {
  throw error;
};

it("takes a good config over and says so", async () => {
  const { reload, taken, lines } = stage({});
  await reload();
  expect(taken).toEqual([CONFIG]);
  expect(lines).toEqual(["config reloaded"]);
});

it("keeps the old config where the new one is wrong, and says what is wrong where", async () => {
  const problem = { file: "/x.yaml", line: 3, column: 5, path: "policy", message: "unknown key" };
  const { reload, taken, lines } = stage({ load: throwing(new ConfigFault([problem])) });
  await reload();
  expect(taken).toEqual([]);
  expect(lines).toEqual([expect.stringContaining("the old one stays in force: /x.yaml:3:5  policy: unknown key")]);
});

it("keeps the old config where the change could not be written down", async () => {
  const { reload, lines } = stage({ take: () => Promise.reject(new StoreFault("write_failed", "the disk is full")) });
  await reload();
  expect(lines).toEqual([expect.stringContaining("stays in force: the disk is full")]);
});

it("outlives a bug, and reloads again afterwards", async () => {
  let isBroken = true;
  const { reload, lines } = stage({ load: () => (isBroken ? throwing(new TypeError("x"))() : CONFIG) });
  await reload();
  isBroken = false;
  await reload();
  expect(lines).toEqual([expect.stringContaining("a bug"), "config reloaded"]);
});

it("takes one change after the other, in the order in which it was told", async () => {
  const order: string[] = [];
  let asked = 0;
  const { reload } = stage({
    take: async () => {
      const mine = ++asked;
      order.push(`${mine} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${mine} ends`);
    },
  });
  await Promise.all([reload(), reload()]);
  expect(order).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
});
