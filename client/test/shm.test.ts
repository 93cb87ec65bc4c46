// Batches through shared memory, with the extension and Go's side in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { take } from '../src/channel.js';
import { isPinned } from '../src/pinned.js';
import { BEGIN, BYTES, CLOSE, END, EVENT, JSON_, MIDDLE } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, join, u32s } from './gowire.js';
import { FakeMemory, recordOf } from './memory.js';

/** A page whose shared memory was there when hello was answered. */
async function attached(settings: Parameters<typeof started>[0] = {}) {
  const memory = new FakeMemory();
  memory.offerTo('s-1');
  const go = await started(settings, memory);
  return { go, memory };
}

const pattern = (n: number, seed = 0) =>
  Uint8Array.from({ length: n }, (_, i) => (i * 7 + seed) & 255);
const begin = (total: number, part: Uint8Array): DownFrame => ({
  kind: BEGIN,
  payload: join(u32s(total, 0, BYTES, 0), part),
});

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
