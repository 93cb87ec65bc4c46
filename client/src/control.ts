// The control lane: calls and their results, events, evals, opened channels.

import { broken, errorFrom, report, TailraceError } from './errors.js';
import { parseRun } from './jsonrun.js';
import { BodySink, decodeJson, decodeText, type Lane, type Sink } from './lane.js';
import {
  type Batch,
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

const encoder = new TextEncoder();

/** How long a script may take that Go evaluates, in milliseconds. */
const LONGEST_NATIVE = 10000;

/** Under this, while Go evaluates a script, stands the function that Go's next script tells of its end with. */
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
   * An event for these subscriptions, at least one. `form` is EVENT_JSON or EVENT_BYTES. The payload
   * shares its buffer with other messages.
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
  lane?: Lane;
  cost?: number;
}

const ignore = (): void => {};

export class ControlSink implements Sink {
  /** Eval was forbidden once: a document's policy never gets weaker. */
  private forbidden = false;
  /** The lane stands still here: neither this frame nor what comes behind it is credited. */
  private native: NativeEval | undefined;
  private held: Held[] = [];

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
      else this.held.push({ lane, cost, handle: ignore });
      return;
    }
    // The frames of a body's lane may come while its result is held.
    const body = kind === RESULT && u32[word + 1] === 2 ? this.openBody(u32, word) : undefined;
    const handle = () => {
      if (kind === EVENT) this.event(u8, u32, offset, length);
      else if (body !== undefined) this.lateResult(u32[word], body);
      else
        this.handle(
          kind,
          u32[word],
          u32[word + 1],
          u8.subarray(offset + 8, offset + length),
          owned,
        );
    };
    if (this.native !== undefined) {
      this.held.push({ lane, cost, handle });
      return;
    }
    handle();
    if (this.native === undefined) lane.consumed += cost;
    else Object.assign(this.native, { lane, cost });
  }

  /** A run of JSON events only, each for one subscription, is parsed at once. */
  frames(lane: Lane, batch: Batch, at: number, bytes: number, count: number, align: number) {
    if (this.native !== undefined || batch.u32[(at >> 2) + 1] !== EVENT) return 0;
    const { u32 } = batch;
    const subs: number[] = [];
    const run = parseRun(batch, at, bytes, count, align, EVENT, 5, (word) => {
      subs.push(u32[word + 4]);
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
          this.owner.settle(id)?.resolve(owned ? body.slice() : body);
        } else {
          // A rule that is broken here must find the call still pending: it rejects with the rest.
          const value = body.length === 0 ? undefined : decodeJson(body);
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
    const subs = new Array<number>(count);
    for (let i = 0; i < count; i++) subs[i] = u32[word + 2 + i];
    const payload = u8.subarray(offset + 8 + 4 * count, offset + length);
    this.owner.event(subs, u32[word + 1], payload);
  }

  private openBody(u32: Uint32Array, word: number): Promise<Uint8Array> {
    let sink: BodySink | undefined;
    const body = new Promise<Uint8Array>((resolve, reject) => {
      sink = new BodySink(readU64(u32, word + 4), resolve, reject);
    });
    body.catch(ignore);
    this.owner.openRemote(u32[word + 2], sink as unknown as Sink); // not in there: what it throws ends the session
    return body;
  }

  private lateResult(id: number, body: Promise<Uint8Array>): void {
    const call = this.owner.settle(id);
    if (call === undefined) return;
    body.then(
      (bytes) => call.resolve(bytes),
      (error) => call.reject(error),
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

  /** In the global scope; the result awaited if it is a promise. */
  private evaluate(id: number, flags: number, source: string): void {
    const quiet = (flags & QUIET) !== 0;
    const native = (flags & NATIVE) !== 0;
    const succeed = (value: unknown): void => {
      if (quiet) return;
      let text: string | undefined;
      try {
        text = JSON.stringify(value);
      } catch (error) {
        fail(error);
        return;
      }
      reply(RESULT, text ?? 'null');
    };
    const fail = (error: unknown): void => {
      if (quiet) report(error);
      // How long a stack is, nobody can tell: the error goes without it before it does not go at all.
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
      tooLarge = this.owner.tooLarge(message.length);
      if (tooLarge === undefined) this.owner.sendControl(kind, message);
      return tooLarge;
    };
    if (native && this.forbidden) {
      this.evaluateNatively(id, quiet);
      return;
    }
    let value: unknown;
    let pending = false;
    try {
      value = run(source);
      pending = typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
    } catch (error) {
      this.forbidden = isA(EvalError, error) && forbidsEval();
      if (native && this.forbidden) this.evaluateNatively(id, quiet);
      else fail(error);
      return;
    }
    // Unlike Promise.resolve, this can't throw, whatever the value is.
    if (pending) new Promise((resolve) => resolve(value)).then(succeed, fail).catch(ignore);
    else succeed(value);
  }

  // ---- scripts that Go evaluates

  /** Asks Go for it, and stops the lane until Go's next script has told of its end. */
  private evaluateNatively(id: number, quiet: boolean): void {
    const timer = this.owner.startTimer(() => {
      const seconds = LONGEST_NATIVE / 1000;
      report(new TailraceError('native_eval', `a script that Go evaluates took over ${seconds} s`));
      this.resume();
    }, LONGEST_NATIVE);
    this.native = { id, quiet, timer };
    Object.defineProperty(globalThis, NATIVE_KEY, {
      value: (ran: number, error?: unknown) => this.evaluated(ran, error),
      configurable: true,
    });
    this.owner.sendControl(RESULT, payload(id, NOT_ALLOWED, ''));
  }

  /** `error`: what the script threw, as `{name, message, stack}`. Reports whether the lane waited for this script. */
  private evaluated(id: number, error: unknown): boolean {
    const { native } = this;
    if (native?.id !== id) return false;
    this.owner.stopTimer(native.timer);
    if (error !== undefined && native.quiet) report(asError(error));
    this.resume();
    return true;
  }

  private resume(): void {
    const ran = this.native;
    this.native = undefined;
    try {
      ran?.lane?.consume(ran.cost ?? 0);
      while (this.native === undefined) {
        const next = this.held.shift();
        if (next === undefined) return;
        const { lane, cost } = next;
        next.handle();
        if (this.native === undefined) lane.consume(cost);
        else Object.assign(this.native, { lane, cost });
      }
    } catch (error) {
      this.owner.end(error);
    }
  }

  ended(): void {
    if (this.native !== undefined) this.owner.stopTimer(this.native.timer);
    this.native = undefined;
    this.held = [];
  }
}

function run(source: string): unknown {
  // biome-ignore lint/security/noGlobalEval: this is what an eval frame asks for
  // biome-ignore lint/complexity/noCommaOperator: an indirect eval runs in the global scope
  return (0, eval)(source);
}

/** Whether it is the page that forbids eval: a script may throw an EvalError of its own, too. */
function forbidsEval(): boolean {
  try {
    run('0');
    return false;
  } catch {
    return true;
  }
}

// What a script throws may be anything: an object whose getters throw, a Proxy that lets nobody look.

function isA(type: ErrorConstructor, error: unknown): error is Error {
  try {
    return error instanceof type;
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
function asError(parts: unknown): unknown {
  if (typeof parts !== 'object' || parts === null) return parts;
  const error = new Error(textOf(parts, 'message'));
  const name = textOf(parts, 'name');
  const stack = textOf(parts, 'stack');
  if (name !== undefined) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** What Go is told of it: text only. */
function evalError(error: unknown, withStack = true): string {
  const tell = (message: string, name?: string, stack?: string) =>
    JSON.stringify({ code: 'eval', message, detail: { name, stack } });
  try {
    if (!isA(Error, error)) return tell(String(error));
    const name = textOf(error, 'name');
    const stack = withStack ? textOf(error, 'stack') : undefined;
    return tell(textOf(error, 'message') ?? 'eval failed', name, stack);
  } catch {
    return tell('eval failed'); // it cannot even become a string, or none of that length
  }
}

/** `id u32, second u32, text` */
function payload(id: number, second: number, text: string): Uint8Array {
  const body = encoder.encode(text);
  const bytes = new Uint8Array(8 + body.length);
  new Uint32Array(bytes.buffer, 0, 2).set([id, second]);
  bytes.set(body, 8);
  return bytes;
}
