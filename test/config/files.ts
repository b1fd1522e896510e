/** Writes config files into a folder of their own and loads them. For tests only. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { type LoadOptions, loadConfig } from "../../src/config/load.ts";
import { type Config, ConfigFault } from "../../src/config/types.ts";

/** A fresh folder with these files; `attesta.yaml` is the one that is loaded. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "attesta-config-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

type Options = Partial<Omit<LoadOptions, "cwd">>;

/** The config of these files, or of this text as `attesta.yaml`. */
export function load(files: string | Readonly<Record<string, string>>, options: Options = {}): Config {
  const folder = folderWith(typeof files === "string" ? { "attesta.yaml": files } : files);
  return loadConfig("attesta.yaml", { env: {}, purpose: "check", ...options, cwd: folder });
}

/** Every problem as `file:line:column path: message`, files relative to the folder; empty when the config is right. */
export function problems(files: string | Readonly<Record<string, string>>, options: Options = {}): readonly string[] {
  const folder = folderWith(typeof files === "string" ? { "attesta.yaml": files } : files);
  try {
    loadConfig("attesta.yaml", { env: {}, purpose: "check", ...options, cwd: folder });
    return [];
  } catch (fault) {
    if (!(fault instanceof ConfigFault)) throw fault;
    return fault.problems.map(
      (p) => `${relative(folder, p.file)}:${p.line}:${p.column} ${p.path || "(file)"}: ${p.message}`,
    );
  }
}

/** A file that a service can start with; tests change one thing in it. */
export const STARTABLE = `policy:
  approvers:
    medium: [lead]
    high: [lead]
    critical: [lead, second]
agents:
  robot:
    token_sha256: ${"a1".repeat(32)}
    owner: dana@company.com
people:
  - email: ann@company.com
  - email: bob@company.com
  - email: dana@company.com
roles:
  lead:
    members: [ann@company.com]
  second:
    members: [bob@company.com]
`;
