// The wire format of transport/WIRE.md: reading and writing batches, no state.
//
// Reading walks a batch's headers through one Uint32Array (in JavaScriptCore several
// times faster than a DataView) and hands offsets to a target; nothing is copied.
// Every rule that needs no memory of earlier batches is checked here. Numbers are read
// in the host's order: every engine this runs in is little-endian.

import { floor, list, pop, push, shift } from './builtins/base.js';
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
import { broken } from './errors.js';

export const JSON_ = 1;
export const BYTES = 2;
export const EVENT = 3;
export const EVAL = 4;
export const INVOKE = 5;
export const RESULT = 6;
export const ERROR = 7;
export const CANCEL = 8;
export const OPEN = 9;
export const CLOSE = 10;
export const BEGIN = 11;
export const MIDDLE = 12;
export const END = 13;
export const ABORT = 14;

export const HEADER = 48;
export const CLOSING = 8;
export const CREDIT = 16;
export const RUN = 24;
export const FRAME = 8;
/** Batches that a receiver keeps ahead of the one that it waits for. */
export const AHEAD = 32;

/** Forms of an event's payload. */
export const EVENT_JSON = 0;
export const EVENT_BYTES = 1;

/** Flags of an eval frame: nobody waits for the result; Go can evaluate it natively. */
export const QUIET = 1;
export const NATIVE = 2;

/** The form of an upward result that asks Go to evaluate natively. */
export const NOT_ALLOWED = 3;

const MAGIC = 0x314c5254; // "TRL1"
const HIGH = 0x100000000;
const SAFE_HIGH = 0x200000; // a 64-bit number is below 2^53
const LONGEST = 0x7fffffff; // offsets are int32 in the hot loop

// Where each kind may stand: on the control lane or a channel, downward or upward.
const CONTROL_DOWN = 1;
const CONTROL_UP = 2;
const CHANNEL_DOWN = 4;
const CHANNEL_UP = 8;
const CONTROL = CONTROL_DOWN | CONTROL_UP;
const CHANNEL = CHANNEL_DOWN | CHANNEL_UP;
const PLACES = new Uint8Array(256);
PLACES[JSON_] = CHANNEL;
PLACES[BYTES] = CHANNEL;
PLACES[EVENT] = CONTROL_DOWN;
PLACES[EVAL] = CONTROL_DOWN;
PLACES[INVOKE] = CONTROL_UP;
PLACES[RESULT] = CONTROL;
PLACES[ERROR] = CONTROL;
PLACES[CANCEL] = CONTROL_UP;
PLACES[OPEN] = CONTROL_DOWN;
PLACES[CLOSE] = CHANNEL;
PLACES[BEGIN] = CONTROL | CHANNEL;
PLACES[MIDDLE] = CONTROL | CHANNEL;
PLACES[END] = CONTROL | CHANNEL;
PLACES[ABORT] = CONTROL | CHANNEL;

/**
 * In the `align` of a run: its one frame stands in the batch with its first 24 bytes only. See
 * Apart.
 */
const APART = 0x80000000;
/** What stands of such a frame in its batch: its header and so many bytes of its payload. */
const APART_HEAD = 16;

/**
 * The rest of large frames, which a batch that came through shared memory does not hold itself: it
 * is copied to where it belongs, once, and in order.
 */
export interface Apart {
  /** It is still outside: the batch has not come whole before all of it was filled in. */
  readonly live: boolean;
  /**
   * Puts the rest of the next frame, `length` bytes, into `u8` at `at`. `transferable`: the buffer
   * of `u8` must stay so. Throws GONE if the other side has gone, or a broken rule.
   */
  fill(u8: Uint8Array, at: number, length: number, transferable: boolean): void;
  /** The batch is not walked. */
  skip(): void;
}

/**
 * Thrown where the way of a batch ended while it was walked: it will come again, on another one.
 */
export const GONE = Symbol('gone');

/** A whole batch, its header read, its runs not yet. */
export interface Batch {
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  /** Its bytes; the buffer may have more. */
  readonly length: number;
  /** The buffer is overwritten by the next batch. */
  readonly reused: boolean;
  readonly apart: Apart | undefined;
  readonly number: number;
  readonly receipt: number;
  readonly selective: number;
  readonly credits: number;
  readonly slot: number;
  readonly request: number;
  readonly hold: number;
}

/** Takes the frames of one run. Offsets are those of the payload in the batch. */
export interface FrameTarget {
  frame(batch: Batch, kind: number, offset: number, length: number, stride: number): void;
  /** A frame of which the batch holds 16 bytes of payload; the rest is to be had of `rest`. */
  apart?(
    batch: Batch,
    rest: Apart,
    kind: number,
    offset: number,
    length: number,
    stride: number,
  ): void;
  /**
   * Called first, for a run of several frames: may take some from its beginning at once. Returns
   * how many.
   */
  frames?(batch: Batch, at: number, bytes: number, count: number, align: number): number;
}

export interface RunTarget {
  /** Undefined: the run was handed out before. */
  run(lane: number, count: number, first: number, align: number): FrameTarget | undefined;
}

export function readU64(u32: Uint32Array, word: number): number {
  const high = u32[word + 1];
  if (high >= SAFE_HIGH) throw broken('a 64-bit number of 2^53 or more');
  return high * HIGH + u32[word];
}

function writeU64(u32: Uint32Array, word: number, value: number): void {
  u32[word] = value >>> 0;
  u32[word + 1] = floor(value / HIGH);
}

/**
 * Reads a batch's header. Undefined: its length or closing word is wrong, so it was cut
 * on its way and counts as not come. Throws TailraceError `protocol` for a broken rule.
 */
export function openBatch(buffer: ArrayBuffer, up: boolean): Batch | undefined {
  const length = sizeOf(buffer);
  if (length % 8 !== 0) return undefined;
  return readBatch(
    new NativeUint32Array(buffer),
    new NativeUint8Array(buffer),
    length,
    up,
    false,
    undefined,
  );
}

/** The same for the first `length` bytes of a buffer. */
export function readBatch(
  u32: Uint32Array,
  u8: Uint8Array,
  length: number,
  up: boolean,
  reused: boolean,
  apart: Apart | undefined,
): Batch | undefined {
  if (length < HEADER + CLOSING || length % 8 !== 0 || length > LONGEST) return undefined;
  const last = (length >> 2) - 2;
  if (u32[1] !== length || u32[last] !== u32[2] || u32[last + 1] !== u32[3]) return undefined;
  if (u32[0] !== MAGIC) throw broken('wrong magic or version');
  const number = readU64(u32, 2);
  const receipt = readU64(u32, 4);
  const selective = u32[6];
  const credits = u32[7];
  if (u32[11] !== 0 || (!up && (u32[8] | u32[9] | u32[10]) !== 0)) {
    throw broken('nonzero reserved bytes in a batch header');
  }
  const room = length - HEADER - CLOSING;
  if (credits * CREDIT > room) throw broken('credits past their batch');
  if (number === 0 && (credits * CREDIT !== room || (!up && credits !== 0))) {
    throw broken('a batch without number carries data');
  }
  return {
    u32,
    u8,
    length,
    reused,
    apart,
    number,
    receipt,
    selective,
    credits,
    slot: u32[8],
    request: u32[9],
    hold: u32[10],
  };
}

/** Calls `credit` with each credit entry. */
export function eachCredit(batch: Batch, credit: (lane: number, total: number) => void): void {
  const { u32 } = batch;
  for (let i = 0, word = HEADER / 4; i < batch.credits; i++, word += CREDIT / 4) {
    if (u32[word + 1] !== 0) throw broken('nonzero reserved bytes in a credit');
    credit(u32[word], readU64(u32, word + 2));
  }
}

/** Walks a batch's runs and frames in order. Frames before a broken rule have been handed out. */
export function walk(batch: Batch, up: boolean, runs: RunTarget): void {
  const { u32 } = batch;
  const end = batch.length - CLOSING;
  let at = HEADER + batch.credits * CREDIT;
  while (at < end) {
    if (end - at < RUN) throw broken('a run header past its batch');
    let word = at >> 2;
    const lane = u32[word];
    const count = u32[word + 1];
    const first = readU64(u32, word + 2);
    const bytes = u32[word + 4];
    let align = u32[word + 5];
    at += RUN;
    const apart = align >= APART ? batch.apart : undefined;
    if (apart !== undefined) align -= APART;
    if (align !== 8 && align !== 16 && align !== 32 && align !== 64) throw broken('wrong align');
    if (count === 0) throw broken('a run without frames');
    if (bytes > end - at) throw broken('a run past its batch');
    const places = lane === 0 ? (up ? CONTROL_UP : CONTROL_DOWN) : up ? CHANNEL_UP : CHANNEL_DOWN;
    const mask = align - 1;
    const stop = at + bytes;
    if (apart !== undefined) {
      if (count !== 1 || bytes !== FRAME + APART_HEAD) throw broken('a run that is not one frame');
      const length = u32[at >> 2];
      const kind = u32[(at >> 2) + 1];
      checkKind(kind, lane, places);
      if (length <= APART_HEAD || length > LONGEST - 2 * align) throw broken('a frame of no rest');
      const stride = (FRAME + length + mask) & ~mask;
      const target = runs.run(lane, 1, first, align);
      if (target === undefined)
        apart.fill(new NativeUint8Array(length), 0, length - APART_HEAD, false);
      else target.apart?.(batch, apart, kind, at + FRAME, length, stride);
      at = stop;
      continue;
    }
    const target = runs.run(lane, count, first, align);
    if (target === undefined) {
      at = stop;
      continue;
    }
    let taken = 0;
    if (count > 1 && target.frames !== undefined && bytes >= FRAME) {
      taken = target.frames(batch, at, bytes, count, align);
      if (taken === count) {
        at = stop;
        continue;
      }
      for (let n = 0; n < taken; n++) at += (FRAME + u32[at >> 2] + mask) & ~mask;
    }
    for (let n = taken; n < count; n++) {
      const left = stop - at;
      if (left < FRAME) throw broken('a frame header past its run');
      word = at >> 2;
      const length = u32[word];
      const kind = u32[word + 1]; // with its reserved bytes, which are 0
      if (kind > ABORT || (PLACES[kind] & places) === 0) checkKind(kind, lane, places);
      if (length > left - FRAME) throw broken('a frame past its run');
      const stride = (FRAME + length + mask) & ~mask;
      if (stride > left) throw broken('padding past its run');
      target.frame(batch, kind, at + FRAME, length, stride);
      at += stride;
    }
    if (at !== stop) throw broken('a run longer than its frames');
  }
}

function checkKind(kind: number, lane: number, places: number): void {
  if (kind > ABORT) {
    throw broken(kind > 255 ? 'nonzero reserved bytes in a frame' : `unknown kind ${kind}`);
  }
  if ((PLACES[kind] & places) === 0) throw broken(`misplaced kind ${kind} on lane ${lane}`);
}

/**
 * The same batch with everything in buffers that nobody else writes to, for one that came too
 * early.
 */
export function keepBatch(batch: Batch): Batch {
  const { apart, length } = batch;
  const u8 = batch.reused ? copyOf(viewOf(batch.u8, 0, length)) : batch.u8;
  const u32 = batch.reused ? wordsOf(u8) : batch.u32;
  const kept = { ...batch, u8, u32, reused: false };
  return apart === undefined ? kept : { ...kept, apart: new Kept(kept, apart) };
}

/** The rests of a batch that came too early. */
export class Kept implements Apart {
  readonly live = false;
  private readonly rests: Uint8Array[] = list();

  constructor({ u32, length, credits }: Batch, from: Apart) {
    const end = length - CLOSING;
    let at = HEADER + credits * CREDIT;
    while (end - at >= RUN) {
      const word = at >> 2;
      if (u32[word + 5] >= APART) {
        const n = u32[word + 6] - APART_HEAD;
        if (n <= 0 || n > LONGEST) throw broken('a frame of no rest');
        const rest = new NativeUint8Array(n);
        from.fill(rest, 0, n, false);
        push(this.rests, rest);
      }
      at += RUN + u32[word + 4];
    }
  }

  fill(u8: Uint8Array, at: number, length: number): void {
    const rest = shift(this.rests);
    if (rest === undefined || lengthOf(rest) !== length) {
      throw broken('the rest of another frame');
    }
    copyInto(u8, rest, at);
  }

  skip(): void {}
}

/** Whether a downward message of that kind may stand on that lane, whole or in fragments. */
export function mayCome(kind: number, lane: number): boolean {
  return kind < CLOSE && (PLACES[kind] & (lane === 0 ? CONTROL_DOWN : CHANNEL_DOWN)) !== 0;
}

/** The shape of a downward control message's payload; `offset` is a multiple of 4. */
export function checkControl(u32: Uint32Array, kind: number, offset: number, length: number): void {
  const word = offset >> 2;
  let wrong: boolean;
  if (kind === RESULT) {
    wrong = length < 8 || u32[word + 1] > 2;
    if (!wrong && u32[word + 1] === 2) wrong = length !== 24 || u32[word + 3] !== 0;
  } else if (kind === EVENT) {
    wrong = length < 8 || u32[word] === 0 || u32[word] > (length - 8) / 4;
    wrong ||= u32[word + 1] > EVENT_BYTES;
  } else if (kind === EVAL) {
    wrong = length < 8 || u32[word + 1] > (QUIET | NATIVE);
  } else {
    wrong = length < 8 || u32[word + 1] !== 0 || (kind === OPEN && length !== 16);
  }
  if (wrong) throw broken(`malformed payload of kind ${kind}`);
}

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

/** Bytes of payload that a `begin` frame has before those of its message. */
export const BEGIN_HEAD = 16;

/** Those bytes. */
export function beginHead(total: number, kind: number): Uint8Array {
  const u32 = new NativeUint32Array(BEGIN_HEAD / 4);
  writeU64(u32, 0, total);
  u32[2] = kind;
  return new NativeUint8Array(bufferOf(u32));
}
