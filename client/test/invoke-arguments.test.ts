// What a call takes along: its name, headers and arguments, with channels inside.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN, BYTES, CLOSE, END, INVOKE, MIDDLE } from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { result } from './gowire.js';
import { watchReports } from './reported.js';

watchReports();

test('a name or headers over the limit are refused here, and the session lives on', async () => {
  const go = await started();
  const large = { code: 'too_large' };
  await assert.rejects(go.api.invoke('a'.repeat(1025)), { code: 'unknown_command' });
  await assert.rejects(go.api.invoke('ä'.repeat(513)), { code: 'unknown_command' });
  await assert.rejects(go.api.invoke('a', {}, { headers: { b: 'c'.repeat(300_000) } }), large);
  const call = go.api.invoke('ä'.repeat(512));
  await settle();
  assert.equal(go.invokes.length, 1);
  await go.send(go.run(0, [result(go.invokes[0].id, 1)]));
  assert.equal(await call, 1);
});

test('arguments: headers, channels at any depth, nothing at all', async () => {
  const go = await started();
  const { Channel } = go.api;
  const a = new Channel();
  const b = new Channel();
  assert.equal(a.id, undefined);
  go.api
    .invoke('x', { deep: [{ b }, a, a] }, { headers: new Headers({ 'X-A': '1' }) })
    .catch(() => {});
  go.api.invoke('y', { a }, { headers: [['K', 'v']] }).catch(() => {});
  go.api.invoke('z', undefined, { headers: { k: 'v' } }).catch(() => {});
  await settle();
  const [x, y, z] = go.invokes;
  assert.deepEqual(x.envelope, {
    cmd: 'x',
    headers: { 'x-a': '1' },
    channels: [1, 3],
    body: 'json',
  });
  assert.deepEqual(x.json, { deep: [{ b: '__CHANNEL__:1' }, '__CHANNEL__:3', '__CHANNEL__:3'] });
  assert.deepEqual([b.id, a.id], [1, 3]);
  assert.deepEqual(y.envelope, { cmd: 'y', headers: { k: 'v' }, channels: [3], body: 'json' });
  assert.deepEqual(z.envelope, { cmd: 'z', headers: { k: 'v' }, body: 'json' });
  assert.equal(z.json, null);
});

test('arguments that cannot be read leave nothing behind', async () => {
  const go = await started();
  const { Channel, invoke } = go.api;
  const channel = new Channel();
  const cyclic: Record<string, unknown> = { channel };
  cyclic.self = cyclic;
  await assert.rejects(invoke('a', cyclic), TypeError);
  assert.equal(channel.id, undefined);
  await assert.rejects(invoke('a', { n: 1n }), TypeError);
  await assert.rejects(
    invoke('a', () => {}),
    { code: 'invalid_args' },
  );
  assert.throws(() => JSON.stringify({ channel }), { code: 'invalid_args' });
  const ended = new Channel();
  ended.close();
  await assert.rejects(invoke('a', { channel, ended }), { code: 'channel_ended' });
  assert.equal(channel.id, undefined);
  invoke('a', { channel }).catch(() => {});
  await settle();
  assert.equal(channel.id, 1, 'no lane number was lost');
  assert.equal(go.invokes.length, 1);
});

test('an invoke inside toJSON is refused', async () => {
  const go = await started();
  let inner: Promise<unknown> = Promise.resolve();
  const args = {
    toJSON() {
      inner = go.api.invoke('inner');
      inner.catch(() => {});
      return 1;
    },
  };
  go.api.invoke('outer', args).catch(() => {});
  await assert.rejects(inner, { code: 'invalid_args' });
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope }) => envelope.cmd),
    ['outer'],
  );
});

test('a raw invoke inside a throwing toJSON is refused; no two lanes share a number', async () => {
  const go = await started({ maxBatch: 65536, window: 1 << 20 });
  let inner: Promise<unknown> = Promise.resolve();
  const args = {
    channel: new go.api.Channel(),
    last: {
      toJSON() {
        inner = go.api.invoke('inner', new Uint8Array(100_000));
        inner.catch(() => {});
        throw new Error('no');
      },
    },
  };
  await assert.rejects(go.api.invoke('outer', args), { message: 'no' });
  await assert.rejects(inner, { code: 'invalid_args' });
  const channel = new go.api.Channel();
  go.api.invoke('raw', new Uint8Array(100_000)).catch(() => {});
  go.api.invoke('later', { channel }).catch(() => {});
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope }) => [envelope.cmd, envelope.lane ?? envelope.channels?.[0]]),
    [
      ['raw', 1],
      ['later', 3],
    ],
  );
});

test('raw bodies: inline, and on a lane beyond 64 KB', async () => {
  const go = await started({ maxBatch: 65536, window: 1 << 20 });
  const small = new Uint8Array([1, 2, 3]);
  go.api.invoke('small', small.subarray(1)).catch(() => {});
  small.fill(0);
  go.api.invoke('buffer', new ArrayBuffer(65536)).catch(() => {});
  const large = Uint8Array.from({ length: 65537 }, (_, i) => i * 7);
  go.api.invoke('large', large).catch(() => {});
  await settle();
  assert.deepEqual([...go.invokes[0].body], [2, 3]);
  assert.equal(go.invokes[0].envelope.body, 'bytes');
  // The second one is larger than a frame may be: it comes as fragments of an invoke.
  const pieces = go.frames(0).filter((f) => f.kind >= BEGIN);
  assert.equal(pieces[0].payload[8], INVOKE);
  assert.deepEqual([...go.invokes[1].body], new Array(65536).fill(0));
  const { envelope, body } = go.invokes[2];
  assert.deepEqual(envelope, { cmd: 'large', body: 'lane', lane: 1, length: 65537 });
  assert.equal(body.length, 0);
  assert.deepEqual(
    go.frames(1).map((f) => f.kind),
    [BEGIN, MIDDLE, MIDDLE, MIDDLE, END, CLOSE],
  );
  assert.deepEqual(
    go.on(1).map((f) => f.kind),
    [BYTES, CLOSE],
  );
  assert.ok(Buffer.from(go.on(1)[0].payload).equals(large));
  const order = go.up.map((f) => f.lane);
  assert.ok(order.lastIndexOf(0) < order.indexOf(1), 'the invoke opens the lane before its frames');
});

test('what is over maxMessage is refused, and its channels end', async () => {
  const go = await started({ maxMessage: 4096 });
  const channel = new go.api.Channel();
  let ended = '';
  channel.onclose = (error) => {
    ended = error?.code ?? '';
  };
  await assert.rejects(go.api.invoke('a', { channel, x: 'x'.repeat(4096) }), { code: 'too_large' });
  assert.equal(ended, 'too_large');
  await assert.rejects(go.api.invoke('a', new Uint8Array(70000)), { code: 'too_large' });
  assert.equal(go.posted.length, 0);
});

test('text that looks like a channel is text; the envelope names real channels only', async () => {
  const go = await started();
  const channel = new go.api.Channel();
  void go.api.invoke('c', { channel });
  void go.api.invoke('c', { text: '__CHANNEL__:1', deep: ['__CHANNEL__:3'] });
  void go.api.invoke('c', { text: '__CHANNEL__:1', channel });
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope, json }) => [envelope.channels, json]),
    [
      [[1], { channel: '__CHANNEL__:1' }],
      [undefined, { text: '__CHANNEL__:1', deep: ['__CHANNEL__:3'] }],
      [[1], { text: '__CHANNEL__:1', channel: '__CHANNEL__:1' }],
    ],
  );
});
