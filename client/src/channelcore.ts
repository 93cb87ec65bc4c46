// What a lane feeds: the messages of a channel, those that wait for a reader, and its end.

import { asyncIterator, list, push, shift } from './builtins/base.js';
import { bufferOf, copyOf, lengthOf, NativeUint8Array, viewOf } from './builtins/bytes.js';
import { microtask, report } from './builtins/dom.js';
import { NativePromise } from './builtins/promises.js';
import { encodeMessage } from './channelmessage.js';
import { type Early, waitForCall, waitNoMore } from './early.js';
import { callable, guarded, TailraceError } from './errors.js';
import { decodeJson, parseRun } from './jsonrun.js';
import type { Lane } from './lane.js';
import type { Sink } from './lanesink.js';
import { Level } from './level.js';
import { BYTES, FRAME, JSON_ } from './wire.js';
import type { Batch } from './wireread.js';

/** A user's callback for messages. */
export type Message = (message: unknown) => void;

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

interface Unread {
  readonly value: unknown;
  readonly length: number;
  readonly cost: number;
}

/** A message that was sent before the first invoke. */
interface EarlyMessage {
  go(): void;
  refused(error: TailraceError): void;
}

export class ChannelCore implements Sink, Early {
  onmessage: Message | undefined;
  onclose: ((error?: TailraceError) => void) | undefined;
  onerror: ((error: TailraceError) => void) | undefined;
  /** Called once behind onclose: what this package keeps for the channel ends. */
  over: (() => void) | undefined;
  lane: Lane | undefined;
  /** No more messages will arrive, or this side has closed. */
  closed = false;
  private error: TailraceError | undefined;
  private thrown = false; // an iterator throws the error once, then it is done
  private iterating = false;
  private ending = false; // onclose is still due
  private draining = false;
  private waiters: Waiter[] = list();
  private queue: Unread[] = list();
  private head = 0;
  private early: EarlyMessage[] = list();
  /** What was sent and has not left the page. */
  readonly buffered = new Level();
  /** What has come and nobody has taken. */
  readonly waiting = new Level();

  constructor(
    readonly own: boolean,
    readonly borrow: boolean,
  ) {}

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
    if (kind !== BYTES) value = decodeJson(viewOf(u8, offset, offset + length));
    else if (owned) value = u8;
    else if (this.own || (this.borrow && !this.handsNow)) {
      value = copyOf(viewOf(u8, offset, offset + length));
    } else value = new NativeUint8Array(bufferOf(u8), offset, length);
    this.hand(lane, value, length, cost);
  }

  /** A message goes straight to the callback. */
  private get handsNow(): boolean {
    return this.onmessage !== undefined && !this.iterating && this.head === this.queue.length;
  }

  private hand(lane: Lane, value: unknown, length: number, cost: number): void {
    const { onmessage } = this;
    if (onmessage !== undefined && this.handsNow) {
      try {
        onmessage(value);
      } catch (error) {
        report(error);
      }
      lane.consumed += cost;
      return;
    }
    const waiter = shift(this.waiters);
    if (waiter !== undefined) {
      lane.consumed += cost;
      waiter.resolve({ value, done: false });
      return;
    }
    push(this.queue, { value, length, cost });
    this.waiting.add(length);
  }

  frames(lane: Lane, batch: Batch, at: number, bytes: number, count: number, align: number) {
    if (this.closed) return 0;
    const kind = batch.u32[(at >> 2) + 1];
    if (kind === BYTES) return this.bytesFrames(lane, batch, at, at + bytes, count, align - 1);
    if (kind !== JSON_) return 0;
    // A run of JSON only is parsed at once.
    const run = parseRun(batch, at, bytes, count, align, JSON_, 2);
    if (run === undefined) return 0;
    for (let n = 0; n < count; n++) {
      if (this.closed) lane.consumed += run.costs[n];
      else this.hand(lane, run.values[n], run.lengths[n], run.costs[n]);
    }
    return count;
  }

  /**
   * Hands messages of bytes to the callback, in a loop of its own: half the time of `message` for
   * each. It stops at what is not such a message, and when the callback has changed anything.
   */
  private bytesFrames(
    lane: Lane,
    { u8, u32 }: Batch,
    at: number,
    stop: number,
    count: number,
    mask: number,
  ): number {
    const { onmessage } = this;
    if (onmessage === undefined || this.own || !this.handsNow) return 0;
    const buffer = bufferOf(u8);
    let n = 0;
    while (n < count && stop - at >= FRAME) {
      const word = at >> 2;
      const length = u32[word];
      if (u32[word + 1] !== BYTES || length > stop - at - FRAME) break;
      const stride = (FRAME + length + mask) & ~mask;
      if (stride > stop - at) break;
      const message = new NativeUint8Array(buffer, at + FRAME, length);
      at += stride;
      n++;
      try {
        onmessage(message);
      } catch (error) {
        report(error);
      }
      lane.consumed += stride;
      if (this.closed || this.iterating || this.onmessage !== onmessage) break;
    }
    return n;
  }

  ended(error: TailraceError | undefined): void {
    this.buffered.end();
    if (this.closed) return;
    this.closed = true;
    this.error = error;
    this.ending = true;
    this.finishWaiters();
    this.attached();
    this.finishIfRead();
  }

  queued(bytes: number): void {
    this.buffered.add(bytes);
  }

  left(bytes: number): void {
    this.buffered.remove(bytes);
  }

  private finishWaiters(): void {
    const { waiters } = this;
    this.waiters = list();
    for (let i = 0; i < waiters.length; i++) this.finish(waiters[i]);
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
    this.over?.();
    this.onmessage = undefined;
  }

  // ---- from the user

  setOnmessage(callback: Message | undefined): void {
    this.onmessage = callable(callback);
    if (this.onmessage === undefined || !this.unread || this.draining) return;
    this.draining = true;
    microtask(() => {
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
      this.queue = list();
      this.head = 0;
    }
    this.waiting.remove(first.length);
    return first;
  }

  iterate(): AsyncIterableIterator<unknown> {
    if (this.borrow) {
      throw new TailraceError(
        'borrowed',
        'the messages of a channel with `borrow` are valid inside onmessage only: ' +
          'it cannot be iterated',
      );
    }
    const iterator: AsyncIterableIterator<unknown> = {
      next: () =>
        new NativePromise((resolve, reject) => {
          this.iterating = true;
          if (this.unread) {
            const { value, cost } = this.shift();
            this.lane?.consume(cost);
            resolve({ value, done: false });
            this.finishIfRead();
          } else if (this.closed) {
            this.finish({ resolve, reject });
          } else {
            push(this.waiters, { resolve, reject });
          }
        }),
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
      [asyncIterator]: () => iterator,
    };
    return iterator;
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.ending = true;
    }
    this.finishWaiters();
    let cost = 0;
    while (this.unread) cost += this.shift().cost;
    if (cost > 0) this.lane?.consume(cost);
    this.lane?.close();
    this.attached();
    microtask(() => this.finishIfRead());
  }

  send(message: unknown): Promise<void> {
    return new NativePromise((resolve, reject) => {
      const { kind, payload } = encodeMessage(message);
      const length = lengthOf(payload);
      const { lane } = this;
      if (lane?.tooLarge(length) === undefined && this.refusal() === undefined) {
        if (lane?.trySend(kind, payload)) {
          resolve();
          return;
        }
      }
      const copy = kind === BYTES ? copyOf(payload) : payload;
      this.buffered.add(length);
      const refused = (error: TailraceError) => {
        this.buffered.remove(length);
        reject(error);
      };
      const go = () => {
        const refusal = this.refusal();
        if (refusal !== undefined) refused(refusal);
        else this.lane?.send({ kind, payload: copy, opens: undefined, accepted: resolve, refused });
      };
      if (lane !== undefined || this.closed) {
        go();
        return;
      }
      const over = waitForCall(this);
      if (over === undefined) push(this.early, { go, refused });
      else refused(over);
    });
  }

  trySend(message: unknown): boolean {
    const { kind, payload } = encodeMessage(message); // a toJSON may close the channel
    const { lane } = this;
    if (lane === undefined || this.refusal() !== undefined) return false;
    const tooLarge = lane.tooLarge(lengthOf(payload));
    if (tooLarge !== undefined) throw tooLarge;
    return lane.trySend(kind, payload);
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
    const { early } = this;
    if (early.length === 0) return;
    this.early = list();
    waitNoMore(this);
    for (let i = 0; i < early.length; i++) early[i].go();
  }

  refuseEarly(error: TailraceError): void {
    const { early } = this;
    this.early = list();
    for (let i = 0; i < early.length; i++) early[i].refused(error);
  }
}
