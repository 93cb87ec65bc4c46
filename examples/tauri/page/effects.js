// Runs the parts one after the other, shows the effect of each call, and hands all of them to Go, a
// line each.

import { invoke } from '@tauri-apps/api/core';
import { channels } from './channels.js';
import { commands } from './commands.js';
import { events } from './events.js';
import { windows } from './windows.js';

const status = document.querySelector('output');
const list = document.querySelector('dl');
const lines = [];

function add(parent, name, text, properties) {
  const element = Object.assign(document.createElement(name), { textContent: text }, properties);
  parent.append(element);
  return element;
}

/** The tile of each part: its name, and how many effects it had. */
const tiles = new Map(
  [commands, channels, events, windows].map((part) => {
    const tile = add(document.querySelector('nav'), 'a', part.name, { href: `#${part.name}` });
    return [part, { tile, count: add(tile, 'b', '0') }];
  }),
);

let tally = 0;
let count;

/** Notes an effect: what was done, and the values that came of it. */
function note(what, ...values) {
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const escape = (text) => text.replaceAll('\u2028', '\\u2028');
  const value = escape(texts.join(' '));
  lines.push(`${escape(what)}: ${value}`);
  const row = add(list, 'div', '');
  add(row, 'dt', what, { title: what });
  add(row, 'dd', value, { title: value });
  tally += 1;
  count.textContent = tally;
  list.scrollTop = list.scrollHeight;
}

addEventListener('error', (event) => note('uncaught', event.message));
addEventListener('unhandledrejection', (event) => note('unhandled', String(event.reason)));

try {
  for (const [part, { tile, count: own }] of tiles) {
    [tally, count] = [0, own];
    [status.className, status.textContent] = ['run', `Running ${part.name}`];
    tile.className = 'run';
    add(list, 'h2', part.name, { id: part.name });
    await part(note);
    tile.className = 'good';
  }
  [status.className, status.textContent] = ['good', `Complete, ${lines.length} effects`];
} catch (error) {
  note('failed', String(error));
  [status.className, status.textContent] = ['bad', 'Failed'];
}
list.scrollTop = 0;
await invoke('report', { lines });
