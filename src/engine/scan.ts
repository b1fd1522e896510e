/** Looks for what makes an argument dangerous: credential words, SQL, shell, network values. Linear in the text. */
import { hasDangerousCommand } from "./dangerous-command.ts";
import type { Json } from "./json.ts";
import { splitWords } from "./name.ts";

/** What was found in a text, worst first. Scores and categories: the scoring page, after Attesta's scorer. */
export interface Finding {
  /** 0..1 */
  readonly score: number;
  /** In words, such as `destructive SQL`; undefined when nothing was found. */
  readonly what: string | undefined;
}

const SEVERE = 0.9;
const NETWORK = 0.5;
/** What an argument scores in which nothing is found. */
export const NOTHING_FOUND: Finding = { score: 0.04, what: undefined };

// Cheap, and true for every text in which `severeIn` finds something.
const MAYBE_SEVERE = /secret|password|token|key|credential|\.env|drop|delete|truncate|alter|rm|sudo|chmod/i;
const CREDENTIAL_WORD = /(?:^|[^a-z0-9])(?:secret|password|token|key|credential)s?\d*(?![a-z0-9])/;
const ENV_FILE = /\.env(?![a-z0-9])/i;
const SQL_WORD = /(?:^|[^a-z0-9])(?:drop|delete|truncate|alter)(?![a-z0-9])/;
const SUDO = /(?:^|[^a-z0-9])sudo(?![a-z0-9])/;
const SHELL_SPLIT = /[\s;&|()`"'=,[\]{}]+/;

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`(?<![\\d.])${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`);
const IPV6 =
  /(?<![0-9a-z:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::)(?![g-z])/i;
const EMAIL = /[a-z0-9_%+-]@[a-z0-9][a-z0-9.-]{0,253}\.[a-z]{2}/i;
const URL_START = /[a-z0-9]:\/\//i;
const SQL_FILE = /\.sql(?![a-z0-9])/i;
const MAYBE_NETWORK = /[@:]|\d\.\d|\.sql/i;

/** The worst that is found in a text. Prose is not looked through for network values and files. */
export function scanText(text: string, isProse: boolean): Finding {
  const readable = /^[\x20-\x7E\s]*$/.test(text) ? text : `${text}\n${plain(text)}`;
  const severe = MAYBE_SEVERE.test(readable) ? severeIn(readable) : undefined;
  if (severe !== undefined) return { score: SEVERE, what: severe };
  const network = !isProse && MAYBE_NETWORK.test(readable) ? networkIn(readable) : undefined;
  return network === undefined ? NOTHING_FOUND : { score: NETWORK, what: network };
}

/** Without look-alike forms and invisible characters, so that neither hides a word. */
function plain(text: string): string {
  return text.normalize("NFKC").replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "");
}

function severeIn(text: string): string | undefined {
  const words = `${text}\n${splitWords(text)}`.toLowerCase();
  if (CREDENTIAL_WORD.test(words) || ENV_FILE.test(text)) return "credential word";
  if (SQL_WORD.test(words)) return "destructive SQL";
  if (SUDO.test(text.toLowerCase()) || hasDangerousCommand(text.toLowerCase().split(SHELL_SPLIT)))
    return "dangerous shell";
  return undefined;
}

function networkIn(text: string): string | undefined {
  if (URL_START.test(text)) return "URL";
  if (EMAIL.test(text)) return "e-mail address";
  if (IPV4.test(text) || IPV6.test(text)) return "network address";
  return SQL_FILE.test(text) ? ".sql file" : undefined;
}

/**
 * An argument as the text that is looked through: `name=value`, members and items one after the other, so that
 * `["rm", "-rf"]` reads as one command.
 */
export function argumentText(name: string, value: Json): string {
  if (Array.isArray(value)) return `${name}=${value.map((item: Json) => itemText(item)).join(" ")}`;
  return typeof value === "object" && value !== null ? `${name}\n${itemText(value)}` : `${name}=${value}`;
}

function itemText(value: Json): string {
  if (Array.isArray(value)) return value.map((item: Json) => itemText(item)).join(" ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, member]) => argumentText(key, member))
    .join("\n");
}
