// What a user hands over to be sent, as it goes out.

import { encodeText } from './builtins/base.js';
import { areBytes, bytesOf, isBlob } from './builtins/bytes.js';
import { stringify } from './builtins/json.js';
import { TailraceError } from './errors.js';
import { BYTES, JSON_ } from './wire.js';

/**
 * The bytes of a message as they go out. Those of kind BYTES are the caller's, who may write to
 * them again.
 */
export function encodeMessage(message: unknown): { kind: number; payload: Uint8Array } {
  const bytes = givenBytes(message, 'invalid_message');
  if (bytes !== undefined) return { kind: BYTES, payload: bytes };
  const text = stringify(message);
  if (text === undefined) {
    throw new TailraceError('invalid_message', 'this message has no JSON form');
  }
  return { kind: JSON_, payload: encodeText(text) };
}

/** A view of the bytes that a user hands over as such; undefined: it goes as JSON. */
export function givenBytes(value: unknown, code: string): Uint8Array | undefined {
  let bytes: Uint8Array | undefined;
  try {
    bytes = bytesOf(value);
  } catch (error) {
    if (!areBytes(value)) throw error; // a Proxy that lets nobody look throws here
    throw new TailraceError(
      code,
      'these bytes are not there any more: their buffer was transferred, or has become shorter ' +
        'than the view',
    );
  }
  if (bytes === undefined && isBlob(value)) {
    throw new TailraceError(code, 'a Blob has no JSON form: pass await blob.arrayBuffer()');
  }
  return bytes;
}
