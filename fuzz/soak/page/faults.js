// A page of the table of faults: steady traffic in both directions, and the time at which each
// message came.

import { generator, HEAD, makePool, makeRaw, readRaw, Sequence, seal } from './message.js';

const { invoke, Channel } = tailrace;
const EVERY = 2;
const PATTERN = 64;

const random = generator(3);
const pool = makePool(random, 8192);
const sequence = new Sequence();
const arrived = [];
let damaged = 0;
let stop = false;
const stream = new Channel((m) => {
  const { n, last, error } = readRaw(m, 0);
  if (error !== '') damaged++;
  else sequence.take(n);
  arrived[n] = Date.now();
  if (last) stop = true;
});

async function main() {
  const result = invoke('trial', { stream });
  let n = 0;
  const say = (last) => {
    const m = makeRaw(pool, random, 0, n++, PATTERN, last);
    new DataView(m.buffer).setUint32(HEAD, sequence.next, true);
    seal(m);
    return stream.send(m);
  };
  while (!stop) {
    await say(false);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  await say(true);
  await result;
  const { lost, duplicated, reordered } = sequence.disorder;
  await invoke('report', Float64Array.from([lost + damaged, duplicated, reordered, n, ...arrived]));
}

main().catch(() => {}); // the session has ended; no top-level await: see soak.js
