// The page's clock.

/** The clock, so that tests have their own. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Calls back after what the page has to do at the moment; not delayed in a hidden window. */
  task(callback: () => void): void;
  /** Milliseconds that only grow. */
  now(): number;
}

/** One MessageChannel serves all tasks. */
class Tasks {
  private readonly callbacks: (() => void)[] = [];
  private readonly channel = new MessageChannel();

  constructor() {
    this.channel.port1.onmessage = () => this.callbacks.shift()?.();
  }

  add(callback: () => void): void {
    this.callbacks.push(callback);
    this.channel.port2.postMessage(null);
  }
}

let tasks: Tasks | undefined;

export const timers: Timers = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as number),
  task: (callback) => {
    tasks ??= new Tasks();
    tasks.add(callback);
  },
  now: () => performance.now(),
};
