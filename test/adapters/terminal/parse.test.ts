import { describe, expect, it } from "vitest";
import { chosenItem, chosenReason, chosenText, letterOf, menuLetter } from "../../../src/adapters/terminal/parse.ts";

describe("what was typed", () => {
  it("takes a letter for its option, and everything else as it is", () => {
    const options = ["canary", "rolling", "blue-green"];
    expect(chosenText("b", options)).toBe("rolling");
    expect(chosenText(" C) ", options)).toBe("blue-green");
    expect(chosenText("z", options)).toBe("z");
    expect(chosenText("rolling", options)).toBe("rolling");
    expect(chosenText("a", ["b", "a"])).toBe("a");
    expect(letterOf(4)).toBe("E");
  });

  it("takes reasons by number or words", () => {
    const reasons = [
      { code: "wrong_target", label: "wrong target" },
      { code: "suspicious", label: "looks suspicious" },
    ] as const;
    expect(chosenReason("2", reasons)).toBe("suspicious");
    expect(chosenReason("Wrong Target", reasons)).toBe("wrong_target");
    expect(chosenReason("suspicious", reasons)).toBe("suspicious");
    expect([chosenReason("0", reasons), chosenReason("3", reasons), chosenReason("", reasons)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("takes requests by number, id or the beginning of an id that is one only", () => {
    const items = [{ requestId: "7K3FAAAA" }, { requestId: "7K3FBBBB" }, { requestId: "9ZZZ0000" }];
    expect(chosenItem("3", items)).toBe(items[2]);
    expect(chosenItem("7k3fb", items)).toBe(items[1]);
    expect(chosenItem("7K3F", items)).toBeUndefined();
    expect(chosenItem("9", items)).toBeUndefined();
  });

  it("knows only the menu's letters", () => {
    expect(menuLetter(" A ", ["a", "d"])).toBe("a");
    expect(menuLetter("approve", ["a", "d"])).toBeUndefined();
  });
});
