// Batches through shared memory, with the extension and Go's side in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTES, JSON_ } from '../src/wire.js';
import type { Go } from './go.js';
import { settle } from './goclock.js';
import { recordOf } from './memory.js';
import { attached, pattern } from './shm.js';

/** The batches that went up, as numbers. */
const numbers = (go: Go) => go.pushes.map((raw) => new DataView(raw.buffer).getUint32(8, true));

test('an attached page makes no request but hello', async () => {
  const { go, memory } = await attached();
  const got: unknown[] = [];
  const { channel, lane } = await go.channel<unknown, unknown>(16384, (m) => got.push(m));
  await go.send(go.run(lane, [{ kind: JSON_, payload: '"a"' }]));
  await go.send(go.run(lane, [{ kind: BYTES, payload: new Uint8Array([1, 2]) }]));
  await channel.send('up');
  await settle();
  assert.deepEqual(got, ['a', new Uint8Array([1, 2])]);
  assert.equal(go.on(lane).length, 1);
  assert.deepEqual(go.urls, ['tailrace://localhost/.tailrace/hello']);
  assert.equal(go.requests.length, 0);
  assert.equal(memory.unread, 0);
});

test('views of a batch stay valid, and batches have buffers of their own', async () => {
  const { go } = await attached();
  const got: Uint8Array[] = [];
  const { lane } = await go.channel<Uint8Array>(0, (m) => got.push(m));
  for (let i = 0; i < 20; i++) {
    const frames = [1, 2, 3].map((n) => ({ kind: BYTES, payload: pattern(16, 3 * i + n) }));
    await go.send(go.run(lane, frames));
  }
  assert.equal(got.length, 60);
  for (let i = 0; i < 60; i++) assert.deepEqual(got[i], pattern(16, i + 1));
  assert.equal(got[0].buffer, got[2].buffer);
  assert.notEqual(got[0].buffer, got[3].buffer);
});

test('a receipt goes up when memory is empty, with the credits, in a batch number 0', async () => {
  const { go, memory } = await attached();
  const { lane } = await go.channel<unknown>(0, () => {});
  const before = go.pushes.length;
  for (let i = 0; i < 3; i++) {
    memory.give(recordOf(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(24) }])])));
  }
  await settle();
  assert.equal(go.pushes.length - before, 1, 'one batch for all three');
  assert.equal(numbers(go).at(-1), 0);
  assert.equal(go.receipt, 4);
  assert.equal(go.credits.get(lane), 96);
});

test('an echo takes receipt and credit along', async () => {
  const { go } = await attached();
  const { channel, lane } = await go.channel<unknown, unknown>(16384, () =>
    channel.trySend('pong'),
  );
  const before = go.pushes.length;
  await go.send(go.run(lane, [{ kind: BYTES, payload: pattern(24) }]));
  assert.equal(go.pushes.length - before, 1);
  assert.equal(go.on(lane).length, 1);
  assert.equal(go.receipt, 2);
  assert.equal(go.credits.get(lane), 32);
});

test('what a promise of a callback sends takes them along, too', async () => {
  const { go } = await attached();
  const { channel, lane } = await go.channel<unknown, unknown>(16384, async () => {
    await 0;
    channel.trySend('pong');
  });
  const before = go.pushes.length;
  await go.send(go.run(lane, [{ kind: BYTES, payload: pattern(24) }]));
  assert.equal(go.pushes.length - before, 1);
  assert.equal(go.credits.get(lane), 32);
});

test('receipts and credits go up after a megabyte, though more is there to read', async () => {
  const { go, memory } = await attached({ maxBatch: 1 << 18, window: 1 << 22 });
  const at: number[] = [];
  let seen = 0;
  const { lane } = await go.channel<unknown>(0, () => seen++);
  const before = go.pushes.length;
  memory.onpush = () => {
    go.takePushed();
    at.push(seen);
  };
  for (let i = 0; i < 16; i++) {
    memory.give(recordOf(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(1 << 17) }])])));
  }
  await settle();
  assert.equal(seen, 16);
  assert.deepEqual(at, [8, 16]);
  assert.equal(go.pushes.length - before, 2);
});

test('the page gets a turn every 8 ms, and goes on afterwards', async () => {
  const { go, memory } = await attached();
  let seen = 0;
  const { lane } = await go.channel<unknown>(0, () => {
    seen++;
    go.clock.pass(3);
  });
  for (let i = 0; i < 10; i++) {
    memory.give(recordOf(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(8) }])])));
  }
  await settle();
  assert.equal(seen, 3);
  await settle();
  assert.equal(seen, 3, 'not before its task');
  await go.clock.advance(100);
  assert.equal(seen, 10);
  assert.equal(go.receipt, 11);
});

test('bytes that trySend was given may be written to at once', async () => {
  const { go, memory } = await attached({ maxBatch: 8192, window: 1 << 20 });
  const { channel, lane } = await go.channel<unknown, Uint8Array>(1 << 20);
  go.autoTake = false;
  memory.capacity = 20000;
  const buffer = new Uint8Array(3000);
  let sent = 0;
  for (; sent < 30; sent++) {
    buffer.fill(sent);
    assert.ok(channel.trySend(buffer));
  }
  buffer.fill(99);
  assert.ok(memory.up.length > 0, 'full batches go out at once');
  for (let i = 0; i < 100 && go.on(lane).length < 30; i++) {
    go.takePushed();
    await settle();
  }
  const messages = go.on(lane, BYTES);
  assert.equal(messages.length, 30);
  for (const [i, { payload }] of messages.entries()) {
    assert.deepEqual([...payload], new Array(3000).fill(i));
  }
});

test('small messages share runs and batches', async () => {
  const { go } = await attached({ maxBatch: 1 << 16, window: 1 << 22 });
  const { channel, lane } = await go.channel<unknown, Uint8Array>(1 << 22);
  const before = go.pushes.length;
  for (let i = 0; i < 2000; i++) assert.ok(channel.trySend(pattern(128, i)));
  await settle();
  const frames = go.on(lane);
  assert.equal(frames.length, 2000);
  for (const [i, { payload }] of frames.entries()) assert.deepEqual(payload, pattern(128, i));
  assert.ok(go.pushes.length - before <= 6, `${go.pushes.length - before} batches`);
});

test('calls go before what channels send after them', async () => {
  const { go } = await attached();
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  void go.api.invoke('x').catch(() => {});
  channel.trySend('after');
  await settle();
  assert.deepEqual(
    go.up.slice(-2).map((frame) => frame.lane),
    [0, lane],
  );
});

test('no room: nothing is lost, and the order stays', async () => {
  const { go, memory } = await attached({ window: 1 << 20 });
  const { channel, lane } = await go.channel<unknown, unknown>(1 << 20);
  const other = await go.channel<unknown, unknown>(1 << 20);
  go.autoTake = false;
  memory.capacity = 10000;
  const sends = [];
  for (let i = 0; i < 500; i++) {
    sends.push(channel.send(i), other.channel.send(`${i}`.padEnd(100)));
    if (i % 50 === 0) await settle();
  }
  await Promise.all(sends);
  for (let i = 0; i < 1000 && go.on(other.lane).length < 500; i++) {
    const raw = memory.up.length;
    assert.ok(raw > 0, 'the page goes on when there is room again');
    go.takePushed();
    await settle();
  }
  const values = (n: number) =>
    go.on(n).map(({ payload }) => Number(new TextDecoder().decode(payload).replaceAll('"', '')));
  const all = Array.from({ length: 500 }, (_, i) => i);
  assert.deepEqual(values(lane), all);
  assert.deepEqual(values(other.lane), all);
  const sequence = numbers(go).filter((n) => n > 0);
  assert.deepEqual(
    sequence,
    sequence.map((_, i) => i + 1),
  );
});

test('more than 32 batches may be on their way up', async () => {
  const { go } = await attached();
  const { channel, lane } = await go.channel<unknown, unknown>(1 << 20);
  go.autoTake = false;
  for (let i = 0; i < 100; i++) {
    channel.trySend(i);
    await settle();
  }
  go.takePushed();
  assert.equal(go.on(lane).length, 100);
});

test('a page that comes back has its own link, which the old session does not end', async () => {
  const { go, memory } = await attached();
  await go.channel(0, () => {});
  memory.gone = true;
  go.settings.session = 's-2';
  memory.offerTo('s-2');
  go.page.restored();
  await settle();
  await settle();
  assert.equal(memory.attachedTo, 's-2');
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m) => got.push(m));
  await go.send(go.run(lane, [{ kind: JSON_, payload: '7' }]));
  assert.deepEqual(got, [7]);
});

test('the session’s end detaches', async () => {
  const { go, memory } = await attached();
  await go.send({ lane: 99, first: 0, frames: [{ kind: BYTES }] }).catch(() => {});
  assert.equal(memory.attachedTo, undefined);
  assert.equal(memory.detached, 1);
});
