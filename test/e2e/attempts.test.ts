/** What is an attempt and what is not; how many there are; and what follows when nobody is left. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ReviewForm } from "../../src/bot/surface.ts";
import { CREDENTIALS, FIREWALL, ROLLBACK } from "./actions.ts";
import {
  answerInTime,
  approve,
  codeOf,
  formOf,
  NETWORK,
  openAndRead,
  RELEASE,
  rightAnswers,
  SECURITY,
  SRE,
  wordsOf,
  wrongAnswers,
} from "./reviewer.ts";
import { openStage, reached, type Stage } from "./stage.ts";

const WAIT_MS = 20_000;
const PATIENT = "timeout_seconds: 86400";

describe("an answer that is no attempt", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}}`, speed: 10 });
  });
  afterAll(() => stage.close());
  const submit = (person: string, { requestId, reviewId, digest }: ReviewForm, answers: readonly string[]) =>
    stage.person(person).submit(requestId, { reviewId, digest, answers });

  test("comes too early: it says how long is left, keeps the text, and counts later", async () => {
    const { id } = await stage.agent().raise(FIREWALL);
    const form = await openAndRead(stage, SECURITY, id);
    const answers = await rightAnswers(stage, form);
    const early = await submit(SECURITY, form, answers);
    expect(wordsOf(early)).toMatch(/^\d+ s to go\. Your text is kept\.$/);
    expect(formOf(early)).toMatchObject({ draft: answers, attempt: 1, opensAtMs: form.opensAtMs });
    const reopened = formOf(await stage.person(SECURITY).open(id));
    expect(reopened).toMatchObject({ reviewId: form.reviewId, draft: answers, pagesRead: form.pagesRead });
    expect((await stage.state(id)).attempts).toEqual([]);
    expect(codeOf(await answerInTime(stage, SECURITY, { form: reopened, answers: reopened.draft }))).toBe("none");
    const lines = (await stage.audit()).filter((line) => line.request_id === id);
    expect(lines.map((line) => line.refusal ?? line.verdict)).toEqual(["too_fast", "approved"]);
  });

  test("is sent before everything was read, is empty, too short, or of another kind", async () => {
    const { id } = await stage.agent().raise({
      ...FIREWALL,
      arguments: { ...FIREWALL.arguments, rule_id: "FW-2" },
    });
    const unread = formOf(await stage.person(NETWORK).open(id));
    await reached(stage, unread.opensAtMs);
    const answers = await rightAnswers(stage, unread);
    expect(wordsOf(await submit(NETWORK, unread, answers))).toMatch(/^Not read yet: page 1/);
    const form = await openAndRead(stage, NETWORK, id);
    expect(form.reviewId).toBe(unread.reviewId);
    expect(wordsOf(await submit(NETWORK, form, [""]))).toContain("Nothing was answered");
    expect(wordsOf(await submit(NETWORK, form, ["allow TCP 443 ingress 10.0.0.0/8"]))).toContain("A little more");
    expect(wordsOf(await submit(NETWORK, form, ["one", "two"]))).toContain("did not count as an attempt");
    expect((await stage.state(id)).attempts).toEqual([]);
    expect(codeOf(await submit(NETWORK, form, answers))).toBe("none");
  });

  test("is about another digest, or a review that was closed by a pass", async () => {
    const { id } = await stage.agent().raise(CREDENTIALS);
    const form = await openAndRead(stage, SECURITY, id);
    await reached(stage, form.opensAtMs);
    const answers = await rightAnswers(stage, form);
    expect(codeOf(await submit(SECURITY, { ...form, digest: "0".repeat(64) }, answers))).toBe("digest_mismatch");
    expect((await stage.state(id)).votes).toEqual([]);
    expect(codeOf(await submit(SECURITY, form, answers))).toBe("none");
  });
});

describe("a wrong answer", () => {
  let stage: Stage;
  afterEach(() => stage.close());
  const wrong = async (person: string, form: ReviewForm) =>
    answerInTime(stage, person, { form, answers: await wrongAnswers(stage, form) });

  test("in a quiz brings other questions and a second attempt, and then bars; the seat stays for others", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}}` });
    const { id } = await stage.agent().raise(ROLLBACK);
    const first = await openAndRead(stage, SRE, id);
    const again = await wrong(SRE, first);
    expect(wordsOf(again)).toContain("Attempt 1 of 2.");
    const second = formOf(again);
    expect(second).toMatchObject({ reviewId: first.reviewId, attempt: 2, attempts: 2, draft: [] });
    expect(second.question).not.toEqual(first.question);
    const barred = await wrong(SRE, second);
    expect([codeOf(barred), wordsOf(barred)]).toEqual(["wrong_answer", expect.stringContaining("you cannot approve")]);
    expect(codeOf(await stage.person(SRE).open(id))).toBe("barred");
    expect(codeOf(await stage.person(SRE).deny(id, { reason: "not_needed" }))).toBe("barred");
    expect(codeOf(await approve(stage, RELEASE, id))).toBe("none");
    const entry = (await stage.audit()).find((line) => line.request_id === id && line.entry_type === "decision");
    expect(entry).toMatchObject({ approver_ids: [RELEASE], failed_attempts: [{ person: SRE }, { person: SRE }] });
  });

  test("in an explanation names what is missing, never its value", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}}` });
    const { id } = await stage.agent().raise(FIREWALL);
    const form = await openAndRead(stage, SECURITY, id);
    const words = wordsOf(await wrong(SECURITY, form));
    expect(words).toContain("Say which action, protocol, port, cidr and direction.");
    for (const value of ["443", "10.0.0.0/8", "TCP"]) expect(words).not.toContain(value);
  });

  test("by the last person who could approve ends it as nobody_left", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}}` });
    const { id } = await stage.agent().raise(CREDENTIALS);
    await wrong(SECURITY, formOf(await wrong(SECURITY, await openAndRead(stage, SECURITY, id))));
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "denied", reason: "nobody_left" });
  });

  test("by the last person who could approve brings in the next rung at once, where there is one", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}, escalation: [{after_seconds: 80000, roles: [dba]}]}` });
    const { id } = await stage.agent().raise(CREDENTIALS);
    await wrong(SECURITY, formOf(await wrong(SECURITY, await openAndRead(stage, SECURITY, id))));
    expect(await stage.state(id)).toMatchObject({ status: "pending", step: 1, barred: [SECURITY] });
    expect(codeOf(await approve(stage, "dba@company.com", id))).toBe("none");
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "approved" });
  });

  test("ends it at once where config says on_failure deny", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}, challenge: {max_attempts: 1, on_failure: deny}}` });
    const { id } = await stage.agent().raise(ROLLBACK);
    await wrong(SRE, await openAndRead(stage, SRE, id));
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({
      verdict: "denied",
      reason: "failed_challenge",
    });
  });

  test("is not needed to leave: `not for me` frees the seat, and the last one to leave ends it", async () => {
    stage = await openStage({ yaml: `policy: {${PATIENT}}` });
    const { id } = await stage.agent().raise(ROLLBACK);
    await openAndRead(stage, SRE, id);
    expect(codeOf(await stage.person(SRE).pass(id))).toBe("none");
    expect((await stage.state(id)).status).toBe("pending");
    expect(codeOf(await stage.person(RELEASE).pass(id))).toBe("none");
    expect((await stage.agent().get(id, WAIT_MS)).body).toMatchObject({ verdict: "denied", reason: "nobody_left" });
  });
});
