// Maps and sets whose methods nobody else reaches.

import {
  defineProperty,
  getOwnPropertyDescriptor,
  isKind,
  isPlain,
  ownKeys,
  readerOf,
  seclude,
  setPrototypeOf,
  uncurry,
} from './base.js';

/** Gives a class methods of its own: those that its base has now. */
function keepMethods(own: { prototype: object }, base: { prototype: object }): void {
  const { prototype } = own;
  const names = ownKeys(base.prototype);
  for (let i = 0; i < names.length; i++) {
    const property = getOwnPropertyDescriptor(base.prototype, names[i]);
    if (property !== undefined && names[i] !== 'constructor') {
      defineProperty(prototype, names[i], setPrototypeOf(property, null) as PropertyDescriptor);
    }
  }
  seclude(own);
}

// Their constructors are written out because the implicit one may ask the iterator of arrays.

export class SafeMap<K, V> extends Map<K, V> {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}

export class SafeSet<T> extends Set<T> {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}

export class SafeWeakMap<K extends object, V> extends WeakMap<K, V> {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}

keepMethods(SafeMap, Map);
keepMethods(SafeSet, Set);
keepMethods(SafeWeakMap, WeakMap);

const setValues = uncurry(Set.prototype.values);
const mapKeys = uncurry(Map.prototype.keys);
type Next = (iterator: unknown) => IteratorResult<unknown>;
const nextOfSet = uncurry(new Set().values().next) as Next;
const nextOfMap = uncurry(new Map().keys().next) as Next;

/** The oldest element; undefined: there is none. */
export function firstOf<T>(set: Set<T>): T | undefined {
  return nextOfSet(setValues(set)).value as T | undefined;
}

/** The oldest key; undefined: there is none. */
export function firstKeyOf<K>(map: Map<K, unknown>): K | undefined {
  return nextOfMap(mapKeys(map)).value as K | undefined;
}

const readMapSize = readerOf<number>(Map.prototype, 'size');

/** A Map of a user's, of whatever realm. */
export function isMap(value: object): value is Map<unknown, unknown> {
  return !isPlain(value) && isKind(readMapSize, value);
}

/** Calls back for each entry of a user's map. */
export const eachOfMap = uncurry(Map.prototype.forEach) as (
  map: Map<unknown, unknown>,
  each: (value: unknown, key: unknown) => void,
) => void;
