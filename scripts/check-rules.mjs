// Checks who imports whom, and proves first that each rule would notice: a planted violation must be found.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const { default: rules } = await import("../.dependency-cruiser.cjs");
const { default: extractTSConfig } = await import("dependency-cruiser/config-utl/extract-ts-config");

/** Each rule with a file that breaks it. */
const PLANTED = {
  "engine-knows-nobody": ["src/engine/planted.ts", 'import "../bot/text.ts";'],
  "engine-is-pure": ["src/engine/planted.ts", 'import "node:fs";'],
  "bot-knows-engine": ["src/bot/planted.ts", 'import "../config/types.ts";'],
  "adapters-know-ports": ["src/adapters/terminal/planted.ts", 'import "../../api/contract.ts";'],
  "audit-knows-engine": ["src/audit/planted.ts", 'import "../bot/text.ts";'],
  "queue-knows-engine": ["src/queue/planted.ts", 'import "../audit/fault.ts";'],
  "config-knows-engine": ["src/config/planted.ts", 'import "../audit/fault.ts";'],
  "api-knows-engine-and-surface": ["src/api/planted.ts", 'import "../config/types.ts";'],
  "client-is-small": ["src/client/planted.ts", 'import "../engine/decide.ts";'],
  "main-is-wiring": ["src/audit/planted.ts", 'import "../main.ts";'],
  "libsql-only-in-queue": ["src/audit/planted.ts", 'import "libsql";'],
  "yaml-only-in-config": ["src/cli/planted.ts", 'import "yaml";'],
  "re2js-only-in-engine": ["src/cli/planted.ts", 'import "re2js";'],
  "hono-only-in-api": ["src/cli/planted.ts", 'import "hono";'],
  "commander-only-in-cli": ["src/client/planted.ts", 'import "commander";'],
  "no-unresolvable": ["src/cli/planted.ts", 'import "./no-such-file.ts";'],
  "no-circular": [
    "src/engine/planted.ts",
    'import "./planted-too.ts";',
    "src/engine/planted-too.ts",
    'import "./planted.ts";',
  ],
};

async function violations() {
  const { options, ...ruleSet } = rules;
  const tsConfig = extractTSConfig(join(root, "tsconfig.json"));
  const { output } = await cruise(["src"], { ...options, ruleSet, validate: true }, {}, { tsConfig });
  return { found: output.summary.violations, modules: output.summary.totalCruised };
}

async function prove(name, plant) {
  const files = plant.filter((_, index) => index % 2 === 0);
  const before = files.filter((file) => exists(file));
  if (before.length > 0) throw new Error(`${before[0]} is in the way of the rule check: remove it`);
  try {
    for (let i = 0; i < plant.length; i += 2) {
      mkdirSync(dirname(plant[i]), { recursive: true });
      writeFileSync(plant[i], `${plant[i + 1]}\n`);
    }
    const { found } = await violations();
    const noticed = found.some((violation) => violation.rule.name === name && files.includes(violation.from));
    if (!noticed) throw new Error(`the rule ${name} does not notice ${plant[1]} in ${plant[0]}`);
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}

function exists(file) {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

for (const [name, plant] of Object.entries(PLANTED)) await prove(name, plant);
const named = rules.forbidden.map((rule) => rule.name);
const { found, modules } = await violations();
for (const { rule, from, to } of found) console.error(`${rule.name}: ${from} -> ${to}`);
const unproved = named.filter((name) => !(name in PLANTED));
console.log(
  `import rules: ${named.length} rules, ${named.length - unproved.length} proved on planted files (not: ${unproved.join(", ") || "none"}), ${modules} modules, ${found.length} violations`,
);
process.exitCode = found.length > 0 ? 1 : 0;
