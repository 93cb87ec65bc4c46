// The control lane: calls and their results, events, evals, opened channels.

import { decodeText, define, encodeText, list, push, shift } from './builtins/base.js';
import {
  bufferOf,
  copyInto,
  copyOf,
  lengthOf,
  NativeUint8Array,
  NativeUint32Array,
  viewOf,
} from './builtins/bytes.js';
import { report } from './builtins/dom.js';
import { stringify } from './builtins/json.js';
import { ignored, NativePromise, settled } from './builtins/promises.js';
import { asError, evalError, forbidsEval, isEvalError, runScript } from './controleval.js';
import { broken, errorFrom, TailraceError } from './errors.js';
import { decodeJson, parseRun } from './jsonrun.js';
import type { Lane } from './lane.js';
import { BodySink, type Sink } from './lanesink.js';
import {
  checkControl,
  ERROR,
  EVAL,
  EVENT,
  EVENT_JSON,
  NATIVE,
  NOT_ALLOWED,
  OPEN,
  QUIET,
  RESULT,
  readU64,
} from './wire.js';
import type { Batch } from './wireread.js';

/** How long a script may take that Go evaluates, in milliseconds. */
const LONGEST_NATIVE = 10000;

/** Under this, while Go evaluates a script, stands the function that it tells of its end with. */
const NATIVE_KEY = Symbol.for('tailrace.native');

/** An invoke whose result is awaited. */
export interface Call {
  resolve(result: unknown): void;
  reject(error: TailraceError): void;
}

/** What the control lane needs of its connection. */
export interface ControlOwner {
  /** Frees the id; undefined: the call was cancelled. Throws if there never was one. */
  settle(id: number): Call | undefined;
  /** Go carries a raw result on a lane of its own. */
  openRemote(lane: number, sink: Sink): void;
  /** Go has taken a channel; undefined: it is gone already. Throws if there never was one. */
  findOpened(lane: number): Lane | undefined;
  /**
   * An event for these subscriptions, at least one. `form` is EVENT_JSON or EVENT_BYTES. The
   * payload shares its buffer with other messages.
   */
  event(subs: readonly number[], form: number, payload: Uint8Array): void;
  /** An event with JSON for one subscription. */
  parsedEvent(sub: number, value: unknown): void;
  sendControl(kind: number, payload: Uint8Array): void;
  tooLarge(length: number): TailraceError | undefined;
  startTimer(callback: () => void, milliseconds: number): unknown;
  stopTimer(timer: unknown): void;
  /** Ends the session: a rule was broken outside of a batch's dispatch. */
  end(reason: unknown): void;
}

/** A message that waits until Go has evaluated the script before it. */
interface Held {
  readonly lane: Lane;
  readonly cost: number;
  handle(): void;
}

/** A script that Go evaluates, because the page's Content-Security-Policy forbids eval. */
interface NativeEval {
  readonly id: number;
  readonly quiet: boolean;
  readonly timer: unknown;
  /** Of its frame, which is credited when it ran. */
  lane: Lane | undefined;
  cost: number;
}

const ignore = (): void => {};

function hold(native: NativeEval, lane: Lane, cost: number): void {
  native.lane = lane;
  native.cost = cost;
}

export class ControlSink implements Sink {
  /** Eval was forbidden once: a document's policy never gets weaker. */
  private forbidden = false;
  /** The lane stands still here: neither this frame nor what comes behind it is credited. */
  private native: NativeEval | undefined;
  private held: Held[] = list();

  constructor(private readonly owner: ControlOwner) {}

  get unread(): boolean {
    return this.native !== undefined || this.held.length > 0;
  }

  message(
    lane: Lane,
    batch: Pick<Batch, 'u8' | 'u32'>,
    kind: number,
    offset: number,
    length: number,
    cost: number,
    owned: boolean,
  ): void {
    const { u8, u32 } = batch;
    checkControl(u32, kind, offset, length);
    const word = offset >> 2;
    if (kind === OPEN) {
      this.opened(u32[word], readU64(u32, word + 2));
      if (this.native === undefined) lane.consumed += cost;
      else push(this.held, { lane, cost, handle: ignore });
      return;
    }
    // The frames of a body's lane may come while its result is held.
    const body = kind === RESULT && u32[word + 1] === 2 ? this.openBody(u32, word) : undefined;
    const handle = () => {
      if (kind === EVENT) this.event(u8, u32, offset, length);
      else if (body !== undefined) this.lateResult(u32[word], body);
      else
        this.handle(kind, u32[word], u32[word + 1], viewOf(u8, offset + 8, offset + length), owned);
    };
    if (this.native !== undefined) {
      push(this.held, { lane, cost, handle });
      return;
    }
    handle();
    if (this.native === undefined) lane.consumed += cost;
    else hold(this.native, lane, cost);
  }

  /** A run of JSON events only, each for one subscription, is parsed at once. */
  frames(lane: Lane, batch: Batch, at: number, bytes: number, count: number, align: number) {
    if (this.native !== undefined || batch.u32[(at >> 2) + 1] !== EVENT) return 0;
    const { u32 } = batch;
    const subs = list<number>();
    const run = parseRun(batch, at, bytes, count, align, EVENT, 5, (word) => {
      push(subs, u32[word + 4]);
      return u32[word + 2] === 1 && u32[word + 3] === EVENT_JSON;
    });
    if (run === undefined) return 0;
    for (let n = 0; n < count; n++) {
      lane.consumed += run.costs[n];
      this.owner.parsedEvent(subs[n], run.values[n]);
    }
    return count;
  }

  private handle(kind: number, id: number, second: number, body: Uint8Array, owned: boolean): void {
    switch (kind) {
      case RESULT:
        if (second === 1) {
          this.owner.settle(id)?.resolve(owned ? copyOf(body) : body);
        } else {
          // A rule that is broken here must find the call still pending: it rejects with the rest.
          const value = lengthOf(body) === 0 ? undefined : decodeJson(body);
          this.owner.settle(id)?.resolve(value);
        }
        break;
      case ERROR: {
        const error = errorFrom(decodeJson(body), 'error', 'the command failed');
        this.owner.settle(id)?.reject(error);
        break;
      }
      case EVAL:
        this.evaluate(id, second, decodeText(body));
        break;
      default:
        throw broken(`kind ${kind} on the control lane`);
    }
  }

  private event(u8: Uint8Array, u32: Uint32Array, offset: number, length: number): void {
    const word = offset >> 2;
    const count = u32[word];
    const subs = list<number>();
    for (let i = 0; i < count; i++) subs[i] = u32[word + 2 + i];
    const payload = viewOf(u8, offset + 8 + 4 * count, offset + length);
    this.owner.event(subs, u32[word + 1], payload);
  }

  private openBody(u32: Uint32Array, word: number): Promise<Uint8Array> {
    let sink: BodySink | undefined;
    const body = new NativePromise<Uint8Array>((resolve, reject) => {
      sink = new BodySink(readU64(u32, word + 4), resolve, reject);
    });
    ignored(body);
    // Not inside the executor, which would catch what this throws: that ends the session.
    this.owner.openRemote(u32[word + 2], sink as unknown as Sink);
    return body;
  }

  private lateResult(id: number, body: Promise<Uint8Array>): void {
    const call = this.owner.settle(id);
    if (call === undefined) return;
    void settled(
      body,
      (bytes) => call.resolve(bytes),
      (error) => call.reject(error as TailraceError),
    );
  }

  private opened(id: number, window: number): void {
    const lane = this.owner.findOpened(id);
    if (lane === undefined) return;
    lane.openWindow(window);
    if (window === 0) {
      lane.refuseWaiting(
        errorFrom(undefined, 'one_way', 'the Go side does not receive on this channel'),
      );
    }
  }

  /** In the global scope. */
  private evaluate(id: number, flags: number, source: string): void {
    const quiet = (flags & QUIET) !== 0;
    const native = (flags & NATIVE) !== 0;
    if (native && this.forbidden) {
      this.evaluateNatively(id, quiet);
      return;
    }
    const natively = (error: unknown): boolean => {
      this.forbidden = isEvalError(error) && forbidsEval();
      if (native && this.forbidden) this.evaluateNatively(id, quiet);
      return native && this.forbidden;
    };
    this.answer(id, quiet, () => runScript(source), natively);
  }

  /**
   * Answers with what a script gives, awaited if it is a promise. `elsewhere`: somebody else
   * answers for its error.
   */
  private answer(
    id: number,
    quiet: boolean,
    script: () => unknown,
    elsewhere?: (error: unknown) => boolean,
  ): void {
    const succeed = (value: unknown): void => {
      if (quiet) return;
      let text: string | undefined;
      try {
        text = stringify(value);
      } catch (error) {
        fail(error);
        return;
      }
      reply(RESULT, text ?? 'null');
    };
    const fail = (error: unknown): void => {
      if (quiet) report(error);
      // How long a stack is, nobody can tell: the error goes without it before it does not go at
      // all.
      if (send(ERROR, evalError(error)) !== undefined) reply(ERROR, evalError(error, false));
    };
    const reply = (kind: number, text: string): void => {
      const tooLarge = send(kind, text);
      if (tooLarge !== undefined) send(ERROR, evalError(tooLarge, false));
    };
    const send = (kind: number, text: string): TailraceError | undefined => {
      // The text's length first: what is far over the limit might not even be encoded.
      let tooLarge = this.owner.tooLarge(8 + text.length);
      if (tooLarge !== undefined) return tooLarge;
      const message = payload(id, 0, text);
      tooLarge = this.owner.tooLarge(lengthOf(message));
      if (tooLarge === undefined) this.owner.sendControl(kind, message);
      return tooLarge;
    };
    let value: unknown;
    let pending = false;
    try {
      value = script();
      pending = typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
    } catch (error) {
      if (!elsewhere?.(error)) fail(error);
      return;
    }
    // Unlike Promise.resolve, this can't throw, whatever the value is.
    if (pending) void settled(new NativePromise((resolve) => resolve(value)), succeed, fail);
    else succeed(value);
  }

  // ---- scripts that Go evaluates

  /** Asks Go for it, and stops the lane until its script has told of its end. */
  private evaluateNatively(id: number, quiet: boolean): void {
    const timer = this.owner.startTimer(() => {
      const seconds = LONGEST_NATIVE / 1000;
      report(new TailraceError('native_eval', `a script that Go evaluates took over ${seconds} s`));
      this.resume();
    }, LONGEST_NATIVE);
    this.native = { id, quiet, timer, lane: undefined, cost: 0 };
    const tell = (ran: number, last?: unknown, error?: unknown) => this.evaluated(ran, last, error);
    define(globalThis, NATIVE_KEY, tell, { configurable: true });
    this.owner.sendControl(RESULT, payload(id, NOT_ALLOWED, ''));
  }

  /**
   * A script of Go's has run up to `last`, a function that gives its value, or throws what it
   * threw. Without one it has no value, or did not run: `error`, as `{name, message, stack}`.
   * Reports whether the lane waited for this script.
   */
  private evaluated(id: number, last: unknown, error: unknown): boolean {
    const { native } = this;
    if (native?.id !== id) return false;
    this.owner.stopTimer(native.timer);
    this.answer(id, native.quiet, () => {
      if (typeof last === 'function') return last();
      if (error !== undefined) throw asError(error);
      return undefined;
    });
    this.resume();
    return true;
  }

  private resume(): void {
    const ran = this.native;
    this.native = undefined;
    try {
      ran?.lane?.consume(ran.cost);
      while (this.native === undefined) {
        const next = shift(this.held);
        if (next === undefined) return;
        const { lane, cost } = next;
        next.handle();
        if (this.native === undefined) lane.consume(cost);
        else hold(this.native, lane, cost);
      }
    } catch (error) {
      this.owner.end(error);
    }
  }

  ended(): void {
    if (this.native !== undefined) this.owner.stopTimer(this.native.timer);
    this.native = undefined;
    this.held = list();
  }
}

/** `id u32, second u32, text` */
function payload(id: number, second: number, text: string): Uint8Array {
  const body = encodeText(text);
  const bytes = new NativeUint8Array(8 + lengthOf(body));
  const head = new NativeUint32Array(bufferOf(bytes), 0, 2);
  head[0] = id;
  head[1] = second;
  copyInto(bytes, body, 8);
  return bytes;
}
