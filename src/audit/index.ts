/** The audit log as the rest of the service uses it: open and write, verify, read, report, seal. */
export { EXPORT_FORMATS, type ExportFormat, exportWriter } from "./export.ts";
export { AuditFault, type AuditFaultCode } from "./fault.ts";
export { type OpenAuditLog, type OpenedAuditLog, openAuditLog } from "./file.ts";
export { type AuditEntry, type DecisionEntry, ENTRY_KEYS, parseLine, RESERVED_KEYS } from "./line.ts";
export {
  type DecisionFilter,
  isFiltering,
  isWanted,
  type JoinedDecision,
  joined,
  readEntries,
  readExecutions,
} from "./query.ts";
export { type SealOrder, type SealOutcome, sealLog } from "./seal.ts";
export { entryText } from "./show.ts";
export { type AuditStats, countEntries, DEFAULT_LIMITS, isRubberStamp } from "./stats.ts";
export { type Problem, type VerifyOptions, type VerifyReport, verifyLog } from "./verify.ts";
