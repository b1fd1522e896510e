/** Wraps plain functions and methods so that they run once their call was approved. How that is asked stands in attesta.ts. */

import type { JsonObject } from "../engine/json.ts";
import type { ActionToAsk } from "./ask.ts";
import { AttestaDenied } from "./denied.ts";
import { checkGateOptions, type GateOptions, type RunOptions } from "./options.ts";
import { nameArguments } from "./parameters.ts";

/** A gated function: the same arguments, a promise of the same result. */
export type Gated<A extends unknown[], R> = (...args: A) => Promise<Awaited<R>>;

/** The published call styles of one Attesta. */
export interface Gate<O extends GateOptions = GateOptions> {
  <A extends unknown[], R>(fn: (...args: A) => R, options?: O): Gated<A, R>;
  <A extends unknown[], R>(options: O, fn: (...args: A) => R): Gated<A, R>;
  (options?: O): <A extends unknown[], R>(fn: (...args: A) => R) => Gated<A, R>;
}

/** What a gated function needs of an Attesta. */
export interface Runner {
  run<R>(action: ActionToAsk, fn: (args: JsonObject) => R, options?: RunOptions): Promise<Awaited<R>>;
}

function wrap<A extends unknown[], R>(runner: () => Runner, fn: (...args: A) => R, options: GateOptions): Gated<A, R> {
  const { argumentNames, attachments, requestId, agentId, onDenied, ...said } = options;
  const name = options.name ?? fn.name.replace(/^bound /, "");
  if (name === "")
    throw new TypeError('This function has no name: give `name`, for instance gate(fn, { name: "deploy" }).');
  const gated = async function (this: unknown, ...args: A): Promise<Awaited<R>> {
    const { named, toList } = nameArguments(fn, args, argumentNames);
    const attached = typeof attachments === "function" ? attachments(args) : attachments;
    const asked = typeof requestId === "function" ? requestId(args) : requestId;
    const action = { ...said, name, arguments: named, ...(attached === undefined ? {} : { attachments: attached }) };
    const chosen = {
      ...(asked === undefined ? {} : { requestId: asked }),
      ...(agentId === undefined ? {} : { agentId }),
    };
    // The copy has the same members as the list it was made from, in the same places.
    const call = (copy: JsonObject): R => fn.apply(this, toList(copy) as A);
    try {
      return await runner().run(action, call, chosen);
    } catch (error) {
      if (onDenied === undefined || !(error instanceof AttestaDenied)) throw error;
      // What to give back in place of the result is the caller's to type.
      return (await onDenied(error)) as Awaited<R>;
    }
  };
  Object.defineProperty(gated, "name", { value: fn.name, configurable: true });
  return gated;
}

/** The call styles over a way to run; `split` takes what else stands in the options. */
export function gateFor(runner: () => Runner): Gate {
  function gate(first: unknown, second?: unknown): unknown {
    if (isFunction(first)) return wrap(runner, first, checkGateOptions(optionsOf(second)));
    const options = checkGateOptions(optionsOf(first));
    return isFunction(second) ? wrap(runner, second, options) : (fn: unknown) => wrap(runner, functionOf(fn), options);
  }
  // The implementation tells the overloads apart by looking, which the compiler cannot follow.
  return gate as Gate;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}

function functionOf(value: unknown): (...args: unknown[]) => unknown {
  if (isFunction(value)) return value;
  throw new TypeError("gate(): a function is needed");
}

function optionsOf(value: unknown): GateOptions {
  if (value === undefined) return {};
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new TypeError("gate(): the options are an object");
}
