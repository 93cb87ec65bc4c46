import { emitTo } from '@tauri-apps/api/event';
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

const me = getCurrentWebviewWindow();
const list = document.querySelector('ul');
document.querySelector('h1').textContent = me.label;

function add(text, className = '') {
  const item = document.createElement('li');
  item.textContent = text;
  item.className = className;
  list.append(item);
  const count = list.childElementCount;
  document.querySelector('output').textContent = `${count} ${count === 1 ? 'note' : 'notes'}`;
  emitTo('desk', 'seen', { viewer: me.label, count });
}

// The window's own listener hears what is for this window; the global listen would hear the other
// viewers' notes, too.
await me.listen('note', (event) => add(event.payload));

// Go calls this by a script.
globalThis.stamp = (text, by) => add(`${text} (stamped by ${by})`, 'stamp');
