// Compiled by `npm run check`, not run: what the client makes is taken where a page hands bytes on.

import { type Bytes, Channel, invoke, resume, take } from '../../src/index.js';

/** Fails to compile if the two types are not the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

export const same: Same<Bytes, Uint8Array<ArrayBuffer>> = true;
export const taken: Same<ReturnType<typeof take>, Uint8Array<ArrayBuffer>> = true;

export function draw(message: Uint8Array, width: number): ImageData {
  return new ImageData(new Uint8ClampedArray(take(message).buffer), width);
}

export function keep(message: Uint8Array): Blob {
  return new Blob([take(message), take(message).buffer]);
}

export function give(message: Uint8Array, worker: Worker): void {
  const { buffer } = take(message);
  worker.postMessage(buffer, [buffer]);
}

export const own = new Channel<Bytes>({ own: true, onmessage: (m) => new Blob([m]) });
export const shared = new Channel<Bytes>((m) => new ImageData(new Uint8ClampedArray(m), 2));

export async function all(): Promise<void> {
  for await (const m of own) new Blob([m, m.buffer]);
  new Blob([await invoke<Bytes>('thumbnail')]);
  await resume<Bytes>('frames', { onmessage: (m) => new Blob([m.slice(1)]) });
}

// What a page has of shared memory is no Bytes, and is sent all the same.
declare const foreign: Uint8Array<SharedArrayBuffer>;
// @ts-expect-error: it may change under whoever holds it
export const wrong: Bytes = foreign;
void invoke('put', foreign);
void new Channel<never, Uint8Array>().send(foreign);
