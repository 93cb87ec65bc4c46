import { PhysicalPosition, PhysicalSize } from './dpi.js';
import type { EventCallback, EventTarget, UnlistenFn } from './event.js';
import { Labelled } from './labelled.js';
import { type AnyPosition, type AnySize } from './windowActions.js';
import { Window } from './windowClass.js';
import type { BackgroundThrottlingPolicy, Color, DragDropEvent, ScrollBarStyle } from './windowOptions.js';
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
/** What a webview can do that a window cannot; a WebviewWindow can, too. */
export declare const webviewOnly: {
    position(of: {
        label: string;
    }): Promise<PhysicalPosition>;
    size(of: {
        label: string;
    }): Promise<PhysicalSize>;
    setAutoResize(of: {
        label: string;
    }, autoResize: boolean): Promise<void>;
    setZoom(of: {
        label: string;
    }, scaleFactor: number): Promise<void>;
    setBackgroundColor(of: {
        label: string;
    }, color: Color | null): Promise<void>;
    reparent({ label }: {
        label: string;
    }, window: {
        label: string;
    } | string): Promise<void>;
    clearAllBrowsingData(): Promise<void>;
};
export declare class Webview extends Labelled {
    window: Window;
    constructor(window: Window, label: WebviewLabel, options: WebviewOptions);
    protected get target(): EventTarget;
    static getByLabel(label: string): Promise<Webview | null>;
    static getCurrent(): Webview;
    static getAll(): Promise<Webview[]>;
    position(): Promise<PhysicalPosition>;
    size(): Promise<PhysicalSize>;
    close(): Promise<void>;
    setSize(size: AnySize): Promise<void>;
    setPosition(position: AnyPosition): Promise<void>;
    setFocus(): Promise<void>;
    setAutoResize(autoResize: boolean): Promise<void>;
    hide(): Promise<void>;
    show(): Promise<void>;
    setZoom(scaleFactor: number): Promise<void>;
    reparent(window: {
        label: string;
    } | string): Promise<void>;
    clearAllBrowsingData(): Promise<void>;
    setBackgroundColor(color: Color | null): Promise<void>;
    onDragDropEvent(handler: EventCallback<DragDropEvent>): Promise<UnlistenFn>;
}
/** The webview of this page. */
export declare function getCurrentWebview(): Webview;
export declare function getAllWebviews(): Promise<Webview[]>;
