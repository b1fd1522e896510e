/** The line that tells the waiting side who can decide, and how. */
import { expect, it } from "vitest";
import { whoLine } from "../../src/bot/who.ts";
import type { Holders } from "../../src/engine/model.ts";
import type { RequestState } from "../../src/engine/request.ts";
import { deployFacts, STATES } from "../fixtures/states.ts";

const NAMES: Readonly<Record<string, string>> = {
  "sre.lead@company.com": "Sam Okafor",
  "release.mgr@company.com": "Riley Chen",
};
const view = {
  nameOf: (person: string) => NAMES[person] ?? person,
  roleTitle: (role: string) => role.replace("_", " "),
};
const HOLDERS: Holders = {
  sre_lead: ["sre.lead@company.com"],
  release_manager: ["release.mgr@company.com"],
  network_admin: ["net.admin@company.com"],
};

function state(name: string): RequestState {
  const found = STATES[name];
  if (found === undefined) throw new Error(`no state ${name}`);
  return found;
}

const line = (name: string, holders: Holders = HOLDERS) => whoLine(state(name), holders, view);

it("names people for each open seat, and the command", () => {
  expect(line("raised")).toBe("sre lead: Sam Okafor. release manager: Riley Chen. They run: attesta review 7K3F");
});

it("leaves out a seat that is filled, and adds who stands in", () => {
  expect(line("half approved")).toMatch(/^release manager: Riley Chen\. They run/);
  expect(line("escalated, unattended, tightened")).toContain("sre lead or network admin: Sam Okafor, net.admin");
});

it("never names somebody who may not approve this request", () => {
  const { excluded } = deployFacts();
  const holders = { ...HOLDERS, sre_lead: [...excluded, "sre.lead@company.com"] };
  expect(line("raised", holders)).not.toContain(excluded[0]);
});

it("says so where nobody is known now", () => {
  expect(line("raised", { ...HOLDERS, sre_lead: undefined })).toContain("sre lead: not known now.");
  expect(line("raised", { ...HOLDERS, sre_lead: [] })).toContain("sre lead: not known now.");
});

it.each(["approved", "denied", "timed out", "cancelled", "used"])("is empty once it is %s", (name) => {
  expect(line(name)).toBe("");
});
