/** For each published action: who is let in, to what, and that everybody else is refused on every way in, and that this is written down. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CREDENTIALS, DEPLOYMENTS, FIREWALL, MIGRATION, PRODUCTION, ROLLBACK, STAGING, STATUS } from "./actions.ts";
import { codeOf, formOf, wordsOf } from "./reviewer.ts";
import { openStage, type Stage } from "./stage.ts";

const PEOPLE = [
  "sre.lead@company.com",
  "release.mgr@company.com",
  "dba@company.com",
  "backend.lead@company.com",
  "security.eng@company.com",
  "net.admin@company.com",
  "dana@company.com",
  "outsider@company.com",
] as const;
type Person = (typeof PEOPLE)[number];

/** Who decides it, and with which challenge. */
const DECIDED = [
  [STAGING, { "sre.lead@company.com": "confirm", "release.mgr@company.com": "confirm" }],
  [PRODUCTION, { "sre.lead@company.com": "teach_back", "release.mgr@company.com": "quiz" }],
  [MIGRATION, { "dba@company.com": "teach_back", "backend.lead@company.com": "quiz" }],
  [ROLLBACK, { "sre.lead@company.com": "quiz", "release.mgr@company.com": "quiz" }],
  [FIREWALL, { "security.eng@company.com": "teach_back", "net.admin@company.com": "teach_back" }],
  [CREDENTIALS, { "security.eng@company.com": "quiz" }],
] as const satisfies readonly (readonly [{ action: string }, Partial<Record<Person, string>>])[];

describe("who decides", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ yaml: "policy: {timeout_seconds: 86400}", speed: 10 });
  });
  afterAll(() => stage.close());

  test.each(DECIDED.map(([body, deciders]) => [body.action, body, deciders] as const))(
    "%s is decided by the people in its roles, each with their challenge, and by nobody else",
    async (_, body, deciders: Partial<Record<Person, string>>) => {
      const { id, digest } = await stage.agent().raise(body);
      const others = PEOPLE.filter((person) => deciders[person] === undefined);
      for (const person of others) {
        const wanted = person === "dana@company.com" ? "own_request" : "not_an_approver";
        const port = stage.person(person);
        const answers = { reviewId: "made-up", digest, answers: ["api-gateway"] };
        const codes = {
          review: codeOf(await port.open(id)),
          vote: codeOf(await port.submit(id, answers)),
          deny: codeOf(await port.deny(id, { reason: "not_needed" })),
          pass: codeOf(await port.pass(id)),
        };
        expect({ person, ...codes }).toEqual({ person, review: wanted, vote: wanted, deny: wanted, pass: wanted });
      }
      const asked: Record<string, string> = {};
      for (const person of PEOPLE.filter((one) => deciders[one] !== undefined)) {
        const form = formOf(await stage.person(person).open(id));
        asked[person] = form.question.kind;
        expect(form.digest).toBe(digest);
      }
      expect(asked).toEqual(deciders);
      expect(await stage.state(id)).toMatchObject({ status: "pending", votes: [] });
      const refused = (await stage.audit()).filter((line) => line.entry_type === "refusal" && line.request_id === id);
      expect(refused.map(({ person, command, refusal }) => [person, command, refusal])).toEqual(
        others.flatMap((person) =>
          ["review", "vote", "deny", "pass"].map((command) => [
            person,
            command,
            person === "dana@company.com" ? "own_request" : "not_an_approver",
          ]),
        ),
      );
    },
  );

  test.each([STATUS, DEPLOYMENTS].map((body) => [body.action, body] as const))(
    "%s asks nobody, and nobody can decide about it any more",
    async (_, body) => {
      const { id } = await stage.agent().raise(body);
      expect((await stage.agent().get(id, 20_000)).body).toMatchObject({
        verdict: "approved",
        released: true,
        challenge_type: "auto_approve",
        seats: [],
      });
      for (const person of PEOPLE) {
        expect(codeOf(await stage.person(person).open(id))).toBe("already_decided");
        expect(codeOf(await stage.person(person).deny(id, { reason: "not_needed" }))).toBe("already_decided");
      }
    },
  );

  test("a refused person reads which roles it needs, and which they have", async () => {
    const { id } = await stage.agent().raise({ ...ROLLBACK, arguments: { ...ROLLBACK.arguments, service: "auth" } });
    expect(wordsOf(await stage.person("dba@company.com").open(id))).toContain(
      "This needs one of: SRE lead, Release manager. You are: DBA.",
    );
    expect(wordsOf(await stage.person("outsider@company.com").open(id))).toContain("You hold no role here.");
    expect(wordsOf(await stage.person("dana@company.com").open(id))).toBe(
      "You asked for this through infra-agent, so somebody else has to approve it.",
    );
  });

  test("a claimed requester is excluded as well as the owner, never instead", async () => {
    const body = { ...CREDENTIALS, arguments: { ...CREDENTIALS.arguments, service: "auth" } };
    const { id } = await stage.agent().raise({ ...body, requester: "net.admin@company.com" });
    expect(codeOf(await stage.person("dana@company.com").open(id))).toBe("own_request");
    expect(codeOf(await stage.person("net.admin@company.com").open(id))).toBe("own_request");
    expect(formOf(await stage.person("security.eng@company.com").open(id)).question.kind).toBe("quiz");
  });

  test("a requester who is the only one in the role makes it impossible, and it is denied at once", async () => {
    const body = { ...CREDENTIALS, arguments: { ...CREDENTIALS.arguments, service: "billing" } };
    const { id } = await stage.agent().raise({ ...body, requester: "security.eng@company.com" });
    expect((await stage.agent().get(id, 20_000)).body).toMatchObject({ verdict: "denied", reason: "impossible" });
  });
});
