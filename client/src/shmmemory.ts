// Shared memory as the extension gives it to the page, and large frames filled out of it.

import { bufferOf, copyInto, lengthOf, NativeUint8Array, viewOf } from './builtins/bytes.js';
import { broken } from './errors.js';
import { pin } from './pinned.js';
import { type Apart, GONE } from './wireread.js';

/**
 * What the extension gives the page. Every function returns a number and never throws; -1: the link
 * has gone.
 */
export interface Memory {
  /**
   * 1: attached. 0: the offer has not come; when it has, it is attached, and `bell` is called. -1:
   * refused.
   */
  attach(token: string, bell: () => void): number;
  /**
   * `length + flags * 2^32` of the current record; 0: there is none, and `bell` is called when
   * there is one.
   */
  next(): number;
  /** Copies the current record, but for its apart segments. Returns its length. */
  read(buffer: Uint8Array): number;
  /** Copies the first `length` bytes of the next apart segment to `at`. Returns `length`. */
  fill(buffer: Uint8Array, at: number, length: number): number;
  /** Drops the current record. */
  skip(): number;
  /** 1: written. 0: there is no room; `bell` is called when there is some. -2: too large. */
  push(bytes: Uint8Array): number;
  /** Bytes of the upward ring that Go has taken. */
  taken(): number;
  detach(): number;
}

/** What a batch does not hold itself. */
export class Rest implements Apart {
  readonly live = true;
  /** Bytes since it was last set to 0. */
  filled = 0;
  private through = new NativeUint8Array(0);

  constructor(private readonly memory: Memory) {}

  fill(u8: Uint8Array, at: number, length: number, transferable: boolean): void {
    let n: number;
    if (transferable) {
      if (lengthOf(this.through) < length) this.through = new NativeUint8Array(length);
      n = this.memory.fill(this.through, 0, length);
      if (n === length) copyInto(u8, viewOf(this.through, 0, length), at);
    } else {
      n = this.memory.fill(u8, at, length);
      pin(bufferOf(u8));
    }
    if (n === -1) throw GONE;
    if (n !== length) throw broken('the rest of another frame');
    this.filled += length;
  }

  skip(): void {
    this.memory.skip();
  }
}
