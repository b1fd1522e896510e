/** What an action's name says it does: the most dangerous word in it. Numbers and words are those of Attesta's scorer. */

export type VerbClass = "destructive" | "mutating" | "read" | "other";

/** 0..1 for each class. Source: Attesta's default risk scorer. */
export const VERB_SCORES: Readonly<Record<VerbClass, number>> = {
  destructive: 0.95,
  mutating: 0.55,
  other: 0.4,
  read: 0.1,
};

const VERBS: ReadonlyMap<string, VerbClass> = new Map([
  ...["delete", "remove", "drop", "destroy", "purge", "truncate", "kill"].map((verb): [string, VerbClass] => [
    verb,
    "destructive",
  ]),
  ...["write", "update", "modify", "set", "create", "send", "deploy", "push", "execute", "run"].map(
    (verb): [string, VerbClass] => [verb, "mutating"],
  ),
  ...["get", "read", "list", "fetch", "search", "find", "check"].map((verb): [string, VerbClass] => [verb, "read"]),
]);

const STRENGTH: Readonly<Record<VerbClass, number>> = { other: 0, read: 1, mutating: 2, destructive: 3 };

/** The most dangerous verb among the words and its class; a name without a known verb is `other`. */
export function verbOf(words: readonly string[]): { readonly verb: string | undefined; readonly kind: VerbClass } {
  let verb: string | undefined;
  let kind: VerbClass = "other";
  for (const word of words) {
    const found = VERBS.get(word);
    if (found !== undefined && STRENGTH[found] > STRENGTH[kind]) {
      verb = word;
      kind = found;
    }
  }
  return { verb, kind };
}

/** The class of the most dangerous verb among the words. */
export function verbClass(words: readonly string[]): VerbClass {
  return verbOf(words).kind;
}
