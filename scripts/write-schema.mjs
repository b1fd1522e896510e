// Writes attesta.schema.json from the config schema. Run `npm run build` first; test/config/json-schema.test.ts fails when it is stale.
import { writeFileSync } from "node:fs";

const { configJsonSchema } = await import(new URL("../dist/config/json-schema.js", import.meta.url).href);
const file = new URL("../attesta.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
