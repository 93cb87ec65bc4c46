// Batches by hand: downward ones are written here, not by the client's encoder, and upward
// ones are read strictly.

import assert from 'node:assert/strict';
import { ABORT, BEGIN, CLOSE, END, RESULT } from '../src/wire.js';
import { type Batch, walk } from '../src/wireread.js';

export interface DownFrame {
  kind: number;
  payload?: Uint8Array | string;
}

export interface DownRun {
  lane: number;
  first: number;
  align?: number;
  frames: DownFrame[];
}

export interface UpFrame {
  lane: number;
  sequence: number;
  kind: number;
  payload: Uint8Array;
}

const text = new TextEncoder();

export function bytes(payload: Uint8Array | string | undefined): Uint8Array {
  if (payload === undefined) return new Uint8Array(0);
  return typeof payload === 'string' ? text.encode(payload) : payload;
}

export function u32s(...values: number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return out;
}

export function join(...parts: (Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...bytes(part)]));
}

/** A downward batch, built by hand. */
export function down(
  number: number,
  runs: DownRun[] = [],
  options: { receipt?: number; selective?: number; credits?: [number, number][] } = {},
): Uint8Array<ArrayBuffer> {
  const { receipt = 0, selective = 0, credits = [] } = options;
  const parts: Uint8Array[] = [];
  for (const [lane, total] of credits) parts.push(u32s(lane, 0, total, 0));
  for (const { lane, first, align = 8, frames } of runs) {
    const encoded = frames.map(({ kind, payload }) => {
      const body = bytes(payload);
      const frame = new Uint8Array(Math.ceil((8 + body.length) / align) * align).fill(0xee);
      frame.set(u32s(body.length, kind), 0);
      frame.set(body, 8);
      return frame;
    });
    const size = encoded.reduce((sum, frame) => sum + frame.length, 0);
    parts.push(u32s(lane, frames.length, first, 0, size, align), ...encoded);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 56);
  const out = new Uint8Array(length);
  out.set(u32s(0x314c5254, length, number, 0, receipt, 0, selective, credits.length, 0, 0, 0, 0));
  let at = 48;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  out.set(u32s(number, 0), at);
  return out;
}

/** Collects the frames of a batch. */
export function framesOf(batch: Batch, up: boolean): UpFrame[] {
  const frames: UpFrame[] = [];
  walk(batch, up, {
    run: (lane, _count, first) => {
      let sequence = first;
      return {
        frame: (_batch, kind, offset, length) => {
          const payload = batch.u8.slice(offset, offset + length);
          frames.push({ lane, sequence: sequence++, kind, payload });
        },
      };
    },
  });
  return frames;
}

/** Puts the fragments of a lane together. A message stands where its end does. */
export function assemble(frames: UpFrame[]): UpFrame[] {
  const messages: UpFrame[] = [];
  let begun: { message: UpFrame; length: number; parts: Uint8Array[] } | undefined;
  for (const frame of frames) {
    if (frame.kind < BEGIN) {
      if (frame.kind === CLOSE) begun = undefined;
      messages.push(frame);
      continue;
    }
    if (frame.kind === BEGIN) {
      assert.equal(begun, undefined, 'a message ends before the next begins');
      const view = new DataView(frame.payload.buffer, frame.payload.byteOffset);
      const length = Number(view.getBigUint64(0, true));
      const message = { ...frame, kind: view.getUint32(8, true) };
      begun = { message, length, parts: [frame.payload.subarray(16)] };
      continue;
    }
    assert.ok(begun, 'a fragment belongs to a message that has begun');
    if (frame.kind === ABORT) {
      begun = undefined;
      continue;
    }
    begun.parts.push(frame.payload);
    if (frame.kind !== END) continue;
    const { message, length, parts } = begun;
    begun = undefined;
    const payload = Uint8Array.from(Buffer.concat(parts));
    assert.equal(payload.length, length, 'a message is as long as its begin says');
    messages.push({ ...message, payload });
  }
  return messages;
}

export function readInvoke(payload: Uint8Array) {
  const view = new DataView(payload.buffer, payload.byteOffset);
  const n = view.getUint32(4, true);
  const decode = (part: Uint8Array) => new TextDecoder().decode(part);
  const envelope = JSON.parse(decode(payload.subarray(8, 8 + n)));
  const body = payload.subarray(8 + n);
  return {
    id: view.getUint32(0, true),
    envelope,
    body,
    json: envelope.body === 'json' ? JSON.parse(decode(body)) : undefined,
  };
}

export function result(id: number, json: unknown): DownFrame {
  return { kind: RESULT, payload: join(u32s(id, 0), JSON.stringify(json)) };
}
