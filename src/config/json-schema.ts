/** The schema of attesta.yaml for editors. What must hold between keys is not in it; `attesta config check` says that. */
import { z } from "zod";
import { configSchema } from "./schema.ts";

/** JSON Schema (draft 2020-12) of attesta.yaml. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const file = configSchema.extend({
    extends: z
      .string()
      .optional()
      .describe("A file that this one stands on, relative to it: maps merge, lists replace."),
  });
  return {
    ...z.toJSONSchema(file, { io: "input", target: "draft-2020-12" }),
    title: "attesta.yaml",
    description: "Approvals that prove somebody understood: policy, risk, people, roles and agents.",
  };
}
