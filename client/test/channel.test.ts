// What a page reads on a channel, and its end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '../src/api.js';
import { take } from '../src/channel.js';
import { BYTES, CLOSE, JSON_ } from '../src/wire.js';
import { credit, started } from './go.js';
import { settle } from './goclock.js';
import type { DownFrame } from './gowire.js';
import { watchReports } from './reported.js';

const reported = watchReports();

const json = (value: unknown): DownFrame => ({ kind: JSON_, payload: JSON.stringify(value) });
const raw = (payload: string): DownFrame => ({ kind: BYTES, payload });
const text = (m: Uint8Array) => Buffer.from(m).toString();

test('bytes are views that stay valid, JSON is parsed', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  await go.send(go.run(lane, [raw('one'), json({ a: [1] }), raw(''), json('é€'), raw('two')], 64));
  assert.equal(text(got[0] as Uint8Array), 'one');
  assert.deepEqual(got[1], { a: [1] });
  assert.equal((got[2] as Uint8Array).length, 0);
  assert.equal(got[3], 'é€');
  assert.equal(text(got[4] as Uint8Array), 'two');
  assert.equal((got[0] as Uint8Array).buffer, (got[4] as Uint8Array).buffer);
  assert.equal(await credit(go, lane), 5 * 64);
});

test('runs of JSON only, of every alignment and with every kind of text', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  const values = [
    0,
    -1.5,
    null,
    true,
    '',
    'a',
    'é',
    '€',
    '😀',
    '],[',
    '"\\',
    { k: [1, { x: '}' }] },
    [],
    [[]],
  ];
  let strides = 0;
  for (const align of [8, 16, 32, 64]) {
    got.length = 0;
    const run = go.run(lane, values.map(json), align);
    await go.send(run);
    assert.deepEqual(got, values);
    for (const { payload } of run.frames) {
      strides += Math.ceil((8 + Buffer.byteLength(payload as string)) / align) * align;
    }
  }
  assert.equal(await credit(go, lane), strides);
});

for (const payloads of [
  ['1', '2,3'],
  ['1,2', '3'],
  ['[1', '2]'],
  ['', '1'],
  ['1', ''],
  ['1', ' '],
  ['{', '}'],
  ['x', '1'],
]) {
  test(`what is not one JSON value ends the session: ${JSON.stringify(payloads)}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const go = await started();
    const { lane } = await go.channel(0, () => {});
    await go.send(
      go.run(
        lane,
        payloads.map((payload) => ({ kind: JSON_, payload })),
      ),
    );
    assert.equal(go.api.session.state, 'ended');
  });
}

test('own gives each message an exact buffer; take makes one', async () => {
  const go = await started();
  const got: Uint8Array[] = [];
  const own = await go.channel(0, { own: true, onmessage: (m: Uint8Array) => got.push(m) });
  const shared = await go.channel(0, (m: Uint8Array) => got.push(m));
  await go.send(go.run(own.lane, [raw('abc')]), go.run(shared.lane, [raw('defg')]));
  assert.equal(got[0].buffer.byteLength, 3);
  assert.equal(take(got[0]), got[0]);
  assert.ok(got[1].buffer.byteLength > 4);
  const taken = take(got[1]);
  assert.equal(taken.buffer.byteLength, 4);
  assert.equal(text(taken), 'defg');
});

test('a callback that throws is reported and harms nobody', async () => {
  const go = await started();
  const got: unknown[] = [];
  const bad = await go.channel(0, (m: unknown) => {
    throw new Error(`bad ${m}`);
  });
  const good = await go.channel(0, (m: unknown) => got.push(m));
  await go.send(go.run(bad.lane, [json(1), json(2)]), go.run(good.lane, [json(3), json(4)]));
  assert.deepEqual(got, [3, 4]);
  assert.deepEqual(reported.splice(0).map(String), ['Error: bad 1', 'Error: bad 2']);
  assert.equal(await credit(go, bad.lane), 32);
});

test('messages wait for onmessage, without credit, in order', async () => {
  const go = await started();
  const { channel, lane } = await go.channel();
  await go.send(go.run(lane, [json(1), json(2)]));
  assert.equal(await credit(go, lane), 0);
  const got: unknown[] = [];
  channel.onmessage = (m) => got.push(m);
  await go.send(go.run(lane, [json(3)]));
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal(await credit(go, lane), 48);
});

test('for await: credit when taken, ends at close', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<number>();
  await go.send(go.run(lane, [json(1), json(2), json(3), { kind: CLOSE }]));
  assert.equal(await credit(go, lane), 0, 'a lane that is gone needs none, but nothing was read');
  const got: number[] = [];
  for await (const m of channel) got.push(m);
  assert.deepEqual(got, [1, 2, 3]);
  assert.equal(channel.closed, true);
  assert.equal(go.on(lane, CLOSE).length, 1, 'the page answers with its own close');
});

test('for await waits for messages, and throws the error of the close once', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<number>();
  const got: number[] = [];
  const done = (async () => {
    for await (const m of channel) got.push(m);
  })();
  done.catch(() => {});
  await go.send(go.run(lane, [json(1)]));
  assert.deepEqual(got, [1]);
  assert.equal(await credit(go, lane), 16);
  await go.send(
    go.run(lane, [
      json(2),
      { kind: CLOSE, payload: '{"code":"full","message":"no","detail":[7]}' },
    ]),
  );
  await assert.rejects(done, { code: 'full', message: 'no', detail: [7] });
  assert.deepEqual(got, [1, 2]);
  for await (const _ of channel) assert.fail();
});

test('leaving for await closes the channel; what comes then is dropped and credited', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<number>();
  await go.send(go.run(lane, [json(1), json(2), json(3)]));
  for await (const m of channel) if (m === 2) break;
  await settle();
  assert.equal(go.on(lane, CLOSE).length, 1);
  await go.send(go.run(lane, [json(4), json(5)]));
  assert.equal(await credit(go, lane), 5 * 16);
  await go.send(go.run(lane, [{ kind: CLOSE }]));
  assert.equal(go.api.session.state, 'open');
});

test('onclose comes once, after the last message; onerror before it', async () => {
  const go = await started();
  const log: unknown[] = [];
  const watch = (channel: Channel<number>, name: string) => {
    channel.onerror = (error) => log.push(`${name} error ${error.code}`);
    channel.onclose = (error) => log.push(`${name} close ${error?.code}`);
  };
  const a = await go.channel<number>(0, (m) => log.push(m));
  const b = await go.channel<number>();
  watch(a.channel, 'a');
  watch(b.channel, 'b');
  await go.send(go.run(a.lane, [json(1), { kind: CLOSE }]));
  await go.send(go.run(b.lane, [json(2), { kind: CLOSE, payload: '{"code":"x","message":"y"}' }]));
  assert.deepEqual(log, [1, 'a close undefined']);
  b.channel.onmessage = (m) => log.push(m);
  await settle();
  assert.deepEqual(log, [1, 'a close undefined', 2, 'b error x', 'b close x']);
});

test('close from the page: once up, onclose without error, later closes are nothing', async () => {
  const go = await started();
  const log: unknown[] = [];
  const { channel, lane } = await go.channel(0, (m: unknown) => log.push(m));
  channel.onclose = (error) => log.push(['closed', error]);
  channel.close();
  channel.close();
  await settle();
  await go.send(go.run(lane, [json(1), { kind: CLOSE }]));
  channel.close();
  await settle();
  assert.deepEqual(log, [['closed', undefined]]);
  assert.equal(go.on(lane, CLOSE).length, 1);
});

test('a frame behind its lane’s close ends the session', async (t) => {
  t.mock.method(console, 'error', () => {});
  const go = await started();
  const { lane } = await go.channel(0, () => {});
  await go.send(go.run(lane, [{ kind: CLOSE }, raw('x')]));
  assert.equal(go.api.session.state, 'ended');
});

test('an iterator that is made and never used leaves onmessage alive', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { channel, lane } = await go.channel(0, (m: unknown) => got.push(m));
  channel[Symbol.asyncIterator]();
  await go.send(go.run(lane, [json(1), json(2)]));
  const later = channel[Symbol.asyncIterator]();
  await go.send(go.run(lane, [json(3)]));
  assert.deepEqual(got, [1, 2, 3]);
  const next = later.next(); // now it reads
  await go.send(go.run(lane, [json(4)]));
  assert.deepEqual([await next, got.length], [{ value: 4, done: false }, 3]);
});

for (const [name, nothing] of Object.entries({ null: null, undefined, 'an object': {} })) {
  test(`${name} unsets the callbacks of a channel`, async () => {
    const go = await started();
    const got: unknown[] = [];
    const { channel, lane } = await go.channel(0, (m: unknown) => got.push(m));
    await go.send(go.run(lane, [json(1)]));
    const callbacks = [
      'onmessage',
      'onclose',
      'onerror',
      'onbufferedamounthigh',
      'onbufferedamountlow',
      'onunreadamounthigh',
      'onunreadamountlow',
    ] as const;
    channel.unreadAmountHighThreshold = 1;
    for (const callback of callbacks) {
      if (callback !== 'onmessage') channel[callback] = () => got.push(callback);
      channel[callback] = nothing as undefined;
      assert.equal(channel[callback], undefined);
    }
    await go.send(go.run(lane, [json(2)]));
    assert.deepEqual([got, channel.unreadAmount], [[1], 1], 'it waits');
    channel.onmessage = (m) => got.push(m);
    await settle();
    const failed = '{"code":"c","message":"m"}';
    await go.send(go.run(lane, [{ kind: CLOSE, payload: failed }]));
    assert.deepEqual(got, [1, 2]);
  });
}
