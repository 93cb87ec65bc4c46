// Writing batches: their runs, and what stands around those.

import { list, pop, push } from './builtins/base.js';
import {
  bufferOf,
  copyInto,
  copyOf,
  lengthOf,
  NativeArrayBuffer,
  NativeUint8Array,
  NativeUint32Array,
  offsetOf,
  sizeOf,
  viewOf,
  wordsOf,
} from './builtins/bytes.js';
import { BEGIN_HEAD, CLOSING, CREDIT, FRAME, HEADER, MAGIC, RUN, writeU64 } from './wire.js';

export interface BatchHeader {
  number: number;
  receipt: number;
  selective: number;
  slot: number;
  request: number;
  hold: number;
}

/**
 * Puts a batch together. `credits` holds lane and total in turn; `runs` is what RunWriter wrote.
 */
export function encodeBatch(
  header: BatchHeader,
  credits: readonly number[],
  runs: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const start = HEADER + (credits.length / 2) * CREDIT;
  const length = start + (runs === undefined ? 0 : lengthOf(runs)) + CLOSING;
  const u8 = new NativeUint8Array(length);
  if (runs !== undefined) copyInto(u8, runs, start);
  writeAround(u8, length, header, credits);
  return u8;
}

/**
 * The same without a copy, if the buffer of `runs` has room around them. Such bytes stand until
 * the next call for the same runs.
 */
export function encodeInPlace(
  header: BatchHeader,
  credits: readonly number[],
  runs: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  const start = HEADER + (credits.length / 2) * CREDIT;
  const offset = runs === undefined ? 0 : offsetOf(runs);
  if (runs === undefined || offset < start) return encodeBatch(header, credits, runs);
  const length = start + lengthOf(runs) + CLOSING;
  const u8 = new NativeUint8Array(bufferOf(runs), offset - start, length);
  writeAround(u8, length, header, credits);
  return u8;
}

/** Writes everything but the runs. */
function writeAround(
  u8: Uint8Array<ArrayBuffer>,
  length: number,
  header: BatchHeader,
  credits: readonly number[],
): void {
  const entries = credits.length / 2;
  const u32 = new NativeUint32Array(bufferOf(u8), offsetOf(u8), length >> 2);
  u32[0] = MAGIC;
  u32[1] = length;
  writeU64(u32, 2, header.number);
  writeU64(u32, 4, header.receipt);
  u32[6] = header.selective;
  u32[7] = entries;
  u32[8] = header.slot;
  u32[9] = header.request;
  u32[10] = header.hold;
  // The buffer may have been used before, so what is reserved is written, too.
  u32[11] = 0;
  for (let i = 0, word = HEADER / 4; i < entries; i++, word += CREDIT / 4) {
    u32[word] = credits[2 * i];
    u32[word + 1] = 0;
    writeU64(u32, word + 2, credits[2 * i + 1]);
  }
  writeU64(u32, (length >> 2) - 2, header.number);
}

/** The stride of a frame in an upward run, whose align is 8. */
export function strideOf(length: number): number {
  return (FRAME + length + 7) & ~7;
}

/** Runs of up to so many bytes are copied out of the writer's buffer; larger ones take it along. */
const SMALL_RUNS = 16 << 10;
/** Buffers that a writer keeps for later. */
const SPARES = 8;

/**
 * Writes runs of align 8, at most `capacity` bytes of them, with room for a header of `front` bytes
 * before them.
 */
export class RunWriter {
  private u8: Uint8Array<ArrayBuffer>;
  private u32: Uint32Array;
  private readonly size: number;
  private readonly spares: ArrayBuffer[] = list();
  private runWord = 0;
  /** The lane of the run under way; -1: there is none. */
  lane = -1;
  /** The bytes of the runs so far. */
  length = 0;

  constructor(
    readonly capacity: number,
    private readonly front = 0,
  ) {
    this.size = front + capacity + CLOSING;
    this.u8 = new NativeUint8Array(this.size);
    this.u32 = wordsOf(this.u8);
  }

  /** Bytes of stride that still fit for this lane. */
  room(lane: number): number {
    return this.capacity - this.length - (lane === this.lane ? 0 : RUN);
  }

  beginRun(lane: number, first: number): void {
    const { u32 } = this;
    const word = (this.front + this.length) >> 2;
    this.runWord = word;
    this.lane = lane;
    u32[word] = lane;
    u32[word + 1] = 0;
    writeU64(u32, word + 2, first);
    u32[word + 4] = 0;
    u32[word + 5] = 8;
    this.length += RUN;
  }

  /** Writes one frame: `head` (16 bytes or nothing) and then bytes `from` to `to` of `payload`. */
  frame(kind: number, head: Uint8Array | undefined, payload: Uint8Array, from: number, to: number) {
    const { u8, u32 } = this;
    const headed = head === undefined ? 0 : BEGIN_HEAD;
    const length = headed + to - from;
    const stride = strideOf(length);
    let at = this.front + this.length;
    const word = at >> 2;
    // The last word first: it holds the padding.
    u32[(at + stride - 4) >> 2] = 0;
    u32[(at + stride - 8) >> 2] = 0;
    u32[word] = length;
    u32[word + 1] = kind;
    at += FRAME;
    if (head !== undefined) copyInto(u8, head, at);
    at += headed;
    const whole = from === 0 && to === lengthOf(payload);
    copyInto(u8, whole ? payload : viewOf(payload, from, to), at);
    this.length += stride;
    u32[this.runWord + 1]++;
    u32[this.runWord + 4] += stride;
  }

  /**
   * What was written; the writer is empty again. The bytes stay until they are given to `release`.
   */
  take(): Uint8Array<ArrayBuffer> {
    const { u8, front, length } = this;
    this.length = 0;
    this.lane = -1;
    const runs = viewOf(u8, front, front + length);
    if (length <= SMALL_RUNS) return copyOf(runs);
    this.u8 = new NativeUint8Array(pop(this.spares) ?? new NativeArrayBuffer(this.size));
    this.u32 = wordsOf(this.u8);
    return runs;
  }

  /** Nobody needs these runs, which `take` has given, any more. */
  release(runs: Uint8Array<ArrayBuffer>): void {
    const buffer = bufferOf(runs);
    if (sizeOf(buffer) === this.size && this.spares.length < SPARES) {
      push(this.spares, buffer);
    }
  }
}

/** The bytes of payload that a `begin` frame has before those of its message. */
export function beginHead(total: number, kind: number): Uint8Array {
  const u32 = new NativeUint32Array(BEGIN_HEAD / 4);
  writeU64(u32, 0, total);
  u32[2] = kind;
  return new NativeUint8Array(bufferOf(u32));
}
