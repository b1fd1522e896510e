/** What an agent wants to do, as data: checked, copied, bounded. It does not score and does not hash. */

import { canonicalJson } from "./canonical.ts";
import {
  checkedText,
  copyObject,
  invalid,
  isPlain,
  kindOf,
  MAX_ACTION_BYTES,
  MAX_VALUES,
  ownValue,
  tooLarge,
  Unfit,
} from "./copy.ts";
import type { JsonObject } from "./json.ts";
import { isActionName } from "./name.ts";
import { visibleName } from "./visible.ts";

export { isActionName, isSameName, matchesName, nameWords, normalName } from "./name.ts";

/** A text that belongs to the action and is reviewed with it, such as a migration's SQL. At most 64 KiB of UTF-8. */
export interface Attachment {
  readonly name: string;
  readonly text: string;
}

/** The process that `attesta gate` runs: part of the action, scored and shown. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
}

export type Hints = Readonly<Record<string, boolean | number | string>>;

/** One call that an agent wants to make, checked by `checkAction`. */
export interface Action {
  /** As sent. `normalName` gives the form that patterns and overrides meet. */
  readonly name: string;
  readonly arguments: JsonObject;
  readonly hints: Hints;
  readonly description?: string;
  readonly environment?: string;
  readonly command?: Command;
  readonly attachments: readonly Attachment[];
}

/** An action that may be scored, or why it may not. `detail` names the path and what to do. */
export type CheckedAction =
  | { readonly ok: true; readonly action: Action }
  | { readonly ok: false; readonly code: "too_large" | "invalid_action"; readonly detail: string };

const KEYS = ["name", "arguments", "hints", "description", "environment", "command", "attachments"] as const;
const ENVIRONMENT = /^[A-Za-z0-9](?:[A-Za-z0-9_.:/ -]{0,62}[A-Za-z0-9])?$/;
const MAX_ATTACHMENTS = 16;
const MAX_ATTACHMENT_BYTES = 65_536;

/**
 * Checks and deeply copies what an agent sent. Never throws, runs no getter, and its work is bounded.
 * Refuses what is not JSON, what cannot be shown faithfully, unknown keys, and more than 64 KiB, depth 16 or 256 values.
 */
export function checkAction(raw: unknown): CheckedAction {
  try {
    return { ok: true, action: readAction(raw) };
  } catch (cause) {
    if (cause instanceof Unfit) return { ok: false, code: cause.code, detail: cause.message };
    return { ok: false, code: "invalid_action", detail: "action: could not be read; send plain JSON" };
  }
}

function readAction(raw: unknown): Action {
  if (!isPlain(raw)) throw invalid("action", `${kindOf(raw)} is not an action; send an object with a name`);
  const parts = partsOf(raw, KEYS, "action");
  const description = readText(parts.description, "description");
  const environment = readEnvironment(parts.environment, "environment");
  const command = parts.command === undefined ? undefined : readCommand(parts.command);
  const body = {
    name: readName(parts.name),
    arguments: parts.arguments === undefined ? Object.freeze({}) : copyObject(parts.arguments, "arguments"),
    hints: parts.hints === undefined ? Object.freeze({}) : readHints(parts.hints),
    ...(description === undefined ? {} : { description }),
    ...(environment === undefined ? {} : { environment }),
  };
  checkSize(canonicalJson({ ...body, ...(command === undefined ? {} : { command: { ...command } }) }));
  return Object.freeze({
    ...body,
    ...(command === undefined ? {} : { command }),
    attachments: parts.attachments === undefined ? Object.freeze([]) : readAttachments(parts.attachments),
  });
}

/** The values of the allowed keys; undefined where a key is absent or undefined. */
function partsOf<K extends string>(raw: object, allowed: readonly K[], path: string): Partial<Record<K, unknown>> {
  for (const key of Reflect.ownKeys(raw)) {
    if (typeof key === "symbol" || !allowed.some((name) => name === key))
      throw invalid(path, `unknown key ${visibleName(String(key))}; known are ${allowed.join(", ")}`);
  }
  const parts: Partial<Record<K, unknown>> = {};
  for (const key of allowed) if (Object.hasOwn(raw, key)) parts[key] = ownValue(raw, key, key);
  return parts;
}

function readName(value: unknown): string {
  if (typeof value !== "string") throw invalid("name", `${kindOf(value)} is not a name; send a text`);
  if (!isActionName(value))
    throw invalid("name", "must be 1 to 128 ASCII letters, digits and _ . : / -, with a letter or digit");
  return value;
}

function readText(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw invalid(path, `${kindOf(value)} is not a text`);
  if (value.length > MAX_ACTION_BYTES) throw tooLarge(path, `more than ${MAX_ACTION_BYTES} bytes; shorten it`);
  return checkedText(value, path);
}

function readEnvironment(value: unknown, path: string): string | undefined {
  const text = readText(value, path);
  if (text === undefined || ENVIRONMENT.test(text)) return text;
  throw invalid(path, "must be 1 to 64 ASCII letters, digits and _ . : / - as in production or staging");
}

function readHints(value: unknown): Hints {
  const hints: Record<string, boolean | number | string> = {};
  for (const [name, hint] of Object.entries(copyObject(value, "hints"))) {
    if (typeof hint === "object")
      throw invalid(`hints.${visibleName(name)}`, "must be true, false, a number or a text");
    hints[name] = hint;
  }
  if (hints.environment !== undefined) readEnvironment(hints.environment, "hints.environment");
  return Object.freeze(hints);
}

function readCommand(value: unknown): Command {
  if (!isPlain(value)) throw invalid("command", `${kindOf(value)} is not a command; send argv and cwd`);
  const parts = partsOf(value, ["argv", "cwd"], "command");
  const { argv } = copyObject({ argv: parts.argv }, "command");
  if (!Array.isArray(argv) || argv.length === 0) throw invalid("command.argv", "must be a list with the program first");
  const words = argv.map((word: unknown, index) => readWord(word, `command.argv[${index}]`));
  if (words[0]?.trim() === "") throw invalid("command.argv[0]", "is empty; name the program");
  const cwd = readWord(parts.cwd, "command.cwd");
  if (cwd === "") throw invalid("command.cwd", "is empty; send the working directory");
  return Object.freeze({ argv: Object.freeze(words), cwd });
}

function readWord(value: unknown, path: string): string {
  const text = readText(value, path);
  if (text === undefined) throw invalid(path, "is missing; send a text");
  if (text.includes("\0")) throw invalid(path, "has a NUL byte, which no program can be given");
  return text;
}

function readAttachments(value: unknown): readonly Attachment[] {
  if (!Array.isArray(value)) throw invalid("attachments", `${kindOf(value)} is not a list of {name, text}`);
  if (value.length > MAX_ATTACHMENTS)
    throw tooLarge("attachments", `more than ${MAX_ATTACHMENTS}; ask for less at once`);
  const attachments = Array.from({ length: value.length }, (_, index) =>
    readAttachment(ownValue(value, String(index), `attachments[${index}]`), `attachments[${index}]`),
  );
  const names = new Set(attachments.map(({ name }) => name));
  if (names.size < attachments.length) throw invalid("attachments", "two have the same name; rename one");
  return Object.freeze(attachments);
}

function readAttachment(value: unknown, path: string): Attachment {
  if (!isPlain(value)) throw invalid(path, `${kindOf(value)} is not an attachment; send {name, text}`);
  const parts = partsOf(value, ["name", "text"], path);
  const name = readWord(parts.name, `${path}.name`);
  if (name.trim() === "") throw invalid(`${path}.name`, "is empty; send the file's name");
  if (name.length > MAX_VALUES) throw tooLarge(`${path}.name`, `longer than ${MAX_VALUES} characters; shorten it`);
  const text = typeof parts.text === "string" ? parts.text : undefined;
  if (text === undefined) throw invalid(`${path}.text`, `${kindOf(parts.text)} is not a text`);
  if (text.length > MAX_ATTACHMENT_BYTES || Buffer.byteLength(text) > MAX_ATTACHMENT_BYTES)
    throw tooLarge(`${path}.text`, `more than ${MAX_ATTACHMENT_BYTES} bytes; split the change`);
  return Object.freeze({ name, text: checkedText(text, `${path}.text`) });
}

function checkSize(canonical: string): void {
  const bytes = Buffer.byteLength(canonical);
  if (bytes > MAX_ACTION_BYTES)
    throw tooLarge("action", `${bytes} bytes as JSON, at most ${MAX_ACTION_BYTES}; attach long texts`);
}
