// What takes the messages of a lane.

import { viewOf } from './builtins/bytes.js';
import { broken, errorFrom, type TailraceError } from './errors.js';
import type { Lane } from './lane.js';
import { BYTES } from './wire.js';
import type { Batch } from './wireread.js';

/** Takes a lane's whole messages. */
export interface Sink {
  /**
   * One message, `length` bytes at `offset` of `batch` (for a message that came in fragments:
   * a buffer of its own). The sink gives `cost` back through `lane.consumed` or `lane.consume`.
   */
  message(
    lane: Lane,
    batch: Pick<Batch, 'u8' | 'u32'>,
    kind: number,
    offset: number,
    length: number,
    cost: number,
    owned: boolean,
  ): void;
  /** May take frames from the beginning of a run of several at once: see FrameTarget. */
  frames?(
    lane: Lane,
    batch: Batch,
    at: number,
    bytes: number,
    count: number,
    align: number,
  ): number;
  /** Unread messages wait in the page: fragments are not credited meanwhile. */
  readonly unread: boolean;
  /** Messages can be transferred. */
  readonly own?: boolean;
  /** Messages may be in a buffer that is overwritten. */
  readonly borrow?: boolean;
  /** The other side sends no more on this lane, or the session ended (with an error). */
  ended(error: TailraceError | undefined): void;
  /** So many bytes of payload were accepted by trySend, or have to go once more. */
  queued?(bytes: number): void;
  /** So many bytes of payload have left the page. */
  left?(bytes: number): void;
}

/** Takes the one message of a lane that carries a raw body. */
export class BodySink implements Sink {
  readonly unread = false;
  private done = false;

  constructor(
    private readonly length: number,
    private readonly take: (body: Uint8Array) => void,
    private readonly fail: (error: TailraceError) => void,
  ) {}

  message(
    lane: Lane,
    batch: Pick<Batch, 'u8'>,
    kind: number,
    offset: number,
    length: number,
    cost: number,
  ): void {
    lane.consumed += cost;
    if (kind !== BYTES || length !== this.length || this.done) {
      throw broken('a body lane carries one message of the length that was announced');
    }
    this.done = true;
    this.take(viewOf(batch.u8, offset, offset + length));
  }

  ended(error: TailraceError | undefined): void {
    if (!this.done)
      this.fail(error ?? errorFrom(undefined, 'body_lost', 'the raw result ended early'));
  }
}
