// Whatever a script throws, Go gets an answer made of text, and the session lives on.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { host } from '../src/builtins/dom.js';
import { ERROR, EVAL, NATIVE, QUIET, RESULT } from '../src/wire.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, join, u32s } from './gowire.js';

const reported: unknown[] = [];
const report = (error: unknown): void => {
  reported.push(error);
};
globalThis.reportError = report;

const realEval = Reflect.get(globalThis, 'eval');
afterEach(() => {
  globalThis.reportError = report;
  Reflect.set(globalThis, 'eval', realEval);
  reported.length = 0;
});

const script = (id: number, flags: number, source: string): DownFrame => ({
  kind: EVAL,
  payload: join(u32s(id, flags), source),
});

/** What the script throws, and the message that Go gets. */
const odd: Record<string, [string, string]> = {
  'a message that is an object': [
    'Object.defineProperty(new Error("x"), "message", { value: { a: 1 } })',
    'eval failed',
  ],
  'a name that is a BigInt': ['Object.assign(new Error("x"), { name: 1n })', 'x'],
  'a name whose getter throws': [
    'Object.defineProperty(new Error("x"), "name", { get() { throw 1 } })',
    'x',
  ],
  'a message whose getter throws': [
    'Object.defineProperty(new Error("x"), "message", { get() { throw 1 } })',
    'eval failed',
  ],
  'a stack that is itself': ['(() => { const e = new Error("x"); e.stack = e; return e })()', 'x'],
  'a stack of many frames': ['Object.assign(new Error("x"), { stack: "s".repeat(5000) })', 'x'],
  'no prototype': ['Object.create(null)', 'eval failed'],
  'a toString that throws': ['({ toString() { throw 1 } })', 'eval failed'],
  'a Proxy that lets nobody look': [
    'new Proxy({}, new Proxy({}, { get() { return () => { throw 2 } } }))',
    'eval failed',
  ],
  'a Proxy of an Error': ['new Proxy(new Error("x"), { get() { throw 2 } })', 'eval failed'],
  'a revoked Proxy': [
    '(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy })()',
    'eval failed',
  ],
  'a symbol': ['Symbol("s")', 'Symbol(s)'],
  'half a character': ['"\\ud800"', '\ud800'],
  nothing: ['undefined', 'undefined'],
};

for (const [what, [thrown, message]] of Object.entries(odd)) {
  const ways = {
    thrown: `throw ${thrown}`,
    rejected: `new Promise((_, reject) => reject(${thrown}))`,
    'thrown by then': `({ get then() { throw ${thrown} } })`,
    'thrown by toJSON': `({ toJSON() { throw ${thrown} } })`,
  };
  for (const [way, source] of Object.entries(ways)) {
    test(`${what}, ${way}`, async () => {
      for (const quiet of way === 'thrown by toJSON' ? [0] : [0, QUIET]) {
        for (const flags of [quiet, quiet | NATIVE]) {
          const go = await started();
          await go.send(go.run(0, [script(1, flags, source), script(2, 0, '7')]));
          await settle();
          assert.equal(go.api.session.state, 'open');
          const [error, ...more] = go.on(0, ERROR).map(({ payload }) => ({
            id: payload[0],
            ...JSON.parse(new TextDecoder().decode(payload.subarray(8))),
          }));
          assert.deepEqual(more, []);
          assert.deepEqual([error.id, error.code, error.message], [1, 'eval', message]);
          for (const part of ['name', 'stack']) {
            assert.ok(['string', 'undefined'].includes(typeof error.detail[part]), part);
          }
          assert.deepEqual(
            go.on(0, RESULT).map(({ payload }) => payload[0]),
            [2],
          );
          assert.equal(reported.splice(0).length, quiet === QUIET ? 1 : 0);
        }
      }
    });
  }
}

test('a promise that nobody may await fails', async () => {
  const go = await started();
  const source = 'Object.defineProperty(Promise.resolve(5), "constructor", { get() { throw 1 } })';
  await go.send(go.run(0, [script(1, 0, source), script(2, 0, '7')]));
  await settle();
  assert.equal(go.api.session.state, 'open');
  const answers = [...go.on(0, RESULT), ...go.on(0, ERROR)];
  assert.deepEqual(
    answers.map(({ payload }) => payload[0]),
    [2, 1],
  );
});

test('a result or an error over the limit is answered, too', async () => {
  const go = await started({ maxMessage: 1000 });
  const sources = ['"x".repeat(1e7)', '"é".repeat(600)', 'throw new Error("x".repeat(1e7))'];
  await go.send(
    go.run(
      0,
      sources.map((source, i) => script(i + 1, 0, source)),
    ),
  );
  await settle();
  const errors = go.on(0, ERROR).map(({ payload }) => {
    const { message } = JSON.parse(new TextDecoder().decode(payload.subarray(8)));
    return [payload[0], /over the limit of 1000/.test(message)];
  });
  assert.deepEqual(errors, [
    [1, true],
    [2, true],
    [3, true],
  ]);
});

test('an error whose stack is over the limit goes without it, and so does a refusal', async () => {
  const go = await started({ maxMessage: 400 });
  const stack = 'Object.assign(new RangeError("far"), { stack: "at /a/path ".repeat(100) })';
  await go.send(go.run(0, [script(1, 0, `throw ${stack}`), script(2, 0, '"x".repeat(1000)')]));
  const errors = go.on(0, ERROR).map(({ payload }) => {
    const { message, detail } = JSON.parse(new TextDecoder().decode(payload.subarray(8)));
    return [payload[0], message, detail];
  });
  assert.deepEqual(errors, [
    [1, 'far', { name: 'RangeError' }],
    [2, errors[1][1], { name: 'TailraceError' }],
  ]);
  assert.match(errors[1][1], /over the limit of 400/);
});

test('a page whose reportError throws gets its session no harm', async (t) => {
  const timers: (() => void)[] = [];
  t.mock.method(host, 'setTimeout', (callback: () => void) => timers.push(callback));
  const go = await started();
  globalThis.reportError = () => {
    throw new Error('another');
  };
  await go.send(go.run(0, [script(1, QUIET, 'throw new Error("mine")'), script(2, 0, '7')]));
  assert.equal(go.api.session.state, 'open');
  assert.equal(go.on(0, ERROR).length, 1);
  assert.throws(timers[0], /mine/);
});

test('an odd error of a script that Go evaluates lets the lane go on', async (t) => {
  const go = await started();
  t.mock.method(host, 'eval', () => {
    throw new EvalError('blocked');
  });
  const call = go.api.invoke('a');
  await settle();
  const result = { kind: RESULT, payload: join(u32s(1, 0), '"later"') };
  await go.send(go.run(0, [script(1, QUIET | NATIVE, ''), result]));
  const parts = {
    name: 1n,
    get message() {
      throw new Error('no');
    },
  };
  assert.equal(Reflect.get(globalThis, Symbol.for('tailrace.native'))(1, null, parts), true);
  assert.equal(await call, 'later');
  assert.ok(reported[0] instanceof Error);
});
