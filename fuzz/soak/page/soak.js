// A page of the soak: all streams in both directions, commands and events beside. It checks what
// comes, and says at once what is wrong.

import { generator, makePool, makeRaw, makeText, readRaw, readText, Sequence } from './message.js';

const { invoke, Channel, listen, emit } = tailrace;

const LARGEST = 768 << 10;
/** How long a missing message may take to be late only. */
const LATENESS = 1000;

let told = false;
/** Says what is wrong: at once, or with a sequence when what is late has come. */
function wrong(place, text, sequence) {
  if (told) return;
  told = true;
  setTimeout(
    () => invoke('wrong', { place, text, disorder: sequence?.disorder }).catch(() => {}),
    sequence === undefined ? 0 : LATENESS,
  );
}
/** A call failed: at the end of a session that is right. */
function failed(place, error) {
  invoke('wrong', { place, text: `${error?.code}: ${error?.message ?? error}`, call: true }).catch(
    () => {},
  );
}
addEventListener('error', (event) =>
  wrong('script', `${event.message} (${event.filename}:${event.lineno})`),
);
addEventListener('unhandledrejection', (event) => failed('script', event.reason));

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const counts = { received: [0, 0, 0, 0, 0], bytes: 0, commands: 0, ticks: 0, tocks: 0 };

// ---- events from Go: without a gap from the first one on

const ticks = new Sequence();
let first;
let finishing = false;
let finish;
const finished = new Promise((resolve) => {
  finish = resolve;
});
listen('tick', ({ payload: { n } }) => {
  if (first === undefined) first = ticks.next = n;
  const error = ticks.take(n);
  if (error !== '') wrong('events', error, ticks);
  counts.ticks++;
}).catch((error) => failed('listen', error));
listen('finish', ({ payload: { n } }) => {
  if (first !== undefined && ticks.next !== n)
    wrong('events', `${n} ticks were sent, and ${ticks.next} have come`, ticks);
  finishing = true;
  finish();
}).catch((error) => failed('listen', error));

let plan;
let pool;

// ---- streams

async function converse(which, { json, least, most, burst, pause: longest, own, borrow, name }) {
  const sequence = new Sequence();
  const rnd = generator(plan.seed + which + 1);
  let stop = false;
  const onmessage = (m) => {
    const { n, last, error } = json ? readText(m, which) : readRaw(m, which);
    if (error !== '') wrong(`stream of ${name}`, error);
    const order = sequence.take(n);
    if (order !== '') wrong(`stream of ${name}`, order, sequence);
    counts.received[which]++;
    counts.bytes += json ? m.t.length : m.length;
    if (last) stop = true;
  };
  const stream = new Channel({ onmessage, own, borrow });
  const result = invoke(json ? 'texts' : 'bytes', { stream, which });
  let n = 0;
  const make = (last) => {
    const size = least + rnd.below(most - least + 1);
    return json
      ? makeText(rnd, which, n++, size, last)
      : makeRaw(pool, rnd, which, n++, size, last);
  };
  while (!stop) {
    const many = 1 + rnd.below(Math.ceil(burst / 3));
    for (let i = 0; i < many && !stop; i++) {
      const sent = stream.send(make(false));
      if (most > 20_000 || n % 16 === 0 || i === many - 1) await sent;
      else sent.catch((error) => failed(`stream of ${name}, send`, error));
    }
    await pause(rnd.below(longest));
  }
  await stream.send(make(true));
  const totals = await result;
  if (totals.sent !== sequence.next)
    wrong(
      `stream of ${name}`,
      `${totals.sent} messages were sent, and ${sequence.next} have come`,
      sequence,
    );
  if (totals.received !== n)
    wrong(`stream of ${name}`, `${n} messages were sent to Go, which has got ${totals.received}`);
}

// ---- commands

const asks = [
  async (rnd) => {
    const value = makeText(rnd, 1, 2, rnd.below(500), false);
    const back = await invoke('echo', value);
    if (JSON.stringify(back) !== JSON.stringify(value))
      wrong('command echo', `${JSON.stringify(back)} is not ${JSON.stringify(value)}`);
  },
  async (rnd) => {
    const size = rnd.below(10) === 0 ? rnd.below(200_000) : rnd.below(2000);
    const value = makeRaw(pool, rnd, 7, 8, size, false);
    const { error } = readRaw(await invoke('echoBytes', value), 7);
    if (error !== '') wrong('command echoBytes', error);
  },
  async (rnd) => {
    const sequence = new Sequence();
    const n = rnd.below(100);
    const channel = new Channel(([i]) => {
      const error = sequence.take(i);
      if (error !== '') wrong('command burst', error, sequence);
    });
    const got = await invoke('burst', { channel, n });
    if (got !== n || sequence.next !== n)
      wrong(
        'command burst',
        `the result ${got} came after ${sequence.next} of ${n} messages`,
        sequence,
      );
  },
];

async function command(ask, seed) {
  const rnd = generator(seed);
  while (!finishing) {
    await ask(rnd);
    counts.commands++;
    await pause(rnd.below(100));
  }
}

// ---- events to Go

async function tock() {
  const rnd = generator(plan.seed + 40);
  while (!finishing) {
    const emitted = emit('tock', { index: plan.index, n: counts.tocks++ });
    if (counts.tocks % 8 === 0) {
      await emitted;
      await pause(rnd.below(150));
    } else emitted.catch((error) => failed('emit', error));
  }
}

/** A page that is busy now and then, at most for a second. */
async function slow() {
  const rnd = generator(plan.seed + 50);
  while (!finishing) {
    await pause(300 + rnd.below(1700));
    const until = Date.now() + (rnd.below(20) === 0 ? 1000 : 10 + rnd.below(250));
    while (Date.now() < until);
  }
}

async function report() {
  while (!finishing) {
    await pause(400);
    await invoke('progress', counts);
    document.querySelector('#counts').innerHTML = plan.streams
      .map(({ name }, i) => `<tr><th>${name}</th><td>${counts.received[i]}</td></tr>`)
      .join('');
  }
}

const guard = (place, promise) =>
  promise.catch((error) => {
    failed(place, error);
    throw error;
  });

async function main() {
  plan = await invoke('plan', {});
  pool = makePool(generator(plan.seed), LARGEST + 4096);
  await Promise.all([
    ...plan.streams.map((stream, which) =>
      guard(`stream of ${stream.name}`, converse(which, stream)),
    ),
    ...asks.map((ask, i) => guard('commands', command(ask, plan.seed + 60 + i))),
    guard('emit', tock()),
    guard('progress', report()),
    slow(),
    finished,
  ]);
  // Ticks from before the session must be here, too: they were kept for it.
  if (first === undefined || first > plan.floor)
    wrong(
      'events',
      `the first tick was ${first}, and ${plan.floor} was sent when the page before was gone`,
    );
  await invoke('done', counts);
}

// Not awaited here: in WebKitGTK 2.50 a module whose top-level await is resumed as its document
// goes away keeps the web process busy for ever.
main().catch((error) => failed('page', error));
