// The second window: it answers questions, and refuses to close the first time.

import { emitTo } from '@tauri-apps/api/event';
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

const self = getCurrentWebviewWindow();
let asked = 0;

await self.listen('question', ({ payload }) => emitTo('main', 'answer', payload * 10));
await self.onCloseRequested(async (event) => {
  asked++;
  if (asked > 1) return;
  event.preventDefault();
  await emitTo('main', 'close-refused', asked);
});
await emitTo('main', 'second-ready', { label: self.label, title: document.title });
