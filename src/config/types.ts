/** The whole checked configuration: the engine's policy, and what the service's other parts need. */
import type { Level, PersonId, RoleName } from "../engine/model.ts";
import type { Policy } from "../engine/policy.ts";

export interface Person {
  readonly email: PersonId;
  readonly name: string;
  readonly slack?: string;
  readonly teams?: string;
  readonly reviewTokenSha256?: string;
}

export interface RoleChannels {
  readonly name: RoleName;
  /** For people: `SRE lead` for `sre_lead`. */
  readonly title: string;
  readonly slack?: { readonly usergroup?: string; readonly channel?: string };
  readonly teams?: { readonly membersOf?: string; readonly team?: string; readonly channel?: string };
}

export interface ChannelRule {
  readonly when: { readonly environment?: string; readonly action?: string; readonly level?: Level };
  readonly slack?: string;
  readonly teams?: string;
}

export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly policy: Policy;
  readonly people: readonly Person[];
  readonly roles: readonly RoleChannels[];
  /** By agent id; hex SHA-256 of the token. */
  readonly agentTokens: Readonly<Record<string, string>>;
  readonly channels: {
    readonly default: { readonly slack?: string; readonly teams?: string };
    readonly rules: readonly ChannelRule[];
  };
  /** Paths here and below are absolute. */
  readonly audit: { readonly path: string; readonly answers: "full" | "hash" };
  /** `key` is secret text of at least 32 characters; undefined: the store makes one in its folder. */
  readonly state: { readonly path: string; readonly key?: string; readonly keepMs: number };
  readonly server: { readonly host: string; readonly port: number };
  readonly client: { readonly url?: string; readonly token?: string };
  /** JSON: the policy without secrets, and with `${NAME}` where a value came from the environment, as written into the audit log at start and whenever it changes. */
  readonly published: unknown;
}

/** One thing wrong with a config file, with the place and what to do. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** For instance `policy.minimum_review_seconds.high`. */
  readonly path: string;
  readonly message: string;
}

/** Thrown by the loader with every problem at once; its message prints them all. */
export class ConfigFault extends Error {
  readonly code = "config";
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((p) => `${p.file}:${p.line}:${p.column}  ${p.path || "(file)"}: ${p.message}`).join("\n"));
    this.name = "ConfigFault";
    this.problems = problems;
  }
}
