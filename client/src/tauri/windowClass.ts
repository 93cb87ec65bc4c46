// The class Window of @tauri-apps/api/window.

import { CloseRequestedEvent } from './closing.js';
import { invoke } from './core.js';
import { PhysicalPosition, PhysicalSize } from './dpi.js';
import { listenToDragDrop } from './dragdrop.js';
import { type EventCallback, type EventTarget, TauriEvent, type UnlistenFn } from './event.js';
import { currentLabel, EXISTING, exists } from './labelled.js';
import { WindowActions } from './windowActions.js';
import type {
  DragDropEvent,
  ScaleFactorChanged,
  Theme,
  WindowLabel,
  WindowOptions,
} from './windowOptions.js';
import type { Extent, Point } from './windowState.js';

/** The label of a window that was given itself, or by its label. */
export function labelOf(window: { label: string } | string | undefined): string | undefined {
  return typeof window === 'object' ? window.label : window;
}

/** A native window. Its methods ask the window in Go; objects of one label stand for one window. */
export class Window extends WindowActions {
  /**
   * Creates a window, unless an object of one that exists is asked for by `getByLabel` and the
   * like.
   */
  constructor(label: WindowLabel, options: WindowOptions = {}) {
    super(label);
    if (exists(options)) return;
    this.create('plugin:window|create', {
      options: { ...options, parent: labelOf(options.parent), label },
    });
  }

  protected get target(): EventTarget {
    return { kind: 'Window', label: this.label };
  }

  static async getByLabel(label: string): Promise<Window | null> {
    return (await getAllWindows()).find((window) => window.label === label) ?? null;
  }

  static getCurrent(): Window {
    return getCurrentWindow();
  }

  static async getAll(): Promise<Window[]> {
    return getAllWindows();
  }

  static async getFocusedWindow(): Promise<Window | null> {
    for (const window of await getAllWindows()) {
      if (await window.isFocused()) return window;
    }
    return null;
  }

  async onResized(handler: EventCallback<PhysicalSize>): Promise<UnlistenFn> {
    return this.listen<Extent>(TauriEvent.WINDOW_RESIZED, (event) =>
      handler({ ...event, payload: new PhysicalSize(event.payload) }),
    );
  }

  async onMoved(handler: EventCallback<PhysicalPosition>): Promise<UnlistenFn> {
    return this.listen<Point>(TauriEvent.WINDOW_MOVED, (event) =>
      handler({ ...event, payload: new PhysicalPosition(event.payload) }),
    );
  }

  /**
   * While somebody listens, closing the window only asks. It closes when the handler is done, if
   * that has not prevented it.
   */
  async onCloseRequested(
    handler: (event: CloseRequestedEvent) => void | Promise<void>,
  ): Promise<UnlistenFn> {
    return this.listen(TauriEvent.WINDOW_CLOSE_REQUESTED, async (event) => {
      const request = new CloseRequestedEvent(event);
      await handler(request);
      if (!request.isPreventDefault()) await this.destroy();
      // Without a word, the next request would be taken for the user's last one.
      else await invoke('plugin:window|refuse_close', { label: this.label });
    });
  }

  async onDragDropEvent(handler: EventCallback<DragDropEvent>): Promise<UnlistenFn> {
    return listenToDragDrop(this, handler);
  }

  async onFocusChanged(handler: EventCallback<boolean>): Promise<UnlistenFn> {
    const each = (name: TauriEvent, payload: boolean) =>
      this.listen(name, (event) => handler({ ...event, payload }));
    const unlisten = await Promise.all([
      each(TauriEvent.WINDOW_FOCUS, true),
      each(TauriEvent.WINDOW_BLUR, false),
    ]);
    return async () => {
      await Promise.all(unlisten.map((end) => end()));
    };
  }

  async onScaleChanged(handler: EventCallback<ScaleFactorChanged>): Promise<UnlistenFn> {
    return this.listen<{ scaleFactor: number; size: Extent }>(
      TauriEvent.WINDOW_SCALE_FACTOR_CHANGED,
      (event) => {
        const { scaleFactor, size } = event.payload;
        handler({ ...event, payload: { scaleFactor, size: new PhysicalSize(size) } });
      },
    );
  }

  async onThemeChanged(handler: EventCallback<Theme>): Promise<UnlistenFn> {
    return this.listen(TauriEvent.WINDOW_THEME_CHANGED, handler);
  }
}

/** The window of this page. */
export function getCurrentWindow(): Window {
  return new Window(currentLabel(), EXISTING as WindowOptions);
}

export async function getAllWindows(): Promise<Window[]> {
  const labels = await invoke<string[]>('plugin:window|get_all_windows');
  return labels.map((label) => new Window(label, EXISTING as WindowOptions));
}
