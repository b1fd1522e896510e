/** From the approval to the run: once, exactly what was approved, in time, after it is in the log, unless somebody stops it. */
import { rename } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROLLBACK } from "./actions.ts";
import { approve, codeOf, OWNER, RELEASE, SRE } from "./reviewer.ts";
import { openStage, reached, type Stage } from "./stage.ts";

const WAIT_MS = 20_000;

function rollback(service: string) {
  return { ...ROLLBACK, arguments: { ...ROLLBACK.arguments, service } };
}

describe("an approval", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400, valid_for_seconds: 3600}" });
  });
  afterAll(() => stage.close());

  async function approved(service: string): Promise<{ readonly id: string; readonly digest: string }> {
    const raised = await stage.agent().raise(rollback(service));
    await approve(stage, SRE, raised.id);
    expect((await stage.agent().get(raised.id, WAIT_MS)).body).toMatchObject({ released: true });
    return raised;
  }

  test("is used once: the same use id gets the same answer, another one is told that it was used", async () => {
    const { id, digest } = await approved("used-once");
    const first = await stage.agent().use(id, digest, "use-1");
    expect(first).toMatchObject({ status: 200, body: { use_id: "use-1", digest } });
    expect(await stage.agent().use(id, digest, "use-1")).toEqual(
      expect.objectContaining({ status: 200, body: first.body }),
    );
    expect(await stage.agent().use(id, digest, "use-2")).toMatchObject({ status: 409, body: { code: "already_used" } });
    expect((await stage.agent().get(id)).body).toMatchObject({ status: "used", released: false, verdict: "approved" });
  });

  test("of two uses at the same instant one runs", async () => {
    const { id, digest } = await approved("two-at-once");
    const uses = await Promise.all(["a", "b", "c", "d"].map((useId) => stage.agent().use(id, digest, useId)));
    expect(uses.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  test("is for its digest only: another one is refused and written down, and the right one still runs", async () => {
    const { id, digest } = await approved("digest");
    const other = "0".repeat(64);
    expect((await stage.agent().use(id, other)).body).toMatchObject({ code: "digest_mismatch" });
    expect((await stage.agent().use(id, digest)).status).toBe(200);
    const refused = (await stage.audit()).filter((line) => line.request_id === id && line.entry_type === "refusal");
    expect(refused).toMatchObject([{ command: "use", refusal: "digest_mismatch" }]);
  });

  test("is stopped by any approver until it is used, and by nobody else; the agent is told why", async () => {
    const { id, digest } = await approved("stopped");
    const why = { reason: "wrong_time", comment: "the freeze began" } as const;
    expect(codeOf(await stage.person(OWNER).stop(id, why))).toBe("own_request");
    expect(codeOf(await stage.person("dba@company.com").stop(id, why))).toBe("not_an_approver");
    expect(codeOf(await stage.person(RELEASE).stop(id, why))).toBe("none");
    expect((await stage.agent().use(id, digest)).body).toMatchObject({ code: "revoked" });
    expect((await stage.agent().get(id)).body).toMatchObject({
      status: "revoked",
      released: false,
      reason: "wrong_time",
      comments: [{ from: "Riley Chen", text: "the freeze began" }],
    });
    const lines = (await stage.audit()).filter((line) => line.request_id === id);
    expect(lines.filter((line) => line.change === "revoked")).toMatchObject([{ by: RELEASE, reason: "wrong_time" }]);
  });

  test("cannot be stopped once it is used", async () => {
    const { id, digest } = await approved("too-late-to-stop");
    await stage.agent().use(id, digest);
    expect(codeOf(await stage.person(SRE).stop(id, { reason: "wrong_time" }))).toBe("already_used");
  });

  test("whose run is reported has an execution line that points at its decision", async () => {
    const attesta = stage.attesta();
    const { action, arguments: args } = rollback("reported");
    const running = attesta.run({ name: action, arguments: args, environment: "production" }, (given) => given.service);
    const found = async () => (await stage.agent().list()).body.requests;
    await expect.poll(async () => JSON.stringify(await found())).toContain("reported");
    const states = await stage.service.store.list({ status: ["pending"], limit: 10 });
    const id = states.find(({ facts }) => facts.action.arguments.service === "reported")?.facts.id ?? "";
    await approve(stage, SRE, id);
    expect(await running).toBe("reported");
    const lines = (await stage.audit()).filter((line) => line.request_id === id);
    const decision = lines.find((line) => line.entry_type === "decision");
    expect(decision).toMatchObject({ executed_at: null });
    expect(lines.find((line) => line.entry_type === "execution")).toMatchObject({
      outcome: "succeeded",
      refers_to: decision?.number,
      refers_to_hash: decision?.chain_hash,
    });
  });
});

describe("an approval that waits", () => {
  let stage: Stage;
  afterEach(() => stage.close());

  test("lapses after valid_for_seconds: its use is refused, and the agent is told to ask again", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400, valid_for_seconds: 100}" });
    const { id, digest } = await stage.agent().raise(ROLLBACK);
    await approve(stage, SRE, id);
    const { decision } = await stage.state(id);
    await reached(stage, (decision?.atMs ?? 0) + 100_000);
    expect((await stage.agent().use(id, digest)).body).toMatchObject({ code: "lapsed" });
    const { body } = await stage.agent().get(id, WAIT_MS);
    expect(body).toMatchObject({ verdict: "approved", released: false });
    expect(body.hint).toContain("lapsed");
    await expect.poll(async () => (await stage.state(id)).lapsed).toBe(true);
  });

  test("for the audit log is not told and not used before it is written, and goes on when the log takes entries again", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400, valid_for_seconds: 604800}" });
    const { id, digest } = await stage.agent().raise(ROLLBACK);
    await stage.audit();
    const { path } = stage.config.audit;
    await rename(path, `${path}.away`);
    await approve(stage, SRE, id);
    expect((await stage.state(id)).status).toBe("approved");
    await expect.poll(stage.logged).toContain("the audit log takes no entries");
    expect((await stage.agent().get(id)).body).toMatchObject({ status: "pending", released: false });
    expect((await stage.agent().use(id, digest, "use-1")).body).toMatchObject({ code: "not_audited" });
    const waiting = stage.agent().get(id, WAIT_MS);
    await rename(`${path}.away`, path);
    expect((await waiting).body).toMatchObject({ verdict: "approved", released: true });
    expect((await stage.agent().use(id, digest, "use-1")).status).toBe(200);
  });

  test("is not told by /readyz as healthy while the log takes no entries", async () => {
    stage = await openStage();
    const ready = async (): Promise<number> => (await fetch(`${stage.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    await stage.audit();
    const { path } = stage.config.audit;
    await rename(path, `${path}.away`);
    await stage.agent().ask({ action: "get_service_status", environment: "production" });
    await expect.poll(ready).toBe(503);
    await rename(`${path}.away`, path);
    await expect.poll(ready, { timeout: WAIT_MS }).toBe(200);
  });
});
