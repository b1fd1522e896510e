/** Refuses an action that says a secret a second time, where it would be shown, logged and kept. Hides nothing itself. */
import type { Action } from "./action.ts";
import type { Ask, RaiseRefusal } from "./approvals.ts";
import { canonicalJson } from "./digest.ts";
import { valuesNamed, withoutNamed } from "./hidden-arguments.ts";
import type { ActionDeclaration } from "./profile.ts";

/** Shorter secrets would be found everywhere by chance. In characters. */
const SHORTEST_SECRET = 4;

/** Why the ask is refused: a secret argument's value stands in it a second time; undefined where none does. */
export function repeatedSecret(
  ask: Ask,
  action: Action,
  declaration: ActionDeclaration | undefined,
): RaiseRefusal | undefined {
  const names = declaration?.secretArguments ?? [];
  const secrets = valuesNamed(action.arguments, names);
  if (secrets.length === 0) return undefined;
  const open: readonly (readonly [string, string])[] = [
    ...Object.entries(withoutNamed(action.arguments, names)).map(
      ([name, value]) => [`arguments.${name}`, canonicalJson(value)] as const,
    ),
    ...(action.command?.argv ?? []).map((part, index) => [`command.argv[${index}]`, part] as const),
    ...action.attachments.map(({ name, text }) => [`attachments.${name}`, text] as const),
    ["description", action.description ?? ""],
    ["session_id", ask.sessionId ?? ""],
    ["request_id", ask.clientRequestId],
  ];
  for (const { path, value } of secrets) {
    if (typeof value !== "string" || value.length < SHORTEST_SECRET) continue;
    const [where] = open.find(([, text]) => text.includes(value)) ?? [];
    if (where !== undefined)
      return { code: "invalid_action", detail: `${where} repeats the secret argument ${path}: leave it out there` };
  }
  return undefined;
}
