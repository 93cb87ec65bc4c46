// The page's clock.

import { list, push, shift } from './builtins/base.js';

/** The clock, so that tests have their own. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Calls back after what the page has to do at the moment; not delayed in a hidden window. */
  task(callback: () => void): void;
  /** Milliseconds that only grow. */
  now(): number;
}

/** The page's own, as it is now. */
export function createTimers(): Timers {
  const { setTimeout, clearTimeout, performance } = globalThis;
  const now = performance.now.bind(performance);
  // One message channel serves all tasks.
  const { port1, port2 } = new MessageChannel();
  const post = port2.postMessage.bind(port2) as (message: null) => void;
  const callbacks: (() => void)[] = list();
  port1.onmessage = () => shift(callbacks)?.();
  return {
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number),
    task: (callback) => {
      push(callbacks, callback);
      post(null);
    },
    now: () => now(),
  };
}
