// Pausing: a channel without onmessage holds back, here and at Go, and loses nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN, BYTES, END, JSON_ } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, u32s } from './gowire.js';
import { FakeMemory } from './memory.js';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ kind: JSON_, payload: JSON.stringify(from + i) }));

/** The stride of a frame of so many bytes. */
const stride = (length: number) => (8 + length + 7) & ~7;

async function paused(go: Go) {
  const { channel, lane } = await go.channel<number>();
  const got: number[] = [];
  channel.onmessage = (n) => {
    got.push(n);
    if (n === 3) channel.onmessage = undefined; // in the middle of a batch
  };
  await go.send(go.run(lane, numbers(0, 6)));
  assert.deepEqual(got, [0, 1, 2, 3]);
  await go.send(go.run(lane, numbers(6, 9)));
  await go.send(go.run(lane, numbers(9, 10)));
  return { channel, lane, got };
}

for (const over of ['the scheme', 'shared memory']) {
  const open = () => started({}, over === 'the scheme' ? undefined : new FakeMemory());

  test(`pausing holds back, and going on delivers all in order, over ${over}`, async () => {
    const go = await open();
    const { channel, lane, got } = await paused(go);
    assert.equal(channel.unreadAmount, 6, 'one byte for each digit that waits');
    await go.clock.advance(1000);
    assert.ok((go.credits.get(lane) ?? 0) <= 4 * stride(1), 'what waits is not credited');
    channel.onmessage = (n) => got.push(n);
    await settle();
    await go.send(go.run(lane, numbers(10, 12)));
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.equal(channel.unreadAmount, 0);
  });

  test(`pausing again while what waited is delivered, over ${over}`, async () => {
    const go = await open();
    const { channel, lane, got } = await paused(go);
    channel.onmessage = (n) => {
      got.push(n);
      if (n === 5) channel.onmessage = undefined;
    };
    await settle();
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
    assert.equal(channel.unreadAmount, 4);
    await go.send(go.run(lane, numbers(10, 11)));
    const rest: number[] = [];
    channel.onmessage = (n) => rest.push(n);
    await settle();
    assert.deepEqual(rest, [6, 7, 8, 9, 10]);
  });
}

test('a large message that comes in fragments waits whole', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<Uint8Array>();
  channel.onmessage = undefined;
  const half = new Uint8Array(1000).fill(7);
  await go.send(
    go.run(lane, [
      { kind: BYTES, payload: 'a' },
      { kind: BEGIN, payload: join(u32s(2000, 0, BYTES, 0), half) },
      { kind: END, payload: half },
    ]),
  );
  assert.equal(channel.unreadAmount, 2001);
  const got: number[] = [];
  channel.onmessage = (m) => got.push(m.length);
  await settle();
  assert.deepEqual(got, [1, 2000]);
});
