// The built-ins that the client uses after its start, as they were then. A page may replace, patch
// or freeze them before, and later behind the client's back; and what is called on a prototype, or
// missed by an object, shows the page that object.
//
// The rest of the client follows these rules. It loops over arrays by index, and neither spreads
// nor destructures them: both ask Array.prototype. It awaits promises only through `safe` and
// `settled`. It calls no method and reads no accessor of a built-in but through this folder,
// where each is a function of its object. Arrays, maps and sets of its own are lists and classes
// whose methods nobody else reaches, and so are all its classes but those that pages are given
// (`seclude`). An object that may lack a property which is read has no prototype. A promise gives
// no object of the client's that has one, since whoever resolves a promise asks for a `then`.

const { bind, call } = Function.prototype;

type Method<T, A extends unknown[], R> = (this: T, ...args: A) => R;
export type Getter<R> = Method<unknown, [], R>;

/** A method as a function of its object. */
export const uncurry = bind.bind(call) as <T, A extends unknown[], R>(
  method: Method<T, A, R>,
) => (self: T, ...args: A) => R;

/**
 * Gives a method a `call` of its own, which nobody can replace, and tells whether that is possible.
 * JavaScriptCore calls an uncurried method many times more slowly than `method.call(object)`, which
 * it compiles away: that is for the hot path.
 */
export function keepCall(method: object): boolean {
  try {
    define(method, 'call', call);
    return true;
  } catch {
    return false; // it is frozen
  }
}

export const {
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  setPrototypeOf,
  keys: keysOf,
  prototype: objectPrototype,
} = Object;
export const { isArray, prototype: arrayPrototype } = Array;
export const { isInteger } = Number;
export const { ceil, clz32, floor, max, min } = Math;
export const { parse: parseJson, stringify: stringifyJson } = JSON;
export const { apply, ownKeys } = Reflect;
export const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator;
export const iterator: typeof Symbol.iterator = Symbol.iterator;
export const toText = String;
export const NativeError = Error;
export const NativeEvalError = EvalError;

/** Defines a property. A descriptor has no prototype, where a page may have put a `get`. */
export function define(
  object: object,
  key: PropertyKey,
  value: unknown,
  { writable = false, configurable = false, enumerable = false } = {},
): void {
  const property = { __proto__: null, value, writable, configurable, enumerable };
  defineProperty(object, key, property as PropertyDescriptor);
}

/**
 * Takes a class out of the page's reach: its objects have the methods of the class and nothing
 * else, and no object's class can be changed.
 */
export function seclude(secluded: { prototype: object }): void {
  setPrototypeOf(secluded.prototype, null);
  freeze(secluded.prototype);
  freeze(secluded);
}

const missing = (): never => {
  throw new TypeError('there are no such objects here');
};

/** The accessor of a prototype, undefined if it is not there. */
export function getterOf<R>(prototype: object | undefined, name: PropertyKey) {
  const get = prototype && getOwnPropertyDescriptor(prototype, name)?.get;
  return get as Getter<R> | undefined;
}

/** Reads an accessor of an object; throws for objects of another kind. */
export function readerOf<R>(prototype: object | undefined, name: PropertyKey) {
  const get = getterOf<R>(prototype, name);
  return get === undefined ? missing : (uncurry(get) as (self: unknown) => R);
}

/** Calls a method of an object; throws for objects of another kind. */
export function methodOf<R>(prototype: object | undefined, name: PropertyKey) {
  const method: unknown = prototype && getOwnPropertyDescriptor(prototype, name)?.value;
  if (typeof method !== 'function') return missing;
  return uncurry(method as Method<unknown, unknown[], R>);
}

/**
 * Whether one of the functions above takes the value for an object of its kind, of whatever realm.
 */
export function isKind(read: (self: unknown) => unknown, value: unknown): boolean {
  try {
    read(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * An object that is nothing but its properties. That is looked at first: to fail in `isKind` costs
 * as much as the JSON of a small object.
 */
export function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value);
  return prototype === objectPrototype || prototype === arrayPrototype || prototype === null;
}

export const hasOwn = uncurry(objectPrototype.hasOwnProperty) as (
  self: object,
  key: PropertyKey,
) => boolean;
const classOf = uncurry(objectPrototype.toString);

/** An Error or DOMException, of whatever realm. Never throws. */
export function isError(value: unknown): value is Error {
  try {
    if (typeof value !== 'object' || value === null) return false;
    const name = classOf(value);
    return name === '[object Error]' || name === '[object DOMException]' || value instanceof Error;
  } catch {
    return false; // a Proxy that lets nobody look
  }
}

// ---- text

export const lowerCase = uncurry(String.prototype.toLowerCase);
export const cutText = uncurry(String.prototype.slice);

/** A regular expression's test, as it would be now. */
export function tester(expression: RegExp): (text: string) => boolean {
  const { exec, test } = RegExp.prototype;
  define(expression, 'exec', exec);
  return test.bind(expression);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const encodeText = encoder.encode.bind(encoder) as (text: string) => Uint8Array<ArrayBuffer>;
/** Decodes UTF-8. The one decoder of the page. */
export const decodeText = decoder.decode.bind(decoder) as (bytes: Uint8Array) => string;

const { fromCharCode } = String;

/** A text that has a character for each byte. */
export function latin1(bytes: ArrayLike<number>): string {
  const n = bytes.length;
  let text = '';
  for (let at = 0; at < n; at += 4096) {
    const codes = list<number>();
    for (let i = at; i < n && i < at + 4096; i++) codes[i - at] = bytes[i];
    text += apply(fromCharCode, undefined, codes);
  }
  return text;
}

// ---- arrays

class List<T> extends Array<T> {
  // The implicit constructor may ask the iterator of arrays.
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}

seclude(List);

/** An array without the methods of arrays: a setter of Array.prototype sees nothing of it. */
export function list<T>(): T[] {
  return new List<T>();
}

/** Adds to the end. */
export function push<T>(array: T[], value: T): void {
  array[array.length] = value;
}

export function pushAll<T>(array: T[], values: readonly T[]): void {
  for (let i = 0; i < values.length; i++) array[array.length] = values[i];
}

/** All but the first `n` elements. */
export function behind<T>(array: readonly T[], n: number): T[] {
  const rest = list<T>();
  for (let i = n; i < array.length; i++) rest[i - n] = array[i];
  return rest;
}

/** Removes the first element. */
export const shift = uncurry(arrayPrototype.shift) as <T>(array: T[]) => T | undefined;
export const pop = uncurry(arrayPrototype.pop) as <T>(array: T[]) => T | undefined;

export function includes<T>(array: readonly T[], value: T): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === value) return true;
  return false;
}
