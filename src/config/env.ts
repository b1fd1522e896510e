/** Values from the environment and from `.env` beside the config file: put in for `${NAME}`, and taken out of anything printed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { problemAt } from "./source.ts";
import { mapTexts, pathText, type Tree } from "./tree.ts";
import type { ConfigProblem } from "./types.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was put in: the value, and the variable it came from. */
export type Substitutions = ReadonlyMap<string, string>;

/** Shorter values are not hidden: they would blank out parts of ordinary words, and are no secrets. */
const HIDDEN_FROM_LENGTH = 4;

/** The process environment over `.env` in this folder; a `.env` that cannot be read is a problem, a missing one is not. */
export function readEnvironment(
  folder: string,
  env: Environment,
): { readonly env: Environment; readonly problems: readonly ConfigProblem[] } {
  const file = join(folder, ".env");
  try {
    const own = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
    return { env: { ...parseEnv(readFileSync(file, "utf8")), ...own }, problems: [] };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return { env, problems: [] };
    const message = `cannot be read (${code}); check its permissions, or remove it`;
    return { env, problems: [problemAt({ file, line: 1, column: 1 }, "", message)] };
  }
}

/** The tree with every `${NAME}` in a text replaced; `$${` stands for a plain `${`. An unset or empty variable is a problem. */
export function substitute(
  tree: Tree,
  env: Environment,
): { readonly tree: Tree; readonly problems: readonly ConfigProblem[]; readonly substitutions: Substitutions } {
  const problems: ConfigProblem[] = [];
  const substitutions = new Map<string, string>();
  const changed = mapTexts(tree, (text, { place, path }) =>
    text.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, name: string | undefined, end: string) => {
      if (name === undefined) return "$" + "{";
      if (end === "" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        problems.push(
          problemAt(place, pathText(path), `has a \${ that names no variable; write \${NAME}, or $\${ for a plain \${`),
        );
        return whole;
      }
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (value === undefined || value === "") {
        const state = value === "" ? "empty" : "not set";
        problems.push(
          problemAt(
            place,
            pathText(path),
            `the variable ${name} is ${state}; set it in the environment or in .env beside this file`,
          ),
        );
        return whole;
      }
      substitutions.set(value, name);
      return value;
    }),
  );
  return { tree: changed, problems, substitutions };
}

/** Text as it may be printed: values that came from the environment become their `${NAME}` again. */
export function hideValues(text: string, substitutions: Substitutions): string {
  const longestFirst = [...substitutions].sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((hidden, [value, name]) => {
    const mark = `$\{${name}}`;
    if (hidden === value) return mark;
    if (value.length < HIDDEN_FROM_LENGTH) return hidden;
    return hidden.replaceAll(value, () => mark).replaceAll(value.toLowerCase(), () => mark);
  }, text);
}
