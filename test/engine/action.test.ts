import { describe, expect, it } from "vitest";
import { checkAction, isActionName, isSameName, matchesName, nameWords, normalName } from "../../src/engine/action.ts";
import { declarationOf } from "../../src/engine/declaration.ts";
import type { Profile } from "../../src/engine/profile.ts";
import { infraProfile } from "../fixtures/infra-policy.ts";

const refusal = (raw: unknown) => {
  const checked = checkAction(raw);
  return checked.ok ? "accepted" : `${checked.code} ${checked.detail}`;
};
const withArguments = (args: unknown) => refusal({ name: "do_it", arguments: args });
const nested = (depth: number): unknown => (depth === 0 ? 1 : { in: nested(depth - 1) });
const cyclic: Record<string, unknown> = {};
cyclic.self = { again: [cyclic] };

describe("normal form of names", () => {
  it.each([
    ["deployToProduction", "deploy_to_production"],
    ["Deploy_To_Production", "deploy_to_production"],
    ["DEPLOYToProduction", "deploy_to_production"],
    ["mcp__infra__deploy_to_production", "mcp_infra_deploy_to_production"],
    ["infra.deploy-to/production", "infra_deploy_to_production"],
    ["__run__", "run"],
    ["k8sApply", "k8s_apply"],
  ])("brings %s to %s", (name, normal) => {
    expect(normalName(name)).toBe(normal);
    expect(normalName(normal)).toBe(normal);
  });

  it("gives the words of a name", () => {
    expect(nameWords("mcp__infra__getStatus")).toEqual(["mcp", "infra", "get", "status"]);
  });

  it("meets a key as a whole or at the name's end, never in the middle of a word", () => {
    expect(matchesName("disable_mfa", "disableMfa")).toBe(true);
    expect(matchesName("mcp_iam_disable_mfa", "disable_mfa")).toBe(true);
    expect(matchesName("xdisable_mfa", "disable_mfa")).toBe(false);
    expect(matchesName("disable_mfa_report", "disable_mfa")).toBe(false);
    expect(matchesName("anything", "__")).toBe(false);
  });

  it("takes snake_case and camelCase as the same argument, other alphabets only as written", () => {
    expect(isSameName("changeTicket", "change_ticket")).toBe(true);
    expect(isSameName("пароль", "ключ")).toBe(false);
    expect(isSameName("пароль", "пароль")).toBe(true);
    expect(isSameName("_", "-")).toBe(false);
  });

  it.each(["", "_", "...", "a b", "déploy", "dерloy", "deploy\u200b", "a\n", "x".repeat(129)])("refuses %j", (name) => {
    expect(isActionName(name)).toBe(false);
    expect(refusal({ name })).toMatch(/^invalid_action name: /);
  });

  it("takes names of 128 characters", () => expect(isActionName("x".repeat(128))).toBe(true));
});

describe("declarations", () => {
  const found = (name: string, profile: Pick<Profile, "actions"> = infraProfile) => declarationOf(name, profile)?.name;

  it.each([
    "deployToProduction",
    "mcp__infra__deploy_to_production",
    "mcp__infra-eu_2__deployToProduction",
    "Deploy.To/Production",
  ])("takes %s as the declared deploy_to_production", (name) => expect(found(name)).toBe("deploy_to_production"));

  it.each([
    "delete_all_and_get_service_status",
    "delete-all-get-service-status",
    "delete_all__get_service_status",
    "run.get_service_status",
    "get_service_status__v2",
    "infra.get_service_status",
    "wipe.get_service_status",
    "rm.get_service_status",
    "nuke/get_service_status",
    "shutdown:get_service_status",
    "exec.get_service_status",
    "wipe__get_service_status",
    "mcp__get_service_status",
    "mcp____get_service_status",
    "mcp__infra__wipe__get_service_status",
    "mcp__infra__wipe.get_service_status",
    "mcp__infra.wipe__get_service_status",
    "mcp__delete_all__get_service_status",
    "mcp__run__get_service_status",
    "x__mcp__infra__get_service_status",
    "constructor",
    "a.toString",
  ])("takes %s as undeclared", (name) => expect(found(name)).toBeUndefined());

  it("takes the tool's name, never the server's as part of it", () => {
    const [short, long] = ["status", "infra_status"].map((name) => ({ ...infraProfile.actions.run_migration, name }));
    const actions = Object.fromEntries([short, long].map((one) => [one?.name, one])) as Profile["actions"];
    expect(found("mcp__infra__status", { actions })).toBe("status");
    expect(found("infra__status", { actions })).toBe("infra_status");
  });
});

describe("checking an action", () => {
  it("copies deeply, so that later changes do not reach it, and freezes the copy", () => {
    const raw = { name: "do_it", arguments: { list: [{ a: 1 }], zero: -0, none: null }, hints: { big: 3, ok: true } };
    const checked = checkAction(raw);
    raw.arguments.list.push({ a: 2 });
    expect(checked).toEqual({
      ok: true,
      action: {
        name: "do_it",
        arguments: { list: [{ a: 1 }], zero: 0, none: null },
        hints: { big: 3, ok: true },
        attachments: [],
      },
    });
    if (!checked.ok) return;
    expect(Object.is(checked.action.arguments.zero, 0)).toBe(true);
    const list = checked.action.arguments.list;
    const parts = [checked.action, checked.action.arguments, checked.action.hints, checked.action.attachments, list];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
    expect(Array.isArray(list) && Object.isFrozen(list[0])).toBe(true);
  });

  it("keeps everything that an action may carry", () => {
    const action = {
      name: "do_it",
      arguments: {},
      hints: { environment: "staging" },
      description: "says the agent",
      environment: "eu-west/staging 2",
      command: { argv: ["./deploy.sh", ""], cwd: "/srv" },
      attachments: [{ name: "a.sql", text: "select 1" }],
    };
    expect(checkAction(action)).toEqual({ ok: true, action });
  });

  it("takes absent and undefined members as absent", () => {
    expect(checkAction({ name: "a", description: undefined })).toEqual({
      ok: true,
      action: { name: "a", arguments: {}, hints: {}, attachments: [] },
    });
  });

  it.each<[string, unknown, string]>([
    ["a Date", { items: [0, { when: new Date(0) }] }, "arguments.items[1].when: a Date is not JSON; send its ISO text"],
    ["NaN", { a: Number.NaN }, "arguments.a: NaN is not JSON"],
    ["Infinity", { a: Number.POSITIVE_INFINITY }, "arguments.a: Infinity is not JSON"],
    ["a BigInt", { a: 1n }, "arguments.a: a BigInt is not JSON; send it as a text"],
    ["a whole number that loses digits", { a: 2 ** 53 }, "arguments.a: a whole number beyond 2^53"],
    ["a function", { a: () => 1 }, "arguments.a: a function is not JSON"],
    ["undefined inside", { a: [undefined] }, "arguments.a[0]: undefined is not JSON; leave it out or send null"],
    ["a symbol", { a: Symbol("x") }, "arguments.a: a symbol is not JSON"],
    ["a symbol key", { [Symbol("x")]: 1 }, "arguments: a symbol key"],
    ["a Map", { a: new Map() }, "arguments.a: a Map is not JSON"],
    ["an object of a class", { a: /x/ }, "arguments.a: an object of a class is not JSON"],
    ["holes", { a: new Array(3) }, "arguments.a: an array with holes"],
    ["a cycle", cyclic, "arguments.self.again[0]: contains itself"],
    ["half a character", { a: "x\ud800y" }, "arguments.a: has half a character"],
    ["half a character in a key", { "\udc00": 1 }, "arguments.\\u{DC00}: has half a character"],
    ["__proto__", JSON.parse('{"a":{"__proto__":{"x":1}}}'), "arguments.a.__proto__: this name is not allowed"],
    ["constructor", { constructor: 1 }, "arguments.constructor: this name is not allowed"],
    ["prototype", { prototype: 1 }, "arguments.prototype: this name is not allowed"],
    ["an empty key", { a: { "": 1 } }, "arguments.a: has a member with an empty name"],
    ["a hidden character in a path", { "a\u202e": 1n }, "arguments.a\\u{202E}: a BigInt"],
    ["a list instead of arguments", [1], "arguments: an array is not an object"],
    ["null instead of arguments", null, "arguments: null is not an object"],
  ])("refuses %s and names the place", (_, args, detail) =>
    expect(withArguments(args)).toContain(`invalid_action ${detail}`),
  );

  it("takes the same object in two places", () => {
    const shared = { a: 1 };
    expect(withArguments({ one: shared, two: [shared] })).toBe("accepted");
  });

  it("runs no getter, and a proxy that throws is a refusal", () => {
    let ran = false;
    const sly = {
      get a() {
        ran = true;
        return 1;
      },
    };
    expect(withArguments(sly)).toBe("invalid_action arguments.a: is computed by a getter; send its value");
    expect(ran).toBe(false);
    const throwing = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(withArguments(throwing)).toBe("invalid_action action: could not be read; send plain JSON");
    expect(
      refusal({
        get name() {
          throw new Error("no");
        },
      }),
    ).toBe("invalid_action name: is computed by a getter; send its value");
  });

  it("holds the limits exactly", () => {
    expect(withArguments({ list: Array.from({ length: 256 }, () => 1) })).toBe("accepted");
    expect(withArguments({ list: Array.from({ length: 257 }, () => 1) })).toMatch(
      /^too_large arguments.list: 257 items/,
    );
    expect(withArguments({ a: Array.from({ length: 200 }, () => 1), b: Array.from({ length: 57 }, () => []) })).toMatch(
      /^too_large arguments.b\[56\]: more than 256 values/,
    );
    expect(withArguments(nested(16))).toBe("accepted");
    expect(withArguments(nested(17))).toMatch(/^too_large .*: nested deeper than 16/);
    const overhead = JSON.stringify({ name: "do_it", arguments: { a: "" }, hints: {} }).length;
    expect(withArguments({ a: "x".repeat(65_536 - overhead) })).toBe("accepted");
    expect(withArguments({ a: "x".repeat(65_537 - overhead) })).toMatch(/^too_large action: 65537 bytes/);
    expect(withArguments({ a: "é".repeat(40_000) })).toMatch(/^too_large/);
    expect(withArguments({ list: { length: 1e9 } })).toBe("accepted");
    expect(withArguments({ list: new Array(1e9) })).toMatch(/^too_large/);
  });

  it.each<[string, object, string]>([
    ["an unknown key", { agent: "x" }, "invalid_action action: unknown key agent; known are name, arguments"],
    ["an inherited key", { ["__proto__"]: 1 }, "invalid_action action: unknown key __proto__"],
    ["hints that are lists", { hints: { a: [] } }, "invalid_action hints.a: must be true, false"],
    ["hints that are null", { hints: { a: null } }, "invalid_action hints.a: must be true, false"],
    ["NaN as a hint", { hints: { a: Number.NaN } }, "invalid_action hints.a: NaN"],
    ["an environment with hidden characters", { environment: "staging\u202e" }, "invalid_action environment: must be"],
    ["an empty environment", { environment: "" }, "invalid_action environment: must be"],
    ["such an environment as a hint", { hints: { environment: "a\nb" } }, "invalid_action hints.environment: must be"],
    ["a description that is no text", { description: 1 }, "invalid_action description: a number is not a text"],
    ["a long description", { description: "x".repeat(65_537) }, "too_large description: "],
    ["a command without argv", { command: { cwd: "/" } }, "invalid_action command.argv"],
    ["an empty argv", { command: { argv: [], cwd: "/" } }, "invalid_action command.argv: must be a list"],
    ["an empty program", { command: { argv: [" "], cwd: "/" } }, "invalid_action command.argv[0]: is empty"],
    ["a number in argv", { command: { argv: ["a", 1], cwd: "/" } }, "invalid_action command.argv[1]: a number"],
    ["a NUL byte", { command: { argv: ["a\0"], cwd: "/" } }, "invalid_action command.argv[0]: has a NUL byte"],
    ["no working directory", { command: { argv: ["a"] } }, "invalid_action command.cwd: is missing"],
    ["more in a command", { command: { argv: ["a"], cwd: "/", env: {} } }, "invalid_action command: unknown key env"],
    ["attachments that are no list", { attachments: {} }, "invalid_action attachments: an object is not a list"],
    ["an attachment without text", { attachments: [{ name: "a" }] }, "invalid_action attachments[0].text: undefined"],
    ["an attachment without name", { attachments: [{ name: " ", text: "" }] }, "invalid_action attachments[0].name"],
    ["a large attachment", { attachments: [{ name: "a", text: "é".repeat(40_000) }] }, "too_large attachments[0].text"],
    [
      "two of one name",
      { attachments: [1, 2].map(() => ({ name: "a", text: "" })) },
      "invalid_action attachments: two",
    ],
    ["17 attachments", { attachments: Array.from({ length: 17 }, () => 1) }, "too_large attachments: more than 16"],
  ])("refuses %s", (_, more, detail) => {
    const raw = Object.defineProperties({ name: "a" }, Object.getOwnPropertyDescriptors(more));
    expect(refusal(raw)).toContain(detail);
  });

  it.each([undefined, null, 1, "deploy", [], new Date(0), () => 1, Symbol("x")])("refuses %s as an action", (raw) => {
    expect(refusal(raw)).toMatch(/^invalid_action action: .* is not an action/);
  });
});
