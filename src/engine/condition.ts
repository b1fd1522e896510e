/** The small grammar of escalation conditions, parsed once when the file is read. */
import type { Level } from "./model.ts";

export type Condition =
  | { readonly kind: "score"; readonly op: ">" | ">=" | "<" | "<=" | "==" | "!="; readonly value: number }
  | { readonly kind: "pattern"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "level"; readonly level: Level }
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] };
