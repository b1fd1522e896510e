import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectOver } from "../../src/client/connect.ts";
import type { Connection } from "../../src/client/find.ts";
import { TransportFault } from "../../src/client/transport.ts";

let folder = "";
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "attesta-connect-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, `${name}.sock`);
const GET = { method: "GET", path: "/", timeoutMs: 5000 } as const;

/** A service that answers with its name. */
async function serving(name: string): Promise<void> {
  const server = createServer((_, response) => response.end(JSON.stringify({ name })));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at(name), resolve));
}

interface Scripted {
  readonly found: Connection;
  readonly closed: string[];
  looks(): number;
}

/** Connections of which each leads to the next. */
function scripted(names: readonly (string | undefined)[]): Scripted {
  const closed: string[] = [];
  let looks = 0;
  const connection = (index: number): Connection => {
    const name = names[index];
    return {
      endpoint: name === undefined ? undefined : { socketPath: at(name), token: "token" },
      again:
        index + 1 < names.length
          ? async () => {
              looks += 1;
              return connection(index + 1);
            }
          : undefined,
      close: () => void closed.push(name ?? "none"),
    };
  };
  return { found: connection(0), closed, looks: () => looks };
}

describe("a service inside another process that has ended", () => {
  test("is followed by the next one, within the same call", async () => {
    await serving("second");
    const { found, closed } = scripted(["first", "second"]);
    const connected = connectOver(found);
    expect(await connected.transport.call(GET)).toEqual({ ok: true, body: { name: "second" } });
    expect(closed).toEqual(["first"]);
    await connected.close();
    expect(closed).toEqual(["first", "second"]);
  });

  test("is looked for once, however many calls find it gone", async () => {
    await serving("second");
    const { found, looks } = scripted(["first", "second"]);
    const connected = connectOver(found);
    await Promise.all([1, 2, 3, 4].map(() => connected.transport.call(GET)));
    expect(looks()).toBe(1);
    await connected.close();
  });

  test("gives way one after the other while none answers, each time as a call that may be repeated", async () => {
    await serving("third");
    const connected = connectOver(scripted(["first", "second", "third"]).found);
    await expect(connected.transport.call(GET)).rejects.toBeInstanceOf(TransportFault);
    expect(await connected.transport.call(GET)).toMatchObject({ body: { name: "third" } });
    await connected.close();
  });

  test("that takes nothing from here is waited out", async () => {
    await serving("own");
    const connected = connectOver(scripted([undefined, undefined, "own"]).found);
    const refused = await connected.transport.call(GET).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TransportFault);
    expect(refused).toMatchObject({ cause: { message: expect.stringContaining("ATTESTA_TOKEN") } });
    expect(await connected.transport.call(GET)).toMatchObject({ body: { name: "own" } });
    await connected.close();
  });
});

test("a service that was started to last is not replaced", async () => {
  await serving("other");
  const connected = connectOver({ ...scripted(["first"]).found });
  await expect(connected.transport.call(GET)).rejects.toBeInstanceOf(TransportFault);
  await connected.close();
});

test("a call that broke off half way is not made elsewhere: it may have been heard", async () => {
  const server = createServer((request) => request.socket.destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at("first"), resolve));
  await serving("second");
  const { found, looks } = scripted(["first", "second"]);
  const connected = connectOver(found);
  await expect(connected.transport.call(GET)).rejects.toBeInstanceOf(TransportFault);
  expect(looks()).toBe(0);
  await connected.close();
});

test("what looking finds wrong reaches the caller as it is", async () => {
  const wrong = new Error("the config cannot be read");
  const connected = connectOver({ ...scripted(["first"]).found, again: () => Promise.reject(wrong) });
  await expect(connected.transport.call(GET)).rejects.toBe(wrong);
  await connected.close();
});

test("after a close nothing is looked for", async () => {
  await serving("second");
  const { found, looks } = scripted(["first", "second"]);
  const connected = connectOver(found);
  await connected.close();
  await expect(connected.transport.call(GET)).rejects.toBeInstanceOf(TransportFault);
  expect(looks()).toBe(0);
});
