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
