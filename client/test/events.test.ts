// What is emitted, and what listeners hear.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../src/api.js';
import { eventFrame, page, settled } from './bus.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';
import { watchReports } from './reported.js';

const reported = watchReports();

test('listen resolves when Go has answered; its listener gets name, number, payload', async () => {
  const { bus, seen, listen } = await page();
  let resolved = false;
  const listening = listen<number>('tick', (event) => seen.push(event));
  listening.then(() => {
    resolved = true;
  });
  await settle();
  assert.equal(resolved, false);
  await bus.answer();
  assert.equal(resolved, true);
  await bus.send('tick', { n: 1 });
  await bus.send('tick', null);
  assert.deepEqual(seen, [
    { event: 'tick', id: 1, payload: { n: 1 } },
    { event: 'tick', id: 1, payload: null },
  ]);
});

test('an event that comes before the answer of listen is heard', async () => {
  const { go, bus, seen, listen } = await page();
  const listening = listen('tick', (event) => seen.push(event.payload));
  await settle();
  const { id } = go.invokes[0];
  await go.send(go.run(0, [eventFrame([1], 'early'), result(id, null)]));
  await settled(bus, listening);
  assert.deepEqual(seen, ['early']);
});

test('listeners of an event are called as registered, whatever their targets', async () => {
  const { bus, seen, listen, once, currentWindow } = await page();
  await settled(
    bus,
    Promise.all([
      listen('x', () => seen.push('a')),
      currentWindow().listen('x', () => seen.push('b')),
      once('x', () => seen.push('c')),
      listen('x', () => seen.push('d')),
    ]),
  );
  await bus.send('x', 1);
  await bus.send('x', 2);
  assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'a', 'b', 'd']);
});

test('each listener has an object of its own, payload included', async () => {
  const { bus, seen, listen } = await page();
  const spoil = (event: Event<{ list: number[] }>) => {
    event.event = 'spoilt';
    event.payload.list.push(2);
  };
  const bytes = (event: Event<Uint8Array>) => {
    event.payload[0]++;
    seen.push([...event.payload]);
  };
  await settled(
    bus,
    Promise.all([
      listen('x', spoil),
      listen<{ list: number[] }>('x', (event) => seen.push(event)),
      listen('bytes', bytes),
      listen('bytes', bytes),
    ]),
  );
  await bus.send('x', { list: [1] });
  assert.deepEqual(seen, [{ event: 'x', id: 2, payload: { list: [1] } }]);
  seen.length = 0;
  await bus.send('bytes', new Uint8Array([1, 2]));
  assert.deepEqual(seen, [
    [2, 2],
    [2, 2],
  ]);
});

test('unlisten acts at once, in the middle of an event too, and is told to Go once', async () => {
  const { bus, seen, listen } = await page();
  let unlistenB = () => {};
  await settled(
    bus,
    listen('x', () => {
      seen.push('a');
      unlistenB();
      unlistenB();
    }),
  );
  unlistenB = await settled(
    bus,
    listen('x', () => seen.push('b')),
  );
  await bus.send('x', 1);
  await bus.answer();
  assert.deepEqual(seen, ['a']);
  assert.deepEqual(bus.commands, ['listen', 'listen', 'unlisten']);
  assert.deepEqual([...bus.subs.keys()], [1]);
});

test('an event on its way to a listener that has ended is dropped', async () => {
  const { go, bus, seen, listen } = await page();
  const unlisten = await settled(
    bus,
    listen('x', () => seen.push('x')),
  );
  unlisten();
  await go.send(go.run(0, [eventFrame([1], 1)]));
  assert.deepEqual(seen, []);
  assert.equal(go.api.session.state, 'open');
});

test('once hears one event, though several come in one batch and its handler emits', async () => {
  const { go, bus, seen, once, emit } = await page();
  bus.echo = true;
  await settled(
    bus,
    once('x', (event) => {
      seen.push(event.payload);
      void emit('x', 'again');
    }),
  );
  await go.send(go.run(0, [eventFrame([1], 1), eventFrame([1], 2)]));
  await bus.answer();
  assert.deepEqual(seen, [1]);
  assert.deepEqual(bus.commands, ['listen', 'unlisten', 'emit']);
});

test('a handler that throws is reported, and harms nobody', async () => {
  const { go, bus, seen, listen } = await page();
  await settled(
    bus,
    Promise.all([
      listen('x', () => {
        throw new Error('mine');
      }),
      listen('x', () => seen.push('b')),
    ]),
  );
  await bus.send('x', 1);
  await bus.send('x', 2);
  assert.deepEqual(seen, ['b', 'b']);
  assert.deepEqual(
    reported.splice(0).map((error) => (error as Error).message),
    ['mine', 'mine'],
  );
  assert.equal(go.api.session.state, 'open');
});

test('listen, invoke and emit reach Go in the order of the calls, without awaiting', async () => {
  const { go, bus, listen, emit, emitTo, invoke } = await page();
  const calls = [
    listen('x', () => {}),
    invoke('c'),
    emit('x', 1),
    emitTo('a', 'x'),
    emit('b', new Uint8Array([1, 2, 3]).subarray(1)),
  ];
  for (const call of calls) call.catch(() => {});
  await bus.answer();
  assert.deepEqual(
    go.invokes.map(({ envelope, json }) => [envelope.cmd, json]),
    [
      ['plugin:event|listen', { event: 'x', target: { kind: 'Any' }, sub: 1 }],
      ['c', null],
      ['plugin:event|emit', { event: 'x', payload: 1 }],
      [
        'plugin:event|emit_to',
        { event: 'x', target: { kind: 'AnyLabel', label: 'a' }, payload: null },
      ],
      ['plugin:event|emit_bytes', undefined],
    ],
  );
});

test('bytes are emitted and heard as bytes', async () => {
  const { bus, seen, listen, emit, emitTo, currentWindow } = await page();
  bus.echo = true;
  await settled(
    bus,
    listen<Uint8Array>('é/b', ({ payload }) => seen.push(payload)),
  );
  await settled(bus, emit('é/b', new Uint8Array([0, 1, 2]).subarray(1)));
  await settled(bus, emitTo({ kind: 'App' }, 'é/b', new Uint8Array([3]).buffer));
  await settled(bus, currentWindow().emit('é/b', new Uint8Array(0)));
  assert.deepEqual(
    seen.map((payload) => [payload instanceof Uint8Array, ...(payload as Uint8Array)]),
    [[true, 1, 2], [true, 3], [true]],
  );
  assert.deepEqual(
    bus.emitted.map(({ event, target }) => [event, target]),
    [
      ['é/b', { kind: 'Any' }],
      ['é/b', { kind: 'App' }],
      ['é/b', { kind: 'AnyLabel', label: 'main' }],
    ],
  );
});

test('a denied listener rejects and is gone; a denied emit rejects', async () => {
  const { go, bus, seen, listen, emit } = await page();
  bus.denied.add('secret');
  await assert.rejects(
    settled(
      bus,
      listen('secret', () => seen.push('x')),
    ),
    { code: 'denied', message: /lacks "secret"/ },
  );
  await assert.rejects(settled(bus, emit('secret')), { code: 'denied' });
  await go.send(go.run(0, [eventFrame([1], 1)]));
  assert.deepEqual(seen, []);
});

test('a signal ends a listener, whether Go has answered or not', async () => {
  const { bus, seen, listen } = await page();
  const abort = new AbortController();
  const { signal } = abort;
  await settled(
    bus,
    listen('x', () => seen.push('a'), { signal }),
  );
  const pending = listen('x', () => seen.push('b'), { signal });
  abort.abort(new Error('enough'));
  await assert.rejects(pending, /enough/);
  await assert.rejects(
    listen('x', () => {}, { signal }),
    /enough/,
  );
  await bus.answer();
  assert.equal(bus.subs.size, 0);
});

test('a run of events is heard in order, whatever happens in its midst', async () => {
  const { go, bus, seen, listen, once } = await page();
  let unlisten = () => {};
  const a = listen<number | number[]>('x', ({ payload }) => {
    seen.push(['a', payload]);
    if (payload === 3) throw new Error('mine');
    if (Array.isArray(payload)) unlisten();
  });
  const b = listen('x', ({ payload }) => seen.push(['b', payload]));
  const c = once('x', ({ payload }) => seen.push(['c', payload]));
  await bus.answer();
  await Promise.all([a, b, c]);
  unlisten = await a;
  const one = (sub: number, payload: unknown) => eventFrame([sub], payload);
  const frames = [one(1, 'é,]'), one(2, {}), one(1, 3), one(3, 1), one(3, 2), one(1, [4])];
  await go.send(go.run(0, [...frames, one(1, 5), one(2, null)], 64));
  await go.send(go.run(0, [one(2, 6), eventFrame([2, 2], 7), one(2, new Uint8Array([8]))]));
  assert.deepEqual(seen, [
    ['a', 'é,]'],
    ['b', {}],
    ['a', 3],
    ['c', 1],
    ['a', [4]],
    ['b', null],
    ['b', 6],
    ['b', 7],
    ['b', 7],
    ['b', new Uint8Array([8])],
  ]);
  assert.equal(reported.splice(0).length, 1);
});

test('events with a payload that is not JSON, or not one value, end the session', async (t) => {
  t.mock.method(console, 'error', () => {});
  for (const bad of ['1,2', '', '{', '1]']) {
    const { go, bus, seen, listen } = await page();
    await settled(
      bus,
      listen('x', () => seen.push('x')),
    );
    const frame = eventFrame([1], 1);
    const broken = { ...frame, payload: join(u32s(1, 0, 1), bad) };
    await go.send(go.run(0, [frame, broken, frame]));
    assert.equal(go.api.session.state, 'ended', bad);
    assert.deepEqual(seen, []);
  }
});

test('an event for a subscription that never was ends the session', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { go } = await page();
  await go.send(go.run(0, [eventFrame([7], 1)]));
  assert.equal(go.api.session.state, 'ended');
});

test('an event whose payload is not JSON ends the session', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { go, bus, listen } = await page();
  await settled(
    bus,
    listen('x', () => {}),
  );
  const frame = eventFrame([1], 1);
  (frame.payload as Uint8Array).fill(0x7b, 12);
  await go.send(go.run(0, [frame]));
  assert.equal(go.api.session.state, 'ended');
});
