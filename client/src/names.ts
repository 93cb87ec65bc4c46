// Names of events and labels of windows: the same rule as in Go, which checks again.

import type { EventTarget } from './api.js';
import { TailraceError } from './errors.js';

const NAME = /^[\p{L}\p{Nd}\-/:_]+$/u;
const LONGEST = 1024;

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= LONGEST && NAME.test(name);
}

/** Throws for what is no event name. */
export function checkEventName(name: unknown): void {
  if (isName(name)) return;
  throw new TailraceError(
    'bad_name',
    'bad event name: it must be a string of letters, digits and the characters - / : _',
  );
}

/** The target that a user gave: a string is everything of that label. */
export function readTarget(target: string | EventTarget | undefined): EventTarget {
  if (target === undefined) return { kind: 'Any' };
  const read = typeof target === 'string' ? { kind: 'AnyLabel' as const, label: target } : target;
  if (typeof read === 'object' && read !== null && (!('label' in read) || isName(read.label))) {
    return read;
  }
  throw new TailraceError(
    'bad_target',
    'bad target of an event: a label must be a string of letters, digits and the characters - / : _',
  );
}
