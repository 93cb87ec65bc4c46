// What stands in a command's JSON for values that JSON does not know: Tauri's rules.

import { push } from '../builtins/base.js';
import { isBuffer, isUint8Array, lengthOf, NativeUint8Array } from '../builtins/bytes.js';
import { eachOfMap, isMap } from '../builtins/collections.js';
import type { Replacer } from '../builtins/json.js';
import type { PageState } from '../page.js';
import type { Channels, Forwarder } from './channels.js';
import { SERIALIZE_TO_IPC_FN } from './ipc.js';

/** A replacer for JSON.stringify, which puts the channels that it meets into `used`, once each. */
export function createReplacer(
  page: PageState,
  channels: Channels,
  used: Set<Forwarder>,
): Replacer {
  /** What stands for an object that has become this text. */
  const form = (original: object, text: string): string => {
    const forwarder = channels.find(original, text);
    if (forwarder === undefined) return text;
    if (forwarder === 'ended') {
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
      // Text is text, whatever it looks like: only an object's JSON form can be a channel.
      if (typeof original !== 'object' || original === null) return value;
      return original instanceof page.Channel ? value : form(original, value);
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isUint8Array(value)) return numbersOf(value);
    if (isBuffer(value)) return numbersOf(new NativeUint8Array(value));
    if (isMap(value)) return objectOf(value);
    if (!(SERIALIZE_TO_IPC_FN in value)) return value;
    const replaced = (value as { [SERIALIZE_TO_IPC_FN](): unknown })[SERIALIZE_TO_IPC_FN]();
    return typeof replaced === 'string' ? form(value, replaced) : replaced;
  };
}

function numbersOf(u8: Uint8Array): number[] {
  const numbers: number[] = [];
  const length = lengthOf(u8);
  for (let i = 0; i < length; i++) push(numbers, u8[i]);
  return numbers;
}

function objectOf(map: Map<unknown, unknown>): object {
  const object = { __proto__: null } as unknown as Record<string, unknown>;
  eachOfMap(map, (value, key) => {
    object[key as string] = value;
  });
  return object;
}
