// Channels: what a user holds (Channel) and what a lane feeds (ChannelCore).

import type { ChannelOptions, Channel as PublicChannel } from './api.js';
import { guarded, report, TailraceError } from './errors.js';
import { parseRun } from './jsonrun.js';
import { decodeJson, type Lane, type Sink } from './lane.js';
import { type Batch, BYTES, JSON_ } from './wire.js';

type Message = (message: unknown) => void;

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

interface Unread {
  readonly value: unknown;
  readonly cost: number;
}

const encoder = new TextEncoder();

/** Channels that an invoke under way found inside its arguments. */
let collecting: ((core: ChannelCore) => number) | undefined;

/** The second argument of JSON.stringify. */
export type Replacer = (this: unknown, key: string, value: unknown) => unknown;

/** JSON.stringify, with `collect` called for each channel inside; it gives the lane. */
export function stringifyWithChannels(
  args: unknown,
  collect: (core: ChannelCore) => number,
  replacer?: Replacer,
): string | undefined {
  if (collecting !== undefined) {
    throw new TailraceError(
      'invalid_args',
      'invoke was called while another invoke reads its arguments',
    );
  }
  collecting = collect;
  try {
    return JSON.stringify(args, replacer);
  } finally {
    collecting = undefined;
  }
}

/** The bytes of a message as they go out: a copy, so that the caller may reuse its buffer. */
export function encodeMessage(message: unknown): { kind: number; payload: Uint8Array } {
  if (message instanceof ArrayBuffer) {
    return { kind: BYTES, payload: new Uint8Array(message.slice(0)) };
  }
  if (ArrayBuffer.isView(message)) {
    const view = new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
    return { kind: BYTES, payload: view.slice() };
  }
  const text = JSON.stringify(message);
  if (text === undefined) {
    throw new TailraceError('invalid_message', 'this message has no JSON form');
  }
  return { kind: JSON_, payload: encoder.encode(text) };
}

export class ChannelCore implements Sink {
  onmessage: Message | undefined;
  onclose: ((error?: TailraceError) => void) | undefined;
  onerror: ((error: TailraceError) => void) | undefined;
  lane: Lane | undefined;
  /** No more messages will arrive, or this side has closed. */
  closed = false;
  private error: TailraceError | undefined;
  private thrown = false; // an iterator throws the error once, then it is done
  private iterating = false;
  private ending = false; // onclose is still due
  private draining = false;
  private waiters: Waiter[] = [];
  private queue: Unread[] = [];
  private head = 0;
  private early: (() => void)[] = []; // sends before the first invoke

  constructor(readonly own: boolean) {}

  get unread(): boolean {
    return this.head < this.queue.length;
  }

  // ---- from the lane

  message(
    lane: Lane,
    batch: Pick<Batch, 'u8'>,
    kind: number,
    offset: number,
    length: number,
    cost: number,
    owned: boolean,
  ): void {
    if (this.closed) {
      lane.consumed += cost;
      return;
    }
    const { u8 } = batch;
    let value: unknown;
    if (kind !== BYTES) value = decodeJson(u8.subarray(offset, offset + length));
    else if (owned) value = u8;
    else if (this.own) value = u8.slice(offset, offset + length);
    else value = new Uint8Array(u8.buffer, offset, length);
    this.hand(lane, value, cost);
  }

  private hand(lane: Lane, value: unknown, cost: number): void {
    const { onmessage } = this;
    if (onmessage !== undefined && !this.iterating && this.head === this.queue.length) {
      try {
        onmessage(value);
      } catch (error) {
        report(error);
      }
      lane.consumed += cost;
      return;
    }
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      lane.consumed += cost;
      waiter.resolve({ value, done: false });
      return;
    }
    this.queue.push({ value, cost });
  }

  /** A run of JSON only is parsed at once. */
  wholeRun(lane: Lane, batch: Batch, at: number, bytes: number, count: number, align: number) {
    if (this.closed || batch.u32[(at >> 2) + 1] !== JSON_) return false;
    const run = parseRun(batch, at, bytes, count, align, JSON_, 2);
    if (run === undefined) return false;
    for (let n = 0; n < count; n++) {
      if (this.closed) lane.consumed += run.costs[n];
      else this.hand(lane, run.values[n], run.costs[n]);
    }
    return true;
  }

  ended(error: TailraceError | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.error = error;
    this.ending = true;
    for (const waiter of this.waiters.splice(0)) this.finish(waiter);
    this.attached();
    this.finishIfRead();
  }

  private finish(waiter: Waiter): void {
    if (this.error === undefined || this.thrown) {
      waiter.resolve({ value: undefined, done: true });
      return;
    }
    this.thrown = true;
    waiter.reject(this.error);
  }

  private finishIfRead(): void {
    if (!this.ending || this.unread) return;
    this.ending = false;
    const { error, onclose, onerror } = this;
    if (error !== undefined) guarded(onerror, error);
    guarded(onclose, error);
    this.onmessage = undefined;
  }

  // ---- from the user

  setOnmessage(callback: Message | undefined): void {
    this.onmessage = callback;
    if (callback === undefined || !this.unread || this.draining) return;
    this.draining = true;
    queueMicrotask(() => {
      this.draining = false;
      this.drain();
    });
  }

  private drain(): void {
    while (this.unread && !this.iterating) {
      const { onmessage } = this;
      if (onmessage === undefined) return;
      const { value, cost } = this.shift();
      guarded(onmessage, value);
      this.lane?.consume(cost);
    }
    this.finishIfRead();
  }

  private shift(): Unread {
    const first = this.queue[this.head];
    this.queue[this.head++] = undefined as unknown as Unread;
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    return first;
  }

  iterate(): AsyncIterableIterator<unknown> {
    this.iterating = true;
    const iterator: AsyncIterableIterator<unknown> = {
      next: () =>
        new Promise((resolve, reject) => {
          if (this.unread) {
            const { value, cost } = this.shift();
            this.lane?.consume(cost);
            resolve({ value, done: false });
            this.finishIfRead();
          } else if (this.closed) {
            this.finish({ resolve, reject });
          } else {
            this.waiters.push({ resolve, reject });
          }
        }),
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.ending = true;
    }
    for (const waiter of this.waiters.splice(0)) this.finish(waiter);
    let cost = 0;
    while (this.unread) cost += this.shift().cost;
    if (cost > 0) this.lane?.consume(cost);
    this.lane?.close();
    this.attached();
    queueMicrotask(() => this.finishIfRead());
  }

  send(message: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const { kind, payload } = encodeMessage(message);
      const accepted = resolve;
      const refused = reject;
      const go = () => {
        const refusal = this.refusal();
        if (refusal !== undefined) reject(refusal);
        else this.lane?.send({ kind, payload, accepted, refused });
      };
      if (this.lane === undefined && !this.closed) this.early.push(go);
      else go();
    });
  }

  trySend(message: unknown): boolean {
    const { lane } = this;
    if (lane === undefined || this.refusal() !== undefined) return false;
    const { kind, payload } = encodeMessage(message);
    const tooLarge = lane.tooLarge(payload.length);
    if (tooLarge !== undefined) throw tooLarge;
    if (!lane.accepts(payload.length)) return false;
    lane.send({ kind, payload });
    return true;
  }

  private refusal(): TailraceError | undefined {
    if (this.closed || this.lane?.localClosed) {
      return new TailraceError('channel_ended', 'the channel has ended');
    }
    if (this.lane?.oneWay) {
      return new TailraceError('one_way', 'the Go side does not receive on this channel');
    }
    return undefined;
  }

  /** The channel has its lane for good: what was sent before goes there. */
  attached(): void {
    for (const go of this.early.splice(0)) go();
  }

  /** The lane of this channel inside the arguments of the invoke under way. */
  collect(): string {
    if (collecting === undefined) {
      throw new TailraceError(
        'invalid_args',
        'a channel can only be sent inside the arguments of invoke',
      );
    }
    return `__CHANNEL__:${collecting(this)}`;
  }
}

export class Channel<In = unknown, Out = In> implements PublicChannel<In, Out> {
  private readonly core!: ChannelCore;

  constructor(onmessage?: ((message: In) => void) | ChannelOptions<In>) {
    const options = typeof onmessage === 'function' ? { onmessage } : (onmessage ?? {});
    const core = new ChannelCore(options.own === true);
    core.onmessage = options.onmessage as Message | undefined;
    Object.defineProperty(this, 'core', { value: core });
  }

  get onmessage(): ((message: In) => void) | undefined {
    return this.core.onmessage;
  }

  set onmessage(callback: ((message: In) => void) | undefined) {
    this.core.setOnmessage(callback as Message | undefined);
  }

  get onclose(): ((error?: TailraceError) => void) | undefined {
    return this.core.onclose;
  }

  set onclose(callback: ((error?: TailraceError) => void) | undefined) {
    this.core.onclose = callback;
  }

  get onerror(): ((error: TailraceError) => void) | undefined {
    return this.core.onerror;
  }

  set onerror(callback: ((error: TailraceError) => void) | undefined) {
    this.core.onerror = callback;
  }

  get id(): number | undefined {
    return this.core.lane?.id;
  }

  get closed(): boolean {
    return this.core.closed;
  }

  close(): void {
    this.core.close();
  }

  send(message: Out): Promise<void> {
    return this.core.send(message);
  }

  trySend(message: Out): boolean {
    return this.core.trySend(message);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return this.core.iterate() as AsyncIterableIterator<In>;
  }

  toJSON(): string {
    return this.core.collect();
  }
}

/** The same bytes with an exact buffer of their own; the message itself if it has one already. */
export function take(message: Uint8Array): Uint8Array {
  return message.byteLength === message.buffer.byteLength ? message : message.slice();
}
