// Wires the page: asks Go for both streams, shows what arrives, and reports it back.

import { Channel, invoke, session } from '/.tailrace/client.js';
import { Bar, Line, Plot } from './canvas.js';
import { fail, failed } from './failure.js';
import { receive } from './file.js';
import { Lag, Signal } from './telemetry.js';

const TICK = 125; // ms between two points of the lines
const SHOW = 2; // ticks between two updates of the figures, and two reports
const HISTORY = 41; // points of a line: 5 s

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat('en');
const fixed = (value, digits) =>
  value
    .toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replace('-', '−');
const sum = (values) => values.reduce((a, b) => a + b, 0);

function size(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${fixed(bytes / 1e3, 1)} kB`;
  return bytes < 1e9 ? `${fixed(bytes / 1e6, 1)} MB` : `${fixed(bytes / 1e9, 2)} GB`;
}

const { file, carrier, signals: abouts } = await invoke('describe');

// ---- the file

const sending = { bytes: 0, verdicts: [], matched: 0, began: 0, outcome: undefined };
const bar = new Bar($('bar'));

async function send() {
  $('again').hidden = true;
  Object.assign(sending, {
    bytes: 0,
    verdicts: [],
    matched: 0,
    began: performance.now(),
    outcome: undefined,
  });
  const data = new Channel();
  const verdicts = new Channel(({ piece, match }) => {
    sending.verdicts[piece] = match;
    if (match) sending.matched++;
  });
  const on = {
    bytes: (total) => {
      sending.bytes = total;
    },
    hash: (piece, sha256) => {
      $('hash').textContent = `SHA-256 of piece ${number.format(piece + 1)}  ${sha256}`;
    },
  };
  const [outcome] = await Promise.all([
    invoke('file', { data, verdicts }),
    receive(data, file, on),
  ]);
  sending.outcome = outcome;
  $('again').hidden = false;
  show();
}

// ---- the telemetry

const lag = new Lag();
const signals = abouts.map((about) => new Signal(about, lag));
const rows = signals.map((signal) => {
  const row = $('plot').content.cloneNode(true).firstElementChild;
  row.querySelector('h3').textContent = signal.about.name;
  row.querySelector('span').textContent = signal.about.unit;
  $('plots').append(row);
  return {
    signal,
    plot: new Plot(row.querySelector('canvas'), signal),
    value: row.querySelector('b'),
    note: row.querySelector('small'),
  };
});

function frame() {
  const head = Math.max(...signals.map((signal) => signal.next));
  for (const { plot } of rows) plot.draw(head);
  bar.draw(file, sending.bytes, sending.verdicts);
  requestAnimationFrame(frame);
}

// ---- the figures

const lines = {
  rate: new Line($('rate-line'), HISTORY),
  messages: new Line($('messages-line'), HISTORY),
  lag: new Line($('lag-line'), HISTORY),
  gaps: new Line($('gaps-line'), HISTORY),
};
const before = { at: performance.now(), bytes: 0, received: 0, gaps: 0 };
const recent = []; // the last second's updates

/** Adds a point to the lines, and keeps what the figures show: the last second. */
function tick() {
  const now = performance.now();
  const seconds = (now - before.at) / 1000;
  const received = sum(signals.map((signal) => signal.received));
  const gaps = sum(signals.map((signal) => signal.lost + signal.reordered));
  const bytes = Math.max(0, sending.bytes - before.bytes);
  const delay = lag.take();
  recent.push({ seconds, bytes, received: received - before.received, delay });
  if (recent.length * TICK > 1000) recent.shift();
  if (received > 0) {
    lines.rate.push(bytes / 1e6 / seconds);
    lines.messages.push((received - before.received) / seconds);
    lines.lag.push(delay.mean);
    lines.gaps.push(gaps - before.gaps);
  }
  Object.assign(before, { at: now, bytes: sending.bytes, received, gaps });
}

function show() {
  const seconds = sum(recent.map((r) => r.seconds)) || 1;
  const { outcome } = sending;
  const elapsed = outcome?.seconds ?? (performance.now() - sending.began) / 1000;
  const rate = outcome
    ? outcome.bytes / 1e6 / elapsed
    : sum(recent.map((r) => r.bytes)) / 1e6 / seconds;
  $('rate').textContent = fixed(rate, 1);
  $('rate-note').textContent = outcome
    ? 'mean, hashed at both ends'
    : `${size(sending.bytes)} so far`;

  const received = sum(signals.map((signal) => signal.received));
  $('messages').textContent = number.format(
    Math.round(sum(recent.map((r) => r.received)) / seconds),
  );
  $('messages-note').textContent = `${number.format(received)} in all, each checked`;

  const count = sum(recent.map((r) => r.delay.count));
  const mean = count === 0 ? 0 : sum(recent.map((r) => r.delay.mean * r.delay.count)) / count;
  const max = Math.max(...recent.map((r) => r.delay.max));
  $('lag').textContent = fixed(mean, 1);
  $('lag-note').textContent = `mean of 1 s, maximum ${fixed(max, 0)}`;

  const lost = sum(signals.map((signal) => signal.lost));
  const reordered = sum(signals.map((signal) => signal.reordered));
  $('gaps').textContent = number.format(lost + reordered);
  $('gaps-note').textContent =
    lost + reordered === 0
      ? 'every number in its place'
      : `${number.format(lost)} lost, ${number.format(reordered)} reordered`;
  $('gaps-figure').classList.toggle('bad', lost + reordered > 0);

  showFile(outcome, elapsed);
  showStatus(outcome, lost + reordered);
  for (const { signal, value, note } of rows) {
    if (signal.received > 0) value.textContent = fixed(signal.value, signal.about.digits);
    const bad = signal.lost + signal.reordered;
    note.textContent =
      bad === 0
        ? `${number.format(signal.received)} in order`
        : `${number.format(bad)} lost or reordered`;
    note.parentElement.classList.toggle('bad', bad > 0);
  }
  return mean;
}

function showFile(outcome, elapsed) {
  $('amount').textContent = `${size(sending.bytes)} of ${size(file.size)}`;
  const wrong = sending.verdicts.filter((match) => match === false).length;
  const unit = file.pieces === 1 ? 'piece' : 'pieces';
  const pieces = `${number.format(sending.matched)} of ${number.format(file.pieces)} ${unit}`;
  $('verdict').textContent =
    wrong > 0
      ? `${number.format(wrong)} of ${number.format(file.pieces)} wrong`
      : outcome
        ? `${pieces} match`
        : `${pieces} compared`;
  $('verdict').classList.toggle('bad', wrong > 0);
  $('time').textContent = `${fixed(elapsed, 1)} s`;
}

function showStatus(outcome, gaps) {
  if (failed) return;
  const status = $('status');
  if (gaps > 0 || sending.verdicts.includes(false)) {
    status.dataset.state = 'bad';
    status.textContent = gaps > 0 ? 'Not in order' : 'Not whole';
  } else if (outcome) {
    status.dataset.state = 'good';
    status.textContent = 'Whole and in order';
  } else {
    status.dataset.state = 'run';
    status.textContent = `Streaming, ${carrier} carrier`;
  }
}

function report(mean) {
  const of = (name) => signals.map((signal) => signal[name]);
  return {
    received: of('received'),
    lost: of('lost'),
    reordered: of('reordered'),
    next: of('next'),
    seconds: (Math.max(...of('last')) - Math.min(...of('first'))) / 1000,
    lag: mean,
    bytes: sending.bytes,
    shown: sending.outcome !== undefined,
  };
}

// ---- begin

$('name').textContent = file.name;
$('again').onclick = () => send().catch(fail);
const telemetry = invoke('telemetry', {
  channels: signals.map((signal) => new Channel((message) => signal.take(message))),
});
requestAnimationFrame(frame);
let ticks = 0;
setInterval(() => {
  tick();
  if (++ticks % SHOW !== 0) return;
  const mean = show();
  if (session.state === 'open' && !failed) invoke('report', report(mean)).catch(fail);
}, TICK);
await Promise.all([send(), telemetry]);
