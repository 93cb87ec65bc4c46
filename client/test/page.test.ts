// The built bundles, as a page meets them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import type * as Package from '../src/index.js';
import { SETTINGS } from './go.js';
import { settle } from './goclock.js';
import { FakeMemory } from './memory.js';

const KEY = Symbol.for('tailrace');
const script = readFileSync('dist/tailrace.js', 'utf8');
const internals = readFileSync('dist/tauri-internals.js', 'utf8');
const config = {
  base: 'tailrace://localhost',
  origins: ['tailrace://localhost', 'http://localhost:5173'],
  label: 'main',
};

/** Does not keep the test's process alive. */
class Channel extends MessageChannel {
  constructor() {
    super();
    setImmediate(() => (this.port1 as unknown as { unref(): void }).unref());
  }
}

/** A window, as far as the script looks at it. */
function makeWindow(href: string, framed = false, memory?: object, sandboxed = false) {
  const url = /^([a-z]+:)\/\/([^/]*)/.exec(href) as RegExpExecArray;
  const fetched: string[] = [];
  const posted: string[] = [];
  const headers: Record<string, string>[] = [];
  const dataset: Record<string, string> = {};
  const listeners: Record<string, (event: { persisted?: boolean; isTrusted?: boolean }) => void> =
    {};
  const window: Record<string, unknown> = {
    location: { protocol: url[1], host: url[2], origin: 'null' },
    origin: sandboxed ? 'null' : url[0],
    fetch: (url: string, init: RequestInit) => {
      fetched.push(url);
      headers.push(init.headers as Record<string, string>);
      posted.push(
        init.body === null ? '' : Buffer.from(init.body as Uint8Array).toString('latin1'),
      );
      if (!url.endsWith('/hello')) return new Promise(() => {});
      const body = new TextEncoder().encode(JSON.stringify(SETTINGS));
      return Promise.resolve({ status: 200, arrayBuffer: async () => body.buffer });
    },
    removeEventListener: () => {},
    addEventListener: (name: string, listener: (typeof listeners)[string]) => {
      listeners[name] = listener;
    },
    ...{ setTimeout: () => 0, clearTimeout: () => {}, queueMicrotask, console },
    ...{
      TextEncoder,
      TextDecoder,
      AbortController,
      performance,
      MessageChannel: Channel,
      EventTarget,
      Event,
      CustomEvent,
    },
    document: { documentElement: { dataset } },
  };
  window.window = window;
  window.top = framed ? {} : window;
  if (memory !== undefined) {
    Object.defineProperty(window, '__tailrace_memory', { value: memory, configurable: true });
  }
  const context = vm.createContext(window);
  const run = (settings: object = config, source = script) =>
    vm.runInContext(
      `(function(TAILRACE_CONFIG){${source}\n})(${JSON.stringify(settings)})`,
      context,
    );
  const global = vm.runInContext('globalThis', context);
  return { global, fetched, posted, headers, dataset, listeners, run };
}

test('the injected script takes the functions of shared memory away', async () => {
  for (const framed of [false, true]) {
    const memory = new FakeMemory();
    const { global, fetched, posted, headers, listeners, run } = makeWindow(
      'tailrace://localhost/index.html',
      framed,
      memory,
    );
    run();
    assert.equal('__tailrace_memory' in global, false);
    if (framed) continue;
    assert.equal(headers[0]['Tailrace-Memory'], '1');
    memory.offerTo(SETTINGS.session);
    await settle();
    assert.equal(memory.attachedTo, SETTINGS.session);
    listeners.pagehide({ persisted: true });
    assert.equal(memory.attachedTo, SETTINGS.session, 'the page’s own listeners may send');
    listeners.pagehide({ persisted: true, isTrusted: false });
    assert.equal(
      memory.attachedTo,
      SETTINGS.session,
      'an event that a script makes leaves nothing',
    );
    listeners.pagehide({ persisted: true, isTrusted: true });
    listeners.visibilitychange({ isTrusted: false });
    assert.equal(
      memory.attachedTo,
      SETTINGS.session,
      'its listeners of visibilitychange may send, too',
    );
    listeners.visibilitychange({ isTrusted: true });
    assert.equal(memory.attachedTo, undefined, 'a page in the back-forward cache has no link');
    assert.deepEqual(fetched.slice(1), ['tailrace://localhost/.tailrace/leave']);
    assert.match(posted[1], /^{"last":\d+}$/);
    run();
    assert.equal(headers.length, 2, 'the second script does nothing');
  }
});

test('a page’s last words go by a message, which outlives it; at once if hidden', async () => {
  const { global, fetched, listeners, run } = makeWindow('tailrace://localhost/index.html');
  const said: string[] = [];
  global.dispatchEvent = (event: CustomEvent<string>) => {
    assert.equal(event.type, 'words-4711');
    said.push(event.detail);
  };
  global.document.hidden = true;
  run({ ...config, words: 'words-4711' });
  await settle();
  const { length } = fetched;
  global.tailrace.emit('bye', 'é').catch(() => {});
  listeners.pagehide({ isTrusted: true });
  listeners.pagehide({ isTrusted: true });
  assert.equal(said.length, 2);
  assert.match(said[0], new RegExp(`^${SETTINGS.session} batch .*"Ã©"`, 's'), 'bytes');
  assert.equal(said[1], `${SETTINGS.session} leave {"last":1}`);
  assert.equal(fetched.length, length, 'no request');
});

test('the injected script says hello at once on its own origins', async () => {
  for (const href of ['tailrace://localhost/index.html', 'http://localhost:5173/']) {
    const { global, fetched, listeners, run } = makeWindow(href);
    run();
    assert.deepEqual(fetched, ['tailrace://localhost/.tailrace/hello']);
    assert.deepEqual(Object.keys(global.tailrace).sort(), [
      'Channel',
      'TailraceError',
      'currentWindow',
      'emit',
      'emitTo',
      'invoke',
      'listen',
      'once',
      'ready',
      'resume',
      'session',
      'take',
    ]);
    assert.equal(global[KEY].api, 3);
    assert.equal(global.tailrace.session.label, 'main', 'known before hello is answered');
    assert.equal(global.tailrace.currentWindow().label, 'main');
    assert.equal(Object.keys(global).includes('tailrace'), false);
    await settle();
    assert.equal(global.tailrace.session.state, 'open');
    assert.equal(fetched.length, 1 + SETTINGS.pulls);
    const state = global[KEY];
    run();
    assert.equal(global[KEY], state, 'a second copy does nothing');
    assert.equal(fetched.length, 1 + SETTINGS.pulls);
    listeners.pageshow({ persisted: false });
    assert.equal(fetched.length, 1 + SETTINGS.pulls);
    listeners.pageshow({ persisted: true });
    assert.equal(fetched[fetched.length - 1], 'tailrace://localhost/.tailrace/hello');
  }
});

test('it does nothing at all anywhere else', async () => {
  const windows = [
    makeWindow('https://example.org/'),
    makeWindow('tailrace://localhost.example/'),
    makeWindow('tailrace://other/'),
    makeWindow('http://localhost:51730/'),
    makeWindow('http://localhost/'),
    makeWindow('tailrace://localhost/', true),
    makeWindow('tailrace://localhost/', false, undefined, true),
  ];
  for (const { global, fetched, listeners, run } of windows) {
    const before = Reflect.ownKeys(global);
    run();
    run(config, internals);
    await settle();
    assert.deepEqual(Reflect.ownKeys(global), before);
    assert.deepEqual([fetched, listeners], [[], {}]);
  }
});

test('the page is ready after DOMContentLoaded, unless its document says manual', async () => {
  const isReady = /plugin:event\|ready/;
  for (const manual of [false, true]) {
    const { global, posted, dataset, listeners, run } = makeWindow('tailrace://localhost/');
    if (manual) dataset.tailraceReady = 'manual';
    run();
    await settle();
    listeners.DOMContentLoaded({ persisted: false });
    assert.doesNotMatch(posted.join(), isReady, 'its own handlers come first');
    for (let i = 0; i < (manual ? 10 : 1000) && !isReady.test(posted.join()); i++) await settle();
    assert.equal(isReady.test(posted.join()), !manual);
    global.tailrace.ready();
    for (let i = 0; i < 10; i++) await settle();
    assert.equal(posted.join().match(/plugin:event\|ready/g)?.length, 1);
  }
});

test('the internals of Tauri’s package know the label at once', () => {
  const { global, run } = makeWindow('tailrace://localhost/');
  run();
  run(config, internals);
  const { metadata, plugins } = global.__TAURI_INTERNALS__;
  assert.equal(metadata.currentWindow.label, 'main');
  assert.equal(metadata.currentWebview.label, 'main');
  assert.equal(plugins.path.sep, '/');
  assert.equal(global.isTauri, true);
  assert.equal(typeof global.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener, 'function');
  assert.equal(
    global[Symbol.for('tailrace.tauri')].callbacks,
    global.__TAURI_INTERNALS__.callbacks,
  );
});

let copies = 0;
const load = (): Promise<typeof Package> =>
  import(`${pathToFileURL('dist/tailrace.mjs')}?copy=${copies++}`);

test('the package without a session: every call rejects with no_session', async () => {
  const { invoke, Channel, TailraceError, session, take, ...events } = await load();
  const { listen, emit, currentWindow, ready } = events;
  const error = (e: unknown) => {
    assert.ok(e instanceof TailraceError);
    assert.equal((e as { code?: string }).code, 'no_session');
    assert.match((e as Error).message, /not inside a Tailrace window/);
    return true;
  };
  const channel = new Channel<number>(() => {});
  await assert.rejects(invoke('x', { n: 1 }), error);
  await assert.rejects(channel.send(1), error);
  assert.throws(() => channel.trySend(1), error);
  await assert.rejects(async () => {
    for await (const _ of channel) assert.fail();
  }, error);
  channel.close();
  await assert.rejects(
    listen('x', () => {}),
    error,
  );
  await assert.rejects(emit('x'), error);
  await assert.rejects(currentWindow().emit('x'), error);
  await assert.rejects(
    currentWindow().listen('x', () => {}),
    error,
  );
  await assert.rejects(ready(), error);
  assert.equal(session.state, 'ended');
  assert.equal(take(new Uint8Array(4).subarray(1)).buffer.byteLength, 3);
});

test('every copy of the package uses the page’s one state, if it fits', async () => {
  const { global, run } = makeWindow('tailrace://localhost/');
  run();
  const state = global[KEY];
  const define = (value: unknown) =>
    Object.defineProperty(globalThis, KEY, { value, configurable: true });
  try {
    define(state);
    const [one, two] = [await load(), await load()];
    for (const copy of [one, two]) {
      assert.equal(copy.invoke, state.invoke);
      assert.equal(copy.Channel, state.Channel);
      assert.equal(copy.TailraceError, state.TailraceError);
      assert.equal(copy.session, state.session);
    }
    define({ ...state, api: state.api + 1 });
    await assert.rejects((await load()).invoke('x'), { code: 'version' });
  } finally {
    Reflect.deleteProperty(globalThis, KEY);
  }
});
