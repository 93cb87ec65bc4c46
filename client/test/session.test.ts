import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TailraceError } from '../src/api.js';
import { BYTES } from '../src/wire.js';
import { Go, started } from './go.js';
import { settle } from './goclock.js';
import { down } from './gowire.js';

/** A page in which everything waits, and what it learns at the end. */
async function waiting(go: Go) {
  const ends: Record<string, string | undefined> = {};
  const code = (name: string) => (error?: unknown) => {
    ends[name] = (error as TailraceError | undefined)?.code;
  };
  const { channel, result, lane } = await go.channel(16, () => {});
  channel.onclose = code('onclose');
  channel.onerror = code('onerror');
  result.catch(code('call'));
  const iterated = await go.channel();
  iterated.channel[Symbol.asyncIterator]().next().catch(code('iterator'));
  channel.trySend(1);
  channel.send(2).catch(code('send'));
  go.api.session.onended = code('session');
  await settle();
  return { ends, lane };
}

function all(code: string) {
  return {
    onclose: code,
    onerror: code,
    call: code,
    iterator: code,
    send: code,
    session: code,
  };
}

for (const [status, body, code] of [
  [410, '{"code":"closed","message":"over"}', 'closed'],
  [410, '', 'closed'],
  [403, 'not JSON', 'forbidden'],
  [500, '{"code":"bug"}', 'bug'],
  [302, '', 'refused'],
] as const) {
  test(`status ${status} ends everything with ${code}`, async () => {
    const go = await started();
    const { ends } = await waiting(go);
    go.pulls[0].reply({ status, body });
    await settle();
    assert.deepEqual(ends, all(code));
    assert.equal(go.api.session.state, 'ended');
    const requests = go.requests.length;
    await assert.rejects(go.api.invoke('x'), { code });
    await go.clock.advance(60000);
    assert.equal(go.requests.length, requests, 'nothing is asked any more');
  });
}

for (const [name, batch] of Object.entries({
  'wrong sequence': (go: Go, lane: number) =>
    go.batch([{ lane, first: 1, frames: [{ kind: BYTES }] }]),
  'unknown lane': (go: Go) => go.batch([{ lane: 99, first: 0, frames: [{ kind: BYTES }] }]),
  'lane of Go’s that was not opened': (go: Go) =>
    go.batch([{ lane: 2, first: 0, frames: [{ kind: BYTES }] }]),
  'receipt for what was never sent': () => down(0, [], { receipt: 100 }),
  'selective receipt for what was never sent': () => down(0, [], { selective: 1 << 31 }),
  'credit for what was never sent': (go: Go, lane: number) =>
    go.batch([], { credits: [[lane, 24]] }),
  'credit for an unknown lane': (go: Go) => go.batch([], { credits: [[99, 0]] }),
  'credit for an unknown lane of Go’s': (go: Go) => go.batch([], { credits: [[4, 0]] }),
  'wrong version': (go: Go) => {
    const bytes = go.batch([]);
    bytes[3] = 0x32;
    return bytes;
  },
})) {
  test(`a broken rule ends everything with protocol: ${name}`, async (t) => {
    const error = t.mock.method(console, 'error', () => {});
    const go = await started();
    const { ends, lane } = await waiting(go);
    await go.sendBatch(batch(go, lane));
    assert.deepEqual(ends, all('protocol'));
    assert.equal(error.mock.callCount(), 1);
    const requests = go.requests.length;
    await go.clock.advance(60000);
    assert.equal(go.requests.length, requests, 'nothing is asked any more');
  });
}

test('a network that fails for good is given up after 12 tries', async () => {
  const go = await started();
  const { ends } = await waiting(go);
  let tries = 0;
  const slot = go.pulls[0].slot;
  go.autoPost = false;
  for (;;) {
    const request = go.requests.find((other) => other.slot === slot && !other.answered);
    if (request === undefined) break;
    tries++;
    request.fail();
    await go.clock.advance(1000);
  }
  assert.equal(tries, 12);
  assert.deepEqual(ends, all('unreachable'));
});

test('requests that navigations end are no failed network while Go answers', async () => {
  const go = await started();
  const { ends } = await waiting(go);
  const { slot } = go.pulls[0];
  for (let i = 0; i < 30; i++) {
    const held = go.pulls.find((pull) => pull.slot === slot);
    assert.ok(held, `the slot pulls behind ${i} failures`);
    held.fail();
    await go.clock.advance(50); // Go answers the second one in a row, which is not held
  }
  assert.deepEqual(ends, {});
});

test('a request without an answer is aborted after its hold and 10 s, and made again', async () => {
  const go = await started();
  const before = go.requests.length;
  await go.clock.advance(29_999);
  assert.equal(go.requests.length, before);
  await go.clock.advance(2);
  assert.equal(go.requests.length, before + 4);
  assert.equal(go.api.session.state, 'open');
});

test('hello is tried again, and refused for good by its status or its content', async () => {
  const retried = new Go();
  // The first hello was answered in the constructor; the next ones are those of a restored page.
  await settle();
  retried.helloReplies.push(
    new Error('network'),
    { status: 429 },
    { status: 200, body: '' },
    { status: 200, body: '{"version":1,"sess' },
    { status: 200, body: JSON.stringify(retried.settings) },
  );
  retried.page.restored();
  await retried.clock.advance(1000);
  assert.equal(retried.hellos, 6);
  assert.equal(retried.api.session.state, 'open');
  const refused = [
    { status: 403, body: '{"code":"forbidden","message":"m"}', code: 'forbidden' },
    { status: 200, body: '{"version":2}', code: 'protocol' },
    { status: 200, body: JSON.stringify({ ...retried.settings, maxBatch: 8 }), code: 'protocol' },
    { status: 200, body: JSON.stringify({ ...retried.settings, pulls: '4' }), code: 'protocol' },
  ];
  for (const { code, ...reply } of refused) {
    const go = await started();
    go.helloReplies.push(reply);
    go.page.restored();
    const call = go.api.invoke('a');
    await assert.rejects(call, { code });
    await assert.rejects(go.api.invoke('b'), { code });
  }
});

test('a page restored between two tries of its hello forgets the one before', async () => {
  // Go would take it for a later one, and end the session that the page has.
  for (const reply of [new Error('network'), { status: 429 }]) {
    const go = new Go();
    await settle();
    go.helloReplies.push(reply, reply);
    go.page.restored();
    await settle(); // the first try again comes at once, the next one after a wait
    assert.equal(go.hellos, 3);
    go.page.restored();
    await go.clock.advance(60_000);
    assert.equal(go.hellos, 4);
    assert.equal(go.api.session.state, 'open');
  }
});

test('a batch that Go was too busy for is not sent again when the session has ended', async () => {
  const go = await started();
  go.autoPost = false;
  go.api.invoke('a').catch(() => {});
  await settle();
  go.posts[0].reply({ status: 429 });
  await settle();
  go.pulls[0].reply({ status: 410 });
  await settle();
  const requests = go.requests.length;
  await go.clock.advance(60_000);
  assert.equal(go.api.session.state, 'ended');
  assert.equal(go.requests.length, requests);
});

test('a restored page ends everything and says hello anew', async () => {
  const go = await started();
  const { ends } = await waiting(go);
  const old = new go.api.Channel();
  go.page.restored();
  await settle();
  assert.deepEqual(ends, all('restored'));
  assert.equal(go.hellos, 2);
  assert.equal(go.api.session.state, 'open');
  assert.equal(go.api.session.label, 'main');
  void old;
});

test('credits past a quarter of the window are posted at once when no pull goes out', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<Uint8Array>();
  const frames = Array.from({ length: 4 }, () => ({ kind: BYTES, payload: new Uint8Array(1016) }));
  for (let i = 0; i < 3; i++) await go.send(go.run(lane, frames));
  const before = go.posted.length;
  const iterator = channel[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await iterator.next();
  await settle();
  assert.equal(go.posted.length, before);
  await iterator.next();
  await settle();
  assert.equal(go.posted.length, before + 1);
  assert.equal(go.credits.get(lane), 4096);
});

test('smaller credits go after a while', async () => {
  const go = await started();
  const { lane } = await go.channel(0, () => {});
  await go.send(go.run(lane, [{ kind: BYTES }]));
  await go.clock.advance(200);
  assert.equal(go.credits.get(lane), 8);
  const quiet = go.posted.length;
  await go.clock.advance(10_000);
  assert.equal(go.posted.length, quiet);
});
