// Names of events and labels of windows, and the targets that listeners have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventTarget } from '../src/api.js';
import { Bus, page, settled } from './bus.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { watchReports } from './reported.js';

watchReports();

test('targets go to Go as they are, a string as AnyLabel', async () => {
  const { bus, listen, currentWindow } = await page();
  const targets: (string | EventTarget | undefined)[] = [
    undefined,
    'main',
    { kind: 'App' },
    { kind: 'Window', label: 'a' },
  ];
  for (const target of targets) {
    await settled(
      bus,
      listen('x', () => {}, target === undefined ? {} : { target }),
    );
  }
  await settled(
    bus,
    currentWindow().listen('x', () => {}),
  );
  assert.deepEqual(
    [...bus.subs.values()].map(({ target }) => target),
    [
      { kind: 'Any' },
      { kind: 'AnyLabel', label: 'main' },
      { kind: 'App' },
      { kind: 'Window', label: 'a' },
      { kind: 'WebviewWindow', label: 'main' },
    ],
  );
});

test('names and labels are checked before anything is sent', async () => {
  const { go, bus, listen, once, emit, emitTo } = await page();
  for (const name of ['', 'a b', 'a.b', 'a\n', '\ud800', 'x'.repeat(1025), 1, null]) {
    const bad = name as string;
    await assert.rejects(
      listen(bad, () => {}),
      { code: 'bad_name' },
    );
    await assert.rejects(
      once(bad, () => {}),
      { code: 'bad_name' },
    );
    await assert.rejects(emit(bad), { code: 'bad_name' });
    await assert.rejects(emitTo('main', bad), { code: 'bad_name' });
    await assert.rejects(emitTo(bad, 'x'), { code: 'bad_target' });
    await assert.rejects(emitTo({ kind: 'Window', label: bad }, 'x'), { code: 'bad_target' });
  }
  await assert.rejects(listen('x', undefined as never), { code: 'invalid_args' });
  await settle();
  assert.equal(go.invokes.length, 0);
  for (const name of ['__proto__', 'constructor', 'tauri://resize', 'Größe-1', '事件_٣']) {
    await settled(
      bus,
      listen(name, () => {}),
    );
  }
});

test('a listener has its target as it was when it was added', async () => {
  const { go, bus, listen } = await page();
  const target = { kind: 'Window', label: 'a' };
  await settled(
    bus,
    listen('x', () => {}, { target: target as EventTarget }),
  );
  target.label = 'b';
  go.page.restored();
  await bus.answer();
  assert.deepEqual(
    [...bus.subs.values()],
    [{ event: 'x', target: { kind: 'Window', label: 'a' } }],
  );
});

test('no target, or one of a kind without a label, is Any', async () => {
  const { bus, listen } = await page();
  for (const target of [undefined, null, { kind: 'Any', label: undefined }]) {
    await settled(
      bus,
      listen('x', () => {}, { target: target as EventTarget }),
    );
  }
  for (const { target } of bus.subs.values()) assert.deepEqual(target, { kind: 'Any' });
  assert.equal(bus.subs.size, 3);
});

test('emitTo needs a target', async () => {
  const { go, emitTo } = await page();
  for (const target of [undefined, null, 7, {}, { kind: 'Nobody' }, { kind: 'Window' }]) {
    await assert.rejects(emitTo(target as EventTarget, 'x'), { code: 'bad_target' });
  }
  await settle();
  assert.equal(go.invokes.length, 0);
});

test('names may have 1024 bytes of UTF-8; one that is too long is told its length', async () => {
  const go = await started({ maxBatch: 65536 });
  const bus = new Bus(go);
  const { listen, emitTo } = go.api;
  for (const name of ['x'.repeat(1024), 'é'.repeat(512), '𝐱'.repeat(256)]) {
    await settled(
      bus,
      listen(name, () => {}),
    );
  }
  for (const [name, length] of [
    ['x'.repeat(1025), 1025],
    ['é'.repeat(513), 1026],
    ['𝐱'.repeat(257), 1028],
  ] as const) {
    const message = new RegExp(`it has ${length} bytes in UTF-8, more than 1024`);
    await assert.rejects(
      listen(name, () => {}),
      { code: 'bad_name', message },
    );
    await assert.rejects(emitTo(name, 'x'), { code: 'bad_target', message });
  }
});
