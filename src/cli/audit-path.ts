/** Which audit log a command means when it is given none: the config's. */
import { loadConfig } from "../config/load.ts";
import type { CliContext } from "./context.ts";

/** `audit.path` of the config found from the working folder. Throws ConfigFault when there is none. */
export async function auditPath({ env, cwd }: CliContext): Promise<string> {
  return loadConfig(undefined, { env, cwd, purpose: "check" }).audit.path;
}
