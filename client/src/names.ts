// Names of events and labels of windows: the same rule as in Go, which checks again.

import type { EventTarget } from './api.js';
import { encodeText, tester } from './builtins/base.js';
import { lengthOf } from './builtins/bytes.js';
import { TailraceError } from './errors.js';

const isName = tester(/^[\p{L}\p{Nd}\-/:_]+$/u);
/** In bytes of UTF-8. */
const LONGEST = 1024;

/** What is wrong with a name or a label. */
function fault(name: unknown): string | undefined {
  if (typeof name === 'string') {
    // A character is three bytes at most.
    const length = 3 * name.length > LONGEST ? lengthOf(encodeText(name)) : 0;
    if (length > LONGEST) return `it has ${length} bytes in UTF-8, more than ${LONGEST}`;
    if (isName(name)) return undefined;
  }
  return 'it must be a string of letters, digits and the characters - / : _';
}

/** Throws for what is no event name. */
export function checkEventName(name: unknown): void {
  const wrong = fault(name);
  if (wrong !== undefined) throw new TailraceError('bad_name', `bad event name: ${wrong}`);
}

/** A copy of the target that a user gave: a string is everything of that label. */
export function readTarget(target: string | EventTarget): EventTarget {
  const bad = (why: string) => new TailraceError('bad_target', `bad target of an event: ${why}`);
  const given = typeof target === 'string' ? { kind: 'AnyLabel', label: target } : target;
  if (typeof given !== 'object' || given === null)
    throw bad('it must be a label or { kind, label }');
  const { kind, label } = given as { kind: unknown; label?: unknown };
  switch (kind) {
    case 'Any':
    case 'App':
      return { kind };
    case 'AnyLabel':
    case 'Window':
    case 'Webview':
    case 'WebviewWindow': {
      const wrong = fault(label);
      if (wrong !== undefined) throw bad(`its label: ${wrong}`);
      return { kind, label: label as string };
    }
    default:
      throw bad('there is no such kind');
  }
}
