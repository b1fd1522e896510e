/** Who may see and touch what: agents among themselves, the two kinds of tokens, secrets, the log's own names, attached files. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../fixtures/api-server.ts";
import { CREDENTIALS, FIREWALL, ROLLBACK } from "./actions.ts";
import { codeOf, formOf, SRE } from "./reviewer.ts";
import { agentToken, hashOf, openStage, type Stage } from "./stage.ts";

const SECRET = "hunter2-correct-horse-battery";
const YAML = `
policy: {timeout_seconds: 86400}
agents:
  other: {token_sha256: ${hashOf(agentToken("other"))}, owner: outsider@company.com, max_pending: 1000}
  infra-agent: {max_pending: 1000}
actions:
  set_password:
    description: Set the password of one account.
    summary: Set the password of {account}
    secret_arguments: [password]
    private_arguments: [note]
  apply_file:
    description: Apply one file.
    summary: Apply {file}
    attach: [file]
`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ yaml: YAML, speed: 1 });
});
afterAll(() => stage.close());

describe("somebody else's", () => {
  test("request id is free for another agent: the two requests know nothing of each other", async () => {
    const [mine, theirs] = [stage.agent(), stage.agent("other")];
    const first = await mine.ask({ ...ROLLBACK, request_id: "deploy-42" });
    const second = await theirs.ask({ ...FIREWALL, request_id: "deploy-42" });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.id).not.toBe(second.body.id);
    expect((await mine.cancel(String(first.body.id))).status).toBe(200);
    expect((await theirs.get(String(second.body.id))).body).toMatchObject({ status: "pending" });
  });

  test("request is 404 in every way, as one that is not there", async () => {
    const { id, digest } = await stage.agent("other").raise(CREDENTIALS);
    const mine = stage.agent();
    const away = await mine.get("0".repeat(26));
    for (const told of [await mine.get(id), await mine.use(id, digest), await mine.cancel(id)])
      expect([told.status, told.body.detail]).toEqual([404, away.body.detail]);
    expect(JSON.stringify((await mine.list()).body)).not.toContain(id);
    expect((await stage.agent("other").get(id)).body).toMatchObject({ status: "pending" });
  });

  test("token is of no use: agents do not review, reviewers do not ask, and nobody is told whose it is", async () => {
    const { id, digest } = await stage.agent().raise(FIREWALL);
    const agent = agentToken("infra-agent");
    const reviewer = "attesta-demo-sre.lead";
    const tried = [
      call(`${stage.url}/v1/inbox`, { token: agent }),
      call(`${stage.url}/v1/requests/${id}/review`, { token: agent, body: {} }),
      call(`${stage.url}/v1/requests/${id}/deny`, { token: agent, body: { reason: "not_needed" } }),
      call(`${stage.url}/v1/requests/${id}`, { token: reviewer }),
      call(`${stage.url}/v1/requests/${id}/use`, { token: reviewer, body: { digest, use_id: "u" } }),
      call(`${stage.url}/v1/requests`, { token: reviewer, body: { ...ROLLBACK, request_id: "r" } }),
    ];
    const codes = (await Promise.all(tried)).map(({ status, body }) => [status, body.code]);
    expect(codes.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => [403, "review_token_needed"]));
    expect(codes.slice(3)).toEqual(Array.from({ length: 3 }, () => [403, "agent_token_needed"]));
    const unknown = await call(`${stage.url}/v1/requests/${id}`, { token: `${agent}x` });
    expect(unknown.status).toBe(401);
    expect(JSON.stringify(unknown.body)).not.toContain(agent);
    expect((await call(`${stage.url}/v1/requests/${id}`)).status).toBe(401);
    expect(await stage.state(id)).toMatchObject({ status: "pending", reviews: [] });
  });
});

describe("secrets", () => {
  const body = {
    action: "set_password",
    arguments: { account: "billing", password: SECRET, note: "only-for-reviewers" },
  };

  test("are in no card, evidence, answer, entry, log line or error, and still bind the approval", async () => {
    const told = await stage.agent().ask(body);
    const id = String(told.body.id);
    const other = await stage.agent().ask({ ...body, arguments: { ...body.arguments, password: `${SECRET}x` } });
    expect(other.body.digest).not.toBe(told.body.digest);
    expect(other.body.id).not.toBe(id);
    const form = formOf(await stage.person(SRE).open(id));
    expect(JSON.stringify(form)).toContain("(secret)");
    expect(JSON.stringify(form)).toContain("only-for-reviewers");
    const card = await stage.person(SRE).card(id);
    expect(JSON.stringify(card)).not.toContain("only-for-reviewers");
    await stage.person(SRE).deny(id, { reason: "not_needed" });
    await stage.agent().get(id, 20_000);
    const again = await stage.agent().ask(body);
    expect(again.body.code).toBe("denied_recently");
    const seen = [told.body, other.body, form, card, await stage.audit(), again.body, await stage.person(SRE).inbox()];
    for (const one of seen) expect(JSON.stringify(one)).not.toContain(SECRET);
    expect(stage.logged()).not.toContain(SECRET);
  });

  test("enter the digest that the client computes from its own copy, so that it takes the verdict", async () => {
    const attesta = stage.attesta();
    const running = attesta.evaluate({ name: "set_password", arguments: { ...body.arguments, account: "other" } });
    running.catch(() => undefined);
    const found = async () => {
      const states = await stage.service.store.list({ status: ["pending"], limit: 200 });
      return states.find(({ facts }) => facts.action.arguments.account === "other")?.facts.id ?? "";
    };
    await expect.poll(found).not.toBe("");
    await stage.person(SRE).deny(await found(), { reason: "not_needed" });
    expect(await running).toMatchObject({ verdict: "denied", reason: "not_needed" });
  });
});

describe("names that mean something to the log", () => {
  test("are arguments like others: they take over no key of the entry", async () => {
    const sent = {
      domain: "harmless",
      soc2_control: "none",
      verdict: "approved",
      approver_ids: ["me"],
      hasOwnProperty: "x",
    };
    const { id } = await stage.agent().raise({ ...ROLLBACK, arguments: { ...ROLLBACK.arguments, ...sent } });
    await stage.agent().cancel(id);
    await stage.agent().get(id, 20_000);
    const entry = (await stage.audit()).find((line) => line.request_id === id && line.entry_type === "decision");
    expect(entry).toMatchObject({
      verdict: "cancelled",
      domain: "infra",
      approver_ids: [],
      arguments: sent,
      metadata: { domain: "infra", soc2_control: "CC7.2" },
    });
  });
});

describe("attachments", () => {
  const file = { name: "20260213.sql", text: "ALTER TABLE users ADD theme text;\n" };
  const body = { action: "apply_file", arguments: { file: "sql/20260213.sql" }, attachments: [file] };

  test("that config asks for must be there", async () => {
    const told = await stage.agent().ask({ ...body, attachments: [] });
    expect([told.status, told.body.code, told.body.argument]).toEqual([422, "attachment_missing", "file"]);
  });

  test("are part of what is approved: another text is another action, and cannot be used for this one", async () => {
    const first = await stage.agent().ask({ ...body, request_id: "apply-1" });
    const changed = { ...body, attachments: [{ ...file, text: "DROP TABLE users;\n" }] };
    expect((await stage.agent().ask({ ...changed, request_id: "apply-1" })).status).toBe(409);
    const second = await stage.agent().raise(changed);
    expect(second.digest).not.toBe(first.body.digest);
    const form = formOf(await stage.person(SRE).open(second.id));
    expect(JSON.stringify(form.pages)).toContain("1  DROP TABLE users;");
    expect(codeOf(await stage.person(SRE).deny(second.id, { reason: "suspicious" }))).toBe("none");
    const use = await stage.agent().use(String(first.body.id), second.digest);
    expect(use.status).toBe(409);
  });
});
