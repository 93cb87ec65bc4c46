// A message that comes in fragments.

import { copyInto, NativeUint8Array, viewOf } from './builtins/bytes.js';
import { broken } from './errors.js';
import { BEGIN_HEAD, mayCome, readU64 } from './wire.js';
import type { Apart, Batch } from './wireread.js';

export interface Part {
  readonly kind: number;
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly total: number;
  /** Bytes that have come. */
  filled: number;
  /** Strides that are not credited yet. */
  held: number;
}

/** What a `begin` frame of that lane, its payload at `offset`, says of its message. */
export function beginPart(
  u32: Uint32Array,
  offset: number,
  length: number,
  lane: number,
  maxMessage: number,
): Part {
  const word = offset >> 2;
  if (length < BEGIN_HEAD || u32[word + 3] !== 0) throw broken('malformed begin');
  const kind = u32[word + 2];
  if (!mayCome(kind, lane)) throw broken(`begin of kind ${kind} on lane ${lane}`);
  const total = readU64(u32, word);
  if (total > maxMessage) throw broken('a message over maxMessage');
  return { kind, u8: new NativeUint8Array(total), total, filled: 0, held: 0 };
}

/** Puts a frame's payload, the first 16 bytes of which are at `offset` of the batch, into `u8`. */
export function fillApart(
  u8: Uint8Array,
  at: number,
  batch: Batch,
  rest: Apart,
  offset: number,
  length: number,
  own: boolean,
): void {
  copyInto(u8, viewOf(batch.u8, offset, offset + 16), at);
  rest.fill(u8, at + 16, length - 16, own);
}
