export class TailraceError extends Error {
  readonly code: string;
  readonly detail?: unknown;

  constructor(code: string, message: string, detail?: unknown) {
    super(message);
    this.name = 'TailraceError';
    this.code = code;
    if (detail !== undefined) this.detail = detail;
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

/** Shows what a user's callback threw, as the browser shows any uncaught error. */
export function report(error: unknown): void {
  try {
    if (typeof reportError === 'function') {
      reportError(error);
      return;
    }
  } catch {
    // The page has put something else in its place.
  }
  setTimeout(() => {
    throw error;
  });
}

/** Calls a user's callback; what it throws is reported and goes no further. */
export function guarded<A extends unknown[]>(
  callback: ((...args: A) => void) | undefined,
  ...args: A
): void {
  if (callback === undefined) return;
  try {
    callback(...args);
  } catch (error) {
    report(error);
  }
}
