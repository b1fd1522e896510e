import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildConfirm, gradeConfirm } from "../../src/engine/confirm.ts";
import type { JsonObject } from "../../src/engine/json.ts";
import { deploy, firewall, migration, rollback, subjectOf } from "../fixtures/infra-subjects.ts";

const targetOf = (args: JsonObject, more = {}) =>
  buildConfirm(subjectOf({ actionName: "do_it", arguments: args, ...more }), "seed")?.target;

describe("the target of a confirm", () => {
  it("is the service, database or rule of the published actions", () => {
    const targets = [deploy, migration, rollback, firewall].map((subject) => buildConfirm(subject, "seed")?.target);
    expect(targets).toEqual(["api-gateway", "primary", "api-gateway", "FW-PROD-001"]);
  });

  it("is the first scalar argument where no name tells what is acted on", () => {
    expect(targetOf({ options: {}, on: true, colour: "teal", size: 12 })).toBe("teal");
  });

  it("is found inside an object", () => {
    expect(targetOf({ spec: { name: "billing-db" } })).toBe("billing-db");
  });

  it("is the environment without arguments, and the action's name without either", () => {
    expect(targetOf({})).toBe("production");
    expect(targetOf({}, { environment: "" })).toBe("do_it");
    expect(targetOf({ reason: "because" }, { freeText: ["reason"] })).toBe("production");
  });

  it("is nothing that a reflex types", () => {
    expect(targetOf({ service: "yes", database: "y", host: "OK", table: "users" })).toBe("users");
  });

  it("is nothing that cannot be typed", () => {
    expect(targetOf({ service: "a\u202eb", host: "x".repeat(61), table: "line\nbreak" })).toBe("production");
  });
});

describe("the options of a confirm", () => {
  it("hold the target once, among others like it", () => {
    for (const subject of [
      deploy,
      migration,
      rollback,
      firewall,
      subjectOf({ actionName: "zap", arguments: { x: "zorblax" } }),
    ]) {
      const confirm = buildConfirm(subject, "seed");
      expect(confirm?.options).toHaveLength(4);
      expect(confirm?.options.filter((option) => option === confirm.target)).toHaveLength(1);
    }
  });
});

describe("the options of a confirm over many draws", () => {
  it("are the same ones, so that no two draws tell the target", () => {
    for (const subject of [deploy, subjectOf({ actionName: "zap", arguments: { service: "api" } })]) {
      const sets = Array.from({ length: 200 }, (_, seed) => buildConfirm(subject, `s${seed}`)?.options ?? []);
      expect(new Set(sets.map((options) => JSON.stringify([...options].sort()))).size).toBe(1);
      expect(new Set(sets.map((options) => options.join())).size).toBe(24);
    }
  });
});

describe("the confirm of a command that the agent chose", () => {
  const about = (command: string) =>
    buildConfirm(subjectOf({ actionName: "get_service_status", arguments: { service: "api" }, command }), "seed");

  it.each([
    ["terraform destroy -auto-approve", "terraform destroy"],
    ["ls", "ls"],
    ["./deploy.sh api 2.1.0", "./deploy.sh api"],
    ["bash -c terraform destroy -auto-approve", "terraform destroy"],
    ["sh -ec 'terraform destroy'", "terraform destroy"],
    ["bash ./deploy.sh", "bash ./deploy.sh"],
    [`psql ${"x".repeat(80)}`, "psql"],
    [`/opt/${"x".repeat(60)}/terraform destroy`, "terraform destroy"],
  ])("asks for %j as %j, among others like it", (command, target) => {
    const confirm = about(command);
    expect(confirm?.target).toBe(target);
    expect(confirm?.options).toHaveLength(4);
    expect(confirm?.options).toContain(target);
    expect(confirm?.prompt).toContain("Say what runs");
    expect(confirm?.prompt).not.toContain(target);
  });

  it("passes the command's words, with and without the program's folder, and not what is acted on", () => {
    const confirm = about("/usr/bin/terraform destroy -auto-approve");
    if (confirm === undefined) throw new Error("the command can be typed");
    const graded = (typed: string) => gradeConfirm(confirm, typed).outcome;
    expect(["/usr/bin/terraform destroy", "Terraform  Destroy"].map(graded)).toEqual(["passed", "passed"]);
    expect(["api", "terraform", "destroy", "terraform plan"].map(graded)).toEqual(Array(4).fill("failed"));
  });

  it("offers other commands of the same program", () => {
    expect(about("terraform destroy")?.options.every((option) => option.startsWith("terraform "))).toBe(true);
  });

  it("is none where no word of the command can be typed", () => {
    for (const command of ["", "yes", "true", "x", "terra\u202eform destroy"]) expect(about(command)).toBeUndefined();
  });
});

describe("gradeConfirm", () => {
  const challenge = { target: "api-gateway", options: ["api-gateway", "api-proxy"] };

  it("passes the target in any case and spacing", () => {
    for (const typed of ["api-gateway", "  API-Gateway ", "api\u2011gateway"]) {
      expect(gradeConfirm(challenge, typed)).toEqual({ outcome: "passed", matched: ["api-gateway"] });
    }
  });

  it("takes a bare yes and an empty text for no attempt", () => {
    for (const typed of ["y", "Y", "yes", "ok", "approve"]) {
      expect(gradeConfirm(challenge, typed)).toEqual({ outcome: "incomplete", why: "wrong_kind" });
    }
    for (const typed of ["", "  ", "\u200b"])
      expect(gradeConfirm(challenge, typed)).toEqual({ outcome: "incomplete", why: "empty" });
  });

  it("fails another name and names the aspect only", () => {
    expect(gradeConfirm(challenge, "api-proxy")).toEqual({ outcome: "failed", missing: ["target"], matched: [] });
    expect(gradeConfirm(challenge, "api-gateway-2").outcome).toBe("failed");
  });

  it("never passes a yes, even where the target is one", () => {
    expect(gradeConfirm({ target: "yes", options: [] }, "yes").outcome).not.toBe("passed");
    expect(gradeConfirm({ target: "", options: [] }, "").outcome).not.toBe("passed");
  });

  it("never passes any other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (typed) => {
        fc.pre(typed.trim().toLowerCase() !== "api-gateway");
        expect(gradeConfirm(challenge, typed).outcome).not.toBe("passed");
      }),
    );
  });
});
