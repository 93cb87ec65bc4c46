import { invoke } from '@tauri-apps/api/core';
import { emitTo, listen } from '@tauri-apps/api/event';
import { getAllWebviewWindows, WebviewWindow } from '@tauri-apps/api/webviewWindow';

const find = (selector) => document.querySelector(selector);
const note = () => find('input').value;

// What the buttons beside a viewer do.
const actions = {
  send: (viewer) => emitTo({ kind: 'WebviewWindow', label: viewer.label }, 'note', note()),
  stamp: (viewer) => invoke('stamp', { label: viewer.label, text: note() }), // by a script, from Go
  close: (viewer) => viewer.close(),
};

async function list() {
  const viewers = (await getAllWebviewWindows()).filter(({ label }) => label !== 'desk');
  find('output').textContent = `${viewers.length} ${viewers.length === 1 ? 'viewer' : 'viewers'}`;
  find('output').className = viewers.length > 0 ? 'good' : '';
  find('ul').replaceChildren(
    ...viewers.map((viewer) => {
      const item = find('template').content.cloneNode(true);
      item.querySelector('b').textContent = viewer.label;
      for (const button of item.querySelectorAll('button')) {
        button.onclick = () => actions[button.value](viewer);
      }
      return item;
    }),
  );
}

// Go chooses who gets it, by a predicate.
find('form').onsubmit = (event) => {
  event.preventDefault();
  invoke('announce', { text: note() });
};

find('#open').onclick = async () => {
  const taken = (await getAllWebviewWindows()).map(({ label }) => label);
  let n = 1;
  while (taken.includes(`viewer-${n}`)) n += 1;
  const viewer = new WebviewWindow(`viewer-${n}`, {
    url: 'viewer.html',
    title: `Viewer ${n}`,
    width: 360,
    height: 400,
  });
  viewer.once('tauri://error', (event) => {
    find('#answer').textContent = event.payload;
  });
};

// A viewer's answer comes to this window, because it is sent here.
await listen('seen', ({ payload }) => {
  find('#answer').textContent = `${payload.viewer} has seen ${payload.count}`;
});
await listen('tauri://window-created', list);
await listen('tauri://destroyed', list);
await list();
find('form button').disabled = find('#open').disabled = false;
