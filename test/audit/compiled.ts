/** Compiles what a writing process needs into JavaScript, so that a test can run it with plain node and kill it. Not a test. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["src/audit", "src/engine", "test/audit"];

/** A folder with `src` and `test` as JavaScript, inside node_modules so that packages are found. */
export async function compile(): Promise<{ readonly folder: string; dispose(): Promise<void> }> {
  const cache = join(ROOT, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "audit-writer-"));
  await cp(join(ROOT, "package.json"), join(folder, "package.json"));
  for (const source of SOURCES) {
    for (const name of await readdir(join(ROOT, source))) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const text = await readFile(join(ROOT, source, name), "utf8");
      const out = join(folder, source, name.replace(/\.ts$/, ".js"));
      await mkdir(dirname(out), { recursive: true });
      await writeFile(out, transpile(text));
    }
  }
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}

function transpile(text: string): string {
  return ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}
