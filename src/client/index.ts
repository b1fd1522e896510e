/** What an agent imports: `Attesta`, `gate`, and the errors of a call that did not run. Loads nothing of the service. */
import { Attesta } from "./attesta.ts";
import { type Gate, gateFor } from "./gate.ts";
import type { GateOptions } from "./options.ts";

export type { AssessView, RequestView } from "../api/contract.ts";
export type { ActionToAsk } from "./ask.ts";
export { type ApprovalResult, Attesta } from "./attesta.ts";
export { AttestaDenied, AttestaFault, AttestaUnreachable, type DeniedCode } from "./denied.ts";
export type { Gate, Gated } from "./gate.ts";
export type { AttestaOptions, GateOptions, RunOptions } from "./options.ts";
export type { WaitingNews } from "./wait.ts";

/** Gate options that may also say which Attesta asks. */
export interface ModuleGateOptions extends GateOptions {
  /** Default: one `new Attesta()` of this process, made at the first call. */
  readonly attesta?: Attesta;
}

let shared: Attesta | undefined;
function sharedAttesta(): Attesta {
  shared ??= new Attesta();
  return shared;
}

function split(value: unknown): { readonly attesta: Attesta | undefined; readonly rest: unknown } {
  if (typeof value !== "object" || value === null || !("attesta" in value)) return { attesta: undefined, rest: value };
  const { attesta, ...rest } = value;
  if (attesta !== undefined && !(attesta instanceof Attesta)) throw new TypeError("gate(): `attesta` is no Attesta");
  return { attesta, rest };
}

function moduleGate(first: unknown, second?: unknown): unknown {
  const [one, two] = [split(first), split(second)];
  const chosen = one.attesta ?? two.attesta;
  // Passed on unread: the gate itself tells the styles apart.
  const gateOf = gateFor(() => chosen ?? sharedAttesta()) as (first: unknown, second?: unknown) => unknown;
  return gateOf(one.rest, two.rest);
}

/**
 * Gates a function with the Attesta of this process, or with `options.attesta`.
 * @example const deploy = gate(deployToProduction, { riskHints: { production: true } });
 */
// The styles are told apart by looking, which the compiler cannot follow.
export const gate = moduleGate as Gate<ModuleGateOptions>;

/** What `gateDecorator` gives: it decorates a method that gives a promise. */
export interface GateDecorator {
  <This, Args extends unknown[], R>(
    method: (this: This, ...args: Args) => Promise<R>,
    context: ClassMethodDecoratorContext,
  ): (this: This, ...args: Args) => Promise<R>;
  (target: object, name: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor;
}

/** A method decorator with the same options, for standard and for legacy decorators. */
export function gateDecorator(options: ModuleGateOptions = {}): GateDecorator {
  const decorate = (target: unknown, context?: unknown, descriptor?: PropertyDescriptor): unknown => {
    if (descriptor !== undefined) {
      return { ...descriptor, value: moduleGate(named(options, context), descriptor.value) };
    }
    const name = typeof context === "object" && context !== null && "name" in context ? context.name : undefined;
    return moduleGate(named(options, name), target);
  };
  // Standard or legacy is told apart by looking, which the compiler cannot follow.
  return decorate as GateDecorator;
}

function named(options: ModuleGateOptions, name: unknown): ModuleGateOptions {
  return typeof name === "string" ? { name, ...options } : options;
}
