/** Says in words what a schema found wrong: what stands there, what may stand there, what to do. No value is repeated. */
import { z } from "zod";
import type { Finding } from "./finding.ts";
import { nodeAt, type Path, type Tree } from "./tree.ts";

/** Keys that Attesta's own files or pages use, or that suggest themselves, with what to write here. `*` stands for any name. */
const ADVICE: Readonly<Record<string, string>> = {
  challenge_map: "write it below `policy:`",
  fail_mode: "write it below `policy:`",
  timeout_seconds: "write it below `policy:`",
  min_review_seconds: "write `policy: {minimum_review_seconds: {...}}`",
  default_environment: "write `agents: {ID: {environment: ...}}`",
  domain_strict: "remove it: a profile that is missing always stops the start",
  domains: "write `domain: [one, two]`",
  "policy.challenges": "write challenge_map",
  "policy.min_review_seconds": "write minimum_review_seconds",
  "policy.critical_always_verify": "remove it: critical always needs people",
  "policy.quiz": "remove it: a quiz asks three questions and wants all of them right",
  "risk.amplifiers.target": "remove it: amplifiers look at the action name; a profile's risk_patterns have targets",
  "trust.incident_penalty": "remove it: an incident always takes 30 % off the trust",
  "audit.backend": "remove it: there is one kind of log",
  "audit.tenant_id": "remove it: there is one kind of log",
  "audit.hmac_key": "remove it; `state: {key: ...}` protects the store, receipts and --expect the log",
  "audit.signing_key": "remove it; `state: {key: ...}` protects the store, receipts and --expect the log",
  "agents.*.token": "write token_sha256, the SHA-256 of the token in hex",
  "people.review_token": "write review_token_sha256; `attesta people token` makes one",
  "actions.*.environment": "write `hints: {environment: ...}`",
  "actions.*.risk": "write `risk: {overrides: {NAME: level}}`",
  safe_actions: "nothing lowers a score here: declare the action instead, `actions: {NAME: {description: ...}}`",
};

/** The schema's issues as findings. `tree` is what was read, for saying what stands there. */
export function findingsOf(error: z.ZodError, schema: z.ZodType, tree: Tree): readonly Finding[] {
  return error.issues.flatMap((issue) => findingsOfIssue(issue, [], { schema, tree }));
}

interface Context {
  readonly schema: z.ZodType;
  readonly tree: Tree;
}

function findingsOfIssue(issue: z.core.$ZodIssue, above: Path, context: Context): readonly Finding[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key, context), atKey: true }));
    case "invalid_key":
      return [{ path, message: `this name ${issue.issues[0]?.message ?? "is not allowed"}`, atKey: true }];
    case "invalid_union":
      return unionFindings(issue.errors, path, context);
    case "invalid_type":
      return [{ path, message: wrongType(issue.expected, path, context.tree) }];
    default:
      return [{ path, message: `${valueWords(issue)}` }];
  }
}

function unionFindings(branches: readonly z.core.$ZodIssue[][], path: Path, context: Context): readonly Finding[] {
  const deepest = branches.toSorted((a, b) => depthOf(b) - depthOf(a))[0];
  if (deepest !== undefined && depthOf(deepest) > 0) {
    return deepest.flatMap((issue) => findingsOfIssue(issue, path, context));
  }
  const expected = branches.flatMap((branch) =>
    branch[0]?.code === "invalid_type" ? [typeWord(branch[0].expected)] : [],
  );
  return [{ path, message: `must be ${[...new Set(expected)].join(" or ")}; ${found(path, context.tree)}` }];
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function valueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return issue.origin === "array"
        ? "is an empty list; name somebody or something, or remove the key"
        : issue.origin === "string"
          ? emptyWords(issue)
          : `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return issue.origin === "array" || issue.origin === "string"
        ? `is too long; at most ${issue.maximum} ${issue.origin === "array" ? "items" : "characters"}`
        : `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_value":
      return `must be one of ${issue.values.filter((value) => !String(value).includes("-")).join(", ")}`;
    default:
      return issue.message;
  }
}

function emptyWords(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.message.startsWith("is ")) return issue.message;
  return issue.minimum === 1 ? "is empty; write a value, or remove the key" : `is shorter than ${issue.minimum}`;
}

function wrongType(expected: string, path: Path, tree: Tree): string {
  const node = nodeAt(tree, path);
  if (node === undefined) return `is missing; write ${typeWord(expected)}`;
  if (node.kind === "scalar" && typeof node.value === "number" && expected === "string") {
    return "must be text, and this reads as a number; put it in quotes";
  }
  if (expected === "int") return "must be a whole number";
  return `must be ${typeWord(expected)}; ${found(path, tree)}`;
}

function typeWord(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "keys and values",
    record: "keys and values",
  };
  return words[expected] ?? expected;
}

function found(path: Path, tree: Tree): string {
  const node = nodeAt(tree, path);
  if (node === undefined) return "nothing stands there";
  if (node.kind === "list") return "a list stands there";
  if (node.kind === "map") return "keys and values stand there";
  if (node.value === null) return "it has no value; write one, or remove the key";
  return `${typeWord(typeof node.value)} stands there`;
}

function unknownKey(path: Path, key: string, context: Context): string {
  const advice = adviceFor(path, key);
  if (advice !== undefined) return `is not a key here; ${advice}`;
  const known = keysAt(context.schema, path);
  const close =
    known.find((candidate) => distance(candidate, key) <= Math.max(1, Math.floor(key.length / 4))) ??
    known.find((candidate) => key.length >= 4 && (candidate.startsWith(key) || key.startsWith(candidate)));
  if (close !== undefined) return `is not a key here; did you mean ${close}?`;
  return known.length === 0 ? "is not a key here; remove it" : `is not a key here; known are ${known.join(", ")}`;
}

function adviceFor(path: Path, key: string): string | undefined {
  const names = [...path.filter((step) => typeof step === "string"), key];
  const exact = names.join(".");
  const starred = names.map((step, index) => (index === 1 && names.length > 2 ? "*" : step)).join(".");
  return Object.hasOwn(ADVICE, exact) ? ADVICE[exact] : Object.hasOwn(ADVICE, starred) ? ADVICE[starred] : undefined;
}

/** The keys that may stand at this path. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let node: z.core.$ZodType = schema;
  for (const step of [...path, undefined]) {
    while (node instanceof z.ZodOptional) node = node.unwrap();
    if (step === undefined) break;
    if (node instanceof z.ZodObject) node = node.shape[step] ?? z.never();
    else if (node instanceof z.ZodRecord) node = node.valueType;
    else if (node instanceof z.ZodArray) node = node.element;
    else return [];
  }
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}

/** Edits between two names (Levenshtein); names are short. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 6) return 7;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
