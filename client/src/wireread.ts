// Reading batches, no state.
//
// It walks a batch's headers through one Uint32Array (in JavaScriptCore several times faster
// than a DataView) and hands offsets to a target; nothing is copied. Every rule that needs no
// memory of earlier batches is checked here.

import { list, push, shift } from './builtins/base.js';
import {
  copyInto,
  copyOf,
  lengthOf,
  NativeUint8Array,
  NativeUint32Array,
  sizeOf,
  viewOf,
  wordsOf,
} from './builtins/bytes.js';
import { broken } from './errors.js';
import {
  ABORT,
  CHANNEL_DOWN,
  CHANNEL_UP,
  CLOSING,
  CONTROL_DOWN,
  CONTROL_UP,
  CREDIT,
  checkKind,
  FRAME,
  HEADER,
  MAGIC,
  PLACES,
  RUN,
  readU64,
} from './wire.js';

const LONGEST = 0x7fffffff; // offsets are int32 in the hot loop

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
