/** Makes characters visible that a reader cannot see, or that change how others are read. Escapes no markup. */

// Control, format (bidi, zero-width, tags), lone surrogates, private and unassigned, line separators, odd-width spaces,
// and everything that Unicode lists as default-ignorable (fillers, joiners, variation selectors).
const HIDDEN =
  /(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1680\u2000-\u200A\u202F\u205F\u2800]/gu;
const PLAIN = /^[\x20-\x7E]*$/;

export interface VisibleOptions {
  /** Line feeds and tabs stay as they are; for texts shown on several lines. */
  readonly keepLines?: boolean;
}

/** The text with each hidden character as a mark like `\u{202E}`. Line feeds and tabs are hidden too unless kept. */
export function visibleText(text: string, options: VisibleOptions = {}): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HIDDEN, (character) => {
    if (options.keepLines === true && (character === "\n" || character === "\t")) return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
  });
}

/** A name from outside for one line of text: hidden characters shown, cut to 64 characters with `...`. */
export function visibleName(name: string): string {
  const shown = visibleText(name.slice(0, 80));
  return shown.length > 64 || name.length > 80 ? `${shown.slice(0, 64)}...` : shown;
}
