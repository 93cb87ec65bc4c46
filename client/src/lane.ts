// One lane: its numbering, credit and fragments in both directions. What its whole
// messages mean is its sink's business.

import { behind, ceil, list, min, push } from './builtins/base.js';
import { copyInto, copyOf, lengthOf, NativeUint8Array, viewOf, wordsOf } from './builtins/bytes.js';
import { broken, errorFrom, TailraceError } from './errors.js';
import { decodeJson } from './jsonrun.js';
import { type Outgoing, withoutAnswer } from './laneout.js';
import { beginPart, fillApart, type Part } from './lanepart.js';
import type { Sink } from './lanesink.js';
import { ABORT, BEGIN, BEGIN_HEAD, CLOSE, END, FRAME, MIDDLE } from './wire.js';
import type { Apart, Batch, FrameTarget } from './wireread.js';
import { beginHead, type RunWriter, strideOf } from './wirewrite.js';

const NOTHING = new Uint8Array(0);

/** What a lane needs of its connection. */
export interface LaneOwner {
  readonly maxMessage: number;
  readonly chunk: number;
  /** The page is being left: no credit comes any more, so what is accepted must go as it is. */
  readonly leaving: boolean;
  /** The page has been left: nothing is accepted any more. */
  readonly left: boolean;
  /** Credit is due. */
  consumed(lane: Lane): void;
  /** Frames wait to be put into a batch. */
  sendable(lane: Lane): void;
  /** Writes what is ready into batches, as far as those go out at once. */
  write(lane: Lane): void;
  /** Both closes were seen. */
  gone(lane: Lane): void;
}

export class Lane implements FrameTarget {
  // Downward.
  nextIn = 0;
  /** Strides consumed since the lane was opened: the credit. */
  consumed = 0;
  /** The part of `consumed` that a request has carried. */
  announced = 0;
  dirty = false;
  /** No more credit is told: what is dropped from now on must not look consumed. */
  muted = false;
  remoteClosed = false;
  private part: Part | undefined;
  /** What fragments of aborted messages hold behind unread ones. */
  private aborted = 0;

  // Upward.
  /** The other side knows the lane, so that frames may follow. */
  named = false;
  localClosed = false;
  private closeSent = false;
  queued = false;
  private nextOut = 0;
  private window = -1; // not known yet
  private reserved = 0;
  private sent = 0;
  /** Bytes of payload in the batch that is being written. */
  private batched = 0;
  private credited = 0;
  private waiting: Outgoing[] = list();
  private ready: Outgoing[] = list();
  private offset = 0; // of the first ready message, when it goes in fragments

  constructor(
    readonly id: number,
    private readonly owner: LaneOwner,
    readonly sink: Sink,
  ) {}

  // ---- downward

  frame(batch: Batch, kind: number, offset: number, length: number, stride: number): void {
    if (this.remoteClosed) throw broken('a frame behind its lane’s close');
    if (kind < CLOSE) {
      this.sink.message(this, batch, kind, offset, length, stride, false);
    } else if (kind === CLOSE) {
      this.consumed += stride;
      this.closed(length === 0 ? undefined : decodeJson(viewOf(batch.u8, offset, offset + length)));
    } else {
      this.fragment(batch, kind, offset, length, stride);
    }
  }

  apart(
    batch: Batch,
    rest: Apart,
    kind: number,
    offset: number,
    length: number,
    stride: number,
  ): void {
    if (this.remoteClosed) throw broken('a frame behind its lane’s close');
    if (kind > CLOSE) {
      this.fragment(batch, kind, offset, length, stride, rest);
      return;
    }
    const u8 = new NativeUint8Array(length);
    fillApart(u8, 0, batch, rest, offset, length, this.sink.own === true);
    if (kind < CLOSE) {
      this.sink.message(this, { u8, u32: wordsOf(u8) }, kind, 0, length, stride, true);
    } else {
      this.consumed += stride;
      this.closed(decodeJson(u8));
    }
  }

  frames(batch: Batch, at: number, bytes: number, count: number, align: number): number {
    if (this.sink.frames === undefined || this.remoteClosed) return 0;
    return this.sink.frames(this, batch, at, bytes, count, align);
  }

  private fragment(
    batch: Batch,
    kind: number,
    offset: number,
    length: number,
    stride: number,
    rest?: Apart,
  ): void {
    let { part } = this;
    if (kind === BEGIN) {
      if (part !== undefined) throw broken('begin inside a message that was begun');
      part = beginPart(batch.u32, offset, length, this.id, this.owner.maxMessage);
      offset += BEGIN_HEAD;
      length -= BEGIN_HEAD;
    } else if (part === undefined) {
      throw broken('a fragment of no message');
    }
    if (kind === ABORT && length !== 0) throw broken('malformed abort');
    if (length > part.total - part.filled) throw broken('fragments longer than their message');
    if (rest === undefined) {
      copyInto(part.u8, viewOf(batch.u8, offset, offset + length), part.filled);
    } else {
      // Until all is there, nothing has changed: the frame may have to come again.
      const own = this.sink.own === true;
      if (kind === BEGIN) rest.fill(part.u8, 0, length, own);
      else fillApart(part.u8, part.filled, batch, rest, offset, length, own);
    }
    this.part = part;
    // Behind unread messages a fragment's credit is held back: else a large message
    // after the other would pile up in front of a reader that does not read.
    // The last one's goes with the message.
    if (this.sink.unread || kind === END) part.held += stride;
    else this.consumed += stride;
    if (kind === ABORT) {
      this.part = undefined;
      if (this.sink.unread) this.aborted += part.held;
      else this.consumed += part.held;
      return;
    }
    part.filled += length;
    if (kind === BEGIN || kind === MIDDLE) return;
    if (kind === END && part.filled !== part.total) {
      throw broken('fragments shorter than their message');
    }
    this.part = undefined;
    const whole = { u8: part.u8, u32: wordsOf(part.u8) };
    this.sink.message(this, whole, part.kind, 0, part.total, part.held, true);
  }

  /** Gives back the credit that fragments hold behind unread messages: there are none any more. */
  releaseHeld(): void {
    this.consumed += this.aborted;
    this.aborted = 0;
    if (this.part !== undefined && this.part.held > 0) {
      this.consumed += this.part.held;
      this.part.held = 0;
    }
  }

  /** Consumed outside of a run: by an iterator, or at the end of a channel. */
  consume(cost: number): void {
    this.consumed += cost;
    if (!this.sink.unread) this.releaseHeld();
    this.owner.consumed(this);
  }

  private closed(reason: unknown): void {
    this.remoteClosed = true;
    this.part = undefined;
    const error =
      reason === undefined ? undefined : errorFrom(reason, 'channel_ended', 'ended by Go');
    this.close();
    this.sink.ended(error);
    this.goneIfDone();
  }

  private goneIfDone(): void {
    if (this.remoteClosed && this.closeSent) this.owner.gone(this);
  }

  // ---- upward

  /** The window is known: hello's, or that of the channel's open frame. */
  openWindow(window: number): void {
    if (window > this.window) this.window = window;
    this.pump();
  }

  /** undefined: not known yet. */
  get oneWay(): boolean | undefined {
    return this.window < 0 ? undefined : this.window === 0;
  }

  /** Sends in order, as soon as the window lets it. */
  send(message: Outgoing): void {
    push(this.waiting, message);
    this.pump();
  }

  /**
   * Sends what is accepted at once, or does nothing: false. `payload` is the caller's own again
   * afterwards.
   */
  trySend(kind: number, payload: Uint8Array): boolean {
    if (this.owner.left) return false;
    const length = lengthOf(payload);
    if (this.waiting.length > 0 || !this.fits(length)) return false;
    this.reserved += this.stridesOf(length);
    this.sink.queued?.(length);
    const message = withoutAnswer(kind, payload);
    push(this.ready, message);
    if (this.ready.length === 1 && this.named) this.owner.write(this);
    if (this.ready.length > 0) {
      message.payload = copyOf(payload);
      this.owner.sendable(this);
    }
    return true;
  }

  tooLarge(length: number): TailraceError | undefined {
    const { maxMessage } = this.owner;
    if (length <= maxMessage) return undefined;
    return new TailraceError(
      'too_large',
      `a message of ${length} bytes is over the limit of ${maxMessage}: send it in parts`,
    );
  }

  private fits(length: number): boolean {
    if (this.owner.leaving) {
      return this.reserved - this.credited + this.stridesOf(length) <= this.window;
    }
    return (
      this.window > 0 &&
      (this.reserved === this.credited ||
        this.reserved -
          this.credited +
          min(this.stridesOf(length), FRAME + 16 + this.owner.chunk) <=
          this.window)
    );
  }

  private stridesOf(length: number): number {
    const chunk = this.owner.chunk;
    if (length <= chunk) return strideOf(length);
    return FRAME * ceil(length / chunk) + 16 + ((length + 7) & ~7);
  }

  private pump(): void {
    if (this.owner.left) return;
    let n = 0;
    while (n < this.waiting.length) {
      const message = this.waiting[n];
      const length = lengthOf(message.payload);
      if (!this.fits(length)) break;
      n++;
      const tooLarge = this.tooLarge(length);
      if (tooLarge !== undefined) {
        message.refused?.(tooLarge);
        continue;
      }
      this.reserved += this.stridesOf(length);
      push(this.ready, message);
      message.accepted?.();
    }
    if (n > 0) this.waiting = behind(this.waiting, n);
    if (this.ready.length > 0) this.owner.sendable(this);
  }

  /** Closes this direction, behind what was accepted; what waits for the window is refused. */
  close(error?: TailraceError): void {
    if (this.localClosed) return;
    this.localClosed = true;
    this.refuseWaiting(error);
    push(this.ready, withoutAnswer(CLOSE, NOTHING));
    this.reserved += strideOf(0);
    this.owner.sendable(this);
  }

  refuseWaiting(error = new TailraceError('channel_ended', 'the channel has ended')): void {
    const refused = this.waiting;
    this.waiting = list();
    for (let i = 0; i < refused.length; i++) refused[i].refused?.(error);
  }

  credit(total: number): void {
    if (total > this.sent) throw broken('a credit for what was never sent');
    if (total <= this.credited) return;
    this.credited = total;
    this.pump();
  }

  private passes(stride: number): boolean {
    return this.sent === this.credited || this.sent - this.credited + stride <= this.window;
  }

  /** Frames could be written now, given the room. */
  get hasReady(): boolean {
    if (!this.named || this.ready.length === 0) return false;
    if (this.ready[0].kind === CLOSE) return true;
    return this.sent === this.credited || this.sent - this.credited < this.window;
  }

  takeBatched(): number {
    const { batched } = this;
    this.batched = 0;
    return batched;
  }

  /**
   * Writes frames into a batch, at most about `quota` bytes of them. It joins `batched` with its
   * first bytes of payload.
   */
  write(writer: RunWriter, quota: number, batched: Lane[]): void {
    const { chunk } = this.owner;
    const stop = writer.length + quota;
    let n = 0;
    while (n < this.ready.length && writer.length < stop) {
      const { kind, payload, opens } = this.ready[n];
      const size = lengthOf(payload);
      const whole = size <= chunk;
      const from = this.offset;
      const to = min(from + chunk, size);
      const head = !whole && from === 0 ? beginHead(size, kind) : undefined;
      const stride = strideOf(to - from + (head === undefined ? 0 : BEGIN_HEAD));
      if (stride > writer.room(this.id) || (kind !== CLOSE && !this.passes(stride))) break;
      if (writer.lane !== this.id) writer.beginRun(this.id, this.nextOut);
      let frameKind = kind;
      if (!whole) frameKind = from === 0 ? BEGIN : to === size ? END : MIDDLE;
      writer.frame(frameKind, head, payload, from, to);
      this.nextOut++;
      this.sent += stride;
      if (to > from && this.batched === 0) push(batched, this);
      this.batched += to - from;
      if (to < size) {
        this.offset = to;
        continue;
      }
      this.offset = 0;
      n++;
      if (opens !== undefined) for (let i = 0; i < opens.length; i++) opens[i].open();
      if (kind === CLOSE) this.closeSent = true;
    }
    if (n > 0) this.ready = behind(this.ready, n);
    if (this.closeSent) this.goneIfDone();
  }

  private open(): void {
    this.named = true;
    if (this.ready.length > 0) this.owner.sendable(this);
  }

  /** The session ended. */
  end(error: TailraceError): void {
    this.part = undefined;
    this.ready = list();
    this.localClosed = true;
    this.refuseWaiting(error);
    if (!this.remoteClosed) {
      this.remoteClosed = true;
      this.sink.ended(error);
    }
  }
}
