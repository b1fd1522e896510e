/** What importing the client loads: an agent's process takes nothing of the service with it unless it has to run one. */
import { execFileSync } from "node:child_process";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileProgram, type Program } from "../e2e/processes.ts";

let program: Program;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => program.remove());

/** Prints the address of every module before it is loaded. */
const HOOKS = `import { writeSync } from "node:fs";
export async function load(url, context, next) {
  writeSync(1, url + "\\n");
  return next(url, context);
}`;

/** What is loaded by importing this file of src: files of src as paths, packages and node's own parts by name. */
function loadedBy(file: string): readonly string[] {
  const source = `import { register } from "node:module";
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOKS)}`)});
    await import(${JSON.stringify(`./src/${file}`)});`;
  const folder = dirname(program.script);
  const out = execFileSync(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const names = out.split("\n").flatMap((url) => {
    if (!url.startsWith("file:")) return url === "" ? [] : [url];
    const path = relative(folder, fileURLToPath(url));
    return [/^(?:\.\.\/)+((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path];
  });
  return [...new Set(names)].sort();
}

test("is the client itself, the wire contract, what the digest needs, and zod", () => {
  const loaded = loadedBy("client/index.js");
  const own = /^src\/(?:client\/.*|api\/contract\.js|engine\/(?:digest|canonical|json|name)\.js)$/;
  expect(loaded.filter((name) => !name.startsWith("node:") && !own.test(name))).toEqual(["zod"]);
  expect(loaded).toEqual(expect.arrayContaining(["src/client/index.js", "src/api/contract.js"]));
});

test("is told apart from the rest, which is loaded only to run a service", () => {
  const loaded = loadedBy("local.js");
  expect(loaded).toEqual(expect.arrayContaining(["@hono/node-server", "hono", "libsql", "pino", "re2js", "yaml"]));
});
