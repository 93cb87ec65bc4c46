// The web process's extension in memory: the functions that it gives the page, and what Go does
// with the memory behind them.

import assert from 'node:assert/strict';
import type { Memory } from '../src/shmmemory.js';

interface Record {
  readonly flags: number;
  readonly skeleton: Uint8Array;
  readonly apart: readonly Uint8Array[];
}

export const BORROW = 2;
export const APART = 4;

const RUN_HEADER = 24;
const FRAME_HEAD = 24;

/**
 * A batch as it stands in a record: frames of at least `least` bytes that are alone in their run
 * are apart.
 */
export function recordOf(
  batch: Uint8Array,
  least = Number.MAX_SAFE_INTEGER,
  borrow = false,
): Record {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  const parts: Uint8Array[] = [];
  const apart: Uint8Array[] = [];
  let at = 48 + 16 * view.getUint32(28, true);
  parts.push(batch.slice(0, at));
  while (at < batch.length - 8) {
    const count = view.getUint32(at + 4, true);
    const bytes = view.getUint32(at + 16, true);
    const run = batch.slice(at, at + RUN_HEADER + bytes);
    at += run.length;
    if (count !== 1 || bytes < Math.max(least, FRAME_HEAD + 8)) {
      parts.push(run);
      continue;
    }
    const head = run.slice(0, RUN_HEADER + FRAME_HEAD);
    const header = new DataView(head.buffer);
    header.setUint32(16, FRAME_HEAD, true);
    header.setUint32(20, (header.getUint32(20, true) | 0x80000000) >>> 0, true);
    parts.push(head);
    apart.push(run.slice(head.length));
  }
  parts.push(batch.slice(-8));
  const skeleton = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    skeleton.set(part, to);
    to += part.length;
  }
  new DataView(skeleton.buffer).setUint32(4, skeleton.length, true);
  return { flags: (borrow ? BORROW : 0) | (apart.length > 0 ? APART : 0), skeleton, apart };
}

export class FakeMemory implements Memory {
  /** The token of the offer that has come. */
  offer: string | undefined;
  attachedTo: string | undefined;
  /** The link has ended: nobody on the other side. */
  gone = false;
  detached = 0;
  refusing = false;
  bells = 0;
  /** The upward records that Go has not taken. */
  readonly up: Uint8Array[] = [];
  capacity = 1 << 20;
  /** Called when the page has written a record. */
  onpush: () => void = () => {};
  /** Called before each call of that name; it may end the link. */
  before: (call: keyof Memory) => void = () => {};
  /** Buffers whose address native code has had. */
  readonly touched = new Set<ArrayBufferLike>();
  reads = 0;

  private token: string | undefined;
  private bell: (() => void) | undefined;
  private readonly records: Record[] = [];
  private isRead = false;
  private filled = 0;
  private sleeping = false;
  private wanting = false;
  private written = 0;
  private upHead = 0;

  // ---- Go's side

  /** The offer comes; later than hello's answer, if the test says so. */
  offerTo(token: string): void {
    this.offer = token;
    if (this.token === token) {
      this.attachNow(token);
      this.ring();
    }
  }

  give(record: Record): void {
    this.records.push(record);
    if (this.sleeping) {
      this.sleeping = false;
      this.ring();
    }
  }

  /** Takes the oldest upward record. */
  take(): Uint8Array | undefined {
    const record = this.up.shift();
    if (record === undefined) return undefined;
    this.upHead += cost(record);
    if (this.wanting) {
      this.wanting = false;
      this.ring();
    }
    return record;
  }

  /** Go ends the link. */
  close(): void {
    this.gone = true;
    this.ring();
  }

  get unread(): number {
    return this.records.length;
  }

  /** From the web process's main loop. */
  private ring(): void {
    const { bell } = this;
    setImmediate(() => {
      if (bell === undefined || bell !== this.bell) return;
      this.bells++;
      bell();
    });
  }

  private attachNow(token: string): void {
    this.attachedTo = token;
    this.offer = undefined;
    this.gone = false;
    this.records.length = 0;
    this.up.length = 0;
    this.written = 0;
    this.upHead = 0;
    this.sleeping = false;
    this.wanting = false;
    this.isRead = false;
  }

  // ---- the page's side

  private get lost(): boolean {
    return this.gone || this.attachedTo === undefined;
  }

  attach(token: string, bell: () => void): number {
    assert.equal(typeof token, 'string');
    if (this.refusing) return -1;
    this.token = token;
    this.bell = bell;
    if (this.offer !== token) return 0;
    this.attachNow(token);
    return 1;
  }

  next(): number {
    this.before('next');
    if (this.lost) return -1;
    const [record] = this.records;
    if (record === undefined) {
      this.sleeping = true;
      return 0;
    }
    return record.skeleton.length + record.flags * 2 ** 32;
  }

  read(buffer: Uint8Array): number {
    this.before('read');
    if (this.lost) return -1;
    const [record] = this.records;
    if (record === undefined || buffer.byteLength < record.skeleton.length) return -2;
    this.touched.add(buffer.buffer);
    buffer.set(record.skeleton);
    this.reads++;
    this.isRead = true;
    this.filled = 0;
    if (record.apart.length === 0) this.consume();
    return record.skeleton.length;
  }

  fill(buffer: Uint8Array, at: number, length: number): number {
    this.before('fill');
    if (this.lost) return -1;
    const segment = this.isRead ? this.records[0]?.apart[this.filled] : undefined;
    if (segment === undefined || length > segment.length || length < segment.length - 63) return -2;
    if (at < 0 || at + length > buffer.byteLength) return -2;
    this.touched.add(buffer.buffer);
    buffer.set(segment.subarray(0, length), at);
    this.filled++;
    if (this.filled === this.records[0].apart.length) this.consume();
    return length;
  }

  skip(): number {
    this.before('skip');
    if (this.lost) return -1;
    if (this.records.length === 0) return 0;
    this.consume();
    return 1;
  }

  private consume(): void {
    this.records.shift();
    this.isRead = false;
  }

  push(bytes: Uint8Array): number {
    this.before('push');
    if (this.lost) return -1;
    if (cost(bytes) > this.capacity) return -2;
    if (this.written + cost(bytes) - this.upHead > this.capacity) {
      this.wanting = true;
      return 0;
    }
    this.touched.add(bytes.buffer);
    this.written += cost(bytes);
    this.up.push(bytes.slice());
    this.onpush();
    return 1;
  }

  taken(): number {
    this.before('taken');
    return this.attachedTo === undefined ? -1 : this.upHead;
  }

  detach(): number {
    this.detached++;
    this.attachedTo = undefined;
    this.token = undefined;
    this.bell = undefined;
    return 1;
  }
}

function cost({ byteLength }: Uint8Array): number {
  return 8 + Math.ceil(byteLength / 8) * 8;
}
