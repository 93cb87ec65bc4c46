import { invoke } from '@tauri-apps/api/core';
import { appWindow } from '@tauri-apps/api/window';

const find = (id) => document.getElementById(id);
document.querySelector('h1').textContent = appWindow.label;

// The window's own listener: the events of the other window's process do not come here.
await appWindow.listen('event-name', (event) => {
  find('n').textContent = event.payload.n.toLocaleString('en');
  find('message').textContent = event.payload.message;
});

function running(is) {
  find('start').disabled = is;
  find('stop').disabled = !is;
  document.querySelector('output').className = is ? 'good' : '';
  document.querySelector('output').textContent = is ? 'Running' : 'Stopped';
}
running(false);

find('start').onclick = async () => {
  await invoke('init_process', { milliseconds: find('pace').valueAsNumber });
  running(true);
};

find('stop').onclick = async () => {
  await appWindow.emit('stop-process');
  running(false);
};
