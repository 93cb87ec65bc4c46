import { type EventCallback, type EventName, type EventTarget, type UnlistenFn } from './event.js';
type Handlers = Record<string, EventCallback<unknown>[]>;
/**
 * The label of this page's window. Outside of the app, where every call fails, it is the default
 * one.
 */
export declare function currentLabel(): string;
export declare abstract class Labelled {
    label: string;
    /** The listeners of `tauri://created` and `tauri://error`. */
    listeners: Handlers;
    constructor(label: string);
    /** The target that its listeners are registered for. */
    protected abstract get target(): EventTarget;
    /** Listens as this window or webview: to events for it, and to those for everybody. */
    listen<T>(event: EventName, handler: EventCallback<T>): Promise<UnlistenFn>;
    once<T>(event: EventName, handler: EventCallback<T>): Promise<UnlistenFn>;
    /** Emits to everybody, as Tauri 2 does; `emitTo` reaches one window. */
    emit<T>(event: string, payload?: T): Promise<void>;
    emitTo<T>(target: string | EventTarget, event: string, payload?: T): Promise<void>;
    private local;
    protected emitLocally(event: string, payload: unknown): boolean;
    /** Creates what this object stands for; its listeners hear how that went. */
    protected create(command: string, args: Record<string, unknown>): void;
}
/** Whether the object stands for something that is there already: an option that is not public. */
export declare function exists(options: object | undefined): boolean;
/** Options of such an object. */
export declare const EXISTING: {
    readonly skip: true;
};
export {};
