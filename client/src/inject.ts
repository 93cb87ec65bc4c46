// The entry of the client that the Go side injects into every page at document start.
// In a frame or on an origin that is not its own it does nothing at all.

import { timers } from './connection.js';
import { HttpCarrier } from './http.js';
import { createPage, KEY } from './page.js';

interface Config {
  /** Where requests go: "tailrace://localhost". */
  readonly base: string;
  /** The app's own origins, as `protocol//host`. */
  readonly origins: readonly string[];
}

/** The parameter of the function that the Go side wraps around this file. */
declare const TAILRACE_CONFIG: Config;

function inject(config: Config): void {
  // A custom scheme's location.origin may be "null", so the parts are compared.
  if (window.top !== window || !config.origins.includes(`${location.protocol}//${location.host}`)) {
    return;
  }
  if (KEY in globalThis) return;
  const fetch = window.fetch.bind(window); // the page may replace its own
  const { base } = config;
  const { state, restored } = createPage({
    carrier: () => new HttpCarrier({ base, fetch, clock: timers }),
    clock: timers,
  });
  Object.defineProperty(globalThis, KEY, { value: Object.freeze(state) });
  const { invoke, Channel, take, TailraceError, session } = state;
  Object.defineProperty(globalThis, 'tailrace', {
    value: Object.freeze({ invoke, Channel, take, TailraceError, session }),
    configurable: true,
    writable: true,
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) restored();
  });
}

inject(TAILRACE_CONFIG);
