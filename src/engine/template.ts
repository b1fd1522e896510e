/** Texts with `{placeholders}`, filled from an action's arguments and its declaration's facts. No grammar beyond that. */
import type { Json, JsonObject } from "./json.ts";
import { foldText, humanName } from "./plain-text.ts";

const PLACEHOLDER = /\{([A-Za-z0-9_.-]+)\}/gu;
/** Longer values are evidence, not part of a headline. */
const SUMMARY_VALUE_CHARS = 120;
const DANGLING = new Set(["to", "in", "on", "at", "of", "for", "from", "with", "by", "as", "into", "under"]);

/** A scalar as a reader sees it: strings as they are, others as JSON text; undefined for nothing, objects and lists. */
export function scalarText(value: Json | undefined): string | undefined {
  if (typeof value === "string") return foldText(value) === "" ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}

/** The form in which names meet: `changeTicket` and `change_ticket` are one. */
export function nameForm(name: string): string {
  return humanName(name).replaceAll(" ", "_");
}

/**
 * Arguments and facts as one set of values. A name that is given twice with different values, by an argument and a
 * fact or in two spellings, is left out: nobody can say which one a reader would mean.
 */
export function valuesOf(args: JsonObject, facts: JsonObject): JsonObject {
  const found = new Map<string, Json>();
  const doubtful = new Set<string>();
  for (const [name, value] of [...Object.entries(args), ...Object.entries(facts)]) {
    const form = nameForm(name);
    const before = found.get(form);
    if (found.has(form) && JSON.stringify(before) !== JSON.stringify(value)) doubtful.add(form);
    else found.set(form, value);
  }
  return Object.fromEntries([...found].filter(([form]) => !doubtful.has(form)));
}

/** The value under exactly this name, else under its other spelling; undefined if there is none, or more than one. */
export function valueNamed(values: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(values, name)) return values[name];
  const form = nameForm(name);
  const [key, ...others] = Object.keys(values).filter((candidate) => nameForm(candidate) === form);
  return key === undefined || others.length > 0 ? undefined : values[key];
}

/** The names that a template's placeholders ask for, in order, in the form in which names meet. */
export function placeholdersOf(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name]) => nameForm(name ?? ""));
}

/**
 * The template with every placeholder filled; undefined when a value is missing or empty. `v{version}` with `v2.1.0`
 * gives one `v`. What is filled in is not read as a template again.
 */
export function fillTemplate(template: string, values: JsonObject): string | undefined {
  let missing = false;
  const filled = template.replace(PLACEHOLDER, (whole, name: string, at: number) => {
    const text = scalarText(valueNamed(values, name));
    if (text === undefined) missing = true;
    return text === undefined ? whole : withoutSecondV(template.slice(Math.max(0, at - 2), at), text);
  });
  return missing ? undefined : filled;
}

function withoutSecondV(before: string, text: string): string {
  return /^v\d/iu.test(text) && /(^|[^\p{L}\p{N}])v$/iu.test(before) ? text.slice(1) : text;
}

/**
 * What the first line of a card says: the declaration's summary, leaving out the parts (`v{version}`, `({strategy})`,
 * a preposition before them) whose value is missing or too long for a line; the action's name when nothing remains.
 */
export function fillSummary(template: string | undefined, values: JsonObject, actionName: string): string {
  if (template === undefined) return actionName;
  const short = Object.fromEntries(
    Object.entries(values).filter(([, value]) => (scalarText(value)?.length ?? 0) <= SUMMARY_VALUE_CHARS),
  );
  let filledAny = placeholdersOf(template).length === 0;
  const kept: string[] = [];
  for (const part of template.match(/\([^()]*\)|[^\s()]+|[()]/gu) ?? []) {
    const text = fillTemplate(part, short);
    if (text === undefined) {
      while (DANGLING.has(kept.at(-1)?.toLowerCase() ?? "")) kept.pop();
      continue;
    }
    filledAny ||= text !== part;
    kept.push(text);
  }
  return filledAny ? kept.join(" ") : actionName;
}
