/** What the client can be told, checked: an option that nobody reads is refused, never dropped. */
import type { AttestaDenied } from "./denied.ts";
import type { FindOptions } from "./find.ts";
import type { WaitingNews } from "./wait.ts";

/** For every call of one `Attesta`. */
export interface AttestaOptions extends FindOptions {
  readonly environment?: string;
  /** E-mail address of the person the agent acts for. */
  readonly requester?: string;
  readonly sessionId?: string;
  /** How long the service may be away before a call fails with AttestaUnreachable, in milliseconds. Default 60,000. */
  readonly unreachableAfterMs?: number;
  /** Told while a call waits. Default: a process warning when nobody has been shown a request for a minute. */
  readonly onWaiting?: (news: WaitingNews) => void;
}

/** For one gated function. */
export interface GateOptions {
  /** Default: the function's own name. */
  readonly name?: string;
  /** Raises the level at least to this; nothing lowers it. */
  readonly risk?: "low" | "medium" | "high" | "critical";
  readonly riskHints?: Readonly<Record<string, boolean | number | string>>;
  /** Checked against the token's agent. */
  readonly agentId?: string;
  readonly sessionId?: string;
  readonly environment?: string;
  readonly description?: string;
  readonly requester?: string;
  /** Names of positional arguments, in order; needed where the function's own cannot be read (minified, destructured). */
  readonly argumentNames?: readonly string[];
  /** Texts reviewed with the call, from its arguments. */
  readonly attachments?:
    | readonly { readonly name: string; readonly text: string }[]
    | ((args: readonly unknown[]) => readonly { readonly name: string; readonly text: string }[]);
  /** The same id finds the same request again after a crash; default: a random one for each call. */
  readonly requestId?: string | ((args: readonly unknown[]) => string);
  /** Gives the result in place of throwing when the call was denied. */
  readonly onDenied?: (denied: AttestaDenied) => unknown;
}

/** What `run` and `evaluate` take besides the action. */
export interface RunOptions {
  /** The same id finds the same request again after a crash; default: a random one. */
  readonly requestId?: string;
  readonly agentId?: string;
}

const ATTESTA_KEYS = new Set<string>([
  "url",
  "token",
  "config",
  "agentId",
  "environment",
  "requester",
  "sessionId",
  "unreachableAfterMs",
  "onWaiting",
] satisfies (keyof AttestaOptions)[]);

const GATE_KEYS = new Set<string>([
  "name",
  "risk",
  "riskHints",
  "agentId",
  "sessionId",
  "environment",
  "description",
  "requester",
  "argumentNames",
  "attachments",
  "requestId",
  "onDenied",
] satisfies (keyof GateOptions)[]);

const ADVICE: Readonly<Record<string, string>> = {
  failMode: "what happens on a timeout is the service's to say: `policy.fail_mode` in attesta.yaml",
  challengeMap: "challenges are the service's to choose: `policy.challenge_map` in attesta.yaml",
  minReviewSeconds: "review times are the service's: `policy.minimum_review_seconds` in attesta.yaml",
  riskOverride: "use `risk`, which raises, or `risk.overrides` in attesta.yaml",
  metadata: "put it into the arguments, so that it is reviewed and hashed, or into `description`",
  renderer: "people answer in chat or with `attesta review`",
};

function check(options: object, known: ReadonlySet<string>, what: string): void {
  for (const key of Object.keys(options)) {
    if (known.has(key)) continue;
    throw new TypeError(
      `${what}: there is no option \`${key}\`; ${ADVICE[key] ?? `known are ${[...known].join(", ")}`}`,
    );
  }
}

/** Throws a TypeError naming an option that does not exist. */
export function checkAttestaOptions(options: AttestaOptions): AttestaOptions {
  check(options, ATTESTA_KEYS, "new Attesta()");
  const after = options.unreachableAfterMs;
  if (after !== undefined && !(after >= 0)) throw new TypeError("unreachableAfterMs: give milliseconds, at least 0");
  return { ...options };
}

/** Throws a TypeError naming an option that does not exist. */
export function checkGateOptions(options: GateOptions): GateOptions {
  check(options, GATE_KEYS, "gate()");
  return { ...options };
}
