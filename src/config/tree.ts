/** A file people wrote, as values that remember where they stand. It knows no YAML and no meaning. */

/** Where something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Scalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly place: Place;
}
export interface TreeList {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly place: Place;
}
export interface TreeMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, { readonly key: Place; readonly value: Tree }>;
  readonly place: Place;
}
export type Tree = Scalar | TreeList | TreeMap;

/** From the top of a file down to one value: keys, and positions in lists. */
export type Path = readonly (string | number)[];

/** The value below `tree` at this path; undefined where there is none. */
export function nodeAt(tree: Tree, path: Path): Tree | undefined {
  let node: Tree | undefined = tree;
  for (const step of path) {
    if (node?.kind === "map") node = node.entries.get(String(step))?.value;
    else if (node?.kind === "list") node = typeof step === "number" ? node.items[step] : undefined;
    else return undefined;
  }
  return node;
}

/** Where to send the reader for this path: a value's own place, a collection's key, else the nearest parent that exists. */
export function placeAt(tree: Tree, path: Path): Place {
  const node = nodeAt(tree, path);
  if (node === undefined) return path.length === 0 ? tree.place : placeAt(tree, path.slice(0, -1));
  const isWritten = node.kind === "scalar" && node.value !== null;
  return isWritten ? node.place : (keyAt(tree, path) ?? node.place);
}

/** Where the key at this path stands; undefined for a list's item, the top, or a key that is not there. */
export function keyAt(tree: Tree, path: Path): Place | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = nodeAt(tree, path.slice(0, -1));
  return parent?.kind === "map" ? parent.entries.get(String(last))?.key : undefined;
}

/** The same values as plain data, for a schema to read. */
export function plainOf(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plainOf);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plainOf(entry.value)]));
}

/** `over` on top of `base`: maps merge by key, everything else is replaced. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== "map" || over.kind !== "map") return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    entries.set(key, below === undefined ? entry : { key: entry.key, value: mergeTrees(below.value, entry.value) });
  }
  return { kind: "map", entries, place: over.place };
}

/** The tree with each text replaced; places stay. */
export function mapTexts(tree: Tree, change: (text: string, at: { place: Place; path: Path }) => string): Tree {
  return mapTextsBelow(tree, [], change);
}

function mapTextsBelow(
  tree: Tree,
  path: Path,
  change: (text: string, at: { place: Place; path: Path }) => string,
): Tree {
  if (tree.kind === "scalar") {
    return typeof tree.value === "string" ? { ...tree, value: change(tree.value, { place: tree.place, path }) } : tree;
  }
  if (tree.kind === "list") {
    return { ...tree, items: tree.items.map((item, index) => mapTextsBelow(item, [...path, index], change)) };
  }
  const entries = [...tree.entries].map(
    ([key, entry]) => [key, { key: entry.key, value: mapTextsBelow(entry.value, [...path, key], change) }] as const,
  );
  return { ...tree, entries: new Map(entries) };
}

/** `policy.reminders[0]`, as messages print a path. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = /^[A-Za-z_][\w:/-]*$/.test(step) ? step : JSON.stringify(step);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}
