/** Where an action would run: declared by the service, asked by the agent, and which of the two counts. */
import type { Action, Hints } from "./action.ts";
import { type ActionDeclaration, isListed, type Profile } from "./profile.ts";

/** The environment that scoring, rules and digest use. */
export interface EffectiveEnvironment {
  readonly name: string;
  /** False only where declared and asked are both in the profile's `nonProduction`. */
  readonly production: boolean;
}

export const PRODUCTION = "production";

export interface EnvironmentSources {
  readonly action: Pick<Action, "hints" | "environment">;
  readonly declaration?: ActionDeclaration | undefined;
  /** The agent's environment in config. */
  readonly agentEnvironment?: string | undefined;
}

/**
 * Declared: the action's declared hints, else the agent's environment, else production. Asked: the request's hints and
 * its environment; if they disagree, the one that counts as production. What an agent asks can only raise: a declared
 * environment stands unless the asked one counts as production and the declared one does not.
 */
export function effectiveEnvironment(sources: EnvironmentSources, profile: Profile): EffectiveEnvironment {
  const isProduction = (name: string): boolean => !isListed(name, profile.nonProduction);
  const declared = hinted(sources.declaration?.hints, isProduction) ?? sources.agentEnvironment;
  const { action } = sources;
  const named = [hinted(action.hints, isProduction), action.environment].filter((name) => name !== undefined);
  const asked = named.find(isProduction);
  if (declared === undefined) return { name: asked ?? PRODUCTION, production: true };
  if (isProduction(declared)) return { name: declared, production: true };
  return asked === undefined ? { name: declared, production: false } : { name: asked, production: true };
}

function hinted(hints: Hints | undefined, isProduction: (name: string) => boolean): string | undefined {
  if (hints === undefined) return undefined;
  const environment = typeof hints.environment === "string" ? hints.environment : undefined;
  if (!saysProduction(hints.production)) return environment;
  return environment !== undefined && isProduction(environment) ? environment : PRODUCTION;
}

/** True for `production: true` and for numbers above 0; false and negative values say nothing. */
function saysProduction(hint: Hints[string] | undefined): boolean {
  return hint === true || (typeof hint === "number" && hint > 0) || (typeof hint === "string" && /^true$/i.test(hint));
}
