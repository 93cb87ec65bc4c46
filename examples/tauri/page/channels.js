// Channels: nested in arguments, with bytes, with handlers that throw, kept, ended, of a plugin.

import { addPluginListener, Channel, invoke } from '@tauri-apps/api/core';

/** A channel and the promises of its messages, one after the other. */
function reader() {
  const waiting = [];
  const channel = new Channel((message) => waiting.shift()?.(message));
  return { channel, next: () => new Promise((resolve) => waiting.push(resolve)) };
}

export async function channels(note) {
  const got = [];
  const numbers = new Channel((n) => got.push(n));
  const bytes = [0, 1].map(
    (i) => new Channel((b) => got.push(`${i}:${b.constructor.name}[${new Uint8Array(b)}]`)),
  );
  const result = await invoke('stream', { count: 3, into: { numbers, bytes } });
  note(
    'before the result',
    got.filter((m) => typeof m === 'number'),
    result,
  );
  for (const i of [0, 1])
    note(
      `bytes of channel ${i}`,
      got.filter((m) => String(m).startsWith(`${i}:`)),
    );

  const many = [];
  const stream = (numbers) => invoke('stream', { count: 5000, into: { numbers, bytes: [] } });
  await stream(new Channel((n) => many.push(n)));
  note(
    'in order',
    many.length,
    many.every((n, i) => n === i),
  );

  const changed = new Channel();
  const first = [];
  const second = [];
  changed.onmessage = (n) => {
    first.push(n);
    if (n === 2) changed.onmessage = (n) => second.push(n);
  };
  await invoke('stream', { count: 5, into: { numbers: changed, bytes: [] } });
  note('another handler', first, second);

  const after = [];
  const throwing = new Channel((n) => {
    after.push(n);
    if (n === 1) throw new Error('a handler threw');
  });
  await invoke('stream', { count: 3, into: { numbers: throwing, bytes: [] } });
  note('after it threw', after);

  const again = await stream(numbers).catch((error) => `${typeof error} ${error}`);
  note('an ended channel', again);
  note('its JSON', JSON.stringify({ numbers }).replace(/\d+/, 'number'));

  const kept = reader();
  const early = kept.next();
  await invoke('keep', { channel: kept.channel });
  note('kept', await early);
  const late = kept.next();
  await invoke('send', { text: 'after the return' });
  note('kept', await late);
  await invoke('send', { text: '' });
  note('closed', await invoke('send', { text: 'too late' }).catch((error) => typeof error));

  const waiting = [];
  const listener = await addPluginListener('clock', 'tick', (n) => waiting.shift()(n));
  note('plugin', listener.plugin, listener.event, typeof listener.channelId);
  const tick = new Promise((resolve) => waiting.push(resolve));
  await invoke('tick', { n: 12 });
  note('tick', await tick);
}
