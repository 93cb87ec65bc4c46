// A network that loses requests, answers and parts of answers, repeats and reorders them:
// every message arrives once and in order, in both directions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSON_ } from '../src/wire.js';
import { type Request, started } from './go.js';
import { settle } from './goclock.js';

const MESSAGES = 300;

for (let seed = 1; seed <= 8; seed++) {
  test(`nothing is lost, doubled or reordered (seed ${seed})`, async () => {
    let state = seed * 7919;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const go = await started({ maxBatch: 2048 });
    const got: number[] = [];
    const { channel, lane } = await go.channel<number, unknown>(1500, (n) => got.push(n));
    go.autoPost = false;
    go.losing = () => random(10) === 0;

    // Upward: every tenth message is large enough to go in fragments.
    const sends: Promise<void>[] = [];
    const message = (n: number) => (n % 10 === 0 ? `${n} `.padEnd(1200, 'x') : `${n} `);
    for (let n = 0; n < MESSAGES; n++) sends.push(channel.send(message(n)));
    const sent = Promise.all(sends);
    sent.catch(() => {});

    // Downward: batches of a few messages, kept until their receipt.
    const outstanding = new Map<number, Uint8Array>();
    let last = 1;
    let next = 0;
    const fresh = () => {
      const frames = [];
      for (let i = random(4); i >= 0 && next < MESSAGES; i--) {
        frames.push({ kind: JSON_, payload: `${next++}` });
      }
      const total = go.frames(lane).reduce((sum, f) => sum + ((15 + f.payload.length) & ~7), 0);
      const batch = go.batch([go.run(lane, frames)], { credits: [[lane, total]] });
      outstanding.set(++last, batch);
      return batch;
    };
    const answer = (request: Request) => {
      const lost = [...outstanding.values()];
      const what = random(10);
      if (what === 0) {
        request.fail();
      } else if (lost.length > 0 && (what < 5 || next === MESSAGES)) {
        const batch = lost[random(lost.length)];
        request.answer(random(4) === 0 ? batch.subarray(0, random(batch.length)) : batch);
      } else if (last - go.receipt < 32 && next < MESSAGES) {
        fresh();
        if (random(4) > 0) request.answer(outstanding.get(last) as Uint8Array);
        else request.fail();
      } else {
        request.reply({ status: 204 });
      }
    };

    const done = () => got.length === MESSAGES && go.on(lane).length === MESSAGES;
    for (let step = 0; step < 20000 && !done(); step++) {
      for (const number of outstanding.keys()) {
        const bit = number - go.receipt - 2;
        if (number <= go.receipt || (bit >= 0 && (go.selective >>> bit) & 1)) {
          outstanding.delete(number);
        }
      }
      if (next === MESSAGES && outstanding.size === 0 && last - go.receipt < 32) {
        const total = go.frames(lane).reduce((sum, f) => sum + ((15 + f.payload.length) & ~7), 0);
        outstanding.set(++last, go.batch([], { credits: [[lane, total]] }));
      }
      const waiting = go.requests.filter((request) => !request.answered);
      if (waiting.length > 0) answer(waiting[random(waiting.length)]);
      await go.clock.advance(random(30));
    }
    await settle();
    assert.equal(go.api.session.state, 'open');
    assert.deepEqual(
      got,
      Array.from({ length: MESSAGES }, (_, n) => n),
    );

    assert.deepEqual(
      go.on(lane, JSON_).map(({ payload }) => JSON.parse(Buffer.from(payload).toString())),
      Array.from({ length: MESSAGES }, (_, n) => message(n)),
    );
    await sent;
  });
}
