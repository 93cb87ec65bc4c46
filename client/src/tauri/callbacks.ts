// Functions of the page under numbers, which is how Tauri's package hands them over.

import { SafeMap } from '../builtins/collections.js';
import { tell } from '../builtins/dom.js';

export type Callback = (data: unknown) => unknown;

export interface Callbacks {
  readonly callbacks: Map<number, Callback>;
  transformCallback(callback?: Callback, once?: boolean): number;
  unregisterCallback(id: number): void;
  runCallback(id: number, data: unknown): void;
}

export function createCallbacks(): Callbacks {
  const callbacks = new SafeMap<number, Callback>();
  let last = 0;
  return {
    callbacks,
    transformCallback(callback, once = false) {
      const id = ++last;
      callbacks.set(id, (data) => {
        if (once) callbacks.delete(id);
        return callback?.(data);
      });
      return id;
    },
    unregisterCallback(id) {
      callbacks.delete(id);
    },
    runCallback(id, data) {
      const callback = callbacks.get(id);
      if (callback !== undefined) callback(data);
      else tell('warn', `tailrace: there is no callback ${id} any more`);
    },
  };
}
