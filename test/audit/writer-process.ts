/** A process that appends to a log until it is killed, and prints each head that it was promised. Run by crash.test.ts. */
import { openAuditLog } from "../../src/audit/file.ts";
import { decisions } from "./fixtures.ts";

const [, , path = "", batchText = "1"] = process.argv;
const batch = Number(batchText);

const log = await openAuditLog({ path, now: () => Date.now() });
process.stdout.write(`open ${log.head().number}\n`);
for (let from = log.head().number * 1000 + 1; ; from += batch) {
  for (const head of await log.append(decisions(batch, from))) process.stdout.write(`${head.number}:${head.hash}\n`);
}
