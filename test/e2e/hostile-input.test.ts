/** Bad input through the real API and the real client: a clear refusal or a correct result, never a hang, a crash, a silent drop or an approval. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttestaDenied } from "../../src/client/index.ts";
import { call } from "../fixtures/api-server.ts";
import { CREDENTIALS, FIREWALL, PRODUCTION, ROLLBACK } from "./actions.ts";
import { formOf, SRE } from "./reviewer.ts";
import { agentToken, openStage, type Stage } from "./stage.ts";

const SECRET = "hunter2-correct-horse-battery";
const YAML = "policy: {timeout_seconds: 86400}\nagents: {infra-agent: {max_pending: 1000}}";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ yaml: YAML, speed: 1 });
});
afterAll(() => stage.close());

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const post = (body: string | object) => call(`${stage.url}/v1/requests`, { token: agentToken("infra-agent"), body });
const args = (value: unknown) => ({ action: "sync_everything", arguments: { value } });

describe("what no action can be", () => {
  test.each([
    ["over 64 KiB", args("x".repeat(70_000)), 413, "too_large"],
    ["deeper than 16", args(nested(20)), 413, "too_large"],
    ["more than 256 values", args(Array.from({ length: 300 }, () => 1)), 413, "too_large"],
    ["no name", { action: "" }, 422, "invalid_action"],
    ["a name of spaces", { action: "   " }, 422, "invalid_action"],
    ["a name with a direction mark", { action: "deploy\u202etxet" }, 422, "invalid_action"],
    ["a name of 200 letters", { action: "a".repeat(200) }, 422, "invalid_action"],
    ["an argument without a name", { action: "sync", arguments: { "": 1 } }, 422, "invalid_action"],
    ["an environment with a line feed", { action: "sync", environment: "staging\nproduction" }, 422, "invalid_action"],
    ["an unknown key", { action: "sync", approved: true }, 422, "invalid"],
    ["arguments that are a list", { action: "sync", arguments: [1] }, 422, "invalid"],
    ["hints that are objects", { action: "sync", hints: { production: {} } }, 422, "invalid"],
    ["a command with a NUL", { action: "sync", command: { argv: ["a\0b"], cwd: "/" } }, 422, "invalid_action"],
    ["a session id of 300 letters", { action: "sync", session_id: "s".repeat(300) }, 422, "invalid"],
    [
      "an attachment over 64 KiB",
      { action: "sync", attachments: [{ name: "a", text: "x".repeat(70_000) }] },
      413,
      "too_large",
    ],
  ] as const)("%s is refused with its code", async (_, body, status, code) => {
    const told = await stage.agent().ask(body);
    expect([told.status, told.body.code]).toEqual([status, code]);
    expect(String(told.body.detail).length).toBeLessThan(1_000);
  });

  test.each([
    ["NaN", '{"request_id":"r","action":"sync","arguments":{"a":NaN}}'],
    ["1e999", '{"request_id":"r","action":"sync","arguments":{"a":1e999}}'],
    ["a whole number that loses digits", '{"request_id":"r","action":"sync","arguments":{"a":9007199254740993}}'],
    ["half of a surrogate pair", '{"request_id":"r","action":"sync","arguments":{"a":"\\ud800"}}'],
    ["__proto__ as a key", '{"request_id":"r","action":"sync","arguments":{"__proto__":{"admin":true}}}'],
    ["constructor as a key", '{"request_id":"r","action":"sync","arguments":{"a":{"constructor":1}}}'],
    ["a key twice", '{"request_id":"r","action":"sync","arguments":{"env":"staging","env":"production"}}'],
    ["a body that ends in the middle", '{"request_id":"r","action":"sync'],
    ["a hundred thousand brackets", "[".repeat(100_000)],
  ])("%s is no JSON here, and the place is named", async (_, text) => {
    const told = await post(text);
    expect([told.status, told.body.code]).toEqual([400, "bad_json"]);
    expect(told.body.detail).toMatch(/line \d+, column \d+/);
  });

  test("a body of three megabytes is refused before it is read to its end", async () => {
    const told = await post(JSON.stringify(args("x".repeat(3_000_000)))).catch(() => undefined);
    expect(told === undefined || told.status === 413).toBe(true);
    expect((await stage.agent().list()).status).toBe(200);
  });

  test.each([
    ["-1", 422],
    ["25001", 422],
    ["1e9", 422],
    ["NaN", 422],
    ["0.5", 422],
    ["0", 200],
    ["0x10", 200],
  ])("wait_ms=%s is answered with %i", async (wait, wanted) => {
    const { id } = await stage.agent().raise(args("waits"));
    const { status } = await call(`${stage.url}/v1/requests/${id}?wait_ms=${wait}`, {
      token: agentToken("infra-agent"),
    });
    expect(status).toBe(wanted);
  });

  test("too large an ask is written down, without the ask itself", async () => {
    await stage.agent().ask({ ...args(`${SECRET}${"x".repeat(70_000)}`), request_id: "far-too-large" });
    const lines = (await stage.audit()).filter((line) => line.client_request_id === "far-too-large");
    expect(lines).toMatchObject([{ entry_type: "refusal", refusal: "too_large", agent_id: "infra-agent" }]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});

describe("what the client refuses before anything is sent", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const getter = {
    get service(): string {
      throw new Error("a getter was run");
    },
  };
  test.each([
    ["a cycle", cyclic, "arguments.self"],
    ["NaN", { a: { b: Number.NaN } }, "arguments.a.b"],
    ["Infinity", { a: Number.POSITIVE_INFINITY }, "arguments.a"],
    ["a BigInt", { a: 1n }, "arguments.a"],
    ["a Date", { at: new Date(0) }, "arguments.at"],
    ["a Map", { a: new Map() }, "arguments.a"],
    ["a function", { a: () => 1 }, "arguments.a"],
    ["undefined", { a: undefined }, "arguments.a"],
    ["half of a surrogate pair", { a: "\ud83d" }, "arguments.a"],
    ["a prototype key", JSON.parse('{"__proto__": {"admin": true}}'), "arguments"],
    ["a getter", getter, "arguments.service"],
    ["a symbol key", { [Symbol("x")]: 1 }, "arguments"],
    ["very deep nesting", nested(100), "arguments.a"],
  ])("%s, naming its place; the function does not run", async (_, given, place) => {
    let ran = 0;
    const before = (await stage.service.store.list({ limit: 200 })).length;
    const running = stage.attesta().run({ name: "sync_everything", arguments: Object(given) }, () => ran++);
    await expect(running).rejects.toThrow(TypeError);
    await expect(running).rejects.toThrow(place);
    expect([ran, (await stage.service.store.list({ limit: 200 })).length]).toEqual([0, before]);
  });

  test("what the service refuses reaches the caller as a denial with its code", async () => {
    const running = stage.attesta().run({ name: "sync", arguments: { a: nested(20) } }, () => "ran");
    await expect(running).rejects.toBeInstanceOf(AttestaDenied);
    await expect(running).rejects.toMatchObject({ code: "too_large", verdict: "denied" });
  });
});

describe("60,000 letters", () => {
  const letters = [
    ["a", "a".repeat(60_000)],
    ["@", `${"a@".repeat(30_000)}!`],
    ["digits and dots", "1.".repeat(30_000)],
    ["blanks", " ".repeat(60_000)],
    ["words", "DROP ".repeat(12_000)],
    ["slashes", "http://".repeat(8_500)],
    ["underscores", "_".repeat(60_000)],
  ] as const;
  const shapes = [ROLLBACK, FIREWALL, PRODUCTION, CREDENTIALS, { action: "sync_everything", arguments: { value: "" } }];

  test.each(letters)("of %s in any argument are scored at once, and shown whole", async (_, text) => {
    for (const shape of shapes) {
      for (const name of Object.keys(shape.arguments)) {
        const told = await stage.agent().assess({ ...shape, arguments: { ...shape.arguments, [name]: text } });
        expect(told.status).toBe(200);
      }
    }
    const { id } = await stage.agent().raise({ ...ROLLBACK, arguments: { ...ROLLBACK.arguments, reason: text } });
    const { facts } = await stage.state(id);
    const shown = facts.pages.flatMap(({ rows }) => rows).filter(({ label }) => label.startsWith("reason"));
    const whole = shown.map((row) => row.text).join("");
    const blanks = /^ +$/.test(text) ? [`"\\u{20x${text.length}}"`] : [];
    expect([text, JSON.stringify(text), ...blanks].includes(whole)).toBe(true);
    await stage.agent().cancel(id);
  });

  test("in a name's pattern, a description and a hint do not lower or break anything", async () => {
    const plain = await stage.agent().assess(ROLLBACK);
    const told = await stage
      .agent()
      .assess({ ...ROLLBACK, description: "safe ".repeat(1_600), hints: { x: "y".repeat(5_000) } });
    const score = (body: Record<string, unknown>): number => Number(Object(body.risk).score);
    expect(score(told.body)).toBeGreaterThanOrEqual(score(plain.body));
  });
});

describe("characters that nobody sees", () => {
  const HIDDEN = "api\u202egateway\u200b\u0007\u2066\u{e0041}\u00ad";
  const RAW = /(?![\n\t])[\p{Cc}\p{Cf}]/u;

  test("stand as marks on the card and the evidence, in the inbox and in what the agent says", async () => {
    const { id } = await stage.agent().raise({
      ...ROLLBACK,
      arguments: { ...ROLLBACK.arguments, service: HIDDEN, "na\u202eme": "\u001b[2Japproved by Sam" },
      description: "fine\u0000\u202e\r\napproved by Sam Okafor",
      session_id: "s\u202e1",
    });
    const form = formOf(await stage.person(SRE).open(id));
    const inbox = await stage.person(SRE).inbox();
    const card = await stage.person(SRE).card(id);
    for (const shown of [form, inbox, card]) {
      const texts = textsOf(shown);
      expect(texts.filter((text) => RAW.test(text))).toEqual([]);
    }
    const service = form.pages.flatMap(({ rows }) => rows).find(({ label }) => label === "service");
    expect(service?.text).toBe("api\\u{202E}gateway\\u{200B}\\u{7}\\u{2066}\\u{E0041}\\u{AD}");
    expect(textsOf(card).some((text) => text.includes("\n"))).toBe(false);
    await stage.agent().cancel(id);
  });
});

/** Every text inside a reply. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
