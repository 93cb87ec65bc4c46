import type { EventTarget } from '../api.js';
export type { EventTarget } from '../api.js';
/** The events that windows and webviews emit themselves. */
export declare enum TauriEvent {
    WINDOW_RESIZED = "tauri://resize",
    WINDOW_MOVED = "tauri://move",
    WINDOW_CLOSE_REQUESTED = "tauri://close-requested",
    WINDOW_DESTROYED = "tauri://destroyed",
    WINDOW_FOCUS = "tauri://focus",
    WINDOW_BLUR = "tauri://blur",
    WINDOW_SCALE_FACTOR_CHANGED = "tauri://scale-change",
    WINDOW_THEME_CHANGED = "tauri://theme-changed",
    WINDOW_CREATED = "tauri://window-created",
    WINDOW_SUSPENDED = "tauri://suspended",
    WINDOW_RESUMED = "tauri://resumed",
    WEBVIEW_CREATED = "tauri://webview-created",
    DRAG_ENTER = "tauri://drag-enter",
    DRAG_OVER = "tauri://drag-over",
    DRAG_DROP = "tauri://drag-drop",
    DRAG_LEAVE = "tauri://drag-leave"
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
export declare function listen<T>(event: EventName, handler: EventCallback<T>, options?: Options): Promise<UnlistenFn>;
/** Calls back for the next event of that name. */
export declare function once<T>(event: EventName, handler: EventCallback<T>, options?: Options): Promise<UnlistenFn>;
/** Emits to everybody, Go included. */
export declare function emit<T>(event: string, payload?: T): Promise<void>;
/** Emits to one target; a string is everything of that label. */
export declare function emitTo<T>(target: EventTarget | string, event: string, payload?: T): Promise<void>;
