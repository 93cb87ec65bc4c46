// The wire format of transport/WIRE.md: reading and writing batches, no state.
//
// Reading walks a batch's headers through one Uint32Array (in JavaScriptCore several
// times faster than a DataView) and hands offsets to a target; nothing is copied.
// Every rule that needs no memory of earlier batches is checked here. Numbers are read
// in the host's order: every engine this runs in is little-endian.

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

/** A whole batch, its header read, its runs not yet. */
export interface Batch {
  readonly buffer: ArrayBuffer;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
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
  /** Called first, where the whole run consists of one kind; true: it took them all. */
  wholeRun?(batch: Batch, offset: number, bytes: number, count: number, align: number): boolean;
}

export interface RunTarget {
  run(lane: number, count: number, first: number, align: number): FrameTarget;
}

export function readU64(u32: Uint32Array, word: number): number {
  const high = u32[word + 1];
  if (high >= SAFE_HIGH) throw broken('a 64-bit number of 2^53 or more');
  return high * HIGH + u32[word];
}

function writeU64(u32: Uint32Array, word: number, value: number): void {
  u32[word] = value >>> 0;
  u32[word + 1] = Math.floor(value / HIGH);
}

/**
 * Reads a batch's header. Undefined: its length or closing word is wrong, so it was cut
 * on its way and counts as not come. Throws TailraceError `protocol` for a broken rule.
 */
export function openBatch(buffer: ArrayBuffer, up: boolean): Batch | undefined {
  const length = buffer.byteLength;
  if (length < HEADER + CLOSING || length % 8 !== 0 || length > LONGEST) return undefined;
  const u32 = new Uint32Array(buffer);
  const last = u32.length - 2;
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
  const batch = {
    buffer,
    u32,
    u8: new Uint8Array(buffer),
    number,
    receipt,
    selective,
    credits,
    slot: u32[8],
    request: u32[9],
    hold: u32[10],
  };
  return batch;
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
  const end = batch.buffer.byteLength - CLOSING;
  let at = HEADER + batch.credits * CREDIT;
  while (at < end) {
    if (end - at < RUN) throw broken('a run header past its batch');
    let word = at >> 2;
    const lane = u32[word];
    const count = u32[word + 1];
    const first = readU64(u32, word + 2);
    const bytes = u32[word + 4];
    const align = u32[word + 5];
    at += RUN;
    if (align !== 8 && align !== 16 && align !== 32 && align !== 64) throw broken('wrong align');
    if (count === 0) throw broken('a run without frames');
    if (bytes > end - at) throw broken('a run past its batch');
    const places = lane === 0 ? (up ? CONTROL_UP : CONTROL_DOWN) : up ? CHANNEL_UP : CHANNEL_DOWN;
    const mask = align - 1;
    const stop = at + bytes;
    const target = runs.run(lane, count, first, align);
    if (count > 1 && target.wholeRun !== undefined && bytes >= FRAME) {
      if (target.wholeRun(batch, at, bytes, count, align)) {
        at = stop;
        continue;
      }
    }
    for (let n = 0; n < count; n++) {
      const left = stop - at;
      if (left < FRAME) throw broken('a frame header past its run');
      word = at >> 2;
      const length = u32[word];
      const kind = u32[word + 1]; // with its reserved bytes, which are 0
      if (kind > ABORT) {
        throw broken(kind > 255 ? 'nonzero reserved bytes in a frame' : `unknown kind ${kind}`);
      }
      if ((PLACES[kind] & places) === 0) throw broken(`misplaced kind ${kind} on lane ${lane}`);
      if (length > left - FRAME) throw broken('a frame past its run');
      const stride = (FRAME + length + mask) & ~mask;
      if (stride > left) throw broken('padding past its run');
      target.frame(batch, kind, at + FRAME, length, stride);
      at += stride;
    }
    if (at !== stop) throw broken('a run longer than its frames');
  }
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

/** Puts a batch together. `credits` holds lane and total in turn; `runs` is what RunWriter wrote. */
export function encodeBatch(
  header: BatchHeader,
  credits: readonly number[],
  runs: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const entries = credits.length / 2;
  const start = HEADER + entries * CREDIT;
  const length = start + (runs === undefined ? 0 : runs.length) + CLOSING;
  const u8 = new Uint8Array(length);
  const u32 = new Uint32Array(u8.buffer);
  u32[0] = MAGIC;
  u32[1] = length;
  writeU64(u32, 2, header.number);
  writeU64(u32, 4, header.receipt);
  u32[6] = header.selective;
  u32[7] = entries;
  u32[8] = header.slot;
  u32[9] = header.request;
  u32[10] = header.hold;
  for (let i = 0, word = HEADER / 4; i < entries; i++, word += CREDIT / 4) {
    u32[word] = credits[2 * i];
    writeU64(u32, word + 2, credits[2 * i + 1]);
  }
  if (runs !== undefined) u8.set(runs, start);
  writeU64(u32, u32.length - 2, header.number);
  return u8;
}

/** The stride of a frame in an upward run, whose align is 8. */
export function strideOf(length: number): number {
  return (FRAME + length + 7) & ~7;
}

/** Writes runs of align 8 into one buffer of fixed size. */
export class RunWriter {
  private readonly u8: Uint8Array;
  private readonly u32: Uint32Array;
  private runWord = -1;
  length = 0;

  constructor(readonly capacity: number) {
    this.u8 = new Uint8Array(capacity);
    this.u32 = new Uint32Array(this.u8.buffer);
  }

  /** Bytes of stride that still fit: into the run under way, or into a new one. */
  room(newRun: boolean): number {
    return this.capacity - this.length - (newRun ? RUN : 0);
  }

  beginRun(lane: number, first: number): void {
    const word = this.length >> 2;
    this.runWord = word;
    this.u32[word] = lane;
    this.u32[word + 1] = 0;
    writeU64(this.u32, word + 2, first);
    this.u32[word + 4] = 0;
    this.u32[word + 5] = 8;
    this.length += RUN;
  }

  /** Writes one frame: `head` (16 bytes or nothing) and then bytes `from` to `to` of `payload`. */
  frame(kind: number, head: Uint8Array | undefined, payload: Uint8Array, from: number, to: number) {
    const headed = head === undefined ? 0 : head.length;
    const length = headed + to - from;
    const stride = strideOf(length);
    const word = this.length >> 2;
    this.u32[word] = length;
    this.u32[word + 1] = kind;
    let at = this.length + FRAME;
    if (head !== undefined) this.u8.set(head, at);
    at += headed;
    this.u8.set(from === 0 && to === payload.length ? payload : payload.subarray(from, to), at);
    this.length += stride;
    this.u8.fill(0, at + to - from, this.length);
    this.u32[this.runWord + 1]++;
    this.u32[this.runWord + 4] += stride;
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const runs = this.u8.slice(0, this.length);
    this.length = 0;
    return runs;
  }
}

/** The first 16 payload bytes of a `begin` frame. */
export function beginHead(total: number, kind: number): Uint8Array {
  const u32 = new Uint32Array(4);
  writeU64(u32, 0, total);
  u32[2] = kind;
  return new Uint8Array(u32.buffer);
}
