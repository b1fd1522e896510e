/** Follows `extends`: a file on top of another, whose places stay its own. It knows no other key. */
import { dirname, resolve } from "node:path";
import { problemAt, readSource, type Source } from "./source.ts";
import { mergeTrees, type Tree } from "./tree.ts";
import type { ConfigProblem } from "./types.ts";

/** A longer chain is a mistake rather than an intention. */
const MAX_FILES = 10;

/** The file merged over those it extends, without the key `extends` itself. `file` is absolute. */
export function readExtended(file: string): Source {
  return follow(file, []);
}

function follow(file: string, above: readonly string[]): Source {
  const own = readSource(file);
  if (own.tree?.kind !== "map") return own;
  const entry = own.tree.entries.get("extends");
  if (entry === undefined) return own;
  const tree: Tree = { ...own.tree, entries: new Map([...own.tree.entries].filter(([key]) => key !== "extends")) };
  const failed = (problems: readonly ConfigProblem[]): Source => ({ tree, problems: [...own.problems, ...problems] });
  const wanted = entry.value.kind === "scalar" ? entry.value.value : undefined;
  if (typeof wanted !== "string" || wanted === "") {
    return failed([problemAt(entry.key, "extends", "must be the path of one file, relative to this one")]);
  }
  const base = resolve(dirname(file), wanted);
  const chain = [...above, file];
  if (chain.includes(base)) {
    return failed([problemAt(entry.value.place, "extends", `${wanted} extends this file again; break the circle`)]);
  }
  if (chain.length >= MAX_FILES) {
    return failed([problemAt(entry.value.place, "extends", `is a chain of more than ${MAX_FILES} files; shorten it`)]);
  }
  const below = follow(base, chain);
  if (below.tree === undefined) {
    const [first] = below.problems;
    const isMissing = below.problems.length === 1 && first?.path === "" && first.message.startsWith("is not there");
    if (isMissing) return failed([problemAt(entry.value.place, "extends", `${wanted} is not there; check the path`)]);
    return failed(below.problems);
  }
  return { tree: mergeTrees(below.tree, tree), problems: [...own.problems, ...below.problems] };
}
