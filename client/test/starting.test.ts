// Whatever a page calls before, while and after it gets ready, in any order and awaited or not: all
// is answered, and no time passes. Go answers as it does: the bus at once, a command that has
// emitted once the page is ready.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bus } from './bus.js';
import { started } from './go.js';
import { settle } from './goclock.js';
import { type DownFrame, result } from './gowire.js';

type Page = Awaited<ReturnType<typeof start>>;

async function start(manual: boolean) {
  const go = await started();
  go.manual = manual;
  const bus = new Bus(go);
  const waiting: DownFrame[] = [];
  bus.other = ({ id }) => {
    const answer = result(id, null);
    if (bus.commands.includes('ready') || bus.commands.includes('ready_later')) return [answer];
    waiting.push(answer);
    return [];
  };
  let unlisten: (() => void) | undefined;
  const { listen, once, emit, emitTo, invoke } = go.api;
  const steps: Record<string, () => Promise<unknown> | undefined> = {
    listen: async () => {
      unlisten = await listen('e', () => {});
    },
    once: () => once('e', () => {}),
    unlisten: () => {
      unlisten?.();
      return undefined;
    },
    emit: () => emit('e', 1),
    emitTo: () => emitTo('main', 'e', 1),
    emitBytes: () => emit('e', new Uint8Array(3)),
    invoke: () => invoke('emits'),
  };
  /** What Go and the page do without time. */
  const turn = async () => {
    for (let again = true; again; ) {
      await bus.answer();
      await go.clock.advance(0);
      again = bus.commands.includes('ready') && waiting.length > 0;
      if (again) await go.send(go.run(0, waiting.splice(0)));
      await settle();
    }
  };
  const rest = async () => {
    for (let i = 0; i < 6; i++) await turn();
  };
  return { go, bus, steps, rest };
}

const LONGEST = process.env.TAILRACE_VERIFY === '1' ? 3 : 2;

const names = ['listen', 'once', 'unlisten', 'emit', 'emitTo', 'emitBytes', 'invoke'];

function orders(longest: number): string[][] {
  if (longest === 0) return [];
  const shorter = orders(longest - 1);
  const last = longest === 1 ? [[]] : shorter.filter((order) => order.length === longest - 1);
  return [...shorter, ...last.flatMap((order) => names.map((name) => [...order, name]))];
}

/** `parsed`: before which step the document is. */
async function run(page: Page, order: string[], parsed: number, awaited: boolean, manual: boolean) {
  const { go, bus, steps, rest } = page;
  let over = false;
  const parse = () => {
    if (!manual) go.api.events.readyWhenQuiet();
  };
  const script = async () => {
    const calls: (Promise<unknown> | undefined)[] = [];
    for (const [i, name] of order.entries()) {
      if (i === parsed) parse();
      const call = steps[name]();
      calls.push(call);
      if (awaited) await call;
    }
    if (manual) calls.push(go.api.ready());
    await Promise.all(calls);
    over = true;
  };
  const done = script();
  if (awaited) await rest();
  // No document waits for its scripts' promises.
  if (parsed >= order.length || (awaited && !over)) parse();
  await rest();
  assert.ok(over, 'all is answered');
  await done;
  assert.equal(
    bus.commands.filter((command) => command === 'ready').length,
    1,
    'it is ready, once',
  );
  assert.equal(go.clock.now(), 0, 'no time has passed');
  if (manual) assert.match(bus.commands[0], /^ready/, 'first it says so, or is ready');
  assert.equal(bus.commands.includes('ready_later'), manual && bus.commands[0] !== 'ready');
}

for (const manual of [false, true]) {
  for (const awaited of [false, true]) {
    const who = manual ? 'which says when it is ready' : 'which is ready by itself';
    test(`a page, ${who}, starts, calls ${awaited ? '' : 'not '}awaited`, async () => {
      for (const order of orders(LONGEST)) {
        for (let parsed = 0; parsed <= (manual ? 0 : order.length); parsed++) {
          const page = await start(manual);
          await run(page, order, parsed, awaited, manual).catch((error) => {
            error.message += `: ${order.join(', ')}; parsed before step ${parsed}`;
            throw error;
          });
        }
      }
    });
  }
}
