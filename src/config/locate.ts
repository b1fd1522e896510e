/** Gives findings their places: file, line and column. */
import type { Finding } from "./finding.ts";
import { problemAt } from "./source.ts";
import { keyAt, pathText, placeAt, type Tree } from "./tree.ts";
import type { ConfigProblem } from "./types.ts";

/** The findings as problems, with the place that the tree knows for each path. */
export function locate(findings: readonly Finding[], tree: Tree): readonly ConfigProblem[] {
  return findings.map(({ path, message, atKey }) => {
    const place = (atKey === true ? keyAt(tree, path) : undefined) ?? placeAt(tree, path);
    return problemAt(place, pathText(path), message);
  });
}
