// The shapes of @tauri-apps/api/webview. A window of the app has one webview, of the same label.

import { invoke } from './core.js';
import { PhysicalPosition, PhysicalSize } from './dpi.js';
import { listenToDragDrop } from './dragdrop.js';
import type { EventCallback, EventTarget, UnlistenFn } from './event.js';
import { currentLabel, EXISTING, exists, Labelled } from './labelled.js';
import { type AnyPosition, type AnySize, asPosition, asSize } from './windowActions.js';
import { getCurrentWindow, labelOf, Window } from './windowClass.js';
import type {
  BackgroundThrottlingPolicy,
  Color,
  DragDropEvent,
  ScrollBarStyle,
  WindowOptions,
} from './windowOptions.js';

export type { Color, DragDropEvent } from './windowOptions.js';

export type WebviewLabel = string;

export interface WebviewOptions {
  /** Default: `index.html`. */
  url?: string;
  x: number;
  y: number;
  width: number;
  height: number;
  transparent?: boolean;
  focus?: boolean;
  dragDropEnabled?: boolean;
  acceptFirstMouse?: boolean;
  userAgent?: string;
  incognito?: boolean;
  proxyUrl?: string;
  zoomHotkeysEnabled?: boolean;
  useHttpsScheme?: boolean;
  devtools?: boolean;
  backgroundColor?: Color;
  backgroundThrottling?: BackgroundThrottlingPolicy;
  javascriptDisabled?: boolean;
  allowLinkPreview?: boolean;
  disableInputAccessoryView?: boolean;
  dataDirectory?: string;
  dataStoreIdentifier?: number[];
  scrollBarStyle?: ScrollBarStyle;
  generalAutofillEnabled?: boolean;
}

function ask<T = void>(command: string, { label }: { label: string }): Promise<T> {
  return invoke<T>(`plugin:webview|${command}`, { label });
}

function set(command: string, { label }: { label: string }, value: unknown): Promise<void> {
  return invoke(`plugin:webview|${command}`, { label, value });
}

/** What a webview can do that a window cannot; a WebviewWindow can, too. */
export const webviewOnly = {
  async position(of: { label: string }): Promise<PhysicalPosition> {
    return new PhysicalPosition(await ask<{ x: number; y: number }>('webview_position', of));
  },
  async size(of: { label: string }): Promise<PhysicalSize> {
    return new PhysicalSize(await ask<{ width: number; height: number }>('webview_size', of));
  },
  async setAutoResize(of: { label: string }, autoResize: boolean): Promise<void> {
    return set('set_webview_auto_resize', of, autoResize);
  },
  async setZoom(of: { label: string }, scaleFactor: number): Promise<void> {
    return set('set_webview_zoom', of, scaleFactor);
  },
  async setBackgroundColor(of: { label: string }, color: Color | null): Promise<void> {
    return set('set_webview_background_color', of, color);
  },
  async reparent({ label }: { label: string }, window: { label: string } | string): Promise<void> {
    return invoke('plugin:webview|reparent', { label, window: labelOf(window) });
  },
  async clearAllBrowsingData(): Promise<void> {
    return invoke('plugin:webview|clear_all_browsing_data');
  },
};

export class Webview extends Labelled {
  constructor(
    public window: Window,
    label: WebviewLabel,
    options: WebviewOptions,
  ) {
    super(label);
    if (exists(options)) return;
    this.create('plugin:webview|create_webview', {
      windowLabel: window.label,
      options: { ...options, label },
    });
  }

  protected get target(): EventTarget {
    return { kind: 'Webview', label: this.label };
  }

  static async getByLabel(label: string): Promise<Webview | null> {
    return (await getAllWebviews()).find((webview) => webview.label === label) ?? null;
  }

  static getCurrent(): Webview {
    return getCurrentWebview();
  }

  static async getAll(): Promise<Webview[]> {
    return getAllWebviews();
  }

  async position(): Promise<PhysicalPosition> {
    return webviewOnly.position(this);
  }

  async size(): Promise<PhysicalSize> {
    return webviewOnly.size(this);
  }

  async close(): Promise<void> {
    return ask('webview_close', this);
  }

  async setSize(size: AnySize): Promise<void> {
    return set('set_webview_size', this, asSize(size));
  }

  async setPosition(position: AnyPosition): Promise<void> {
    return set('set_webview_position', this, asPosition(position));
  }

  async setFocus(): Promise<void> {
    return ask('set_webview_focus', this);
  }

  async setAutoResize(autoResize: boolean): Promise<void> {
    return webviewOnly.setAutoResize(this, autoResize);
  }

  async hide(): Promise<void> {
    return ask('webview_hide', this);
  }

  async show(): Promise<void> {
    return ask('webview_show', this);
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

  async setBackgroundColor(color: Color | null): Promise<void> {
    return webviewOnly.setBackgroundColor(this, color);
  }

  async onDragDropEvent(handler: EventCallback<DragDropEvent>): Promise<UnlistenFn> {
    return listenToDragDrop(this, handler);
  }
}

/** The webview of this page. */
export function getCurrentWebview(): Webview {
  return new Webview(getCurrentWindow(), currentLabel(), EXISTING as unknown as WebviewOptions);
}

export async function getAllWebviews(): Promise<Webview[]> {
  const all = await invoke<{ windowLabel: string; label: string }[]>(
    'plugin:webview|get_all_webviews',
  );
  return all.map(
    ({ windowLabel, label }) =>
      new Webview(
        new Window(windowLabel, EXISTING as WindowOptions),
        label,
        EXISTING as unknown as WebviewOptions,
      ),
  );
}
