import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { isFault } from "../../src/engine/fault.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";

const thrownBy = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

it("takes typed errors and the system's errors for faults", async () => {
  expect(isFault(new StoreFault("closed", "x"))).toBe(true);
  expect(isFault(await thrownBy(() => readFile("/no/such/file")))).toBe(true);
});

it("takes wrong calls of Node's own functions, plain errors and things that are no errors for bugs", async () => {
  const wrongCall = await thrownBy(() => Buffer.alloc(-1));
  expect(wrongCall).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
  expect(isFault(wrongCall)).toBe(false);
  expect(isFault(new TypeError("bug"))).toBe(false);
  expect(isFault(Object.assign(new Error("x"), { code: 7 }))).toBe(false);
  expect(isFault({ code: "closed" })).toBe(false);
});
