import { WebviewWindow as Second } from './webviewWindow.js';
/** A WebviewWindow whose `emit` reaches that window only (and listeners for Any). */
export declare class WebviewWindow extends Second {
    emit<T>(event: string, payload?: T): Promise<void>;
    static getByLabel(label: string): Promise<WebviewWindow | null>;
    static getCurrent(): WebviewWindow;
    static getAll(): Promise<WebviewWindow[]>;
}
/** The window of this page. */
export declare const appWindow: WebviewWindow;
/** The window of this page. */
export declare function getCurrent(): WebviewWindow;
/** All windows. The first version gave the array itself, not a promise. */
export declare function getAll(): Promise<WebviewWindow[]>;
