/** The config in force, and what is made from it: one object that a reload replaces as a whole. */
import type { Config } from "../config/types.ts";
import type { Policy } from "../engine/policy.ts";
import { type OwnAgent, type Tokens, tokensOf } from "./tokens.ts";

export interface Current {
  readonly config: Config;
  /** One object per config: the engine compiles what it needs once for it. */
  readonly policy: Policy;
  readonly tokens: Tokens;
}

export interface CurrentOptions {
  readonly ownAgent?: OwnAgent;
  /** Nobody can answer here: what needs people is denied at once, in words. */
  readonly unattended?: boolean;
}

const NOBODY =
  "there is no terminal to ask at here, and no service is running that could ask: start one with attesta start";

/** Everything that follows from a checked config. */
export function currentOf(config: Config, options: CurrentOptions): Current {
  const policy = options.unattended === true ? { ...config.policy, nobodyToAsk: NOBODY } : config.policy;
  return { config, policy, tokens: tokensOf(config, options.ownAgent) };
}

/** A newly checked config over a running one: what is open already (paths, ports) stays. */
export function reloaded(running: Config, next: Config): Config {
  return { ...next, state: running.state, audit: running.audit, server: running.server };
}
