import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BEGIN,
  BYTES,
  CANCEL,
  CLOSE,
  END,
  ERROR,
  EVAL,
  INVOKE,
  JSON_,
  MIDDLE,
  QUIET,
  RESULT,
} from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, join, result, u32s } from './gowire.js';
import { watchReports } from './reported.js';

const reported = watchReports();

const text = (m: Uint8Array) => Buffer.from(m).toString();
const failure = (id: number, error: unknown): DownFrame => ({
  kind: ERROR,
  payload: join(u32s(id, 0), JSON.stringify(error)),
});

test('a thousand invokes at once are few posts, and each gets its own result', async () => {
  const go = await started({ maxBatch: 262144, window: 4194304 });
  const calls = Array.from({ length: 1000 }, (_, n) => go.api.invoke('double', { n }));
  await settle();
  assert.equal(go.posted.length, 1);
  assert.deepEqual(go.invokes[999], {
    id: 1000,
    envelope: { cmd: 'double', body: 'json' },
    body: go.invokes[999].body,
    json: { n: 999 },
  });
  await go.send(go.run(0, go.invokes.map(({ id, json }) => result(id, json.n * 2)).reverse()));
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 1000 }, (_, n) => n * 2),
  );
});

test('invokes before hello’s answer go out after it, in order, as they were', async () => {
  const go = await started();
  go.page.restored(); // says hello anew
  const args = { n: 1 };
  go.api.invoke('a', args).catch(() => {});
  args.n = 2;
  go.api.invoke('b', args).catch(() => {});
  assert.equal(go.api.session.state, 'connecting');
  const before = go.posted.length;
  await settle();
  assert.equal(go.api.session.state, 'open');
  assert.equal(go.posted.length - before, 1);
  assert.deepEqual(
    go.invokes.map(({ json }) => json.n),
    [1, 2],
  );
});

test('a name or headers over the limit are refused here, and the session lives on', async () => {
  const go = await started();
  const large = { code: 'too_large' };
  await assert.rejects(go.api.invoke('a'.repeat(1025)), { code: 'unknown_command' });
  await assert.rejects(go.api.invoke('ä'.repeat(513)), { code: 'unknown_command' });
  await assert.rejects(go.api.invoke('a', {}, { headers: { b: 'c'.repeat(300_000) } }), large);
  const call = go.api.invoke('ä'.repeat(512));
  await settle();
  assert.equal(go.invokes.length, 1);
  await go.send(go.run(0, [result(go.invokes[0].id, 1)]));
  assert.equal(await call, 1);
});

test('arguments: headers, channels at any depth, nothing at all', async () => {
  const go = await started();
  const { Channel } = go.api;
  const a = new Channel();
  const b = new Channel();
  assert.equal(a.id, undefined);
  go.api
    .invoke('x', { deep: [{ b }, a, a] }, { headers: new Headers({ 'X-A': '1' }) })
    .catch(() => {});
  go.api.invoke('y', { a }, { headers: [['K', 'v']] }).catch(() => {});
  go.api.invoke('z', undefined, { headers: { k: 'v' } }).catch(() => {});
  await settle();
  const [x, y, z] = go.invokes;
  assert.deepEqual(x.envelope, {
    cmd: 'x',
    headers: { 'x-a': '1' },
    channels: [1, 3],
    body: 'json',
  });
  assert.deepEqual(x.json, { deep: [{ b: '__CHANNEL__:1' }, '__CHANNEL__:3', '__CHANNEL__:3'] });
  assert.deepEqual([b.id, a.id], [1, 3]);
  assert.deepEqual(y.envelope, { cmd: 'y', headers: { k: 'v' }, channels: [3], body: 'json' });
  assert.deepEqual(z.envelope, { cmd: 'z', headers: { k: 'v' }, body: 'json' });
  assert.equal(z.json, null);
});

test('arguments that cannot be read leave nothing behind', async () => {
  const go = await started();
  const { Channel, invoke } = go.api;
  const channel = new Channel();
  const cyclic: Record<string, unknown> = { channel };
  cyclic.self = cyclic;
  await assert.rejects(invoke('a', cyclic), TypeError);
  assert.equal(channel.id, undefined);
  await assert.rejects(invoke('a', { n: 1n }), TypeError);
  await assert.rejects(
    invoke('a', () => {}),
    { code: 'invalid_args' },
  );
  assert.throws(() => JSON.stringify({ channel }), { code: 'invalid_args' });
  const ended = new Channel();
  ended.close();
  await assert.rejects(invoke('a', { channel, ended }), { code: 'channel_ended' });
  assert.equal(channel.id, undefined);
  invoke('a', { channel }).catch(() => {});
  await settle();
  assert.equal(channel.id, 1, 'no lane number was lost');
  assert.equal(go.invokes.length, 1);
});

test('an invoke inside toJSON is refused', async () => {
  const go = await started();
  let inner: Promise<unknown> = Promise.resolve();
  const args = {
    toJSON() {
      inner = go.api.invoke('inner');
      inner.catch(() => {});
      return 1;
    },
  };
  go.api.invoke('outer', args).catch(() => {});
  await assert.rejects(inner, { code: 'invalid_args' });
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope }) => envelope.cmd),
    ['outer'],
  );
});

test('a raw invoke inside a throwing toJSON is refused; no two lanes share a number', async () => {
  const go = await started({ maxBatch: 65536, window: 1 << 20 });
  let inner: Promise<unknown> = Promise.resolve();
  const args = {
    channel: new go.api.Channel(),
    last: {
      toJSON() {
        inner = go.api.invoke('inner', new Uint8Array(100_000));
        inner.catch(() => {});
        throw new Error('no');
      },
    },
  };
  await assert.rejects(go.api.invoke('outer', args), { message: 'no' });
  await assert.rejects(inner, { code: 'invalid_args' });
  const channel = new go.api.Channel();
  go.api.invoke('raw', new Uint8Array(100_000)).catch(() => {});
  go.api.invoke('later', { channel }).catch(() => {});
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope }) => [envelope.cmd, envelope.lane ?? envelope.channels?.[0]]),
    [
      ['raw', 1],
      ['later', 3],
    ],
  );
});

test('raw bodies: inline, and on a lane beyond 64 KB', async () => {
  const go = await started({ maxBatch: 65536, window: 1 << 20 });
  const small = new Uint8Array([1, 2, 3]);
  go.api.invoke('small', small.subarray(1)).catch(() => {});
  small.fill(0);
  go.api.invoke('buffer', new ArrayBuffer(65536)).catch(() => {});
  const large = Uint8Array.from({ length: 65537 }, (_, i) => i * 7);
  go.api.invoke('large', large).catch(() => {});
  await settle();
  assert.deepEqual([...go.invokes[0].body], [2, 3]);
  assert.equal(go.invokes[0].envelope.body, 'bytes');
  // The second one is larger than a frame may be: it comes as fragments of an invoke.
  const pieces = go.frames(0).filter((f) => f.kind >= BEGIN);
  assert.equal(pieces[0].payload[8], INVOKE);
  assert.deepEqual([...go.invokes[1].body], new Array(65536).fill(0));
  const { envelope, body } = go.invokes[2];
  assert.deepEqual(envelope, { cmd: 'large', body: 'lane', lane: 1, length: 65537 });
  assert.equal(body.length, 0);
  assert.deepEqual(
    go.frames(1).map((f) => f.kind),
    [BEGIN, MIDDLE, MIDDLE, MIDDLE, END, CLOSE],
  );
  assert.deepEqual(
    go.on(1).map((f) => f.kind),
    [BYTES, CLOSE],
  );
  assert.ok(Buffer.from(go.on(1)[0].payload).equals(large));
  const order = go.up.map((f) => f.lane);
  assert.ok(order.lastIndexOf(0) < order.indexOf(1), 'the invoke opens the lane before its frames');
});

test('what is over maxMessage is refused, and its channels end', async () => {
  const go = await started({ maxMessage: 4096 });
  const channel = new go.api.Channel();
  let ended = '';
  channel.onclose = (error) => {
    ended = error?.code ?? '';
  };
  await assert.rejects(go.api.invoke('a', { channel, x: 'x'.repeat(4096) }), { code: 'too_large' });
  assert.equal(ended, 'too_large');
  await assert.rejects(go.api.invoke('a', new Uint8Array(70000)), { code: 'too_large' });
  assert.equal(go.posted.length, 0);
});

test('errors carry code, message and detail', async () => {
  const go = await started();
  const calls = [go.api.invoke('a'), go.api.invoke('b')];
  for (const call of calls) call.catch(() => {});
  await settle();
  await go.send(
    go.run(0, [failure(2, { code: 'x', message: 'y', detail: { z: 1 } }), failure(1, {})]),
  );
  await assert.rejects(calls[1], (error) => {
    assert.ok(error instanceof go.api.TailraceError);
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.message, error.detail],
      ['TailraceError', 'x', 'y', { z: 1 }],
    );
    return true;
  });
  await assert.rejects(calls[0], { code: 'error' });
});

test('abort: cancel goes up, the promise rejects as told, a late answer is dropped', async () => {
  const go = await started();
  const abort = new AbortController();
  const call = go.api.invoke('slow', {}, { signal: abort.signal });
  const raw = go.api.invoke('raw', {}, { signal: abort.signal });
  raw.catch(() => {});
  await settle();
  abort.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
  await assert.rejects(raw, /enough/);
  await settle();
  assert.deepEqual(
    go.on(0, CANCEL).map((f) => [...f.payload]),
    [[...u32s(1, 0)], [...u32s(2, 0)]],
  );
  await go.send(
    go.run(0, [result(1, 'late'), { kind: RESULT, payload: u32s(2, 2, 2, 0, 3, 0) }]),
    go.run(2, [{ kind: BYTES, payload: 'abc' }, { kind: CLOSE }]),
  );
  assert.equal(go.api.session.state, 'open');
  await assert.rejects(go.api.invoke('x', {}, { signal: abort.signal }), /enough/);
  const done = go.api.invoke('quick', {}, { signal: new AbortController().signal });
  await settle();
  await go.send(go.run(0, [result(3, 1)]));
  assert.equal(await done, 1);
});

test('evals run in the global scope, in order, with their results', async () => {
  const go = await started();
  const frame = (id: number, source: string): DownFrame => ({
    kind: EVAL,
    payload: join(u32s(id, id === 0 ? QUIET : 0), source),
  });
  await go.send(
    go.run(0, [
      frame(0, 'var evalled = 1'),
      frame(1, 'evalled += 1'),
      frame(2, 'undefined'),
      frame(3, 'Promise.resolve({ a: evalled })'),
      frame(4, 'throw new RangeError("no")'),
      frame(5, 'let o = {}; o.o = o'),
      frame(6, 'Promise.reject("é")'),
      frame(7, ')('),
      frame(0, 'throw new Error("nobody waits")'),
      frame(
        8,
        'throw Object.assign(new URIError("far"), { stack: "at /a/long/path ".repeat(500) })',
      ),
    ]),
  );
  const results = go
    .on(0, RESULT)
    .map((f) => [f.payload[0], f.payload[4], text(f.payload.subarray(8))]);
  assert.deepEqual(results, [
    [1, 0, '2'],
    [2, 0, 'null'],
    [3, 0, '{"a":2}'],
  ]);
  const errors = go
    .on(0, ERROR)
    .map((f) => ({ id: f.payload[0], ...JSON.parse(text(f.payload.subarray(8))) }));
  assert.deepEqual(
    errors.map(({ id, code, message, detail }) => [id, code, message, detail.name]),
    [
      [4, 'eval', 'no', 'RangeError'],
      [5, 'eval', errors[1].message, 'TypeError'],
      [7, 'eval', errors[2].message, 'SyntaxError'],
      [0, 'eval', 'nobody waits', 'Error'],
      [8, 'eval', 'far', 'URIError'],
      [6, 'eval', 'é', undefined],
    ],
  );
  assert.match(errors[0].detail.stack, /RangeError/);
  assert.equal(errors[4].detail.stack, 'at /a/long/path '.repeat(500));
  assert.ok(
    go.frames(0).some(({ kind }) => kind === BEGIN),
    'that error came as fragments',
  );
  assert.deepEqual(reported.splice(0).map(String), ['Error: nobody waits']);
  Reflect.deleteProperty(globalThis, 'evalled');
});

test('a warning when the result waits for messages that nobody reads', async (t) => {
  const warnings: string[] = [];
  t.mock.method(console, 'warn', (message: string) => warnings.push(message));
  const go = await started();
  const read = await go.channel(0, () => {});
  const unread = await go.channel();
  await go.send(
    go.run(read.lane, [{ kind: JSON_, payload: '1' }]),
    go.run(unread.lane, [{ kind: JSON_, payload: '1' }]),
  );
  await go.clock.advance(1900);
  assert.equal(warnings.length, 0);
  await go.clock.advance(10000);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /begin to read the channel before awaiting/);
});

for (const [name, frame] of Object.entries<DownFrame>({
  'result of id 0': result(0, 1),
  'result of what was never invoked': result(2, 1),
  'error of what was never invoked': failure(2, {}),
  'result too short': { kind: RESULT, payload: u32s(1) },
  'result of body 3': { kind: RESULT, payload: u32s(1, 3) },
  'result that is not JSON': { kind: RESULT, payload: join(u32s(1, 0), '{') },
  'result on an odd lane': { kind: RESULT, payload: u32s(1, 2, 3, 0, 5, 0) },
  'result on lane 0': { kind: RESULT, payload: u32s(1, 2, 0, 0, 5, 0) },
  'result on a lane, too short': { kind: RESULT, payload: u32s(1, 2, 2, 0, 5) },
  'result on a lane of 2^53 bytes': { kind: RESULT, payload: u32s(1, 2, 2, 0, 0, 0x200000) },
  'error that is not JSON': { kind: ERROR, payload: join(u32s(1, 0), 'x') },
  'error with reserved bytes': { kind: ERROR, payload: join(u32s(1, 1), '{}') },
  'open of a lane that was never named': { kind: 9, payload: u32s(1, 0, 8, 0) },
  'open of an even lane': { kind: 9, payload: u32s(2, 0, 8, 0) },
  'open too short': { kind: 9, payload: u32s(1, 0) },
  'eval too short': { kind: EVAL, payload: 'x' },
  'fragments of a message of a channel': { kind: BEGIN, payload: u32s(8, 0, BYTES, 0) },
})) {
  test(`broken control frames end the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const go = await started();
    const call = go.api.invoke('a');
    call.catch(() => {});
    await settle();
    await go.send(go.run(0, [frame]));
    await assert.rejects(call, { code: 'protocol' });
  });
}

for (const [name, frames] of Object.entries<DownFrame[]>({
  'other length': [{ kind: BYTES, payload: 'abcd' }],
  'other kind': [{ kind: JSON_, payload: '123' }],
  'two messages': [
    { kind: BYTES, payload: 'abc' },
    { kind: BYTES, payload: 'abc' },
  ],
})) {
  test(`a broken raw body ends the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const go = await started();
    go.api.invoke('a').catch(() => {});
    await settle();
    await go.send(
      go.run(0, [{ kind: RESULT, payload: u32s(1, 2, 2, 0, 3, 0) }]),
      go.run(2, frames),
    );
    assert.equal(go.api.session.state, 'ended');
  });
}

test('a raw body that ends early rejects the call only', async () => {
  const go = await started();
  const call = go.api.invoke('a');
  call.catch(() => {});
  await settle();
  await go.send(
    go.run(0, [{ kind: RESULT, payload: u32s(1, 2, 2, 0, 3, 0) }]),
    go.run(2, [{ kind: CLOSE, payload: '{"code":"gone","message":"m"}' }]),
  );
  await assert.rejects(call, { code: 'gone' });
  assert.equal(go.api.session.state, 'open');
});

test('calls beyond pending wait for a result, in order; a cancelled one is not sent', async () => {
  const go = await started({ pending: 2 });
  const abort = new AbortController();
  const names = ['a', 'b', 'c', 'd', 'e'];
  const calls = names.map((cmd) =>
    go.api.invoke(cmd, {}, cmd === 'c' ? { signal: abort.signal } : {}),
  );
  await settle();
  assert.equal(go.invokes.length, 2);
  abort.abort(new Error('enough'));
  await assert.rejects(calls[2], /enough/);
  await go.send(go.run(0, [result(1, '1')]));
  assert.equal(await calls[0], '1');
  assert.equal(go.invokes.length, 3);
  await go.send(go.run(0, [result(2, '2'), result(4, '4')]));
  assert.equal(await calls[3], '4');
  assert.equal(go.invokes.length, 4);
  await go.send(go.run(0, [result(5, '5')]));
  assert.equal(await calls[4], '5');
  assert.equal(go.on(0, CANCEL).length, 0);
});

test('text that looks like a channel is text; the envelope names real channels only', async () => {
  const go = await started();
  const channel = new go.api.Channel();
  void go.api.invoke('c', { channel });
  void go.api.invoke('c', { text: '__CHANNEL__:1', deep: ['__CHANNEL__:3'] });
  void go.api.invoke('c', { text: '__CHANNEL__:1', channel });
  await settle();
  assert.deepEqual(
    go.invokes.map(({ envelope, json }) => [envelope.channels, json]),
    [
      [[1], { channel: '__CHANNEL__:1' }],
      [undefined, { text: '__CHANNEL__:1', deep: ['__CHANNEL__:3'] }],
      [[1], { text: '__CHANNEL__:1', channel: '__CHANNEL__:1' }],
    ],
  );
});
