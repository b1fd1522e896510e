/** Finds what the service declared about an action, also under an MCP server's name. Reads no config. */
import { nameWords, normalName } from "./name.ts";
import type { ActionDeclaration, Profile } from "./profile.ts";
import { verbClass } from "./verb.ts";

/**
 * `mcp__SERVER__TOOL`, as MCP clients call a server's tool; the server's name holds no `__`. Source: Claude Code's
 * naming of MCP tools.
 */
const MCP_TOOL = /^mcp__([A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*)__(?!_)(.+)$/;

/**
 * The declaration of an action by its normal name, or by the tool's of an MCP server. Any other prefix is part of
 * another name, which nobody declared; so is a server whose name says something mutating or destructive.
 */
export function declarationOf(name: string, profile: Pick<Profile, "actions">): ActionDeclaration | undefined {
  const { actions } = profile;
  const whole = normalName(name);
  if (Object.hasOwn(actions, whole)) return actions[whole];
  const [, server = "", tool = ""] = MCP_TOOL.exec(name) ?? [];
  const declared = normalName(tool);
  if (!Object.hasOwn(actions, declared)) return undefined;
  const kind = verbClass(nameWords(server));
  return kind === "destructive" || kind === "mutating" ? undefined : actions[declared];
}
