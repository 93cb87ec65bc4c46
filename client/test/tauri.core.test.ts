import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearMocks, mockIPC, mockWindows } from '@tauri-apps/api/mocks';
import { delimiter, sep } from '@tauri-apps/api/path';
import { API } from '../src/key.js';
import type { Channel } from '../src/tauri/core.js';
import { settle } from './goclock.js';
import { watchReports } from './reported.js';
import { ours, real, reason, tauriPage } from './tauri.js';

const reported = watchReports();

for (const [name, { core, event }] of Object.entries({ ours, real })) {
  test(`${name}: arguments follow Tauri's rules`, async () => {
    const page = await tauriPage();
    page.answers.c = () => ({ json: null });
    const { invoke, SERIALIZE_TO_IPC_FN } = core;
    const own = { [SERIALIZE_TO_IPC_FN]: () => ({ Own: new Uint8Array([7]) }) };
    const args: Parameters<typeof invoke>[1][] = [
      undefined,
      {},
      { map: new Map<string, unknown>([['a', new Map([['b', 1]])]]) },
      { bytes: new Uint8Array([1, 2]), buffer: new Uint8Array([3]).buffer, own, date: new Date(0) },
      { text: '__CHANNEL__:9', undefined: undefined, null: null },
      new Uint8Array([0, 1, 2]).subarray(1),
      new Uint8Array([4]).buffer,
      [5, 6],
    ];
    for (const arg of args) await page.do(invoke('c', arg));
    for (const headers of [
      new Headers({ A: '1' }),
      [['B', '2']] as [string, string][],
      { C: '3' },
    ]) {
      await page.do(invoke('c', {}, { headers }));
    }
    assert.deepEqual(page.log, [
      ['c', {}],
      ['c', {}],
      ['c', { map: { a: { b: 1 } } }],
      ['c', { bytes: [1, 2], buffer: [3], own: { Own: [7] }, date: '1970-01-01T00:00:00.000Z' }],
      ['c', { text: '__CHANNEL__:9', null: null }],
      ['c', [1, 2]],
      ['c', [4]],
      ['c', [5, 6]],
      ['c', {}, { a: '1' }],
      ['c', {}, { b: '2' }],
      ['c', {}, { c: '3' }],
    ]);
  });

  test(`${name}: results are JSON's values, or an ArrayBuffer of their own`, async () => {
    const page = await tauriPage();
    page.answers = {
      json: () => ({ json: { n: 1 } }),
      nothing: () => ({ json: undefined }),
      raw: () => ({ bytes: [1, 2, 3] }),
    };
    const { invoke } = core;
    assert.deepEqual(await page.do(invoke('json')), { n: 1 });
    assert.equal(await page.do(invoke('nothing')), null);
    const raw = await page.do(invoke<ArrayBuffer>('raw'));
    assert.ok(raw instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(raw)], [1, 2, 3]);
  });

  test(`${name}: rejections are plain values: an error's detail, or its message`, async () => {
    const page = await tauriPage();
    page.answers = {
      plain: () => ({ error: { code: 'error', message: 'no such file' } }),
      detail: () => ({ error: { code: 'x', message: 'm', detail: { kind: 'io', errno: 2 } } }),
      null: () => ({ error: { code: 'x', message: 'm', detail: null } }),
    };
    const { invoke } = core;
    assert.equal(await reason(page.do(invoke('plain'))), 'no such file');
    assert.deepEqual(await reason(page.do(invoke('detail'))), { kind: 'io', errno: 2 });
    assert.equal(await reason(page.do(invoke('null'))), null);
    assert.equal(await reason(page.do(invoke('nowhere'))), 'no command "nowhere"');
    page.go.pulls[0].reply({ status: 410, body: '{"code":"closed","message":"over"}' });
    await settle();
    assert.equal(await reason(invoke('plain')), 'over');
  });

  test(`${name}: a channel at any depth gets messages in order; its end frees it`, async () => {
    const page = await tauriPage();
    page.answers.c = () => undefined;
    const seen: unknown[] = [];
    const a = new core.Channel<unknown>((message) => seen.push(['a', message]));
    const b = new core.Channel<unknown>();
    b.onmessage = (message) => seen.push(['b', message]);
    const before = page.callbacks;
    assert.equal(b.toJSON(), `__CHANNEL__:${b.id}`);
    const call = core.invoke('c', { deep: [{ a }, a], b });
    await page.bus.answer();
    const { id, lanes } = page.call('c');
    assert.deepEqual(page.log, [
      ['c', { deep: [{ a: '__CHANNEL__:1' }, '__CHANNEL__:1'], b: '__CHANNEL__:3' }],
    ]);
    for (const lane of lanes) await page.open(lane);
    await page.messages(lanes[0], [{ event: 'started' }, 2, null]);
    await page.messages(lanes[1], [new Uint8Array([1, 2])]);
    await page.messages(lanes[0], [3], true);
    assert.equal(page.callbacks, before - 1);
    await page.reply(id, 'done');
    assert.equal(await call, 'done');
    await page.messages(lanes[1], [4], true);
    assert.equal(page.callbacks, before - 2);
    assert.deepEqual(seen.slice(0, 3), [
      ['a', { event: 'started' }],
      ['a', 2],
      ['a', null],
    ]);
    const [, bytes] = seen[3] as [string, ArrayBuffer];
    assert.ok(bytes instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(bytes)], [1, 2]);
    assert.deepEqual(seen.slice(4), [
      ['a', 3],
      ['b', 4],
    ]);
  });

  test(`${name}: text that looks like a channel is text, whatever its number is`, async () => {
    const page = await tauriPage();
    page.answers.say = (args) => ({ json: args });
    page.answers.watch = () => undefined;
    const { bus } = page;
    const heard: unknown[] = [];
    const got: unknown[] = [];
    const channel = new core.Channel((message) => got.push(message)) as Channel<unknown>;
    await page.do(event.listen('chat', ({ payload }) => heard.push(payload)));
    const handler = core.transformCallback(() => {});
    const texts = Array.from({ length: handler + 1 }, (_, id) => `__CHANNEL__:${id}`);
    const SERIALIZE = core.SERIALIZE_TO_IPC_FN;
    const args = {
      texts,
      boxed: texts.map((text) => new String(text)),
      written: { id: 'note', toJSON: () => texts[channel.id] },
      inside: { [SERIALIZE]: () => [texts[channel.id]] },
      own: { [SERIALIZE]: () => texts[channel.id] },
    };
    assert.deepEqual(await page.do(core.invoke('say', args)), {
      texts,
      boxed: texts,
      written: texts[channel.id],
      inside: [texts[channel.id]],
      own: texts[channel.id],
    });
    assert.deepEqual(page.call('say').lanes, []);

    for (const text of texts) await page.do(event.emit('chat', text));
    assert.deepEqual(
      bus.emitted.map(({ payload }) => payload),
      texts,
    );
    await bus.send('chat', 'still there');
    assert.deepEqual(heard, ['still there']);

    // Text beside a channel of that number, which lives on.
    void core.invoke('watch', { text: texts[channel.id], channel });
    await bus.answer();
    const { lanes } = page.call('watch');
    assert.deepEqual(lanes, [1]);
    assert.deepEqual(page.log.at(-1), [
      'watch',
      { text: texts[channel.id], channel: '__CHANNEL__:1' },
    ]);
    await page.messages(lanes[0], ['a'], true);
    assert.deepEqual(got, ['a']);
  });

  test(`${name}: a channel may be passed again while open, and is refused at its end`, async () => {
    const page = await tauriPage();
    page.answers.c = () => ({ json: null });
    const seen: unknown[] = [];
    const channel = new core.Channel((message) => seen.push(message));
    await page.do(core.invoke('c', { channel }));
    await page.do(core.invoke('c', { channel }));
    assert.deepEqual(page.call('c').lanes, [1]);
    await page.messages(1, [1], true);
    assert.deepEqual(seen, [1]);
    assert.match(String(await reason(core.invoke('c', { channel }))), /channel .* has ended/);
    assert.equal(page.log.length, 2);
  });

  test(`${name}: a call that is refused leaves its channel as it was`, async () => {
    const page = await tauriPage();
    page.answers.good = () => ({ json: null });
    const seen: unknown[] = [];
    const channel = new core.Channel((message) => seen.push(message));
    assert.equal(await reason(page.do(core.invoke('bad', { channel }))), 'no command "bad"');
    const cyclic: Record<string, unknown> = { channel };
    cyclic.self = cyclic;
    assert.ok((await reason(core.invoke('good', cyclic))) instanceof TypeError);
    await page.do(core.invoke('good', { channel }));
    const [lane] = page.call('good').lanes;
    await page.messages(lane, [1, 2], true);
    assert.deepEqual(seen, [1, 2]);
    assert.equal(page.callbacks, 0);
  });

  test(`${name}: a plugin may take commands in camel case; an unknown one is named`, async () => {
    const page = await tauriPage();
    page.answers['plugin:p|registerListener'] = () => ({ json: null });
    const seen: unknown[] = [];
    await page.do(core.addPluginListener('p', 'e', (data) => seen.push(data)));
    await page.messages(page.call('plugin:p|registerListener').lanes[0], [1]);
    assert.deepEqual(seen, [1]);
    const error = await reason(page.do(core.addPluginListener('nowhere', 'e', () => {})));
    assert.equal(error, 'no command "plugin:nowhere|registerListener"');
  });

  test(`${name}: a handler that throws is reported, and its channel goes on`, async (t) => {
    const page = await tauriPage();
    page.answers.c = () => ({ json: null });
    const seen: unknown[] = [];
    const thrown: unknown[] = [];
    const { queueMicrotask } = globalThis; // the package throws in one
    t.mock.method(globalThis, 'queueMicrotask', (callback: () => void) =>
      queueMicrotask(() => {
        try {
          callback();
        } catch (error) {
          thrown.push(error);
        }
      }),
    );
    const channel = new core.Channel<number>((n) => {
      seen.push(n);
      if (n === 1) throw new Error('mine');
    });
    await page.do(core.invoke('c', { channel }));
    await page.messages(1, [1, 2]);
    await settle();
    assert.deepEqual(seen, [1, 2]);
    assert.equal(thrown.length + reported.splice(0).length, 1);
  });

  test(`${name}: listeners of plugins, resources, files`, async () => {
    const page = await tauriPage();
    for (const cmd of ['register_listener', 'remove_listener', 'check_permissions']) {
      page.answers[`plugin:p|${cmd}`] = () => ({ json: null });
    }
    page.answers['plugin:resources|close'] = () => ({ json: null });
    const seen: unknown[] = [];
    const listener = await page.do(core.addPluginListener('p', 'e', (data) => seen.push(data)));
    await page.messages(page.call('plugin:p|register_listener').lanes[0], [{ n: 1 }]);
    await page.do(listener.unregister());
    await page.do(core.checkPermissions('p'));
    await page.do(new core.Resource(7).close());
    assert.deepEqual(seen, [{ n: 1 }]);
    assert.deepEqual(page.log, [
      ['plugin:p|register_listener', { event: 'e', handler: '__CHANNEL__:1' }],
      ['plugin:p|remove_listener', { event: 'e', channelId: listener.channelId }],
      ['plugin:p|check_permissions', {}],
      ['plugin:resources|close', { rid: 7 }],
    ]);
    const url = 'tailrace://localhost/.tailrace/file/%2Fa%20b%2F%C3%BC.png';
    assert.equal(core.convertFileSrc('/a b/ü.png'), url);
    assert.equal(core.convertFileSrc('x', 'own'), 'own://localhost/x');
    assert.equal(core.isTauri(), true);
  });
}

test('ours: a channel of the tailrace package may stand among the arguments', async () => {
  const page = await tauriPage();
  page.answers.c = () => ({ json: null });
  const first = new ours.core.Channel();
  const channel = new page.go.api.Channel();
  await page.do(ours.core.invoke('c', { channel, first }));
  assert.deepEqual(page.log, [['c', { channel: '__CHANNEL__:1', first: '__CHANNEL__:3' }]]);
});

test('real: callbacks, path, and mocks', async () => {
  const page = await tauriPage();
  const globals = globalThis as unknown as {
    __TAURI_INTERNALS__: Record<string, unknown> & {
      runCallback(id: number, data: unknown): void;
    };
    isTauri: boolean;
  };
  const internals = globals.__TAURI_INTERNALS__;
  assert.equal(globals.isTauri, true);
  assert.deepEqual([sep(), delimiter()], ['/', ':']);
  const seen: unknown[] = [];
  const once = real.core.transformCallback((data) => seen.push(data), true);
  internals.runCallback(once, 1);
  assert.deepEqual([...seen], [1]);
  assert.equal(page.callbacks, 0);
  mockWindows('mocked');
  mockIPC((cmd, args) => [cmd, args], { shouldMockEvents: true });
  assert.deepEqual(await real.core.invoke('c', { a: 1 }), ['c', { a: 1 }]);
  assert.equal(real.window.getCurrentWindow().label, 'mocked');
  await real.event.once('x', ({ payload }) => seen.push(payload));
  await real.event.emit('x', 2);
  await real.event.emit('x', 3);
  assert.deepEqual(seen, [1, 2]);
  clearMocks();
  assert.equal(page.log.length, 0, 'nothing of it reached Go');
});

test('ours: outside the app’s windows calls reject with the reason; nothing throws', async () => {
  await tauriPage();
  const globals = globalThis as Record<PropertyKey, unknown>;
  Reflect.deleteProperty(globals, Symbol.for('tailrace.tauri'));
  Reflect.deleteProperty(globals, Symbol.for('tailrace'));
  const { core, event, webviewWindow } = ours;
  assert.equal(core.isTauri(), false);
  const channel = new core.Channel();
  assert.match(String(await reason(core.invoke('c', { channel }))), /not inside a Tailrace window/);
  assert.match(String(await reason(event.listen('x', () => {}))), /not inside/);
  assert.match(String(await reason(event.emit('x'))), /not inside/);
  assert.equal(webviewWindow.getCurrentWebviewWindow().label, 'main');
});

test('ours: headers given twice are joined, as Headers does it', async () => {
  const page = await tauriPage();
  page.answers.c = () => ({ json: null });
  const twice: [string, string][] = [
    ['a', '1'],
    ['A', '2'],
    ['b', '3'],
  ];
  for (const headers of [twice, new Headers(twice), { a: '1', A: '2', b: '3' }]) {
    await page.do(ours.core.invoke('c', {}, { headers }));
  }
  const joined = ['c', {}, { a: '1, 2', b: '3' }];
  assert.deepEqual(page.log, [joined, joined, joined]);
});

test('ours: what stands under the bridge’s key must be of this version', async () => {
  await tauriPage();
  const globals = globalThis as Record<PropertyKey, unknown>;
  const key = Symbol.for('tailrace.tauri');
  assert.equal((globals[key] as { api: number }).api, API);
  Object.defineProperty(globals, key, { value: { api: API - 1 }, configurable: true });
  const version = /does not fit the Go side's client/;
  assert.match(String(await reason(ours.core.invoke('c'))), version);
  assert.match(String(await reason(ours.event.listen('x', () => {}))), version);
  assert.equal(typeof new ours.core.Channel().id, 'number');
});
