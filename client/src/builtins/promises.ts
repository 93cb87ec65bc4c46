// Promises. Those of async functions are the only ones here, whatever stands for Promise in the
// page.

import { define, getPrototypeOf } from './base.js';

const made = (async () => {})();
export const NativePromise = getPrototypeOf(made).constructor as PromiseConstructor;
const free = { writable: true, configurable: true };

/**
 * The same promise, which may be awaited: what a page does to Promise.prototype does not count
 * then. A thenable that is no promise is awaited by its own `then`.
 */
export function safe<T>(promise: Promise<T>): Promise<T> {
  try {
    define(promise, 'constructor', NativePromise, free);
  } catch {
    // It is frozen.
  }
  return promise;
}

const ignore = (): void => {};

/**
 * As `promise.then(ok, failed)`, but that nothing follows: what these throw is an unhandled
 * rejection.
 */
export async function settled<T>(
  promise: Promise<T>,
  ok: (value: T) => void,
  failed: (error: unknown) => void = ignore,
): Promise<void> {
  let value: T;
  try {
    value = await safe(promise);
  } catch (error) {
    failed(error);
    return;
  }
  ok(value);
}

/** A promise that rejects. */
export async function rejected(error: unknown): Promise<never> {
  throw error;
}

/** A promise that nobody has to wait for. */
export function ignored(promise: Promise<unknown>): void {
  void settled(promise, ignore);
}
