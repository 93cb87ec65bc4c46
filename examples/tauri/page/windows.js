// Titles and sizes, a second window, closing.

import { emitTo, listen } from '@tauri-apps/api/event';
import { getAllWebviews, getCurrentWebview } from '@tauri-apps/api/webview';
import {
  getAllWebviewWindows,
  getCurrentWebviewWindow,
  WebviewWindow,
} from '@tauri-apps/api/webviewWindow';
import {
  getAllWindows,
  getCurrentWindow,
  LogicalSize,
  PhysicalSize,
  Window,
} from '@tauri-apps/api/window';

/** The payload of the next event that is accepted, once it comes. */
async function next(target, name, accept = () => true) {
  let resolve;
  const payload = new Promise((r) => {
    resolve = r;
  });
  const end = await listen(name, (event) => accept(event.payload) && resolve(event.payload), {
    target,
  });
  return { payload: payload.finally(end) };
}

const labels = (all) => all.map(({ label }) => label);

export async function windows(note) {
  const main = getCurrentWindow();
  note('labels', main.label, getCurrentWebview().label, getCurrentWebviewWindow().label);
  note(
    'all',
    labels(await getAllWindows()),
    labels(await getAllWebviews()),
    labels(await getAllWebviewWindows()),
  );
  await main.setTitle('A "title" ü');
  note('title', await main.title());
  note('nobody', await Window.getByLabel('nobody'), await WebviewWindow.getByLabel('nobody'));

  const scale = await main.scaleFactor();
  const resized = await next(
    { kind: 'Window', label: 'main' },
    'tauri://resize',
    ({ width }) => width === 640 * scale,
  );
  await main.setSize(new LogicalSize(640, 480));
  note('resized', new PhysicalSize(await resized.payload).toLogical(scale));
  const size = await main.innerSize();
  note('size', size instanceof PhysicalSize, size.toLogical(scale));
  await main.setResizable(false);
  note('resizable', await main.isResizable());
  await main.setResizable(true);
  note('resizable', await main.isResizable());

  const born = await next({ kind: 'Any' }, 'tauri://window-created');
  const ready = await next('main', 'second-ready');
  const second = new WebviewWindow('second', {
    url: 'second.html',
    title: 'The second',
    width: 300,
    height: 200,
  });
  note('created', (await new Promise((resolve) => second.once('tauri://created', resolve))).id);
  note('born', await born.payload);
  note('second', await ready.payload);
  note('all', labels(await getAllWindows()), (await WebviewWindow.getByLabel('second')).label);
  note('its title', await second.title());
  await second.setTitle('Renamed');
  note('its title', await second.title());

  const taken = new WebviewWindow('second');
  note('taken', (await new Promise((resolve) => taken.once('tauri://error', resolve))).payload);

  for (const [what, ask] of [
    ['to the window', () => emitTo('second', 'question', 1)],
    ['to its kind', () => second.emitTo({ kind: 'WebviewWindow', label: 'second' }, 'question', 2)],
    ['to all', () => second.emit('question', 3)],
  ]) {
    const answer = await next('main', 'answer');
    await ask();
    note(what, await answer.payload);
  }

  const refused = await next('main', 'close-refused');
  await second.close();
  note('refused', await refused.payload, labels(await getAllWindows()));
  const destroyed = await next({ kind: 'WebviewWindow', label: 'second' }, 'tauri://destroyed');
  await second.close();
  note('destroyed', await destroyed.payload, await WebviewWindow.getByLabel('second'));
  note('of a closed one', await second.title().catch((error) => `${typeof error} ${error}`));
}
