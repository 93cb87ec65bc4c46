// The shapes of @tauri-apps/api/webviewWindow.

import { invoke } from './core.js';
import type { PhysicalPosition, PhysicalSize } from './dpi.js';
import type { EventTarget } from './event.js';
import { currentLabel, EXISTING, exists } from './labelled.js';
import { type WebviewLabel, type WebviewOptions, webviewOnly } from './webview.js';
import { labelOf, Window } from './windowClass.js';
import type { Color, WindowOptions } from './windowOptions.js';

export type { Color, DragDropEvent } from './windowOptions.js';

export type WebviewWindowOptions = Omit<WebviewOptions, 'x' | 'y' | 'width' | 'height'> &
  WindowOptions;

/** A window with its webview. */
export class WebviewWindow extends Window {
  /**
   * Opens a window of that label; it listens to `tauri://created` and `tauri://error` to learn how
   * that went. For a window that exists there is `getByLabel`.
   */
  constructor(label: WebviewLabel, options: WebviewWindowOptions = {}) {
    super(label, EXISTING as WindowOptions);
    if (exists(options)) return;
    this.create('plugin:webview|create_webview_window', {
      options: { ...options, parent: labelOf(options.parent), label },
    });
  }

  protected override get target(): EventTarget {
    return { kind: 'WebviewWindow', label: this.label };
  }

  /** The window alone. */
  get window(): Window {
    return new Window(this.label, EXISTING as WindowOptions);
  }

  static override async getByLabel(label: string): Promise<WebviewWindow | null> {
    return (await getAllWebviewWindows()).find((window) => window.label === label) ?? null;
  }

  static override getCurrent(): WebviewWindow {
    return getCurrentWebviewWindow();
  }

  static override async getAll(): Promise<WebviewWindow[]> {
    return getAllWebviewWindows();
  }

  /** Sets the window's, and then its webview's. */
  override async setBackgroundColor(color: Color): Promise<void> {
    await super.setBackgroundColor(color);
    return webviewOnly.setBackgroundColor(this, color);
  }

  async position(): Promise<PhysicalPosition> {
    return webviewOnly.position(this);
  }

  async size(): Promise<PhysicalSize> {
    return webviewOnly.size(this);
  }

  async setAutoResize(autoResize: boolean): Promise<void> {
    return webviewOnly.setAutoResize(this, autoResize);
  }

  async setZoom(scaleFactor: number): Promise<void> {
    return webviewOnly.setZoom(this, scaleFactor);
  }

  async reparent(window: { label: string } | string): Promise<void> {
    return webviewOnly.reparent(this, window);
  }

  async clearAllBrowsingData(): Promise<void> {
    return webviewOnly.clearAllBrowsingData();
  }
}

/** The window of this page. */
export function getCurrentWebviewWindow(): WebviewWindow {
  return new WebviewWindow(currentLabel(), EXISTING as WebviewWindowOptions);
}

export async function getAllWebviewWindows(): Promise<WebviewWindow[]> {
  const labels = await invoke<string[]>('plugin:window|get_all_windows');
  return labels.map((label) => new WebviewWindow(label, EXISTING as WebviewWindowOptions));
}
