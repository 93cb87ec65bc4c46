import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

const url = await invoke('source');
const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;

// One download as the page shows it. Both versions hand their messages to it.
function view(id) {
  const part = (selector) => document.querySelector(`#${id} ${selector}`);
  let size = 0;
  let have = 0;
  let steps = 0;
  return {
    button: part('button'),
    started({ contentLength }) {
      [size, have, steps] = [contentLength, 0, 0];
      part('.hash').textContent = `GET ${url}`;
    },
    progress({ chunkLength }) {
      have += chunkLength;
      steps += 1;
      part('progress').value = have / size;
      part('.amount').textContent = `${megabytes(have)} of ${megabytes(size)}`;
      part('.steps').textContent = `${steps} messages`;
    },
    finished({ sha256 }) {
      part('.hash').textContent = `SHA-256 ${sha256}`;
      part('.steps').textContent = have === size ? `as announced, ${steps} messages` : 'incomplete';
    },
  };
}

// What a button starts: status at the top right, no second click meanwhile.
function starts(view, download) {
  const status = document.querySelector('output');
  view.button.onclick = async () => {
    view.button.disabled = true;
    [status.className, status.textContent] = ['run', 'Downloading'];
    try {
      await download();
      [status.className, status.textContent] = ['good', 'Complete'];
    } catch (e) {
      [status.className, status.textContent] = ['bad', String(e)];
    }
    view.button.disabled = false;
  };
  view.button.disabled = false;
}

// With a channel, the messages belong to the call, and Go waits while the page is behind.
const channel = view('channel');
starts(channel, () => {
  const onEvent = new Channel();
  onEvent.onmessage = (message) => channel[message.event](message.data);
  return invoke('download', { url, onEvent });
});

// With events, every window may listen.
const events = view('events');
await listen('download-started', (event) => events.started(event.payload));
await listen('download-progress', (event) => events.progress(event.payload));
await listen('download-finished', (event) => events.finished(event.payload));
starts(events, () => invoke('download_with_events', { url }));
