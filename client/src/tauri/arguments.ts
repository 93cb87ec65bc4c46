// What stands in a command's JSON for values that JSON does not know: Tauri's rules.

import type { Replacer } from '../channel.js';
import type { PageState } from '../page.js';
import type { Channels, Forwarder } from './channels.js';
import { SERIALIZE_TO_IPC_FN } from './ipc.js';

/** A replacer for JSON.stringify, which puts the channels that it meets into `used`, once each. */
export function createReplacer(
  page: PageState,
  channels: Channels,
  used: Set<Forwarder>,
): Replacer {
  const string = (text: string, fromObject: boolean): string => {
    const forwarder = channels.find(text);
    if (forwarder === undefined) return text;
    if (forwarder === 'ended') {
      if (!fromObject) return text; // it only looks like a channel
      throw new page.TailraceError('channel_ended', 'a channel inside the arguments has ended');
    }
    if (!used.has(forwarder)) {
      used.add(forwarder);
      forwarder.called();
    }
    return forwarder.collect();
  };
  return function (key, value) {
    if (typeof value === 'string') {
      const original = (this as Record<string, unknown>)[key];
      if (original instanceof page.Channel) return value;
      return string(value, typeof original === 'object');
    }
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Uint8Array) return Array.from(value);
    if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
    if (!(SERIALIZE_TO_IPC_FN in value)) return value;
    const replaced = (value as { [SERIALIZE_TO_IPC_FN](): unknown })[SERIALIZE_TO_IPC_FN]();
    return typeof replaced === 'string' ? string(replaced, true) : replaced;
  };
}
