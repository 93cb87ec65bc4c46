import { define } from './builtins/base.js';
import { isAborted, listenTo, reasonOf, report, unlisten } from './builtins/dom.js';

export class TailraceError extends Error {
  declare readonly code: string;
  declare readonly detail?: unknown;

  constructor(code: string, message: string, detail?: unknown) {
    super(message);
    // They may not be assigned if Error.prototype is frozen.
    define(this, 'name', 'TailraceError', { configurable: true, writable: true });
    const own = { configurable: true, writable: true, enumerable: true };
    define(this, 'code', code, own);
    if (detail !== undefined) define(this, 'detail', detail, own);
  }
}

/** A rule of the wire format was broken inside a whole batch: the session ends. */
export function broken(rule: string): TailraceError {
  return new TailraceError('protocol', `broken wire rule: ${rule}`);
}

/** Reads `{"code","message","detail"?}` of an error frame, a close frame or an error answer. */
export function errorFrom(value: unknown, code: string, message: string): TailraceError {
  const v = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return new TailraceError(
    typeof v.code === 'string' ? v.code : code,
    typeof v.message === 'string' ? v.message : message,
    v.detail,
  );
}

/**
 * Calls back once when a user's signal aborts, with its reason, unless the function that it gives
 * was called before. Throws the reason if it has aborted.
 */
export function whenAborted(signal: AbortSignal, callback: (reason: unknown) => void): () => void {
  if (isAborted(signal)) throw reasonOf(signal);
  // It may be anything that looks like a signal: what it throws later is reported.
  const unheard = () => {
    try {
      unlisten(signal, 'abort', aborted);
    } catch (error) {
      report(error);
    }
  };
  const aborted = () => {
    unheard();
    let reason: unknown;
    try {
      reason = reasonOf(signal);
    } catch (error) {
      reason = error;
    }
    callback(reason);
  };
  listenTo(signal, 'abort', aborted);
  return unheard;
}

/** A callback that a user has set: null and the like unset it, as with the handlers of the DOM. */
export function callable<F>(callback: F | null | undefined): F | undefined {
  return typeof callback === 'function' ? callback : undefined;
}

/** Calls a user's callback; what it throws is reported and goes no further. */
export function guarded<A>(callback: ((argument: A) => void) | undefined, argument: A): void {
  if (callback === undefined) return;
  try {
    callback(argument);
  } catch (error) {
    report(error);
  }
}
