import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Subject } from "../../src/engine/challenge.ts";
import { buildTeachBack, gradeTeachBack } from "../../src/engine/teach-back.ts";
import { deploy, firewall, migration, rollback, subjectOf } from "../fixtures/infra-subjects.ts";

const FILLER =
  "so this is what happens now when somebody here approves it and everybody else keeps on working as before";

function grade(subject: Subject, text: string) {
  const challenge = buildTeachBack(subject);
  if (challenge === undefined) throw new Error("nothing to explain");
  return gradeTeachBack(challenge, text);
}
/** Whether a single argument's value is named by a text, all else being well. */
function names(name: string, value: string | number | boolean, text: string, more: Partial<Subject> = {}): boolean {
  const subject = subjectOf({ actionName: "act", arguments: { [name]: value }, keyTerms: [name], ...more });
  return grade(subject, `${FILLER}. ${text}`).outcome === "passed";
}

describe("the published explanations", () => {
  it("pass for the firewall change with the published terms in the published order", () => {
    const text =
      "This will allow inbound TCP traffic on port 443 from the 10.0.0.0/8 CIDR range (internal network) through firewall rule FW-PROD-001. This opens HTTPS access from internal services to the production environment.";
    expect(grade(firewall, text)).toEqual({
      outcome: "passed",
      matched: ["allow", "TCP", "443", "10.0.0.0/8", "ingress"],
    });
  });

  it("pass for the deployment", () => {
    const text =
      "Deploying api-gateway v2.1.0 to production with a 10% canary rollout under change ticket CHG-2026-0042. This will update 1 of 10 instances initially.";
    expect(grade(deploy, text)).toEqual({
      outcome: "passed",
      matched: ["api-gateway", "2.1.0", "canary", "10", "CHG-2026-0042"],
    });
  });

  it("pass for the migration", () => {
    const text =
      "Running migration 20260213_add_user_preferences.sql on the primary production database. This will alter the users and orders tables to add preference columns.";
    expect(grade(migration, text)).toEqual({
      outcome: "passed",
      matched: ["20260213_add_user_preferences.sql", "primary", "production"],
    });
  });
});

describe("which terms must be named", () => {
  const termsOf = (subject: Subject) => buildTeachBack(subject)?.terms.map(({ name, value }) => [name, value]);

  it("are the key terms that have a value", () => {
    const subject = {
      ...deploy,
      arguments: { service: "api-gateway", version: "2.1.0", change_ticket: "", note: "x" },
    };
    expect(termsOf(subject)).toEqual([
      ["service", "api-gateway"],
      ["version", "2.1.0"],
    ]);
  });

  it("are every scalar argument where there are no key terms, or none has a value", () => {
    const args = { a: "one", b: 2, c: true, d: null, e: "", f: { g: "deep" } };
    for (const keyTerms of [[], ["missing"]]) {
      expect(termsOf(subjectOf({ actionName: "x", arguments: args, keyTerms }))).toEqual([
        ["a", "one"],
        ["b", "2"],
        ["c", "true"],
      ]);
    }
  });

  it("are the nested ones too where they raised the score most, or where there are no others", () => {
    const args = { a: "one", f: { g: "deep", h: ["list"] } };
    expect(termsOf(subjectOf({ actionName: "x", arguments: args, riskiestArgument: "f" }))).toHaveLength(3);
    expect(termsOf(subjectOf({ actionName: "x", arguments: { f: args.f } }))).toEqual([
      ["f.g", "deep"],
      ["f.h.0", "list"],
    ]);
  });

  it("are the environment and the action where there are no arguments", () => {
    expect(termsOf(subjectOf({ actionName: "restart_everything", arguments: {} }))).toEqual([
      ["environment", "production"],
      ["action", "restart_everything"],
    ]);
  });

  it("are the values of both spellings, where a name has two", () => {
    const args = { changeTicket: "CHG-1001", change_ticket: "CHG-2002" };
    expect(termsOf(subjectOf({ actionName: "x", arguments: args, keyTerms: ["change_ticket"] }))).toEqual([
      ["change_ticket", "CHG-1001"],
      ["change_ticket", "CHG-2002"],
    ]);
  });

  it("are asked for by name, never by value", () => {
    const prompt = buildTeachBack(firewall)?.prompt ?? "";
    expect(prompt).toContain("the action, the protocol, the port, the cidr and the direction");
    for (const value of Object.values(firewall.arguments)) expect(prompt).not.toContain(String(value));
  });

  it("are not listed where the agent made their names long or unprintable", () => {
    for (const name of ["x".repeat(41), "a\u202eb"]) {
      const challenge = buildTeachBack(subjectOf({ actionName: "x", arguments: { [name]: "one" } }));
      expect(challenge?.prompt).toContain("the value of every argument");
      expect(challenge?.prompt).not.toContain(name);
    }
  });

  it("are shown cut, and say so, where the value is long", () => {
    const sql = `UPDATE accounts SET balance = 0 WHERE ${"x".repeat(200)}`;
    const [term] = buildTeachBack(subjectOf({ actionName: "x", arguments: { sql } }))?.terms ?? [];
    expect(term?.value).toHaveLength(60);
    expect(term?.value.endsWith(" ...")).toBe(true);
    expect(names("sql", sql, "it updates the balance of all accounts")).toBe(true);
    expect(names("sql", sql, "it updates the names of all people")).toBe(false);
  });
});

describe("a command that the agent chose", () => {
  const status = { actionName: "get_service_status", arguments: { service: "api" } };
  const about = (command: string) => subjectOf({ ...status, command });

  it.each([
    ["terraform destroy -auto-approve", "terraform"],
    ["/usr/local/bin/terraform destroy", "terraform"],
    ["bash -c terraform destroy", "terraform"],
    ["/bin/sh -ec 'terraform' destroy", "terraform"],
    ["bash ./wipe.sh now", "wipe.sh"],
    ["sudo -u root env TF=1 timeout 5m terraform destroy", "terraform"],
    ["bash", "bash"],
  ])("%s has to be named by its program, beside the arguments", (command, program) => {
    const terms = buildTeachBack(about(command))?.terms.map(({ name, value }) => [name, value]);
    expect(terms).toEqual([
      ["service", "api"],
      ["command", program],
    ]);
    expect(grade(about(command), `${FILLER} api`)).toMatchObject({ outcome: "failed", missing: ["command"] });
    expect(grade(about(command), `${FILLER} api by ${program}`).outcome).toBe("passed");
  });

  it("cannot be explained where it has no name", () => {
    for (const command of ["", " ", "\u202e", "./"]) expect(buildTeachBack(about(command))).toBeUndefined();
  });
});

describe("naming a value", () => {
  it("takes a version with and without v, a number with its percent sign, and words with spaces", () => {
    expect(names("version", "2.1.0", "goes to v2.1.0.")).toBe(true);
    expect(names("version", "v2.1.0", "goes to 2.1.0")).toBe(true);
    expect(names("canary_percentage", 10, "first (10%)")).toBe(true);
    expect(names("service", "api-gateway", "the API Gateway")).toBe(true);
    expect(names("rows", 12000, "some 12,000 rows")).toBe(true);
  });

  it("takes synonyms, common ones and the profile's, and their forms", () => {
    expect(names("direction", "egress", "outbound traffic")).toBe(true);
    expect(names("action", "deny", "it blocks the port")).toBe(true);
    expect(names("action", "allow", "it is permitted")).toBe(true);
    expect(names("mode", "purge", "we wipe it")).toBe(false);
    expect(names("mode", "purge", "we wipe it", { synonyms: [["purge", "wipe"]] })).toBe(true);
  });

  it("does not find a value inside another one", () => {
    const inside: readonly [string | number, string][] = [
      [10, "10.0.0.0/8"],
      [10, "110 and 100 and 1.10 and x10 and 10x and 10-a and 2-10 and 1,010"],
      [10, "-10"],
      ["2.1.0", "12.1.0 and 2.1.01 and 2.1.0.3 and 2.1.0-rc1"],
      [443, "4430 or 1443"],
      ["10.0.0.0", "10.0.0.0/8"],
      ["production", "non-production and preproduction and production-like"],
      ["api", "/api/checkout and api.example.com and web-api"],
      ["bob", "bob@example.com"],
      [5, "0.5"],
    ];
    for (const [value, text] of inside) expect(names("thing", value, text), `${value} in ${text}`).toBe(false);
  });

  it("finds a value beside punctuation", () => {
    const beside: readonly [string | number, string][] = [
      [443, "443/tcp"],
      [443, "tcp/443,"],
      [443, "port:443;"],
      [10, "(10)"],
      ["2.1.0", "api-gateway@2.1.0."],
      ["api-gateway", "api-gateway@2.1.0"],
      ["production", '"production"!'],
      ["api-gateway", "本番環境のapi-gatewayを更新"],
      ["production", "ＰＲＯＤＵＣＴＩＯＮ"],
      ["api-gateway", "api\u2011gate\u200bway"],
    ];
    for (const [value, text] of beside) expect(names("thing", value, text), `${value} in ${text}`).toBe(true);
  });

  it("does not count a value that is denied", () => {
    for (const text of [
      "it will not allow this",
      "it does not open anything",
      "never permit",
      "it doesn’t really allow",
    ]) {
      expect(names("action", "allow", text), text).toBe(false);
    }
    expect(names("action", "allow", "it does not stay shut. Allow it")).toBe(true);
    expect(names("dry_run", false, "this is not a dry run")).toBe(true);
  });
});

describe("the words of an explanation", () => {
  it("are fifteen at least, else it is no attempt", () => {
    const fourteen = "we put api-gateway v2.1.0 out as canary to 10% with CHG-2026-0042 today please watch";
    expect(grade(deploy, fourteen)).toEqual({ outcome: "incomplete", why: "short", words: 14 });
    expect(grade(deploy, `${fourteen} it`).outcome).toBe("passed");
  });

  it("count twice at most when repeated", () => {
    const text = `api-gateway v2.1.0 canary 10% CHG-2026-0042 ${"deploying ".repeat(40)}`;
    expect(grade(deploy, text)).toEqual({ outcome: "incomplete", why: "short", words: 7 });
  });

  it("are of two characters at least", () => {
    const letters = "api-gateway 2.1.0 canary 10 CHG-2026-0042 a b c d e f g h i j k l m n";
    expect(grade(deploy, letters)).toEqual({ outcome: "incomplete", why: "short", words: 5 });
    expect(grade(deploy, letters.replace(/ [a-z](?= |$)/gu, "$&x")).outcome).toBe("passed");
  });

  it("have to be the reviewer's own in part: a copy of the page is too short", () => {
    const rows = Object.entries(firewall.arguments).map(([name, value]) => `${name}: ${String(value)}`);
    const page = `${rows.join(" ")} environment production ${firewall.summary} modify firewall rule`;
    expect(grade(firewall, page)).toEqual({ outcome: "incomplete", why: "short", words: 9 });
  });

  it("are none in an empty or invisible text", () => {
    for (const text of ["", " \n", "\u200b\u2060"])
      expect(grade(deploy, text)).toEqual({ outcome: "incomplete", why: "empty" });
  });

  it("count in scripts without spaces", () => {
    const text =
      "本番環境のapi-gatewayをv2.1.0に更新します。最初はcanaryとして10%だけ、変更票CHG-2026-0042に従って段階的に公開します。";
    expect(grade(deploy, text).outcome).toBe("passed");
  });
});

describe("grading", () => {
  it("names the missing aspects and never their values", () => {
    const result = grade(deploy, `${FILLER} api-gateway canary CHG-2026-0042`);
    expect(result).toEqual({
      outcome: "failed",
      missing: ["version", "canary_percentage"],
      matched: ["api-gateway", "canary", "CHG-2026-0042"],
    });
  });

  it("fails who objects, whatever else is said", () => {
    const good =
      "This deploys api-gateway v2.1.0 as a 10% canary to production under CHG-2026-0042, one instance at first.";
    expect(grade(deploy, good).outcome).toBe("passed");
    for (const objection of [
      "I do not approve.",
      "I don’t understand it",
      "this should not be approved",
      "I reject this",
    ]) {
      expect(grade(deploy, `${good} ${objection}`).outcome, objection).toBe("failed");
    }
  });

  const good =
    "This deploys api-gateway v2.1.0 as a 10% canary to production under CHG-2026-0042, one instance at first.";
  const named =
    "api-gateway 2.1.0 canary 10% CHG-2026-0042 with our usual people at their usual desks until four today";

  it.each([
    "I refuse to think about",
    "We strongly refuse",
    "Refusing to think about",
    "I reject all of",
    "I must decline",
    "I cannot approve",
    "I will not approve",
    "We object to",
    "We should not deploy",
    "We must not put out",
    "Nobody should go home but this should not happen:",
    "Please do not deploy",
    "This must be stopped:",
    "Instead of",
    "Rather than the planned",
    "Instead of all this",
  ])("fails who says %j before all the terms", (objection) => {
    expect(grade(deploy, named).outcome).toBe("passed");
    expect(grade(deploy, `${objection} ${named}`)).toMatchObject({ outcome: "failed", matched: [] });
  });

  it("fails who says that it should not go out", () => {
    expect(grade(deploy, `${named}, and it should not go to production`).outcome).toBe("failed");
    expect(grade(deploy, `${named}, and this must not be approved`).outcome).toBe("failed");
  });

  it.each([
    "It goes to a few instead of all at once.",
    "It starts with a tenth rather than every api-gateway instance.",
    "Users should not notice it, and nothing must fail.",
    "It should not affect other services, and it must not be interrupted.",
    "The old pods refuse connections while they stop.",
    "Requests that were rejected before are taken now.",
    "It runs this version instead of the older 2.0.3.",
    "Sessions should not be lost.",
  ])("takes %j for no objection", (honest) => {
    expect(grade(deploy, `${good} ${honest}`).outcome).toBe("passed");
  });

  it("lets somebody say that a rule refuses what it refuses, and still not refuse it themselves", () => {
    const denying = { ...firewall, arguments: { ...firewall.arguments, action: "deny" } };
    const said = "inbound TCP traffic on port 443 from 10.0.0.0/8, so internal callers lose HTTPS here.";
    expect(grade(denying, `With this rule we refuse ${said}`).outcome).toBe("passed");
    expect(grade(denying, `Refusing ${said}`).outcome).toBe("passed");
    expect(grade(denying, `I refuse to look at a rule that will deny ${said}`).outcome).toBe("failed");
  });

  it("never passes random texts, nor without terms", () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60 }), fc.string({ unit: "grapheme", maxLength: 200 }), (lorem, noise) => {
        expect(grade(rollback, `${lorem} ${noise}`).outcome).not.toBe("passed");
      }),
    );
    expect(gradeTeachBack({ prompt: "", terms: [], minWords: 0 }, FILLER).outcome).toBe("failed");
  });

  it("fails when any one of the terms is left out", () => {
    const parts = ["api-gateway", "v2.1.0", "canary", "10%", "CHG-2026-0042"];
    for (const left of parts) {
      const text = `${FILLER} ${parts.filter((part) => part !== left).join(" ")}`;
      expect(grade(deploy, text).outcome, left).toBe("failed");
    }
  });

  it("comes back from texts of sixty thousand letters", () => {
    const texts = ["a", "not ", "api-gateway", "10.", "do not ", "\u200b", "ﷺ", "本", "allow-", "1,"].map((part) =>
      part.repeat(60_000 / part.length),
    );
    for (const text of texts) expect(grade(deploy, text).outcome).not.toBe("passed");
  });
});
