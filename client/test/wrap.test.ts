// The numbers of 32 bits that the page gives, near their end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAST_NUMBER, Numbers } from '../src/numbers.js';
import { Bus, eventFrame } from './bus.js';
import { Go } from './go.js';
import { settle } from './goclock.js';
import { result } from './gowire.js';

async function nearTheEnd() {
  const go = new Go({}, undefined, undefined, LAST_NUMBER - 1);
  await settle();
  return { go, ...go.api };
}

test('calls behind the last number take those not in use, and their results come', async () => {
  const { go, invoke } = await nearTheEnd();
  const calls = ['a', 'b', 'c', 'd'].map((cmd) => invoke(cmd));
  await settle();
  const ids = () => go.invokes.map(({ id }) => id);
  assert.deepEqual(ids(), [LAST_NUMBER - 1, LAST_NUMBER, 1, 2]);
  await go.send(go.run(0, [result(1, 'c'), result(LAST_NUMBER, 'b')]));
  assert.deepEqual(await Promise.all([calls[1], calls[2]]), ['b', 'c']);
  await go.send(go.run(0, [result(2, 'd'), result(LAST_NUMBER - 1, 'a')]));
  assert.deepEqual(await Promise.all([calls[0], calls[3]]), ['a', 'd']);
});

test('numbers begin anew behind the last one, and pass over those in use', () => {
  const numbers = new Numbers(LAST_NUMBER - 2);
  const used = new Set([1, 2, LAST_NUMBER - 1]);
  const next = () => numbers.next((number) => used.has(number));
  assert.equal(numbers.given(LAST_NUMBER), false);
  const got = [next(), next(), next()];
  assert.deepEqual(got, [LAST_NUMBER - 1, LAST_NUMBER, 3], 'the first round has none in use');
  assert.ok(numbers.given(LAST_NUMBER) && numbers.given(7) && !numbers.given(0));
});

test('a channel without a number is refused, and says what to do', async () => {
  const { go, invoke, Channel } = await nearTheEnd();
  void invoke('last', { c: new Channel() }).catch(() => {});
  await settle();
  assert.deepEqual(go.invokes.at(-1)?.envelope.channels, [LAST_NUMBER]);
  const refused = { code: 'too_many_lanes', message: /reload/ };
  await assert.rejects(invoke('next', { c: new Channel() }), refused);
  await assert.rejects(invoke('raw', new Uint8Array(100_000)), refused);
  void invoke('plain').catch(() => {});
  await settle();
  assert.equal(go.invokes.at(-1)?.envelope.cmd, 'plain', 'the session goes on');
});

test('listeners behind the last number have those that are not in use, and hear', async () => {
  const { go, listen } = await nearTheEnd();
  const bus = new Bus(go);
  const heard: string[] = [];
  for (const name of ['a', 'b', 'c']) void listen('e', () => heard.push(name));
  await bus.answer();
  assert.deepEqual([...bus.subs.keys()], [LAST_NUMBER - 1, LAST_NUMBER, 1]);
  await go.send(go.run(0, [eventFrame([LAST_NUMBER, 1], 1)]));
  assert.deepEqual(heard, ['b', 'c']);
});
