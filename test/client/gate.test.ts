import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ActionToAsk } from "../../src/client/ask.ts";
import {
  Attesta,
  AttestaDenied,
  AttestaFault,
  AttestaUnreachable,
  gate,
  gateDecorator,
} from "../../src/client/index.ts";
import type { WaitingNews } from "../../src/client/wait.ts";
import { AGENT_TOKEN, REVIEW_TOKEN, startHarness } from "../fixtures/api-server.ts";
import { createFakeApprovals, type FakeApprovals, type FakeOptions } from "../fixtures/fake-approvals.ts";

const APPROVED: FakeOptions = { immediately: {} };
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function service(options: FakeOptions = {}, change: (fake: FakeApprovals) => FakeApprovals = (fake) => fake) {
  const fake = change(createFakeApprovals(options));
  const api = await startHarness(fake);
  opened.push(api.stop);
  const news: WaitingNews[] = [];
  const attesta = new Attesta({ url: api.url, token: AGENT_TOKEN, onWaiting: (one) => news.push(one) });
  opened.push(() => attesta.close());
  return { fake, api, attesta, news };
}

const firstId = (fake: FakeApprovals): string => [...fake.states.keys()][0] ?? "";
async function pending(fake: FakeApprovals): Promise<string> {
  await expect.poll(() => fake.waiting.now).toBe(1);
  return firstId(fake);
}

describe("call styles", () => {
  let fake: FakeApprovals;
  let attesta: Attesta;
  beforeEach(async () => {
    ({ fake, attesta } = await service(APPROVED));
  });
  const sent = () => [...fake.states.values()].at(-1)?.facts;
  async function deploy_to_production(service: string, version: string): Promise<string> {
    return `${service} ${version}`;
  }

  test("gate(fn) runs with named arguments and gives a promise of the result", async () => {
    const gated = gate(deploy_to_production, { attesta });
    expect(gated.name).toBe("deploy_to_production");
    expect(await gated("api", "2.1.0")).toBe("api 2.1.0");
    expect(sent()?.action).toMatchObject({
      name: "deploy_to_production",
      arguments: { service: "api", version: "2.1.0" },
    });
  });

  test("gate(fn, options), gate(options)(fn) and gate(options, fn) are the same", async () => {
    const options = { attesta, name: "renamed", environment: "staging" };
    for (const gated of [
      gate(deploy_to_production, options),
      gate(options)(deploy_to_production),
      gate(options, deploy_to_production),
    ]) {
      expect(await gated("api", "1")).toBe("api 1");
      expect(sent()).toMatchObject({ actionName: "renamed", environment: "staging" });
    }
    expect(fake.states.size).toBe(3);
  });

  test("attesta.gate has the same styles, and a synchronous function becomes a promise", async () => {
    const add = (a: number, b: number) => a + b;
    expect(await attesta.gate(add)(1, 2)).toBe(3);
    expect(await attesta.gate({ name: "sum" })(add)(1, 2)).toBe(3);
    expect(await attesta.gate({ name: "sum" }, add)(1, 2)).toBe(3);
    expect(await attesta.gate()(add)(1, 2)).toBe(3);
    expect(sent()?.action.arguments).toEqual({ a: 1, b: 2 });
  });

  test("this stays this, in methods and under both kinds of decorators", async () => {
    class Deployer {
      readonly region = "eu";
      async deploy(service: string) {
        return `${service} in ${this.region}`;
      }
    }
    const plain = Deployer.prototype.deploy;
    Deployer.prototype.deploy = attesta.gate(plain);
    expect(await new Deployer().deploy("api")).toBe("api in eu");
    // Of a decorator's context only the name is read.
    const context = { kind: "method", name: "deployService" } as ClassMethodDecoratorContext;
    const standard = gateDecorator({ attesta })(plain, context);
    expect(await standard.call(new Deployer(), "api")).toBe("api in eu");
    expect(sent()?.actionName).toBe("deployService");
    const legacy = gateDecorator({ attesta })(Deployer.prototype, "legacyName", { value: plain, writable: true });
    expect(legacy).toMatchObject({ writable: true });
    expect(await Object(legacy).value.call(new Deployer(), "api")).toBe("api in eu");
    expect(sent()?.actionName).toBe("legacyName");
  });

  test("one object argument gives its members and is rebuilt for the call", async () => {
    const gated = attesta.gate(async ({ service, tags }: { service: string; tags: string[] }) => [service, ...tags], {
      name: "tag_service",
    });
    expect(await gated({ service: "api", tags: ["a"] })).toEqual(["api", "a"]);
    expect(sent()?.action.arguments).toEqual({ service: "api", tags: ["a"] });
  });

  test("no name, unknown options and other mistakes are TypeErrors before anybody is asked", async () => {
    expect(() => attesta.gate(() => 1)).toThrow("This function has no name");
    // @ts-expect-error an option of another product
    expect(() => attesta.gate(deploy_to_production, { failMode: "allow" })).toThrow("policy.fail_mode");
    // @ts-expect-error a misspelt option
    expect(() => new Attesta({ tokn: "x" })).toThrow("no option `tokn`");
    // @ts-expect-error no function
    expect(() => attesta.gate({ name: "x" })("no function")).toThrow("a function is needed");
    const dated = attesta.gate(async (when: unknown) => when, { name: "schedule" });
    await expect(dated(new Date())).rejects.toThrow("arguments.when: a Date is not JSON");
    expect(fake.states.size).toBe(0);
  });
});

describe("one approval, one run", () => {
  const action: ActionToAsk = { name: "deploy", arguments: { service: "api", list: [1] } };

  test("what was approved is what runs, whatever happens to the caller's object meanwhile", async () => {
    const { fake, attesta } = await service();
    const given = { service: "api", nested: { version: "2.1.0" } };
    const ran: unknown[] = [];
    const gated = attesta.gate(
      async (all: typeof given) => {
        ran.push(structuredClone(all));
        all.service = "changed by the function";
      },
      { name: "deploy" },
    );
    const running = gated(given);
    given.nested.version = "6.6.6";
    fake.decide(await pending(fake));
    given.service = "evil";
    await running;
    expect(ran).toEqual([{ service: "api", nested: { version: "2.1.0" } }]);
    expect(given.service).toBe("evil");
    const state = fake.states.get(firstId(fake));
    expect(state?.execution?.outcome).toBe("succeeded");
    expect(fake.uses).toHaveLength(1);
  });

  test("a denied call rejects with reason, comments and hint, and does not run", async () => {
    const { fake, attesta } = await service();
    let ran = 0;
    const gated = attesta.gate(async () => (ran += 1), { name: "deploy" });
    const running = gated();
    fake.decide(await pending(fake), {
      verdict: "denied",
      reason: "needs_change",
      name: "Riley Chen",
      comment: "use canary",
    });
    const denied = await running.catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(AttestaDenied);
    expect(denied).toMatchObject({
      code: "needs_change",
      verdict: "denied",
      reason: "needs_change",
      comments: [{ from: "Riley Chen", text: "use canary" }],
      requestId: firstId(fake),
    });
    expect(String(denied)).toContain("use canary");
    expect(Object(denied).hint).toContain("Change the arguments");
    expect(ran).toBe(0);
    expect(fake.uses).toEqual([]);
  });

  test.each([
    [{ verdict: "timed_out" } as const, "timed_out", "timed_out"],
    [{ verdict: "cancelled" } as const, "cancelled", "cancelled"],
    [{ verdict: "denied", reason: "nobody_left" } as const, "denied", "nobody_left"],
    [{ atMs: Date.now() - 700_000 }, "denied", "lapsed"],
  ])("%o does not run", async (decision, verdict, code) => {
    const { attesta } = await service({ immediately: decision });
    let ran = 0;
    await expect(attesta.run(action, () => (ran += 1))).rejects.toMatchObject({ verdict, code });
    expect(ran).toBe(0);
  });

  test("a timeout that was released runs", async () => {
    const { attesta } = await service({ immediately: { verdict: "timed_out", released: true } });
    expect(await attesta.run(action, (args) => args.service)).toBe("api");
  });

  test("onDenied gives the result in place of an error", async () => {
    const { attesta } = await service({ immediately: { verdict: "denied", reason: "not_needed" } });
    const gated = attesta.gate(async () => "ran", { name: "deploy", onDenied: (denied) => `no: ${denied.code}` });
    expect(await gated()).toBe("no: not_needed");
  });

  test("a service that asked about something else is refused at once", async () => {
    const { fake, attesta } = await service({ ...APPROVED, digest: "0".repeat(64) });
    await expect(attesta.run(action, () => "ran")).rejects.toMatchObject({ code: "digest_mismatch" });
    expect(fake.uses).toEqual([]);
  });

  test("secret arguments reach the function and enter the digest under the salt", async () => {
    const { attesta } = await service({ ...APPROVED, secretArguments: ["password"] });
    expect(await attesta.run({ name: "rotate", arguments: { password: "hunter2" } }, (args) => args.password)).toBe(
      "hunter2",
    );
  });

  test("a function that throws rejects with its own error, and only its kind is reported", async () => {
    const { fake, attesta } = await service(APPROVED);
    const failing = attesta.run(action, () => {
      throw new RangeError("password=hunter2");
    });
    await expect(failing).rejects.toThrow("password=hunter2");
    expect(fake.states.get(firstId(fake))?.execution).toMatchObject({ outcome: "failed", detail: "RangeError" });
  });

  test("the same request id again after it was used does not run again", async () => {
    const { fake, attesta } = await service(APPROVED);
    let ran = 0;
    const run = () => attesta.run(action, () => (ran += 1), { requestId: "deploy-42" });
    await run();
    await expect(run()).rejects.toMatchObject({ code: "already_used", requestId: firstId(fake) });
    expect([ran, fake.states.size]).toEqual([1, 1]);
  });

  test("two processes with one request id: one runs, the other is told", async () => {
    const { fake, attesta } = await service();
    let ran = 0;
    const run = () => attesta.run(action, () => (ran += 1), { requestId: "deploy-42" });
    const both = Promise.allSettled([run(), run()]);
    await expect.poll(() => fake.waiting.now).toBe(2);
    fake.decide(firstId(fake));
    const ends = await both;
    expect(ends.map((end) => end.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(ends.find((end) => end.status === "rejected")?.reason).toMatchObject({ code: "already_used" });
    expect(ran).toBe(1);
  });

  test("a use that the audit log has not caught up with is repeated, under one use id", async () => {
    let late = 3;
    const { fake, attesta } = await service(APPROVED, (inner) => ({
      ...inner,
      approvals: {
        ...inner.approvals,
        use: async (id, digest, useId) => {
          if (--late < 0) return inner.approvals.use(id, digest, useId);
          inner.uses.push(useId);
          const state = inner.states.get(id);
          if (state === undefined) return { kind: "not_found" };
          return { kind: "done", state, events: [], refusal: { code: "not_audited" } };
        },
      },
    }));
    expect(await attesta.run(action, () => "ran")).toBe("ran");
    expect(fake.uses).toHaveLength(4);
    expect(new Set(fake.uses).size).toBe(1);
  });

  test("evaluate gives the verdict and uses nothing; assess asks nobody", async () => {
    const { fake, attesta } = await service({ immediately: { verdict: "denied", reason: "wrong_target" } });
    expect((await attesta.assess(action)).risk.level).toBe("high");
    expect(fake.states.size).toBe(0);
    expect(await attesta.evaluate(action)).toMatchObject({
      verdict: "denied",
      released: false,
      reason: "wrong_target",
      risk: { level: "high" },
      audit: { entry: 1 },
    });
    expect(fake.uses).toEqual([]);
  });
});

describe("refusals and mistakes", () => {
  const action: ActionToAsk = { name: "deploy" };
  test("a refused ask is a denial with the earlier reason and comment", async () => {
    const { fake, attesta } = await service();
    fake.refuseWith({ code: "denied_recently" });
    await expect(attesta.run(action, () => 1)).rejects.toMatchObject({
      name: "AttestaDenied",
      code: "denied_recently",
      reason: "wrong_time",
      comments: [{ text: "not today" }],
    });
    fake.refuseWith({ code: "too_many_pending" });
    await expect(attesta.run(action, () => 1)).rejects.toMatchObject({ code: "too_many_pending" });
  });

  test("a wrong token is a fault that does not repeat the token", async () => {
    const { api } = await service();
    for (const [token, code] of [
      ["nobody-knows-this", "token_unknown"],
      [REVIEW_TOKEN, "agent_token_needed"],
    ] as const) {
      const attesta = new Attesta({ url: api.url, token });
      const error = await attesta.run(action, () => 1).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(AttestaFault);
      expect(error).toMatchObject({ code });
      expect(String(error)).not.toContain(token);
      await attesta.close();
    }
  });

  test("a token of another agent than the one named cancels and says so", async () => {
    const { fake, attesta } = await service();
    await expect(attesta.run(action, () => 1, { agentId: "somebody-else" })).rejects.toMatchObject({
      code: "agent_mismatch",
    });
    expect(fake.states.get(firstId(fake))?.status).toBe("cancelled");
  });

  test("addresses and tokens that cannot be right are faults", async () => {
    await expect(new Attesta({ url: "ftp://x", token: "t" }).run(action, () => 1)).rejects.toMatchObject({
      code: "bad_url",
    });
    await expect(new Attesta({ url: "http://a:b@x", token: "t" }).run(action, () => 1)).rejects.toMatchObject({
      code: "bad_url",
    });
    await expect(new Attesta({ url: "http://x", token: "a\nb" }).run(action, () => 1)).rejects.toMatchObject({
      code: "bad_token",
    });
  });
});

describe("a service that goes away", () => {
  const action: ActionToAsk = { name: "deploy", arguments: { service: "api" } };

  test("waiting survives a restart: nobody is asked twice, and it runs once", async () => {
    const { fake, api, attesta, news } = await service();
    let ran = 0;
    const running = attesta.run(action, () => (ran += 1));
    const id = await pending(fake);
    await api.stop();
    await expect.poll(() => news.some((one) => one.kind === "away")).toBe(true);
    fake.decide(id);
    await api.start();
    await running;
    expect([ran, fake.states.size, fake.uses.length]).toEqual([1, 1, 1]);
    expect(news.map((one) => one.kind)).toContain("back");
  });

  test("asking survives a service that is not up yet", async () => {
    const { fake, api, attesta } = await service(APPROVED);
    await api.stop();
    const running = attesta.run(action, () => "ran");
    await api.start();
    expect(await running).toBe("ran");
    expect(fake.states.size).toBe(1);
  });

  test("a use whose answer was lost is repeated with the same use id", async () => {
    let lost = true;
    const { fake, attesta } = await service(APPROVED, (inner) => ({
      ...inner,
      approvals: {
        ...inner.approvals,
        use: async (id, digest, useId) => {
          const outcome = await inner.approvals.use(id, digest, useId);
          if (lost) {
            lost = false;
            throw Object.assign(new Error("the answer is lost"), { code: "write_failed" });
          }
          return outcome;
        },
      },
    }));
    expect(await attesta.run(action, () => "ran")).toBe("ran");
    expect(new Set(fake.uses).size).toBe(1);
    expect(fake.uses).toHaveLength(2);
  });

  test("a service that never answers is AttestaUnreachable, and nothing runs", async () => {
    const { api } = await service();
    await api.stop();
    const attesta = new Attesta({ url: api.url, token: AGENT_TOKEN, unreachableAfterMs: 0 });
    const error = await attesta.run(action, () => "ran").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AttestaUnreachable);
    expect(String(error)).toContain("Is it running");
    expect(String(error)).not.toContain(AGENT_TOKEN);
  });

  test("a request that the service does not know any more is denied", async () => {
    const { fake, api, attesta } = await service();
    const running = attesta.run(action, () => "ran");
    running.catch(() => undefined);
    await pending(fake);
    await api.stop();
    fake.states.clear();
    await api.start();
    await expect(running).rejects.toMatchObject({ code: "not_found", verdict: "denied" });
  });
});
