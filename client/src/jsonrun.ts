// JSON that the other side made, decoded and parsed: one message's, or that of a run at once.

import { decodeText, list, parseJson, push } from './builtins/base.js';
import { viewOf } from './builtins/bytes.js';
import { broken } from './errors.js';
import type { Batch } from './wireread.js';

/** What is not JSON is a broken rule. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(decodeText(bytes));
  } catch {
    throw broken('a JSON payload that is not JSON');
  }
}

export interface JsonRun {
  readonly values: readonly unknown[];
  /** The payload length of each frame. */
  readonly lengths: readonly number[];
  /** The stride of each frame. */
  readonly costs: readonly number[];
}

/**
 * Reads a run whose frames are all of one kind, each a head of so many words (its header's two
 * included) and JSON behind it, as one array: in JavaScriptCore a third cheaper than one by one.
 * What stands between the values, which nobody reads any more, is overwritten with commas and
 * spaces. Undefined, and nothing is overwritten: a frame is of another kind, or `take` does not
 * accept its head. If the array has not one element a frame, some payload is not JSON.
 */
export function parseRun(
  batch: Batch,
  at: number,
  bytes: number,
  count: number,
  align: number,
  kind: number,
  words: number,
  take?: (word: number) => boolean,
): JsonRun | undefined {
  const { u32, u8 } = batch;
  const head = 4 * words;
  const mask = align - 1;
  const stop = at + bytes;
  const lengths = list<number>();
  const costs = list<number>();
  let frame = at;
  for (let n = 0; n < count && stop - frame >= head; n++) {
    const word = frame >> 2;
    const length = u32[word];
    if (u32[word + 1] !== kind || length > stop - frame - 8 || length < head - 8) return undefined;
    if (take !== undefined && !take(word)) return undefined;
    const cost = (8 + length + mask) & ~mask;
    push(lengths, length);
    push(costs, cost);
    frame += cost;
  }
  if (costs.length !== count || frame !== stop) return undefined;
  frame = at;
  for (let n = 0; n < count; n++) {
    const word = frame >> 2;
    const end = frame + 8 + lengths[n];
    frame += costs[n];
    for (let i = 0; i < words; i++) u32[word + i] = 0x20202020;
    u8[4 * (word + words) - 1] = n === 0 ? 0x5b : 0x2c; // [ or ,
    for (let i = end; i < frame; i++) u8[i] = 0x20;
  }
  let values: unknown[];
  try {
    values = parseJson(`${decodeText(viewOf(u8, at, stop))}]`);
  } catch {
    throw broken('a JSON payload that is not JSON');
  }
  if (values.length !== count) throw broken('a JSON payload that is not one value');
  return { values, lengths, costs };
}
