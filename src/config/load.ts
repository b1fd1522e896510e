/** Finds and loads attesta.yaml: reads, checks everything, and gives the checked config or all problems at once. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Profile } from "../engine/profile.ts";
import { EMPTY_PROFILE } from "../engine/profile.ts";
import { assemble } from "./assemble.ts";
import { checkSections } from "./check.ts";
import { type Environment, hideValues, readEnvironment, type Substitutions, substitute } from "./env.ts";
import { readExtended } from "./extend.ts";
import { findingsOf } from "./issue-words.ts";
import { locate } from "./locate.ts";
import { type DomainEntry, loadProfiles } from "./profile-file.ts";
import { configSchema, type RawConfig } from "./schema.ts";
import { problemAt } from "./source.ts";
import { pathText, placeAt, plainOf, type Tree, type TreeMap } from "./tree.ts";
import { type Config, ConfigFault, type ConfigProblem } from "./types.ts";

export interface LoadOptions {
  readonly env: Environment;
  /** Where `attesta.yaml` is looked for, and what `domain` starts from. */
  readonly cwd: string;
  /** Stands in for the file's `domain`: a shipped name or a path. */
  readonly domain?: string;
  /** `start` also wants people, roles, approvers and agents. */
  readonly purpose: "check" | "start";
}

/** The config file's absolute path: ATTESTA_CONFIG, else attesta.yaml here or in the nearest folder above. */
export function findConfig(cwd: string, env: Environment): string | undefined {
  const named = env.ATTESTA_CONFIG;
  if (named !== undefined && named !== "") return resolve(cwd, named);
  const file = join(resolve(cwd), "attesta.yaml");
  if (existsSync(file)) return file;
  const above = dirname(resolve(cwd));
  return above === resolve(cwd) ? undefined : findConfig(above, {});
}

/** The checked config. Throws ConfigFault with every problem, each with its place and what to do. */
export function loadConfig(file: string | undefined, options: LoadOptions): Config {
  const found = file === undefined ? findConfig(options.cwd, options.env) : resolve(options.cwd, file);
  if (found === undefined) {
    const place = { file: join(options.cwd, "attesta.yaml"), line: 1, column: 1 };
    throw new ConfigFault([
      problemAt(place, "", "is not there, nor in a folder above; make one, or name it by --config"),
    ]);
  }
  const source = readExtended(found);
  if (source.tree?.kind !== "map") throw new ConfigFault(source.problems);
  const environment = readEnvironment(dirname(found), options.env);
  const filled = substitute(source.tree, environment.env);
  const loading: Loading = { file: found, tree: filled.tree, env: environment.env, options };
  const early = [...source.problems, ...environment.problems, ...filled.problems];
  const result = check(
    loading,
    filled.problems.map((problem) => problem.path),
  );
  const problems = [...early, ...result.problems];
  if (result.config === undefined || problems.length > 0) {
    throw new ConfigFault(inOrder(problems, found).map((problem) => hidden(problem, filled.substitutions)));
  }
  return result.config(filled.substitutions);
}

interface Loading {
  readonly file: string;
  readonly tree: Tree;
  readonly env: Environment;
  readonly options: LoadOptions;
}

interface Checked {
  readonly problems: readonly ConfigProblem[];
  readonly config: ((substitutions: Substitutions) => Config) | undefined;
}

/** Sections that the schema finds fault with are left out of the checks between keys, so that each fault is said once. */
function check(loading: Loading, unset: readonly string[]): Checked {
  const { tree, env, options, file } = loading;
  const parsed = configSchema.safeParse(plainOf(tree));
  const faults = parsed.success
    ? []
    : findingsOf(parsed.error, configSchema, tree).filter(({ path }) => path.length > 0);
  const sections = unset.map((path) => path.split(/[.[]/)[0] ?? "");
  const broken = new Set([...sections, ...faults.map(({ path }) => String(path[0]))]);
  const raw = parsed.success && broken.size === 0 ? parsed.data : readable(tree, broken);
  const profiles =
    broken.has("domain") && options.domain === undefined ? undefined : loadProfiles(domainsOf(loading, raw));
  const profile: Profile | undefined = profiles?.profile;
  const findings = checkSections({
    raw,
    profile: profile ?? EMPTY_PROFILE,
    broken: profile === undefined ? new Set([...broken, "domain"]) : broken,
    env,
    purpose: options.purpose,
  });
  const schemaFaults = faults.filter(({ path }) => !unset.includes(pathText(path)));
  const problems = [...locate([...schemaFaults, ...findings], tree), ...(profiles?.problems ?? [])];
  if (profile === undefined || broken.size > 0 || problems.length > 0) return { problems, config: undefined };
  return { problems, config: (substitutions) => assemble({ raw, profile, file, tree, env, substitutions }) };
}

function readable(tree: Tree, broken: ReadonlySet<string>): RawConfig {
  if (tree.kind !== "map") return {};
  const kept: TreeMap = { ...tree, entries: new Map([...tree.entries].filter(([key]) => !broken.has(key))) };
  const parsed = configSchema.safeParse(plainOf(kept));
  return parsed.success ? parsed.data : {};
}

function domainsOf({ tree, options, file }: Loading, raw: RawConfig): readonly DomainEntry[] {
  if (options.domain !== undefined) {
    const place = { file, line: 1, column: 1 };
    return [{ wanted: options.domain, place, path: ["--domain"], folder: options.cwd }];
  }
  const list = typeof raw.domain === "string" ? [raw.domain] : (raw.domain ?? []);
  return list.map((wanted, index) => {
    const path = typeof raw.domain === "string" ? ["domain"] : ["domain", index];
    const place = placeAt(tree, path);
    return { wanted, place, path, folder: dirname(place.file) };
  });
}

function hidden(problem: ConfigProblem, substitutions: Substitutions): ConfigProblem {
  return { ...problem, message: hideValues(problem.message, substitutions) };
}

/** The main file's problems first, then each other file's, from top to bottom; each once. */
function inOrder(problems: readonly ConfigProblem[], main: string): readonly ConfigProblem[] {
  const rank = (problem: ConfigProblem) => (problem.file === main ? "" : problem.file);
  const sorted = problems.toSorted((a, b) => {
    const files = rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
    return files || a.line - b.line || a.column - b.column;
  });
  const key = (problem: ConfigProblem) => JSON.stringify(problem);
  return sorted.filter((problem, index) => sorted.findIndex((other) => key(other) === key(problem)) === index);
}
