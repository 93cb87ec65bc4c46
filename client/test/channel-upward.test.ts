// What a page sends on a channel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN, BYTES, CLOSE, END, JSON_, MIDDLE, OPEN } from '../src/wire.js';
import { openBatch } from '../src/wireread.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, framesOf, result, u32s } from './gowire.js';
import { watchReports } from './reported.js';

watchReports();

const text = (m: Uint8Array) => Buffer.from(m).toString();

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
