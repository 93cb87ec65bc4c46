// What a page hands over may throw: that is reported, and harms nobody else.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Channel } from '../src/api.js';
import { CLOSE, EVENT, JSON_ } from '../src/wire.js';
import { type Go, started } from './go.js';
import { settle } from './goclock.js';
import { join, result, u32s } from './gowire.js';

const reported: unknown[] = [];
beforeEach(() => {
  reported.length = 0;
  globalThis.reportError = (error) => reported.push(error);
});
afterEach(() => {
  globalThis.reportError = undefined as unknown as typeof reportError;
});

const bad = (): never => {
  throw new Error('bad');
};
const json = (value: unknown) => ({ kind: JSON_, payload: JSON.stringify(value) });
const closed = { kind: CLOSE, payload: '{"code":"c","message":"m"}' };
const throwing = new Proxy({}, { get: bad, has: bad, ownKeys: bad, getPrototypeOf: bad });

/** Looks like a signal, but throws when it is not needed any more. */
function badSignal() {
  let abort = () => {};
  const signal = {
    aborted: false,
    get reason() {
      return bad();
    },
    addEventListener: (_name: string, listener: () => void) => {
      abort = listener;
    },
    removeEventListener: bad,
  } as unknown as AbortSignal;
  return { signal, abort: () => abort() };
}

/** Answers the newest call. */
const answer = async (go: Go) => {
  await settle();
  await go.send(go.run(0, [result(go.invokes[go.invokes.length - 1].id, null)]));
};

interface Case {
  /** How many errors are reported; undefined: the promise or the call tells the page. */
  reports?: number;
  run(go: Go, channel: Channel, lane: number): Promise<unknown>;
}

const listening = async (go: Go, handler: () => void, options = {}) => {
  const promise = go.api.listen('e', handler, options);
  await answer(go);
  const unlisten = await promise;
  return { unlisten, sub: go.invokes[go.invokes.length - 1].json.sub as number };
};
const event = (sub: number) => ({ kind: EVENT, payload: join(u32s(1, 0, sub), '1') });

const cases: Record<string, Case> = {
  onmessage: {
    reports: 2,
    run: async (go, channel, lane) => {
      channel.onmessage = bad;
      await go.send(go.run(lane, [json(1), json(2)]));
    },
  },
  'onmessage, set later': {
    reports: 2,
    run: async (go, channel, lane) => {
      await go.send(go.run(lane, [json(1), json(2)]));
      channel.onmessage = bad;
      await settle();
    },
  },
  'onerror and onclose': {
    reports: 2,
    run: async (go, channel, lane) => {
      channel.onerror = bad;
      channel.onclose = bad;
      await go.send(go.run(lane, [closed]));
    },
  },
  'onunreadamounthigh and low': {
    reports: 2,
    run: async (go, channel, lane) => {
      channel.unreadAmountHighThreshold = 1;
      channel.onunreadamounthigh = bad;
      channel.onunreadamountlow = bad;
      await go.send(go.run(lane, [json(1)]));
      channel.onmessage = () => {};
      await settle();
    },
  },
  'onbufferedamounthigh and low': {
    reports: 2,
    run: async (_go, channel) => {
      channel.bufferedAmountHighThreshold = 1;
      channel.onbufferedamounthigh = bad;
      channel.onbufferedamountlow = bad;
      await channel.send(1);
      await settle();
    },
  },
  'a listener': {
    reports: 2,
    run: async (go) => {
      const { sub } = await listening(go, bad);
      await go.send(go.run(0, [event(sub), event(sub)]));
    },
  },
  'a signal, when its call is answered': {
    reports: 1,
    run: async (go) => {
      const call = go.api.invoke('a', {}, { signal: badSignal().signal });
      await answer(go);
      await call;
    },
  },
  'a signal, when it aborts a call': {
    reports: 2,
    run: async (go) => {
      const { signal, abort } = badSignal();
      const call = go.api.invoke('a', {}, { signal });
      await settle();
      abort();
      await assert.rejects(call, /bad/);
    },
  },
  'a signal, when its listener ends': {
    reports: 1,
    run: async (go) => {
      const { unlisten } = await listening(go, () => {}, { signal: badSignal().signal });
      unlisten();
    },
  },
  'a signal, when its listener is called once': {
    reports: 1,
    run: async (go) => {
      const promise = go.api.once('e', () => {}, { signal: badSignal().signal });
      await answer(go);
      await promise;
      await go.send(go.run(0, [event(go.invokes[go.invokes.length - 1].json.sub)]));
    },
  },
};
for (const [name, value] of Object.entries({
  'a toJSON': { toJSON: bad },
  'a getter': {
    get a() {
      return bad();
    },
  },
  'a Proxy': throwing,
  'a Proxy inside': { list: [throwing] },
})) {
  cases[`${name} in what is handed over`] = {
    run: async (go, channel) => {
      await assert.rejects(go.api.invoke('a', value), /bad/);
      await assert.rejects(go.api.emit('e', value), /bad/);
      await assert.rejects(channel.send(value), /bad/);
      assert.throws(() => channel.trySend(value), /bad/);
    },
  };
}
cases['a Proxy as options'] = {
  run: async (go) => {
    const options = throwing as object;
    await assert.rejects(go.api.invoke('a', {}, options), /bad/);
    await assert.rejects(go.api.invoke('a', {}, { headers: options as Headers }), /bad/);
    await assert.rejects(
      go.api.listen('e', () => {}, options),
      /bad/,
    );
    assert.throws(() => new go.api.Channel(options), /bad/);
  },
};

for (const reporting of ['reports', 'throws, too']) {
  for (const [name, { reports = 0, run }] of Object.entries(cases)) {
    test(`what throws harms nobody: ${name}; the page's reportError ${reporting}`, async () => {
      if (reporting !== 'reports') {
        globalThis.reportError = (error) => {
          reported.push(error);
          bad();
        };
      }
      const go = await started();
      const uncaught: unknown[] = [];
      const { host } = await import('../src/builtins/dom.js');
      const { setTimeout: before } = host;
      host.setTimeout = ((callback: () => void) => {
        assert.throws(callback);
        uncaught.push(callback);
      }) as unknown as typeof setTimeout;
      try {
        const got: unknown[] = [];
        const other = await go.channel<unknown, unknown>(1 << 16, (m) => got.push(m));
        const subject = await go.channel<unknown, unknown>(1 << 16);
        const heard = await listening(go, () => got.push('event'));
        await run(go, subject.channel, subject.lane);
        await settle();
        assert.equal(reported.length, reports, `reported: ${reported}`);
        assert.equal(uncaught.length, reporting === 'reports' ? 0 : reports);
        await go.send(go.run(other.lane, [json(1)]), go.run(0, [event(heard.sub)]));
        await other.channel.send('up');
        const call = go.api.invoke('b');
        await answer(go);
        assert.equal(await call, null);
        assert.deepEqual(got, [1, 'event']);
        assert.equal(go.on(other.lane, JSON_).length, 1);
        assert.equal(go.api.session.state, 'open');
      } finally {
        host.setTimeout = before;
      }
    });
  }
}

test('at the session’s end a signal that throws leaves nobody waiting', async () => {
  const go = await started();
  const codes: string[] = [];
  const calls = [badSignal().signal, undefined].map((signal) =>
    go.api.invoke('a', {}, signal && { signal }),
  );
  for (const call of calls) call.catch((error) => codes.push(error.code));
  const { channel } = await go.channel();
  channel.onclose = (error) => codes.push(error?.code as string);
  go.pulls[0].reply({ status: 410, body: '{"code":"closed","message":"over"}' });
  await settle();
  assert.deepEqual(codes.sort(), ['closed', 'closed', 'closed']);
});
