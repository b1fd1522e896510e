/** What time does to a waiting request: its end, who stands in, and the one extension for somebody who is reading. */
import { afterEach, describe, expect, test } from "vitest";
import { CREDENTIALS, PRODUCTION, ROLLBACK } from "./actions.ts";
import { approve, codeOf, formOf, SECURITY, SRE } from "./reviewer.ts";
import { openStage, reached, type Stage } from "./stage.ts";

const WAIT_MS = 20_000;
const DBA = "dba@company.com";

describe("time", () => {
  let stage: Stage;
  afterEach(() => stage.close());

  async function decisionOf(id: string) {
    const lines = await stage.audit();
    return lines.find((line) => line.request_id === id && line.entry_type === "decision");
  }

  test("ends a request that nobody answered: timed out, and it does not run", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 60, fail_mode: deny}" });
    const { id, digest } = await stage.agent().raise(ROLLBACK);
    const { body } = await stage.agent().get(id, WAIT_MS);
    expect(body).toMatchObject({ verdict: "timed_out", released: false, reason: "deadline" });
    expect(body.hint).toContain("Nobody decided in time");
    const { startedAtMs, decision, facts } = await stage.state(id);
    expect((startedAtMs ?? 0) - facts.raisedAtMs).toBe(60_000);
    expect((decision?.atMs ?? 0) - (startedAtMs ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect(codeOf(await stage.person(SRE).open(id))).toBe("already_decided");
    expect((await stage.agent().use(id, digest)).body).toMatchObject({ code: "not_released" });
  });

  test("with fail_mode allow releases it as run without review, and never anything critical", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 60, fail_mode: allow}" });
    const [high, critical] = [await stage.agent().raise(ROLLBACK), await stage.agent().raise(PRODUCTION)];
    expect((await stage.agent().get(high.id, WAIT_MS)).body).toMatchObject({ verdict: "timed_out", released: true });
    expect((await stage.agent().get(critical.id, WAIT_MS)).body).toMatchObject({
      verdict: "timed_out",
      released: false,
    });
    const reply = await stage.person(SRE).card(high.id);
    expect(reply.kind === "card" ? reply.card.plain : "").toContain("RAN WITHOUT REVIEW");
    expect((await stage.agent().use(high.id, high.digest)).status).toBe(200);
    expect((await stage.agent().use(critical.id, critical.digest)).body).toMatchObject({ code: "not_released" });
    expect(await decisionOf(high.id)).toMatchObject({
      verdict: "timed_out",
      released: true,
      ran_without_review: true,
      approver_ids: [],
      challenge_passed: null,
    });
    expect(await decisionOf(critical.id)).toMatchObject({ released: false, ran_without_review: false });
  });

  test("brings in the next rung, whose people stand in for an open seat under the same bar", async () => {
    const escalation = "escalation: [{after_seconds: 120, roles: [dba]}]";
    stage = await openStage({ yaml: `policy: {timeout_seconds: 86400, fail_mode: escalate, ${escalation}}` });
    const { id } = await stage.agent().raise(CREDENTIALS);
    expect(codeOf(await stage.person(DBA).open(id))).toBe("not_an_approver");
    formOf(await stage.person(SECURITY).open(id));
    const { startedAtMs } = await stage.state(id);
    await reached(stage, (startedAtMs ?? 0) + 120_000);
    await expect.poll(async () => (await stage.state(id)).step).toBe(1);
    expect(codeOf(await approve(stage, DBA, id))).toBe("none");
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "approved", released: true });
    expect(await decisionOf(id)).toMatchObject({
      escalated_steps: 1,
      approvers: [{ person: DBA, role: "dba", challenge: "quiz", minimum_seconds: 15 }],
    });
  });

  test("waits once for somebody who is reading: to their opening, their minimum and two minutes", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 60}", speed: 60 });
    const { id } = await stage.agent().raise(ROLLBACK);
    const { opensAtMs, deadlineMs } = formOf(await stage.person(SRE).open(id));
    const shownAtMs = opensAtMs - 15_000;
    expect(deadlineMs - shownAtMs).toBe(60_000);
    await reached(stage, deadlineMs);
    await expect.poll(async () => (await stage.state(id)).extended).toBe(true);
    expect((await stage.state(id)).deadlineMs).toBe(shownAtMs + 15_000 + 120_000);
    const { body } = await stage.agent().get(id, WAIT_MS);
    expect(body).toMatchObject({ verdict: "timed_out", released: false });
    const events = await stage.service.store.events(id);
    expect(events.filter(({ type }) => type === "extended")).toHaveLength(1);
  });

  test("cancels what no agent has waited for in abandon_after_seconds, whether it had waited before or not", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400, abandon_after_seconds: 200}" });
    const never = await stage.agent().raise(ROLLBACK);
    const once = await stage.agent().raise(CREDENTIALS);
    expect((await stage.agent().get(once.id, 500)).body).toMatchObject({ status: "pending" });
    for (const { id } of [never, once]) {
      await expect.poll(async () => (await stage.state(id)).status, { timeout: WAIT_MS }).toBe("cancelled");
      expect(await decisionOf(id)).toMatchObject({ verdict: "cancelled", reason: "abandoned", decided_by: "agent" });
      const { facts, decision } = await stage.state(id);
      expect((decision?.atMs ?? 0) - facts.raisedAtMs).toBeGreaterThanOrEqual(200_000);
    }
  });

  test("shows on the card that nobody waits any more, cancels nothing, and takes it back when somebody does", async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400}", speed: 40 });
    const { id } = await stage.agent().raise(ROLLBACK);
    const plain = async (): Promise<string> => JSON.stringify(await stage.person(SRE).card(id));
    expect(await plain()).not.toContain("maybe nobody is waiting");
    await expect.poll(plain, { timeout: WAIT_MS }).toContain("maybe nobody is waiting");
    const waiting = stage.agent().get(id, 1_500);
    await expect.poll(plain, { timeout: WAIT_MS }).not.toContain("maybe nobody is waiting");
    expect((await waiting).body).toMatchObject({ status: "pending" });
  });
});
