/** What an agent wants to do, as data: checked, copied, bounded. It does not score and does not hash. */
import type { JsonObject } from "./json.ts";

/** A text that belongs to the action and is reviewed with it, such as a migration's SQL. At most 64 KiB of UTF-8. */
export interface Attachment {
  readonly name: string;
  readonly text: string;
}

/** The process that `attesta gate` runs: part of the action, scored and shown. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
}

export type Hints = Readonly<Record<string, boolean | number | string>>;

/** One call that an agent wants to make, checked by `checkAction`. */
export interface Action {
  /** As sent. `normalName` gives the form that patterns and overrides meet. */
  readonly name: string;
  readonly arguments: JsonObject;
  readonly hints: Hints;
  readonly description?: string;
  readonly environment?: string;
  readonly command?: Command;
  readonly attachments: readonly Attachment[];
}
