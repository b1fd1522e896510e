/** Makes characters visible that a reader cannot see, or that change how others are read. Escapes no markup. */

// Control, format (bidi, zero-width, tags), lone surrogates, private and unassigned, line separators, odd-width spaces,
// and everything that Unicode lists as default-ignorable (fillers, joiners, variation selectors).
const HIDDEN =
  /(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1680\u2000-\u200A\u202F\u205F\u2800]/gu;
const PLAIN = /^[\x20-\x7E]*$/;

// A word, with whatever is invisible in it, and alphabets whose letters pass for Latin ones.
const WORD = /[\p{L}\p{M}\p{N}_\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu;
const LATIN = /\p{Script=Latin}/u;
const LOOKING_LATIN =
  /(?=\p{L})[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}\p{Script=Georgian}\p{Script=Deseret}\p{Script=Osage}\p{Script=Gothic}\p{Script=Old_Italic}\p{Script=Glagolitic}\p{Script=Canadian_Aboriginal}\p{Script=Tifinagh}]/gu;

const BLANKS = /[ \u00A0\u3000\t]{9,}/gu;
const EMPTY_LINES = /\n(?:[ \u00A0\u3000\t]*\n){3,}/gu;
/** Lines may begin with this many blanks: people indent. */
const MOST_INDENTED = 40;

export interface VisibleOptions {
  /** Line feeds and tabs stay as they are; for texts shown on several lines. */
  readonly keepLines?: boolean;
  /**
   * More than 8 blanks, and more than 3 line feeds, become a mark that counts them, like `\u{20x3000}`: nothing can be
   * pushed out of sight. Indentation of kept lines stays. For texts from outside before they are laid out in columns.
   */
  readonly countBlanks?: boolean;
}

/**
 * The text with each hidden character as a mark like `\u{202E}`; a letter of another alphabet inside a Latin word is
 * hidden too. Line feeds and tabs are hidden unless kept.
 */
export function visibleText(text: string, options: VisibleOptions = {}): string {
  const counted = options.countBlanks === true ? withCountedBlanks(text, options.keepLines === true) : text;
  if (PLAIN.test(counted)) return counted;
  return counted.replace(WORD, withMarkedAlphabets).replace(HIDDEN, (character) => {
    return options.keepLines === true && (character === "\n" || character === "\t") ? character : markOf(character);
  });
}

function markOf(character: string, times = 1): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `\\u{${code}${times === 1 ? "" : `x${times}`}}`;
}

function withMarkedAlphabets(word: string): string {
  return LATIN.test(word) ? word.replace(LOOKING_LATIN, (letter) => markOf(letter)) : word;
}

function withCountedBlanks(text: string, keepLines: boolean): string {
  const lines = keepLines ? text.replace(EMPTY_LINES, (run) => `\n${countsOf(run)}\n`) : text;
  return lines.replace(BLANKS, (run, at: number) => {
    const isIndent = keepLines && run.length <= MOST_INDENTED && (at === 0 || lines[at - 1] === "\n");
    return isIndent ? run : countsOf(run);
  });
}

/** One mark for each kind of character, in the order in which they first stand. */
function countsOf(run: string): string {
  const counts = new Map<string, number>();
  for (const character of run) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts].map(([character, times]) => markOf(character, times)).join("");
}

/** A name from outside for one line of text: hidden characters shown, cut to 64 characters with `...`. */
export function visibleName(name: string): string {
  const shown = visibleText(name.slice(0, 80));
  return shown.length > 64 || name.length > 80 ? `${shown.slice(0, 64)}...` : shown;
}
