/** Action and argument names: their form, their normal form, and when two of them mean the same. */

const FORM = /^[A-Za-z0-9_.:/-]{1,128}$/;
const SEPARATORS = /[^A-Za-z0-9]+/g;
const WORD_STARTS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;
const ASCII = /^[\x20-\x7E]*$/;
const NORMAL = /^[a-z0-9]+(?:_[a-z0-9]+)*$/;

/** True for a name of 1 to 128 ASCII letters, digits and `_ . : / -` with at least one letter or digit. */
export function isActionName(name: string): boolean {
  return FORM.test(name) && /[A-Za-z0-9]/.test(name);
}

/**
 * The form that patterns, overrides and declarations meet: camelCase split, lower case, separators to one `_`.
 * `mcp__infra__deployToProduction` gives `mcp_infra_deploy_to_production`.
 */
export function normalName(name: string): string {
  if (NORMAL.test(name)) return name;
  return splitWords(name).replace(SEPARATORS, "_").replace(/^_|_$/g, "").toLowerCase();
}

/** The text with a `_` at each camelCase boundary; linear, whatever the text. */
export function splitWords(text: string): string {
  return text.replace(WORD_STARTS, "_");
}

/** The words of a name, lower case, in order. */
export function nameWords(name: string): readonly string[] {
  return normalName(name).split("_");
}

/**
 * True if a name in normal form is the key, or ends with it after a `_`. The key may be in any form.
 * For what only raises (overrides, deny lists); declarations are looked up by `declarationOf`.
 */
export function matchesName(normal: string, key: string): boolean {
  const wanted = normalName(key);
  return wanted !== "" && (normal === wanted || normal.endsWith(`_${wanted}`));
}

/** True if two names are the same in normal form, as `changeTicket` and `change_ticket`; other alphabets only as they are. */
export function isSameName(a: string, b: string): boolean {
  return a === b || (ASCII.test(a) && ASCII.test(b) && normalName(a) === normalName(b) && normalName(a) !== "");
}
