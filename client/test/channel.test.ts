import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, TailraceError } from '../src/api.js';
import { take } from '../src/channel.js';
import { BEGIN, BYTES, CLOSE, END, JSON_, MIDDLE, OPEN } from '../src/wire.js';
import { openBatch } from '../src/wireread.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, framesOf, join, result, u32s } from './gowire.js';
import { watchReports } from './reported.js';

const reported = watchReports();

const json = (value: unknown): DownFrame => ({ kind: JSON_, payload: JSON.stringify(value) });
const raw = (payload: string): DownFrame => ({ kind: BYTES, payload });
const text = (m: Uint8Array) => Buffer.from(m).toString();

/** Credits of a lane once everything lazy has gone. */
async function credit(go: Go, lane: number): Promise<number> {
  await go.clock.advance(200);
  return go.credits.get(lane) ?? 0;
}

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

const fragments = (parts: string[], kind = BYTES): DownFrame[] => {
  const total = parts.join('').length;
  return parts.map((part, i) => {
    if (i === 0) return { kind: BEGIN, payload: join(u32s(total, 0, kind, 0), part) };
    return { kind: i === parts.length - 1 ? END : MIDDLE, payload: part };
  });
};

test('fragments become one message, in its own buffer; whole frames may pass', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  const [begin, middle, end] = fragments(['abc', '', 'defgh']);
  await go.send(go.run(lane, [begin, json('between'), middle]));
  await go.send(go.run(lane, [end, ...fragments(['"x', 'y"'], JSON_)]));
  await go.send(go.run(lane, [begin, middle, { kind: 14 }, json('after abort')]));
  assert.deepEqual(
    got.map((m) => (m instanceof Uint8Array ? text(m) : m)),
    ['between', 'abcdefgh', 'xy', 'after abort'],
  );
  assert.equal((got[1] as Uint8Array).buffer.byteLength, 8);
  const strides = [32, 24, 8, 16, 32, 16, 32, 8, 8, 24];
  assert.equal(
    await credit(go, lane),
    strides.reduce((a, b) => a + b),
  );
});

test('a close inside a message drops the part', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(0, () => assert.fail());
  await go.send(go.run(lane, [fragments(['abc', 'd'])[0], { kind: CLOSE }]));
  assert.equal(channel.closed, true);
  assert.equal(go.api.session.state, 'open');
});

for (const [name, frames] of Object.entries<DownFrame[]>({
  'begin twice': [fragments(['a', 'b'])[0], fragments(['a', 'b'])[0]],
  'middle without begin': [{ kind: MIDDLE, payload: 'a' }],
  'end without begin': [{ kind: END, payload: 'a' }],
  'abort without begin': [{ kind: 14 }],
  'abort with payload': [fragments(['a', 'b'])[0], { kind: 14, payload: 'a' }],
  'too long': [fragments(['a', 'b'])[0], { kind: END, payload: 'bc' }],
  'too long in begin': [{ kind: BEGIN, payload: join(u32s(2, 0, 2, 0), 'abc') }],
  'too short': [fragments(['a', 'bc'])[0], { kind: END, payload: 'b' }],
  'over maxMessage': [{ kind: BEGIN, payload: u32s((1 << 20) + 1, 0, 2, 0) }],
  'over 2^53': [{ kind: BEGIN, payload: u32s(0, 0x200000, 2, 0) }],
  'begin too short': [{ kind: BEGIN, payload: u32s(2, 0, 2) }],
  'begin with reserved bytes': [{ kind: BEGIN, payload: u32s(2, 0, 2, 1) }],
  'begin of close': [{ kind: BEGIN, payload: u32s(2, 0, CLOSE, 0) }],
  'begin of begin': [{ kind: BEGIN, payload: u32s(2, 0, BEGIN, 0) }],
  'begin of a control kind': [{ kind: BEGIN, payload: u32s(24, 0, 6, 0) }],
  'close that is not JSON': [{ kind: CLOSE, payload: 'x' }],
})) {
  test(`broken fragments end the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const go = await started();
    let end: TailraceError | undefined;
    const { channel, lane } = await go.channel(0, () => {});
    channel.onclose = (error) => {
      end = error;
    };
    await go.send(go.run(lane, frames));
    assert.equal(end?.code, 'protocol');
  });
}

test('a large message behind unread ones gets no credit until those are read', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<Uint8Array>();
  const [begin, middle, end] = fragments(['abc', 'de', 'f']);
  await go.send(go.run(lane, [begin, middle]));
  assert.equal(await credit(go, lane), 32 + 16, 'nothing is unread yet');
  await go.send(go.run(lane, [end, begin, middle]));
  assert.equal(await credit(go, lane), 48, 'the end goes with its message');
  const iterator = channel[Symbol.asyncIterator]();
  assert.equal(text((await iterator.next()).value), 'abcdef');
  assert.equal(await credit(go, lane), 64 + 48);
  await go.send(go.run(lane, [end]));
  assert.equal(text((await iterator.next()).value), 'abcdef');
  assert.equal(await credit(go, lane), 2 * 64);
});

// ---- upward

const opened = (lane: number, window: number): DownFrame => ({
  kind: OPEN,
  payload: u32s(lane, 0, window, 0),
});

test('send waits for the open frame and then for the window; trySend does not wait', async () => {
  const go = await started();
  const channel = new go.api.Channel<unknown, Uint8Array | string>();
  const done: string[] = [];
  const send = (m: string) => channel.send(m).then(() => done.push(m));
  assert.equal(channel.trySend('x'), false);
  void send('early');
  go.api.invoke('c', { channel }).catch(() => {});
  void send('b');
  await settle();
  const lane = channel.id as number;
  assert.deepEqual(go.on(lane), []);
  await go.send(go.run(0, [opened(lane, 40)]));
  assert.deepEqual(done, ['early', 'b'], 'strides of 16 each');
  assert.equal(channel.trySend('c'), false);
  void send('d');
  void send('e');
  await settle();
  assert.deepEqual(
    go.on(lane).map((f) => text(f.payload)),
    ['"early"', '"b"'],
  );
  await go.sendBatch(go.batch([], { credits: [[lane, 16]] }));
  assert.deepEqual(done, ['early', 'b', 'd']);
  await go.sendBatch(go.batch([], { credits: [[lane, 48]] }));
  assert.deepEqual(done, ['early', 'b', 'd', 'e']);
  assert.equal(channel.trySend('c'), true);
  await settle();
  assert.deepEqual(
    go.on(lane).map((f) => text(f.payload)),
    ['"early"', '"b"', '"d"', '"e"', '"c"'],
  );
  assert.deepEqual(
    go.on(lane).map((f) => f.kind),
    [1, 1, 1, 1, 1],
  );
});

test('a frame larger than the window passes when nothing is outstanding', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(16);
  assert.equal(channel.trySend(new Uint8Array(100)), true);
  assert.equal(channel.trySend(new Uint8Array(1)), false);
  await settle();
  assert.equal(go.on(lane).length, 1);
  await go.sendBatch(go.batch([], { credits: [[lane, 112]] }));
  assert.equal(channel.trySend(new Uint8Array(1)), true);
});

test('bytes are copied when send is called', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(1000);
  const bytes = new Uint8Array([0, 1, 2, 3, 4]);
  channel.trySend(bytes.subarray(1, 3));
  void channel.send(bytes.buffer);
  channel.trySend(new DataView(bytes.buffer, 4));
  bytes.fill(9);
  await settle();
  assert.deepEqual(
    go.on(lane, BYTES).map((f) => [...f.payload]),
    [[1, 2], [0, 1, 2, 3, 4], [4]],
  );
});

test('a large message goes as fragments, in batches up to maxBatch, under the window', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(2000);
  const big = Uint8Array.from({ length: 5001 }, (_, i) => i);
  let accepted = false;
  void channel.send(big).then(() => {
    accepted = true;
  });
  void channel.send('after');
  await settle();
  assert.equal(accepted, true, 'nothing was outstanding');
  for (let credited = 0; ; ) {
    const frames = go.frames(lane);
    const total = frames.reduce((sum, f) => sum + Math.ceil((8 + f.payload.length) / 8) * 8, 0);
    assert.ok(total - credited <= 2000);
    if (total === credited) break;
    credited = total;
    await go.sendBatch(go.batch([], { credits: [[lane, credited]] }));
  }
  const frames = go.frames(lane);
  assert.deepEqual(
    frames.map((f) => f.kind),
    [BEGIN, MIDDLE, MIDDLE, MIDDLE, END, JSON_],
  );
  assert.deepEqual([...frames[0].payload.slice(0, 16)], [...u32s(5001, 0, BYTES, 0)]);
  assert.deepEqual(go.on(lane)[0].payload, big);
});

test('a one-way channel refuses to send, before and after it is known to be one', async () => {
  const go = await started();
  const channel = new go.api.Channel();
  const early = channel.send(1);
  early.catch(() => {});
  const lane = 1;
  go.api.invoke('c', { channel }).catch(() => {});
  await settle();
  await go.send(go.run(0, [opened(lane, 0)]));
  await assert.rejects(early, { code: 'one_way' });
  await assert.rejects(channel.send(1), { code: 'one_way' });
  assert.equal(channel.trySend(1), false);
  channel.close();
  await settle();
  assert.equal(go.on(lane, CLOSE).length, 1, 'it can be closed');
});

test('sends before the first invoke reject when the session ends without one', async () => {
  const go = await started();
  const codes: string[] = [];
  const channels = [new go.api.Channel(), new go.api.Channel(), new go.api.Channel()];
  const low: number[] = [];
  channels[0].onbufferedamountlow = () => low.push(channels[0].bufferedAmount);
  for (const channel of channels) {
    for (const n of [1, 2]) channel.send(n).catch((error) => codes.push(`${n} ${error.code}`));
  }
  await settle();
  channels[2].close();
  await settle();
  assert.deepEqual(codes.splice(0), ['1 channel_ended', '2 channel_ended']);
  go.pulls[0].reply({ status: 410, body: '{"code":"closed","message":"over"}' });
  await settle();
  assert.deepEqual(codes.splice(0), ['1 closed', '2 closed', '1 closed', '2 closed']);
  assert.deepEqual(low, [0]);
  await assert.rejects(channels[1].send(3), { code: 'closed' });
  await assert.rejects(new go.api.Channel().send(4), { code: 'closed' });
});

test('a send before the first invoke rejects as the page returns; later ones go', async () => {
  const go = await started();
  const channel = new go.api.Channel();
  const before = channel.send(1);
  go.page.restored();
  await assert.rejects(before, { code: 'restored' });
  await settle();
  const after = channel.send(2);
  go.api.invoke('c', { channel }).catch(() => {});
  await settle();
  await go.send(go.run(0, [opened(1, 1024)]));
  await after;
  await settle();
  assert.deepEqual(
    go.on(1, JSON_).map(({ payload }) => text(payload)),
    ['2'],
  );
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

test('the end of a channel rejects the sends that wait, and sends what was accepted', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(16);
  const accepted = channel.send('a');
  const waiting = channel.send('b');
  channel.close();
  await accepted;
  await assert.rejects(waiting, { code: 'channel_ended' });
  await assert.rejects(channel.send('c'), { code: 'channel_ended' });
  await settle();
  await go.sendBatch(go.batch([], { credits: [[lane, 16]] }));
  assert.deepEqual(
    go.on(lane).map((f) => f.kind),
    [JSON_, CLOSE],
  );
  await assert.rejects(go.api.invoke('again', { channel }), { code: 'channel_ended' });
});

test('messages that cannot be sent are refused where they are sent', async () => {
  const go = await started({ maxMessage: 4096 });
  const { channel, lane } = await go.channel(1000);
  await assert.rejects(channel.send(new Uint8Array(4097)), { code: 'too_large' });
  assert.throws(() => channel.trySend(new Uint8Array(4097)), { code: 'too_large' });
  await assert.rejects(channel.send(undefined), { code: 'invalid_message' });
  await assert.rejects(channel.send({ channel }), { code: 'invalid_args' });
  await channel.send(new Uint8Array(4096));
  await settle();
  assert.equal(go.frames(lane)[0].kind, BEGIN);
  await go.send(go.run(0, [result(1, null)]));
  assert.equal(go.api.session.state, 'open');
});

test('lanes share an upward batch', async () => {
  const go = await started();
  const channels = [];
  for (let i = 0; i < 4; i++) channels.push(await go.channel<unknown, Uint8Array>(16384));
  go.autoPost = false;
  const before = go.posted.length;
  for (const { channel } of channels) {
    for (let i = 0; i < 100; i++) channel.trySend(new Uint8Array(100));
  }
  await settle();
  const first = openBatch(Uint8Array.from(go.posts[0].raw).buffer, true);
  assert.ok(first);
  const lanes = new Set(framesOf(first, true).map((f) => f.lane));
  assert.deepEqual([...lanes].sort(), channels.map(({ lane }) => lane).sort());
  assert.equal(go.posted.length - before, 8, 'all post slots are busy');
  go.autoPost = true;
  for (const post of go.posts) post.reply({ status: 204 });
  await settle();
  for (const { lane } of channels) assert.equal(go.on(lane).length, 100);
});
