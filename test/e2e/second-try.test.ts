/** Trying again in another way: asking twice, cancelling and re-asking, pressing twice, lying about the environment, running something else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { PRODUCTION, ROLLBACK } from "./actions.ts";
import {
  answerInTime,
  approve,
  codeOf,
  formOf,
  NETWORK,
  openAndRead,
  RELEASE,
  SECURITY,
  SRE,
  wordsOf,
  wrongAnswers,
} from "./reviewer.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    speed: 40,
    yaml: 'policy: {timeout_seconds: 86400}\nactions: {fixed: {command: ["/bin/true", "{what}"]}, loose: {command: ["./run.sh"]}}',
  });
});
afterAll(() => stage.close());

const CREDENTIALS = {
  action: "rotate_credentials",
  arguments: { service: "payment-api", credential_type: "database", environment: "production" },
  environment: "production",
};

test("a second asker's requester cannot approve what was asked in their name", async () => {
  const { id } = await stage.agent().raise({ ...CREDENTIALS, requester: "dba@company.com" });
  const again = await stage.agent().ask({ ...CREDENTIALS, requester: SECURITY });
  expect(again.body).toMatchObject({ id });
  expect(codeOf(await stage.person(SECURITY).open(id))).not.toBe("none");
  const state = await stage.service.store.load(id);
  expect(state?.facts.excluded).toEqual(expect.arrayContaining(["dana@company.com", "dba@company.com", SECURITY]));
});

test("whoever failed for good gets no other try by a cancel and a new ask", async () => {
  const action = { ...ROLLBACK, arguments: { ...ROLLBACK.arguments, service: "failed-twice" } };
  const { id } = await stage.agent().raise(action);
  let form = await openAndRead(stage, SRE, id);
  for (const attempt of [1, 2]) {
    const reply = await answerInTime(stage, SRE, { form, answers: await wrongAnswers(stage, form) });
    if (attempt === 1) form = formOf(reply);
    else expect(codeOf(reply)).toBe("wrong_answer");
  }
  await stage.agent().cancel(id);
  const { id: next } = await stage.agent().raise(action);
  expect(next).not.toBe(id);
  expect(codeOf(await stage.person(SRE).open(next))).toBe("barred");
  expect((await stage.person(RELEASE).open(next)).kind).toBe("review_form");
});

test("a refused press that is delivered twice is one entry, and the log verifies", async () => {
  const { id } = await stage
    .agent()
    .raise({ ...PRODUCTION, arguments: { ...PRODUCTION.arguments, service: "pressed-twice" } });
  const account = { surface: "terminal", tenant: "local", user: NETWORK };
  for (const _ of [1, 2]) await stage.service.interact({ account, deliveryId: "same", kind: "review", requestId: id });
  const entries = async () =>
    (await stage.audit()).filter((entry) => entry.request_id === id && entry.entry_type === "refusal");
  await expect.poll(async () => (await entries()).length).toBe(1);
});

test("an environment argument that contradicts what counts is said loudly and asked about as it counts", async () => {
  const { id } = await stage.agent().raise({
    action: "run_migration",
    arguments: { migration_file: "x.sql", database: "users", environment: "staging" },
  });
  const state = await stage.service.store.load(id);
  expect(state?.facts.summary).toBe("Run x.sql on the users database in production");
  expect(state?.facts.subject.arguments.environment).toBe("production");
  const rows = state?.facts.pages.flatMap((page) => page.rows.map((row) => `${row.label}: ${row.text}`));
  expect(rows).toContain("environment: staging");
  expect(rows).toContain("environment (checked): production, although the argument says staging");
});

test("a template fixes a command only where its program is absolute, and no value becomes an option", async () => {
  const command = { argv: ["./run.sh"], cwd: "/tmp/anywhere" };
  const loose = await stage.agent().ask({ action: "loose", arguments: {}, command });
  expect(loose.body).toMatchObject({ status: "pending", challenge_type: "confirm" });
  expect(String(loose.body.summary)).toContain("runs ./run.sh");
  const fixed = { action: "fixed", arguments: { what: "x" }, command: { argv: ["/bin/true", "x"], cwd: "/" } };
  expect((await stage.agent().ask(fixed)).body).toMatchObject({ challenge_type: "auto_approve" });
  const option = { action: "fixed", arguments: { what: "--x" }, command: { argv: ["/bin/true", "--x"], cwd: "/" } };
  expect(await stage.agent().ask(option)).toMatchObject({ status: 422, body: { code: "command_not_allowed" } });
});

test("a requester that is no e-mail address is refused", async () => {
  for (const requester of ["x".repeat(300), "somebody", "a@b\u202Ec", `${"x".repeat(250)}@b.co`]) {
    expect((await stage.agent().ask({ ...CREDENTIALS, requester })).status).toBe(422);
  }
});

test("a stop as suspicious is an incident of the agent, and no approval any more", async () => {
  const action = { ...CREDENTIALS, arguments: { ...CREDENTIALS.arguments, service: "stopped" } };
  const { id } = await stage.agent().raise(action);
  expect(wordsOf(await approve(stage, SECURITY, id))).toContain("approved now");
  await expect.poll(async () => (await stage.agent().get(id)).body.verdict).toBe("approved");
  expect(codeOf(await stage.person(SECURITY).stop(id, { reason: "suspicious" }))).toBe("none");
  const trust = await stage.service.store.readRecord("trust", "infra-agent");
  expect(trust).toMatchObject({ incidents: 1 });
  expect(trust?.outcomes).toContainEqual(expect.objectContaining({ id, approved: false, suspicious: true }));
});
