/** Runs every check whose sections could be read, and checks the variables that stand in for keys. */

import type { Profile } from "../engine/profile.ts";
import { checkActions } from "./check-actions.ts";
import {
  checkAgents,
  checkChannels,
  checkMembers,
  checkPeople,
  checkRoles,
  checkServer,
  checkTokens,
  checkUrl,
} from "./check-people.ts";
import { checkPolicy, checkRisk, checkTrust } from "./check-policy.ts";
import { checkRoleNames, checkStart } from "./check-start.ts";
import type { Environment } from "./env.ts";
import { type Finding, finding } from "./finding.ts";
import type { RawConfig } from "./schema.ts";

/** The shortest `state.key`, in characters. */
const MIN_KEY_CHARACTERS = 32;

export interface CheckInput {
  readonly raw: RawConfig;
  readonly profile: Profile;
  /** Sections that the schema refused: checks that read them are left out. */
  readonly broken: ReadonlySet<string>;
  readonly env: Environment;
  readonly purpose: "check" | "start";
}

interface Check {
  readonly reads: readonly (keyof RawConfig)[];
  readonly run: (input: CheckInput) => readonly Finding[];
}

const CHECKS: readonly Check[] = [
  { reads: ["policy"], run: ({ raw }) => checkPolicy(raw) },
  { reads: ["risk"], run: ({ raw }) => checkRisk(raw) },
  { reads: ["trust"], run: ({ raw }) => checkTrust(raw) },
  { reads: ["actions"], run: ({ raw }) => checkActions(raw.actions) },
  { reads: ["people"], run: ({ raw }) => checkPeople(raw) },
  { reads: ["people", "agents"], run: ({ raw }) => checkTokens(raw) },
  { reads: ["roles"], run: ({ raw }) => checkRoles(raw) },
  { reads: ["people", "roles", "agents"], run: ({ raw }) => checkMembers(raw) },
  { reads: ["agents"], run: ({ raw }) => checkAgents(raw) },
  { reads: ["channels"], run: ({ raw }) => checkChannels(raw) },
  { reads: ["server", "client", "people", "agents"], run: ({ raw }) => checkServer(raw) },
  { reads: ["client", "state"], run: ({ env }) => checkVariables(env) },
  {
    reads: ["policy", "roles", "domain"],
    run: ({ raw, profile }) => (raw.roles === undefined ? [] : checkRoleNames(raw, profile)),
  },
  {
    reads: ["policy", "people", "roles", "agents", "domain"],
    run: ({ raw, profile, purpose }) => (purpose === "start" ? checkStart(raw, profile) : []),
  },
];

/** Everything that is wrong between keys, and for a start what is missing. */
export function checkSections(input: CheckInput): readonly Finding[] {
  const whole = CHECKS.filter(({ reads }) => !reads.some((section) => input.broken.has(section)));
  return whole.flatMap(({ run }) => run(input));
}

function checkVariables(env: Environment): readonly Finding[] {
  const { ATTESTA_URL: url, ATTESTA_STATE_KEY: key } = env;
  const address = url === undefined || url === "" ? [] : checkUrl(url, ["client", "url"]);
  const short =
    key === undefined || key === "" || key.length >= MIN_KEY_CHARACTERS
      ? []
      : finding(["state", "key"], `is too short; use at least ${MIN_KEY_CHARACTERS} characters`);
  return [
    ...address.map((one) => ({ ...one, message: `from the variable ATTESTA_URL ${one.message}` })),
    ...short.map((one) => ({ ...one, message: `from the variable ATTESTA_STATE_KEY ${one.message}` })),
  ];
}
