/** Words of one kind, so that a wrong option looks like a right one. Plain lists: no rule stands here. */

/** Each list holds at least four words that exclude one another; the first list with a word is the one that counts. */
const GROUPS: readonly (readonly string[])[] = [
  ["production", "staging", "development", "test", "ci"],
  ["prod", "stage", "dev", "qa"],
  ["canary", "rolling", "blue-green", "recreate"],
  ["primary", "replica", "analytics", "archive", "reporting"],
  ["tcp", "udp", "icmp", "sctp"],
  ["allow", "deny", "log", "throttle"],
  ["get", "post", "put", "delete"],
  ["add", "drop", "rename", "split", "backfill"],
  ["gateway", "proxy", "worker", "scheduler", "router", "service"],
  ["api", "auth", "payment", "billing", "search", "catalog", "inventory", "notification"],
  ["user", "order", "account", "invoice", "session"],
  ["users", "orders", "accounts", "invoices", "sessions"],
  ["preferences", "settings", "addresses", "permissions", "notifications"],
  ["checkout", "login", "profile", "cart", "signup"],
  ["east", "west", "north", "south", "central"],
  ["us", "eu", "ap", "sa"],
  ["small", "medium", "large", "xlarge"],
  ["debug", "info", "warn", "error"],
  ["admin", "editor", "viewer", "owner"],
  ["key", "token", "password", "certificate"],
  ["postgres", "mysql", "mariadb", "oracle"],
];

const ENVIRONMENTS = ["staging", "development", "test", "ci"];
const FIRST = ["billing", "search", "auth", "order", "catalog", "payment", "report"];
const MIDDLE = ["event", "data", "web", "batch"];
const LAST = ["worker", "gateway", "scheduler", "proxy", "service", "router", "indexer"];
const SINGLE = ["billing", "search", "catalog", "checkout", "identity", "mailer"];
const DATA = ["orders", "billing", "analytics", "inventory", "sessions", "reports"];
const PORTS = ["22", "80", "443", "3306", "5432", "6379", "8080", "8443"];

const NAMED = new Set(
  "service services app application component deployment repo repository image project workload job function target cluster queue topic worker stack module package team".split(
    " ",
  ),
);
const STORES = new Set("database db schema table collection index keyspace dataset bucket volume".split(" "));

/** The other words of a word's group, in its case; empty for a word that no group has. */
export function siblingsOf(word: string): readonly string[] {
  const lower = word.toLowerCase();
  const group = GROUPS.find((candidate) => candidate.includes(lower)) ?? [];
  return group.filter((other) => other !== lower).map((other) => inCaseOf(word, other));
}

/**
 * Other values that an argument of this kind might have, in the shape of the value: other services for `service`, other
 * databases for `database`. Empty for arguments of no known kind.
 * @param kind The last word of the argument's name, lower case.
 */
export function valuesLike(value: string, kind: string): readonly string[] {
  if (kind === "port") return PORTS.includes(value) ? PORTS : [];
  if (kind === "environment" || kind === "env") return ENVIRONMENTS.map((other) => inCaseOf(value, other));
  if (NAMED.has(kind)) return namesLike(value, SINGLE);
  if (STORES.has(kind)) return namesLike(value, DATA);
  return [];
}

/** Made-up names with as many words and the same separators as this one; empty if it is no plain name. */
export function namesLike(value: string, single: readonly string[] = SINGLE): readonly string[] {
  if (!/^\p{L}+([-_ ./]\p{L}+){0,3}$/u.test(value)) return [];
  const marks = value.match(/[-_ ./]/gu) ?? [];
  if (marks.length === 0) return single.map((other) => inCaseOf(value, other));
  return FIRST.map((first, index) => {
    const middle = marks.slice(1).map((_, at) => MIDDLE[(index + at) % MIDDLE.length] ?? "");
    const words = [first, ...middle, LAST[index] ?? ""];
    const joined = words.map((word, at) => (at === 0 ? word : `${marks[at - 1] ?? ""}${word}`)).join("");
    return inCaseOf(value, joined);
  });
}

function inCaseOf(model: string, word: string): string {
  if (model.length > 1 && model === model.toUpperCase() && model !== model.toLowerCase()) return word.toUpperCase();
  const head = model.charAt(0);
  return head === head.toLowerCase() ? word : word.charAt(0).toUpperCase() + word.slice(1);
}
