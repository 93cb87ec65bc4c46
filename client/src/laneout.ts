// A message on its way out.

import type { TailraceError } from './errors.js';
import type { Lane } from './lane.js';

export interface Outgoing {
  readonly kind: number;
  payload: Uint8Array;
  /** Lanes that the other side knows once this message is in a batch. */
  readonly opens: readonly Lane[] | undefined;
  /** It stands within the window: it will be sent, in order. */
  readonly accepted: (() => void) | undefined;
  /** It was not accepted, and never will be. */
  readonly refused: ((error: TailraceError) => void) | undefined;
}

/** A message of which nobody hears. All its properties are there: see builtins/base.ts. */
export function withoutAnswer(
  kind: number,
  payload: Uint8Array,
  opens?: readonly Lane[],
): Outgoing {
  return { kind, payload, opens, accepted: undefined, refused: undefined };
}
