/// <reference lib="esnext.disposable" preserve="true" />
// The shapes of @tauri-apps/api/core.

import { KEY } from '../key.js';
import { bridge } from './bridge.js';
import { SERIALIZE_TO_IPC_FN } from './ipc.js';

export { SERIALIZE_TO_IPC_FN } from './ipc.js';
export { convertFileSrc } from './platform.js';

/** Bytes go as a raw body. In an object, a Map goes as an object, bytes as an array of numbers. */
export type InvokeArgs = Record<string, unknown> | number[] | ArrayBuffer | Uint8Array;

export interface InvokeOptions {
  headers: HeadersInit;
}

/** Calls a command. Raw results are an ArrayBuffer; errors arrive as their plain JSON value. */
export async function invoke<T>(
  cmd: string,
  args: InvokeArgs = {},
  options?: InvokeOptions,
): Promise<T> {
  return (await bridge().invoke(cmd, args, options)) as T;
}

/** Keeps a function under a number, by which Go can name it. */
export function transformCallback<T = unknown>(
  callback?: (response: T) => void,
  once = false,
): number {
  return bridge().transformCallback(callback as ((data: unknown) => void) | undefined, once);
}

/**
 * A stream from a command to this page; pass it in the command's arguments. Bytes arrive as an
 * ArrayBuffer.
 */
export class Channel<T = unknown> {
  id: number;
  /**
   * Called for each message, in order. Messages that come while nothing is set here are dropped.
   */
  onmessage: (response: T) => void;

  constructor(onmessage: (response: T) => void = () => {}) {
    this.onmessage = onmessage;
    this.id = transformCallback<{ message: T } | { end: true }>((data) => {
      if ('message' in data) this.onmessage(data.message);
    });
  }

  [SERIALIZE_TO_IPC_FN](): string {
    return `__CHANNEL__:${this.id}`;
  }

  toJSON(): string {
    return this[SERIALIZE_TO_IPC_FN]();
  }
}

/** What addPluginListener gives. */
export class PluginListener {
  constructor(
    public plugin: string,
    public event: string,
    public channelId: number,
  ) {}

  async unregister(): Promise<void> {
    const { plugin, event, channelId } = this;
    return invoke(`plugin:${plugin}|remove_listener`, { event, channelId });
  }
}

/**
 * Listens to an event of a plugin's own. Some plugins know the command only by its name in camel
 * case.
 */
export async function addPluginListener<T>(
  plugin: string,
  event: string,
  cb: (payload: T) => void,
): Promise<PluginListener> {
  const handler = new Channel<T>(cb);
  const args = { event, handler };
  await invoke(`plugin:${plugin}|register_listener`, args).catch(() =>
    invoke(`plugin:${plugin}|registerListener`, args),
  );
  return new PluginListener(plugin, event, handler.id);
}

export type PermissionState = 'granted' | 'denied' | 'prompt' | 'prompt-with-rationale';

export async function checkPermissions<T>(plugin: string): Promise<T> {
  return invoke(`plugin:${plugin}|check_permissions`);
}

export async function requestPermissions<T>(plugin: string): Promise<T> {
  return invoke(`plugin:${plugin}|request_permissions`);
}

/** Something that lives in Go under a number, until it is closed. */
export class Resource {
  constructor(readonly rid: number) {}

  async close(): Promise<void> {
    return invoke('plugin:resources|close', { rid: this.rid });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Whether this page is in a window of the app. */
export function isTauri(): boolean {
  return KEY in globalThis;
}
