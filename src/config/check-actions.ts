/** What must hold within declared actions, in config and in profiles. Pure. */
import { basename } from "node:path";
import { isSameName, normalName } from "../engine/name.ts";
import { type Finding, finding, repeatedTexts } from "./finding.ts";
import type { ActionFields } from "./schema-parts.ts";
import type { Path } from "./tree.ts";

type Declarations = Readonly<Record<string, ActionFields>>;

const SHELLS = ["sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "cmd.exe", "powershell", "pwsh"];
const LISTS = ["card", "free_text", "secret_arguments", "private_arguments", "attach"] as const;

/** Findings about `actions`. */
export function checkActions(actions: Declarations | undefined): readonly Finding[] {
  const seen = new Map<string, string>();
  return Object.entries(actions ?? {}).flatMap(([name, fields]) => {
    const path: Path = ["actions", name];
    const normal = normalName(name);
    const before = seen.get(normal);
    seen.set(normal, before ?? name);
    const nameless = normal === "" ? finding(path, "has no letter or digit; write the action's name") : [];
    const twice = before === undefined ? [] : finding(path, `means the same action as ${before}; keep one`);
    const lists = LISTS.flatMap((key) => repeatedTexts(fields[key], [...path, key]));
    return [
      ...nameless,
      ...twice,
      ...lists,
      ...checkHidden(fields, path),
      ...checkHints(fields, path),
      ...checkCommand(fields, path),
    ];
  });
}

function checkHidden(fields: ActionFields, path: Path): readonly Finding[] {
  const hidden = fields.private_arguments ?? [];
  return (fields.card ?? []).flatMap((argument, index) =>
    hidden.some((name) => isSameName(name, argument))
      ? finding([...path, "card", index], "is private too; the channel sees it or it does not, keep one")
      : [],
  );
}

function checkHints(fields: ActionFields, path: Path): readonly Finding[] {
  const { environment, production } = fields.hints ?? {};
  const place =
    environment !== undefined && typeof environment !== "string"
      ? finding([...path, "hints", "environment"], "must be text, such as staging")
      : [];
  const flag =
    production !== undefined && typeof production !== "boolean"
      ? finding([...path, "hints", "production"], "must be true or false")
      : [];
  return [...place, ...flag];
}

/** The program is never an agent's choice, and no agent's text ever reaches a shell as code. */
function checkCommand(fields: ActionFields, path: Path): readonly Finding[] {
  const argv = fields.command ?? [];
  const program = argv[0] ?? "";
  const at = (index: number): Path => [...path, "command", index];
  if (/[{}]/.test(program)) return finding(at(0), "is the program to run and must be fixed text, without placeholders");
  const isShell = SHELLS.includes(basename(program).toLowerCase());
  return argv.flatMap((word, index) => {
    const rest = word.replace(/\{[A-Za-z_][\w.-]*\}/g, "");
    if (/[{}]/.test(rest)) return finding(at(index), "has a brace that is no {argument} placeholder");
    if (!isShell || rest === word || index === 0) return [];
    const isScript = argv.slice(1, index).some((flag) => /^[-/](?:[a-z]*c|command|k)$/i.test(flag));
    return isScript
      ? finding(
          at(index),
          "would hand an agent's text to a shell as code; call a script with it as a separate argument",
        )
      : [];
  });
}
