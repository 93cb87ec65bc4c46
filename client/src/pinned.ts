// Buffers that native code has written to. They cannot be transferred any more.

const pinned = new WeakSet<ArrayBufferLike>();

/** JavaScriptCore has handed out the address of this buffer's memory: it must stay where it is. */
export function pin(buffer: ArrayBufferLike): void {
  pinned.add(buffer);
}

export function isPinned(buffer: ArrayBufferLike): boolean {
  return pinned.has(buffer);
}
