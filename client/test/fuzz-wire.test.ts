// The decoder against Go's: whole batches and broken ones, which fuzz/wirecases makes. The two must
// agree on what they take, and on all that they read from it.
//
//   TAILRACE_FUZZ_CASES   how many (default 20,000)
//   TAILRACE_FUZZ_SEED    the printed seed of a run, to have the same inputs again
//   TAILRACE_FUZZ_CORPUS  more folders of a Go fuzz corpus, apart by ':'

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TailraceError } from '../src/errors.js';
import { checkControl, EVENT } from '../src/wire.js';
import { eachCredit, openBatch, walk } from '../src/wireread.js';

interface Case {
  up: boolean;
  batch: string;
  verdict: 'whole' | 'lost' | 'broken';
  digest?: string;
}

/** The same sum as that of wirecases. */
function digest(bytes: Uint8Array, up: boolean): string | undefined {
  const batch = openBatch(new Uint8Array(bytes).buffer, up);
  if (batch === undefined) return undefined;
  const hash = createHash('sha256');
  const words = (...numbers: number[]) => {
    hash.update(new BigUint64Array(numbers.map(BigInt)));
  };
  const { number, receipt, selective, slot, request, hold } = batch;
  words(number, receipt, selective, slot, request, hold);
  eachCredit(batch, (lane, total) => words(lane, total));
  walk(batch, up, {
    run: (lane, count, first, align) => {
      words(lane, count, first, align);
      return {
        frame: (_batch, kind, offset, length, stride) => {
          words(kind, stride, length);
          hash.update(batch.u8.subarray(offset, offset + length));
          if (kind === EVENT)
            words(isBroken(() => checkControl(batch.u32, kind, offset, length)) ? 0 : 1);
        },
      };
    },
  });
  return hash.digest('hex').slice(0, 16);
}

function isBroken(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (e) {
    assert.ok(e instanceof TailraceError && e.code === 'protocol', String(e));
    return true;
  }
}

function judge(bytes: Uint8Array, up: boolean): Pick<Case, 'verdict' | 'digest'> {
  let sum: string | undefined;
  if (isBroken(() => (sum = digest(bytes, up)))) return { verdict: 'broken' };
  return sum === undefined ? { verdict: 'lost' } : { verdict: 'whole', digest: sum };
}

test('the decoders of Go and of the page agree', { timeout: 600_000 }, () => {
  const env = process.env;
  const root = join(process.cwd(), '..');
  const folders = [join(root, 'fuzz', 'testdata', 'fuzz', 'FuzzDecode')];
  folders.push(...(env.TAILRACE_FUZZ_CORPUS ?? '').split(':'));
  const args = ['run', './fuzz/wirecases', '-cases', env.TAILRACE_FUZZ_CASES ?? '20000'];
  if (env.TAILRACE_FUZZ_SEED !== undefined) args.push('-seed', env.TAILRACE_FUZZ_SEED);
  args.push(...folders.filter((folder) => folder !== '' && existsSync(folder)));
  const go = spawnSync('go', args, { cwd: root, maxBuffer: 2 ** 30, encoding: 'utf8' });
  assert.equal(go.status, 0, go.stderr);
  const seed = go.stderr.trim();
  const count = { whole: 0, lost: 0, broken: 0 };
  for (const line of go.stdout.split('\n')) {
    if (line === '') continue;
    const { up, batch, verdict, digest } = JSON.parse(line) as Case;
    const own = judge(Buffer.from(batch, 'base64'), up);
    const text = `${seed}: Go says ${verdict}, up ${up}, ${batch}`;
    assert.deepEqual(own, digest === undefined ? { verdict } : { verdict, digest }, text);
    count[verdict]++;
  }
  console.log(`${seed}: ${count.whole} whole, ${count.lost} lost, ${count.broken} broken`);
  assert.ok(Math.min(count.whole, count.lost, count.broken) > 50, 'the inputs are of each sort');
});
