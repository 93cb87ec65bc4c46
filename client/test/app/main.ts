// An app as it is written for Tauri, and a call of tailrace's own. It is type-checked and built by
// Vite with the recipe of the package's README.

import { Channel, invoke } from '@tauri-apps/api/core';
import { emit, listen, once, TauriEvent, type UnlistenFn } from '@tauri-apps/api/event';
import { getCurrentWebviewWindow, WebviewWindow } from '@tauri-apps/api/webviewWindow';
import { appWindow, LogicalSize, WebviewWindow as V1Window } from '@tauri-apps/api/window';
import { session } from 'tailrace';

type Progress = { event: 'started'; data: { url: string } } | { event: 'finished'; data: number };

export const seen: unknown[] = [];

export async function run(): Promise<UnlistenFn> {
  const unlisten = await listen<{ url: string }>('download-started', (event) => {
    seen.push(event.payload.url.length);
  });
  void once('ready', (event) => seen.push(event.id));
  void once(TauriEvent.WINDOW_FOCUS, () => {});
  const current = getCurrentWebviewWindow();
  await current.listen<string>('logged-in', ({ payload }) => seen.push(payload.toUpperCase()));
  await emit('click', { theMessage: 'hi' });
  await appWindow.emit('event', { message: 'hi' });

  const onEvent = new Channel<Progress>();
  onEvent.onmessage = (message) => {
    seen.push(message.event === 'started' ? message.data.url : message.data + 1);
  };
  const size: number = await invoke<number>('download', { url: 'x', onEvent });
  await current.setSize(new LogicalSize(size, 1));
  const windows: WebviewWindow[] = [new WebviewWindow('a', { width: 1 }), new V1Window('b')];
  seen.push(windows.length, session.label);
  return unlisten;
}
