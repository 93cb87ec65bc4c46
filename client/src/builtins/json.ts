// JSON of what users hand over, beside libraries that give arrays or all objects a `toJSON` of
// their own (old Prototype.js): in the JSON of this package an array is an array.

import {
  apply,
  arrayPrototype,
  hasOwn,
  isArray,
  isKind,
  isPlain,
  keysOf,
  objectPrototype,
  stringifyJson,
  uncurry,
} from './base.js';

/** The second argument of JSON.stringify. */
export type Replacer = (this: unknown, key: string, value: unknown) => unknown;

type Holder = Record<string, unknown>;
type ToJson = (this: unknown, key: string) => unknown;

/**
 * JSON.stringify, but that nothing which was put into the prototypes of arrays and objects counts.
 */
export function stringify(value: unknown, replacer?: Replacer): string | undefined {
  const patched = hasOwn(arrayPrototype, 'toJSON') || hasOwn(objectPrototype, 'toJSON');
  if (!patched) return stringifyJson(value, replacer);
  return textOf({ '': value }, '', replacer);
}

/** The text of a property, as the standard has it. */
function textOf(holder: Holder, key: string, replacer: Replacer | undefined): string | undefined {
  let value = holder[key];
  if (typeof value === 'object' && value !== null) {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function' && !isForeign(toJSON)) {
      value = apply(toJSON as ToJson, value, [key]);
    }
  }
  if (replacer !== undefined) value = apply(replacer, holder, [key, value]);
  value = unwrapped(value);
  if (typeof value !== 'object' || value === null) return stringifyJson(value);
  let text = '';
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element = textOf(value as unknown as Holder, `${i}`, replacer);
      text += `${i === 0 ? '' : ','}${element ?? 'null'}`;
    }
    return `[${text}]`;
  }
  const keys = keysOf(value);
  for (let i = 0; i < keys.length; i++) {
    const property = textOf(value as Holder, keys[i], replacer);
    if (property === undefined) continue;
    text += `${text === '' ? '' : ','}${stringifyJson(keys[i])}:${property}`;
  }
  return `{${text}}`;
}

/** Whether a `toJSON` is that of all arrays or objects. */
function isForeign(toJSON: unknown): boolean {
  const { toJSON: ofObjects } = objectPrototype as { toJSON?: unknown };
  const { toJSON: ofArrays } = arrayPrototype as { toJSON?: unknown };
  return toJSON === ofObjects || toJSON === ofArrays;
}

const wrapped = [
  uncurry(Number.prototype.valueOf),
  uncurry(String.prototype.valueOf),
  uncurry(Boolean.prototype.valueOf),
] as ((self: unknown) => unknown)[];

/** What stands in `new Number(1)` and its like. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isPlain(value)) return value;
  for (let i = 0; i < wrapped.length; i++) {
    if (isKind(wrapped[i], value)) return wrapped[i](value);
  }
  return value;
}
