/** The command line as processes that can be killed: src as JavaScript in a folder of its own, since the build may be old. Not a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAUNCHER = 'import { run } from "./src/cli/index.js";\nawait run(process.argv);\n';

export interface Program {
  readonly script: string;
  remove(): void;
}

/** All of src, with the files it looks for beside it; inside node_modules, so that packages are found. */
export function compileProgram(): Program {
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "attesta-e2e-"));
  for (const name of readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const out = join(folder, "src", name.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, transpiled(readFileSync(join(ROOT, "src", name), "utf8")));
  }
  for (const beside of ["package.json", "profiles", "examples"])
    cpSync(join(ROOT, beside), join(folder, beside), {
      recursive: true,
      // A service that runs in the work tree keeps its state there.
      filter: (path) => basename(path) !== ".attesta",
    });
  const script = join(folder, "attesta.js");
  writeFileSync(script, LAUNCHER);
  return { script, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function transpiled(text: string): string {
  return ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}

export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Its exit code; undefined when a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** kill -9, and gone. */
  kill(): Promise<void>;
}

/** Starts `attesta ARGS` in this folder, with only this environment and PATH. */
export function start(
  program: Program,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Running {
  const child = spawn(process.execPath, [program.script, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    heard.stdout += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    heard.stderr += String(chunk);
  });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? undefined));
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return { child, stdout: () => heard.stdout, stderr: () => heard.stderr, ended, kill };
}

/** Resolves once this process has said this. */
export async function said(text: () => string, wanted: string): Promise<void> {
  await expect.poll(text, { timeout: 30_000 }).toContain(wanted);
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
