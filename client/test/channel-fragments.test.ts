// Messages that come in fragments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TailraceError } from '../src/api.js';
import { BEGIN, BYTES, CLOSE, END, JSON_, MIDDLE } from '../src/wire.js';
import { credit, started } from './go.js';
import { type DownFrame, join, u32s } from './gowire.js';
import { watchReports } from './reported.js';

watchReports();

const json = (value: unknown): DownFrame => ({ kind: JSON_, payload: JSON.stringify(value) });
const text = (m: Uint8Array) => Buffer.from(m).toString();

const fragments = (parts: string[], kind = BYTES): DownFrame[] => {
  const total = parts.join('').length;
  return parts.map((part, i) => {
    if (i === 0) return { kind: BEGIN, payload: join(u32s(total, 0, kind, 0), part) };
    return { kind: i === parts.length - 1 ? END : MIDDLE, payload: part };
  });
};

test('fragments become one message, in its own buffer; whole frames may pass', async () => {
  const go = await started();
  const got: unknown[] = [];
  const { lane } = await go.channel(0, (m: unknown) => got.push(m));
  const [begin, middle, end] = fragments(['abc', '', 'defgh']);
  await go.send(go.run(lane, [begin, json('between'), middle]));
  await go.send(go.run(lane, [end, ...fragments(['"x', 'y"'], JSON_)]));
  await go.send(go.run(lane, [begin, middle, { kind: 14 }, json('after abort')]));
  assert.deepEqual(
    got.map((m) => (m instanceof Uint8Array ? text(m) : m)),
    ['between', 'abcdefgh', 'xy', 'after abort'],
  );
  assert.equal((got[1] as Uint8Array).buffer.byteLength, 8);
  const strides = [32, 24, 8, 16, 32, 16, 32, 8, 8, 24];
  assert.equal(
    await credit(go, lane),
    strides.reduce((a, b) => a + b),
  );
});

test('a close inside a message drops the part', async () => {
  const go = await started();
  const { channel, lane } = await go.channel(0, () => assert.fail());
  await go.send(go.run(lane, [fragments(['abc', 'd'])[0], { kind: CLOSE }]));
  assert.equal(channel.closed, true);
  assert.equal(go.api.session.state, 'open');
});

for (const [name, frames] of Object.entries<DownFrame[]>({
  'begin twice': [fragments(['a', 'b'])[0], fragments(['a', 'b'])[0]],
  'middle without begin': [{ kind: MIDDLE, payload: 'a' }],
  'end without begin': [{ kind: END, payload: 'a' }],
  'abort without begin': [{ kind: 14 }],
  'abort with payload': [fragments(['a', 'b'])[0], { kind: 14, payload: 'a' }],
  'too long': [fragments(['a', 'b'])[0], { kind: END, payload: 'bc' }],
  'too long in begin': [{ kind: BEGIN, payload: join(u32s(2, 0, 2, 0), 'abc') }],
  'too short': [fragments(['a', 'bc'])[0], { kind: END, payload: 'b' }],
  'over maxMessage': [{ kind: BEGIN, payload: u32s((1 << 20) + 1, 0, 2, 0) }],
  'over 2^53': [{ kind: BEGIN, payload: u32s(0, 0x200000, 2, 0) }],
  'begin too short': [{ kind: BEGIN, payload: u32s(2, 0, 2) }],
  'begin with reserved bytes': [{ kind: BEGIN, payload: u32s(2, 0, 2, 1) }],
  'begin of close': [{ kind: BEGIN, payload: u32s(2, 0, CLOSE, 0) }],
  'begin of begin': [{ kind: BEGIN, payload: u32s(2, 0, BEGIN, 0) }],
  'begin of a control kind': [{ kind: BEGIN, payload: u32s(24, 0, 6, 0) }],
  'close that is not JSON': [{ kind: CLOSE, payload: 'x' }],
})) {
  test(`broken fragments end the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    const go = await started();
    let end: TailraceError | undefined;
    const { channel, lane } = await go.channel(0, () => {});
    channel.onclose = (error) => {
      end = error;
    };
    await go.send(go.run(lane, frames));
    assert.equal(end?.code, 'protocol');
  });
}

test('a large message behind unread ones gets no credit until those are read', async () => {
  const go = await started();
  const { channel, lane } = await go.channel<Uint8Array>();
  const [begin, middle, end] = fragments(['abc', 'de', 'f']);
  await go.send(go.run(lane, [begin, middle]));
  assert.equal(await credit(go, lane), 32 + 16, 'nothing is unread yet');
  await go.send(go.run(lane, [end, begin, middle]));
  assert.equal(await credit(go, lane), 48, 'the end goes with its message');
  const iterator = channel[Symbol.asyncIterator]();
  assert.equal(text((await iterator.next()).value), 'abcdef');
  assert.equal(await credit(go, lane), 64 + 48);
  await go.send(go.run(lane, [end]));
  assert.equal(text((await iterator.next()).value), 'abcdef');
  assert.equal(await credit(go, lane), 2 * 64);
});
