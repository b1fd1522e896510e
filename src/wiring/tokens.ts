/** Whose token a call carries: agents and reviewers by the config's hashes, and an agent of this process by its own. */
import { createTokenBook, tokenHash } from "../api/auth.ts";
import type { Config } from "../config/types.ts";
import type { Account } from "../engine/model.ts";

export interface OwnAgent {
  readonly id: string;
  /** Known to this process only. */
  readonly token: string;
}

export interface Tokens {
  agent(token: string): string | undefined;
  review(token: string): Account | undefined;
}

/** Both lookups over one config; make new ones when the config changes. */
export function tokensOf(config: Config, own?: OwnAgent): Tokens {
  const agent = createTokenBook(config.agentTokens);
  const ownBook = createTokenBook(own === undefined ? {} : { [own.id]: tokenHash(own.token) });
  const hashed = config.people.flatMap(({ email, reviewTokenSha256: hash }) =>
    hash === undefined ? [] : [[email, hash] as const],
  );
  const review = createTokenBook(Object.fromEntries(hashed));
  return {
    agent: (token) => agent(token) ?? ownBook(token),
    review: (token) => {
      const user = review(token);
      return user === undefined ? undefined : { surface: "terminal", tenant: "local", user };
    },
  };
}
