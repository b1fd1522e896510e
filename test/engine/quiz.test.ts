import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { QuizQuestion, Subject } from "../../src/engine/challenge.ts";
import { foldText } from "../../src/engine/plain-text.ts";
import { buildQuiz, countQuestions, gradeQuiz } from "../../src/engine/quiz.ts";
import {
  credentials,
  deploy,
  firewall,
  infraSubjects,
  migration,
  rollback,
  subjectOf,
} from "../fixtures/infra-subjects.ts";

function ask(subject: Subject, questions = 3, seed = "seed", used: readonly string[] = []): readonly QuizQuestion[] {
  return buildQuiz(subject, { questions, seed, used }) ?? [];
}
const SEEDS = Array.from({ length: 200 }, (_, at) => `s${at}`);
const textsOf = (questions: readonly QuizQuestion[]) => questions.map((question) => question.text);
const rightOf = (question: QuizQuestion) => question.options[question.right] ?? "";
const pairsOf = (questions: readonly QuizQuestion[]) => questions.map((one) => [one.text, rightOf(one)]);
const passes = (questions: readonly QuizQuestion[], ...choices: string[]) =>
  gradeQuiz(questions, choices).outcome === "passed";

describe("the published questions", () => {
  it("come out for a second seat's deployment", () => {
    expect(pairsOf(ask(deploy, 2))).toEqual([
      ["Which service is being deployed?", "api-gateway"],
      ["What is the change ticket?", "CHG-2026-0042"],
    ]);
  });

  it("come out for a second seat's migration", () => {
    expect(pairsOf(ask(migration, 2))).toEqual([
      ["Which database is affected?", "primary"],
      ["Is this migration reversible?", "No (DDL)"],
    ]);
  });

  it("come out for the rollback, and take the published typed answers", () => {
    const questions = ask(rollback);
    expect(pairsOf(questions)).toEqual([
      ["Which version will the service revert to?", "2.0.3"],
      ["What is the reported issue?", "v2.1.0 causing 502s on /api/checkout"],
      ["How many production instances will be reverted?", "All 10"],
    ]);
    expect(passes(questions, "2.0.3", "502 errors on the checkout endpoint", "All 10")).toBe(true);
    expect(passes(questions, "v2.0.3", "502 errors on the checkout endpoint", "10")).toBe(true);
  });
});

describe("which questions are asked", () => {
  it("always has one about what is acted on or where, and one about the riskiest argument", () => {
    expect(textsOf(ask(credentials, 2))).toEqual([
      "Whose credentials are rotated?",
      "Which kind of credential is rotated?",
    ]);
    const late = subjectOf({
      actionName: "tune",
      arguments: { size: 10, limit: 20, depth: 30, retries: 40, database: "primary" },
      riskiestArgument: "retries",
    });
    expect(textsOf(ask(late, 2))).toEqual(["What is the retries?", "What is the database?"]);
    expect(textsOf(ask(late, 3))).toHaveLength(3);
    expect(textsOf(ask(late, 3))).toEqual(expect.arrayContaining(["What is the retries?", "What is the database?"]));
  });

  const askedOf = (subject: Subject, count = 3): ReadonlyMap<string, number> => {
    const asked = new Map<string, number>();
    for (const seed of SEEDS) {
      for (const text of textsOf(ask(subject, count, seed))) asked.set(text, (asked.get(text) ?? 0) + 1);
    }
    return asked;
  };
  const decoyed = subjectOf({
    actionName: "wipe_everything",
    arguments: {
      note: "token 12",
      service: "docs-page",
      aa: 11,
      bb: 12,
      cc: 13,
      database: "payments-prod",
      rows: 90_000,
    },
    riskiestArgument: "note",
  });

  it("draws what else is asked, so that decoys and the order of arguments hide nothing", () => {
    const asked = askedOf(decoyed);
    expect(asked.get("What is the note?")).toBe(SEEDS.length);
    const targets = ["What is the service?", "What is the database?"].map((text) => asked.get(text) ?? 0);
    expect(Math.min(...targets)).toBeGreaterThan(80);
    for (const name of ["aa", "bb", "cc", "rows"]) expect(asked.get(`What is the ${name}?`), name).toBeGreaterThan(10);
    const reversed = Object.fromEntries(Object.entries(decoyed.arguments).reverse());
    expect([...askedOf({ ...decoyed, arguments: reversed }).keys()].sort()).toEqual([...asked.keys()].sort());
  });

  it("always has a target among the questions, another one on the second attempt", () => {
    const targets = ["What is the service?", "What is the database?"];
    for (const seed of SEEDS.slice(0, 50)) {
      const first = ask(decoyed, 2, seed);
      const ids = first.map(({ id }) => id);
      const second = ask(decoyed, 2, `${seed}'`, ids);
      const [one, ...more] = textsOf(first).filter((text) => targets.includes(text));
      expect(more).toEqual([]);
      expect(textsOf(second)).toContain(targets.find((text) => text !== one));
    }
  });

  it("draws among the arguments in which the same is found", () => {
    const tied = subjectOf({
      actionName: "do_it",
      arguments: { note: "token 12", plan: "DROP part 7", size: 40, service: "docs-page", more: 70 },
      riskiestArgument: "note",
    });
    const asked = askedOf(tied, 2);
    expect([...asked.keys()].sort()).toEqual(["What is the note?", "What is the plan?", "What is the service?"]);
    expect(Math.min(...asked.values())).toBeGreaterThan(60);
  });

  it("draws among the parts of the riskiest argument", () => {
    const nested = subjectOf({
      actionName: "do_it",
      arguments: { spec: { note: "token 12", replicas: 40, database: "payments-prod" }, service: "docs-page" },
      riskiestArgument: "spec",
    });
    const asked = askedOf(nested, 2);
    for (const name of ["spec note", "spec replicas", "spec database"]) {
      expect(asked.get(`What is the ${name}?`), name).toBeGreaterThan(30);
    }
  });

  it("keeps templates first, in their order, whatever the seed", () => {
    const more = { ...rollback, arguments: { aa: 1, bb: 2, database: "payments-prod", ...rollback.arguments } };
    for (const seed of SEEDS.slice(0, 50)) expect(textsOf(ask(more, 3, seed))).toEqual(textsOf(ask(rollback)));
  });

  it("asks about any word of a long value, and about another one on the second attempt", () => {
    const sql = Array.from({ length: 200 }, (_, at) => `TABLE orders_${at + 100}`).join(", ");
    const subject = subjectOf({ actionName: "q", arguments: { sql }, riskiestArgument: "sql" });
    const words = SEEDS.map((seed) => {
      const [question] = ask(subject, 2, seed);
      return question === undefined ? "" : rightOf(question);
    });
    expect(new Set(words).size).toBe(8);
    expect(words.map((word) => sql.indexOf(word)).filter((at) => at > sql.length / 2)).not.toEqual([]);
    const first = ask(subject, 2);
    const second = ask(
      subject,
      2,
      "seed",
      first.map(({ id }) => id),
    );
    expect(second[0]?.text).toBe(first[0]?.text);
    expect(second.map(rightOf)[0]).not.toBe(first.map(rightOf)[0]);
  });

  it("has one about the command that the agent chose, as many others as there were before, and none without it", () => {
    const command = "terraform destroy -auto-approve";
    const question = "How does the command begin that is run?";
    for (const subject of [...infraSubjects, decoyed]) {
      for (const seed of SEEDS.slice(0, 20)) {
        const asked = ask({ ...subject, command }, 2, seed);
        expect(pairsOf(asked)).toContainEqual([question, "terraform destroy"]);
        expect(textsOf(ask(subject, 99, seed))).not.toContain(question);
      }
    }
    const needed = textsOf(ask({ ...decoyed, command }, 2));
    expect(needed).toHaveLength(3);
    expect(needed).toEqual(expect.arrayContaining([question, "What is the note?"]));
  });

  it("is no quiz where the command cannot be asked about", () => {
    for (const command of ["", "x".repeat(61), "terra\u200bform destroy"]) {
      expect(buildQuiz({ ...deploy, command }, { questions: 3, seed: "s", used: [] })).toBeUndefined();
      expect(countQuestions({ ...deploy, command })).toBe(0);
    }
  });

  it("asks new questions before old ones, with other options", () => {
    const first = ask(deploy, 2);
    const second = ask(
      deploy,
      2,
      "other",
      first.map(({ id }) => id),
    );
    expect(textsOf(second).filter((text) => textsOf(first).includes(text))).toEqual([]);
    const everything = ask(deploy, 99);
    const again = ask(
      deploy,
      99,
      "seed",
      everything.map(({ id }) => id),
    );
    expect([...textsOf(again)].sort()).toEqual([...textsOf(everything)].sort());
    expect(again.map(({ options }) => options)).not.toEqual(everything.map(({ options }) => options));
  });

  it("gives a question the same id whatever the seed", () => {
    expect(ask(deploy, 3, "a").map(({ id }) => id)).toEqual(ask(deploy, 3, "b").map(({ id }) => id));
  });

  it("leaves out templates of patterns that did not match", () => {
    const other = { ...deploy, patterns: [] };
    expect(textsOf(ask(other, 9))).not.toContain("Which service is being deployed?");
    expect(textsOf(ask(other, 9))).toContain("What is the service?");
  });

  it("does not let an argument answer for a fact", () => {
    const forged = { ...migration, arguments: { ...migration.arguments, reversible: true } };
    expect(textsOf(ask(forged, 9))).not.toContain("Is this migration reversible?");
    const fewer = { ...rollback, arguments: { ...rollback.arguments, instances: 1 } };
    expect(textsOf(ask(fewer, 9))).not.toContain("How many production instances will be reverted?");
  });

  it("says yes for a reversible migration", () => {
    const reversible = ask({ ...migration, facts: { reversible: true } }, 2)[1];
    expect(reversible === undefined ? "" : rightOf(reversible)).toBe("Yes");
  });

  it("asks nothing about empty, invisible, boolean and one-letter values, or words of no known kind", () => {
    const args = {
      service: "",
      version: " ",
      mark: "a\u202eb",
      force: true,
      letter: "n",
      list: [],
      mood: "zorblax",
      gone: null,
    };
    const subject = subjectOf({ actionName: "x", arguments: args });
    expect(textsOf(ask({ ...subject, environment: "" }, 9))).toEqual([]);
    expect(countQuestions(subject)).toBe(1);
    expect(buildQuiz(subject, { questions: 3, seed: "s", used: [] })).toBeUndefined();
  });

  it("asks about a long value by one of its words, and never offers another of them", () => {
    const sql = "DELETE FROM orders WHERE created_at < '2019-01-01' AND region = 'eu-west-1' AND status = 'closed'";
    const [question] = ask(subjectOf({ actionName: "q", arguments: { sql }, riskiestArgument: "sql" }), 2);
    expect(question?.text).toBe("Which of these stands in the sql?");
    const present = question?.options.filter((option) => sql.toLowerCase().includes(option.toLowerCase()));
    expect(present).toEqual([question === undefined ? "" : rightOf(question)]);
  });

  it("tells two spellings of one name apart", () => {
    const args = { change_ticket: "CHG-1001", changeTicket: "CHG-2002" };
    expect(pairsOf(ask(subjectOf({ actionName: "x", arguments: args }), 3)).slice(0, 2)).toEqual([
      ['What is the value of "change_ticket"?', "CHG-1001"],
      ['What is the value of "changeTicket"?', "CHG-2002"],
    ]);
  });

  it("asks about the arguments' environment when it is another than the one that counts", () => {
    const subject = subjectOf({ actionName: "x", arguments: { environment: "staging", port: 443 } });
    expect(pairsOf(ask(subject, 9))).toContainEqual(["Which environment do the arguments name?", "staging"]);
    expect(textsOf(ask(subject, 9))).not.toContain("In which environment does this happen?");
  });

  it("leaves no text of several seconds' work", () => {
    const long = "a1 ".repeat(20_000);
    const args = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`n${index}`, index]));
    expect(ask(subjectOf({ actionName: "x", arguments: { ...args, long } }), 3)).toHaveLength(3);
    expect(passes(ask(rollback), long, long, long)).toBe(false);
  });
});

describe("the options", () => {
  const VALUES = [
    "2.1.0",
    "0.0.1",
    "v3.4",
    "0.0.0.0/0",
    "10.0.0.0/8",
    "192.168.4.7",
    "CHG-2026-0042",
    "INC00012",
    "20260213_x.sql",
  ];
  const subject = fc.oneof(
    fc.constantFrom(...infraSubjects),
    fc
      .record({
        service: fc.constantFrom("api-gateway", "zorblax", "payment_api", "WEB", "a b"),
        count: fc.oneof(fc.integer(), fc.nat(20), fc.double({ noNaN: true, noDefaultInfinity: true })),
        ref: fc.oneof(fc.constantFrom(...VALUES), fc.stringMatching(/^[a-z]{1,4}[-_.]?\d{1,12}[a-z]{0,3}$/)),
        note: fc.string(),
      })
      .map((args) => subjectOf({ actionName: "act", arguments: args, freeText: ["note"] })),
  );

  it("hold the right one once, are four, and differ after folding", () => {
    fc.assert(
      fc.property(subject, fc.string(), (given, seed) => {
        const questions = ask(given, 99, seed);
        expect(questions.length === 0 || questions.length === countQuestions(given)).toBe(true);
        for (const { options, right, accepted } of questions) {
          expect(options).toHaveLength(4);
          expect(new Set(options.map(foldText)).size).toBe(4);
          expect(options.some((option) => foldText(option) === "")).toBe(false);
          const others = options.filter((_, index) => index !== right).map(foldText);
          expect(accepted.map(foldText).filter((text) => others.includes(text))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("pass when right, fail when any one is wrong", () => {
    fc.assert(
      fc.property(subject, fc.string(), (given, seed) => {
        const questions = ask(given, 3, seed);
        fc.pre(questions.length > 0);
        const right = questions.map(rightOf);
        expect(passes(questions, ...right)).toBe(true);
        for (const [at, { options }] of questions.entries()) {
          for (const wrong of options.filter((option) => option !== right[at])) {
            expect(passes(questions, ...right.with(at, wrong))).toBe(false);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never pass for random texts", () => {
    const questions = ask(rollback);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 3, maxLength: 3 }), (texts) => {
        expect(gradeQuiz(questions, texts).outcome).not.toBe("passed");
      }),
    );
  });

  it("are the same for the same seed", () => {
    fc.assert(
      fc.property(subject, fc.string(), (given, seed) => {
        expect(ask(given, 3, seed)).toEqual(ask(given, 3, seed));
      }),
      { numRuns: 50 },
    );
  });

  const optionSets = (given: Subject, seeds: readonly string[], used: readonly string[] = []) => {
    const sets = new Map<string, Set<string>>();
    for (const seed of seeds) {
      for (const question of ask(given, 99, seed, used)) {
        const known = sets.get(question.id) ?? new Set();
        sets.set(question.id, known.add(JSON.stringify([...question.options].sort())));
      }
    }
    return sets;
  };

  it("are the same ones for every seed, which only orders them", () => {
    for (const given of infraSubjects) {
      expect([...optionSets(given, SEEDS).values()].map((sets) => sets.size)).toEqual(ask(given, 99).map(() => 1));
    }
    const [question] = ask(firewall);
    const orders = new Set(SEEDS.map((seed) => JSON.stringify(ask(firewall, 3, seed)[0]?.options)));
    expect(question?.options).toHaveLength(4);
    expect(orders.size).toBe(24);
  });

  it("are a second fixed set on the second attempt, with more than the right one in both", () => {
    let differing = 0;
    for (const given of infraSubjects) {
      const first = ask(given, 99);
      const ids = first.map(({ id }) => id);
      expect([...optionSets(given, SEEDS.slice(0, 20), ids).values()].map((sets) => sets.size)).toEqual(
        first.map(() => 1),
      );
      const second = new Map(ask(given, 99, "other", [...ids, ...ids]).map((one) => [one.id, one.options]));
      for (const { id, options } of first) {
        const both = options.filter((option) => second.get(id)?.includes(option) === true);
        expect(both.length).toBeGreaterThan(1);
        if (both.length < 4) differing += 1;
      }
    }
    expect(differing).toBeGreaterThan(5);
  });

  it("have the right one in each place about as often", () => {
    for (const given of [deploy, rollback, migration]) {
      const counts = [0, 0, 0, 0];
      for (let seed = 0; seed < 1000; seed += 1) {
        for (const { right } of ask(given, 2, `s${seed}`)) counts[right] = (counts[right] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThan(420);
      expect(Math.max(...counts)).toBeLessThan(580);
    }
  });

  it("have the right number in each rank about as often, so that its size tells nothing", () => {
    const counts = [0, 0, 0, 0];
    for (let number = 0; number < 1000; number += 1) {
      const args = { replicas: 40, service: "api-gateway", number };
      const question = ask(subjectOf({ actionName: "scale", arguments: args, riskiestArgument: "replicas" }), 2)[0];
      const sorted = (question?.options ?? []).map(Number).sort((a, b) => a - b);
      const rank = sorted.indexOf(40);
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(190);
  });

  it("do not make the right one the one that shares most with the rest", () => {
    let guessed = 0;
    for (let seed = 0; seed < 1000; seed += 1) {
      const given = { ...firewall, arguments: { ...firewall.arguments, ticket: `CHG-${seed}` } };
      const question = ask(given, 1, `s${seed}`)[1];
      if (question === undefined) continue;
      const parts = question.options.map((option) => option.split(/[./]/u));
      const shared = parts.map((mine) =>
        parts.reduce((sum, other) => sum + mine.filter((part, at) => part === other[at]).length, 0),
      );
      const best = Math.max(...shared);
      const leaders = shared.flatMap((value, at) => (value === best ? [at] : []));
      if (leaders[seed % leaders.length] === question.right) guessed += 1;
    }
    expect(guessed).toBeGreaterThan(150);
    expect(guessed).toBeLessThan(350);
  });
});

describe("gradeQuiz", () => {
  const questions = ask(rollback);
  const issue = "v2.1.0 causing 502s on /api/checkout";

  it("takes an option's text in any case", () => {
    expect(passes(questions, " V2.0.3", issue.toUpperCase(), "ALL 10")).toBe(true);
  });

  it("is no attempt with an empty or a missing answer, or with too many", () => {
    expect(gradeQuiz(questions, ["2.0.3", issue])).toEqual({ outcome: "incomplete", why: "empty" });
    expect(gradeQuiz(questions, ["2.0.3", issue, " \u200b"])).toEqual({ outcome: "incomplete", why: "empty" });
    expect(gradeQuiz(questions, ["2.0.3", issue, "All 10", "x"])).toEqual({ outcome: "incomplete", why: "wrong_kind" });
  });

  it("does not tell which answer was wrong", () => {
    expect(gradeQuiz(questions, ["2.0.4", issue, "All 10"])).toEqual({ outcome: "failed", missing: [], matched: [] });
  });

  it("takes prose in other words only with its numbers and key words", () => {
    const says = (typed: string) => passes(questions, "2.0.3", typed, "10");
    for (const typed of ["502s at checkout", "v2.1.0 breaks /api/checkout", "checkout api returns 502"]) {
      expect(says(typed), typed).toBe(true);
    }
    const wrong = [
      "502",
      "checkout",
      "errors on checkout api",
      "503 errors on the checkout endpoint",
      "502 or 503 or 504 on checkout",
      "v2.1.0 causing 2.0.3",
      "no 502s on checkout",
      "it is not 502 on checkout",
      "o",
      "yes",
      `502 checkout ${"word ".repeat(80)}`,
      questions[1]?.options.join(" ") ?? "",
    ];
    for (const typed of wrong) expect(says(typed), typed).toBe(false);
  });

  it("takes other words for prose only", () => {
    const [ticket] = ask(deploy, 2).slice(1);
    if (ticket === undefined) throw new Error("the ticket is asked");
    expect(passes([ticket], "ticket CHG-2026-0042 in CHG")).toBe(false);
    expect(passes([ticket], "chg-2026-0042")).toBe(true);
  });

  it("never passes without questions", () => {
    expect(gradeQuiz([], []).outcome).toBe("failed");
  });
});
