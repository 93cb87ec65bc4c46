// Large frames, which stand apart from their batch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { take } from '../src/channel.js';
import { isPinned } from '../src/pinned.js';
import { BEGIN, BYTES, CLOSE, END, EVENT, JSON_, MIDDLE } from '../src/wire.js';
import type { Go } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, join, u32s } from './gowire.js';
import { recordOf } from './memory.js';
import { attached, pattern } from './shm.js';

const begin = (total: number, part: Uint8Array): DownFrame => ({
  kind: BEGIN,
  payload: join(u32s(total, 0, BYTES, 0), part),
});

for (const align of [8, 64]) {
  test(`a large frame is filled into a buffer of its own (align ${align})`, async () => {
    const { go } = await attached({ maxBatch: 1 << 18 });
    const got: Uint8Array[] = [];
    const { lane } = await go.channel<Uint8Array>(0, (m) => got.push(m));
    const [small, large] = [pattern(9, 1), pattern(5001, 2)];
    const batch = go.batch([
      go.run(lane, [{ kind: BYTES, payload: small }], align),
      go.run(lane, [{ kind: BYTES, payload: large }], align),
      go.run(lane, [{ kind: BYTES, payload: large }], align),
      go.run(lane, [{ kind: JSON_, payload: JSON.stringify('x'.repeat(2000)) }], align),
      go.run(lane, [{ kind: BYTES, payload: small }], align),
    ]);
    await go.give(batch, { apart: 1000 });
    assert.deepEqual(got, [small, large, large, 'x'.repeat(2000), small]);
    assert.equal(got[1].buffer.byteLength, large.length);
    const stride = (n: number) => Math.ceil((8 + n) / align) * align;
    assert.equal(go.credits.get(lane), 2 * stride(9) + 2 * stride(5001) + stride(2002));
    assert.equal(go.receipt, 2);
  });
}

test('fragments are filled straight into their message', async () => {
  const { go, memory } = await attached({ maxBatch: 1 << 18 });
  const got: Uint8Array[] = [];
  const { lane } = await go.channel<Uint8Array>(0, (m) => got.push(m));
  const whole = pattern(10000, 5);
  const frames = [
    begin(whole.length, whole.subarray(0, 4000)),
    { kind: MIDDLE, payload: whole.subarray(4000, 8003) },
    { kind: BYTES, payload: pattern(3) },
    { kind: END, payload: whole.subarray(8003) },
  ];
  memory.touched.clear();
  await go.give(go.batch(frames.map((frame) => go.run(lane, [frame]))), { apart: 1000 });
  assert.deepEqual(got, [pattern(3), whole]);
  assert.ok(memory.touched.has(got[1].buffer));
  assert.ok(isPinned(got[1].buffer));
});

test('take and own give buffers that can be transferred', async () => {
  const { go, memory } = await attached({ maxBatch: 1 << 18 });
  const [plain, own]: Uint8Array[][] = [[], []];
  const a = await go.channel<Uint8Array>(0, (m) => plain.push(m));
  const b = await go.channel<Uint8Array>(0, { own: true, onmessage: (m) => own.push(m) });
  const large = pattern(4000);
  for (const { lane } of [a, b]) {
    const frames = [
      { kind: BYTES, payload: large },
      begin(large.length, large.subarray(0, 2000)),
      { kind: END, payload: large.subarray(2000) },
      { kind: BYTES, payload: pattern(8) },
    ];
    await go.give(go.batch(frames.map((frame) => go.run(lane, [frame]))), { apart: 1000 });
  }
  for (const [i, message] of [...plain.map(take), ...own.map(take)].entries()) {
    assert.deepEqual(message, i % 3 === 2 ? pattern(8) : large);
    assert.equal(message.buffer.byteLength, message.length);
    assert.ok(!memory.touched.has(message.buffer));
  }
  for (const message of own) assert.equal(take(message), message, 'it has its own already');
});

test('a batch that has come already is dropped, with what it holds apart', async () => {
  const { go, memory } = await attached({ maxBatch: 1 << 18 });
  const got: number[] = [];
  const { lane } = await go.channel<Uint8Array>(0, (m) => got.push(m.length));
  const first = go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(2000) }])]);
  const second = go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(3000) }])]);
  for (const batch of [first, first, second, first, second]) {
    memory.give(recordOf(batch, 1000));
    memory.give(recordOf(batch));
  }
  await settle();
  assert.deepEqual(got, [2000, 3000]);
  assert.equal(memory.unread, 0);
});

test('frames of a channel that the page has closed are read and credited', async () => {
  const { go, memory } = await attached({ maxBatch: 1 << 18 });
  const { channel, lane } = await go.channel<Uint8Array>(0, () => {});
  const other: number[] = [];
  const { lane: second } = await go.channel<Uint8Array>(0, (m) => other.push(m.length));
  channel.close();
  const large = { kind: BYTES, payload: pattern(2000) };
  await go.give(go.batch([go.run(lane, [large]), go.run(second, [large])]), { apart: 1000 });
  await go.give(go.batch([go.run(lane, [{ kind: CLOSE }])]));
  assert.deepEqual(other, [2000]);
  assert.equal(go.credits.get(lane), 2008);
  assert.equal(memory.unread, 0);
});

test('results, events and closes may be apart as well', async () => {
  const { go } = await attached({ maxBatch: 1 << 18 });
  const { channel, lane, result, call } = await go.channel<unknown>(0, () => {});
  let ended: { message?: string } | undefined;
  channel.onclose = (error) => {
    ended = error;
  };
  const events: unknown[] = [];
  void go.api.listen('tick', ({ payload }) => events.push(payload));
  await settle();
  const sub = go.invokes[1].json.id ?? go.invokes[1].json.sub;
  assert.equal(typeof sub, 'number', JSON.stringify(go.invokes[1].json));
  const text = 'y'.repeat(2000);
  const event = join(u32s(1, 0, sub), JSON.stringify(text));
  const error = JSON.stringify({ code: 'over', message: text });
  await go.give(
    go.batch([
      go.run(0, [{ kind: EVENT, payload: event }]),
      go.run(lane, [{ kind: CLOSE, payload: error }]),
      go.run(0, [{ kind: 6, payload: join(u32s(go.invokes[0].id, 0), JSON.stringify(text)) }]),
    ]),
    { apart: 1000 },
  );
  assert.deepEqual(events, [text]);
  assert.equal(ended?.message, text);
  assert.equal(await result, text);
  assert.equal(call, 1);
});

const wrong: Record<string, (go: Go, lane: number) => [Uint8Array, Uint8Array[], boolean?]> = {
  'the mark of a frame apart where there is none': (go, lane) => {
    const batch = go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(16) }])]);
    new DataView(batch.buffer).setUint32(48 + 20, 0x80000008, true);
    return [batch, []];
  },
  'a frame apart that is not alone': (go, lane) => {
    const { skeleton, apart } = recordOf(
      go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(2000) }])]),
      1000,
    );
    new DataView(skeleton.buffer).setUint32(48 + 4, 2, true);
    return [skeleton, [...apart]];
  },
  'a frame apart that has no rest': (go, lane) => {
    const { skeleton, apart } = recordOf(
      go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(2000) }])]),
      1000,
    );
    new DataView(skeleton.buffer).setUint32(48 + 24, 16, true);
    return [skeleton, [...apart]];
  },
  'a rest of another length': (go, lane) => {
    const { skeleton, apart } = recordOf(
      go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(2000) }])]),
      1000,
    );
    new DataView(skeleton.buffer).setUint32(48 + 24, 1500, true);
    return [skeleton, [...apart]];
  },
  'a misplaced kind apart': (go, lane) => {
    const { skeleton, apart } = recordOf(
      go.batch([go.run(lane, [{ kind: EVENT, payload: pattern(2000) }])]),
      1000,
    );
    return [skeleton, [...apart]];
  },
  'a lane that is not borrowed in a batch of borrowed ones': (go, lane) => [
    go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(16) }])]),
    [],
    true,
  ],
  'a fragment that is too long for its message': (go, lane) => {
    const { skeleton, apart } = recordOf(
      go.batch([go.run(lane, [begin(100, pattern(2000))])]),
      1000,
    );
    return [skeleton, [...apart]];
  },
};

for (const [name, make] of Object.entries(wrong)) {
  test(`a broken rule ends the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const { go, memory } = await attached({ maxBatch: 1 << 18 });
    const { lane } = await go.channel(0, () => {});
    let ended: unknown;
    go.api.session.onended = (error) => {
      ended = error.code;
    };
    const [skeleton, apart, borrow] = make(go, lane);
    memory.give({ skeleton, apart, flags: (borrow ? 2 : 0) | (apart.length > 0 ? 4 : 0) });
    await settle();
    assert.equal(ended, 'protocol');
    assert.equal(memory.detached, 1);
    assert.equal(memory.attachedTo, undefined);
  });
}
