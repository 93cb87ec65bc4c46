// What a channel holds in the page: bufferedAmount and unreadAmount, with their callbacks, over
// both carriers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Level } from '../src/level.js';
import { BEGIN, BYTES, CLOSE, END, JSON_ } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, u32s } from './gowire.js';
import { FakeMemory } from './memory.js';

/** A level that writes down what it tells. */
function watched(high: number, low: number) {
  const log: string[] = [];
  const level = new Level();
  level.highThreshold = high;
  level.lowThreshold = low;
  level.onhigh = () => log.push(`high at ${level.amount}`);
  level.onlow = () => log.push(`low at ${level.amount}`);
  return { level, log };
}

test('each threshold is told once when it is reached', async () => {
  const { level, log } = watched(100, 40);
  for (let i = 0; i < 12; i++) {
    level.add(10);
    await settle();
  }
  assert.deepEqual(log.splice(0), ['high at 100']);
  for (let i = 0; i < 3; i++) level.remove(10);
  level.add(50);
  await settle();
  assert.deepEqual(log, [], 'high again only after low');
  while (level.amount > 0) {
    level.remove(10);
    await settle();
  }
  assert.deepEqual(log.splice(0), ['low at 40']);
  level.add(100);
  await settle();
  assert.deepEqual(log.splice(0), ['high at 100']);
});

test('what is over before the microtask is not told, but for a low that holds', async () => {
  const { level, log } = watched(100, 0);
  level.add(150);
  level.remove(150);
  await settle();
  assert.deepEqual(log.splice(0), ['low at 0']);
  level.add(50);
  level.remove(50);
  level.add(10);
  await settle();
  assert.deepEqual(log.splice(0), []);
  level.remove(10);
  await settle();
  assert.deepEqual(log.splice(0), ['low at 0']);
});

test('a high that is over before the microtask is told when it comes again', async () => {
  const { level, log } = watched(100, 40);
  level.add(120);
  level.remove(50);
  await settle();
  assert.deepEqual(log, []);
  level.add(50);
  await settle();
  assert.deepEqual(log, ['high at 120']);
});

test('thresholds may change at any time', async () => {
  const { level, log } = watched(Number.POSITIVE_INFINITY, 0);
  level.add(50);
  level.highThreshold = 50;
  await settle();
  assert.deepEqual(log.splice(0), ['high at 50']);
  level.highThreshold = 60;
  level.lowThreshold = 50;
  await settle();
  assert.deepEqual(log.splice(0), ['low at 50']);
  for (const wrong of [-1, Number.NaN, 'x' as unknown as number]) {
    assert.throws(() => {
      level.highThreshold = wrong;
    }, /threshold/);
  }
  assert.equal(level.highThreshold, 60);
});

test('a callback may change the level, and what it throws is reported', async () => {
  const reported: unknown[] = [];
  globalThis.reportError = (error) => reported.push(error);
  const { level, log } = watched(100, 0);
  level.onhigh = () => {
    level.remove(level.amount);
    throw new Error('full');
  };
  level.add(100);
  await settle();
  assert.deepEqual(log, ['low at 0']);
  assert.deepEqual(reported.map(String), ['Error: full']);
});

async function shm(): Promise<Go> {
  const memory = new FakeMemory();
  memory.offerTo('s-1');
  return await started({}, memory);
}

const carriers: [string, () => Promise<Go>][] = [
  ['scheme', () => started()],
  ['shm', shm],
];
const MIB = 1 << 20;

for (const [name, open] of carriers) {
  test(`${name}: bufferedAmount counts what waits for Go's window`, async () => {
    const go = await open();
    const log: string[] = [];
    const { channel, lane } = await go.channel<unknown, unknown>(16384, {
      bufferedAmountHighThreshold: 19_500,
      onbufferedamounthigh: () => log.push(`high ${channel.bufferedAmount}`),
      bufferedAmountLowThreshold: 5000,
      onbufferedamountlow: () => log.push(`low ${channel.bufferedAmount}`),
    });
    assert.equal(channel.bufferedAmount, 0);
    const sent: Promise<void>[] = [];
    let accepted = 0;
    for (let i = 0; i < 36; i++) {
      sent.push(
        channel.send(new Uint8Array(992)).then(() => {
          accepted++;
        }),
      );
    }
    assert.equal(channel.trySend('x'), false);
    // Full batches go into the memory at once.
    const now = (name === 'shm' ? 21 : 36) * 992;
    assert.equal(
      channel.bufferedAmount,
      now,
      'what has no batch yet counts, what was not accepted does not',
    );
    await go.clock.advance(1000);
    assert.equal(accepted, 16, 'the window is full');
    assert.equal(channel.bufferedAmount, 20 * 992);
    assert.deepEqual(log.splice(0), [`high ${name === 'shm' ? now - 992 : now}`]);
    await go.sendBatch(go.batch([], { credits: [[lane, 16 * 1000]] }));
    await go.clock.advance(1000);
    assert.equal(channel.bufferedAmount, 4 * 992);
    await go.sendBatch(go.batch([], { credits: [[lane, 32 * 1000]] }));
    await go.clock.advance(1000);
    assert.equal(channel.bufferedAmount, 0);
    assert.deepEqual(log, [`low ${4 * 992}`]);
    await Promise.all(sent);
    assert.equal(go.on(lane, BYTES).length, 36);
  });

  test(`${name}: a large message leaves in pieces, and JSON counts as UTF-8`, async () => {
    const go = await open();
    const { channel, lane } = await go.channel<unknown, unknown>(MIB);
    channel.send(new Uint8Array(10_000)).catch(() => {});
    assert.equal(channel.bufferedAmount, name === 'shm' ? 10_000 - 3072 : 10_000);
    await go.clock.advance(1000);
    assert.equal(channel.bufferedAmount, 0);
    assert.ok(go.frames(lane).length > 1);
    channel.send('é€').catch(() => {});
    assert.equal(channel.bufferedAmount, 7);
    channel.trySend(new Uint8Array(0));
    assert.equal(channel.bufferedAmount, 7);
    await go.clock.advance(1000);
    assert.equal(channel.bufferedAmount, 0);
  });

  test(`${name}: what is sent before the first invoke counts, not what is refused`, async () => {
    const go = await open();
    const channel = new go.api.Channel<unknown, unknown>();
    const codes: string[] = [];
    const send = (length: number) =>
      channel.send(new Uint8Array(length)).catch(({ code }) => codes.push(code));
    send(100);
    send(200);
    assert.equal(channel.bufferedAmount, 300);
    go.api.invoke('c', { channel }).catch(() => {});
    await settle();
    assert.equal(channel.bufferedAmount, 300, 'the window is not known yet');
    send(2 * MIB);
    assert.equal(channel.bufferedAmount, 2 * MIB + 300);
    channel.close();
    send(50);
    await settle();
    assert.equal(channel.bufferedAmount, 0);
    assert.deepEqual(codes, ['channel_ended', 'channel_ended', 'channel_ended', 'channel_ended']);
  });

  test(`${name}: too large is not counted`, async () => {
    const go = await open();
    const { channel } = await go.channel<unknown, unknown>(MIB);
    await assert.rejects(channel.send(new Uint8Array(2 * MIB)), { code: 'too_large' });
    assert.throws(() => channel.trySend(new Uint8Array(2 * MIB)), { code: 'too_large' });
    assert.equal(channel.bufferedAmount, 0);
  });

  test(`${name}: the end of the session lets who waits to send go on`, async () => {
    const go = await open();
    const { channel, lane } = await go.channel<unknown, unknown>(16384);
    let low = 0;
    channel.onbufferedamountlow = () => {
      low++;
    };
    const refused = assert.rejects(channel.send(new Uint8Array(MIB)).then(() => channel.send('x')));
    await settle();
    assert.ok(channel.bufferedAmount > MIB - 16384 - 8);
    await go.send(go.run(lane, [{ kind: CLOSE }, { kind: CLOSE }]));
    await refused;
    assert.equal(go.api.session.state, 'ended');
    assert.equal(channel.bufferedAmount, 0);
    assert.equal(low, 1);
  });

  test(`${name}: unreadAmount counts what waits for onmessage`, async () => {
    const go = await open();
    const log: string[] = [];
    const { channel, lane } = await go.channel<unknown>(0, {
      unreadAmountHighThreshold: 30,
      onunreadamounthigh: () => log.push(`high ${channel.unreadAmount}`),
      unreadAmountLowThreshold: 10,
      onunreadamountlow: () => log.push(`low ${channel.unreadAmount}`),
    });
    await go.send(
      go.run(lane, [
        { kind: JSON_, payload: '"four"' },
        { kind: JSON_, payload: '1' },
      ]),
    );
    assert.equal(channel.unreadAmount, 7);
    await go.send(go.run(lane, [{ kind: BYTES, payload: 'twelve bytes' }], 64));
    assert.equal(channel.unreadAmount, 19);
    const parts = [join(u32s(20, 0, BYTES, 0), 'ten bytes.'), 'ten bytes.'];
    await go.send(go.run(lane, [{ kind: BEGIN, payload: parts[0] }]));
    assert.equal(channel.unreadAmount, 19, 'a part of a message is none');
    assert.deepEqual(log, []);
    await go.send(go.run(lane, [{ kind: END, payload: parts[1] }]));
    assert.equal(channel.unreadAmount, 39);
    assert.deepEqual(log.splice(0), ['high 39']);
    let got = 0;
    channel.onmessage = () => got++;
    await settle();
    assert.equal(got, 4);
    assert.equal(channel.unreadAmount, 0);
    await go.send(go.run(lane, [{ kind: JSON_, payload: '1' }]));
    assert.equal(got, 5);
    assert.deepEqual(log, ['low 0']);
  });

  test(`${name}: an iterator takes unread messages, and close drops them`, async () => {
    const go = await open();
    const { channel, lane } = await go.channel<number>();
    const numbers = [11, 22, 33, 44].map((n) => ({ kind: JSON_, payload: `${n}` }));
    await go.send(go.run(lane, numbers));
    assert.equal(channel.unreadAmount, 8);
    const iterator = channel[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value, 11);
    assert.equal(channel.unreadAmount, 6);
    const low = new Promise<void>((resolve) => {
      channel.onunreadamountlow = resolve;
    });
    channel.close();
    assert.equal(channel.unreadAmount, 0);
    await low;
  });
}

test('scheme: bytes have left when their request is answered, also at the second try', async () => {
  const go = await started();
  const { channel } = await go.channel<unknown, unknown>(16384);
  await go.clock.advance(1000);
  go.autoPost = false;
  await channel.send(new Uint8Array(500));
  await settle();
  assert.equal(go.posts.length, 1);
  assert.equal(channel.bufferedAmount, 500);
  go.posts[0].fail();
  await go.clock.advance(1000);
  assert.equal(channel.bufferedAmount, 500);
  let low = 0;
  channel.onbufferedamountlow = () => low++;
  go.posts[0].reply({ status: 204 });
  await settle();
  assert.equal(channel.bufferedAmount, 0);
  assert.equal(low, 1);
});

test('scheme: a reply that goes along with a pull has left', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, unknown>(16384, () => {
    channel.trySend(new Uint8Array(70));
    assert.equal(channel.bufferedAmount, 70);
  });
  go.autoPost = false;
  await go.send(go.run(lane, [{ kind: JSON_, payload: '1' }]));
  assert.equal(go.posts.length, 0);
  assert.equal(channel.bufferedAmount, 0);
});

test('shm: bytes have left when they stand in the memory, and are back when it fails', async () => {
  const memory = new FakeMemory();
  memory.offerTo('s-1');
  const go = await started({}, memory);
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  await go.clock.advance(1000);
  go.autoTake = false;
  memory.capacity = 1000;
  await channel.send(new Uint8Array(600));
  await settle();
  assert.equal(channel.bufferedAmount, 0);
  await channel.send(new Uint8Array(700));
  await settle();
  assert.equal(channel.bufferedAmount, 700, 'no room in the ring');
  go.autoPost = false;
  memory.close();
  await go.clock.advance(1000);
  assert.equal(channel.bufferedAmount, 1300, 'both go by requests');
  for (const post of go.posts) post.reply({ status: 204 });
  await go.clock.advance(1000);
  assert.equal(channel.bufferedAmount, 0);
  assert.equal(go.on(lane, BYTES).length, 2);
});
