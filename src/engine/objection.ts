/** Whether an explanation says no to what it explains. It knows common ways to object in English, not every one. */
import type { KeyTerm } from "./challenge-model.ts";
import { namesAny } from "./naming.ts";
import { foldText } from "./plain-text.ts";

/** Somebody who writes one of these has not agreed, whatever they pressed. */
const DISAGREEING =
  /\b(?:(?:do not|don't|does not|doesn't|did not|didn't|cannot|can't|will not|won't|would not|wouldn't|never|not) (?:really |fully |quite |going to |want to |wish to )?(?:understand|approve|agree|know what|consent|support this|accept this|want this)|disapprove|no idea what)\b/u;

const SPEAKER = "(?:i|we|i'm|we're|i'd|we'd|i'll|we'll|i've|we've)(?: [\\p{L}']+){0,3}";
const CLAUSE = "(?:^|[.!?;:(]\\s*)(?:please |just |simply )?";
const REFUSE = "(?:refuse|refusing|reject|rejecting|decline|declining|veto|vetoing|oppose|opposing)";
/** `we strongly refuse`, `Refusing this`. Where the action itself refuses something, only what is no such action. */
const REFUSING = new RegExp(`\\b${SPEAKER} ${REFUSE}\\b|${CLAUSE}${REFUSE}\\b`, "u");
const REFUSING_TO = new RegExp(`\\b${SPEAKER} (?:refuse|refusing|decline|declining) to\\b`, "u");
const OBJECTING = /\b(?:i|we)(?:'m| am|'re| are)?(?: [\p{L}']+){0,2} (?:object|objecting|disagree|disagreeing)\b/u;
const DENYING = /\bi (?:deny|reject|refuse) (?:this|it|the)\b/u;

const NOT = "(?:should|must|shall|ought)(?: not| never|n't)(?: to)?(?: ever| yet| really| simply| just| even| now)?";
const GO = "go (?:live|out|ahead|to|into|through)|proceed";
const DO = `${GO}|deploy|release|ship|approve|accept|merge|apply|migrate|execute|rotate`;
const BE_DONE =
  "be (?:approved|accepted|executed|deployed|released|shipped|merged|applied|done|rolled out|allowed through)";
const WE_DO = "do|run|continue|start|begin|roll|push|put|send|make|perform|carry|try|let|open|allow|permit|grant|give";
const IT_DOES = "run|happen|continue|start|begin|be run|be made|be allowed";
/** `this must not be approved`, `we should not open`, `it should not happen`; not `nobody should notice`, `it must not fail`. */
const FORBIDDING = new RegExp(
  `\\b${NOT} (?:${DO}|${BE_DONE})\\b|\\b(?:i|we|you|they|one) ${NOT} (?:${WE_DO})\\b|\\b(?:this|that|it) ${NOT} (?:${IT_DOES})\\b`,
  "u",
);
/** `Do not deploy this`, as an order. */
const ORDERING = new RegExp(`${CLAUSE}(?:do not|don't|never) (?:${DO}|${WE_DO})\\b`, "u");
const MUST_BE_STOPPED =
  /\b(?:this|it|request|change|action|deployment|migration|rollout|rotation) (?:must|should|has to|needs to|ought to) be (?:rejected|refused|denied|declined|stopped|cancelled|canceled|aborted|blocked)\b/u;

/** What is put aside: up to six words after it, unless they say how much: "instead of all at once" is no objection. */
const ASIDE =
  /\b(?:instead of|rather than)((?: (?!all\b(?! th)|every|the whole\b|the entire\b|100\b)\S+)(?: \S+){0,5})/gu;

/**
 * True if the folded explanation refuses, forbids, or puts aside a value that it should explain. Where the action itself
 * refuses something, saying so is no objection.
 */
export function objects(explanation: string, terms: readonly KeyTerm[]): boolean {
  const always = [DISAGREEING, REFUSING_TO, OBJECTING, DENYING, FORBIDDING, ORDERING];
  if (always.some((pattern) => pattern.test(explanation))) return true;
  const isAboutRefusing = terms.some(({ accepted }) =>
    accepted.some((text) => /^(?:deny|refuse|reject)$/iu.test(text)),
  );
  if (!isAboutRefusing && (REFUSING.test(explanation) || MUST_BE_STOPPED.test(explanation))) return true;
  const values = terms.flatMap(({ value, accepted }) =>
    accepted.filter((text) => foldText(text).includes(foldText(value))),
  );
  return [...explanation.matchAll(ASIDE)].some(([, aside = ""]) => namesAny(aside, values));
}
