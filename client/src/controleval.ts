// Scripts that Go sends: how one runs, and what is told of what it throws.

import { define, isError, NativeError, NativeEvalError, toText } from './builtins/base.js';
import { host } from './builtins/dom.js';
import { stringify } from './builtins/json.js';

/** Runs it in the global scope: that is where an indirect eval does. */
export function runScript(source: string): unknown {
  return host.eval(source);
}

/** Whether it is the page that forbids eval: a script may throw an EvalError of its own, too. */
export function forbidsEval(): boolean {
  try {
    runScript('0');
    return false;
  } catch {
    return true;
  }
}

// What a script throws may be anything: an object whose getters throw, a Proxy that lets nobody
// look.

export function isEvalError(error: unknown): boolean {
  try {
    return error instanceof NativeEvalError;
  } catch {
    return false;
  }
}

/** A property, if it is text. */
function textOf(of: unknown, name: 'name' | 'message' | 'stack'): string | undefined {
  try {
    const value = (of as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An Error made of its parts. */
export function asError(parts: unknown): unknown {
  if (typeof parts !== 'object' || parts === null) return parts;
  const error = new NativeError(textOf(parts, 'message'));
  const name = textOf(parts, 'name');
  const stack = textOf(parts, 'stack');
  if (name !== undefined) define(error, 'name', name);
  if (stack !== undefined) define(error, 'stack', stack);
  return error;
}

/** What Go is told of what a script threw: text only. */
export function evalError(error: unknown, withStack = true): string {
  const tell = (message: string, name?: string, stack?: string) =>
    stringify({ code: 'eval', message, detail: { name, stack } }) as string;
  try {
    if (!isError(error)) return tell(toText(error));
    const name = textOf(error, 'name');
    const stack = withStack ? textOf(error, 'stack') : undefined;
    return tell(textOf(error, 'message') ?? 'eval failed', name, stack);
  } catch {
    return tell('eval failed'); // it cannot even become a string, or none of that length
  }
}
