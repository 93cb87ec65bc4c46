// The shapes of @tauri-apps/api/event.

import type { EventTarget } from '../api.js';
import { bridge } from './bridge.js';
import { invoke } from './core.js';

export type { EventTarget } from '../api.js';

/** The events that windows and webviews emit themselves. */
export enum TauriEvent {
  WINDOW_RESIZED = 'tauri://resize',
  WINDOW_MOVED = 'tauri://move',
  WINDOW_CLOSE_REQUESTED = 'tauri://close-requested',
  WINDOW_DESTROYED = 'tauri://destroyed',
  WINDOW_FOCUS = 'tauri://focus',
  WINDOW_BLUR = 'tauri://blur',
  WINDOW_SCALE_FACTOR_CHANGED = 'tauri://scale-change',
  WINDOW_THEME_CHANGED = 'tauri://theme-changed',
  WINDOW_CREATED = 'tauri://window-created',
  WINDOW_SUSPENDED = 'tauri://suspended',
  WINDOW_RESUMED = 'tauri://resumed',
  WEBVIEW_CREATED = 'tauri://webview-created',
  DRAG_ENTER = 'tauri://drag-enter',
  DRAG_OVER = 'tauri://drag-over',
  DRAG_DROP = 'tauri://drag-drop',
  DRAG_LEAVE = 'tauri://drag-leave',
}

export type EventName = `${TauriEvent}` | (string & Record<never, never>);

export interface Event<T> {
  event: EventName;
  id: number;
  payload: T;
}

export type EventCallback<T> = (event: Event<T>) => void;

/** Ends the listener at once. */
export type UnlistenFn = () => void;

export interface Options {
  /**
   * Whom to listen as; a string is everything of that label. Default: Any, which hears every event.
   */
  target?: string | EventTarget;
}

/** Calls back for every event of that name. Resolves when Go has the listener. */
export async function listen<T>(
  event: EventName,
  handler: EventCallback<T>,
  options?: Options,
): Promise<UnlistenFn> {
  return bridge().listen(event, handler, options, false);
}

/** Calls back for the next event of that name. */
export async function once<T>(
  event: EventName,
  handler: EventCallback<T>,
  options?: Options,
): Promise<UnlistenFn> {
  return bridge().listen(event, handler, options, true);
}

/** Emits to everybody, Go included. */
export async function emit<T>(event: string, payload?: T): Promise<void> {
  await invoke('plugin:event|emit', { event, payload });
}

/** Emits to one target; a string is everything of that label. */
export async function emitTo<T>(
  target: EventTarget | string,
  event: string,
  payload?: T,
): Promise<void> {
  const to = typeof target === 'string' ? { kind: 'AnyLabel', label: target } : target;
  await invoke('plugin:event|emit_to', { target: to, event, payload });
}
