// Channels with `borrow`, whose messages share one buffer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTES, JSON_ } from '../src/wire.js';
import { settle } from './goclock.js';
import { attached, pattern } from './shm.js';

test('a borrowed message is valid inside the callback; the buffer is used again', async () => {
  const { go } = await attached();
  const got: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  const onmessage = (m: Uint8Array) => {
    got.push(m);
    copies.push(structuredClone(m));
  };
  const { lane } = await go.channel<Uint8Array>(0, { borrow: true, onmessage });
  assert.deepEqual(go.invokes[0].envelope.borrow, [lane]);
  for (let i = 0; i < 4; i++) {
    const run = go.run(lane, [
      { kind: BYTES, payload: pattern(16, i) },
      { kind: BYTES, payload: pattern(16, i) },
      { kind: JSON_, payload: `${i}` },
    ]);
    await go.give(go.batch([run]), { borrow: true });
  }
  assert.equal(got.length, 12);
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(copies[3 * i], pattern(16, i));
    assert.equal(got[3 * i + 2] as unknown, i);
  }
  assert.equal(got[0].buffer, got[9].buffer);
  assert.deepEqual(got[0], pattern(16, 3));
});

test('borrowed messages that wait are copies; the first to come after them, too', async () => {
  const { go } = await attached();
  const { channel, lane } = await go.channel<Uint8Array>(0, { borrow: true });
  for (let i = 0; i < 3; i++) {
    await go.give(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(16, i) }])]), {
      borrow: true,
    });
  }
  const got: Uint8Array[] = [];
  channel.onmessage = (m) => got.push(m);
  await go.give(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(16, 3) }])]), {
    borrow: true,
  });
  assert.deepEqual(
    got.slice(0, 3),
    [0, 1, 2].map((i) => pattern(16, i)),
  );
});

test('a large borrowed message is not copied twice, and stays', async () => {
  const { go } = await attached({ maxBatch: 1 << 18 });
  const got: Uint8Array[] = [];
  const { lane } = await go.channel<Uint8Array>(0, { borrow: true, onmessage: (m) => got.push(m) });
  const give = (seed: number) =>
    go.give(go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(4000, seed) }])]), {
      apart: 1000,
      borrow: true,
    });
  await give(1);
  await give(2);
  assert.deepEqual(got, [pattern(4000, 1), pattern(4000, 2)]);
});

test('a channel with borrow cannot be iterated, nor have own', async () => {
  const { go } = await attached();
  const { channel } = await go.channel({ borrow: true } as never);
  void channel;
  const borrowed = new go.api.Channel({ borrow: true });
  assert.throws(() => borrowed[Symbol.asyncIterator](), { code: 'borrowed' });
  assert.throws(() => new go.api.Channel({ borrow: true, own: true }), { code: 'invalid_args' });
});

test('only channels with borrow stand in the envelope', async () => {
  const { go } = await attached();
  const [a, b] = [new go.api.Channel(), new go.api.Channel({ borrow: true })];
  go.api.invoke('c', { a, b }).catch(() => {});
  go.api.invoke('d', { c: new go.api.Channel() }).catch(() => {});
  await settle();
  assert.deepEqual(go.invokes[0].envelope.channels, [a.id, b.id]);
  assert.deepEqual(go.invokes[0].envelope.borrow, [b.id]);
  assert.ok(!('borrow' in go.invokes[1].envelope));
});
