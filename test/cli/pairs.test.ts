import { describe, expect, it } from "vitest";
import { CliExit } from "../../src/cli/context.ts";
import { joinObjects, readJsonObject, readPairs } from "../../src/cli/pairs.ts";

describe("name=value pairs", () => {
  it("read plain numbers, true and false as such, and everything else as text", () => {
    expect(
      readPairs(
        ["a=10", "b=-0.5", "c=true", "d=false", "e=2.0", "f=007", "g=1e5", "h=null", "i=", "j=2.1.0", "k=NaN"],
        "--arg",
      ),
    ).toEqual({
      a: 10,
      b: -0.5,
      c: true,
      d: false,
      e: "2.0",
      f: "007",
      g: "1e5",
      h: "null",
      i: "",
      j: "2.1.0",
      k: "NaN",
    });
    expect(readPairs(["big=12345678901234567890"], "--arg")).toEqual({ big: "12345678901234567890" });
  });

  it("keep quoted values as text, and everything after the first equals sign", () => {
    expect(readPairs(['a="10"', "b=x=y", 'c="true"', "url=http://h:1/?q=1"], "--arg")).toEqual({
      a: "10",
      b: "x=y",
      c: "true",
      url: "http://h:1/?q=1",
    });
  });

  it("read JSON after :=", () => {
    expect(readPairs(['list:=["a", 1]', 'o:={"x": null}'], "--arg")).toEqual({ list: ["a", 1], o: { x: null } });
  });

  it("keep a name that objects have already as a plain member", () => {
    const values = readPairs(["__proto__=x"], "--arg");
    expect(Object.keys(values)).toEqual(["__proto__"]);
  });

  it.each([["service"], ["=x"], ["a:=[1"]])("refuse %s", (pair) => {
    expect(() => readPairs([pair], "--arg")).toThrow(CliExit);
  });

  it("refuse a name that is given twice", () => {
    expect(() => readPairs(["a=1", "a=2"], "--arg")).toThrow("--arg a: is given twice");
    expect(() => joinObjects({ a: 1 }, { a: 1 }, "--args and --arg")).toThrow("both give a");
    expect(joinObjects({ a: 1 }, { b: 2 }, "--args and --arg")).toEqual({ a: 1, b: 2 });
  });

  it("refuse --args that is no object, without repeating it", () => {
    expect(readJsonObject('{"a": [1]}', "--args")).toEqual({ a: [1] });
    for (const text of ["[1]", "secret", "7"])
      expect(() => readJsonObject(text, "--args")).toThrow(/^--args: (?!.*secret)/);
  });
});
