/** The published explanations and quiz answers, read from the published page itself, are accepted for the published actions. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIREWALL, MIGRATION, PRODUCTION, ROLLBACK } from "./actions.ts";
import { answerInTime, codeOf, openAndRead, wordsOf } from "./reviewer.ts";
import { openStage, type Stage } from "./stage.ts";

const PAGE = fileURLToPath(new URL("../../../shared/seed/devops-pipeline.txt", import.meta.url));
const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : undefined;
if (page === undefined) console.log("not run: ../shared/seed/devops-pipeline.txt is not there");

/** The explanation that this person gave on the page. */
function explanationOf(person: string): string {
  const found = new RegExp(`\\(${person.replace(".", "\\.")}\\) — TEACH-BACK:\\s+(.+?) Approved \\(`, "s").exec(
    page ?? "",
  );
  return found?.[1] ?? "";
}

interface Asked {
  readonly question: string;
  readonly answer: string;
}

/** Questions with their answers in one line of the page. */
function quizIn(line: string): readonly Asked[] {
  const each = /Q\d: (.+?\?) (.+?)(?= — Correct| Q\d:| Approved \()/g;
  return [...line.matchAll(each)].map(([, question = "", answer = ""]) => ({ question, answer }));
}

function lineWith(start: string): string {
  return page?.split("\n").find((line) => line.startsWith(start)) ?? "";
}

describe.runIf(page !== undefined)("the published texts", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400}" });
  });
  afterAll(() => stage.close());

  async function explain(person: string, id: string, text: string): Promise<void> {
    const form = await openAndRead(stage, person, id);
    expect(form.question.kind).toBe("teach_back");
    const reply = await answerInTime(stage, person, { form, answers: [text] });
    expect([codeOf(reply), wordsOf(reply)]).toEqual(["none", expect.stringMatching(/^Counted/)]);
  }

  async function quiz(person: string, id: string, published: readonly Asked[]): Promise<void> {
    const form = await openAndRead(stage, person, id);
    const asked = form.question.kind === "quiz" ? form.question.questions.map(({ text }) => text) : [];
    expect(asked).toEqual(published.map(({ question }) => question));
    const reply = await answerInTime(stage, person, { form, answers: published.map(({ answer }) => answer) });
    expect([codeOf(reply), wordsOf(reply)]).toEqual(["none", expect.stringMatching(/approved now/)]);
  }

  async function entryOf(id: string) {
    const lines = await stage.audit();
    return lines.find((line) => line.request_id === id && line.entry_type === "decision");
  }

  test("production deployment: the SRE lead's explanation and the release manager's two answers", async () => {
    const { id } = await stage.agent().raise(PRODUCTION);
    const published = quizIn(lineWith("Q1: Which service is being deployed?"));
    expect(published).toHaveLength(2);
    await explain("sre.lead@company.com", id, explanationOf("sre.lead@company.com"));
    await quiz("release.mgr@company.com", id, published);
    expect(await entryOf(id)).toMatchObject({
      verdict: "approved",
      approvers: [
        { matched_terms: ["api-gateway", "2.1.0", "canary", "10", "CHG-2026-0042"] },
        { answers: ["api-gateway", "CHG-2026-0042"] },
      ],
    });
  });

  test("schema migration: the DBA's explanation and the backend lead's two answers", async () => {
    const { id } = await stage.agent().raise(MIGRATION);
    const published = quizIn(lineWith("Q1: Which database is affected?"));
    expect(published).toHaveLength(2);
    await explain("dba@company.com", id, explanationOf("dba@company.com"));
    await quiz("backend.lead@company.com", id, published);
    expect(await entryOf(id)).toMatchObject({
      verdict: "approved",
      approvers: [
        { matched_terms: ["20260213_add_user_preferences.sql", "primary", "production"] },
        { answers: ["primary", "No (DDL)"] },
      ],
    });
  });

  test("rollback: three answers, one of them the issue in the reviewer's own typed words", async () => {
    const { id } = await stage.agent().raise(ROLLBACK);
    const published = quizIn(lineWith("Q1: Which version will the service revert to?"));
    expect(published.map(({ answer }) => answer)).toContain("502 errors on the checkout endpoint");
    await quiz("sre.lead@company.com", id, published);
    expect(await entryOf(id)).toMatchObject({ verdict: "approved", failed_attempts: [] });
  });

  test("firewall: the explanation matches the five printed terms", async () => {
    const { id } = await stage.agent().raise(FIREWALL);
    const line = lineWith("Explain what this firewall change will do:");
    const [, text = "", terms = ""] = /do: (.+?) Key terms matched: (.+)$/.exec(line) ?? [];
    expect(terms).toBe("allow, TCP, 443, 10.0.0.0/8, ingress");
    await explain("security.eng@company.com", id, text);
    expect(await entryOf(id)).toMatchObject({ approvers: [{ matched_terms: terms.split(", ") }] });
  });
});
