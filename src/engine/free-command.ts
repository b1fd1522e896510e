/** Whether a command is one that config fixed, or whatever the agent chose to run. Runs nothing. */
import type { Action } from "./action.ts";
import type { ActionDeclaration } from "./profile.ts";
import { fillTemplate, placeholdersOf } from "./template.ts";

/**
 * True when the agent chooses what runs. A template whose program is not an absolute path fixes the words and not the
 * program: which `./deploy.sh` or `terraform` runs follows from the working folder and the PATH, which are the agent's.
 */
export function isFreeCommand(action: Pick<Action, "command">, declaration: ActionDeclaration | undefined): boolean {
  if (action.command === undefined) return false;
  return declaration?.command?.[0]?.startsWith("/") !== true;
}

/** Why this command is not the declared one, in words; undefined when it is, or when nothing is declared or run. */
export function commandProblem(action: Action, declaration: ActionDeclaration | undefined): string | undefined {
  const fixed = declaration?.command;
  if (fixed === undefined || action.command === undefined) return undefined;
  const wanted = fixed.map((part) => fillTemplate(part, action.arguments));
  const { argv } = action.command;
  if (wanted.length !== argv.length || wanted.some((part, index) => part !== argv[index])) {
    return `config fixes the command of ${declaration?.name ?? "this action"}: ${fixed.join(" ")}`;
  }
  const option = fixed.findIndex(
    (part, index) =>
      /^\{[^}]*\}$/.test(part) && placeholdersOf(part).length > 0 && argv[index]?.startsWith("-") === true,
  );
  return option === -1 ? undefined : `${fixed[option]} may not begin with "-": it would be read as an option`;
}
