// How a copy of the package finds the client that the Go side has injected.

import { API, KEY } from './key.js';
import type { PageState } from './page.js';

/** Why there is no client that this copy can use. */
export interface Absence {
  readonly code: string;
  readonly message: string;
}

export function findPage(): PageState | Absence {
  const state = (globalThis as { [KEY]?: PageState })[KEY];
  if (state === undefined) {
    return {
      code: 'no_session',
      message:
        'this page is not inside a Tailrace window: ' +
        'open it from the Go app, or give its origin as DevURL',
    };
  }
  return misfit(state) ?? state;
}

/** Why what another copy has left cannot be used, if it cannot. */
export function misfit({ api }: { api: number }): Absence | undefined {
  if (api === API) return undefined;
  return {
    code: 'version',
    message:
      "this copy of the tailrace package does not fit the Go side's client " +
      `(${api} there, ${API} here): update it`,
  };
}
