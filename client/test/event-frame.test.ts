// Event frames, down to what the control lane hands on. The vectors are those of the Go tests.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { test } from 'node:test';
import { type ControlOwner, ControlSink } from '../src/control.js';
import { Lane } from '../src/lane.js';
import { BEGIN, checkControl, END, EVENT, EVENT_BYTES, EVENT_JSON } from '../src/wire.js';
import { openBatch, walk } from '../src/wireread.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { bytes, type DownFrame, down, join, u32s } from './gowire.js';

interface Vector {
  name: string;
  hex: string;
  accept: boolean;
  subs?: number[];
  binary?: boolean;
  payload?: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(path(process.cwd(), '..', 'internal', 'wire', 'testdata', 'events.json'), 'utf8'),
);

const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (payload: Uint8Array) => Buffer.from(payload).toString('hex');

/** What the control lane hands on of the frames of one run. */
function handed(frames: DownFrame[], align = 8) {
  const events: [subs: readonly number[], form: number, payload: string][] = [];
  const parsed: [sub: number, value: unknown][] = [];
  const owner: Partial<ControlOwner> = {
    event: (subs, form, payload) => events.push([Array.from(subs), form, hex(payload)]),
    parsedEvent: (sub, value) => parsed.push([sub, value]),
  };
  const nothing = () => {};
  const lanes = {
    maxMessage: 1e6,
    leaving: false,
    left: false,
    chunk: 1e6,
    consumed: nothing,
    sendable: nothing,
    write: nothing,
    gone: nothing,
  };
  const lane = new Lane(0, lanes, new ControlSink(owner as ControlOwner));
  const batch = openBatch(down(1, [{ lane: 0, first: 0, align, frames }]).buffer, false);
  assert.ok(batch);
  walk(batch, false, { run: () => lane });
  return { events, parsed, consumed: lane.consumed };
}

for (const vector of vectors) {
  test(`event vector: ${vector.name}`, () => {
    const payload = fromHex(vector.hex);
    const frame = { kind: EVENT, payload };
    const other = { kind: EVENT, payload: join(u32s(1, EVENT_JSON, 1), '1') };
    if (!vector.accept) {
      const u32 = new Uint32Array((payload.length + 11) >> 2);
      new Uint8Array(u32.buffer).set(payload);
      assert.throws(() => checkControl(u32, EVENT, 0, payload.length), { code: 'protocol' });
      for (const frames of [[frame], [frame, other], [other, frame]]) {
        assert.throws(() => handed(frames), { code: 'protocol' });
      }
      return;
    }
    assert.deepEqual(handed([frame]).events, [
      [vector.subs, vector.binary ? EVENT_BYTES : EVENT_JSON, vector.payload ?? ''],
    ]);
  });
}

test('a run of JSON events for one listener each is parsed at once', () => {
  const values = [1, 'é"\u2028', null, { a: [true] }, [], 'x'.repeat(100), [[1, 2], 3]];
  for (const align of [8, 16, 32, 64]) {
    const frames = values.map((value, i) => ({
      kind: EVENT,
      payload: join(u32s(1, EVENT_JSON, 10 + i), JSON.stringify(value)),
    }));
    const { events, parsed, consumed } = handed(frames, align);
    assert.deepEqual(events, []);
    assert.deepEqual(
      parsed,
      values.map((value, i) => [10 + i, value]),
    );
    const stride = ({ payload }: { payload: Uint8Array }) =>
      Math.ceil((8 + payload.length) / align) * align;
    assert.equal(
      consumed,
      frames.reduce((sum, frame) => sum + stride(frame), 0),
    );
  }
});

test('a run with any other event goes one by one, in its order', () => {
  const one = { kind: EVENT, payload: join(u32s(1, EVENT_JSON, 1), '1') };
  for (const other of [
    { kind: EVENT, payload: join(u32s(2, EVENT_JSON, 5, 6), '"two"') },
    { kind: EVENT, payload: join(u32s(1, EVENT_BYTES, 7), '3') },
  ]) {
    const { events, parsed } = handed([one, other, one]);
    assert.deepEqual(parsed, []);
    assert.deepEqual(
      events.map(([subs]) => subs[0]),
      [1, other.payload[8], 1],
    );
  }
});

test('an event in fragments', () => {
  const whole = join(u32s(1, EVENT_BYTES, 9), 'abcdefgh');
  const { events } = handed([
    { kind: BEGIN, payload: join(u32s(whole.length, 0, EVENT, 0), whole.subarray(0, 10)) },
    { kind: END, payload: whole.subarray(10) },
  ]);
  assert.deepEqual(events, [[[9], EVENT_BYTES, hex(bytes('abcdefgh'))]]);
});

for (const [name, payload] of Object.entries({
  'not JSON': '{',
  'two values': '1,2',
  nothing: '',
})) {
  test(`payloads that are no JSON value end the session: ${name}`, async (t) => {
    t.mock.method(console, 'error', () => {});
    for (const others of [0, 2]) {
      const go = await started();
      void go.api.listen('e', () => {}).catch(() => {});
      const call = go.api.invoke('a');
      call.catch(() => {});
      await settle();
      const frame = (json: string) => ({
        kind: EVENT,
        payload: join(u32s(1, EVENT_JSON, 1), json),
      });
      const frames = [frame(payload), ...Array.from({ length: others }, () => frame('1'))];
      await go.send(go.run(0, frames));
      await assert.rejects(call, { code: 'protocol' });
    }
  });
}
