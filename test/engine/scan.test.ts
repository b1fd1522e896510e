import { describe, expect, it } from "vitest";
import { hasDangerousCommand } from "../../src/engine/dangerous-command.ts";
import { scanText } from "../../src/engine/scan.ts";

/** How often the words of a text are read, from any list that is made of them too. */
function readsOf(text: string): { readonly words: number; readonly reads: number } {
  const words = text.split(" ");
  let reads = 0;
  const counted = new Proxy(words, {
    get(target, key, receiver) {
      if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  hasDangerousCommand(counted);
  return { words: words.length, reads };
}

describe("looking for a dangerous command", () => {
  it.each(["-/rm", "-/chmod", "rm -v", "chmod -v", "-", "rm", "-/rm -r", "-/rm -f"])(
    "reads each word at most twice, however often %j is repeated",
    (part) => {
      for (const times of [10, 1_000, 20_000]) {
        const { words, reads } = readsOf(Array.from({ length: times }, () => part).join(" "));
        expect(reads).toBeGreaterThan(0);
        expect(reads).toBeLessThanOrEqual(2 * words);
      }
    },
  );

  it.each([
    ["rm -rf", true],
    ["rm -r -v -f", true],
    ["-/rm -r -f", true],
    ["rm -/rm -f", true],
    ["chmod -R -v 777", true],
    ["-/chmod 0777", true],
    ["rm -r x -f", false],
    ["-r -f rm", false],
    ["chmod x 777", false],
    ["rm --recursive --forced", false],
  ])("judges %j as %s", (text, is) => expect(hasDangerousCommand(text.split(" "))).toBe(is));
});

describe("scanning", () => {
  const parts = [
    "-/rm ",
    "-/rm\n",
    "-/chmod ",
    "rm -r ",
    "sudo",
    "key1",
    "keys9",
    "a.env",
    "drop_",
    "aB",
    "a@a.",
    "a@a",
    "1.1.1.",
    "f:",
    "0:0:0:0:0:0:0:",
    "a:/",
    "x.sq",
    "\ufdfa",
    "\u200b",
  ];

  it.each(parts.map((part) => [part]))("ends for 64 KiB of %j, ten times over", (part) => {
    const text = `${part.repeat(Math.floor(65_536 / Buffer.byteLength(part)))}~`;
    for (let time = 0; time < 10; time += 1) expect(scanText(text, false).score).toBeGreaterThan(0);
  });
});
