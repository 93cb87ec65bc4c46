// Evals in a page whose Content-Security-Policy forbids eval.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { host } from '../src/builtins/dom.js';
import {
  ABORT,
  BEGIN,
  BYTES,
  CLOSE,
  END,
  ERROR,
  EVAL,
  JSON_,
  NATIVE,
  NOT_ALLOWED,
  OPEN,
  QUIET,
  RESULT,
} from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { bytes, type DownFrame, join, result, u32s } from './gowire.js';

const reported: unknown[] = [];
globalThis.reportError = (error: unknown) => {
  reported.push(error);
};

const realEval = host.eval;
let ran: string[] = [];

/** The page's policy forbids eval. */
function forbid(): void {
  host.eval = (() => {
    throw new EvalError('call to eval() blocked by CSP');
  }) as typeof host.eval;
}

afterEach(() => {
  host.eval = realEval;
  ran = [];
  assert.deepEqual(reported.splice(0), [], 'nothing else was reported');
});

Object.assign(globalThis, { ran: (name: string) => ran.push(name) });

const script = (id: number, flags: number, source: string): DownFrame => ({
  kind: EVAL,
  payload: join(u32s(id, flags), source),
});

/** What a script of Go's does that did not run, or has no value. */
const tell = (id: number, error?: unknown): boolean | undefined =>
  Reflect.get(globalThis, Symbol.for('tailrace.native'))?.(id, undefined, error);

/** What a script of Go's does at its end. */
const end = (id: number, last: () => unknown): boolean | undefined =>
  Reflect.get(globalThis, Symbol.for('tailrace.native'))?.(id, last);

const decoder = new TextDecoder();

/** The evals that the page has asked Go for. */
const asked = (go: Go) =>
  go
    .on(0, RESULT)
    .filter(({ payload }) => payload[4] === NOT_ALLOWED)
    .map(({ payload }) => [payload[0], payload.length]);

const errors = (go: Go) =>
  go.on(0, ERROR).map(({ payload }) => JSON.parse(decoder.decode(payload.subarray(8))).message);

test('lane 0 waits at a script that Go evaluates; other lanes do not', async () => {
  const go = await started();
  const messages: unknown[] = [];
  const { lane } = await go.channel(0, (message) => messages.push(message));
  const order: unknown[] = [];
  for (const name of ['a', 'b']) go.api.invoke(name).then((value) => order.push(value));
  const raw = go.api.invoke<Uint8Array>('raw').then((body) => order.push(body.length));
  await settle();
  forbid();
  const frames = [
    result(2, 'before'),
    script(5, QUIET | NATIVE, 'ran("never")'),
    { kind: RESULT, payload: u32s(4, 2, 2, 0, 3, 0) },
    result(3, 'after'),
    script(6, NATIVE, ''),
    script(7, NATIVE, ''),
  ];
  await go.send(
    go.run(0, frames),
    go.run(2, [{ kind: BYTES, payload: 'abc' }, { kind: CLOSE }]),
    go.run(lane, [{ kind: JSON_, payload: '"other lane"' }]),
  );
  assert.deepEqual(messages, ['other lane']);
  assert.deepEqual(order, ['before']);
  assert.deepEqual(asked(go), [[5, 8]]);
  assert.equal(tell(6), false, 'another script');
  await settle();
  assert.deepEqual(order, ['before']);
  assert.equal(tell(5), true);
  assert.equal(tell(5), false, 'told twice');
  await raw;
  await settle();
  assert.deepEqual(order.slice().sort(), [3, 'after', 'before']);
  assert.deepEqual(asked(go).at(-1), [6, 8]);
  assert.equal(tell(6), true);
  await settle();
  assert.deepEqual(asked(go).at(-1), [7, 8]);
  assert.equal(tell(7), true);
  assert.deepEqual(ran, []);
  // Everything is credited in the end, the channel's open frame included.
  await go.clock.advance(100);
  const strides = frames.map(({ payload }) => (8 + bytes(payload).length + 7) & ~7);
  assert.equal(
    go.credits.get(0),
    strides.reduce((sum, stride) => sum + stride, 24),
  );
});

test('neither a script that Go evaluates nor what waits behind it has credit', async () => {
  const go = await started();
  const { lane } = await go.channel(0, () => {});
  await go.clock.advance(100);
  const before = go.credits.get(0) ?? 0;
  const credited = async (bytes: number) => {
    await go.clock.advance(100);
    assert.equal((go.credits.get(0) ?? 0) - before, bytes);
  };
  forbid();
  // Fragments and an open frame are handled at once, and count only when all before them does.
  await go.send(
    go.run(0, [
      script(1, QUIET | NATIVE, ''),
      { kind: OPEN, payload: u32s(lane, 0, 0, 0) },
      { kind: BEGIN, payload: u32s(3008, 0, EVAL, 0, 2, QUIET | NATIVE) },
      { kind: ABORT, payload: '' },
      { kind: BEGIN, payload: u32s(3008, 0, EVAL, 0, 2, QUIET | NATIVE) },
    ]),
  );
  await credited(0);
  tell(1);
  const first = 16 + 24 + 32 + 8 + 32;
  await credited(first);
  await go.send(
    go.run(0, [{ kind: END, payload: ' '.repeat(3000) }, script(3, QUIET | NATIVE, '')]),
  );
  await credited(first);
  tell(2);
  await credited(first + 3008);
  tell(3);
  await credited(first + 3008 + 16);
});

test('an EvalError of the script itself is no policy', async () => {
  const go = await started();
  await go.send(
    go.run(0, [
      script(1, NATIVE, 'throw new EvalError("mine")'),
      script(2, QUIET | NATIVE, 'ran("two")'),
    ]),
  );
  assert.deepEqual(asked(go), []);
  assert.deepEqual(errors(go), ['mine']);
  assert.deepEqual(ran, ['two']);
});

test('without a native eval the script fails with what the policy says', async () => {
  const go = await started();
  forbid();
  await go.send(go.run(0, [script(1, 0, '1'), script(2, QUIET, '2')]));
  assert.deepEqual(asked(go), []);
  assert.deepEqual(errors(go), ['call to eval() blocked by CSP', 'call to eval() blocked by CSP']);
  assert.equal(reported.splice(0).length, 1);
});

test('a script that failed natively, awaited by nobody, shows as an uncaught error', async () => {
  const go = await started();
  forbid();
  await go.send(
    go.run(0, [
      script(1, QUIET | NATIVE, ''),
      script(2, NATIVE, ''),
      script(3, QUIET | NATIVE, ''),
    ]),
  );
  tell(1, { name: 'RangeError', message: 'too far', stack: 'at native' });
  const [error] = reported.splice(0) as Error[];
  assert.deepEqual(
    [error.name, error.message, error.stack],
    ['RangeError', 'too far', 'at native'],
  );
  tell(2, { message: 'EvalResult has it' });
  tell(3, 'a string');
  assert.deepEqual(reported.splice(0), ['a string']);
});

test('the page answers for a script of Go as for its own', async () => {
  const go = await started();
  forbid();
  await go.send(
    go.run(0, [
      script(1, NATIVE, ''),
      script(2, NATIVE, ''),
      script(3, NATIVE, ''),
      script(4, QUIET | NATIVE, ''),
    ]),
  );
  let resolve = (_: unknown): void => {};
  const later = new Promise<unknown>((f) => {
    resolve = f;
  });
  assert.equal(
    end(1, () => later),
    true,
  );
  end(2, () => ({ a: [1] }));
  end(3, () => {
    throw new RangeError('of the script');
  });
  end(4, () => {
    throw new RangeError('nobody waits');
  });
  const answers = () =>
    go
      .on(0, RESULT)
      .filter(({ payload }) => payload[4] !== NOT_ALLOWED)
      .map(({ payload }) => [payload[0], decoder.decode(payload.subarray(8))]);
  await settle();
  assert.deepEqual(answers(), [[2, '{"a":[1]}']]);
  resolve('late');
  await settle();
  assert.deepEqual(answers().at(-1), [1, '"late"']);
  assert.deepEqual(errors(go), ['of the script', 'nobody waits']);
  assert.match(String(reported.splice(0)), /nobody waits/);
});

test('a native eval that takes too long is given up', async () => {
  const go = await started();
  const call = go.api.invoke('a');
  await settle();
  forbid();
  await go.send(go.run(0, [script(1, QUIET | NATIVE, ''), result(1, 'later')]));
  await go.clock.advance(9900);
  assert.deepEqual(reported, []);
  await go.clock.advance(200);
  assert.equal(await call, 'later');
  assert.match(String(reported.splice(0)[0]), /over 10 s/);
  assert.equal(tell(1), false);
});

test('a rule that is broken behind a script ends the session when its turn comes', async (t) => {
  t.mock.method(console, 'error', () => {});
  const go = await started();
  const call = go.api.invoke('a');
  call.catch(() => {});
  await settle();
  forbid();
  await go.send(
    go.run(0, [script(1, QUIET | NATIVE, ''), { kind: RESULT, payload: join(u32s(1, 0), '{') }]),
  );
  assert.equal(go.api.session.state, 'open');
  tell(1);
  await assert.rejects(call, { code: 'protocol' });
});

test('the end of the session ends the wait', async () => {
  const go = await started();
  forbid();
  await go.send(go.run(0, [script(1, QUIET | NATIVE, '')]));
  go.page.restored();
  await settle();
  assert.equal(tell(1), false);
  await go.clock.advance(20000);
});
