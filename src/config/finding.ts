/** What checks give: one thing wrong, by its path in the file. Places are added where the file is known. */
import { type Path, pathText } from "./tree.ts";

/** One thing wrong, by its path in the file. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Point at the key even where the value is written on its own. */
  readonly atKey?: true;
}

/** One finding, as a list, for checks that give many. */
export function finding(path: Path, message: string): readonly Finding[] {
  return [{ path, message }];
}

/** A finding for each value that stands in the list again; compared as `same` gives them, undefined never. */
export function repeated<T>(
  items: readonly T[],
  same: (item: T) => string | undefined,
  at: (index: number) => Path,
): readonly Finding[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const key = same(item);
    if (key === undefined) return [];
    const before = first.get(key);
    if (before !== undefined) return finding(at(index), `is the same as ${pathText(at(before))}; keep one`);
    first.set(key, index);
    return [];
  });
}

/** Findings for texts that a list holds twice. */
export function repeatedTexts(items: readonly string[] | undefined, path: Path): readonly Finding[] {
  return repeated(
    items ?? [],
    (item) => item.toLowerCase(),
    (index) => [...path, index],
  );
}
