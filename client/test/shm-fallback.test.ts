// From the scheme to shared memory and back: nothing is lost, doubled or reordered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Memory } from '../src/shmmemory.js';
import { BEGIN, BYTES, END, JSON_, MIDDLE } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';
import { FakeMemory } from './memory.js';
import { attached, pattern } from './shm.js';

const LARGE = { maxBatch: 1 << 18, window: 1 << 20 };
const json = (value: unknown) => ({ kind: JSON_, payload: JSON.stringify(value) });

/** What came up on a lane, whole messages of JSON. */
const values = (go: Go, lane: number) =>
  go.on(lane, JSON_).map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));

test('an offer that comes late: the scheme until then, and no pull afterwards', async () => {
  const memory = new FakeMemory();
  const go = await started({}, memory);
  const got: unknown[] = [];
  const { channel, lane } = await go.channel<unknown, unknown>(16384, (m) => got.push(m));
  await go.send(go.run(lane, [json('over the scheme')]));
  channel.trySend('over the scheme');
  await settle();
  const { length } = go.requests;
  memory.offerTo('s-1');
  await settle();
  assert.equal(memory.bells, 1);
  // Go answers the pulls that it holds.
  for (const pull of go.pulls) pull.reply({ status: 204 });
  await settle();
  await go.send(go.run(lane, [json('through memory')]));
  channel.trySend('through memory');
  await settle();
  assert.deepEqual(got, ['over the scheme', 'through memory']);
  assert.deepEqual(values(go, lane), got);
  assert.equal(go.requests.length, length, 'no new request');
  assert.deepEqual(go.givenUp, []);
});

test('answers under way at the switch come before, after and between, and in order', async () => {
  const memory = new FakeMemory();
  const go = await started(LARGE, memory);
  const got: unknown[] = [];
  const { lane } = await go.channel<unknown>(0, (m) =>
    got.push(m instanceof Uint8Array ? m.length : m),
  );
  const batches = [
    go.batch([go.run(lane, [json(1)])]),
    go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(2000) }]), go.run(lane, [json(2)])]),
    go.batch([go.run(lane, [json(3)])]),
    go.batch([go.run(lane, [{ kind: BYTES, payload: pattern(3000) }]), go.run(lane, [json(4)])]),
  ];
  memory.offerTo('s-1');
  await settle();
  const { pulls } = go;
  await go.give(batches[3], { apart: 1000 });
  await go.give(batches[1], { apart: 1000 });
  pulls[0].answer(batches[2]);
  await settle();
  assert.deepEqual(got, []);
  assert.equal(go.receipt, 1);
  assert.equal(go.selective, 0b111, 'what came early is told');
  pulls[1].answer(batches[0]);
  await settle();
  assert.deepEqual(got, [1, 2000, 2, 3, 3000, 4]);
  assert.equal(memory.unread, 0);
  await go.clock.advance(100);
  assert.equal(go.receipt, 5);
});

test('what fails at the switch is asked again: Go learns of a lost answer by that', async () => {
  const memory = new FakeMemory();
  const go = await started({}, memory);
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  go.autoPost = false;
  channel.trySend('a');
  await settle();
  memory.offerTo('s-1');
  await settle();
  const [post] = go.posts;
  const failed = [...go.pulls];
  assert.ok(failed.length > 0);
  for (const pull of failed) pull.fail();
  await settle();
  const again = go.requests.filter((request) => !request.answered && request !== post);
  assert.equal(again.length, failed.length);
  for (const pull of again) {
    assert.equal(pull.batch.hold, 0);
    pull.reply({ status: 204 });
  }
  await settle();
  const { length } = go.requests;
  await go.clock.advance(5000);
  assert.equal(go.requests.length, length);
  post.fail();
  await settle();
  assert.equal(go.requests.length, length + 1);
  assert.equal(go.requests[length].batch.number, post.batch.number);
  channel.trySend('b');
  await settle();
  assert.deepEqual(values(go, lane), ['a', 'b']);
});

test('posts without answer hold back what is 32 batches ahead of them', async () => {
  const memory = new FakeMemory();
  const go = await started({}, memory);
  const { channel, lane } = await go.channel<unknown, unknown>(16384);
  go.autoPost = false;
  go.losing = () => true;
  channel.trySend(0);
  await settle();
  memory.offerTo('s-1');
  await settle();
  for (let i = 1; i < 50; i++) {
    channel.trySend(i);
    await settle();
  }
  assert.equal(
    go.pushes.filter((raw) => new DataView(raw.buffer).getUint32(8, true) > 0).length,
    31,
  );
  go.losing = () => false;
  await go.clock.advance(2000);
  for (const post of go.posts) post.reply({ status: 204 });
  await settle();
  assert.deepEqual(
    values(go, lane),
    Array.from({ length: 50 }, (_, i) => i),
  );
});

test('refused by the extension: Go is told, and the scheme runs', async () => {
  const memory = new FakeMemory();
  memory.refusing = true;
  const go = await started({}, memory);
  assert.equal(go.givenUp.length, 1);
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m) => got.push(m));
  await go.send(go.run(lane, [json(1)]));
  assert.deepEqual(got, [1]);
});

test('the link ends: the scheme goes on where it was', async () => {
  const { go, memory } = await attached();
  const got: unknown[] = [];
  const { channel, lane } = await go.channel<unknown, unknown>(16384, (m) => got.push(m));
  const open = go.api.invoke('slow');
  await go.send(go.run(lane, [json(1)]));
  go.autoTake = false;
  channel.trySend('a');
  await settle();
  go.takePushed();
  const taken = go.posted.length;
  channel.trySend('b');
  await settle();
  const unread = go.batch([go.run(lane, [json(2)])]);
  memory.close();
  await settle();
  assert.deepEqual(go.givenUp, ['the link has ended']);
  assert.equal(memory.detached, 1);
  channel.trySend('c');
  await settle();
  assert.deepEqual(values(go, lane), ['a', 'b', 'c']);
  assert.equal(go.posted.length - taken, 2, 'what Go has taken is not posted');
  await go.sendBatch(unread);
  await go.send(go.run(0, [result(2, 'done')]));
  assert.equal(await open, 'done');
  assert.deepEqual(got, [1, 2]);
});

test('what Go has not taken is posted with the same numbers, 32 at once at most', async () => {
  const { go, memory } = await attached({ posts: 64 });
  const { channel, lane } = await go.channel<unknown, unknown>(1 << 20);
  go.autoTake = false;
  for (let i = 0; i < 100; i++) {
    channel.trySend(i);
    await settle();
  }
  const numbers = memory.up.map((raw) => new DataView(raw.buffer).getUint32(8, true));
  assert.equal(numbers.length, 100);
  go.autoPost = false;
  memory.close();
  await settle();
  await settle();
  assert.deepEqual(
    go.posts.map(({ batch }) => batch.number),
    numbers.slice(0, 32),
  );
  go.autoPost = true;
  for (const post of go.posts) post.reply({ status: 204 });
  await settle();
  assert.deepEqual(
    values(go, lane),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('credits that were on their way are told again', async () => {
  const { go, memory } = await attached();
  const { lane } = await go.channel<unknown>(0, () => {});
  go.autoTake = false;
  await go.send(go.run(lane, [{ kind: BYTES, payload: pattern(24) }]));
  memory.close();
  await settle();
  await settle();
  assert.equal(go.receipt, 2);
  assert.equal(go.credits.get(lane), 32);
});

test('Go does not hear of it at first: nothing moves before it does', async () => {
  const { go, memory } = await attached();
  go.giveUpReplies.push(new Error('network'), { status: 429 }, { status: 204 });
  memory.close();
  await settle();
  assert.equal(go.pulls.length, 0);
  await go.clock.advance(5000);
  assert.equal(go.givenUp.length, 3);
  assert.equal(go.pulls.length, 4);
});

test('Go refuses to go on: the session ends', async () => {
  const { go, memory } = await attached();
  go.giveUpReplies.push({ status: 410, body: '{"code":"closed","message":"over"}' });
  memory.close();
  await settle();
  assert.equal(go.api.session.state, 'ended');
});

for (const failing of [0, 1, 2, 3]) {
  test(`the link ends inside a batch, at its rest ${failing}: each frame comes once`, async () => {
    const { go, memory } = await attached(LARGE);
    const got: unknown[] = [];
    const { lane } = await go.channel<unknown>(0, (m) =>
      got.push(m instanceof Uint8Array ? m.length : m),
    );
    const other: unknown[] = [];
    const second = await go.channel<Uint8Array>(0, (m) => other.push(m));
    const whole = pattern(6000);
    const batch = go.batch([
      go.run(lane, [json(1), json(2)]),
      go.run(lane, [{ kind: BYTES, payload: pattern(2000) }]),
      go.run(second.lane, [
        { kind: BEGIN, payload: join(u32s(6000, 0, BYTES, 0), whole.subarray(0, 2000)) },
      ]),
      go.run(lane, [json(3)]),
      go.run(second.lane, [{ kind: MIDDLE, payload: whole.subarray(2000, 4000) }]),
      go.run(second.lane, [{ kind: END, payload: whole.subarray(4000) }]),
      go.run(lane, [json(4)]),
    ]);
    let fills = 0;
    memory.before = (call: keyof Memory) => {
      if (call === 'fill' && fills++ === failing) memory.gone = true;
    };
    await go.give(batch, { apart: 1000 });
    await settle();
    assert.equal(go.givenUp.length, 1);
    assert.equal(go.receipt, 2, 'the batch has no receipt');
    assert.ok(!got.includes(4));
    await go.sendBatch(batch);
    await go.send(go.run(lane, [json(5)]));
    assert.deepEqual(got, [1, 2, 2000, 3, 4, 5]);
    assert.deepEqual(other, [whole]);
    await go.clock.advance(100);
    assert.equal(go.receipt, 4);
    assert.equal(go.credits.get(second.lane), 3 * 2008 + 16);
  });
}

test('a callback that sends into a link that has ended does no harm', async () => {
  const { go, memory } = await attached({ ...LARGE, maxBatch: 8192 });
  const got: unknown[] = [];
  const { channel, lane } = await go.channel<unknown, Uint8Array>(1 << 20, (m) => {
    got.push(m);
    memory.gone = true;
    for (let i = 0; i < 10; i++) assert.ok(channel.trySend(pattern(1500, i)));
  });
  const batch = go.batch([
    go.run(lane, [json(1)]),
    go.run(lane, [{ kind: BYTES, payload: pattern(2000) }]),
    go.run(lane, [json(2)]),
  ]);
  await go.give(batch, { apart: 1000 });
  await settle();
  assert.equal(got.length, 1);
  await go.sendBatch(batch);
  await settle();
  assert.deepEqual(got, [1, pattern(2000), 2]);
  const sent = go.on(lane, BYTES).map(({ payload }) => payload);
  assert.deepEqual(
    sent,
    Array.from({ length: 30 }, (_, i) => pattern(1500, i % 10)),
  );
});

for (let seed = 1; seed <= 12; seed++) {
  test(`the link ends anywhere, both directions under load (seed ${seed})`, async () => {
    let state = seed * 104729;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const memory = new FakeMemory();
    memory.capacity = 30000;
    const go = await started({ maxBatch: 8192, window: 1 << 20 }, memory);
    go.autoTake = false;
    const MESSAGES = 300;
    const got: number[] = [];
    const { channel, lane } = await go.channel<Uint8Array, unknown>(1 << 20, (m) => {
      got.push(new DataView(m.buffer, m.byteOffset).getUint32(0, true));
      assert.deepEqual(m.subarray(4), pattern(m.length - 4, got.at(-1)));
      channel.trySend(got.length - 1);
    });
    const switchAt = random(60);
    const endAt = switchAt + random(120);
    let calls = 0;
    const last = 200 + random(600);
    memory.before = () => {
      if (++calls === last) memory.gone = true;
    };
    const outstanding = new Map<number, Uint8Array>();
    let next = 0;
    let number = 1;
    for (let step = 0; step < 4000; step++) {
      if (step === switchAt) memory.offerTo('s-1');
      if (step === endAt) memory.close();
      for (const n of outstanding.keys()) {
        const bit = n - go.receipt - 2;
        if (n <= go.receipt || (bit >= 0 && (go.selective >>> bit) & 1)) outstanding.delete(n);
      }
      const inMemory = memory.attachedTo !== undefined && !memory.gone;
      const fresh = () => {
        const runs = [];
        for (let i = random(4); i >= 0 && next < MESSAGES; i--) {
          const size = random(3) === 0 ? 1200 + random(300) : random(60);
          const payload = join(u32s(next), pattern(size, next));
          runs.push(go.run(lane, [{ kind: BYTES, payload }], random(2) === 0 ? 8 : 64));
          next++;
        }
        const batch = go.batch(runs);
        outstanding.set(++number, batch);
        return batch;
      };
      const more = next < MESSAGES && number - go.receipt < 30;
      if (inMemory) {
        if (more) await go.give(fresh(), { apart: 1000 });
        const stale = [...outstanding.values()];
        if (stale.length > 0 && random(8) === 0) {
          await go.give(stale[random(stale.length)], { apart: 1000 });
        }
      }
      if (random(3) > 0) go.takePushed();
      const [pull] = go.pulls;
      if (pull !== undefined && random(2) === 0) {
        const lost = [...outstanding.values()];
        if (inMemory || (lost.length === 0 && !more)) pull.reply({ status: 204 });
        else if (lost.length > 0) pull.answer(lost[random(lost.length)]);
        else pull.answer(fresh());
      }
      await settle();
      if (random(20) === 0) await go.clock.advance(60);
      if (go.on(lane).length === MESSAGES && outstanding.size === 0) break;
    }
    assert.deepEqual(
      got,
      Array.from({ length: MESSAGES }, (_, i) => i),
    );
    assert.deepEqual(
      values(go, lane),
      Array.from({ length: MESSAGES }, (_, i) => i),
    );
    assert.equal(outstanding.size, 0);
  });
}
