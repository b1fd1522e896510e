/** People, roles' channels and tokens, as the service's other parts need them. Checked before; decides nothing. */
import type { RawConfig } from "./schema.ts";
import type { ChannelRule, Config, Person, RoleChannels } from "./types.ts";

/** Written in capitals in a title. */
const ACRONYMS = [
  "sre",
  "dba",
  "qa",
  "it",
  "hr",
  "vp",
  "cto",
  "cio",
  "ciso",
  "ceo",
  "cfo",
  "pm",
  "soc",
  "iam",
  "ml",
  "ai",
];

/** The people, by e-mail in lower case; without a name, the e-mail stands for it. */
export function compilePeople({ people = [] }: RawConfig): readonly Person[] {
  return people.map((person) => ({
    email: person.email.toLowerCase(),
    name: person.name ?? person.email,
    ...(person.slack !== undefined && { slack: person.slack }),
    ...(person.teams !== undefined && { teams: person.teams }),
    ...(person.review_token_sha256 !== undefined && { reviewTokenSha256: person.review_token_sha256.toLowerCase() }),
  }));
}

/** `SRE lead` for `sre_lead`. */
export function titleOf(role: string): string {
  const words = role.split(/[_.:-]+/).filter((word) => word !== "");
  const written = words.map((word) => (ACRONYMS.includes(word.toLowerCase()) ? word.toUpperCase() : word));
  const title = written.join(" ");
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
}

/** The roles' titles and channels. */
export function compileRoleChannels({ roles = {} }: RawConfig): readonly RoleChannels[] {
  return Object.entries(roles).map(([name, { title, slack, teams }]) => ({
    name,
    title: title ?? titleOf(name),
    ...(slack !== undefined && {
      slack: {
        ...(slack.usergroup !== undefined && { usergroup: slack.usergroup }),
        ...(slack.channel !== undefined && { channel: slack.channel }),
      },
    }),
    ...(teams !== undefined && {
      teams: {
        ...(teams.members_of !== undefined && { membersOf: teams.members_of }),
        ...(teams.team !== undefined && { team: teams.team }),
        ...(teams.channel !== undefined && { channel: teams.channel }),
      },
    }),
  }));
}

/** Where requests are posted. */
export function compileChannels({ channels = {} }: RawConfig): Config["channels"] {
  const targets = (from: { slack?: string | undefined; teams?: string | undefined }) => ({
    ...(from.slack !== undefined && { slack: from.slack }),
    ...(from.teams !== undefined && { teams: from.teams }),
  });
  const rules = (channels.rules ?? []).map(
    (rule): ChannelRule => ({
      when: {
        ...(rule.when.environment !== undefined && { environment: rule.when.environment }),
        ...(rule.when.action !== undefined && { action: rule.when.action }),
        ...(rule.when.level !== undefined && { level: rule.when.level }),
      },
      ...targets(rule),
    }),
  );
  return { default: targets(channels.default ?? {}), rules };
}

/** Hex SHA-256 of each agent's token, lower case. */
export function compileAgentTokens({ agents = {} }: RawConfig): Readonly<Record<string, string>> {
  const tokens = Object.entries(agents).flatMap(([id, agent]): [string, string][] =>
    agent.token_sha256 === undefined ? [] : [[id, agent.token_sha256.toLowerCase()]],
  );
  return Object.fromEntries(tokens);
}
