/** Finds and reads the profiles that `domain` names: shipped ones by name, others by path. What they mean is compiled elsewhere. */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EMPTY_PROFILE, mergeProfiles, type Profile } from "../engine/profile.ts";
import { checkProfile } from "./check-profile.ts";
import { compileProfile } from "./compile-profile.ts";
import { findingsOf } from "./issue-words.ts";
import { locate } from "./locate.ts";
import { profileSchema, type RawProfile } from "./schema-profile.ts";
import { problemAt, readSource } from "./source.ts";
import { type Path, type Place, plainOf, type Tree } from "./tree.ts";
import type { ConfigProblem } from "./types.ts";

/** The package's own profiles; the same place seen from src/ and from dist/. */
const SHIPPED = fileURLToPath(new URL("../../profiles/", import.meta.url));

/** One entry of `domain`: what was written, and the place to blame. */
export interface DomainEntry {
  readonly wanted: string;
  readonly place: Place;
  readonly path: Path;
  /** Folder that a relative path starts from. */
  readonly folder: string;
}

interface ReadProfile {
  readonly tree: Tree;
  readonly raw: RawProfile;
}

/** Names of the profiles that come with the package. */
export function shippedProfiles(): readonly string[] {
  return readdirSync(SHIPPED)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** The profiles merged into one (the stricter wins), or every problem. Without entries: the empty profile. */
export function loadProfiles(entries: readonly DomainEntry[]): {
  readonly profile: Profile | undefined;
  readonly problems: readonly ConfigProblem[];
} {
  const read = entries.map(readEntry);
  const problems = read.flatMap((one) => ("problems" in one ? one.problems : []));
  if (problems.length > 0) return { profile: undefined, problems };
  const profiles = read.flatMap((one) => ("raw" in one ? [one] : []));
  const names = profiles.flatMap(({ raw }) => (raw.risk_patterns ?? []).map((pattern) => pattern.name));
  const found = profiles.flatMap(({ raw, tree }) => locate(checkProfile(raw, names), tree));
  if (found.length > 0) return { profile: undefined, problems: found };
  if (entries.length === 0) return { profile: EMPTY_PROFILE, problems: [] };
  return { profile: mergeProfiles(profiles.map(({ raw }) => compileProfile(raw, names))), problems: [] };
}

function readEntry(entry: DomainEntry): ReadProfile | { readonly problems: readonly ConfigProblem[] } {
  const file = fileOf(entry);
  const { tree, problems } = readSource(file);
  if (tree === undefined || problems.length > 0) {
    const [first] = problems;
    const isMissing = first !== undefined && first.path === "" && first.message.startsWith("is not there");
    return { problems: isMissing ? [notThere(entry)] : problems };
  }
  const parsed = profileSchema.safeParse(plainOf(tree));
  if (!parsed.success) return { problems: locate(findingsOf(parsed.error, profileSchema, tree), tree) };
  return { tree, raw: parsed.data };
}

function isPath(wanted: string): boolean {
  return /[/\\]|\.ya?ml$/i.test(wanted);
}

function fileOf(entry: DomainEntry): string {
  if (isPath(entry.wanted)) return resolve(entry.folder, entry.wanted);
  return resolve(SHIPPED, `${entry.wanted}.yaml`);
}

function notThere(entry: DomainEntry): ConfigProblem {
  const advice = isPath(entry.wanted)
    ? "check the path; it starts from the folder of the file that names it"
    : `shipped are ${shippedProfiles().join(", ")}; a file of your own is written as a path, such as ./mine.yaml`;
  return problemAt(entry.place, entry.path.join("."), `there is no profile ${entry.wanted}; ${advice}`);
}
