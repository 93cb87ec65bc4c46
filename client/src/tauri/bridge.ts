// What Tauri's names stand on, for our modules and for the real @tauri-apps/api alike: its way of
// passing arguments, results, errors, callbacks and channels, over the page's one connection.

import type { EventCallback, ListenOptions } from '../api.js';
import { define, isArray } from '../builtins/base.js';
import { bufferOf, isUint8Array, NativeUint8Array } from '../builtins/bytes.js';
import { SafeMap, SafeSet } from '../builtins/collections.js';
import { rejected, safe } from '../builtins/promises.js';
import { findPage, misfit } from '../find.js';
import { API } from '../key.js';
import type { PageState } from '../page.js';
import { createReplacer } from './arguments.js';
import { type Callbacks, createCallbacks } from './callbacks.js';
import { createChannels, type Forwarder } from './channels.js';

const BRIDGE = Symbol.for('tailrace.tauri');

export interface Bridge extends Callbacks {
  readonly api: number;
  /** The label of this page's window; undefined outside of a Tailrace window. */
  readonly label: string | undefined;
  /** Resolves to JSON's values or an ArrayBuffer, rejects with the error's plain JSON value. */
  invoke(cmd: string, args?: unknown, options?: { headers: HeadersInit }): Promise<unknown>;
  listen<T>(
    event: string,
    handler: EventCallback<T>,
    options: ListenOptions | undefined,
    once: boolean,
  ): Promise<() => Promise<void>>;
  /** Ends a listener that `plugin:event|listen` has registered. */
  unregisterListener(event: string, id: number): void;
}

/** Arguments of `plugin:event|listen` and `unlisten`, as Tauri's package gives them. */
interface EventArgs {
  event: string;
  target: NonNullable<ListenOptions['target']>;
  handler: number;
  eventId: number;
}

function bytesOfNumbers(numbers: readonly number[]): Uint8Array {
  const u8 = new NativeUint8Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) u8[i] = numbers[i];
  return u8;
}

export function createBridge(page: PageState): Bridge {
  const { events, TailraceError, take, session } = page;
  const callbacks = createCallbacks();
  const channels = createChannels(page, callbacks);
  /** Listeners that came by their handler's number, and those numbers. */
  const handlers = new SafeMap<number, number>();
  /** Go knows of every listener that was removed. */
  let removed = (async () => {})();

  /** Go's error: its detail, if it has one, or its message. */
  const rejection = (error: unknown): unknown => {
    if (!(error instanceof TailraceError)) return error;
    return error.detail === undefined ? error.message : error.detail;
  };

  const unregisterListener = (_event: string, id: number): void => {
    const handler = handlers.get(id);
    if (handler === undefined) return;
    handlers.delete(id);
    callbacks.unregisterCallback(handler);
    removed = events.remove(id);
  };

  const listenByNumber = async ({ event, target, handler }: EventArgs): Promise<number> => {
    try {
      const run = (data: unknown) => callbacks.callbacks.get(handler)?.(data);
      const { id, registered } = events.add(event, run, { target }, false);
      handlers.set(id, handler);
      try {
        await safe(registered);
      } catch (error) {
        handlers.delete(id);
        throw error;
      }
      return id;
    } catch (error) {
      callbacks.unregisterCallback(handler);
      throw rejection(error);
    }
  };

  const unlistenByNumber = async ({ event, eventId }: EventArgs): Promise<null> => {
    if (!events.known(eventId)) throw `there is no listener ${eventId}`;
    unregisterListener(event, eventId);
    await safe(removed);
    return null;
  };

  const invoke = async (cmd: string, args: unknown = {}, options?: { headers: HeadersInit }) => {
    if (cmd === 'plugin:event|listen') return await safe(listenByNumber(args as EventArgs));
    if (cmd === 'plugin:event|unlisten') return await safe(unlistenByNumber(args as EventArgs));
    const used = new SafeSet<Forwarder>();
    const body = isArray(args) ? bytesOfNumbers(args) : (args as object);
    const replacer = createReplacer(page, channels, used);
    try {
      const result = await safe(page.call<unknown>(cmd, body, options, replacer));
      used.forEach((forwarder) => {
        forwarder.returned();
      });
      if (isUint8Array(result)) return bufferOf(take(result));
      return result === undefined ? null : result;
    } catch (error) {
      used.forEach((forwarder) => {
        forwarder.refused();
      });
      throw rejection(error);
    }
  };

  return {
    ...callbacks,
    api: API,
    get label() {
      return session.label;
    },
    invoke,
    async listen(event, handler, options, once) {
      try {
        const { id, registered } = events.add(event, handler, options, once);
        await safe(registered);
        return () => events.remove(id);
      } catch (error) {
        throw rejection(error);
      }
    },
    unregisterListener,
  };
}

function detached(why: string): Bridge {
  const refuse = () => rejected(why);
  return {
    ...createCallbacks(),
    api: API,
    label: undefined,
    invoke: refuse,
    listen: refuse,
    unregisterListener: () => {},
  };
}

/** The one bridge of this page, which every copy of the modules shares. */
export function bridge(): Bridge {
  const globals = globalThis as { [BRIDGE]?: Bridge };
  const there = globals[BRIDGE];
  if (there !== undefined) {
    const absence = misfit(there);
    return absence === undefined ? there : detached(absence.message);
  }
  const found = findPage();
  if (!('api' in found)) return detached(found.message);
  const value = createBridge(found);
  define(globals, BRIDGE, value, { configurable: true });
  return value;
}
