// Runs the parts one after the other, shows the line of each effect, and hands all lines to Go.

import { invoke } from '@tauri-apps/api/core';
import { channels } from './channels.js';
import { commands } from './commands.js';
import { events } from './events.js';
import { windows } from './windows.js';

const status = document.querySelector('output');
const screen = document.querySelector('pre');
const lines = [];

/** Notes an effect: what was done, and the values that came of it. */
function note(what, ...values) {
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  lines.push(`${what}: ${texts.join(' ')}`.replaceAll('\u2028', '\\u2028'));
  screen.textContent += `${lines.at(-1)}\n`;
}

addEventListener('error', (event) => note('uncaught', event.message));
addEventListener('unhandledrejection', (event) => note('unhandled', String(event.reason)));

try {
  status.className = 'run';
  for (const part of [commands, channels, events, windows]) {
    status.textContent = part.name;
    await part(note);
  }
  [status.className, status.textContent] = ['good', 'Complete'];
} catch (error) {
  note('failed', String(error));
  [status.className, status.textContent] = ['bad', 'Failed'];
}
await invoke('report', { lines });
