// How fast the client takes batches apart, per message: npm run speed. Batches of 256 KB with
// frames of one channel, or events, made beforehand; receive, walk, dispatch to a callback, credit.

import type { Carrier, Hello, Peer } from '../src/carrier.js';
import { Channel } from '../src/channel.js';
import { Connection } from '../src/connection.js';
import { invoke } from '../src/invoke.js';
import { decodeJson } from '../src/jsonrun.js';
import { EVENT } from '../src/wire.js';

const ROUNDS = 7;
const BATCHES = 64;
const BATCH = 256 * 1024;

const hello: Hello = {
  session: 's',
  label: 'main',
  pulls: 1,
  posts: 1,
  hold: 1000,
  maxBatch: BATCH,
  maxMessage: 2 ** 26,
  window: 2 ** 40,
  lanes: 100,
  pending: 100,
};

/** Carries nothing: the batches are put in by hand. */
class Still implements Carrier {
  readonly immediate = false;
  peer!: Peer;
  hello = async () => hello;
  start(peer: Peer) {
    this.peer = peer;
  }
  wake() {}
  flush() {}
  leave() {}
  stop() {}
}

function makeBatch(
  number: number,
  first: number,
  align: number,
  kind: number,
  payload: Uint8Array,
) {
  const stride = Math.ceil((8 + payload.length) / align) * align;
  const count = Math.floor((BATCH - 80) / stride);
  const u8 = new Uint8Array(80 + count * stride);
  const u32 = new Uint32Array(u8.buffer);
  u32.set([0x314c5254, u8.length, number], 0);
  u32.set([kind === EVENT ? 0 : 1, count, first, 0, count * stride, align], 12);
  for (let i = 0, at = 72; i < count; i++, at += stride) {
    u32[at / 4] = payload.length;
    u32[at / 4 + 1] = kind;
    u8.set(payload, at + 8);
  }
  u32[u32.length - 2] = number;
  return { buffer: u8.buffer, count };
}

async function measure(align: number, kind: number, payload: Uint8Array, own: boolean) {
  const carrier = new Still();
  const clock = { setTimeout: () => 0, clearTimeout: () => {}, task: () => {}, now: () => 0 };
  const ended = (error: unknown) => {
    throw error;
  };
  let seen = 0;
  const onmessage = () => {
    seen++;
  };
  const connection = new Connection(carrier, clock, {
    event: (_subs, _binary, payload) => {
      decodeJson(payload);
      seen++;
    },
    parsedEvent: onmessage,
    ended,
  });
  invoke(connection, 'c', { channel: new Channel({ onmessage, own }) }, undefined).catch(() => {});
  await 0;
  await 0;
  let number = 1;
  let first = 0;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const batches = [];
    for (let i = 0; i < BATCHES; i++) {
      const { buffer, count } = makeBatch(number++, first, align, kind, payload);
      first += count;
      batches.push(buffer);
    }
    const before = seen;
    const start = performance.now();
    for (const batch of batches) {
      carrier.peer.receive(batch);
      carrier.peer.dispatch();
      carrier.peer.compose(undefined, 0, 0, 0);
    }
    times.push(((performance.now() - start) * 1e6) / (seen - before));
  }
  if (seen !== first) throw new Error(`${seen} messages of ${first}`);
  return times.sort((a, b) => a - b)[ROUNDS >> 1];
}

export async function speed(print: (line: string) => void) {
  const bytes = (n: number) => new Uint8Array(n).fill(7);
  const json = new TextEncoder().encode(
    JSON.stringify({
      id: 123456,
      name: 'telemetry',
      values: [1.25, 2.5, 3.75],
      text: 'x'.repeat(62),
    }),
  );
  const event = Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, ...json]);
  const eventForTwo = Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, ...json]);
  const cases: [string, number, number, Uint8Array, boolean][] = [
    ['128 B, align 8', 8, 2, bytes(128), false],
    ['128 B, align 64', 64, 2, bytes(128), false],
    ['128 B, own', 64, 2, bytes(128), true],
    ['1 KB', 64, 2, bytes(1024), false],
    [`JSON of ${json.length} B`, 64, 1, json, false],
    [`event of ${json.length} B`, 8, EVENT, event, false],
    ['the same for two', 8, EVENT, eventForTwo, false],
  ];
  for (const [name, align, kind, payload, own] of cases) {
    const ns = await measure(align, kind, payload, own);
    print(`${name.padEnd(18)} ${ns.toFixed(0).padStart(6)} ns  ${(1e3 / ns).toFixed(2)} M/s`);
  }
}

if (typeof process !== 'undefined') await speed((line) => console.log(line));
