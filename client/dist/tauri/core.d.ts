/// <reference lib="esnext.disposable" preserve="true" />
import { SERIALIZE_TO_IPC_FN } from './ipc.js';
export { SERIALIZE_TO_IPC_FN } from './ipc.js';
export { convertFileSrc } from './platform.js';
/** Bytes go as a raw body. In an object, a Map goes as an object, bytes as an array of numbers. */
export type InvokeArgs = Record<string, unknown> | number[] | ArrayBuffer | Uint8Array;
export interface InvokeOptions {
    headers: HeadersInit;
}
/** Calls a command. Raw results are an ArrayBuffer; errors arrive as their plain JSON value. */
export declare function invoke<T>(cmd: string, args?: InvokeArgs, options?: InvokeOptions): Promise<T>;
/** Keeps a function under a number, by which Go can name it. */
export declare function transformCallback<T = unknown>(callback?: (response: T) => void, once?: boolean): number;
/**
 * A stream from a command to this page; pass it in the command's arguments. Bytes arrive as an
 * ArrayBuffer.
 */
export declare class Channel<T = unknown> {
    id: number;
    /**
     * Called for each message, in order. Messages that come while nothing is set here are dropped.
     */
    onmessage: (response: T) => void;
    constructor(onmessage?: (response: T) => void);
    [SERIALIZE_TO_IPC_FN](): string;
    toJSON(): string;
}
/** What addPluginListener gives. */
export declare class PluginListener {
    plugin: string;
    event: string;
    channelId: number;
    constructor(plugin: string, event: string, channelId: number);
    unregister(): Promise<void>;
}
/**
 * Listens to an event of a plugin's own. Some plugins know the command only by its name in camel
 * case.
 */
export declare function addPluginListener<T>(plugin: string, event: string, cb: (payload: T) => void): Promise<PluginListener>;
export type PermissionState = 'granted' | 'denied' | 'prompt' | 'prompt-with-rationale';
export declare function checkPermissions<T>(plugin: string): Promise<T>;
export declare function requestPermissions<T>(plugin: string): Promise<T>;
/** Something that lives in Go under a number, until it is closed. */
export declare class Resource {
    readonly rid: number;
    constructor(rid: number);
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
/** Whether this page is in a window of the app. */
export declare function isTauri(): boolean;
