// A Content-Security-Policy of the page's that refuses this package's own requests. It can't be
// lifted any more in that document; one that a <meta> adds comes into force later.

import { blockedOf, directiveOf, dispositionOf, listenTo } from './builtins/dom.js';
import { TailraceError } from './errors.js';

type Listening = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/**
 * Gives a function that tells how many requests to `base` the page's policy has refused. Another
 * URL of the same scheme counts, too, since an event shows no more than the scheme: only who has
 * failed meanwhile was refused.
 */
export function countRefusals(target: Listening, base: string): () => number {
  const scheme = base.slice(0, base.indexOf(':'));
  let n = 0;
  listenTo(
    target,
    'securitypolicyviolation',
    (event) => {
      const directive = directiveOf(event);
      const uri = blockedOf(event);
      if (directive !== 'connect-src' && directive !== 'default-src') return;
      if (dispositionOf(event) === 'report') return;
      if (uri === scheme || uri === base || isBelow(uri, base)) n++;
    },
    true, // what stops it on its way comes later
  );
  return () => n;
}

function isBelow(uri: string, base: string): boolean {
  for (let i = 0; i < base.length; i++) if (uri[i] !== base[i]) return false;
  return uri[base.length] === '/';
}

export function blockedByPolicy(base: string): TailraceError {
  return new TailraceError(
    'blocked_by_csp',
    `the page's Content-Security-Policy refuses requests to ${base}: its connect-src must have ` +
      `'self' if the page is served from there, else ${base}`,
  );
}
