/** What must hold between people, roles, agents and channels, as far as the file says something about them. Pure. */
import { sha256Hex } from "../engine/digest.ts";
import { checkPattern } from "./check-policy.ts";
import { type Finding, finding, repeated, repeatedTexts } from "./finding.ts";
import type { RawConfig } from "./schema.ts";
import type { Path } from "./tree.ts";

const EMPTY_HASH = sha256Hex("");

/** Findings about `people`: one entry a person, one person an account. */
export function checkPeople({ people = [] }: RawConfig): readonly Finding[] {
  const at = (key: string) => (index: number) => ["people", index, key];
  return [
    ...repeated(people, (person) => person.email.toLowerCase(), at("email")),
    ...repeated(people, (person) => person.slack, at("slack")),
    ...repeated(people, (person) => person.teams?.toLowerCase(), at("teams")),
  ];
}

/** Findings about tokens: never the same twice, whoever holds them. */
export function checkTokens({ people = [], agents = {} }: RawConfig): readonly Finding[] {
  const tokens = [
    ...Object.entries(agents).map(([id, agent]) => ({
      hash: agent.token_sha256?.toLowerCase(),
      path: ["agents", id, "token_sha256"] as Path,
    })),
    ...people.map((person, index) => ({
      hash: person.review_token_sha256?.toLowerCase(),
      path: ["people", index, "review_token_sha256"] as Path,
    })),
  ];
  const empty = tokens.flatMap(({ hash, path }) =>
    hash === EMPTY_HASH ? finding(path, "is the hash of an empty token; make a token and write its hash") : [],
  );
  const twice = repeated(
    tokens,
    ({ hash }) => hash,
    (index) => tokens[index]?.path ?? [],
  );
  return [...empty, ...twice];
}

/** Findings about `roles`, without looking at who is in `people`. */
export function checkRoles({ roles = {} }: RawConfig): readonly Finding[] {
  return Object.entries(roles).flatMap(([name, role]) => {
    const path: Path = ["roles", name];
    const idle =
      role.delegates_at_critical === true && role.delegates === undefined
        ? finding([...path, "delegates_at_critical"], "needs delegates; name them, or remove this key")
        : [];
    return [
      ...repeatedTexts(role.members, [...path, "members"]),
      ...repeatedTexts(role.delegates, [...path, "delegates"]),
      ...idle,
    ];
  });
}

/** Findings about e-mails in roles and agents that no entry of `people` has. Nothing to say while there are no people. */
export function checkMembers({ people, roles = {}, agents = {} }: RawConfig): readonly Finding[] {
  if (people === undefined) return [];
  const known = new Set(people.map((person) => person.email.toLowerCase()));
  const unknown = (email: string, path: Path) =>
    known.has(email.toLowerCase())
      ? []
      : finding(path, `${email} is not in people; add an entry, or mend the spelling`);
  const inRoles = Object.entries(roles).flatMap(([name, role]) =>
    (["members", "delegates"] as const).flatMap((key) =>
      (role[key] ?? []).flatMap((email, index) => unknown(email, ["roles", name, key, index])),
    ),
  );
  const owners = Object.entries(agents).flatMap(([id, agent]) =>
    agent.owner === undefined ? [] : unknown(agent.owner, ["agents", id, "owner"]),
  );
  return [...inRoles, ...owners];
}

/** Findings about `agents`: which actions they may ask for, and for whom. */
export function checkAgents({ agents = {} }: RawConfig): readonly Finding[] {
  return Object.entries(agents).flatMap(([id, agent]) => {
    const path: Path = ["agents", id];
    const actions = (agent.actions ?? []).flatMap((source, index) => {
      const at: Path = [...path, "actions", index];
      if (/(^|[^.)\]}\\])\*/.test(source)) {
        return finding(at, "is a regular expression over the whole action name; write `.*` where anything may stand");
      }
      return checkPattern(source, at);
    });
    const ownerless =
      agent.requester === "owner" && agent.owner === undefined
        ? finding([...path, "requester"], "owner means the agent's owner; name one with `owner:`")
        : [];
    return [...actions, ...ownerless];
  });
}

/** Findings about `channels`: a rule says when and where. */
export function checkChannels({ channels = {} }: RawConfig): readonly Finding[] {
  return (channels.rules ?? []).flatMap((rule, index) => {
    const path: Path = ["channels", "rules", index];
    const nowhere =
      rule.slack === undefined && rule.teams === undefined
        ? finding(path, "names no channel; write slack or teams")
        : [];
    const always =
      Object.keys(rule.when).length === 0
        ? finding([...path, "when"], "is always true; write channels.default instead")
        : [];
    const action = rule.when.action === undefined ? [] : checkPattern(rule.when.action, [...path, "when", "action"]);
    return [...nowhere, ...always, ...action];
  });
}

const LOOPBACK = ["127.0.0.1", "::1", "[::1]", "localhost"];

/** Findings about `server` and `client`: the examples' public tokens stay on this machine. */
export function checkServer({ server = {}, client = {}, people = [], agents = {} }: RawConfig): readonly Finding[] {
  const host = server.host ?? "127.0.0.1";
  const demo = [
    ...Object.entries(agents).flatMap(([id, agent]) =>
      agent.token_sha256?.toLowerCase() === sha256Hex("attesta-demo-agent-token") ? [`agents.${id}`] : [],
    ),
    ...people.flatMap((person) =>
      person.review_token_sha256?.toLowerCase() === demoTokenHash(person.email) ? [person.email] : [],
    ),
  ];
  const open =
    LOOPBACK.includes(host) || demo.length === 0
      ? []
      : finding(
          ["server", "host"],
          `lets others in while the examples' public tokens are in use (${demo.join(", ")}); make your own tokens, or use 127.0.0.1`,
        );
  return [...open, ...(client.url === undefined ? [] : checkUrl(client.url, ["client", "url"]))];
}

/** The public review token that the examples give this person, for trying only. */
export function demoToken(email: string): string {
  return `attesta-demo-${email.toLowerCase().split("@")[0]}`;
}

/** SHA-256 of `demoToken`, in hex. */
export function demoTokenHash(email: string): string {
  return sha256Hex(demoToken(email));
}

/** A finding unless this is an http or https address without a name or password in it. The address is not repeated. */
export function checkUrl(url: string, path: Path): readonly Finding[] {
  if (!URL.canParse(url)) return finding(path, "is not an address; write one such as http://127.0.0.1:8484");
  const { protocol, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return finding(path, "must begin with http:// or https://");
  return username === "" && password === "" ? [] : finding(path, "holds a name or password; use client.token instead");
}
