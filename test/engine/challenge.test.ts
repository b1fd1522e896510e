import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  buildChallenge,
  type Challenge,
  gradeAnswer,
  harder,
  type Subject,
  workableKind,
} from "../../src/engine/challenge.ts";
import { CHALLENGES, type ChallengeKind } from "../../src/engine/model.ts";
import { foldText } from "../../src/engine/plain-text.ts";
import { deploy, firewall, infraSubjects, rollback, subjectOf } from "../fixtures/infra-subjects.ts";

function build<Kind extends ChallengeKind>(subject: Subject, kind: Kind): Extract<Challenge, { kind: Kind }> {
  const challenge = buildChallenge(subject, { kind, questions: 3, seed: "seed", used: [] });
  if (challenge?.kind !== kind) throw new Error(`no ${kind}`);
  return challenge as Extract<Challenge, { kind: Kind }>; // the line above has checked the kind
}

const confirm = build(deploy, "confirm");
const run = build({ ...deploy, command: "/bin/terraform destroy -auto-approve" }, "confirm");
const quiz = build(rollback, "quiz");
const ticket = build(deploy, "quiz");
const deployment = build(deploy, "teach_back");
const change = build(firewall, "teach_back");
const ISSUE = "v2.1.0 causing 502s on /api/checkout";
const GOOD_DEPLOY = "This puts api-gateway v2.1.0 out to production as a canary for 10% at first, under CHG-2026-0042.";
const GOOD_CHANGE =
  "We let inbound TCP packets reach port 443 from 10.0.0.0/8, so this will allow internal callers to use HTTPS here.";

interface Case {
  readonly about: string;
  readonly challenge: Challenge;
  readonly answer: Answer;
  readonly passes: boolean;
}
const typed = (about: string, target: string, passes: boolean): Case => ({
  about,
  challenge: confirm,
  answer: { kind: "confirm", target },
  passes,
});
const chosen = (about: string, choices: readonly string[], passes: boolean): Case => ({
  about,
  challenge: quiz,
  answer: { kind: "quiz", choices },
  passes,
});
const told = (about: string, text: string, passes: boolean, challenge: Challenge = deployment): Case => ({
  about,
  challenge,
  answer: { kind: "teach_back", text },
  passes,
});

const gradingCases: readonly Case[] = [
  typed("the target", "api-gateway", true),
  typed("a bare yes", "yes", false),
  typed("nothing", " ", false),
  typed("another option", confirm.options.find((option) => option !== confirm.target) ?? "", false),
  typed("part of the target", "api", false),
  { about: "the command", challenge: run, answer: { kind: "confirm", target: "/bin/terraform destroy" }, passes: true },
  { about: "no folder", challenge: run, answer: { kind: "confirm", target: "terraform destroy" }, passes: true },
  {
    about: "the target of a command",
    challenge: run,
    answer: { kind: "confirm", target: "api-gateway" },
    passes: false,
  },
  chosen("all right", ["2.0.3", ISSUE, "All 10"], true),
  chosen("typed in other words", ["v2.0.3", "502 errors on the checkout endpoint", "10"], true),
  chosen("one wrong", ["2.0.4", ISSUE, "All 10"], false),
  chosen(
    "options, all wrong",
    quiz.questions.map(({ options, right }) => options[(right + 1) % 4] ?? ""),
    false,
  ),
  chosen("one answer missing", ["2.0.3", ISSUE], false),
  chosen("one answer empty", ["2.0.3", ISSUE, ""], false),
  chosen("letters", ["a", "b", "c"], false),
  chosen("a wrong number in the prose", ["2.0.3", "503 errors on the checkout endpoint", "All 10"], false),
  chosen("the number alone", ["2.0.3", "502", "All 10"], false),
  chosen("prose denied", ["2.0.3", "no 502 errors on checkout", "All 10"], false),
  chosen("the words alone", ["2.0.3", "the checkout api is broken", "All 10"], false),
  {
    about: "other words for a value that is no prose",
    challenge: ticket,
    answer: { kind: "quiz", choices: ["api-gateway", "ticket chg of 2026 and 0042", "2.1.0"] },
    passes: false,
  },
  told("a good deployment", GOOD_DEPLOY, true),
  told("a good change", GOOD_CHANGE, true, change),
  told("all terms and few words", "api-gateway v2.1.0 canary 10% CHG-2026-0042 now, as we all agreed", false),
  told("all terms, a word repeated", `api-gateway v2.1.0 canary 10% CHG-2026-0042 ${"go ".repeat(30)}`, false),
  told("all terms and letters", "api-gateway v2.1.0 canary 10% CHG-2026-0042 a b c d e f g h i j k", false),
  told("a refusal", `I refuse to think about it. ${GOOD_DEPLOY}`, false),
  told("something else instead", `${GOOD_DEPLOY} Instead of v2.1.0 we go back.`, false),
  told(
    "a copy of the page",
    "service api-gateway version 2.1.0 strategy canary canary_percentage 10 change_ticket CHG-2026-0042 environment production deploy to production",
    false,
  ),
  told("one term missing", GOOD_DEPLOY.replace("v2.1.0", "the new version"), false),
  told("a term inside another word", GOOD_DEPLOY.replace("v2.1.0", "v12.1.0"), false),
  told("a number inside an address", GOOD_DEPLOY.replace("10%", "10.0.0.0/8"), false),
  told("a denied term", GOOD_CHANGE.replace("will allow", "will not allow"), false, change),
  told("an objection", `${GOOD_DEPLOY} I do not approve.`, false),
  {
    about: "an explanation for a quiz",
    challenge: quiz,
    answer: { kind: "teach_back", text: GOOD_DEPLOY },
    passes: false,
  },
];

type Grader = (challenge: Challenge, answer: Answer) => boolean;
const passed: Grader = (challenge, answer) => gradeAnswer(challenge, answer).outcome === "passed";

/** The grading with one rule off: a change of the challenge or of the answer before the real rules see it. */
const mutants: Readonly<Record<string, Grader>> = {
  "confirm: any option will do": (challenge, answer) =>
    passed(challenge, answer) ||
    (challenge.kind === "confirm" && answer.kind === "confirm" && challenge.options.includes(answer.target)),
  "confirm: a yes will do": (challenge, answer) =>
    passed(challenge, answer) || (answer.kind === "confirm" && answer.target === "yes"),
  "confirm: a part will do": (challenge, answer) =>
    passed(challenge, answer) ||
    (challenge.kind === "confirm" &&
      answer.kind === "confirm" &&
      answer.target !== " " &&
      challenge.target.includes(answer.target)),
  "confirm: of a command, what is acted on will do": (challenge, answer) =>
    passed(challenge, answer) || (challenge.kind === "confirm" && passed(confirm, answer)),
  "confirm: of a command, only the whole path will do": (challenge, answer) =>
    passed(challenge.kind === "confirm" ? { ...challenge, accepted: [] } : challenge, answer),
  "everything: no attempt counts as passed": (challenge, answer) => gradeAnswer(challenge, answer).outcome !== "failed",
  "quiz: one right answer is enough": (challenge, answer) =>
    challenge.kind === "quiz" && answer.kind === "quiz"
      ? challenge.questions.some((question, at) =>
          passed({ kind: "quiz", questions: [question] }, { kind: "quiz", choices: [answer.choices[at] ?? ""] }),
        )
      : passed(challenge, answer),
  "quiz: any option is right": (challenge, answer) =>
    passed(challenge, answer) ||
    (challenge.kind === "quiz" &&
      answer.kind === "quiz" &&
      challenge.questions.every(({ options }, at) => options.includes(answer.choices[at] ?? ""))),
  "quiz: missing answers are left out": (challenge, answer) =>
    challenge.kind === "quiz" && answer.kind === "quiz"
      ? passed({ kind: "quiz", questions: challenge.questions.slice(0, answer.choices.length) }, answer)
      : passed(challenge, answer),
  "quiz: numbers in prose do not matter": (challenge, answer) => passed(challenge, without(answer, /50\d/gu, "502")),
  "quiz: prose needs no number": (challenge, answer) =>
    passed(challenge, without(answer, /(?=the checkout)/gu, "502 ")),
  "quiz: prose needs no words": (challenge, answer) => passed(challenge, without(answer, /^502$/gu, "502 checkout")),
  "quiz: prose may be denied": (challenge, answer) => passed(challenge, without(answer, /\bno /gu, "")),
  "quiz: everything is prose": (challenge, answer) =>
    challenge.kind === "quiz"
      ? passed({ kind: "quiz", questions: challenge.questions.map((one) => ({ ...one, prose: true })) }, answer)
      : passed(challenge, answer),
  "teach-back: no fifteen words": (challenge, answer) =>
    passed(challenge.kind === "teach_back" ? { ...challenge, minWords: 0 } : challenge, answer),
  "teach-back: repeats count": (challenge, answer) => passed(challenge, numbered(answer)),
  "teach-back: letters count": (challenge, answer) => passed(challenge, without(answer, /\b[a-z]\b/gu, "$&$&")),
  "teach-back: refusals do not matter": (challenge, answer) =>
    passed(challenge, without(answer, /I refuse to think about it/gu, "")),
  "teach-back: putting a term aside does not matter": (challenge, answer) =>
    passed(challenge, without(answer, /Instead of v2.1.0/gu, "")),
  "teach-back: the page's words count": (challenge, answer) =>
    passed(challenge.kind === "teach_back" ? { ...challenge, pageWords: [] } : challenge, answer),
  "teach-back: one term is enough": (challenge, answer) => {
    const grade = gradeAnswer(challenge, answer);
    return grade.outcome !== "incomplete" && (grade.outcome === "passed" || grade.matched.length > 0);
  },
  "teach-back: a term may stand inside a word": (challenge, answer) => passed(challenge, spaced(challenge, answer)),
  "teach-back: terms only as their values": (challenge, answer) =>
    challenge.kind === "teach_back"
      ? passed({ ...challenge, terms: challenge.terms.map((term) => ({ ...term, accepted: [term.value] })) }, answer)
      : passed(challenge, answer),
  "teach-back: a term may be denied": (challenge, answer) =>
    passed(challenge, without(answer, /\bnot (?=allow)/gu, "")),
  "teach-back: objections do not matter": (challenge, answer) =>
    passed(challenge, without(answer, /I do not approve/gu, "")),
};

function mapped(answer: Answer, change: (text: string) => string): Answer {
  switch (answer.kind) {
    case "confirm":
      return { ...answer, target: change(answer.target) };
    case "quiz":
      return { ...answer, choices: answer.choices.map(change) };
    case "teach_back":
      return { ...answer, text: change(answer.text) };
  }
}
function without(answer: Answer, pattern: RegExp, instead: string): Answer {
  return mapped(answer, (text) => text.replace(pattern, instead));
}
function numbered(answer: Answer): Answer {
  let count = 0;
  return mapped(answer, (text) =>
    text.replace(/\bgo\b/gu, () => {
      count += 1;
      return `go${"o".repeat(count)}`;
    }),
  );
}
function spaced(challenge: Challenge, answer: Answer): Answer {
  if (challenge.kind !== "teach_back") return answer;
  const values = challenge.terms.map(({ value }) => value);
  return mapped(answer, (text) => values.reduce((all, value) => all.replaceAll(value, ` ${value} `), text));
}

describe("gradeAnswer", () => {
  it.each(gradingCases)("judges $about", ({ challenge, answer, passes }) => {
    expect(passed(challenge, answer)).toBe(passes);
  });

  it.each(Object.entries(mutants))("is told apart from its mutant, %s", (_, mutant) => {
    const caught = gradingCases.filter(({ challenge, answer, passes }) => mutant(challenge, answer) !== passes);
    expect(caught).not.toEqual([]);
  });

  it("takes an answer of another kind for no attempt", () => {
    const answers: readonly Answer[] = [
      { kind: "confirm", target: "api-gateway" },
      { kind: "quiz", choices: ["2.0.3", ISSUE, "All 10"] },
      { kind: "teach_back", text: GOOD_DEPLOY },
    ];
    for (const challenge of [confirm, quiz, deployment]) {
      for (const answer of answers.filter(({ kind }) => kind !== challenge.kind)) {
        expect(gradeAnswer(challenge, answer)).toEqual({ outcome: "incomplete", why: "wrong_kind" });
      }
    }
  });
});

describe("which challenge is asked", () => {
  it("gets harder from confirm to quiz to teach-back, and then no more", () => {
    expect(CHALLENGES.map(harder)).toEqual(["quiz", "teach_back", undefined]);
  });

  it("is the wanted one where it can be built", () => {
    for (const subject of infraSubjects) {
      for (const kind of CHALLENGES) expect(workableKind(subject, kind, 3)).toBe(kind);
    }
  });

  it("is the next harder one with fewer than two questions", () => {
    const bare = subjectOf({ actionName: "restart_everything", arguments: {} });
    expect(buildChallenge(bare, { kind: "quiz", questions: 3, seed: "s", used: [] })).toBeUndefined();
    expect(workableKind(bare, "quiz", 3)).toBe("teach_back");
    expect(workableKind(bare, "confirm", 3)).toBe("confirm");
  });

  it("is none where nothing can be asked, never a pass", () => {
    const nothing = subjectOf({ actionName: "", environment: "", arguments: {} });
    for (const kind of CHALLENGES) expect(workableKind(nothing, kind, 3)).toBeUndefined();
  });

  it("can be built for any seed and any earlier questions once it is called workable", () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom("v1.2", "a-b", "10.0.0.0/8"),
    );
    const args = fc.dictionary(fc.string(), value, { maxKeys: 6 });
    fc.assert(
      fc.property(
        args,
        fc.constantFrom(...CHALLENGES),
        fc.string(),
        fc.integer({ min: 2, max: 3 }),
        (given, kind, seed, questions) => {
          const subject = subjectOf({ actionName: "do_it", arguments: given });
          const workable = workableKind(subject, kind, questions);
          if (workable === undefined) throw new Error("a named action can always be explained");
          const first = buildChallenge(subject, { kind: workable, questions, seed, used: [] });
          expect(first?.kind).toBe(workable);
          const used = first?.kind === "quiz" ? first.questions.map(({ id }) => id) : [];
          expect(buildChallenge(subject, { kind: workable, questions, seed, used })?.kind).toBe(workable);
          expect(buildChallenge(subject, { kind: workable, questions, seed, used: [] })).toEqual(first);
          if (first !== undefined) expect(JSON.parse(JSON.stringify(first))).toEqual(first);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("any challenge", () => {
  it("never passes short reflexes", () => {
    const reflexes = [
      "",
      " ",
      "n",
      "y",
      "N",
      "yes",
      "no",
      "ok",
      ".",
      "1",
      "a",
      "approve",
      "approved",
      "deny",
      "\u200b",
    ];
    for (const subject of infraSubjects) {
      for (const text of reflexes) {
        expect(passed(build(subject, "confirm"), { kind: "confirm", target: text })).toBe(false);
        const questions = build(subject, "quiz");
        expect(passed(questions, { kind: "quiz", choices: questions.questions.map(() => text) })).toBe(false);
        expect(passed(build(subject, "teach_back"), { kind: "teach_back", text })).toBe(false);
      }
    }
  });

  it("never passes random texts", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.lorem({ maxCount: 40 }));
    fc.assert(
      fc.property(fc.constantFrom(...infraSubjects), text, (subject, random) => {
        const target = build(subject, "confirm");
        if (foldText(random) !== foldText(target.target))
          expect(passed(target, { kind: "confirm", target: random })).toBe(false);
        const asked = build(subject, "quiz");
        expect(passed(asked, { kind: "quiz", choices: asked.questions.map(() => random) })).toBe(false);
        expect(passed(build(subject, "teach_back"), { kind: "teach_back", text: random })).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
