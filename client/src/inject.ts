// The entry of the client that the Go side injects into every page at document start.
// In a frame or on an origin that is not its own it does nothing at all.

import { define, freeze, includes } from './builtins/base.js';
import {
  dataOf,
  isHidden,
  isPersisted,
  listenTo,
  messengerTo,
  post,
  rootOf,
  unlisten,
} from './builtins/dom.js';
import { countRefusals } from './csp.js';
import { HttpCarrier } from './http.js';
import { KEY } from './key.js';
import { createPage } from './page.js';
import { secludeAll } from './secluded.js';
import { ShmCarrier } from './shm.js';
import type { Memory } from './shmmemory.js';
import { createTimers } from './timers.js';

interface Config {
  /** Where requests go: "tailrace://localhost". */
  readonly base: string;
  /** The app's own origins, as `protocol//host`. */
  readonly origins: readonly string[];
  /** The window's label, so that the page need not wait for hello to know it. */
  readonly label?: string;
  /**
   * The name of the event by which last words are said. Only the app's scripts know it: whoever
   * listens to it hears the session's id.
   */
  readonly words?: string;
}

/** Where the web process's extension leaves the functions of shared memory. */
const MEMORY = '__tailrace_memory';

/**
 * The Go side's script looks for it before it calls this one, by operators only: in a document that
 * writes itself anew the script runs again, where the page may have replaced whatever finds KEY.
 */
const MARK = '__tailrace';

/** The parameter of the function that the Go side wraps around this file. */
declare const TAILRACE_CONFIG: Config;

function takeMemory(): Memory | undefined {
  const global = globalThis as { [MEMORY]?: Memory };
  const memory = global[MEMORY];
  delete global[MEMORY]; // no other script of the page gets it
  return typeof memory === 'object' ? memory : undefined;
}

/** Whether the document says that its page tells when it is ready. */
function manual(): boolean {
  const root = rootOf(document) as HTMLElement | null; // at first there is none
  if (root === null) return false;
  const data = dataOf(root) as DOMStringMap | undefined; // an element of XML has none
  return data?.tailraceReady === 'manual';
}

/**
 * Whether the document has an address of the app's own, and its origin: what the Go side's script
 * asks before it calls this one, as ownDocument in webview/documents.go. Here it may be asked by
 * calls. A custom scheme's location.origin may be "null", so the parts are compared.
 */
function isOwn(origins: readonly string[]): boolean {
  const at = `${location.protocol}//${location.host}`;
  return origin === at && includes(origins, at);
}

function inject(config: Config): void {
  const memory = takeMemory();
  if (window.top !== window || !isOwn(config.origins)) return;
  if (KEY in globalThis) return;
  secludeAll();
  const fetch = window.fetch.bind(window); // the page may replace its own
  const timers = createTimers();
  const { base } = config;
  const outlive = messengerTo(config.words);
  const refusals = countRefusals(window, base);
  const carrier = () => {
    const http = new HttpCarrier({
      base,
      fetch,
      clock: timers,
      outlive,
      memory: memory !== undefined,
      post,
      refusals,
    });
    return memory === undefined ? http : new ShmCarrier(memory, http, timers);
  };
  const { state, restored, beginLeave, leave } = createPage({
    carrier,
    clock: timers,
    manual,
    label: config.label,
  });
  define(globalThis, KEY, freeze(state));
  define(globalThis, MARK, true);
  const { api: _api, call: _call, events, ...tailrace } = state;
  define(globalThis, 'tailrace', freeze(tailrace), { configurable: true, writable: true });
  // Module scripts have run by then.
  addEventListener('DOMContentLoaded', () => {
    if (!manual()) events.readyWhenQuiet();
  });
  // A page that is left gets pagehide and then, unless it is hidden already, visibilitychange. In
  // both its listeners may send, and ours come behind them, since each is added as its event
  // begins.
  let persisted = false;
  const last = (event: Event) => {
    if (!event.isTrusted) return; // one that the page has made
    unlisten(window, 'visibilitychange', last);
    leave(true);
    // In the back-forward cache nobody reads: the other side is to know it. Otherwise the link ends
    // with the document, and what is sent until then goes through it.
    if (persisted) memory?.detach();
  };
  const left = (event: Event) => {
    if (!event.isTrusted) return;
    persisted = isPersisted(event);
    leave(false); // in case that a listener keeps visibilitychange from us
    if (isHidden(document)) last(event);
    else listenTo(window, 'visibilitychange', last);
  };
  addEventListener(
    'pagehide',
    (event) => {
      if (event.isTrusted) beginLeave();
      unlisten(window, 'pagehide', left);
      listenTo(window, 'pagehide', left);
    },
    true,
  );
  addEventListener('pageshow', (event) => {
    if (isPersisted(event)) restored();
  });
}

inject(TAILRACE_CONFIG);
