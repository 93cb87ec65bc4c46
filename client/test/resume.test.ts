import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ResumedChannel } from '../src/api.js';
import { BYTES, CLOSE, ERROR, JSON_, OPEN } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';

const COMMAND = 'plugin:tailrace|resume';

/** Go has the call of `resume` that came last: it opens the lane and says where it begins. */
async function accept(go: Go, first: number, generation = 1): Promise<number> {
  await settle();
  const { id, envelope } = go.invokes[go.invokes.length - 1];
  assert.equal(envelope.cmd, COMMAND);
  const [lane] = envelope.channels;
  await go.send(
    go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 4096, 0) }, result(id, null)]),
    go.run(lane, [{ kind: JSON_, payload: JSON.stringify({ first, generation }) }]),
  );
  return lane;
}

/** The end of the lane comes first: it needs no room in lane 0. */
async function refuse(go: Go, code: string, detail?: unknown): Promise<void> {
  await settle();
  const { id, envelope } = go.invokes[go.invokes.length - 1];
  const [lane] = envelope.channels;
  await go.send(go.run(lane, [{ kind: CLOSE }]));
  await go.send(
    go.run(0, [
      { kind: ERROR, payload: join(u32s(id, 0), JSON.stringify({ code, message: code, detail })) },
    ]),
  );
}

const json = (...values: unknown[]) =>
  values.map((value) => ({ kind: JSON_, payload: JSON.stringify(value) }));

test('each message has its sequence; callbacks come when the promise has resolved', async () => {
  const go = await started();
  const got: unknown[] = [];
  let channel: ResumedChannel<string> | undefined;
  const promise = go.api.resume<string>('flow', {
    onmessage: (message) => got.push([message, channel?.sequence]),
    onclose: (error) => got.push(['closed', error]),
  });
  const lane = await accept(go, 41);
  const { json: args } = go.invokes[go.invokes.length - 1];
  assert.deepEqual(args, {
    name: 'flow',
    from: 'last',
    observer: false,
    channel: `__CHANNEL__:${lane}`,
  });
  await go.send(go.run(lane, json('a', 'b')));
  assert.deepEqual(got, [], 'nobody has the channel yet');
  channel = await promise;
  assert.equal(channel.sequence, 40);
  await go.clock.advance(0);
  await go.send(go.run(lane, json('c')));
  await go.send(go.run(lane, [{ kind: CLOSE }]));
  assert.deepEqual(got, [
    ['a', 41],
    ['b', 42],
    ['c', 43],
    ['closed', undefined],
  ]);
  assert.equal(channel.sequence, 43);
});

test('the head and the messages may come in one run, and before the result', async () => {
  const go = await started();
  const promise = go.api.resume<number>('flow', { from: 7, observer: true });
  await settle();
  const { id, envelope, json: args } = go.invokes[0];
  assert.deepEqual([args.from, args.observer, args.stopped], [7, true, undefined]);
  const [lane] = envelope.channels;
  await go.send(go.run(lane, json({ first: 7, generation: 1 }, 70, 80)));
  await go.send(go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 4096, 0) }, result(id, null)]));
  const channel = await promise;
  const got: unknown[] = [];
  channel.onmessage = (message) => got.push([message, channel.sequence]);
  assert.equal(typeof channel.onmessage, 'function');
  await settle();
  assert.deepEqual(got, [
    [70, 7],
    [80, 8],
  ]);
  channel.onmessage = undefined;
  await go.send(go.run(lane, json(90)));
  assert.equal(channel.sequence, 8, 'it waits');
});

test('for await counts, and leaving it tells Go how far it came', async () => {
  const go = await started();
  const promise = go.api.resume<Uint8Array>('flow');
  const lane = await accept(go, 5);
  const bytes = ['x', 'yy', 'zzz', 'w'].map((payload) => ({ kind: BYTES, payload }));
  await go.send(go.run(lane, bytes));
  const channel = await promise;
  await go.clock.advance(0);
  const got: unknown[] = [];
  for await (const message of channel) {
    got.push([message.length, channel.sequence]);
    if (message.length === 2) break;
  }
  assert.deepEqual(got, [
    [1, 5],
    [2, 6],
  ]);
  await settle();
  assert.deepEqual(
    go.on(lane).map(({ kind, payload }) => [kind, Buffer.from(payload).toString()]),
    [
      [JSON_, '6'],
      [CLOSE, ''],
    ],
  );
});

test('what a page drops when it closes is not credited', async () => {
  const go = await started();
  const promise = go.api.resume<string>('flow');
  const lane = await accept(go, 1);
  const channel = await promise;
  channel.onmessage = () => {};
  await go.send(go.run(lane, json('a', 'b')));
  await go.clock.advance(100);
  const credited = go.credits.get(lane);
  assert.ok(credited !== undefined && credited > 0);
  channel.onmessage = undefined;
  await go.send(go.run(lane, json('c')));
  channel.close();
  await go.send(go.run(lane, json('d')));
  await go.clock.advance(100);
  assert.equal(go.credits.get(lane), credited);
});

test('a page that had the channel goes on behind what it was handed', async () => {
  const go = await started();
  const first = go.api.resume<string>('flow');
  const lane = await accept(go, 1, 9);
  const channel = await first;
  channel.onmessage = () => {};
  await go.send(go.run(lane, json('a', 'b', 'c')));
  channel.onmessage = undefined;
  await go.send(go.run(lane, json('d')));
  channel.close();
  await go.send(go.run(lane, [{ kind: CLOSE }]));

  const stopped = async (name: string, options: object) => {
    const promise = go.api.resume(name, options);
    promise.catch(() => {});
    await settle();
    const { stopped } = go.invokes[go.invokes.length - 1].json;
    await refuse(go, 'busy');
    await assert.rejects(promise, { code: 'busy' });
    return stopped;
  };
  assert.deepEqual(await stopped('flow', {}), { generation: 9, sequence: 3 });
  assert.deepEqual(await stopped('flow', { from: 'last' }), { generation: 9, sequence: 3 });
  assert.equal(await stopped('flow', { from: 'oldest' }), undefined);
  assert.equal(await stopped('flow', { observer: true }), undefined);
  assert.equal(await stopped('other', {}), undefined);

  // After a return from the back-forward cache, too.
  go.page.restored();
  await settle();
  assert.deepEqual(await stopped('flow', {}), { generation: 9, sequence: 3 });
});

test('what Go refuses rejects, and nothing of it is left', async () => {
  const go = await started();
  const promise = go.api.resume('flow', {
    from: 3,
    onclose: () => assert.fail('it was never there'),
  });
  promise.catch(() => {});
  const detail = { wanted: 3, oldest: 100 };
  await refuse(go, 'too_late', detail);
  await assert.rejects(promise, { name: 'TailraceError', code: 'too_late', detail });
  await go.clock.advance(100);
  const [lane] = go.invokes[0].envelope.channels;
  assert.deepEqual(
    go.on(lane).map(({ kind }) => kind),
    [CLOSE],
  );
});

test('an end before anybody listens is told once', async () => {
  for (const error of [undefined, { code: 'too_late', message: 'fell behind' }]) {
    const go = await started();
    const got: unknown[] = [];
    const promise = go.api.resume('flow', {
      onerror: ({ code }) => got.push(`error ${code}`),
      onclose: (error) => got.push(`close ${error?.code}`),
    });
    const lane = await accept(go, 1);
    await go.send(
      go.run(lane, [{ kind: CLOSE, payload: error === undefined ? '' : JSON.stringify(error) }]),
    );
    const channel = await promise;
    assert.equal(channel.closed, true);
    await go.clock.advance(1);
    assert.deepEqual(
      got,
      error === undefined ? ['close undefined'] : ['error too_late', 'close too_late'],
    );
  }
});

test('it rejects when the session ends or the signal is aborted', async () => {
  const go = await started();
  const abort = new AbortController();
  const aborted = go.api.resume('flow', { signal: abort.signal });
  await settle();
  abort.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  await settle();
  const [lane] = go.invokes[0].envelope.channels;
  await go.send(go.run(lane, [{ kind: CLOSE }])); // as at the end of any command that was cancelled
  assert.deepEqual(
    go.on(lane).map(({ kind }) => kind),
    [CLOSE],
    'nothing is left',
  );
  const pending = go.api.resume('flow');
  await settle();
  go.page.restored();
  await assert.rejects(pending, { code: 'restored' });
});

test('it is for reading only, and belongs to no command', async () => {
  const go = await started();
  const promise = go.api.resume('flow', { own: true });
  const lane = await accept(go, 1);
  const channel = await promise;
  await assert.rejects(channel.send('x' as never), { code: 'one_way' });
  assert.equal(channel.trySend('x' as never), false);
  assert.throws(() => JSON.stringify({ channel }), { code: 'invalid_args' });
  await assert.rejects(go.api.invoke('c', { channel }), { code: 'invalid_args' });
  const messages: Uint8Array[] = [];
  channel.onmessage = (message) => messages.push(message as Uint8Array);
  await go.send(go.run(lane, [{ kind: BYTES, payload: 'abc' }]));
  assert.equal(messages[0].buffer.byteLength, 3);
});

test('aborted between opening and head: Go learns that nothing was handed out', async () => {
  const go = await started();
  const abort = new AbortController();
  const promise = go.api.resume('flow', { signal: abort.signal });
  promise.catch(() => {});
  await settle();
  const [lane] = go.invokes[0].envelope.channels;
  await go.send(go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 4096, 0) }]));
  abort.abort(new Error('enough'));
  await assert.rejects(promise, { message: 'enough' });
  await settle();
  assert.deepEqual(go.on(lane), [], 'where it would have begun is not known yet');
  await go.send(go.run(lane, json({ first: 41, generation: 1 }, 'a', 'b')));
  await settle();
  assert.deepEqual(
    go.on(lane).map(({ kind, payload }) => [kind, Buffer.from(payload).toString()]),
    [
      [JSON_, '40'],
      [CLOSE, ''],
    ],
  );
});

test('the signal lives as long as the channel', async () => {
  const go = await started();
  const abort = new AbortController();
  const promise = go.api.resume<string>('flow', { signal: abort.signal });
  const lane = await accept(go, 1);
  const channel = await promise;
  const got: unknown[] = [];
  channel.onmessage = (message) => got.push(message);
  channel.onclose = (error) => got.push(['closed', error]);
  await go.send(go.run(lane, json('a')));
  abort.abort(new Error('unmounted'));
  await settle();
  assert.deepEqual(got, ['a', ['closed', undefined]]);
  assert.equal(channel.closed, true);
  assert.equal(go.on(lane, CLOSE).length, 1, 'Go is told');
  assert.deepEqual(
    go.on(lane, JSON_).map(({ payload }) => new TextDecoder().decode(payload)),
    ['1'],
    'and how far the page has come',
  );
});

test('a signal aborted while the channel is on its way rejects, and closes it', async () => {
  const go = await started();
  const abort = new AbortController();
  const promise = go.api.resume<string>('flow', { signal: abort.signal });
  promise.catch(() => {});
  await settle();
  const { id, envelope } = go.invokes[0];
  const [lane] = envelope.channels;
  await go.send(go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 4096, 0) }, result(id, null)]));
  const reason = new Error('unmounted');
  abort.abort(reason); // between the result and the head
  await go.send(go.run(lane, json({ first: 1, generation: 1 }, 'a')));
  await assert.rejects(promise, reason);
  await settle();
  assert.equal(go.on(lane, CLOSE).length, 1, 'Go is told');
});

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

test('channels that have ended can go, whoever ended them, and their places stay', async () => {
  const go = await started();
  const channels: WeakRef<object>[] = [];
  const use = async (n: number) => {
    const promise = go.api.resume(`flow ${n}`, { onmessage: () => {} });
    const lane = await accept(go, n + 1);
    const channel = await promise;
    channels.push(new WeakRef(channel));
    if (n % 2 === 0) channel.close();
    await settle();
    await go.send(go.run(lane, [{ kind: CLOSE }]));
  };
  for (let n = 0; n < 60; n++) await use(n);
  for (let tries = 0; tries < 20 && channels.some((ref) => ref.deref()); tries++) {
    await go.clock.advance(100);
    gc();
  }
  const kept = channels.filter((ref) => ref.deref()).length;
  assert.ok(kept <= 2, `${kept} channels are kept`); // the last batch may be at hand still
  void go.api.resume('flow 41').catch(() => {});
  await accept(go, 42);
  assert.deepEqual(go.invokes[go.invokes.length - 1].json.stopped, { generation: 1, sequence: 41 });
});
