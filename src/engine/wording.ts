/** What a description's words say about the harm an action may do. Environment words do not count. */
import type { ActionDeclaration } from "./profile.ts";

/** A factor before it is weighed. */
export interface Factor {
  /** 0..1 */
  readonly value: number;
  readonly because: string;
}

const IRREVERSIBLE =
  /\b(?:irreversibl[ey]|permanent(?:ly)?|destructive(?:ly)?|dangerous(?:ly)?|can(?:not|['\u2019]t| not)\s+be\s+undone)\b/i;
const CAUTION = /\b(?:careful(?:ly)?|warnings?|cautions?)\b/i;
const LASTING_HARM = 0.85;
const ASKS_FOR_CAUTION = 0.5;
const NO_DESCRIPTION = 0.1;
const BENIGN = 0.05;

/** What a text scores by its words: 0.85, 0.50 or 0.05. Source: Attesta's scorer and the scoring page. */
export function wordedFactor(text: string, who: string): Factor {
  const plain = text.normalize("NFKC");
  if (IRREVERSIBLE.test(plain)) return { value: LASTING_HARM, because: `${who} warns of lasting harm` };
  if (CAUTION.test(plain)) return { value: ASKS_FOR_CAUTION, because: `${who} asks for caution` };
  return { value: BENIGN, because: `${who} is unremarkable` };
}

/** What the service declared: its description's words, 0.10 without one, at least 0.85 for `reversible: false`. */
export function declaredFactor(declaration: ActionDeclaration | undefined): Factor {
  const text = declaration?.description?.trim() ?? "";
  const worded =
    text === "" ? { value: NO_DESCRIPTION, because: "no declared description" } : wordedFactor(text, "the description");
  if (declaration?.facts.reversible !== false || worded.value >= LASTING_HARM) return worded;
  return { value: LASTING_HARM, because: "declared as not reversible" };
}
