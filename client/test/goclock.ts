// Time in a test: nothing happens before the test lets it.

import type { Timers } from '../src/timers.js';

/** All promise reactions have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class Clock implements Timers {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void, milliseconds: number): unknown {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.push(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** Time passes inside a callback. */
  pass(milliseconds: number): void {
    this.time += milliseconds;
  }

  task(callback: () => void): void {
    this.setTimeout(callback, 0);
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.time = next.at;
      this.clearTimeout(next);
      next.callback();
    }
    this.time = end;
  }
}
