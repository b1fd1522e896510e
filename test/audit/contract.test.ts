/** The audit log's contract, run against the file on disk and against a file in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAppender } from "../../src/audit/append.ts";
import { checkChain, openAuditLog } from "../../src/audit/file.ts";
import { auditLogContract } from "../contracts/audit-log.ts";
import { START_MS } from "./fixtures.ts";
import { memoryFile } from "./logs.ts";

auditLogContract("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "attesta-audit-"));
  return {
    open: () => openAuditLog({ path: join(folder, "new", "audit.jsonl"), now: () => START_MS }),
    dispose: () => rm(folder, { recursive: true }),
  };
});

auditLogContract("memory", async () => {
  const file = memoryFile();
  return {
    open: async () => {
      const { head, sizeBytes } = await checkChain("memory", file);
      return createAppender({ path: "memory", file, head, sizeBytes, now: () => START_MS });
    },
    dispose: async () => {},
  };
});
