// When the page is ready, and what a page has that came back from the back-forward cache.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bus, eventFrame } from './bus.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { result } from './gowire.js';

async function page(settings = {}) {
  const go = await started(settings);
  return { go, bus: new Bus(go), ...go.api };
}

test('ready waits for listeners that are awaited one after the other', async () => {
  const { go, bus, listen, events } = await page();
  const steps = async () => {
    await listen('a', () => {});
    await listen('b', () => {});
    await null;
    await listen('c', () => {});
  };
  const done = steps();
  events.readyWhenQuiet();
  for (let i = 0; i < 10; i++) {
    await bus.answer();
    await go.clock.advance(0);
  }
  await done;
  assert.deepEqual(bus.commands, ['listen', 'listen', 'listen', 'ready']);
});

test('a page without listeners is ready at once; ready is sent once', async () => {
  const { go, bus, events, ready } = await page();
  events.readyWhenQuiet();
  await go.clock.advance(0);
  await bus.answer();
  await ready();
  await go.clock.advance(10_000);
  await bus.answer();
  assert.deepEqual(bus.commands, ['ready']);
});

test('ready waits for no clock, and not for a page that never stops to listen', async () => {
  const { go, listen, events } = await page({ window: 1 << 20 });
  void (async () => {
    for (;;) await listen('a', () => {});
  })();
  events.readyWhenQuiet();
  const commands: string[] = [];
  for (let i = 0; i < 1100; i++) {
    await settle();
    const invokes = go.invokes.slice(commands.length);
    commands.push(...invokes.map(({ envelope }) => envelope.cmd));
    const answers = invokes.map(({ id }) => result(id, null));
    if (answers.length > 0) await go.send(go.run(0, answers));
    await go.clock.advance(0);
  }
  assert.equal(commands.filter((command) => command === 'plugin:event|ready').length, 1);
  assert.equal(go.clock.now(), 0);
});

test('a page restored while it waits for an answer is ready behind the new session', async () => {
  const { go, bus, emit, events } = await page();
  const emitted = emit('x');
  await go.clock.advance(0);
  events.readyWhenQuiet();
  await go.clock.advance(0);
  go.page.restored();
  await assert.rejects(emitted, { code: 'restored' });
  await go.clock.advance(0);
  await bus.answer();
  assert.deepEqual(bus.commands, ['ready']);
});

test('a restored page has its listeners still, in order, and is ready again', async () => {
  const { go, bus, listen, once, ready } = await page();
  const seen: string[] = [];
  const hear = (name: string) => () => {
    seen.push(name);
  };
  const first = listen('x', hear('a'));
  void listen('x', hear('gone')).then((unlisten) => unlisten());
  void once('x', hear('once'));
  await bus.answer();
  await ready;
  void ready();
  await bus.answer();
  const unlisten = await first;
  const pending = listen('x', hear('pending'));
  go.page.restored();
  bus.commands.length = 0;
  await bus.answer();
  await pending;
  assert.deepEqual(bus.commands, ['listen', 'listen', 'listen', 'ready']);
  assert.deepEqual([...bus.subs.keys()], [1, 3, 4]);
  await bus.send('x', 1);
  unlisten();
  await bus.answer();
  await bus.send('x', 2);
  assert.deepEqual(seen, ['a', 'once', 'pending', 'pending']);
});

test('a listener that has ended before Go knew it is not asked for again', async () => {
  const { go, bus, once } = await page();
  const pending = once('x', () => {});
  await bus.go.send(go.run(0, [eventFrame([1], 1)]));
  go.page.restored();
  await assert.rejects(pending, { code: 'restored' });
  await bus.answer();
  assert.equal(bus.subs.size, 0);
});

test('a listener that the new session refuses is lost, and the console says so', async (t) => {
  const error = t.mock.method(console, 'error', () => {});
  const { go, bus, listen } = await page();
  const listening = listen('x', () => {});
  await bus.answer();
  await listening;
  bus.denied.add('x');
  go.page.restored();
  await bus.answer();
  assert.equal(error.mock.callCount(), 1);
  go.page.restored();
  await bus.answer();
  assert.equal(error.mock.callCount(), 1, 'it is not tried again');
});

test('outside of a session that is open, listening rejects', async () => {
  const { go, listen } = await page();
  go.pulls[0].reply({ status: 410, body: '{"code":"closed","message":"over"}' });
  await assert.rejects(
    listen('x', () => {}),
    { code: 'closed' },
  );
});

for (const where of ['session.onended', 'channel.onclose', 'channel.onerror']) {
  test(`what ${where} adds when the page is restored is heard, behind what was there`, async () => {
    const go = await started();
    const bus = new Bus(go);
    const { api } = go;
    const seen: unknown[] = [];
    const note =
      (who: string) =>
      ({ payload }: { payload: unknown }) =>
        seen.push([who, payload]);
    let again: Promise<unknown> | undefined;
    const listenAgain = () => {
      again = api.listen('x', note('new'));
    };
    const first = api.listen('x', note('old'));
    if (where === 'session.onended') {
      api.session.onended = listenAgain;
    } else {
      const { channel } = await go.channel();
      if (where === 'channel.onclose') channel.onclose = listenAgain;
      else channel.onerror = listenAgain;
    }
    void api.ready();
    await bus.answer();
    await first;
    const before = bus.commands.length;
    go.page.restored();
    await bus.answer();
    await again;
    assert.deepEqual(bus.commands.slice(before), ['listen', 'listen', 'ready']);
    assert.deepEqual([...bus.subs.keys()], [1, 2]);
    await bus.send('x', 1);
    assert.deepEqual(seen, [
      ['old', 1],
      ['new', 1],
    ]);
  });
}

test('onended may remove, call ready and invoke when the page is restored', async () => {
  const go = await started();
  const bus = new Bus(go);
  const { api } = go;
  const seen: unknown[] = [];
  const listening = api.listen('x', () => seen.push('x'));
  await bus.answer();
  const unlisten = await listening;
  void api.ready();
  await bus.answer();
  const before = bus.commands.length;
  api.session.onended = () => {
    unlisten();
    void api.ready();
    void api.emit('y');
  };
  go.page.restored();
  await bus.answer();
  assert.deepEqual(bus.commands.slice(before), ['listen', 'unlisten', 'ready', 'emit']);
  assert.equal(bus.subs.size, 0);
});
