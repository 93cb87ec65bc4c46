// A page in a realm of its own, whose built-ins a test may break without breaking itself.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import type { PageState } from '../src/page.js';
import { Go, type SETTINGS } from './go.js';
import { settle } from './goclock.js';
import type { FakeMemory } from './memory.js';

const script = readFileSync('dist/tailrace.js', 'utf8');
const config = { base: 'tailrace://localhost', origins: ['tailrace://localhost'], label: 'main' };

/** Does not keep the test's process alive, nor do its timers. */
class Channel extends MessageChannel {
  constructor() {
    super();
    setImmediate(() => (this.port1 as unknown as { unref(): void }).unref());
  }
}

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype);
const read = (name: string, view: object) =>
  Object.getOwnPropertyDescriptor(typedArrays, name)?.get?.call(view);

/** A view of this realm of the same bytes. */
export function ours(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(read('buffer', view), read('byteOffset', view), read('byteLength', view));
}

export interface Realm {
  readonly go: Go;
  readonly page: PageState;
  /** Runs a script in the realm. */
  // biome-ignore lint/suspicious/noExplicitAny: it may give anything
  run(source: string): any;
}

/** The client in a realm of its own. `before` is a script that runs there before the client. */
export async function openRealm(
  before = '',
  settings: Partial<typeof SETTINGS> = {},
  memory?: FakeMemory,
): Promise<Realm> {
  const window: Record<string, unknown> = {
    location: { protocol: 'tailrace:', host: 'localhost' },
    origin: 'tailrace://localhost',
    addEventListener: () => {},
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms).unref(),
    ...{ clearTimeout, queueMicrotask, console, performance },
    ...{ TextEncoder, TextDecoder, AbortController, AbortSignal, EventTarget, Event },
    MessageChannel: Channel,
    brokenError: () => new Error('it is broken'),
    document: { documentElement: { dataset: {} } },
    __tailrace_memory: memory && {
      attach: (token: string, bell: () => void) => memory.attach(token, bell),
      next: () => memory.next(),
      read: (buffer: Uint8Array) => memory.read(ours(buffer)),
      fill: (u8: Uint8Array, at: number, length: number) => memory.fill(ours(u8), at, length),
      skip: () => memory.skip(),
      push: (bytes: Uint8Array) => memory.push(ours(bytes)),
      taken: () => memory.taken(),
      detach: () => memory.detach(),
    },
  };
  window.window = window;
  window.top = window;
  const context = vm.createContext(window);
  const run = (source: string) => vm.runInContext(source, context);
  run(before);
  let page: PageState | undefined;
  const go = new Go(settings, memory, (fetch) => {
    window.fetch = (url: string, init: RequestInit) => {
      const { body } = init;
      return fetch(url, ArrayBuffer.isView(body) ? { ...init, body: ours(body) } : init);
    };
    run(`(function(TAILRACE_CONFIG){${script}\n})(${JSON.stringify(config)})`);
    page = run('globalThis[Symbol.for("tailrace")]') as PageState;
    return { state: page, restored: () => {}, beginLeave: () => {}, leave: () => {} };
  });
  await settle();
  return { go, page: page as unknown as PageState, run };
}

/** What a promise of another realm gives, whatever stands for its `then`. */
export function outcome<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    Promise.prototype.then.call(promise, resolve as (value: unknown) => void, reject);
  });
}

/**
 * A script that replaces every method and accessor of the realm's built-ins, and what stands under
 * their names, by functions with this body; or, without a body, freezes them.
 */
export function breakAll(body: string | undefined): string {
  return `(() => {
    const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, freeze } = Object;
    const { ownKeys } = Reflect;
    const names = ('Object Function Array String Number Boolean Symbol BigInt Math JSON Reflect ' +
      'Promise Map Set WeakMap WeakSet WeakRef ArrayBuffer SharedArrayBuffer DataView Uint8Array ' +
      'Uint16Array Uint32Array Float64Array Error TypeError RangeError EvalError RegExp Date ' +
      'Proxy Atomics').split(' ');
    const found = new Set();
    const add = (object) => {
      if (typeof object === 'function') found.add(object);
      if (typeof object === 'object' && object !== null) found.add(object);
    };
    for (const name of names) {
      add(globalThis[name]);
      add(globalThis[name]?.prototype);
    }
    for (const object of [
      new Uint8Array(), [].values(), new Map().values(), new Set().values(), ''.matchAll(/x/g),
      'x'[Symbol.iterator](), (function* () {})(), (async function* () {})(), async () => {},
      (async function* () {}).prototype,
    ]) {
      for (let p = getPrototypeOf(object); p !== null; p = getPrototypeOf(p)) {
        add(p);
        if (getOwnPropertyDescriptor(p, 'constructor')) add(p.constructor);
      }
    }
    const body = ${body === undefined ? undefined : JSON.stringify(body)};
    const liar = body && new Function(body);
    // Everything is looked up before the first change.
    const changes = [];
    for (const object of body ? found : []) {
      for (const key of ownKeys(object)) {
        const { configurable, writable, value, get } = getOwnPropertyDescriptor(object, key);
        if (object === Object.prototype && key === '__proto__') continue;
        if (typeof value === 'function' && (writable || configurable)) {
          changes.push({ object, key, property: { value: liar } });
        } else if (get !== undefined && configurable) {
          changes.push({ object, key, property: { get: liar, set: liar } });
        } else if (typeof value === 'string' && key === Symbol.toStringTag && configurable) {
          changes.push({ object, key, property: { value: 'Lie' } });
        }
      }
    }
    const globals = [...names, 'eval', 'fetch', 'setTimeout', 'clearTimeout', 'queueMicrotask',
      'performance', 'TextEncoder', 'TextDecoder', 'AbortController', 'AbortSignal', 'EventTarget',
      'Event', 'MessageChannel', 'addEventListener', 'structuredClone', 'parseInt', 'isNaN'];
    if (!body) for (const object of found) freeze(object);
    for (let i = 0; i < changes.length; i++) {
      const { object, key, property } = changes[i];
      defineProperty(object, key, property);
    }
    if (body) for (let i = 0; i < globals.length; i++) globalThis[globals[i]] = liar;
    return changes.length;
  })()`;
}

/** A script that has each method of the built-ins' prototypes go through the page's function. */
export const wrapAll = `globalThis.wrapped = 0;
  for (const { prototype } of [Object, Function, Array, String, RegExp, Promise, Map, Set, WeakMap,
    WeakRef, ArrayBuffer, DataView, Object.getPrototypeOf(Uint8Array), Error]) {
    const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
    for (const key of ownKeys(prototype)) {
      const { value, configurable } = getOwnPropertyDescriptor(prototype, key);
      if (typeof value !== 'function' || !configurable || key === 'constructor') continue;
      defineProperty(prototype, key, { value(...args) { return apply(value, this, args) } });
      wrapped++;
    }
  }`;
