// The wire format of transport/WIRE.md: its numbers, and the rules of single frames. Numbers are
// read and written in the host's order: every engine this runs in is little-endian.

import { floor } from './builtins/base.js';
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

/** Bytes of payload that a `begin` frame has before those of its message. */
export const BEGIN_HEAD = 16;

export const MAGIC = 0x314c5254; // "TRL1"
const HIGH = 0x100000000;
const SAFE_HIGH = 0x200000; // a 64-bit number is below 2^53

// Where each kind may stand: on the control lane or a channel, downward or upward.
export const CONTROL_DOWN = 1;
export const CONTROL_UP = 2;
export const CHANNEL_DOWN = 4;
export const CHANNEL_UP = 8;
const CONTROL = CONTROL_DOWN | CONTROL_UP;
const CHANNEL = CHANNEL_DOWN | CHANNEL_UP;
export const PLACES = new Uint8Array(256);
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

export function readU64(u32: Uint32Array, word: number): number {
  const high = u32[word + 1];
  if (high >= SAFE_HIGH) throw broken('a 64-bit number of 2^53 or more');
  return high * HIGH + u32[word];
}

export function writeU64(u32: Uint32Array, word: number, value: number): void {
  u32[word] = value >>> 0;
  u32[word + 1] = floor(value / HIGH);
}

export function checkKind(kind: number, lane: number, places: number): void {
  if (kind > ABORT) {
    throw broken(kind > 255 ? 'nonzero reserved bytes in a frame' : `unknown kind ${kind}`);
  }
  if ((PLACES[kind] & places) === 0) throw broken(`misplaced kind ${kind} on lane ${lane}`);
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
