// Buffers that native code has written to. They cannot be transferred any more.

import { SafeWeakMap } from './builtins/collections.js';

const pinned = new SafeWeakMap<ArrayBufferLike, true>();

/** JavaScriptCore has handed out the address of this buffer's memory: it must stay where it is. */
export function pin(buffer: ArrayBufferLike): void {
  pinned.set(buffer, true);
}

export function isPinned(buffer: ArrayBufferLike): boolean {
  return pinned.has(buffer);
}
