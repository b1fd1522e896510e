import { afterEach, describe, expect, it } from "vitest";
import { converse, createLocalPort } from "../../../src/adapters/terminal/index.ts";
import { TERMINAL } from "../../../src/bot/text.ts";
import { accountOf, type Conversation, DEPLOY, EXPLAINED, startConversation } from "../../fixtures/conversation.ts";
import { T0 } from "../../fixtures/requests.ts";
import { type Script, type ScriptedIo, scriptedIo } from "./scripted-io.ts";

const SAM = "sre.lead@company.com";
const RILEY = "release.mgr@company.com";
const ROLLBACK = { service: "api-gateway", target_version: "2.0.3", reason: "v2.1.0 causing 502s on /api/checkout" };

const open: Conversation[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Seated {
  readonly on: Conversation;
  readonly io: ScriptedIo;
  readonly talk: (requestId?: string) => ReturnType<typeof converse>;
}

/** This person at a terminal over the real service. */
async function seat(
  person: string,
  answer: (on: Conversation) => Script["answer"],
  more: Partial<Script> = {},
): Promise<Seated> {
  const on = await startConversation();
  open.push(on);
  let nowMs = T0;
  const io = scriptedIo({
    ...more,
    answer: answer(on),
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
      on.advance(ms);
    },
  });
  let ids = 0;
  const port = createLocalPort({ account: accountOf(person), interact: on.interact, newId: () => `d${++ids}` });
  const talk = (requestId?: string) =>
    converse(io, port, { ...(requestId !== undefined && { requestId }), watchMs: 5_000 });
  return { on, io, talk };
}

/** Answers from a list, prompt by prompt. */
const lines = (...typed: readonly (string | undefined)[]) => {
  const left = [...typed];
  return () => () => left.shift();
};

describe("converse", () => {
  it("leads through reading, the countdown and an explanation to the vote", async () => {
    const { on, io, talk } = await seat(SAM, lines("a", EXPLAINED, ""));
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await talk(facts.id)).toBe("answered");
    const text = io.shown.join("\n");
    for (const field of [
      "Risk Level   CRITICAL",
      "Risk Score   0.88",
      "Escalation   Production deployment",
      "MULTI-PARTY (2 of 2 required)",
    ]) {
      expect(text).toContain(field);
    }
    expect(text).toContain("You can answer from 00:00:45, in 45 s.");
    expect(text).toContain("TEACH-BACK  Attempt 1 of 2.");
    expect(text).toContain("Counted. It still needs: release manager.");
    expect(io.waitedMs.reduce((sum, ms) => sum + ms, 0)).toBe(45_000);
    expect((await on.load(facts.id)).votes[0]?.person).toBe(SAM);
  });

  it("finds a request that is not in the inbox by its first letters, and says why it is not for this person", async () => {
    const { on, io, talk } = await seat("dba@company.com", lines());
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await talk(facts.id.slice(0, 5).toLowerCase())).toBe("refused");
    expect(io.shown.join("\n")).toContain("This needs one of: SRE lead, release manager.");
    expect(await talk("ZZZZ")).toBe("refused");
    expect(io.shown.at(-1)).toContain("There is no such request here any more.");
  });

  it("takes a quiz by letters, and asks anew after a wrong answer without saying which one it was", async () => {
    const quiz = (on: Conversation): Script["answer"] => {
      let round = 0;
      return async (prompt, shown) => {
        if (prompt === TERMINAL.choose) return "a";
        const state = (await on.store.list({ limit: 1 }))[0];
        const challenge = state?.reviews[0]?.challenge;
        if (challenge?.kind !== "quiz") return undefined;
        const asked = shown.findLast((line) => /^\nQ\d: /.test(line)) ?? "";
        const question = challenge.questions.find(({ text }) => asked.replaceAll("\n", " ").endsWith(text));
        if (question === undefined) return undefined;
        const isWrong = round === 0;
        if (challenge.questions.at(-1) === question) round += 1;
        const index = isWrong ? (question.right + 1) % question.options.length : question.right;
        return String.fromCharCode(97 + index);
      };
    };
    const { on, io, talk } = await seat(SAM, quiz);
    const { facts } = await on.raise("rollback_deployment", ROLLBACK);
    expect(await talk(facts.id)).toBe("answered");
    const text = io.shown.join("\n");
    expect(text).toContain("QUIZ (min review: 15 s)");
    expect(text.replaceAll("\n", " ")).toMatch(/Not right\. .*Attempt 1 of 2\./);
    expect(text).toContain("QUIZ  Attempt 2 of 2.");
    expect(text).toContain("Counted. It is approved now.");
    expect(text).toContain(
      "Result: APPROVED · Roll api-gateway back to v2.0.3 in production\nSam Okafor (SRE lead, quiz, ",
    );
  });

  it("confirms by typing the target", async () => {
    const confirm =
      (on: Conversation): Script["answer"] =>
      async (prompt) => {
        if (prompt === TERMINAL.choose) return "a";
        const [state] = await on.store.list({ limit: 1 });
        const challenge = state?.reviews[0]?.challenge;
        return challenge?.kind === "confirm" ? challenge.target : undefined;
      };
    const { on, io, talk } = await seat(RILEY, confirm);
    const staging = { action: { environment: "staging" } };
    await on.raise("deploy_to_staging", { service: "api-gateway", version: "2.1.0", strategy: "rolling" }, staging);
    const [state] = await on.store.list({ limit: 1 });
    expect(await talk(state?.facts.id)).toBe("answered");
    expect(io.shown.join("\n")).toContain("CONFIRM (min review: 3 s)");
    expect((await on.load(state?.facts.id ?? "")).status).toBe("approved");
  });

  it("picks from the inbox by number and denies with a reason and a comment", async () => {
    const { on, io, talk } = await seat(RILEY, lines("7", "1", "d", "9", "2", "after six, please"));
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await talk()).toBe("answered");
    const text = io.shown.join("\n");
    expect(text).toContain("Waiting for you\n 1  CRITICAL 0.88 · Deploy api-gateway v2.1.0 to production");
    expect(text.split(TERMINAL.notAChoice)).toHaveLength(3);
    const { decision } = await on.load(facts.id);
    expect(decision).toMatchObject({ verdict: "denied", reason: "wrong_time", comment: "after six, please" });
  });

  it("tells at once that somebody else decided, in the middle of a question", async () => {
    const elsewhere =
      (on: Conversation): Script["answer"] =>
      (prompt) => {
        if (prompt !== TERMINAL.choose) return undefined;
        return new Promise((resolve) => {
          void on.store.list({ limit: 1 }).then(async ([state]) => {
            await on.press(RILEY, { kind: "denied", requestId: state?.facts.id ?? "", reason: "suspicious" });
            setTimeout(() => resolve(undefined), 5_000).unref();
          });
        });
      };
    const { on, io, talk } = await seat(SAM, elsewhere);
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await talk(facts.id)).toBe("over");
    expect(io.shown.at(-1)).toContain("Meanwhile: DENIED · Deploy api-gateway v2.1.0 to production");
    expect(io.shown.at(-1)).toContain("Riley Chen denied: looks suspicious");
  });

  it("leaves without a trace when the person quits or the input ends", async () => {
    const quitting = await seat(SAM, lines("x", "q"));
    const first = await quitting.on.raise("deploy_to_production", DEPLOY);
    expect(await quitting.talk(first.facts.id)).toBe("left");
    expect(quitting.io.shown.at(-1)).toBe(TERMINAL.left);
    const ended = await seat(SAM, lines("a", undefined));
    const second = await ended.on.raise("deploy_to_production", DEPLOY);
    expect(await ended.talk(second.facts.id)).toBe("left");
    expect((await ended.on.load(second.facts.id)).votes).toEqual([]);
  });

  it("shows a refusal and stops", async () => {
    const { on, io, talk } = await seat("dba@company.com", lines());
    const { facts } = await on.raise("deploy_to_production", DEPLOY);
    expect(await talk(facts.id)).toBe("refused");
    expect(io.shown.join("\n")).toContain("This needs one of: SRE lead, release manager. You are: DBA.");
  });

  it("asks for each page on a terminal and for none through a pipe, and marks all of them as read", async () => {
    const attachments = [{ name: "m.sql", text: "ALTER TABLE users;\n".repeat(300) }];
    for (const isTty of [true, false]) {
      const { on, io, talk } = await seat(SAM, () => (prompt) => (prompt === TERMINAL.nextPage ? "" : "q"), {
        isTty,
        columns: 40,
      });
      const { facts } = await on.raise("deploy_to_production", DEPLOY, { action: { attachments } });
      await talk(facts.id);
      expect(facts.pages.length).toBeGreaterThan(2);
      expect((await on.load(facts.id)).reviews[0]?.pagesRead).toEqual(facts.pages.map((_, page) => page));
      expect(io.shown.filter((line) => line === TERMINAL.nextPage)).toHaveLength(isTty ? facts.pages.length - 1 : 0);
      expect(Math.max(...io.shown.flatMap((text) => text.split("\n")).map((line) => line.length))).toBeLessThanOrEqual(
        90,
      );
    }
  });

  it("offers a stop for what is approved and not yet used", async () => {
    const { on, io, talk } = await seat(SAM, lines("s", "1", ""));
    const { facts } = await on.raise("rollback_deployment", ROLLBACK);
    const form = await on.open(RILEY, facts.id);
    const answers = await on.rightAnswers(form.reviewId, facts.id);
    await on.press(RILEY, {
      kind: "submit",
      requestId: facts.id,
      reviewId: form.reviewId,
      digest: form.digest,
      answers,
    });
    expect(await talk(facts.id)).toBe("answered");
    expect(io.shown.join("\n")).toContain("APPROVED · Roll api-gateway back");
    expect((await on.load(facts.id)).status).toBe("revoked");
  });
});
