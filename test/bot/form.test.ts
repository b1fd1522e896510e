import { describe, expect, it } from "vitest";
import { questionOf } from "../../src/bot/form.ts";
import { FORM, oneLine } from "../../src/bot/text.ts";
import { buildChallenge } from "../../src/engine/challenge.ts";
import { deploy } from "../fixtures/infra-subjects.ts";

describe("the question of a confirm", () => {
  const asked = (command?: string) => {
    const subject = { ...deploy, ...(command !== undefined && { command }) };
    const challenge = buildChallenge(subject, { kind: "confirm", questions: 3, seed: "s", used: [] });
    return challenge === undefined ? undefined : questionOf(challenge);
  };

  it("is what it acts on, or what runs where the agent chose a command", () => {
    expect(asked()).toMatchObject({ prompt: FORM.confirmPrompt });
    expect(asked("terraform destroy -auto-approve")).toMatchObject({
      prompt: expect.stringContaining("the first two words of the command that runs"),
      options: expect.arrayContaining(["terraform destroy"]),
    });
  });

  it("says nothing of what is right", () => {
    const question = asked("/opt/bin/terraform destroy") ?? {};
    expect(Object.keys(question).sort()).toEqual(["kind", "options", "prompt"]);
  });
});

describe("a text from outside on one line", () => {
  it("pushes nothing out of sight", () => {
    expect(oneLine(`ok${" ".repeat(3_000)}drop`)).toBe("ok\\u{20x3000}drop");
    expect(oneLine(`ok${"\n".repeat(3_000)}drop`)).toBe("ok drop");
  });
});
