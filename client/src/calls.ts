// The calls of commands: their numbers, those that run, and those that wait until fewer do.

import { list, push } from './builtins/base.js';
import { firstKeyOf, SafeMap, SafeSet } from './builtins/collections.js';
import type { Call } from './control.js';
import { broken, type TailraceError } from './errors.js';
import { Numbers } from './numbers.js';

/** A call that waits until fewer are running. */
export interface HeldCall {
  start(): void;
  /** It was cancelled meanwhile. */
  drop(): void;
}

export class Calls {
  /** How many may run at once. */
  most = 0;
  private readonly calls = new SafeMap<number, Call>();
  private readonly numbers: Numbers;
  /** Calls that Go has, or will have with the next batch. */
  private readonly active = new SafeSet<number>();
  /** Calls beyond `most`, in their order. */
  private readonly held = new SafeMap<number, HeldCall>();

  constructor(first: number) {
    this.numbers = new Numbers(first - 1);
  }

  add(call: Call): number {
    // One that was cancelled is in use until Go has answered it.
    const id = this.numbers.next((id) => this.calls.has(id) || this.active.has(id));
    this.calls.set(id, call);
    return id;
  }

  /** Starts a call when few enough are running, or drops it: it was cancelled before. */
  start(id: number, call: HeldCall): void {
    if (!this.calls.has(id)) {
      call.drop();
      return;
    }
    this.held.set(id, call);
    this.startHeld();
  }

  private startHeld(): void {
    while (this.active.size < this.most) {
      const id = firstKeyOf(this.held);
      const call = id === undefined ? undefined : this.held.get(id);
      if (id === undefined || call === undefined) return;
      this.held.delete(id);
      this.active.add(id);
      call.start();
    }
  }

  settle(id: number): Call | undefined {
    if (!this.numbers.given(id)) throw broken('a result of what was never invoked');
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (this.active.delete(id)) this.startHeld();
    return call;
  }

  /** The caller does not wait for that call any more. True: Go has it, and is to be told. */
  cancel(id: number): boolean {
    this.calls.delete(id);
    const held = this.held.get(id);
    if (held === undefined) return this.active.has(id); // it counts until Go has answered it
    this.held.delete(id);
    held.drop();
    return false;
  }

  /** The session has ended. */
  end(error: TailraceError): void {
    this.held.clear();
    this.active.clear();
    const calls = list<Call>();
    this.calls.forEach((call) => {
      push(calls, call);
    });
    this.calls.clear();
    for (let i = 0; i < calls.length; i++) calls[i].reject(error);
  }
}
