// Bytes: the client's own, and what users hand over, which may be of another realm: of a frame, or
// a window.

import {
  type Getter,
  getPrototypeOf,
  getterOf,
  isKind,
  isPlain,
  keepCall,
  readerOf,
  uncurry,
} from './base.js';

export const NativeUint8Array = Uint8Array;
export const NativeUint32Array = Uint32Array;
export const NativeArrayBuffer = ArrayBuffer;
const { isView } = ArrayBuffer;

const typedArrays = getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const getLength = getterOf(typedArrays, 'length') as Getter<number>;
const getBuffer = getterOf(typedArrays, 'buffer') as Getter<ArrayBufferLike>;
const getOffset = getterOf(typedArrays, 'byteOffset') as Getter<number>;
const getBytes = getterOf(typedArrays, 'byteLength') as Getter<number>;
const { set } = typedArrays;
const ownLength = keepCall(getLength);
const ownBuffer = keepCall(getBuffer);
const ownOffset = keepCall(getOffset);
const ownBytes = keepCall(getBytes);
const ownSet = keepCall(set);
const slowLength = uncurry(getLength);
const slowBuffer = uncurry(getBuffer);
const slowOffset = uncurry(getOffset);
const slowBytes = uncurry(getBytes);
const slowSet = uncurry(set);

/** Elements of a typed array. */
export function lengthOf(array: Uint8Array | Uint32Array): number {
  return ownLength ? getLength.call(array) : slowLength(array);
}

export function bufferOf<B extends ArrayBufferLike>(u8: Uint8Array<B> | Uint32Array<B>): B {
  return (ownBuffer ? getBuffer.call(u8) : slowBuffer(u8)) as B;
}

export function offsetOf(u8: Uint8Array): number {
  return ownOffset ? getOffset.call(u8) : slowOffset(u8);
}

/** Copies all of `from` to `at`. */
export function copyInto(to: Uint8Array, from: Uint8Array, at: number): void {
  if (ownSet) set.call(to, from, at);
  else slowSet(to, from, at);
}

/** A view of some of the bytes, in the same buffer. */
export function viewOf<B extends ArrayBufferLike>(
  u8: Uint8Array<B>,
  from: number,
  to: number,
): Uint8Array<B> {
  return new NativeUint8Array(bufferOf(u8), offsetOf(u8) + from, to - from);
}

/** The same bytes in a buffer of their own. */
export function copyOf(u8: Uint8Array): Uint8Array<ArrayBuffer> {
  return new NativeUint8Array(u8);
}

/** A view of all of a buffer in 32-bit words. */
export function wordsOf(u8: Uint8Array): Uint32Array {
  return new NativeUint32Array(bufferOf(u8), 0, lengthOf(u8) >> 2);
}

const readSize = readerOf<number>(ArrayBuffer.prototype, 'byteLength');

/** Bytes of a buffer. */
export function sizeOf(buffer: ArrayBufferLike): number {
  return isKind(readSize, buffer) ? readSize(buffer) : readSharedSize(buffer);
}

/** Whether a buffer holds these bytes and nothing else, and is not shared memory. */
export function isExact(u8: Uint8Array): u8 is Uint8Array<ArrayBuffer> {
  const buffer = bufferOf(u8);
  return isKind(readSize, buffer) && readSize(buffer) === lengthOf(u8);
}

// ---- what users hand over

/** The class of a typed array; undefined for anything else. */
const classOf = uncurry(
  getterOf(typedArrays, Symbol.toStringTag) as Getter<string | undefined>,
) as (value: unknown) => string | undefined;
const dataViews = DataView.prototype;
const viewBuffer = readerOf<ArrayBufferLike>(dataViews, 'buffer');
const viewBytes = readerOf<number>(dataViews, 'byteLength');
const viewOffset = readerOf<number>(dataViews, 'byteOffset');
const shared = typeof SharedArrayBuffer === 'function' ? SharedArrayBuffer.prototype : undefined;
const readSharedSize = readerOf<number>(shared, 'byteLength');
const blobs = typeof Blob === 'function' ? Blob.prototype : undefined;
const readBlob = readerOf<number>(blobs, 'size');

export function isUint8Array(value: unknown): value is Uint8Array<ArrayBuffer> {
  return classOf(value) === 'Uint8Array';
}

/** An ArrayBuffer or a SharedArrayBuffer. */
export function isBuffer(value: object): value is ArrayBufferLike {
  return !isPlain(value) && (isKind(readSize, value) || isKind(readSharedSize, value));
}

export function isBlob(value: unknown): value is Blob {
  return typeof value === 'object' && value !== null && !isPlain(value) && isKind(readBlob, value);
}

/** Whether `bytesOf` gives something, or throws. */
export function areBytes(value: unknown): value is ArrayBufferLike | ArrayBufferView {
  return typeof value === 'object' && value !== null && (isView(value) || isBuffer(value));
}

/**
 * A view of the bytes that a user hands over: of a buffer or of any view. Undefined: it is neither.
 * Throws if they are not there any more, because the buffer was transferred or has become too short
 * for the view.
 */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!isView(value)) return isBuffer(value) ? new NativeUint8Array(value) : undefined;
  let length: number;
  try {
    length = ownBytes ? getBytes.call(value) : slowBytes(value);
  } catch {
    return new NativeUint8Array(viewBuffer(value), viewOffset(value), viewBytes(value));
  }
  const u8 = value as Uint8Array;
  // Behind the end of its buffer a view looks like an empty one, but cannot be copied.
  if (length === 0) copyOf(u8);
  return new NativeUint8Array(bufferOf(u8), offsetOf(u8), length);
}
