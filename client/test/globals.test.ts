// Whatever a page does to its globals, before the client or after it: calls, channels and events go
// on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BEGIN,
  BYTES,
  CLOSE,
  END,
  ERROR,
  EVAL,
  EVENT,
  INVOKE,
  JSON_,
  OPEN,
  RESULT,
} from '../src/wire.js';
import { settle } from './goclock.js';
import { join, u32s } from './gowire.js';
import { FakeMemory } from './memory.js';
import { breakAll, openRealm, ours, outcome, type Realm, wrapAll } from './realm.js';

/** The page's own code, from before anything was broken. */
const code = `const Bytes = Uint8Array, { asyncIterator } = Symbol;
globalThis.code = {
  got: { n: 0 },
  put(value) { code.got[code.got.n++] = value },
  channel() { const c = new tailrace.Channel(code.put); c.onclose = code.put; return c },
  bytes(n) { const b = new Bytes(n); for (let i = 0; i < n; i++) b[i] = i; return b },
  buffer: new ArrayBuffer(5000),
  args(channel) { return { list: [1, [2, 'x']], channel, nested: { channels: [channel] } } },
  iterate(channel) { return channel[asyncIterator]() },
  headers: { X: 'one', y: 'two' },
  pairs: [['X', 'one'], ['y', 'two']],
  controller: new AbortController(),
}`;

/** A copy of this realm. */
const json = (value: unknown) => structuredClone(value);

// biome-ignore lint/suspicious/noExplicitAny: it is the page's
const globalsOf = (run: Realm['run']): any => run('globalThis');

/** What an app does, all of it. */
async function live(realm: Realm): Promise<void> {
  const { go, page, run } = realm;
  const { code } = globalsOf(run);
  const { invoke, listen, emit } = page;
  const last = () => go.invokes[go.invokes.length - 1];
  const answer = (value: unknown) =>
    go.send(
      go.run(0, [{ kind: RESULT, payload: join(u32s(last().id, 0), JSON.stringify(value)) }]),
    );

  // A call with a channel, each way of giving headers, its result and its error.
  for (const headers of [
    code.headers,
    code.pairs,
    new Map([
      ['X', 'one'],
      ['y', 'two'],
    ]),
  ]) {
    const sum = outcome(invoke('add', { a: 1 }, { headers }));
    await settle();
    assert.deepEqual(last().envelope, {
      cmd: 'add',
      headers: { x: 'one', y: 'two' },
      body: 'json',
    });
    await answer({ sum: [3] });
    assert.deepEqual(json(await sum), { sum: [3] });
  }
  const channel = code.channel();
  const call = outcome(invoke('watch', code.args(channel)));
  call.catch(() => {});
  await settle();
  const lane = channel.id as number;
  const name = `__CHANNEL__:${lane}`;
  assert.deepEqual(last().envelope.channels, [lane]);
  assert.deepEqual(last().json, {
    list: [1, [2, 'x']],
    channel: name,
    nested: { channels: [name] },
  });
  const { id } = last();
  await go.send(go.run(0, [{ kind: OPEN, payload: u32s(lane, 0, 1 << 16, 0) }]));

  // Down: bytes, JSON in runs and alone, a message in parts, an end with an error.
  await go.send(
    go.run(lane, [
      { kind: BYTES, payload: 'ab' },
      { kind: BYTES, payload: 'cd' },
    ]),
    go.run(lane, [
      { kind: JSON_, payload: '[1]' },
      { kind: JSON_, payload: '{"a":2}' },
    ]),
    go.run(lane, [
      { kind: JSON_, payload: '"é"' },
      { kind: BYTES, payload: 'e' },
    ]),
    go.run(lane, [{ kind: BEGIN, payload: join(u32s(6, 0, BYTES, 0), 'abc') }]),
    go.run(lane, [{ kind: END, payload: 'def' }]),
  );
  // Up: at once, when there is room, and in parts.
  assert.equal(channel.trySend(code.bytes(3)), true);
  await outcome(channel.send([1, { a: 'ü' }]));
  await outcome(channel.send(code.buffer));
  await settle();
  const up = go.on(lane).map(({ kind, payload }) => [kind, payload.length]);
  assert.deepEqual(up.slice(0, 2), [
    [BYTES, 3],
    [JSON_, 14],
  ]);
  assert.equal(
    up.slice(2).reduce((sum, [, length]) => sum + length, 0),
    5000,
  );
  await go.send(
    go.run(lane, [{ kind: CLOSE, payload: '{"code":"c","message":"over"}' }]),
    go.run(0, [{ kind: ERROR, payload: join(u32s(id, 0), '{"code":"bad","message":"m"}') }]),
  );
  await assert.rejects(call, { code: 'bad', message: 'm', name: 'TailraceError' });
  const texts = [];
  for (let i = 0; i < code.got.n; i++) {
    const value = code.got[i];
    texts.push(ArrayBuffer.isView(value) ? Buffer.from(ours(value)).toString() : json(value));
  }
  assert.deepEqual(texts.slice(0, 7), ['ab', 'cd', [1], { a: 2 }, 'é', 'e', 'abcdef']);
  assert.deepEqual([texts.length, code.got[7].code], [8, 'c']);
  code.got.n = 0;

  // An iterator, before and behind its messages; bytes for the arguments, also on a lane of their
  // own.
  const read = new page.Channel({ own: true });
  const reading = outcome(invoke('read', { read }));
  await settle();
  const iterator = code.iterate(read);
  const first = outcome<IteratorResult<unknown>>(iterator.next());
  await go.send(
    go.run(read.id as number, [
      { kind: JSON_, payload: '1' },
      { kind: JSON_, payload: '2' },
    ]),
  );
  assert.deepEqual(
    [(await first).value, (await outcome<IteratorResult<unknown>>(iterator.next())).value],
    [1, 2],
  );
  await outcome(iterator.return());
  await answer(null);
  assert.equal(await reading, null);
  for (const size of [10, 70_000]) {
    const sent = outcome(invoke('put', code.bytes(size)));
    await settle();
    assert.equal(last().envelope.body, size === 10 ? 'bytes' : 'lane');
    await go.send(go.run(0, [{ kind: RESULT, payload: join(u32s(last().id, 1), 'raw') }]));
    assert.equal(Buffer.from(ours((await sent) as Uint8Array)).toString(), 'raw');
  }

  // Events: a run of JSON, bytes for two, an emit of each kind.
  const listening = [outcome(listen('news', code.put)), outcome(listen('news', code.put))];
  await settle();
  const { length } = go.invokes;
  const subs = [go.invokes[length - 2].json.sub, go.invokes[length - 1].json.sub];
  await go.send(
    go.run(
      0,
      [length - 2, length - 1].map((i) => ({ kind: RESULT, payload: u32s(go.invokes[i].id, 0) })),
    ),
    go.run(
      0,
      [1, 2].map((n) => ({ kind: EVENT, payload: join(u32s(1, 0, subs[0]), `{"n":${n}}`) })),
    ),
    go.run(0, [{ kind: EVENT, payload: join(u32s(2, 1, subs[0], subs[1]), 'bytes') }]),
  );
  await Promise.all(listening);
  assert.equal(code.got.n, 4);
  assert.deepEqual([json(code.got[0].payload), json(code.got[1].payload)], [{ n: 1 }, { n: 2 }]);
  assert.equal(Buffer.from(ours(code.got[3].payload)).toString(), 'bytes');
  code.got.n = 0;
  for (const payload of [code.pairs, code.bytes(4)]) {
    const emitted = outcome(emit('said', payload));
    await settle();
    if (payload === code.pairs)
      assert.deepEqual(last().json.payload, [
        ['X', 'one'],
        ['y', 'two'],
      ]);
    else assert.deepEqual(last().envelope.headers, { 'tailrace-event': 'said' });
    await answer(null);
    await emitted;
  }
  await assert.rejects(outcome(emit('a b', 1)), { code: 'bad_name' });

  // A script of Go's, a call that is aborted, a resumed channel.
  await go.send(go.run(0, [{ kind: EVAL, payload: join(u32s(9, 0), '[1, "two"]') }]));
  const results = go.on(0, RESULT);
  assert.equal(Buffer.from(results[results.length - 1].payload.slice(8)).toString(), '[1,"two"]');
  const { controller } = code;
  const aborted = outcome(invoke('long', {}, { signal: controller.signal }));
  await settle();
  AbortController.prototype.abort.call(controller, 'enough');
  assert.equal(await aborted.catch((error) => error), 'enough');
  const resumed = outcome(page.resume('flow', { onmessage: code.put }));
  await settle();
  const { envelope } = last();
  await answer(null);
  await go.send(
    go.run(envelope.channels[0], [
      { kind: JSON_, payload: '{"first":7,"generation":1}' },
      { kind: JSON_, payload: '"seven"' },
    ]),
  );
  await resumed;
  for (let i = 0; i < 100 && code.got.n === 0; i++) await settle();
  assert.equal(code.got[0], 'seven');
  assert.equal(page.session.state, 'open');
  assert.ok(go.on(0, INVOKE).length > 10);
}

const LIES = {
  throwing: 'throw brokenError()',
  lying: 'return undefined',
  'lying with numbers': 'return 7',
  'lying with objects': 'return this',
};

for (const carrier of ['scheme', 'shm']) {
  const open = async (before = '') => {
    const memory = carrier === 'shm' ? new FakeMemory() : undefined;
    memory?.offerTo('s-1');
    const settings = { maxMessage: 1 << 20, maxBatch: 1 << 16, window: 1 << 18 };
    const realm = await openRealm(`${before};${code}`, settings, memory);
    if (memory !== undefined) assert.equal(memory.attachedTo, 's-1');
    return realm;
  };
  for (const [name, body] of Object.entries(LIES)) {
    test(`${carrier}: every built-in is ${name} after the start`, async () => {
      const realm = await open();
      assert.ok(realm.run(breakAll(body)) > 500);
      await live(realm);
    });
  }
  test(`${carrier}: every built-in is frozen after the start`, async () => {
    const realm = await open();
    realm.run(breakAll(undefined));
    await live(realm);
  });
  test(`${carrier}: every built-in is frozen before the start`, async () => {
    await live(await open(breakAll(undefined)));
  });
  test(`${carrier}: every method is wrapped before the start`, async () => {
    const realm = await open(wrapAll);
    assert.ok(realm.run('wrapped') > 100);
    await live(realm);
  });
  for (const [name, source] of Object.entries({
    'Prototype.js of old gives arrays a toJSON': `
      Array.prototype.toJSON = function () { return '[' + this.join(', ') + ']' }`,
    'all objects have a toJSON': `Object.prototype.toJSON = function () { return {} }`,
    'arrays can be enumerated with more': `
      Array.prototype.first = function () {};
      Object.prototype.extend = function () {}`,
    'zone.js stands for Promise': `
      const native = Promise, { then } = native.prototype;
      globalThis.Promise = class Zone {
        constructor(executor) { this.native = new native(executor) }
        then(ok, failed) {
          const own = new Zone((resolve, reject) => then.call(this.native, resolve, reject));
          return own.chain(ok, failed);
        }
        chain() { return this }
        catch(failed) { return this.then(undefined, failed) }
      };
      native.prototype.then = function (ok, failed) {
        return new Promise((resolve, reject) => {
          then.call(this, (value) => resolve(ok?.(value)), (error) => reject(failed?.(error)));
        });
      }`,
    'core-js stands for collections': `
      globalThis.Map = class Map { set() {} get() {} };
      globalThis.Set = class Set { add() {} };
      globalThis.Uint8Array = class extends Uint8Array {}`,
  })) {
    const alters = name.startsWith('core');
    test(`${carrier}: ${name}, after the start`, async () => {
      const realm = await open();
      realm.run(source);
      await live(realm);
    });
    if (!alters) {
      test(`${carrier}: ${name}, before the start`, async () => {
        await live(await open(source));
      });
    }
  }
}
