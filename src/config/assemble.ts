/** Puts the checked config together from the parts that were read. Nothing is checked here. */
import { dirname, resolve } from "node:path";
import type { Profile } from "../engine/profile.ts";
import { compileAgentTokens, compileChannels, compilePeople, compileRoleChannels } from "./compile-people.ts";
import { compilePolicy } from "./compile-policy.ts";
import { type Environment, hideValues, type Substitutions } from "./env.ts";
import { mapJsonTexts, policyDigest, policyJson } from "./publish.ts";
import type { RawConfig } from "./schema.ts";
import { nodeAt, type Path, type Tree } from "./tree.ts";
import type { Config } from "./types.ts";

const DAY_MS = 86_400_000;

export interface Parts {
  readonly raw: RawConfig;
  readonly profile: Profile;
  /** Absolute. */
  readonly file: string;
  readonly tree: Tree;
  /** With `.env`; its ATTESTA_ variables stand in for keys. */
  readonly env: Environment;
  readonly substitutions: Substitutions;
}

/** The config, frozen in nothing but type. */
export function assemble(parts: Parts): Config {
  const { raw, profile, file, env } = parts;
  const policy = compilePolicy(raw, profile);
  const key = given(env.ATTESTA_STATE_KEY) ?? raw.state?.key;
  const url = given(env.ATTESTA_URL) ?? raw.client?.url;
  const token = given(env.ATTESTA_TOKEN) ?? raw.client?.token;
  return {
    file,
    policy: { ...policy, digest: policyDigest(policy) },
    people: compilePeople(raw),
    roles: compileRoleChannels(raw),
    agentTokens: compileAgentTokens(raw),
    channels: compileChannels(raw),
    audit: {
      path: pathOf(parts, ["audit", "path"], raw.audit?.path ?? ".attesta/audit.jsonl"),
      answers: raw.audit?.answers ?? "full",
    },
    state: {
      path: pathOf(parts, ["state", "path"], raw.state?.path ?? ".attesta"),
      ...(key !== undefined && { key }),
      keepMs: (raw.state?.keep_days ?? 30) * DAY_MS,
    },
    server: { host: raw.server?.host ?? "127.0.0.1", port: raw.server?.port ?? 8484 },
    client: { ...(url !== undefined && { url }), ...(token !== undefined && { token }) },
    published: mapJsonTexts(policyJson(policy), (text) => hideValues(text, parts.substitutions)),
  };
}

function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** Relative to the file that names it; a default is relative to the main file. */
function pathOf({ tree, file }: Parts, path: Path, value: string): string {
  return resolve(dirname(nodeAt(tree, path)?.place.file ?? file), value);
}
