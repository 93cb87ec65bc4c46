// The vectors that the Go tests read, too.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TailraceError } from '../src/errors.js';
import { eachCredit, openBatch, walk } from '../src/wireread.js';
import { encodeBatch, RunWriter } from '../src/wirewrite.js';

interface Vector {
  name: string;
  direction: 'down' | 'up';
  hex: string;
  accept: boolean;
  lost?: boolean;
  batch?: Decoded;
}

interface Decoded {
  number: number;
  receipt: number;
  selective: number;
  credits: { lane: number; total: number }[];
  slot: number;
  request: number;
  hold: number;
  runs: DecodedRun[];
}

interface DecodedRun {
  lane: number;
  first: number;
  align: number;
  frames: { kind: number; hex: string }[];
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function decode(bytes: Uint8Array, up: boolean): Decoded | undefined {
  const batch = openBatch(new Uint8Array(bytes).buffer, up);
  if (batch === undefined) return undefined;
  const { number, receipt, selective, slot, request, hold } = batch;
  const credits: Decoded['credits'] = [];
  eachCredit(batch, (lane, total) => credits.push({ lane, total }));
  const runs: DecodedRun[] = [];
  walk(batch, up, {
    run: (lane, _count, first, align) => {
      const frames: DecodedRun['frames'] = [];
      runs.push({ lane, first, align, frames });
      return {
        frame: (_batch, kind, offset, length) =>
          frames.push({ kind, hex: hex(batch.u8.subarray(offset, offset + length)) }),
      };
    },
  });
  return { number, receipt, selective, credits, slot, request, hold, runs };
}

function encode({ runs, credits, ...header }: Decoded): Uint8Array {
  const writer = new RunWriter(1 << 20);
  for (const { lane, first, frames } of runs) {
    writer.beginRun(lane, first);
    for (const { kind, hex } of frames) {
      const payload = Uint8Array.from(Buffer.from(hex, 'hex'));
      writer.frame(kind, undefined, payload, 0, payload.length);
    }
  }
  const entries = credits.flatMap(({ lane, total }) => [lane, total]);
  return encodeBatch(header, entries, writer.length === 0 ? undefined : writer.take());
}

const folder = join(process.cwd(), '..', 'internal', 'wire', 'testdata', 'golden');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('there are golden vectors of every sort', () => {
  const vectors = files.map(read);
  for (const direction of ['up', 'down']) {
    const of = vectors.filter((vector) => vector.direction === direction);
    assert.ok(of.some(({ accept }) => accept));
    assert.ok(of.some(({ accept, lost }) => !accept && !lost));
  }
  assert.ok(vectors.some(({ lost }) => lost));
});

function read(name: string): Vector {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'));
}

for (const file of files) {
  test(`golden vector ${file}`, () => {
    const vector = read(file);
    const bytes = Uint8Array.from(Buffer.from(vector.hex, 'hex'));
    const up = vector.direction === 'up';
    if (vector.lost) {
      assert.equal(decode(bytes, up), undefined);
    } else if (!vector.accept) {
      assert.throws(
        () => decode(bytes, up),
        (error) => error instanceof TailraceError && error.code === 'protocol',
      );
    } else {
      const { batch } = vector;
      assert.ok(batch);
      assert.deepEqual(decode(bytes, up), batch);
      // The page writes runs of align 8 only; its padding is 0, which has no meaning.
      if (up && batch.runs.every(({ align }) => align === 8)) {
        const again = encode(batch);
        assert.equal(again.length, bytes.length);
        assert.deepEqual(decode(again, true), batch);
      }
    }
  });
}
