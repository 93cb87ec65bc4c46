// The inspector draws what Go sends four times a second: sums, the resumable channels, and each
// window's session with its channels.

import { bytes, count, duration, number } from './format.js';
import { byId, copy, figuresOf, show, write } from './page.js';
import { drawResumables } from './resumables.js';
import { History, Sparkline, watchTheme } from './sparkline.js';

/** A sum with its recent course. */
class Tile {
  constructor(id, title, unit, of) {
    this.of = of;
    this.unit = unit;
    this.history = new History();
    const tile = copy('tile');
    tile.id = id;
    tile.querySelector('h2').textContent = title;
    this.value = tile.querySelector('b');
    this.about = tile.querySelector('span');
    this.note = tile.querySelector('small');
    this.line = new Sparkline(tile.querySelector('canvas'), this.history);
    byId('tiles').append(tile);
  }

  draw(sums) {
    const { value, note } = this.of(sums);
    this.history.push(value);
    const [text, unit] = this.unit(value);
    write(this.value, text);
    this.value.dataset.value = value;
    write(this.about, unit);
    write(this.note, note);
    this.line.draw();
  }
}

/** How many senders wait, empty for none. */
const waiters = (n) => (n === 0 ? '' : n === 1 ? '1 sender waits' : `${number(n)} senders wait`);

const perSecond = (format) => (value) => {
  const [text, unit] = format(value);
  return [text, `${unit}/s`];
};

const tiles = [
  new Tile('rate', 'Messages to pages', perSecond(count), (s) => ({
    value: s.rate.messages,
    note: `${number(s.messages)} in all`,
  })),
  new Tile('byteRate', 'Bytes to pages', perSecond(bytes), (s) => ({
    value: s.rate.bytes,
    note: `${bytes(s.bytes).join(' ')} in all`,
  })),
  new Tile('receivedRate', 'Messages from pages', perSecond(count), (s) => ({
    value: s.receivedRate.messages,
    note: `${number(s.received)} in all`,
  })),
  new Tile('lag', 'Lag', bytes, (s) => ({
    value: s.lag,
    note: waiters(s.waiting) || 'no sender waits',
  })),
  new Tile('memory', 'Memory of sessions', bytes, (s) => ({
    value: s.memory,
    note: `Go heap ${bytes(s.heap).join(' ')}`,
  })),
  new Tile('resent', 'Batches sent again', count, (s) => ({
    value: s.resent,
    note: `of ${number(s.batches)} in all`,
  })),
];

function sumUp(figures) {
  const { heap } = figures;
  const rate = () => ({ messages: 0, bytes: 0 });
  const sums = { heap, memory: 0, resent: 0, batches: 0, rate: rate(), receivedRate: rate() };
  for (const key of ['messages', 'bytes', 'received', 'lag', 'waiting']) sums[key] = 0;
  for (const { session } of figures.windows) {
    if (session === null) continue;
    sums.memory += session.memory;
    sums.resent += session.resent;
    sums.batches += session.batches;
    for (const key of ['messages', 'bytes', 'received', 'lag', 'waiting'])
      sums[key] += session.channels[key];
    for (const key of ['rate', 'receivedRate']) {
      sums[key].messages += session.channels[key].messages;
      sums[key].bytes += session.channels[key].bytes;
    }
  }
  return sums;
}

const ways = { down: '↓', up: '↑', both: '↕' };

/** One channel's row. */
class Row {
  constructor() {
    this.history = new History();
    this.element = copy('channel');
    [this.name, this.id] = this.element.querySelector('.name div').children;
    this.way = this.element.querySelector('.way');
    this.line = new Sparkline(this.element.querySelector('canvas'), this.history);
    this.cells = figuresOf(this.element);
  }

  draw(c) {
    const { cells } = this;
    write(this.name, c.name);
    this.name.parentElement.title = `${c.name}, channel ${c.id}, when full: ${c.onFull}`;
    write(this.id, `${c.id}`);
    this.element.dataset.channel = c.id;
    write(this.way, ways[c.direction]);
    this.way.title = c.direction;
    const rate = c.rate.messages + c.receivedRate.messages;
    const byteRate = c.rate.bytes + c.receivedRate.bytes;
    this.history.push(byteRate);
    show(cells.rate, rate, rate === 0 ? '–' : count(rate).join(' '));
    show(cells.byteRate, byteRate, byteRate === 0 ? '–' : bytes(byteRate).join(' '));
    show(cells.messages, c.messages, number(c.messages));
    show(cells.bytes, c.bytes, bytes(c.bytes).join(' '));
    show(cells.received, c.received, number(c.received));
    show(cells.depth, c.depth, c.depth === 0 ? '–' : bytes(c.depth).join(' '));
    cells.depth.title = `${number(c.depth)} of ${number(c.ring)} bytes`;
    show(cells.lag, c.lag, c.lag === 0 ? '–' : bytes(c.lag).join(' '));
    show(cells.latency, c.latencyNs, c.latencyNs === 0 ? '–' : duration(c.latencyNs));
    show(cells.blocked, c.blockedNs, c.blockedNs === 0 ? '–' : duration(c.blockedNs));
    cells.blocked.classList.toggle('warm', c.waiting > 0);
    cells.blocked.title = waiters(c.waiting);
    this.element.classList.toggle('ending', c.closing === true);
    this.line.draw();
  }
}

const sessionFigures = [
  [
    'Events',
    (s) => [
      s.events,
      number(s.events),
      s.eventsRefused > 0 ? `${number(s.eventsRefused)} refused` : '',
    ],
  ],
  [
    'Commands',
    (s) => [s.commands, number(s.commands), s.running > 0 ? `${number(s.running)} run` : ''],
  ],
  [
    'Evals',
    (s) => [s.evals, number(s.evals), s.nativeEvals > 0 ? `${number(s.nativeEvals)} native` : ''],
  ],
  [
    'Batches',
    (s) => [s.batches, number(s.batches), s.unreceipted > 0 ? `${s.unreceipted} open` : ''],
  ],
  ['Bytes', (s) => [s.bytes, bytes(s.bytes).join(' '), '']],
  ['Sent again', (s) => [s.resent, number(s.resent), '']],
  ['From the page', (s) => [s.receivedBatches, number(s.receivedBatches), 'batches']],
  ['Memory', (s) => [s.memory, bytes(s.memory).join(' '), '']],
  [
    'Lane 0',
    (s) => [
      s.control.depth,
      bytes(s.control.depth).join(' '),
      `of ${bytes(s.control.ring).join(' ')}`,
    ],
  ],
  ['Channels', (s) => [s.lanes, number(s.lanes), `${number(s.opened)} in all`]],
];

/** One window's section. */
class Section {
  constructor() {
    this.element = copy('window');
    const find = (selector) => this.element.querySelector(selector);
    [this.label, this.carrier, this.state] = find('.title').children;
    [this.list, this.table, this.body, this.note] = ['dl', 'table', 'tbody', '.note'].map(find);
    this.figures = sessionFigures.map(([title]) => {
      const group = document.createElement('div');
      const term = document.createElement('dt');
      const value = document.createElement('dd');
      const amount = document.createElement('span');
      const beside = document.createElement('small');
      term.textContent = title;
      value.append(amount, ' ', beside);
      group.append(term, value);
      this.list.append(group);
      return { value, amount, beside };
    });
    this.rows = new Map();
  }

  draw({ label, session, channels, more }) {
    write(this.label, label);
    this.label.title = label;
    this.element.dataset.window = label;
    const off = session === null;
    this.carrier.hidden = off;
    this.list.hidden = off;
    this.table.hidden = channels.length === 0;
    if (off || session.number !== this.session) {
      this.session = session?.number;
      this.rows.clear();
      this.body.replaceChildren();
    }
    if (off) {
      write(this.state, 'No page is connected');
      write(this.note, '');
      return;
    }
    write(this.carrier, session.carrier);
    this.carrier.title = session.reason ?? '';
    const age = duration(Math.max(1e9, session.ageNs - (session.ageNs % 1e9)));
    write(this.state, `session ${session.number}, for ${age}, ${session.origin}`);
    sessionFigures.forEach(([title, of], i) => {
      const [value, text, beside] = of(session);
      const at = this.figures[i];
      write(at.amount, text);
      write(at.beside, beside);
      at.value.dataset.value = value;
      at.value.classList.toggle('zero', value === 0);
      at.value.classList.toggle('warm', title === 'Sent again' && value > 0);
      at.value.classList.toggle('alarm', title === 'Events' && session.eventsRefused > 0);
    });
    this.drawChannels(channels);
    write(
      this.note,
      more > 0
        ? `and ${number(more)} more channels`
        : channels.length === 0
          ? 'No channel is open.'
          : '',
    );
  }

  drawChannels(channels) {
    const gone = new Set(this.rows.keys());
    for (const c of channels) {
      // in the order of their ids, so that new ones come last
      let row = this.rows.get(c.id);
      if (row === undefined) {
        row = new Row();
        this.rows.set(c.id, row);
        this.body.append(row.element);
      }
      gone.delete(c.id);
      row.draw(c);
    }
    for (const id of gone) {
      this.rows.get(id).element.remove();
      this.rows.delete(id);
    }
  }
}

const sections = new Map();

function draw(figures) {
  write(byId('name'), figures.name);
  write(byId('version'), figures.version);
  document.title = `${figures.name} – inspector`;
  const sums = sumUp(figures);
  for (const tile of tiles) tile.draw(sums);
  const gone = new Set(sections.keys());
  for (const w of figures.windows) {
    let section = sections.get(w.label);
    if (section === undefined) {
      section = new Section();
      sections.set(w.label, section);
      byId('windows').append(section.element);
    }
    gone.delete(w.label);
    section.draw(w);
  }
  for (const label of gone) {
    sections.get(label).element.remove();
    sections.delete(label);
  }
  drawResumables(figures);
  byId('empty').hidden = figures.windows.length > 0;
  status('live', 'Live');
  document.documentElement.dataset.drawn = Number(document.documentElement.dataset.drawn ?? 0) + 1;
}

function status(state, text) {
  const at = byId('status');
  at.dataset.state = state;
  write(at, text);
}

watchTheme();
const { invoke, Channel } = globalThis.tailrace;
const figures = new Channel(draw);
invoke('plugin:inspector|watch', { figures }).then(
  () => status('over', 'The app has ended'),
  (error) => status('over', error.message),
);
