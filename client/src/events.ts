// The page's half of the event bus: its listeners, each a subscription of its own in Go.
//
// A listener's number is its subscription's, so a frame names the listeners themselves, and numbers
// grow in the order of registration. Listeners live as long as the page: when it comes back from
// the back-forward cache, the new session gets all of them again, in order.

import type { EventCallback, EventTarget, Invoke, InvokeOptions, ListenOptions } from './api.js';
import { decodeText, isInteger, list, parseJson, push } from './builtins/base.js';
import { areBytes, copyOf } from './builtins/bytes.js';
import { SafeMap } from './builtins/collections.js';
import { tell } from './builtins/dom.js';
import { stringify } from './builtins/json.js';
import { ignored, NativePromise, safe, settled } from './builtins/promises.js';
import { broken, guarded, TailraceError, whenAborted } from './errors.js';
import { checkEventName, readTarget } from './names.js';
import { Numbers } from './numbers.js';
import type { Timers } from './timers.js';

/**
 * So often `readyWhenQuiet` finds the page calling again: a page that never stops is ready all the
 * same.
 */
const MOST_LOOKS = 1000;

interface Listener {
  readonly id: number;
  readonly event: string;
  readonly target: EventTarget;
  readonly handler: EventCallback<unknown>;
  readonly once: boolean;
  /** Go has had it once, so that its promise has resolved. */
  accepted: boolean;
  resolve(): void;
  reject(error: unknown): void;
  /** It is no listener any more. */
  readonly removed: (() => void) | undefined;
}

const ignore = (): void => {};
const none = (async () => {})();

export class Events {
  private readonly listeners = new SafeMap<number, Listener>();
  private readonly numbers: Numbers;
  /** Grows with each session. */
  private epoch = 0;
  /** Calls of the bus's commands, but for `ready`, that are not answered. */
  private unanswered = 0;
  private onquiet: (() => void) | undefined;
  private readyCall: Promise<void> | undefined;
  /** Go knows that the page itself says when it is ready. */
  private later = false;

  /** `manual`: whether the page itself says when it is ready. */
  constructor(
    private readonly call: Invoke,
    private readonly clock: Timers,
    private readonly manual: () => boolean,
    first = 1, // where the numbers of listeners begin
  ) {
    this.numbers = new Numbers(first - 1);
  }

  /**
   * Calls a command of the bus. Go answers these at once, whether the page is ready or not: so the
   * page may await them, and be ready behind the answers.
   */
  private async ask(cmd: string, args: object, options?: InvokeOptions): Promise<void> {
    const { epoch } = this;
    this.unanswered++;
    try {
      await safe(this.call(cmd, args, options));
    } finally {
      if (epoch === this.epoch && --this.unanswered === 0) this.onquiet?.();
    }
  }

  /**
   * Registers a listener at once; the promise tells whether Go has it. Throws what is wrong with
   * the arguments.
   */
  add<T>(
    event: string,
    handler: EventCallback<T>,
    options: ListenOptions | undefined,
    once: boolean,
  ): { id: number; registered: Promise<void> } {
    checkEventName(event);
    if (typeof handler !== 'function') {
      throw new TailraceError('invalid_args', 'the handler of an event is not a function');
    }
    const target = readTarget(options?.target ?? { kind: 'Any' });
    const signal = options?.signal;
    let abort: (reason: unknown) => void = ignore;
    const removed = signal && whenAborted(signal, (reason) => abort(reason));
    const id = this.numbers.next((id) => this.listeners.has(id));
    const registered = new NativePromise<void>((resolve, reject) => {
      const listener: Listener = {
        id,
        event,
        target,
        handler: handler as EventCallback<unknown>,
        once,
        accepted: false,
        resolve,
        reject,
        removed,
      };
      abort = (reason) => {
        void this.remove(id);
        reject(reason);
      };
      this.listeners.set(id, listener);
      this.register(listener);
    });
    return { id, registered };
  }

  private register(listener: Listener): void {
    const { epoch } = this;
    const { id, event, target } = listener;
    void settled(
      this.ask('plugin:event|listen', { event, target, sub: id }),
      () => {
        listener.accepted = true;
        listener.resolve();
      },
      (error) => {
        // The page came back from the cache: the new session is asked for the listener, too.
        if (epoch !== this.epoch && this.listeners.has(id)) return;
        this.forget(id);
        if (listener.accepted) tell('error', `tailrace: a listener of '${event}' was lost:`, error);
        listener.reject(error);
      },
    );
  }

  private forget(id: number): Listener | undefined {
    const listener = this.listeners.get(id);
    this.listeners.delete(id);
    listener?.removed?.();
    return listener;
  }

  /** Removes a listener at once; resolves when Go knows. Never rejects. */
  remove(id: number): Promise<void> {
    const listener = this.forget(id);
    if (listener === undefined) return settled(none, ignore);
    return settled(
      this.ask('plugin:event|unlisten', { event: listener.event, sub: id }),
      ignore,
      ignore,
    );
  }

  /** Whether that number was ever a listener's. */
  known(id: number): boolean {
    return isInteger(id) && this.numbers.given(id);
  }

  /** An event frame of the control lane; `binary`: the payload is bytes, else JSON. */
  deliver(subs: readonly number[], binary: boolean, payload: Uint8Array): void {
    const text = binary ? '' : decodeText(payload);
    let value: unknown;
    for (let i = 0; i < subs.length; i++) {
      // Each listener gets a value of its own: what one does to it, the next must not see.
      if (binary) value = i < subs.length - 1 ? copyOf(payload) : payload;
      else if (i === 0 || (typeof value === 'object' && value !== null)) value = parse(text);
      this.deliverValue(subs[i], value);
    }
  }

  /** An event for one listener. */
  deliverValue(id: number, payload: unknown): void {
    const listener = this.listeners.get(id);
    if (listener === undefined) {
      if (!this.known(id)) throw broken('an event for an unknown subscription');
      return;
    }
    if (listener.once) void this.remove(id);
    guarded(listener.handler, { event: listener.event, id, payload });
  }

  emit(event: string, payload: unknown): Promise<void> {
    checkEventName(event);
    if (areBytes(payload)) return this.emitBytes(event, undefined, payload);
    return this.ask('plugin:event|emit', { event, payload: payload ?? null });
  }

  emitTo(to: string | EventTarget, event: string, payload: unknown): Promise<void> {
    checkEventName(event);
    const target = readTarget(to);
    if (areBytes(payload)) return this.emitBytes(event, target, payload);
    return this.ask('plugin:event|emit_to', { target, event, payload: payload ?? null });
  }

  private emitBytes(event: string, target: EventTarget | undefined, payload: object) {
    const headers: Record<string, string> = { 'tailrace-event': event };
    if (target !== undefined) headers['tailrace-target'] = stringify(target) as string;
    return this.ask('plugin:event|emit_bytes', payload, { headers });
  }

  private async send(cmd: string, args: object, options?: InvokeOptions): Promise<void> {
    await safe(this.call(cmd, args, options));
  }

  /**
   * The page's listeners are there: Go delivers what it has kept for this window, and from now on
   * at once.
   */
  ready(): Promise<void> {
    this.later = true; // nothing is to be said of that any more
    this.readyCall ??= this.send('plugin:event|ready', {});
    return this.readyCall;
  }

  /**
   * Before a call: a page that itself says when it is ready may await any result before that, so Go
   * must not hold one back until then.
   */
  calling(): void {
    if (this.later || this.readyCall !== undefined || !this.manual()) return;
    this.later = true;
    ignored(this.call('plugin:event|ready_later', {}));
  }

  /**
   * Ready once all that the bus was asked is answered, and code that awaited the answers has run
   * without asking again: so a page may await its calls of `listen` and `emit` one after the other.
   */
  readyWhenQuiet(): void {
    let looks = 0;
    this.onquiet = () =>
      this.clock.task(() => {
        if (this.unanswered > 0 && ++looks < MOST_LOOKS) return; // the answer has it look again
        this.onquiet = undefined;
        ignored(this.ready());
      });
    this.onquiet();
  }

  /**
   * There is a new session, which knows nothing of this page's listeners. `endOld` ends the one
   * before: what the page does when it hears of that is the new session's, and comes behind the
   * listeners of before.
   */
  restored(endOld: () => void): void {
    this.epoch++;
    this.unanswered = 0;
    this.later = false;
    const listeners = list<Listener>();
    this.listeners.forEach((listener) => {
      push(listeners, listener);
    });
    for (let i = 0; i < listeners.length; i++) this.register(listeners[i]);
    const wasReady = this.readyCall !== undefined;
    this.readyCall = undefined;
    endOld();
    if (wasReady) ignored(this.ready());
    else if (this.unanswered === 0) this.onquiet?.();
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw broken('the payload of an event is not JSON');
  }
}
