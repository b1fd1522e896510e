/** What a challenge is, as data: subject, questions, terms, answers, grades. How one is built and graded: challenge.ts. */
import type { JsonObject } from "./json.ts";
import type { ChallengeKind } from "./model.ts";
import type { QuestionTemplate } from "./profile.ts";

/** All that a challenge may be built from: the evidence that the reviewer is shown, and nothing secret. */
export interface Subject {
  readonly actionName: string;
  readonly summary: string;
  readonly environment: string;
  /** Without secret and private arguments. */
  readonly arguments: JsonObject;
  readonly facts: JsonObject;
  readonly patterns: readonly string[];
  /** Top-level argument that raised the score most. */
  readonly riskiestArgument?: string;
  /** Argument names whose value is prose, such as a reason. */
  readonly freeText: readonly string[];
  /** The templates of the profile that fit this action, in file order. */
  readonly questions: readonly QuestionTemplate[];
  /** Key terms of the matched patterns, in order; empty: every scalar argument. */
  readonly keyTerms: readonly string[];
  readonly synonyms: readonly (readonly string[])[];
  /** The words of a command that the agent chose, joined by spaces; left out where config fixes what runs. */
  readonly command?: string;
}

export interface QuizQuestion {
  /** Stable for the same question about the same subject, whatever the options' order. */
  readonly id: string;
  readonly text: string;
  readonly options: readonly string[];
  /** Index into `options`. Never leaves the server before the verdict. */
  readonly right: number;
  /** Other texts that are right when typed at a terminal. */
  readonly accepted: readonly string[];
  /** The right option is prose: a typed answer may say it in other words. */
  readonly prose?: true;
}

/** An aspect that an explanation must name, with every text that counts as naming it. */
export interface KeyTerm {
  /** For instance `version`; what feedback may say. */
  readonly name: string;
  /** As printed when matched, for instance `10.0.0.0/8`. Never part of feedback. A long text ends in ` ...`. */
  readonly value: string;
  readonly accepted: readonly string[];
  /** The value is prose: two of these words and numbers (or its only one) name it too. */
  readonly words?: readonly string[];
}

export type Challenge =
  | {
      readonly kind: "confirm";
      readonly target: string;
      readonly options: readonly string[];
      /** What to type, where it is a command and not what is acted on. */
      readonly prompt?: string;
      /** Other texts that are right when typed. */
      readonly accepted?: readonly string[];
    }
  | { readonly kind: "quiz"; readonly questions: readonly QuizQuestion[] }
  | {
      readonly kind: "teach_back";
      readonly prompt: string;
      readonly terms: readonly KeyTerm[];
      readonly minWords: number;
      /** Words that stand on the page, folded: an explanation made of them alone explains nothing. */
      readonly pageWords?: readonly string[];
    };

export type Answer =
  | { readonly kind: "confirm"; readonly target: string }
  /** One text per question, in order: an option's text, or what was typed. */
  | { readonly kind: "quiz"; readonly choices: readonly string[] }
  | { readonly kind: "teach_back"; readonly text: string };

export type Grade =
  | { readonly outcome: "passed"; readonly matched: readonly string[] }
  /** Aspects, never values: `version`, not `2.1.0`. Empty for a quiz: which one was wrong is not told. */
  | { readonly outcome: "failed"; readonly missing: readonly string[]; readonly matched: readonly string[] }
  /** No attempt: empty, too short, or of another kind than the challenge. */
  | { readonly outcome: "incomplete"; readonly why: "empty" | "short" | "wrong_kind"; readonly words?: number };

export interface ChallengeOptions {
  readonly kind: ChallengeKind;
  /** How many quiz questions: three for a high seat, two for a later one. */
  readonly questions: number;
  /** Random text from the shell; the same seed gives the same challenge. */
  readonly seed: string;
  /** Ids of questions this person has already been asked for this request. */
  readonly used: readonly string[];
}
