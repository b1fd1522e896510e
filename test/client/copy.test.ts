import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyArguments } from "../../src/client/copy.ts";
import { nameArguments, parameterNames } from "../../src/client/parameters.ts";

describe("copyArguments", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = { again: cycle };
  test.each<[string, object, string]>([
    ["a Date", { when: [{ at: new Date() }] }, "arguments.when[0].at: a Date is not JSON; send its ISO text"],
    ["a cycle", cycle, "arguments.self.again: a value that contains itself"],
    ["NaN", { n: Number.NaN }, "arguments.n: NaN"],
    ["Infinity", { n: Number.POSITIVE_INFINITY }, "arguments.n: Infinity"],
    ["an unsafe integer", { n: 2 ** 53 }, "arguments.n: a whole number beyond 2^53"],
    ["a BigInt", { n: 1n }, "arguments.n: a BigInt"],
    ["undefined", { n: undefined }, "arguments.n: undefined"],
    ["a function", { list: [() => 1] }, "arguments.list[0]: a function"],
    ["a symbol", { s: Symbol("x") }, "arguments.s: a symbol"],
    ["a Map", { m: new Map() }, "arguments.m: an instance of a class"],
    ["an instance", { m: new (class Service {})() }, "arguments.m: an instance of a class"],
    ["a hole", { list: new Array(1) }, "arguments.list[0]: undefined"],
    ["half a surrogate pair", { s: "\ud800" }, "arguments.s: half of a surrogate pair"],
    ["a prototype key", JSON.parse('{"a":{"__proto__":1}}'), "arguments.a: the key __proto__ is not allowed"],
    ["a symbol key", { [Symbol("x")]: 1 }, "arguments: a symbol key"],
  ])("refuses %s with its path", (_, value, message) => {
    expect(() => copyArguments(value)).toThrow(TypeError);
    expect(() => copyArguments(value)).toThrow(message);
  });

  test("a getter is refused and not run", () => {
    let ran = 0;
    const value = {
      get secret() {
        ran += 1;
        return "x";
      },
    };
    expect(() => copyArguments(value)).toThrow("arguments.secret: a getter");
    expect(ran).toBe(0);
  });

  test("nesting without end is refused", () => {
    let deep: object = {};
    for (let i = 0; i < 100_000; i += 1) deep = { deep };
    expect(() => copyArguments(deep)).toThrow("nesting deeper than 64");
  });

  test("the copy is equal, frozen throughout, and shares nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 3 })), (value) => {
        fc.pre(
          !/\d{16}|e\+/.test(JSON.stringify(value)) && !/__proto__|constructor|prototype/.test(JSON.stringify(value)),
        );
        const copy = copyArguments(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        const frozen = (one: unknown): boolean =>
          typeof one !== "object" || one === null || (Object.isFrozen(one) && Object.values(one).every(frozen));
        expect(frozen(copy)).toBe(true);
      }),
    );
    const given = { list: [{ a: 1 }] };
    const copy = copyArguments(given);
    given.list.push({ a: 2 });
    expect(copy).toEqual({ list: [{ a: 1 }] });
  });
});

describe("parameterNames", () => {
  const sources: [(...args: never[]) => unknown, readonly string[] | undefined][] = [
    [
      function deploy(service: string, version: string) {
        return [service, version];
      },
      ["service", "version"],
    ],
    [(service: string) => service, ["service"]],
    [async (service: string, $v: number) => [service, $v], ["service", "$v"]],
    [
      {
        method(rule_id: string) {
          return rule_id;
        },
      }.method,
      ["rule_id"],
    ],
    [() => 1, []],
    [({ service }: { service: string }) => service, undefined],
    [(service = "api") => service, undefined],
    [(...all: string[]) => all, undefined],
    [Math.max, undefined],
    [((a: number) => a).bind(undefined), undefined],
  ];
  test.each(sources)("%s", (fn, names) => {
    expect(parameterNames(fn)).toEqual(names);
  });
});

describe("nameArguments", () => {
  const deploy = (service: string, version: string) => `${service}${version}`;
  test("one plain object is its own members", () => {
    const { named, toList } = nameArguments((all: object) => all, [{ a: 1 }]);
    expect([named, toList({ a: 2 })]).toEqual([{ a: 1 }, [{ a: 2 }]]);
  });
  test("positional arguments take the function's names, then arg2", () => {
    const { named, toList } = nameArguments(deploy, ["api", "1", true]);
    expect(named).toEqual({ service: "api", version: "1", arg2: true });
    expect(toList({ arg2: true, version: "1", service: "api" })).toEqual(["api", "1", true]);
  });
  test("given names win, also for one object", () => {
    expect(nameArguments(deploy, [{ a: 1 }], ["config"]).named).toEqual({ config: { a: 1 } });
  });
  test("undefined at the end is left out, in the middle it stays to be refused", () => {
    expect(nameArguments(deploy, ["api", undefined]).named).toEqual({ service: "api" });
    expect(nameArguments(deploy, [undefined, "1"]).named).toEqual({ service: undefined, version: "1" });
  });
  test("one name for two arguments is refused", () => {
    expect(() => nameArguments(deploy, [1, 2], ["a", "a"])).toThrow("two arguments are called a");
  });
});
