// What waits must not wait for ever: windows, receipts, calls that share or lose a channel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYTES, CANCEL, CLOSE, ERROR, EVAL, JSON_ } from '../src/wire.js';
import { Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';

test('a large message goes behind small ones that Go has not credited yet', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, Uint8Array>(16384);
  await channel.send(new Uint8Array(3000)); // under a quarter of the window: Go tells no credit
  let accepted = false;
  channel.send(new Uint8Array(14000)).then(() => {
    accepted = true;
  });
  await go.clock.advance(1000);
  assert.ok(accepted);
  assert.ok(go.frames(lane).length > 1, 'what the window lets pass is sent');
});

test('close needs no window', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, Uint8Array>(16384);
  while (channel.trySend(new Uint8Array(56)));
  channel.close();
  await go.clock.advance(1000);
  assert.equal(go.on(lane, BYTES).length, 256);
  assert.equal(go.on(lane, CLOSE).length, 1);
});

test('a batch that goes along with a held pull does not stop the posts behind it', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<unknown, unknown>(16384, () => {
    channel.trySend('reply');
  });
  await go.send(go.run(lane, [{ kind: JSON_, payload: '1' }]));
  const before = go.on(lane).length;
  for (let i = 0; i < 100; i++) {
    assert.ok(channel.trySend(i));
    await settle();
    await go.clock.advance(10);
  }
  assert.equal(go.on(lane).length - before, 100);
});

test('a channel that a cancelled call would have opened has ended for the others', async () => {
  const go = new Go();
  const channel = new go.api.Channel();
  const abort = new AbortController();
  const a = go.api.invoke('a', { channel }, { signal: abort.signal });
  const b = go.api.invoke('b', { channel });
  const c = go.api.invoke('c');
  abort.abort(new Error('enough'));
  await assert.rejects(a, /enough/);
  await assert.rejects(b, { code: 'channel_ended' });
  await settle();
  assert.deepEqual(
    go.invokes.map((call) => call.envelope.cmd),
    ['c'],
  );
  await go.send(go.run(0, [result(go.invokes[0].id, 'fine')]));
  assert.equal(await c, 'fine');
});

test('a cancelled call counts until Go has answered it', async () => {
  const go = await started({ pending: 1 });
  const abort = new AbortController();
  const a = go.api.invoke('a', {}, { signal: abort.signal });
  await settle();
  const b = go.api.invoke('b');
  abort.abort(new Error('enough'));
  await assert.rejects(a, /enough/);
  await settle();
  assert.equal(go.on(0, CANCEL).length, 1);
  assert.equal(go.invokes.length, 1);
  await go.send(
    go.run(0, [{ kind: ERROR, payload: join(u32s(1, 0), '{"code":"cancelled","message":"x"}') }]),
  );
  assert.equal(go.invokes.length, 2);
  await go.send(go.run(0, [result(2, 'fine')]));
  assert.equal(await b, 'fine');
});

test('the value of an eval that is too large is answered with an error', async () => {
  const go = await started({ maxMessage: 1024 });
  await go.send(go.run(0, [{ kind: EVAL, payload: join(u32s(1, 0), '"x".repeat(2000)') }]));
  await go.clock.advance(1000);
  assert.equal(go.on(0, ERROR).length, 1);
});
