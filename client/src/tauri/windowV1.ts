// What the first version of @tauri-apps/api/window had, where it differs from the second.

import { emitTo } from './event.js';
import { currentLabel, EXISTING } from './labelled.js';
import {
  getAllWebviewWindows,
  WebviewWindow as Second,
  type WebviewWindowOptions,
} from './webviewWindow.js';

/** A WebviewWindow whose `emit` reaches that window only (and listeners for Any). */
export class WebviewWindow extends Second {
  override async emit<T>(event: string, payload?: T): Promise<void> {
    if (!this.emitLocally(event, payload)) await emitTo(this.label, event, payload);
  }

  static override async getByLabel(label: string): Promise<WebviewWindow | null> {
    return (await getAll()).find((window) => window.label === label) ?? null;
  }

  static override getCurrent(): WebviewWindow {
    return getCurrent();
  }

  static override async getAll(): Promise<WebviewWindow[]> {
    return getAll();
  }
}

function existing(label: string): WebviewWindow {
  return new WebviewWindow(label, EXISTING as WebviewWindowOptions);
}

/** The window of this page. */
export const appWindow: WebviewWindow = /* @__PURE__ */ existing(/* @__PURE__ */ currentLabel());

/** The window of this page. */
export function getCurrent(): WebviewWindow {
  return existing(currentLabel());
}

/** All windows. The first version gave the array itself, not a promise. */
export async function getAll(): Promise<WebviewWindow[]> {
  return (await getAllWebviewWindows()).map(({ label }) => existing(label));
}
