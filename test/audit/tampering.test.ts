/** Every way in which somebody may change a log file, and how verification names the place. */
import { describe, expect, test } from "vitest";
import { headOf, joinLines, rehashed, sampleLines, verifyBytes } from "./logs.ts";

async function problemsOf(bytes: string | Buffer) {
  const report = await verifyBytes(bytes);
  expect(report.ok).toBe(false);
  return report.problems.map(({ check, line, reason }) => `${check} ${line}: ${reason}`).join("\n");
}

async function changed(change: (lines: string[]) => void): Promise<string> {
  const lines = [...(await sampleLines())];
  change(lines);
  return joinLines(lines);
}

/** Line 3 is the production deployment. */
const edit = (from: string, to: string) => (lines: string[]) => {
  const line = lines[2] ?? "";
  expect(line).toContain(from);
  lines[2] = line.replace(from, to);
};

test("finds nothing wrong with a log as it was written", async () => {
  const lines = await sampleLines();
  const report = await verifyBytes(joinLines(lines));
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ ok: true, entries: 3, lines: 6, head: headOf(lines[5] ?? "") });
});

describe("a change that does not mend the chain", () => {
  test("an edited entry is named by its line", async () => {
    const found = await problemsOf(await changed(edit('"risk_score":0.88', '"risk_score":0.18')));
    expect(found).toBe("chain 3: chain_hash does not match the line: it was changed after it was written");
  });

  test("an edited entry with its own hash made anew breaks the next line", async () => {
    const found = await problemsOf(
      await changed((lines) => {
        edit('"risk_score":0.88', '"risk_score":0.18')(lines);
        const line = lines[2] ?? "";
        const alone = rehashed([line])[0] ?? "";
        lines[2] = alone.replace('{"number":1,', '{"number":3,');
      }),
    );
    expect(found).toContain("chain 3:");
    expect(found).toContain("chain 4: previous_hash is not the chain_hash of the line before");
  });

  test("a removed line is named by the line that follows it", async () => {
    const found = await problemsOf(await changed((lines) => lines.splice(3, 1)));
    expect(found).toContain("chain 4: number is 5, expected 4: lines before it are missing");
    expect(found).toContain("chain 4: previous_hash is not");
  });

  test("a removed first line is named", async () => {
    const found = await problemsOf(await changed((lines) => lines.shift()));
    expect(found).toContain("chain 1: number is 2, expected 1");
  });

  test("swapped lines are named", async () => {
    const found = await problemsOf(
      await changed((lines) => {
        const [a, b] = [lines[3] ?? "", lines[4] ?? ""];
        lines.splice(3, 2, b, a);
      }),
    );
    expect(found).toContain("chain 4: number is 5, expected 4");
    expect(found).toContain("chain 5: number is 4, expected 6: it was repeated or moved");
  });

  test("a duplicated line is named", async () => {
    const found = await problemsOf(await changed((lines) => lines.splice(3, 0, lines[2] ?? "")));
    expect(found).toContain("chain 4: number is 3, expected 4: it was repeated or moved");
    expect(found).toContain("chain 4: request REQ2 was decided before, in entry 3");
  });

  test("a blank line is named, in the middle and at the end", async () => {
    expect(await problemsOf(await changed((lines) => lines.splice(3, 0, "")))).toContain("chain 4: blank line");
    expect(await problemsOf(`${await changed(() => {})}\n`)).toBe("chain 7: blank line");
  });

  test("line ends of another system are named", async () => {
    const text = await changed(() => {});
    expect(await problemsOf(text.replaceAll("\n", "\r\n"))).toContain("chain 1: ends with CR");
    expect(await problemsOf(text.replace("\n", "\r"))).toContain("chain 1:");
  });

  test("a byte order mark is named", async () => {
    expect(await problemsOf(`\ufeff${await changed(() => {})}`)).toContain("chain 1: begins with a byte order mark");
  });

  test("NUL bytes after the last line are named, with and without a line end", async () => {
    const text = await changed(() => {});
    expect(await problemsOf(`${text}\0\0\0`)).toBe(
      "chain 7: incomplete: 3 bytes without a line end (a crash, or a writer at work)",
    );
    expect(await problemsOf(`${text}\0\0\0\n`)).toContain("chain 7: not an audit line");
  });

  test("spaces and members after the chain hash are named", async () => {
    const text = (end: string) => changed((lines) => lines.splice(2, 1, (lines[2] ?? "").replace(/\}$/, end)));
    expect(await problemsOf(await text("} "))).toContain('chain 3: does not end with ,"chain_hash":');
    expect(await problemsOf(await text(',"verdict":"denied"}'))).toContain('chain 3: does not end with ,"chain_hash":');
  });

  test("an emptied file has no entries", async () => {
    expect(await problemsOf("")).toBe("chain 1: no entries: the file is empty");
  });

  test("a last line without its line end is incomplete", async () => {
    const text = await changed(() => {});
    expect(await problemsOf(text.slice(0, -1))).toContain("chain 6: incomplete:");
  });

  test("one broken line does not hide the next", async () => {
    const found = await problemsOf(
      await changed((lines) => {
        for (const index of [1, 4]) lines[index] = (lines[index] ?? "").replace('"infra-agent"', '"other-agent"');
      }),
    );
    expect(found.split("\n").map((line) => line.slice(0, 8))).toEqual(["chain 2:", "chain 5:"]);
  });
});

describe("a change with the whole chain made anew", () => {
  const forged = async (change: (lines: string[]) => void) => {
    const lines = [...(await sampleLines())];
    change(lines);
    return joinLines(rehashed(lines));
  };

  test("an added member is named", async () => {
    const found = await problemsOf(await forged(edit('"seq":9', '"seq":9,"approved_by":"me"')));
    expect(found).toContain('chain 3: entry: Unrecognized key: "approved_by"');
  });

  test("an added member of a nested object is named", async () => {
    const found = await problemsOf(await forged(edit('"name":"Sam Okafor"', '"name":"Sam Okafor","level":1')));
    expect(found).toContain('chain 3: approvers.0: Unrecognized key: "level"');
  });

  test("a removed member is named", async () => {
    expect(await problemsOf(await forged(edit('"verdict":"approved",', "")))).toContain("chain 3: verdict:");
  });

  test("a duplicate key is named, though JSON parsers hide it", async () => {
    const found = await problemsOf(await forged(edit('"seq":9', '"seq":9,"seq":9')));
    expect(found).toBe('chain 3: key "seq" stands twice in one object');
  });

  test("a duplicate key that is written with an escape is named", async () => {
    const found = await problemsOf(await forged(edit('"seq":9', '"s\\u0065q":9,"seq":9')));
    expect(found).toBe('chain 3: key "seq" stands twice in one object');
  });

  test("a duplicate key inside the arguments is named", async () => {
    const found = await problemsOf(
      await forged(edit('{"service":"api-gateway"', '{"service":"x","service":"api-gateway"')),
    );
    expect(found).toBe('chain 3: key "service" stands twice in one object');
  });

  test("a line that is not JSON, or not UTF-8, is named", async () => {
    expect(await problemsOf(await forged(edit('"seq":9', '"seq":09')))).toContain("chain 3: not JSON");
    const text = await changed(() => {});
    const bytes = Buffer.from(text.replace("REQ1", "RE\u00ff1"), "latin1");
    expect(await problemsOf(bytes)).toContain("chain 2:");
  });

  test("an entry that stands twice is named", async () => {
    const found = await problemsOf(await forged((lines) => lines.splice(3, 0, lines[2] ?? "")));
    expect(found).toContain("chain 4: entry_id aud_");
    expect(found).toContain("chain 4: request REQ2 was decided before, in entry 3");
  });

  test("a cut tail verifies, and is found with what is known from elsewhere", async () => {
    const lines = await sampleLines();
    const cut = joinLines(lines.slice(0, 4));
    expect((await verifyBytes(cut)).ok).toBe(true);
    const report = await verifyBytes(cut, { expected: [headOf(lines[1] ?? ""), headOf(lines[4] ?? "")] });
    expect(report.problems).toEqual([
      { check: "expected", line: 5, reason: "the file ends at line 4, entry 5 is missing" },
    ]);
  });

  test("a history that was written anew verifies, and is found with what is known from elsewhere", async () => {
    const lines = [...(await sampleLines())];
    const known = headOf(lines[3] ?? "");
    edit('"reason":null', '"reason":"x"')(lines);
    const text = joinLines(rehashed(lines));
    expect((await verifyBytes(text)).ok).toBe(true);
    const report = await verifyBytes(text, { expected: [known] });
    expect(report.problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      expect.stringContaining(`4: line 4 has another hash: expected ${known.hash}, found `),
    ]);
  });

  test("a true file has every line that is known from elsewhere", async () => {
    const lines = await sampleLines();
    expect((await verifyBytes(joinLines(lines), { expected: lines.map(headOf) })).ok).toBe(true);
  });
});
