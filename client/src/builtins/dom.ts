// What the page's window gives. Outside of one some of it is not there.

import { isKind, keysOf, methodOf, readerOf } from './base.js';
import { NativePromise } from './promises.js';

const { reportError: nativeReport } = globalThis;
/** Tests put others in their place. */
// biome-ignore lint/security/noGlobalEval: Go's scripts are for eval
export const host = { eval: globalThis.eval, setTimeout: globalThis.setTimeout };
export const microtask = globalThis.queueMicrotask;

/** Shows what a user's callback threw, as the browser shows any uncaught error. */
export function report(error: unknown): void {
  try {
    const { reportError } = globalThis; // the page's own, if it collects errors
    if (typeof reportError === 'function') {
      reportError(error);
      return;
    }
  } catch {
    // It is not what it was.
  }
  if (typeof nativeReport === 'function') {
    nativeReport(error);
    return;
  }
  const { setTimeout } = host; // a method of the window, or of nothing
  setTimeout(() => {
    throw error;
  });
}

/** Writes to the console, which is the page's own, and may be anything. */
export function tell(level: 'error' | 'warn', text: string, error?: unknown): void {
  try {
    if (error === undefined) console[level](text);
    else console[level](text, error);
  } catch {
    // Nobody reads it.
  }
}

// ---- events

const targets = globalThis.EventTarget?.prototype;
const addListener = methodOf<void>(targets, 'addEventListener');
const removeListener = methodOf<void>(targets, 'removeEventListener');
export const NativeEventTarget = globalThis.EventTarget;
export const NativeEvent = globalThis.Event;
export const dispatch = methodOf<boolean>(targets, 'dispatchEvent');

type Listening = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/** Of an event target of any realm, or of what only looks like one. */
export function listenTo(
  target: Listening,
  name: string,
  listener: (event: Event) => void,
  capture = false,
): void {
  try {
    addListener(target, name, listener, capture);
  } catch {
    target.addEventListener(name, listener, capture);
  }
}

export function unlisten(target: Listening, name: string, listener: (event: Event) => void): void {
  try {
    removeListener(target, name, listener);
  } catch {
    target.removeEventListener(name, listener);
  }
}

/** Reads a property of a native object of any realm, or of what only looks like one. */
function reader<R>(prototype: object | undefined, name: string): (object: object) => R {
  const read = readerOf<R>(prototype, name);
  return (object) =>
    isKind(read, object) ? read(object) : (object as unknown as Record<string, R>)[name];
}

export const isPersisted = reader<boolean>(globalThis.PageTransitionEvent?.prototype, 'persisted');
const violations = globalThis.SecurityPolicyViolationEvent?.prototype;
export const directiveOf = reader<string>(violations, 'effectiveDirective');
export const blockedOf = reader<string>(violations, 'blockedURI');
export const dispositionOf = reader<string>(violations, 'disposition');
export const isHidden = reader<boolean>(globalThis.Document?.prototype, 'hidden');
export const rootOf = reader<HTMLElement>(globalThis.Document?.prototype, 'documentElement');
export const dataOf = reader<DOMStringMap>(globalThis.HTMLElement?.prototype, 'dataset');

const signals = globalThis.AbortSignal?.prototype;
export const isAborted = reader<boolean>(signals, 'aborted');
export const reasonOf = reader<unknown>(signals, 'reason');

// ---- messages to the app

const NativeCustomEvent = globalThis.CustomEvent;

/**
 * Gives what says a text to the app, by an event of that name, which a script in a world of its own
 * hears. undefined: nobody does.
 */
export function messengerTo(name: string | undefined): ((text: string) => void) | undefined {
  if (name === undefined || typeof NativeCustomEvent !== 'function') return undefined;
  const { window } = globalThis;
  return (text) => {
    const init = { __proto__: null, detail: text } as CustomEventInit<string>;
    const event = new NativeCustomEvent(name, init);
    try {
      dispatch(window, event);
    } catch {
      window.dispatchEvent(event); // it only looks like a window
    }
  };
}

// ---- requests

const NativeAbortController = globalThis.AbortController;
const controllers = NativeAbortController?.prototype;
const readSignal = readerOf<AbortSignal>(controllers, 'signal');
const abortController = methodOf<void>(controllers, 'abort');

export class Aborter {
  private readonly controller = new NativeAbortController();
  readonly signal = readSignal(this.controller);

  abort(): void {
    abortController(this.controller);
  }
}

/** What a request outside of the batches gave. */
export interface Asked {
  readonly status: number;
  readonly text: string;
}

/** A request whose answer nobody else sees. Undefined: it failed. Never rejects. */
export interface Ask {
  answer: Promise<Asked | undefined>;
  abort(): void;
}

const NativeRequest = globalThis.XMLHttpRequest;
const requests = NativeRequest?.prototype;
const openRequest = methodOf<void>(requests, 'open');
const setHeader = methodOf<void>(requests, 'setRequestHeader');
const sendRequest = methodOf<void>(requests, 'send');
const abortRequest = methodOf<void>(requests, 'abort');
const requestStatus = readerOf<number>(requests, 'status');
const requestText = readerOf<string>(requests, 'responseText');

/**
 * Posts, and gives the answer, undefined if there is none. That of fetch is an object: whoever
 * resolves a promise with it asks it for a `then`, and a page that has put one into
 * Object.prototype can read what it holds. Text is asked nothing.
 */
function askBy(url: string, headers: Record<string, string>, body: string | null): Ask {
  const request = new NativeRequest();
  const answer = new NativePromise<Asked | undefined>((resolve) => {
    listenTo(request, 'loadend', () => {
      const status = requestStatus(request);
      const asked = { __proto__: null, status, text: status === 0 ? '' : requestText(request) };
      resolve(status === 0 ? undefined : (asked as unknown as Asked));
    });
    openRequest(request, 'POST', url);
    const names = keysOf(headers);
    for (let i = 0; i < names.length; i++) setHeader(request, names[i], headers[names[i]]);
    sendRequest(request, body);
  });
  return { answer, abort: () => abortRequest(request) };
}

/** Undefined: there are no such requests here. */
export const post = NativeRequest === undefined ? undefined : askBy;

const responses = globalThis.Response?.prototype;
const readStatus = readerOf<number>(responses, 'status');
const readBody = methodOf<Promise<ArrayBuffer>>(responses, 'arrayBuffer');

/**
 * The status and the body of what `fetch` gave, which may be a library's that stood there at the
 * start.
 */
export const statusOf = reader<number>(responses, 'status');

export function bodyOf(response: Response): Promise<ArrayBuffer> {
  return isKind(readStatus, response) ? readBody(response) : response.arrayBuffer();
}

const headers = globalThis.Headers?.prototype;
const eachHeaderOf = methodOf<void>(headers, 'forEach');
const hasHeader = methodOf<boolean>(headers, 'has');

/** Whether it is a Headers, of whatever realm; then calls back for each. */
export function eachHeader(value: unknown, each: (value: string, name: string) => void): boolean {
  if (!isKind((self) => hasHeader(self, 'x'), value)) return false;
  eachHeaderOf(value, each);
  return true;
}
