/** Confirming: naming what is acted on, by choosing or typing it. A bare yes is never enough. */
import type { Grade, Subject } from "./challenge-model.ts";
import { commandHead, otherCommands } from "./command-words.ts";
import { foldText, isPlain } from "./plain-text.ts";
import { drawsFrom } from "./shuffle.ts";
import { flatArguments, subjectKey, targetsFirst } from "./subject-values.ts";
import { nameForm, scalarText } from "./template.ts";
import { fixedWrongOptions, type RightOption } from "./wrong-options.ts";

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
  /** What to type, where it is a command and not what is acted on. */
  readonly prompt?: string;
  /** Other texts that are right. */
  readonly accepted?: readonly string[];
}

/**
 * What is acted on, or the command that the agent chose, and others beside it; undefined if nothing about the action,
 * or nothing of that command, can be typed. The seed only orders the options.
 */
export function buildConfirm(subject: Subject, seed: string): Confirm | undefined {
  if (subject.command !== undefined) return confirmCommand(subject, subject.command, seed);
  const target = targetOf(subject);
  if (target === undefined) return undefined;
  const { text, argument, isNumber } = target;
  const right = { text, argument, isNumber, given: [], alsoRight: () => false, anyName: true };
  return { target: text, options: optionsOf(right, subject, seed) };
}

function confirmCommand(subject: Subject, command: string, seed: string): Confirm | undefined {
  const head = commandHead(command);
  if (head === undefined || !isTypable(head.text)) return undefined;
  const { text, accepted, asked } = head;
  const taken = new Set(accepted.map(foldText));
  const alsoRight = (folded: string): boolean => taken.has(folded);
  const right = { text, argument: undefined, isNumber: false, given: otherCommands(text), alsoRight, anyName: true };
  return {
    target: text,
    options: optionsOf(right, subject, seed),
    prompt: `I have read this and want it to run now. Say what runs, to confirm (${asked}):`,
    ...(accepted.length > 0 && { accepted }),
  };
}

function optionsOf(right: RightOption, subject: Subject, seed: string): readonly string[] {
  const wrong = fixedWrongOptions(right, `${subjectKey(subject)} confirm`, false) ?? [];
  return drawsFrom(seed, "confirm", right.text).shuffled([right.text, ...wrong]);
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
  const rights = [challenge.target, ...(challenge.accepted ?? [])].map(foldText);
  const isRight = rights.includes(folded) && folded.length > 1 && !REFLEXES.has(folded);
  if (isRight) return { outcome: "passed", matched: [challenge.target] };
  if (REFLEXES.has(folded)) return { outcome: "incomplete", why: "wrong_kind" };
  return { outcome: "failed", missing: ["target"], matched: [] };
}
