import type { PhysicalPosition, PhysicalSize } from './dpi.js';
import type { EventTarget } from './event.js';
import { type WebviewLabel, type WebviewOptions } from './webview.js';
import { Window } from './windowClass.js';
import type { Color, WindowOptions } from './windowOptions.js';
export type { Color, DragDropEvent } from './windowOptions.js';
export type WebviewWindowOptions = Omit<WebviewOptions, 'x' | 'y' | 'width' | 'height'> & WindowOptions;
/** A window with its webview. */
export declare class WebviewWindow extends Window {
    /**
     * Opens a window of that label; it listens to `tauri://created` and `tauri://error` to learn how
     * that went. For a window that exists there is `getByLabel`.
     */
    constructor(label: WebviewLabel, options?: WebviewWindowOptions);
    protected get target(): EventTarget;
    /** The window alone. */
    get window(): Window;
    static getByLabel(label: string): Promise<WebviewWindow | null>;
    static getCurrent(): WebviewWindow;
    static getAll(): Promise<WebviewWindow[]>;
    /** Sets the window's, and then its webview's. */
    setBackgroundColor(color: Color): Promise<void>;
    position(): Promise<PhysicalPosition>;
    size(): Promise<PhysicalSize>;
    setAutoResize(autoResize: boolean): Promise<void>;
    setZoom(scaleFactor: number): Promise<void>;
    reparent(window: {
        label: string;
    } | string): Promise<void>;
    clearAllBrowsingData(): Promise<void>;
}
/** The window of this page. */
export declare function getCurrentWebviewWindow(): WebviewWindow;
export declare function getAllWebviewWindows(): Promise<WebviewWindow[]>;
