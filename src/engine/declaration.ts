/** Finds what the service declared about an action, also under a prefixed name. Reads no config. */
import { nameWords, normalName } from "./name.ts";
import type { ActionDeclaration, Profile } from "./profile.ts";
import { verbClass } from "./verb.ts";

// Where a namespace ends: mcp__infra__deploy, infra.deploy, infra:deploy, infra/deploy. A single `_` or `-` is none:
// `delete_all_and_get_service_status` is not a declared `get_service_status`.
const NAMESPACE_END = /__|[.:/]/g;

/**
 * The declaration of an action by its normal name, or by what follows a namespace; the longest declared name wins.
 * A namespace that itself says something mutating or destructive does not count: the action is then undeclared.
 */
export function declarationOf(name: string, profile: Pick<Profile, "actions">): ActionDeclaration | undefined {
  const { actions } = profile;
  const whole = normalName(name);
  if (Object.hasOwn(actions, whole)) return actions[whole];
  for (const { index, 0: separator } of name.matchAll(NAMESPACE_END)) {
    const rest = normalName(name.slice(index + separator.length));
    if (!Object.hasOwn(actions, rest)) continue;
    const namespace = verbClass(nameWords(name.slice(0, index)));
    return namespace === "destructive" || namespace === "mutating" ? undefined : actions[rest];
  }
  return undefined;
}
