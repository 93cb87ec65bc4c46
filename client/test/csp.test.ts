// A Content-Security-Policy that refuses the client's requests is named, and asked no more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRefusals } from '../src/csp.js';
import { JSON_ } from '../src/wire.js';
import { Go, started } from './go.js';
import { settle } from './goclock.js';
import { result } from './gowire.js';
import { FakeMemory } from './memory.js';

const json = (value: unknown) => ({ kind: JSON_, payload: JSON.stringify(value) });
const values = (go: Go, lane: number) =>
  go.on(lane, JSON_).map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));

/** A page whose policy is there before it. */
async function blockedPage(memory?: FakeMemory) {
  const go = new Go({}, memory);
  await settle();
  go.blocking = true;
  go.page.restored(); // a hello under the policy
  return go;
}

for (const carrier of ['scheme', 'shm']) {
  test(`${carrier}: hello refused: few requests, all reject with blocked_by_csp`, async (t) => {
    const shown = t.mock.method(console, 'error', () => {});
    const go = await blockedPage(carrier === 'shm' ? new FakeMemory() : undefined);
    const channel = new go.api.Channel();
    const ends: unknown[] = [];
    channel.onclose = (error) => ends.push(error?.code);
    go.api.session.onended = (error) => ends.push(error.code);
    const calls = [go.api.invoke('a', { channel }), go.api.listen('e', () => {}), channel.send(1)];
    for (const call of calls) call.catch((error) => ends.push(error.code));
    await go.clock.advance(1000);
    assert.deepEqual(ends, Array(5).fill('blocked_by_csp'));
    await assert.rejects(go.api.invoke('b'), (error: Error) => {
      assert.match(error.message, /Content-Security-Policy.*tailrace:\/\/localhost.*connect-src/);
      return true;
    });
    await go.clock.advance(60_000);
    assert.ok(go.refused <= 3, `${go.refused} requests`);
    assert.equal(shown.mock.callCount(), 1);
  });
}

test('a policy that comes later ends a session of the scheme, with few requests', async (t) => {
  const shown = t.mock.method(console, 'error', () => {});
  const go = await started();
  const { channel, result: call } = await go.channel<unknown, unknown>(16384, () => {});
  go.blocking = true;
  channel.trySend(1);
  await assert.rejects(Promise.race([call, go.clock.advance(2000)]), { code: 'blocked_by_csp' });
  for (const pull of go.pulls) pull.reply({ status: 204 });
  await go.clock.advance(60_000);
  assert.equal(go.api.session.state, 'ended');
  assert.ok(go.refused <= 6, `${go.refused} requests`);
  assert.equal(shown.mock.callCount(), 1);
});

test('a session on shared memory goes on under a later policy, without a request', async () => {
  const memory = new FakeMemory();
  memory.offerTo('s-1');
  const go = await started({}, memory);
  const got: unknown[] = [];
  const { channel, lane } = await go.channel<unknown, unknown>(16384, (m) => got.push(m));
  go.blocking = true;
  await go.send(go.run(lane, [json(1)]));
  channel.trySend('a');
  const call = go.api.invoke('b');
  await settle();
  await go.send(go.run(0, [result(2, 'done')]));
  assert.equal(await call, 'done');
  await go.clock.advance(60_000);
  assert.deepEqual([got, values(go, lane), go.refused], [[1], ['a'], 0]);
  // Without the memory there is no way any more.
  memory.close();
  await go.clock.advance(1000);
  assert.equal(go.api.session.state, 'ended');
  await assert.rejects(go.api.invoke('c'), { code: 'blocked_by_csp' });
  assert.ok(go.refused <= 3, `${go.refused} requests`);
});

test('a policy before the memory: what it refused goes through memory, in order', async () => {
  const memory = new FakeMemory();
  const go = await started({}, memory);
  const { channel, lane } = await go.channel<unknown, unknown>(16384, () => {});
  go.blocking = true;
  for (let i = 0; i < 6; i++) {
    channel.trySend(i);
    await settle();
  }
  await go.clock.advance(1000);
  const { refused } = go;
  assert.equal(go.api.session.state, 'open');
  channel.trySend(6);
  memory.offerTo('s-1');
  await settle();
  for (const pull of go.pulls) pull.reply({ status: 204 });
  await go.clock.advance(60_000);
  assert.deepEqual(values(go, lane), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(go.refused, refused, 'nothing is asked any more');
  assert.ok(refused <= 18, `${refused} requests`);
});

test('a policy that comes before the memory, which never does', async (t) => {
  t.mock.method(console, 'error', () => {});
  const go = await started({}, new FakeMemory());
  go.blocking = true;
  const call = go.api.invoke('a');
  await assert.rejects(Promise.race([call, go.clock.advance(10_000)]), { code: 'blocked_by_csp' });
});

test('requests that fail otherwise are tried as before', async () => {
  const go = await started();
  go.refusals = 7; // of another URL of the scheme
  go.helloReplies.push(new Error('network'), new Error('network'));
  go.page.restored();
  await go.clock.advance(1000);
  assert.equal(go.api.session.state, 'open');
});

test('only refusals of our own requests count', () => {
  const target = new EventTarget();
  const count = countRefusals(target, 'tailrace://localhost');
  const refuse = (effectiveDirective: string, blockedURI: string, disposition = 'enforce') =>
    target.dispatchEvent(
      Object.assign(new Event('securitypolicyviolation'), {
        effectiveDirective,
        blockedURI,
        disposition,
      }),
    );
  refuse('img-src', 'tailrace');
  refuse('connect-src', 'https://example.org');
  refuse('connect-src', 'tailrace://localhost.example.org/x');
  refuse('connect-src', 'tailrace', 'report');
  assert.equal(count(), 0);
  refuse('connect-src', 'tailrace');
  refuse('connect-src', 'tailrace://localhost/.tailrace/hello');
  refuse('connect-src', 'tailrace://localhost');
  refuse('default-src', 'tailrace');
  assert.equal(count(), 4);
});
