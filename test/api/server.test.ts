import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTokenBook, tokenHash } from "../../src/api/auth.ts";
import { requestView } from "../../src/api/contract.ts";
import { createServer } from "../../src/api/server.ts";
import { socketPathOf } from "../../src/api/socket.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";
import {
  AGENT_TOKEN,
  call,
  type Harness,
  OTHER_AGENT_TOKEN,
  REVIEW_TOKEN,
  serverDeps,
  startHarness,
} from "../fixtures/api-server.ts";
import { createFakeApprovals, type FakeApprovals } from "../fixtures/fake-approvals.ts";

const ASK = { request_id: "r1", action: "deploy_to_production", arguments: { service: "api" } };
const DIGEST = "d".repeat(64);
let fake: FakeApprovals;
let api: Harness;
beforeEach(async () => {
  fake = createFakeApprovals({ digest: DIGEST });
  api = await startHarness(fake);
});
afterEach(() => api.stop());

const ask = (body: unknown = ASK, token = AGENT_TOKEN) => call(`${api.url}/v1/requests`, { token, body });
const idOf = async () => String((await ask()).body.id);

describe("tokens", () => {
  test("a call without a token is told which kind it needs", async () => {
    const { status, body, headers } = await call(`${api.url}/v1/requests`, { body: ASK });
    expect([status, body.code]).toEqual([401, "token_missing"]);
    expect(body.detail).toContain("agent's token");
    expect(headers.get("www-authenticate")).toBe('Bearer realm="attesta"');
    expect(headers.get("content-type")).toBe("application/problem+json");
  });

  test("an unknown token is 401 and is not repeated in the answer", async () => {
    const { status, body } = await ask(ASK, "some-unknown-token");
    expect([status, body.code]).toEqual([401, "token_unknown"]);
    expect(JSON.stringify(body)).not.toContain("some-unknown-token");
  });

  test("agent and review tokens are not interchangeable", async () => {
    const asReviewer = await ask(ASK, REVIEW_TOKEN);
    expect([asReviewer.status, asReviewer.body.code]).toEqual([403, "agent_token_needed"]);
    const asAgent = await call(`${api.url}/v1/inbox`, { token: AGENT_TOKEN });
    expect([asAgent.status, asAgent.body.code]).toEqual([403, "review_token_needed"]);
    const vote = await call(`${api.url}/v1/requests/x/deny`, { token: AGENT_TOKEN, body: { reason: "wrong_time" } });
    expect([vote.status, api.seen.length, fake.states.size]).toEqual([403, 0, 0]);
  });

  test("a token that is both kinds opens neither", async () => {
    const both = await startHarness(fake, { agentByToken: () => "infra-agent" });
    expect((await call(`${both.url}/v1/inbox`, { token: REVIEW_TOKEN })).status).toBe(403);
    expect((await call(`${both.url}/v1/requests`, { token: REVIEW_TOKEN, body: ASK })).status).toBe(403);
    await both.stop();
  });

  test("a token book finds the owner by hash and refuses a hash that could never match", () => {
    const book = createTokenBook({ a: tokenHash("one"), b: tokenHash("two").toUpperCase() });
    expect([book("one"), book("two"), book("three"), book("")]).toEqual(["a", "b", undefined, undefined]);
    expect(() => createTokenBook({ a: "" })).toThrow("not a hex SHA-256");
  });
});

describe("bodies", () => {
  test("JSON that breaks off is 400 with its place", async () => {
    const { status, body } = await ask('{"action": "x",\n "arguments": }');
    expect([status, body.code]).toEqual([400, "bad_json"]);
    expect(body.detail).toContain("line 2, column 15");
  });

  test("a key twice and a prototype key are refused", async () => {
    expect((await ask('{"action":"a","action":"b"}')).body.detail).toContain('"action" stands here twice');
    expect((await ask('{"action":"a","arguments":{"__proto__":{"x":1}}}')).body.detail).toContain("__proto__");
    expect(fake.states.size).toBe(0);
  });

  test("unknown keys are 422 and named, values are not repeated", async () => {
    const { status, body } = await ask({ ...ASK, approve: "s3cret-value" });
    expect([status, body.code]).toEqual([422, "invalid"]);
    expect(body.detail).toContain("unknown keys: approve");
    expect(JSON.stringify(body)).not.toContain("s3cret-value");
  });

  test("a body over 2 MiB is 413, with and without a length", async () => {
    const large = JSON.stringify({ ...ASK, description: "x".repeat(3 * 1024 * 1024) });
    expect((await ask(large).catch(() => ({ status: 413 }))).status).toBe(413);
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${api.url}/v1/requests`, {
        method: "POST",
        headers: { authorization: `Bearer ${AGENT_TOKEN}`, "content-type": "application/json" },
      });
      sent.on("response", (response) => resolve(response.statusCode));
      sent.on("error", reject);
      sent.write(large.slice(0, 1024 * 1024));
      sent.write(large.slice(1024 * 1024, 2.5 * 1024 * 1024));
    });
    expect(status).toBe(413);
    expect(fake.states.size).toBe(0);
  });

  test("another content type and text that is not UTF-8 are refused", async () => {
    const form = await call(`${api.url}/v1/requests`, {
      token: AGENT_TOKEN,
      body: "action=x",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect([form.status, form.body.code]).toEqual([415, "not_json"]);
    const bytes = await fetch(`${api.url}/v1/requests`, {
      method: "POST",
      headers: { authorization: `Bearer ${AGENT_TOKEN}`, "content-type": "application/json" },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(bytes.status).toBe(400);
  });
});

describe("requests", () => {
  test("a new request is 201, the same request id again is 200 and the same request", async () => {
    const first = await ask();
    const second = await ask();
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect(first.headers.get("location")).toBe(`/v1/requests/${String(first.body.id)}`);
    expect(requestView.parse(first.body)).toMatchObject({ status: "pending", released: false, delivered: false });
  });

  test("another agent's request is 404, as one that does not exist", async () => {
    const id = await idOf();
    const routes = ["", "/use", "/result", "/cancel"];
    for (const route of routes) {
      const body = { use: { digest: DIGEST, use_id: "u" }, result: { use_id: "u", outcome: "failed" }, cancel: {} }[
        route.slice(1)
      ];
      const init = { token: OTHER_AGENT_TOKEN, ...(body === undefined ? {} : { body }) };
      const other = await call(`${api.url}/v1/requests/${id}${route}`, init);
      const none = await call(`${api.url}/v1/requests/01NONE${route}`, { ...init, token: AGENT_TOKEN });
      expect([other.status, none.status]).toEqual([404, 404]);
      expect(other.body).toEqual(none.body);
    }
    expect((await call(`${api.url}/v1/requests`, { token: OTHER_AGENT_TOKEN })).body.requests).toEqual([]);
    expect(fake.states.get(id)?.status).toBe("pending");
  });

  test("a long poll is answered by push when the verdict may be told", async () => {
    const id = await idOf();
    const poll = call(`${api.url}/v1/requests/${id}?wait_ms=25000`, { token: AGENT_TOKEN });
    await expect.poll(() => fake.waiting.now).toBe(1);
    fake.decide(id, { verdict: "denied", reason: "wrong_time", name: "Riley Chen", comment: "after the freeze" });
    const { body } = await poll;
    expect(body).toMatchObject({
      status: "denied",
      verdict: "denied",
      released: false,
      reason: "wrong_time",
      comments: [{ from: "Riley Chen", text: "after the freeze" }],
      audit: { entry: 1 },
    });
    expect(body.hint).toContain("another time");
  });

  test("a decision that is not in the audit log yet is still pending", async () => {
    const id = await idOf();
    fake.add(id, {
      type: "decided",
      decision: { verdict: "approved", by: "quorum", released: true, atMs: Date.now() },
    });
    const { body } = await call(`${api.url}/v1/requests/${id}`, { token: AGENT_TOKEN });
    expect([body.status, body.verdict, body.released]).toEqual(["pending", undefined, false]);
    const used = await call(`${api.url}/v1/requests/${id}/use`, {
      token: AGENT_TOKEN,
      body: { digest: DIGEST, use_id: "u1" },
    });
    expect([used.status, used.body.code]).toEqual([409, "not_audited"]);
  });

  test("a client that hangs up ends its wait", async () => {
    const id = await idOf();
    const stop = new AbortController();
    const poll = fetch(`${api.url}/v1/requests/${id}?wait_ms=25000`, {
      headers: { authorization: `Bearer ${AGENT_TOKEN}` },
      signal: stop.signal,
    });
    await expect.poll(() => fake.waiting.now).toBe(1);
    stop.abort();
    await expect(poll).rejects.toThrow();
    await expect.poll(() => fake.waiting.now).toBe(0);
    expect(api.reported).toEqual([]);
  });

  test("a server that closes answers its waiters first", async () => {
    const id = await idOf();
    const poll = call(`${api.url}/v1/requests/${id}?wait_ms=25000`, { token: AGENT_TOKEN });
    await expect.poll(() => fake.waiting.now).toBe(1);
    await api.stop();
    expect((await poll).body.status).toBe("pending");
  });

  test.each(["-1", "25001", "1.5", "abc", "1e3x"])("wait_ms=%s is refused", async (wait) => {
    const id = await idOf();
    const { status, body } = await call(`${api.url}/v1/requests/${id}?wait_ms=${wait}`, { token: AGENT_TOKEN });
    expect([status, body.code]).toEqual([422, "invalid"]);
  });

  test("an approval is used once: the same use id again gets the same answer, another one a refusal", async () => {
    const id = await idOf();
    fake.decide(id);
    const use = (use_id: string, digest = DIGEST) =>
      call(`${api.url}/v1/requests/${id}/use`, { token: AGENT_TOKEN, body: { digest, use_id } });
    expect((await use("u0", "e".repeat(64))).body).toMatchObject({ status: 409, code: "digest_mismatch" });
    const first = await use("u1");
    expect(first.body).toMatchObject({ use_id: "u1", digest: DIGEST });
    expect((await use("u1")).body).toEqual(first.body);
    expect((await use("u2")).body).toMatchObject({ status: 409, code: "already_used" });
    const result = { use_id: "u1", outcome: "failed", executed_at: "2026-02-13T10:31:23.750Z", detail: "exit 3" };
    const told = await call(`${api.url}/v1/requests/${id}/result`, { token: AGENT_TOKEN, body: result });
    expect(told.body).toMatchObject({
      status: "used",
      released: false,
      execution: { use_id: "u1", outcome: "failed" },
    });
    expect(fake.states.get(id)?.execution?.executedAtMs).toBe(Date.parse("2026-02-13T10:31:23.750Z"));
  });

  test("an approval that lapsed is not released any more", async () => {
    const id = await idOf();
    fake.decide(id, { atMs: Date.now() - 600_001 });
    const { body } = await call(`${api.url}/v1/requests/${id}`, { token: AGENT_TOKEN });
    expect([body.verdict, body.released]).toEqual(["approved", false]);
    expect(body.hint).toContain("lapsed");
  });

  test("a cancelled request cannot be cancelled again, and the list shows it by state", async () => {
    const id = await idOf();
    expect((await call(`${api.url}/v1/requests/${id}/cancel`, { token: AGENT_TOKEN, body: {} })).body.status).toBe(
      "cancelled",
    );
    const again = await call(`${api.url}/v1/requests/${id}/cancel`, { token: AGENT_TOKEN, body: {} });
    expect([again.status, again.body.code]).toEqual([409, "already_decided"]);
    const pending = await call(`${api.url}/v1/requests?state=pending&limit=5`, { token: AGENT_TOKEN });
    const cancelled = await call(`${api.url}/v1/requests?state=cancelled`, { token: AGENT_TOKEN });
    expect(pending.body.requests).toEqual([]);
    expect(cancelled.body.requests).toHaveLength(1);
    expect((await call(`${api.url}/v1/requests?state=open`, { token: AGENT_TOKEN })).status).toBe(422);
  });

  test.each([
    ["too_large", 413],
    ["denied_recently", 409],
    ["too_many_pending", 429],
  ] as const)("%s is answered with %d", async (code, status) => {
    fake.refuseWith({ code });
    expect((await ask()).body).toMatchObject({ status, code });
  });

  test("assess asks nobody", async () => {
    const { status, body } = await call(`${api.url}/v1/assess`, { token: AGENT_TOKEN, body: { action: "deploy" } });
    expect([status, fake.states.size]).toEqual([200, 0]);
    expect(body).toMatchObject({ risk: { level: "high" }, challenge_type: "quiz", timeout_seconds: 300 });
  });
});

describe("faults", () => {
  test("a store that does not answer is 503 and told, a bug is 500 without its words", async () => {
    const broken = createFakeApprovals();
    let error: Error = new StoreFault("write_failed", "the disk is gone");
    const failing = await startHarness({
      ...broken,
      approvals: { ...broken.approvals, raise: () => Promise.reject(error) },
    });
    const away = await call(`${failing.url}/v1/requests`, { token: AGENT_TOKEN, body: ASK });
    expect([away.status, away.body.code, away.headers.get("retry-after")]).toEqual([503, "unavailable", "1"]);
    error = new Error("password=hunter2");
    const bug = await call(`${failing.url}/v1/requests`, { token: AGENT_TOKEN, body: ASK });
    expect([bug.status, bug.body.code]).toEqual([500, "internal"]);
    expect(JSON.stringify(bug.body)).not.toContain("hunter2");
    expect(failing.reported).toHaveLength(2);
    await failing.stop();
  });

  test("readiness is 503 when a check fails, health stays 200", async () => {
    const ill = await startHarness(fake, { readiness: async () => ({ ok: false, checks: { audit: "disk full" } }) });
    expect((await call(`${ill.url}/healthz`)).status).toBe(200);
    const ready = await call(`${ill.url}/readyz`);
    expect([ready.status, ready.body]).toEqual([503, { ok: false, checks: { audit: "disk full" } }]);
    await ill.stop();
  });

  test("an unknown route is a problem", async () => {
    expect((await call(`${api.url}/v2/x`)).body).toMatchObject({ status: 404, code: "no_such_route" });
  });
});

/** fetch sets these headers itself, so a plain request is made. */
function statusWith(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${api.url}/healthz`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("where calls come from", () => {
  test("a foreign origin, a cross-site fetch and a rebound host are refused on loopback", async () => {
    const own = new URL(api.url).host;
    expect(await statusWith({ origin: "https://evil.example" })).toBe(403);
    expect(await statusWith({ origin: "null" })).toBe(403);
    expect(await statusWith({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await statusWith({ host: "evil.example" })).toBe(421);
    expect(await statusWith({ host: "127.0.0.1.evil.example" })).toBe(421);
    expect(await statusWith({ host: own, origin: `http://${own}` })).toBe(200);
    expect(await statusWith({ host: "localhost:1" })).toBe(200);
  });

  test("further names are answered where they are configured", async () => {
    const named = createServer(serverDeps(fake, { hosts: ["attesta.internal"] }));
    const { url } = await named.listen({ host: "127.0.0.1", port: 0 });
    const status = await new Promise((resolve) =>
      request(`${url}/healthz`, { headers: { host: "Attesta.Internal" } }, (r) => resolve(r.resume().statusCode)).end(),
    );
    expect(status).toBe(200);
    await named.close();
  });
});

describe("the local socket", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "attesta-socket-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const get = (socketPath: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ socketPath, path: "/healthz" }, (response) => resolve(response.resume().statusCode));
      sent.on("error", reject).end();
    });

  test("serves its own user, takes over a dead socket, and refuses to displace a live one", async () => {
    const socketPath = await socketPathOf(folder);
    const first = createServer(serverDeps(fake));
    await first.listen({ socketPath });
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect(await get(socketPath)).toBe(200);
    await expect(createServer(serverDeps(fake)).listen({ socketPath })).rejects.toMatchObject({
      code: "socket_in_use",
    });
    expect(await get(socketPath)).toBe(200);
    await first.close();
    await leaveDeadSocket(socketPath);
    const second = createServer(serverDeps(fake));
    await second.listen({ socketPath });
    expect(await get(socketPath)).toBe(200);
    await second.close();
  });

  test("does not remove a file that is no socket", async () => {
    const socketPath = join(folder, "service.sock");
    await writeFile(socketPath, "mine");
    await expect(createServer(serverDeps(fake)).listen({ socketPath })).rejects.toMatchObject({
      code: "socket_in_use",
    });
    expect(await readFile(socketPath, "utf8")).toBe("mine");
  });

  test("a state folder with a long path gets a short socket path, always the same", async () => {
    const long = join(folder, "x".repeat(120));
    const path = await socketPathOf(long);
    expect(path.length).toBeLessThan(104);
    expect(await socketPathOf(long)).toBe(path);
    expect(await socketPathOf(`${long}y`)).not.toBe(path);
  });
});

/** A socket file that nobody listens on, as a killed process leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const moved = `${path}.live`;
  const server = createNetServer().listen(moved);
  await new Promise((resolve) => server.once("listening", resolve));
  const { link } = await import("node:fs/promises");
  await link(moved, path);
  await new Promise((resolve) => server.close(resolve));
}
