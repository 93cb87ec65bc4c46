// A callback of the page's may be an async function: its rejection is the page's own affair, as any
// that nobody handles, and the client goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '../src/api.js';
import { CLOSE, EVENT, JSON_ } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';

const json = (value: unknown) => ({ kind: JSON_, payload: JSON.stringify(value) });
const closed = { kind: CLOSE, payload: '{"code":"c","message":"m"}' };
const event = (sub: number) => ({ kind: EVENT, payload: join(u32s(1, 0, sub), '1') });

/** Answers the newest call, and gives the number of its listener, if it has one. */
async function answer(go: Go): Promise<number> {
  await settle();
  const { id, json } = go.invokes[go.invokes.length - 1];
  await go.send(go.run(0, [result(id, null)]));
  return json?.sub as number;
}

interface Case {
  /** How often the callback is called. */
  calls: number;
  run(go: Go, bad: () => Promise<never>, channel: Channel, lane: number): Promise<unknown>;
}

const cases: Record<string, Case> = {
  onmessage: {
    calls: 2,
    run: async (go, bad, channel, lane) => {
      channel.onmessage = bad;
      await go.send(go.run(lane, [json(1), json(2)]));
    },
  },
  'onmessage, set later': {
    calls: 2,
    run: async (go, bad, channel, lane) => {
      await go.send(go.run(lane, [json(1), json(2)]));
      channel.onmessage = bad;
      await settle();
    },
  },
  'onerror and onclose': {
    calls: 2,
    run: async (go, bad, channel, lane) => {
      channel.onerror = bad;
      channel.onclose = bad;
      await go.send(go.run(lane, [closed]));
    },
  },
  'onunreadamounthigh and low': {
    calls: 2,
    run: async (go, bad, channel, lane) => {
      channel.unreadAmountHighThreshold = 1;
      channel.onunreadamounthigh = bad;
      channel.onunreadamountlow = bad;
      await go.send(go.run(lane, [json(1)]));
      channel.onmessage = () => {};
      await settle();
    },
  },
  'onbufferedamounthigh and low': {
    calls: 2,
    run: async (_go, bad, channel) => {
      channel.bufferedAmountHighThreshold = 1;
      channel.onbufferedamounthigh = bad;
      channel.onbufferedamountlow = bad;
      await channel.send(1);
      await settle();
    },
  },
  'a listener': {
    calls: 2,
    run: async (go, bad) => {
      const promise = go.api.listen('e', bad);
      const sub = await answer(go);
      await promise;
      await go.send(go.run(0, [event(sub), event(sub)]));
    },
  },
  'a listener that is called once': {
    calls: 1,
    run: async (go, bad) => {
      const promise = go.api.once('e', bad);
      const sub = await answer(go);
      await promise;
      await go.send(go.run(0, [event(sub), event(sub)]));
    },
  },
};

/** What comes to unhandledrejection while `run` runs. */
async function rejections(run: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => reasons.push(reason));
  try {
    await run();
    await settle();
    return reasons;
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
}

for (const [name, { calls, run }] of Object.entries(cases)) {
  test(`what rejects is an unhandled rejection, and harms nobody: ${name}`, async () => {
    const reported: unknown[] = [];
    const { reportError } = globalThis;
    globalThis.reportError = (error) => reported.push(error);
    const error = new Error('bad');
    let called = 0;
    const bad = async () => {
      called++;
      await undefined;
      throw error;
    };
    try {
      const go = await started();
      const got: unknown[] = [];
      const other = await go.channel<unknown, unknown>(1 << 16, (m) => got.push(m));
      const subject = await go.channel<unknown, unknown>(1 << 16);
      const promise = go.api.listen('f', () => got.push('event'));
      const sub = await answer(go);
      await promise;
      const reasons = await rejections(() => run(go, bad, subject.channel, subject.lane).then());
      assert.equal(called, calls);
      assert.deepEqual(reasons, new Array(calls).fill(error));
      assert.deepEqual(reported, []);
      await go.send(go.run(other.lane, [json(1)]), go.run(0, [event(sub)]));
      await other.channel.send('up');
      const call = go.api.invoke('b');
      await answer(go);
      assert.equal(await call, null);
      assert.deepEqual(got, [1, 'event']);
      assert.equal(go.on(other.lane, JSON_).length, 1);
      assert.equal(go.api.session.state, 'open');
    } finally {
      globalThis.reportError = reportError;
    }
  });
}

test('what rejects at the session’s end is unhandled; everybody learns of the end', async () => {
  const go = await started();
  const told: string[] = [];
  const bad = (what: string) => async () => {
    told.push(what);
    throw what;
  };
  const { channel } = await go.channel();
  channel.onerror = bad('onerror');
  channel.onclose = bad('onclose');
  go.api.session.onended = bad('onended');
  const call = assert.rejects(go.api.invoke('a'), { code: 'closed' });
  const reasons = await rejections(async () => {
    go.pulls[0].reply({ status: 410, body: '{"code":"closed","message":"over"}' });
    await call;
  });
  assert.deepEqual(told.sort(), ['onclose', 'onended', 'onerror']);
  assert.deepEqual(reasons.sort(), told);
});

test('a thenable that a callback gives is not touched', async () => {
  const go = await started();
  const got: number[] = [];
  const touched = () => assert.fail('its then was read');
  const { lane } = await go.channel<number, number>(1 << 16, (m) => {
    got.push(m);
    return Object.defineProperty({}, 'then', { get: touched });
  });
  await go.send(go.run(lane, [json(1), json(2)]));
  assert.deepEqual(got, [1, 2]);
});
