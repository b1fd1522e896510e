/** Declared actions as the engine sees them, from what a file says. Checked before; decides nothing. */
import { normalName } from "../engine/name.ts";
import type { ActionDeclaration, Profile } from "../engine/profile.ts";
import type { ActionFields } from "./schema-parts.ts";

type Declarations = Profile["actions"];

/** These fields over those that are there already: by normal name, field by field. */
export function declareActions(
  fields: Readonly<Record<string, ActionFields>> | undefined,
  below: Declarations = {},
): Declarations {
  const added = Object.entries(fields ?? {}).map(([name, own]): [string, ActionDeclaration] => {
    const normal = normalName(name);
    return [normal, declare(normal, own, Object.hasOwn(below, normal) ? below[normal] : undefined)];
  });
  return { ...below, ...Object.fromEntries(added) };
}

function declare(name: string, own: ActionFields, below: ActionDeclaration | undefined): ActionDeclaration {
  const description = own.description ?? below?.description;
  const summary = own.summary ?? below?.summary;
  const card = own.card ?? below?.card;
  const command = own.command ?? below?.command;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(summary !== undefined && { summary }),
    hints: own.hints ?? below?.hints ?? {},
    facts: own.facts ?? below?.facts ?? {},
    ...(card !== undefined && { card }),
    freeText: own.free_text ?? below?.freeText ?? [],
    secretArguments: own.secret_arguments ?? below?.secretArguments ?? [],
    privateArguments: own.private_arguments ?? below?.privateArguments ?? [],
    attach: own.attach ?? below?.attach ?? [],
    ...(command !== undefined && { command }),
  };
}
