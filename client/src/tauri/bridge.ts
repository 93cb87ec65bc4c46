// What Tauri's names stand on, for our modules and for the real @tauri-apps/api alike: its way of passing
// arguments, results, errors, callbacks and channels, over the page's one connection.

import type { EventCallback, ListenOptions } from '../api.js';
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

export function createBridge(page: PageState): Bridge {
  const { events, TailraceError, take, session } = page;
  const callbacks = createCallbacks();
  const channels = createChannels(page, callbacks);
  /** Listeners that came by their handler's number, and those numbers. */
  const handlers = new Map<number, number>();
  /** Go knows of every listener that was removed. */
  let removed = Promise.resolve();

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
      await registered.catch((error) => {
        handlers.delete(id);
        throw error;
      });
      return id;
    } catch (error) {
      callbacks.unregisterCallback(handler);
      throw rejection(error);
    }
  };

  const unlistenByNumber = async ({ event, eventId }: EventArgs): Promise<null> => {
    if (!events.known(eventId)) throw `there is no listener ${eventId}`;
    unregisterListener(event, eventId);
    await removed;
    return null;
  };

  const invoke = async (cmd: string, args: unknown = {}, options?: { headers: HeadersInit }) => {
    if (cmd === 'plugin:event|listen') return listenByNumber(args as EventArgs);
    if (cmd === 'plugin:event|unlisten') return unlistenByNumber(args as EventArgs);
    const used = new Set<Forwarder>();
    const body = Array.isArray(args) ? Uint8Array.from(args) : (args as object);
    const replacer = createReplacer(page, channels, used);
    try {
      const result = await page.call<unknown>(cmd, body, options, replacer);
      for (const forwarder of used) forwarder.returned();
      if (result instanceof Uint8Array) return take(result).buffer;
      return result === undefined ? null : result;
    } catch (error) {
      for (const forwarder of used) forwarder.refused();
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
        await registered;
        return () => events.remove(id);
      } catch (error) {
        throw rejection(error);
      }
    },
    unregisterListener,
  };
}

function detached(why: string): Bridge {
  const refuse = () => Promise.reject(why);
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
  Object.defineProperty(globals, BRIDGE, { value, configurable: true });
  return value;
}
