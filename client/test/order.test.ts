import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTES, JSON_, RESULT } from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { bytes, down, join, result, u32s } from './gowire.js';

for (const size of [1, 20_000]) {
  test(`batches are handled in order, however they come (${size} bytes each)`, async () => {
    const go = await started();
    const got: unknown[] = [];
    const { lane } = await go.channel(0, (m: unknown) => got.push(m));
    const batches = [0, 1, 2, 3].map((n) =>
      go.batch([go.run(lane, [{ kind: JSON_, payload: `${n}`.padEnd(size) }])]),
    );
    const pulls = go.pulls;
    assert.equal(pulls.length, 4);
    pulls[0].answer(batches[2]);
    pulls[1].answer(batches[3]);
    await settle();
    assert.deepEqual(got, []);
    assert.equal(go.receipt, 1, 'only the open frame’s batch is received in order');
    assert.equal(go.selective, 0b110, 'batches 4 and 5 have come, 2 and 3 have not');
    pulls[2].answer(batches[1]);
    await settle();
    assert.equal(go.selective, 0b111);
    pulls[3].answer(batches[0]);
    await settle();
    assert.deepEqual(got, [0, 1, 2, 3]);
    await go.clock.advance(200);
    assert.equal(go.receipt, 5);
    assert.equal(go.selective, 0);
    assert.equal(go.credits.get(lane), 4 * ((8 + size + 7) & ~7));
  });
}

test('after a large answer a slot pulls again, with its receipt, before the dispatch', async () => {
  const go = await started();
  let during = -1;
  const { lane } = await go.channel(0, () => {
    during = go.receipt;
  });
  await go.send(go.run(lane, [{ kind: BYTES, payload: 'x'.repeat(20_000) }]));
  assert.equal(during, 2);
});

test('after a small answer the dispatch is first: credit and reply go with the pull', async () => {
  const go = await started();
  let during = -1;
  const { lane, channel } = await go.channel(1 << 20, (m: Uint8Array) => {
    during = go.receipt;
    channel.trySend(m);
  });
  const posted = go.posted.length;
  const requests = go.urls.length;
  await go.send(go.run(lane, [{ kind: BYTES, payload: 'x' }]));
  assert.equal(during, 1);
  assert.equal(go.receipt, 2);
  assert.equal(go.credits.get(lane), 16);
  assert.equal(go.posted.length, posted + 1, 'the reply was sent');
  assert.equal(go.urls.length, requests + 1, 'by one request, which pulls again');
});

test('duplicates are dropped', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  const one = go.batch([go.run(lane, [{ kind: JSON_, payload: '1' }])]);
  const two = go.batch([go.run(lane, [{ kind: JSON_, payload: '2' }])]);
  await go.sendBatch(two);
  await go.sendBatch(two);
  await go.sendBatch(one);
  await go.sendBatch(one);
  await go.sendBatch(two);
  assert.deepEqual(got, [1, 2]);
  assert.equal(go.api.session.state, 'open');
});

test('a lost or cut answer is pulled again without its receipt', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  const batch = go.batch([go.run(lane, [{ kind: JSON_, payload: '"a"' }])]);
  const { slot } = go.pulls[0];
  const asked = () => go.requests.find((other) => other.slot === slot && !other.answered);
  go.autoPost = false;
  for (const cut of [0, 1, 8, 55, batch.length - 8, batch.length - 1]) {
    const pull = asked();
    assert.ok(pull);
    pull.answer(batch.slice(0, cut));
    await go.clock.advance(2000);
    const again = asked();
    assert.ok(again, `pulled again after a cut at ${cut}`);
    assert.equal(again.batch.request, pull.batch.request + 1);
    assert.equal(go.receipt, 1);
  }
  asked()?.fail();
  await go.clock.advance(2000);
  const last = asked();
  assert.ok(last);
  last.answer(batch);
  await settle();
  assert.deepEqual(got, ['a']);
  assert.equal(go.receipt, 2);
});

test('an answer that says nothing is followed by the next pull at once', async () => {
  const go = await started();
  const [pull] = go.pulls;
  pull.reply({ status: 204 });
  await settle();
  assert.equal(go.pulls.length, 4);
  await go.sendBatch(down(0));
  assert.equal(go.pulls.length, 4);
  assert.equal(go.api.session.state, 'open');
});

test('pulls carry slot, request and hold', async () => {
  const go = await started();
  assert.deepEqual(
    go.pulls.map(({ batch }) => [batch.number, batch.slot, batch.request, batch.hold]),
    [0, 1, 2, 3].map((slot) => [0, slot, 1, 20000]),
  );
  assert.ok(
    go.urls.every((url) => /^tailrace:\/\/localhost\/\.tailrace\/(hello|batch)$/.test(url)),
  );
});

test('more than 32 batches ahead end the session, 32 do not', async () => {
  const go = await started();
  for (let number = 2; number <= 32; number++) await go.sendBatch(down(number));
  assert.equal(go.api.session.state, 'open');
  assert.equal(go.selective, 0x7fffffff);
  await go.sendBatch(down(33));
  assert.equal(go.api.session.state, 'ended');
});

test('lost posts are sent again with the same number and runs', async () => {
  const go = await started();
  go.autoPost = false;
  const call = go.api.invoke('a', { n: 1 });
  await settle();
  const [first] = go.posts;
  first.fail();
  await settle();
  const [second] = go.posts;
  assert.equal(second.batch.number, first.batch.number);
  assert.equal(second.slot, first.slot);
  assert.equal(second.batch.request, first.batch.request + 1);
  assert.deepEqual(second.raw.slice(48), first.raw.slice(48));
  // Its answer, with the result, is cut; then it comes whole.
  const answer = go.batch([go.run(0, [result(1, 'ok')])]);
  second.answer(answer.slice(0, 60));
  await go.clock.advance(50);
  const [third] = go.posts;
  assert.equal(third.batch.number, first.batch.number);
  third.answer(answer);
  assert.equal(await call, 'ok');
  assert.equal(go.invokes.length, 1);
});

test('a post’s answer gets its receipt even if nothing else is said', async () => {
  const go = await started();
  go.autoPost = false;
  const call = go.api.invoke('a');
  await settle();
  go.autoPost = true;
  go.posts[0].answer(go.batch([go.run(0, [result(1, 1)])]));
  assert.equal(await call, 1);
  assert.equal(go.receipt, 0);
  await go.clock.advance(60);
  assert.equal(go.receipt, 1);
  assert.equal(go.credits.get(0), 24);
  const sofar = go.requests.length;
  await go.clock.advance(1000);
  assert.equal(go.requests.length, sofar, 'then it is quiet');
});

test('429 is repeated as it was after a short wait', async () => {
  const go = await started();
  go.autoPost = false;
  go.api.invoke('a').catch(() => {});
  await settle();
  const [first] = go.posts;
  for (let i = 0; i < 20; i++) {
    go.posts[0].reply({ status: 429 });
    await go.clock.advance(20);
    assert.deepEqual(go.posts[0].raw, first.raw);
  }
  assert.equal(go.api.session.state, 'open');
});

test('at most 32 upward batches are ahead of one that is being sent again', async () => {
  const go = await started();
  go.autoPost = false;
  go.api.invoke('stuck').catch(() => {});
  await settle();
  const stuck = go.posts[0];
  for (let i = 0; i < 40; i++) {
    go.api.invoke(`n${i}`).catch(() => {});
    await settle();
    for (const post of go.posts) if (post !== stuck) post.reply({ status: 204 });
    await settle();
  }
  assert.equal(Math.max(...go.requests.map(({ batch }) => batch.number)), 32);
  stuck.reply({ status: 204 });
  await settle();
  while (go.posts.length > 0) {
    for (const post of go.posts) post.reply({ status: 204 });
    await settle();
  }
  assert.equal(go.invokes.length, 41);
});

test('a lost request’s credits go again', async () => {
  const go = await started();
  const { lane } = await go.channel(0, () => {});
  go.pulls.slice(1).forEach((pull) => {
    pull.answered = true; // held for good
  });
  await go.send(go.run(lane, [{ kind: BYTES, payload: 'abc' }]));
  go.credits.clear();
  await go.send(go.run(lane, [{ kind: BYTES, payload: 'abc' }]));
  const carrying = go.pulls[0];
  assert.equal(go.credits.get(lane), 32);
  go.credits.clear();
  carrying.fail();
  await settle();
  assert.equal(go.credits.get(lane), 32);
});

test('raw results: inline and on a lane, whole and in fragments', async () => {
  const go = await started();
  const calls = ['a', 'b', 'c'].map((cmd) => go.api.invoke<Uint8Array>(cmd));
  await settle();
  await go.send(
    go.run(0, [
      { kind: RESULT, payload: join(u32s(1, 1), 'inline') },
      { kind: RESULT, payload: u32s(2, 2, 2, 0, 5, 0) },
    ]),
    go.run(2, [{ kind: BYTES, payload: 'lane2' }, { kind: 10 }]),
  );
  await go.send(
    go.run(0, [{ kind: RESULT, payload: u32s(3, 2, 4, 0, 6, 0) }]),
    go.run(4, [
      { kind: 11, payload: join(u32s(6, 0, 2, 0), 'ab') },
      { kind: 12, payload: 'cd' },
      { kind: 13, payload: 'ef' },
      { kind: 10 },
    ]),
  );
  const results = await Promise.all(calls);
  assert.deepEqual(
    results.map((r) => Buffer.from(r).toString()),
    ['inline', 'lane2', 'abcdef'],
  );
  assert.equal(results[2].buffer.byteLength, 6);
  // Both of Go's lanes are closed by the page, too.
  assert.equal(go.on(2, 10).length, 1);
  assert.equal(go.on(4, 10).length, 1);
  assert.deepEqual(bytes(results[0] as Uint8Array), results[0]);
});
