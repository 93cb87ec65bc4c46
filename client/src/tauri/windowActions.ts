// What can be done to a window, by the commands `plugin:window|…`.

import { invoke } from './core.js';
import {
  type LogicalPosition,
  type LogicalSize,
  type PhysicalPosition,
  type PhysicalSize,
  Position,
  Size,
} from './dpi.js';
import type { Labelled } from './labelled.js';
import {
  type Color,
  type CursorIcon,
  type Effects,
  type Icon,
  type ProgressBarState,
  type ResizeDirection,
  type Theme,
  type TitleBarStyle,
  UserAttentionType,
  type WindowSizeConstraints,
} from './windowOptions.js';
import { WindowState } from './windowState.js';

export type AnySize = LogicalSize | PhysicalSize | Size;
export type AnyPosition = LogicalPosition | PhysicalPosition | Position;

function act(command: string, { label }: Labelled): Promise<void> {
  return invoke(`plugin:window|${command}`, { label });
}

function set(command: string, { label }: Labelled, value: unknown): Promise<void> {
  return invoke(`plugin:window|${command}`, { label, value });
}

// What a page hands over may be of the real @tauri-apps/api/dpi, or of a frame's realm: its class
// says nothing.

export function asSize(size: AnySize): Size {
  return 'size' in size ? size : new Size(size);
}

export function asPosition(position: AnyPosition): Position {
  return 'position' in position ? position : new Position(position);
}

function iconOf(icon: Icon): unknown {
  return typeof icon === 'object' && 'rid' in icon ? icon.rid : icon;
}

export abstract class WindowActions extends WindowState {
  async center(): Promise<void> {
    return act('center', this);
  }

  async maximize(): Promise<void> {
    return act('maximize', this);
  }

  async unmaximize(): Promise<void> {
    return act('unmaximize', this);
  }

  async toggleMaximize(): Promise<void> {
    return act('toggle_maximize', this);
  }

  async minimize(): Promise<void> {
    return act('minimize', this);
  }

  async unminimize(): Promise<void> {
    return act('unminimize', this);
  }

  async show(): Promise<void> {
    return act('show', this);
  }

  async hide(): Promise<void> {
    return act('hide', this);
  }

  async setFocus(): Promise<void> {
    return act('set_focus', this);
  }

  async startDragging(): Promise<void> {
    return act('start_dragging', this);
  }

  /** Asks the window to close: who listens to the request may prevent it. */
  async close(): Promise<void> {
    return act('close', this);
  }

  /** Closes the window without asking. */
  async destroy(): Promise<void> {
    return act('destroy', this);
  }

  async setResizable(resizable: boolean): Promise<void> {
    return set('set_resizable', this, resizable);
  }

  async setEnabled(enabled: boolean): Promise<void> {
    return set('set_enabled', this, enabled);
  }

  async setMaximizable(maximizable: boolean): Promise<void> {
    return set('set_maximizable', this, maximizable);
  }

  async setMinimizable(minimizable: boolean): Promise<void> {
    return set('set_minimizable', this, minimizable);
  }

  async setClosable(closable: boolean): Promise<void> {
    return set('set_closable', this, closable);
  }

  async setTitle(title: string): Promise<void> {
    return set('set_title', this, title);
  }

  async setDecorations(decorations: boolean): Promise<void> {
    return set('set_decorations', this, decorations);
  }

  async setShadow(enable: boolean): Promise<void> {
    return set('set_shadow', this, enable);
  }

  async setEffects(effects: Effects): Promise<void> {
    return set('set_effects', this, effects);
  }

  async setAlwaysOnTop(alwaysOnTop: boolean): Promise<void> {
    return set('set_always_on_top', this, alwaysOnTop);
  }

  async setAlwaysOnBottom(alwaysOnBottom: boolean): Promise<void> {
    return set('set_always_on_bottom', this, alwaysOnBottom);
  }

  async setContentProtected(contentProtected: boolean): Promise<void> {
    return set('set_content_protected', this, contentProtected);
  }

  async setFullscreen(fullscreen: boolean): Promise<void> {
    return set('set_fullscreen', this, fullscreen);
  }

  async setFullscreenOnMonitor(position: PhysicalPosition): Promise<void> {
    return set('set_fullscreen_on_monitor', this, position);
  }

  async setSimpleFullscreen(fullscreen: boolean): Promise<void> {
    return set('set_simple_fullscreen', this, fullscreen);
  }

  async setFocusable(focusable: boolean): Promise<void> {
    return set('set_focusable', this, focusable);
  }

  async setSkipTaskbar(skip: boolean): Promise<void> {
    return set('set_skip_taskbar', this, skip);
  }

  async setCursorGrab(grab: boolean): Promise<void> {
    return set('set_cursor_grab', this, grab);
  }

  async setCursorVisible(visible: boolean): Promise<void> {
    return set('set_cursor_visible', this, visible);
  }

  async setCursorIcon(icon: CursorIcon): Promise<void> {
    return set('set_cursor_icon', this, icon);
  }

  async setBackgroundColor(color: Color): Promise<void> {
    return set('set_background_color', this, color);
  }

  async setIgnoreCursorEvents(ignore: boolean): Promise<void> {
    return set('set_ignore_cursor_events', this, ignore);
  }

  async startResizeDragging(direction: ResizeDirection): Promise<void> {
    return set('start_resize_dragging', this, direction);
  }

  async setBadgeCount(count?: number): Promise<void> {
    return set('set_badge_count', this, count);
  }

  async setBadgeLabel(label?: string): Promise<void> {
    return set('set_badge_label', this, label);
  }

  async setProgressBar(state: ProgressBarState): Promise<void> {
    return set('set_progress_bar', this, state);
  }

  async setVisibleOnAllWorkspaces(visible: boolean): Promise<void> {
    return set('set_visible_on_all_workspaces', this, visible);
  }

  async setTitleBarStyle(style: TitleBarStyle): Promise<void> {
    return set('set_title_bar_style', this, style);
  }

  async setTheme(theme?: Theme | null): Promise<void> {
    return set('set_theme', this, theme);
  }

  async clearEffects(): Promise<void> {
    return set('set_effects', this, null);
  }

  async requestUserAttention(requestType: UserAttentionType | null): Promise<void> {
    return set(
      'request_user_attention',
      this,
      requestType && { type: UserAttentionType[requestType] },
    );
  }

  async setSize(size: AnySize): Promise<void> {
    return set('set_size', this, asSize(size));
  }

  async setMinSize(size: AnySize | null | undefined): Promise<void> {
    return set('set_min_size', this, size ? asSize(size) : null);
  }

  async setMaxSize(size: AnySize | null | undefined): Promise<void> {
    return set('set_max_size', this, size ? asSize(size) : null);
  }

  async setPosition(position: AnyPosition): Promise<void> {
    return set('set_position', this, asPosition(position));
  }

  async setCursorPosition(position: AnyPosition): Promise<void> {
    return set('set_cursor_position', this, asPosition(position));
  }

  async setSizeConstraints(constraints: WindowSizeConstraints | null | undefined): Promise<void> {
    const { minWidth, minHeight, maxWidth, maxHeight } = constraints ?? {};
    const logical = (pixels: number | undefined) => (pixels ? { Logical: pixels } : null);
    return set('set_size_constraints', this, {
      minWidth: logical(minWidth),
      minHeight: logical(minHeight),
      maxWidth: logical(maxWidth),
      maxHeight: logical(maxHeight),
    });
  }

  async setIcon(icon: Icon): Promise<void> {
    return set('set_icon', this, iconOf(icon));
  }

  async setOverlayIcon(icon?: Icon): Promise<void> {
    return set('set_overlay_icon', this, icon && iconOf(icon));
  }
}
