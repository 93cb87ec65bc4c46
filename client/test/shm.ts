// A page with shared memory, and what goes through it.

import { started } from './go.js';
import { FakeMemory } from './memory.js';

/** A page whose shared memory was there when hello was answered. */
export async function attached(settings: Parameters<typeof started>[0] = {}) {
  const memory = new FakeMemory();
  memory.offerTo('s-1');
  const go = await started(settings, memory);
  return { go, memory };
}

/** So many bytes, those of another seed differ. */
export const pattern = (n: number, seed = 0) =>
  Uint8Array.from({ length: n }, (_, i) => (i * 7 + seed) & 255);
