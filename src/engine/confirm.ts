/** Confirming: naming what is acted on, by choosing or typing it. A bare yes is never enough. */
import type { Grade, Subject } from "./challenge-model.ts";
import { foldText, isPlain } from "./plain-text.ts";
import { drawsFrom } from "./shuffle.ts";
import { flatArguments, targetsFirst } from "./subject-values.ts";
import { nameForm, scalarText } from "./template.ts";
import { wrongOptions } from "./wrong-options.ts";

/** What people type without reading; never a target, never an answer. */
const REFLEXES = new Set(
  "y yes yep yeah n no ok okay true false on off confirm confirmed approve approved go sure done allow".split(" "),
);
const MOST_CHARS = 60;

/** A confirm without its kind. */
export interface Confirm {
  readonly target: string;
  /** The target among names like it, in the seed's order; only the target where no others were found. */
  readonly options: readonly string[];
}

/** What is acted on, and other names beside it; undefined if nothing about the action can be typed. */
export function buildConfirm(subject: Subject, seed: string): Confirm | undefined {
  const target = targetOf(subject);
  if (target === undefined) return undefined;
  const { text, argument, isNumber } = target;
  const draws = drawsFrom(seed, "confirm", text);
  const alsoRight = () => false;
  const wrong = wrongOptions({ text, argument, isNumber, given: [], alsoRight, anyName: true }, draws);
  return { target: text, options: draws.shuffled([text, ...(wrong ?? [])]) };
}

interface Target {
  readonly text: string;
  readonly argument: string;
  readonly isNumber: boolean;
}

/** The service, database, rule and so on; else the first scalar argument, the environment, the action's name. */
function targetOf(subject: Subject): Target | undefined {
  const free = new Set(subject.freeText.map(nameForm));
  const args = flatArguments(subject.arguments).filter(
    ({ path, top, value }) =>
      typeof value !== "boolean" && !free.has(nameForm(top)) && nameForm(path) !== "environment",
  );
  const named = targetsFirst(args).map(({ path, value }): Target => {
    return { text: (scalarText(value) ?? "").trim(), argument: path, isNumber: typeof value === "number" };
  });
  const rest = [
    { text: subject.environment.trim(), argument: "environment", isNumber: false },
    { text: subject.actionName.trim(), argument: "action", isNumber: false },
  ];
  return [...named, ...rest].find(({ text }) => isTypable(text));
}

function isTypable(text: string): boolean {
  const folded = foldText(text);
  return folded.length > 1 && text.length <= MOST_CHARS && isPlain(text) && !REFLEXES.has(folded);
}

/** Right if it is the target in any case. A bare yes is no attempt: it is a habit, not an answer. */
export function gradeConfirm(challenge: Confirm, typed: string): Grade {
  const folded = foldText(typed);
  if (folded === "") return { outcome: "incomplete", why: "empty" };
  const isRight = folded === foldText(challenge.target) && folded.length > 1 && !REFLEXES.has(folded);
  if (isRight) return { outcome: "passed", matched: [challenge.target] };
  if (REFLEXES.has(folded)) return { outcome: "incomplete", why: "wrong_kind" };
  return { outcome: "failed", missing: ["target"], matched: [] };
}
