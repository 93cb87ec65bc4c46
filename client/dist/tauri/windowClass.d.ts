import { CloseRequestedEvent } from './closing.js';
import { PhysicalPosition, PhysicalSize } from './dpi.js';
import { type EventCallback, type EventTarget, type UnlistenFn } from './event.js';
import { WindowActions } from './windowActions.js';
import type { DragDropEvent, ScaleFactorChanged, Theme, WindowLabel, WindowOptions } from './windowOptions.js';
/** The label of a window that was given itself, or by its label. */
export declare function labelOf(window: {
    label: string;
} | string | undefined): string | undefined;
/** A native window. Its methods ask the window in Go; objects of one label stand for one window. */
export declare class Window extends WindowActions {
    /**
     * Creates a window, unless an object of one that exists is asked for by `getByLabel` and the
     * like.
     */
    constructor(label: WindowLabel, options?: WindowOptions);
    protected get target(): EventTarget;
    static getByLabel(label: string): Promise<Window | null>;
    static getCurrent(): Window;
    static getAll(): Promise<Window[]>;
    static getFocusedWindow(): Promise<Window | null>;
    onResized(handler: EventCallback<PhysicalSize>): Promise<UnlistenFn>;
    onMoved(handler: EventCallback<PhysicalPosition>): Promise<UnlistenFn>;
    /**
     * While somebody listens, closing the window only asks. It closes when the handler is done, if
     * that has not prevented it.
     */
    onCloseRequested(handler: (event: CloseRequestedEvent) => void | Promise<void>): Promise<UnlistenFn>;
    onDragDropEvent(handler: EventCallback<DragDropEvent>): Promise<UnlistenFn>;
    onFocusChanged(handler: EventCallback<boolean>): Promise<UnlistenFn>;
    onScaleChanged(handler: EventCallback<ScaleFactorChanged>): Promise<UnlistenFn>;
    onThemeChanged(handler: EventCallback<Theme>): Promise<UnlistenFn>;
}
/** The window of this page. */
export declare function getCurrentWindow(): Window;
export declare function getAllWindows(): Promise<Window[]>;
