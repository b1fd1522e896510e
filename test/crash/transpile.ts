/** TypeScript for child processes: Node 20 runs none, and the build may be old. Types are not checked here. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache");

/** The entry, and all that it imports by relative paths, as JavaScript in a folder of its own; gives the entry's path. */
export function transpile(entry: string): { readonly script: string; readonly remove: () => void } {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "attesta-crash-"));
  const done = new Set<string>();
  const visit = (file: string): void => {
    if (done.has(file)) return;
    done.add(file);
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const target = outputOf(folder, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    for (const [, path] of outputText.matchAll(/\bfrom "(\.{1,2}\/[^"]+)\.js"/g))
      visit(resolve(dirname(file), `${path}.ts`));
  };
  visit(entry);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return { script: outputOf(folder, entry), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function outputOf(folder: string, file: string): string {
  return join(folder, relative(ROOT, file).replace(/\.ts$/, ".js"));
}
