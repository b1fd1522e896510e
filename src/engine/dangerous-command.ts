/** Finds a forced recursive `rm` and a `chmod 777` among words. Reads each word a fixed number of times. */

/** The options that stand in a row from some word on, and what follows them. */
interface Run {
  readonly recursive: boolean;
  readonly force: boolean;
  /** The first word that is no option; undefined at the end. */
  readonly next: string | undefined;
}

/**
 * True if the words, in lower case, hold `rm` with both recursive and force or `chmod 777`, options in any order.
 * It goes from the last word to the first, so that a word that is option and program at once costs no second look.
 */
export function hasDangerousCommand(words: readonly string[]): boolean {
  let after: Run = { recursive: false, force: false, next: undefined };
  for (let at = words.length - 1; at >= 0; at -= 1) {
    const word = words[at] ?? "";
    if (isDangerous(word.slice(word.lastIndexOf("/") + 1), after)) return true;
    after = word.startsWith("-") ? withOption(word, after) : { recursive: false, force: false, next: word };
  }
  return false;
}

function isDangerous(program: string, after: Run): boolean {
  if (program === "rm") return after.recursive && after.force;
  return program === "chmod" && /^[0-7]?777$/.test(after.next ?? "");
}

function withOption(option: string, after: Run): Run {
  const isLong = option.startsWith("--");
  return {
    recursive: after.recursive || (isLong ? option === "--recursive" : option.includes("r")),
    force: after.force || (isLong ? option === "--force" : option.includes("f")),
    next: after.next,
  };
}
