// The events of window.tailrace.

import type { Listen, PageWindow, Tailrace } from './api.js';
import { safe } from './builtins/promises.js';
import type { Events } from './events.js';

export type EventApi = Pick<
  Tailrace,
  'listen' | 'once' | 'emit' | 'emitTo' | 'currentWindow' | 'ready'
>;

export function eventApi(events: Events, label: () => string | undefined): EventApi {
  const listener =
    (once: boolean): Listen =>
    async (event, handler, options) => {
      const { id, registered } = events.add(event, handler, options, once);
      await safe(registered);
      return () => events.remove(id);
    };
  const api: EventApi = {
    listen: listener(false),
    once: listener(true),
    // In async functions: what is wrong with the arguments rejects.
    emit: async (event, payload) => {
      await safe(events.emit(event, payload));
    },
    emitTo: async (target, event, payload) => {
      await safe(events.emitTo(target, event, payload));
    },
    currentWindow: () => pageWindow(api, label()),
    ready: () => events.ready(),
  };
  return api;
}

/** A window as its page sees it. */
export function pageWindow(
  api: Pick<EventApi, 'listen' | 'once' | 'emitTo'>,
  label: string | undefined,
): PageWindow {
  const target = { kind: 'WebviewWindow', label: label as string } as const;
  return {
    label,
    listen: (event, handler, options) => api.listen(event, handler, { ...options, target }),
    once: (event, handler, options) => api.once(event, handler, { ...options, target }),
    emit: (event, payload) => api.emitTo(label as string, event, payload),
  };
}
