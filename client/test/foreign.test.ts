// What a page hands over may be of another realm: of a frame, or of a window that it opened.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { BYTES, ERROR, EVAL, JSON_, OPEN } from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { join, u32s } from './gowire.js';

const foreign = vm.createContext({ result: undefined });
const make = (source: string) => vm.runInContext(source, foreign);

const KINDS = {
  'an ArrayBuffer': 'Uint8Array.of(1, 2, 3, 4).buffer',
  'a Uint8Array': 'new Uint8Array([0, 1, 2, 3, 4]).subarray(1)',
  words: 'new Uint16Array([513, 1027])',
  'a DataView': 'new DataView(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 1, 4)',
  'a SharedArrayBuffer':
    '{ const u8 = new Uint8Array(new SharedArrayBuffer(4)); u8.set([1, 2, 3, 4]); u8.buffer }',
  'a class of its own': '(class extends ArrayBuffer {}, Uint8Array.of(1, 2, 3, 4).buffer)',
  'a resizable buffer':
    '{ const b = new ArrayBuffer(8, { maxByteLength: 8 });' +
    ' new Uint8Array(b).set([1, 2, 3, 4]); b.resize(4); b }',
};

for (const [name, source] of Object.entries(KINDS)) {
  test(`${name} of another realm goes as bytes, whatever it is handed to`, async () => {
    const go = await started();
    const value = make(source);
    const { channel, lane } = await go.channel<unknown, unknown>(16384);
    await channel.send(value);
    assert.equal(channel.trySend(value), true);
    const early = new go.api.Channel<never, unknown>();
    const kept = early.send(value);
    go.api.invoke('put', value).catch(() => {});
    go.api.emit('said', value).catch(() => {});
    go.api.invoke('late', { early }).catch(() => {});
    await settle();
    const sent = go.on(lane).map(({ kind, payload }) => [kind, ...payload]);
    const bytes = [1, 2, 3, 4];
    assert.deepEqual(sent, [
      [BYTES, ...bytes],
      [BYTES, ...bytes],
    ]);
    const invokes = go.invokes.slice(-3);
    assert.deepEqual(
      invokes.slice(0, 2).map(({ envelope, body }) => [envelope.body, ...body]),
      [
        ['bytes', ...bytes],
        ['bytes', ...bytes],
      ],
    );
    const other = early.id as number;
    await go.send(go.run(0, [{ kind: OPEN, payload: u32s(other, 0, 4096, 0) }]));
    await kept;
    await settle();
    assert.deepEqual(
      go.on(other).map(({ kind, payload }) => [kind, ...payload]),
      [[BYTES, ...bytes]],
    );
  });
}

test('bytes that are gone are an error that says so', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  const shrunk = 'new ArrayBuffer(8, { maxByteLength: 8 }); var w = new Uint8Array(r, 4)';
  const buffer = new ArrayBuffer(4);
  const values: object[] = [buffer, new Uint8Array(buffer), new DataView(buffer)];
  structuredClone(buffer, { transfer: [buffer] });
  for (const run of [make, (source: string) => vm.runInThisContext(source)]) {
    values.push(run(`{ var r = ${shrunk}; r.resize(2); w }`));
  }
  for (const value of values) {
    const wrong = (code: string) => (error: unknown) => {
      assert.equal((error as { code: string }).code, code);
      assert.match((error as Error).message, /transferred|shorter/);
      return true;
    };
    await assert.rejects(channel.send(value), wrong('invalid_message'));
    assert.throws(() => channel.trySend(value), wrong('invalid_message'));
    await assert.rejects(go.api.invoke('put', value), wrong('invalid_args'));
    await assert.rejects(go.api.emit('said', value), wrong('invalid_args'));
  }
  await channel.send(new Uint8Array(0));
  await channel.send(new Blob(['x']).size);
  await assert.rejects(channel.send(new Blob(['x'])), /arrayBuffer/);
  await settle();
  assert.deepEqual(
    go.on(lane).map(({ kind, payload }) => [kind, payload.length]),
    [
      [BYTES, 0],
      [JSON_, 1],
    ],
  );
});

test('what only says that it is a buffer is JSON', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  class Point {
    x = 1;
    [Symbol.toStringTag] = 'ArrayBuffer';
  }
  for (const value of [
    new Point(),
    new Proxy({ x: 1 }, {}),
    Object.create(null, { x: { value: 1, enumerable: true } }),
  ]) {
    await channel.send(value);
  }
  await settle();
  assert.deepEqual(
    go.on(lane).map(({ kind, payload }) => [kind, Buffer.from(payload).toString()]),
    Array(3).fill([JSON_, '{"x":1}']),
  );
});

test('headers and errors of another realm are what they are', async () => {
  const go = await started();
  for (const source of [
    'new Map([["X", "1"]])',
    '[["X", "1"]]',
    '({ X: 1 })',
    'new Set([["X", "1"]])',
  ]) {
    go.api.invoke('a', {}, { headers: make(source) }).catch(() => {});
  }
  go.api.invoke('a', {}, { headers: new Headers({ X: '1' }) }).catch(() => {});
  await settle();
  for (const { envelope } of go.invokes) assert.deepEqual(envelope.headers, { x: '1' });
  assert.equal(go.invokes.length, 5);
  Object.assign(globalThis, { thrown: make('new TypeError("theirs")') });
  await go.send(go.run(0, [{ kind: EVAL, payload: join(u32s(1, 0), 'throw thrown') }]));
  const [{ payload }] = go.on(0, ERROR);
  const error = JSON.parse(Buffer.from(payload.slice(8)).toString());
  assert.deepEqual([error.message, error.detail.name], ['theirs', 'TypeError']);
});
