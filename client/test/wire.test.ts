import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TailraceError } from '../src/errors.js';
import { BYTES, CLOSING, CREDIT, HEADER, readU64 } from '../src/wire.js';
import { eachCredit, openBatch, walk } from '../src/wireread.js';
import { beginHead, encodeBatch, encodeInPlace, RunWriter, strideOf } from '../src/wirewrite.js';
import { type DownRun, down, framesOf, u32s } from './gowire.js';

function decode(bytes: Uint8Array<ArrayBuffer>, up = false) {
  const batch = openBatch(bytes.slice().buffer, up);
  if (batch === undefined) return undefined;
  const credits: [number, number][] = [];
  eachCredit(batch, (lane, total) => credits.push([lane, total]));
  return { batch, credits, frames: framesOf(batch, up) };
}

/** The rule that decoding names when it refuses. */
function ruleOf(bytes: Uint8Array<ArrayBuffer>, up = false): string {
  try {
    return decode(bytes, up) === undefined ? 'lost' : 'accepted';
  } catch (error) {
    assert.ok(error instanceof TailraceError);
    assert.equal(error.code, 'protocol');
    return error.message;
  }
}

const one = (): DownRun[] => [{ lane: 1, first: 0, frames: [{ kind: 2, payload: 'hello' }] }];

/** A batch with some 32-bit words changed. */
function patched(words: Record<number, number>, runs = one(), options = {}) {
  const bytes = down(7, runs, options);
  const u32 = new Uint32Array(bytes.buffer);
  for (const [word, value] of Object.entries(words)) u32[Number(word)] = value;
  return bytes;
}

test('frames of every alignment are found', () => {
  for (const align of [8, 16, 32, 64]) {
    const payloads = [0, 1, 7, 8, 9, 56, 57, 200].map((n) => new Uint8Array(n).fill(n));
    const frames = payloads.map((payload) => ({ kind: 2, payload }));
    const got = decode(down(1, [{ lane: 3, first: 5, align, frames }]))?.frames;
    assert.deepEqual(
      got,
      payloads.map((payload, i) => ({ lane: 3, sequence: 5 + i, kind: 2, payload })),
    );
  }
});

test('a batch that was cut anywhere is lost, never accepted', () => {
  const bytes = down(7, one(), { credits: [[1, 8]] });
  assert.equal(ruleOf(bytes), 'accepted');
  for (let cut = 0; cut < bytes.length; cut++) assert.equal(ruleOf(bytes.slice(0, cut)), 'lost');
  const longer = new Uint8Array(bytes.length + 8);
  longer.set(bytes);
  assert.equal(ruleOf(longer), 'lost');
});

test('every broken rule of a header is named', () => {
  const last = down(7, one()).length / 4 - 2;
  assert.equal(ruleOf(patched({ 1: 8 })), 'lost');
  assert.equal(ruleOf(patched({ [last]: 8 })), 'lost');
  assert.equal(ruleOf(patched({ [last + 1]: 1 })), 'lost');
  assert.match(ruleOf(patched({ 0: 0x324c5254 })), /magic or version/);
  assert.match(ruleOf(patched({ 3: 0x200000, [last + 1]: 0x200000 })), /2\^53/);
  assert.match(ruleOf(patched({ 5: 0x200000 })), /2\^53/);
  for (const word of [8, 9, 10, 11]) assert.match(ruleOf(patched({ [word]: 1 })), /reserved/);
  assert.match(ruleOf(patched({ 7: 0xffffffff })), /credits past/);
  assert.match(ruleOf(patched({ 7: 6 })), /credits past/);
  assert.match(ruleOf(down(0, one())), /without number/);
  assert.match(ruleOf(down(0, [], { credits: [[1, 8]] })), /without number/);
  assert.equal(ruleOf(down(0, [], { credits: [[1, 8]] }), true), 'accepted');
  assert.match(
    ruleOf(patched({ 13: 1 }, one(), { credits: [[1, 8]] })),
    /reserved bytes in a credit/,
  );
  assert.match(ruleOf(patched({ 15: 0x200000 }, one(), { credits: [[1, 8]] })), /2\^53/);
});

test('every broken rule of a run or frame is named', () => {
  // Words of the one run: lane 12, count 13, first 14 and 15, bytes 16, align 17; its frame: length
  // 18, kind 19.
  assert.match(ruleOf(patched({ 13: 0 })), /without frames/);
  assert.match(ruleOf(patched({ 13: 2 })), /frame header past/);
  assert.match(ruleOf(patched({ 13: 0xffffffff })), /frame header past/);
  assert.match(ruleOf(patched({ 15: 0x200000 })), /2\^53/);
  assert.match(ruleOf(patched({ 16: 24 })), /run past/);
  assert.match(ruleOf(patched({ 16: 0xfffffff8 })), /run past/);
  assert.match(ruleOf(patched({ 16: 8 })), /frame past/);
  assert.match(ruleOf(patched({ 16: 12 })), /frame past/);
  assert.match(ruleOf(patched({ 16: 0 })), /frame header past/);
  for (const align of [0, 1, 4, 12, 24, 128, 0x80000008]) {
    assert.match(ruleOf(patched({ 17: align })), /align/);
  }
  assert.match(ruleOf(patched({ 17: 64 })), /padding past/);
  for (const length of [9, 0x7fffffff, 0x80000000, 0xffffffff]) {
    assert.match(ruleOf(patched({ 18: length })), /frame past/);
  }
  assert.match(ruleOf(patched({ 19: 0 })), /misplaced kind 0/);
  assert.match(ruleOf(patched({ 19: 15 })), /unknown kind 15/);
  assert.match(ruleOf(patched({ 19: 255 })), /unknown kind 255/);
  assert.match(ruleOf(patched({ 19: 0x102 })), /reserved/);
  assert.match(ruleOf(patched({ 19: 0x80000002 })), /reserved/);
  // The bytes behind the runs are no run.
  assert.match(ruleOf(down(1, [{ lane: 1, first: 0, frames: [] }])), /without frames/);
  const trailing = down(7, [...one(), ...one()]);
  new Uint32Array(trailing.buffer)[16] = 56;
  assert.match(ruleOf(trailing), /longer than its frames/);
});

test('kinds stand only on their lanes and in their direction', () => {
  const at = (lane: number, kind: number, up: boolean) => {
    const bytes = down(1, [{ lane, first: 0, frames: [{ kind, payload: u32s(0, 0, 0, 0) }] }]);
    return ruleOf(bytes, up) === 'accepted';
  };
  const kinds = Array.from({ length: 16 }, (_, kind) => kind);
  const where = (lane: number, up: boolean) => kinds.filter((kind) => at(lane, kind, up));
  assert.deepEqual(where(0, false), [3, 4, 6, 7, 9, 11, 12, 13, 14]);
  assert.deepEqual(where(0, true), [5, 6, 7, 8, 11, 12, 13, 14]);
  assert.deepEqual(where(1, false), [1, 2, 10, 11, 12, 13, 14]);
  assert.deepEqual(where(1, true), [1, 2, 10, 11, 12, 13, 14]);
});

test('what is written can be read', () => {
  const writer = new RunWriter(512);
  writer.beginRun(1, 2 ** 40 + 1);
  writer.frame(2, undefined, new Uint8Array([1, 2, 3]), 0, 3);
  writer.frame(11, beginHead(2 ** 33, 2), new Uint8Array([1, 2, 3, 4, 5]), 1, 3);
  writer.beginRun(0, 0);
  writer.frame(8, undefined, u32s(5, 0), 0, 8);
  const header = {
    number: 2 ** 52,
    receipt: 9,
    selective: 0x80000001,
    slot: 4,
    request: 5,
    hold: 6,
  };
  const bytes = encodeBatch(header, [1, 2 ** 50, 3, 4], writer.take());
  assert.equal(writer.length, 0);
  const got = decode(bytes, true);
  assert.ok(got);
  const { batch, credits, frames } = got;
  const { number, receipt, selective, slot, request, hold } = batch;
  assert.deepEqual({ number, receipt, selective, slot, request, hold }, header);
  assert.deepEqual(credits, [
    [1, 2 ** 50],
    [3, 4],
  ]);
  assert.deepEqual(
    frames.map(({ lane, sequence, kind }) => [lane, sequence, kind]),
    [
      [1, 2 ** 40 + 1, 2],
      [1, 2 ** 40 + 2, 11],
      [0, 0, 8],
    ],
  );
  assert.deepEqual([...frames[1].payload.subarray(16)], [2, 3]);
  assert.equal(readU64(new Uint32Array(frames[1].payload.slice(0, 16).buffer), 0), 2 ** 33);
  assert.deepEqual([0, 1, 8, 9].map(strideOf), [8, 16, 16, 24]);
});

test('a number of 32 bits that has grown beyond them begins anew', () => {
  for (const [request, written] of [
    [2 ** 32 - 1, 2 ** 32 - 1],
    [2 ** 32, 0],
    [2 ** 32 + 1, 1],
  ]) {
    const header = { number: 1, receipt: 0, selective: 0, slot: 1, request, hold: 0 };
    assert.equal(decode(encodeBatch(header, [], undefined), true)?.batch.request, written);
  }
});

test('a writer’s buffer is used again, and nothing of what stood there before is left', () => {
  const entries = [1, 2, 3, 4, 5, 6];
  const front = HEADER + (entries.length / 2) * CREDIT;
  const writer = new RunWriter(1 << 16, front);
  const header = { number: 1, receipt: 2, selective: 0, slot: 0, request: 0, hold: 0 };
  const write = (fill: number, length: number) => {
    const payload = new Uint8Array(length).fill(fill);
    writer.beginRun(7, 0);
    for (let i = 0; i < 3; i++) writer.frame(BYTES, undefined, payload, 0, length);
    return writer.take();
  };
  const first = write(1, 9001);
  new Uint8Array(first.buffer).fill(0xff);
  writer.release(first);
  const second = write(2, 9001);
  const third = write(3, 9001);
  assert.equal(third.buffer, first.buffer);
  for (const [runs, fill] of [
    [second, 2],
    [third, 3],
  ] as const) {
    const bytes = encodeInPlace(header, entries, runs);
    assert.equal(bytes.buffer, runs.buffer);
    assert.deepEqual(bytes, encodeBatch(header, entries, runs.slice()));
    const got = decode(bytes, true);
    assert.ok(got);
    assert.deepEqual(got.credits, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    assert.deepEqual(
      got.frames.map(({ payload }) => payload),
      new Array(3).fill(new Uint8Array(9001).fill(fill)),
    );
  }
  assert.equal(encodeInPlace(header, [], third).length, HEADER + third.length + CLOSING);
});

test('no garbage makes the decoder do anything but accept, lose or refuse', () => {
  let state = 12345;
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  const outcomes = { accepted: 0, lost: 0, refused: 0 };
  for (let round = 0; round < 20000; round++) {
    const bytes = down(
      1,
      [
        {
          lane: random(4),
          first: 0,
          align: 8 << random(4),
          frames: [{ kind: 1 + random(14), payload: 'abc' }],
        },
        { lane: 1, first: 0, frames: [{ kind: 2 }, { kind: 2, payload: 'abcdefghi' }] },
      ],
      { credits: [[1, 8]] },
    );
    for (let n = random(3); n >= 0; n--) {
      // Not the length or the closing word: those only lose the batch.
      const at = random(20) === 0 ? random(bytes.length) : 8 + random(bytes.length - 16);
      bytes[at] = random(256);
    }
    const rule = ruleOf(bytes, random(2) === 0);
    if (rule === 'accepted' || rule === 'lost') outcomes[rule]++;
    else outcomes.refused++;
  }
  for (const count of Object.values(outcomes)) assert.ok(count > 100, JSON.stringify(outcomes));
});

test('a walk hands out views that share the batch’s buffer', () => {
  const batch = openBatch(down(1, one()).buffer, false);
  assert.ok(batch);
  const offsets: number[] = [];
  walk(batch, false, {
    run: () => ({ frame: (_, _kind, offset, length) => offsets.push(offset, length) }),
  });
  assert.deepEqual(offsets, [80, 5]);
});
