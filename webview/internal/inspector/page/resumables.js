// The resumable channels, each with a row for every page that is attached.

import { bytes, number } from './format.js';
import { byId, copy, figuresOf, show, write } from './page.js';

/** A number, or a dash for none. */
const some = (n) => (n === 0 ? '–' : number(n));

class Row {
  constructor(template) {
    this.element = copy(template);
    [this.name, this.note] = this.element.querySelector('.name div').children;
    this.cells = figuresOf(this.element);
  }

  title(name, note) {
    write(this.name, name);
    this.name.parentElement.title = name;
    write(this.note, note);
  }
}

/** The rows of one channel. */
class Resumable {
  row = new Row('resumable');
  readers = [];

  draw(c) {
    const { row } = this;
    const { cells } = row;
    const kept = c.newest + 1 - c.oldest;
    row.element.dataset.resumable = c.name;
    row.title(c.name, c.closed ? 'closed' : '');
    show(cells.oldest, c.oldest, kept === 0 ? '–' : number(c.oldest));
    cells.oldest.classList.toggle('zero', kept === 0);
    show(cells.newest, c.newest, some(c.newest));
    show(cells.kept, kept, some(kept));
    show(cells.rawBytes, c.rawBytes, bytes(c.rawBytes).join(' '));
    show(cells.bytes, c.bytes, bytes(c.bytes).join(' '));
    show(cells.historyBytes, c.historyBytes, bytes(c.historyBytes).join(' '));
    show(cells.attached, c.attached, some(c.attached));
    show(cells.lag, c.lag, some(c.lag));
    show(cells.waiting, c.waiting, some(c.waiting));
    cells.waiting.classList.toggle('warm', c.waiting > 0);
    while (this.readers.length > c.readers.length) this.readers.pop().element.remove();
    while (this.readers.length < c.readers.length) {
      const reader = new Row('reader');
      (this.readers.at(-1) ?? row).element.after(reader.element);
      this.readers.push(reader);
    }
    c.readers.forEach((r, i) => {
      const reader = this.readers[i];
      reader.element.dataset.reader = r.label;
      reader.title(r.label, r.observer ? 'observer' : '');
      show(reader.cells.consumed, r.consumed, some(r.consumed));
      show(reader.cells.lag, r.lag, some(r.lag));
    });
  }

  remove() {
    for (const { element } of [this.row, ...this.readers]) element.remove();
  }
}

const drawn = new Map();

/** Draws all of them, in their order. Without one the section is hidden. */
export function drawResumables({ resumables, moreResumables }) {
  const section = byId('resumables');
  const body = section.querySelector('tbody');
  section.hidden = resumables.length === 0;
  const names = new Set(resumables.map((c) => c.name));
  for (const [name, channel] of drawn) {
    if (names.has(name)) continue;
    channel.remove();
    drawn.delete(name);
  }
  let before = null; // the row behind the one that is drawn
  for (let i = resumables.length - 1; i >= 0; i--) {
    const c = resumables[i];
    let channel = drawn.get(c.name);
    if (channel === undefined) {
      channel = new Resumable();
      drawn.set(c.name, channel);
      body.insertBefore(channel.row.element, before);
    }
    channel.draw(c);
    before = channel.row.element;
  }
  write(
    section.querySelector('.note'),
    moreResumables > 0 ? `and ${number(moreResumables)} more channels` : '',
  );
}
