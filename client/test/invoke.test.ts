// Calls and evals: their results and errors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEGIN, BYTES, CANCEL, CLOSE, ERROR, EVAL, JSON_, QUIET, RESULT } from '../src/wire.js';
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
