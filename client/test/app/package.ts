// The package's own names, from each of its exports.

import { Channel, type Event, invoke, listen, TailraceError } from 'tailrace';
import { core, window as windows } from 'tailrace/tauri';
import { invoke as call } from 'tailrace/tauri/core';
import { LogicalSize } from 'tailrace/tauri/dpi';
import { listen as hear } from 'tailrace/tauri/event';
import { getCurrentWebview } from 'tailrace/tauri/webview';
import { getCurrentWebviewWindow } from 'tailrace/tauri/webviewWindow';
import { appWindow, type Window } from 'tailrace/tauri/window';

export async function use(): Promise<number> {
  const unlisten = await listen('x', ({ payload }: Event<number>) => payload + 1, {
    target: 'main',
  });
  unlisten();
  const channel: Channel<number> = new Channel<number>();
  try {
    await invoke('c', { channel }, { headers: { a: 'b' } });
  } catch (error) {
    if (error instanceof TailraceError) return error.code.length;
  }
  await hear<string>('x', ({ payload }) => payload.length);
  const window: Window = getCurrentWebviewWindow().window;
  await window.setSize(new LogicalSize(1, 2));
  await getCurrentWebview().window.setTitle(appWindow.label);
  const all: unknown[] = [core.invoke === call, windows.getCurrentWindow().label];
  return all.length;
}
