/** What challenges are built from and what the first line says, taken from an action. Asks nothing, hides what config hides. */
import type { Action } from "./action.ts";
import type { Subject } from "./challenge.ts";
import { isFreeCommand } from "./free-command.ts";
import { withoutNamed } from "./hidden-arguments.ts";
import type { JsonObject } from "./json.ts";
import type { Policy } from "./policy.ts";
import type { ActionDeclaration } from "./profile.ts";
import type { RiskAssessment } from "./risk.ts";
import { fillSummary, valuesOf } from "./template.ts";
import { visibleText } from "./visible.ts";

export interface SubjectParts {
  readonly action: Action;
  readonly actionName: string;
  readonly declaration: ActionDeclaration | undefined;
  readonly assessment: RiskAssessment;
  readonly policy: Policy;
}

/** What challenges may ask about: nothing hidden, and the environment as the service counts it. */
export function subjectOf({ action, actionName, declaration, assessment, policy }: SubjectParts): Subject {
  const hidden = [...(declaration?.secretArguments ?? []), ...(declaration?.privateArguments ?? [])];
  const shown = withoutNamed(action.arguments, hidden);
  const { riskiestArgument: riskiest, patterns } = assessment;
  const matched = policy.profile.patterns.filter((pattern) => patterns.includes(pattern.name));
  const counted = withCountedEnvironment(shown, assessment.environment);
  const summary = fillSummary(declaration?.summary, valuesOf(counted, declaration?.facts ?? {}), action.name);
  const runs = isFreeCommand(action, declaration) ? (action.command?.argv.join(" ") ?? "") : undefined;
  return {
    actionName,
    summary: runs === undefined ? summary : `${summary} · runs ${visibleText(shortened(runs))}`,
    environment: assessment.environment,
    arguments: counted,
    ...(runs !== undefined && { command: runs }),
    facts: declaration?.facts ?? {},
    patterns,
    ...(riskiest !== undefined && Object.hasOwn(shown, riskiest) && { riskiestArgument: riskiest }),
    freeText: declaration?.freeText ?? [],
    questions: policy.profile.questions.filter((q) => q.pattern === undefined || patterns.includes(q.pattern)),
    keyTerms: [...new Set(matched.flatMap((pattern) => pattern.keyTerms))],
    synonyms: policy.profile.synonyms,
  };
}

/** An argument that names another environment than the one that counts must not be what a challenge asks for. */
function withCountedEnvironment(shown: JsonObject, environment: string): JsonObject {
  return contradicts(shown, environment) ? { ...shown, environment } : shown;
}

function contradicts(shown: JsonObject, environment: string): boolean {
  const said = shown.environment;
  return typeof said === "string" && said.trim().toLowerCase() !== environment.trim().toLowerCase();
}

/** As the evidence shows it: the environment that counts, and that the arguments say another one. */
export function countedEnvironment(args: JsonObject, environment: string): string {
  return contradicts(args, environment)
    ? `${environment}, although the argument says ${String(args.environment)}`
    : environment;
}

const SUMMARY_COMMAND_CHARS = 80;

function shortened(text: string): string {
  return text.length <= SUMMARY_COMMAND_CHARS ? text : `${text.slice(0, SUMMARY_COMMAND_CHARS)}…`;
}
