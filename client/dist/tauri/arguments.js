// src/builtins/base.ts
var { bind, call } = Function.prototype, uncurry = bind.bind(call);
function keepCall(method) {
  try {
    return define(method, "call", call), !0;
  } catch {
    return !1;
  }
}
var {
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  setPrototypeOf,
  keys: keysOf,
  prototype: objectPrototype
} = Object, { isArray, prototype: arrayPrototype } = Array, { isInteger } = Number, { ceil, clz32, floor, max, min } = Math, { parse: parseJson, stringify: stringifyJson } = JSON, { apply, ownKeys } = Reflect;
function define(object, key, value, { writable = !1, configurable = !1, enumerable = !1 } = {}) {
  defineProperty(object, key, { __proto__: null, value, writable, configurable, enumerable });
}
function seclude(secluded) {
  setPrototypeOf(secluded.prototype, null), freeze(secluded.prototype), freeze(secluded);
}
var missing = () => {
  throw new TypeError("there are no such objects here");
};
function getterOf(prototype, name) {
  return prototype && getOwnPropertyDescriptor(prototype, name)?.get;
}
function readerOf(prototype, name) {
  let get = getterOf(prototype, name);
  return get === void 0 ? missing : uncurry(get);
}
function isKind(read, value) {
  try {
    return read(value), !0;
  } catch {
    return !1;
  }
}
function isPlain(value) {
  let prototype = getPrototypeOf(value);
  return prototype === objectPrototype || prototype === arrayPrototype || prototype === null;
}
var hasOwn = uncurry(objectPrototype.hasOwnProperty), classOf = uncurry(objectPrototype.toString);
var lowerCase = uncurry(String.prototype.toLowerCase), cutText = uncurry(String.prototype.slice);
var encoder = new TextEncoder(), decoder = new TextDecoder(), encodeText = encoder.encode.bind(encoder), decodeText = decoder.decode.bind(decoder), { fromCharCode } = String;
var List = class extends Array {
  // The implicit constructor may ask the iterator of arrays.
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
};
seclude(List);
function push(array, value) {
  array[array.length] = value;
}
var shift = uncurry(arrayPrototype.shift), pop = uncurry(arrayPrototype.pop);

// src/builtins/bytes.ts
var NativeUint8Array = Uint8Array;
var { isView } = ArrayBuffer, typedArrays = getPrototypeOf(Uint8Array.prototype), getLength = getterOf(typedArrays, "length"), getBuffer = getterOf(typedArrays, "buffer"), getOffset = getterOf(typedArrays, "byteOffset"), getBytes = getterOf(typedArrays, "byteLength"), { set } = typedArrays, ownLength = keepCall(getLength), ownBuffer = keepCall(getBuffer), ownOffset = keepCall(getOffset), ownBytes = keepCall(getBytes), ownSet = keepCall(set), slowLength = uncurry(getLength), slowBuffer = uncurry(getBuffer), slowOffset = uncurry(getOffset), slowBytes = uncurry(getBytes), slowSet = uncurry(set);
function lengthOf(array) {
  return ownLength ? getLength.call(array) : slowLength(array);
}
var readSize = readerOf(ArrayBuffer.prototype, "byteLength");
var classOf2 = uncurry(
  getterOf(typedArrays, Symbol.toStringTag)
), dataViews = DataView.prototype, viewBuffer = readerOf(dataViews, "buffer"), viewBytes = readerOf(dataViews, "byteLength"), viewOffset = readerOf(dataViews, "byteOffset"), shared = typeof SharedArrayBuffer == "function" ? SharedArrayBuffer.prototype : void 0, readSharedSize = readerOf(shared, "byteLength"), blobs = typeof Blob == "function" ? Blob.prototype : void 0, readBlob = readerOf(blobs, "size");
function isUint8Array(value) {
  return classOf2(value) === "Uint8Array";
}
function isBuffer(value) {
  return !isPlain(value) && (isKind(readSize, value) || isKind(readSharedSize, value));
}

// src/builtins/collections.ts
function keepMethods(own, base) {
  let { prototype } = own, names = ownKeys(base.prototype);
  for (let i = 0; i < names.length; i++) {
    let property = getOwnPropertyDescriptor(base.prototype, names[i]);
    property !== void 0 && names[i] !== "constructor" && defineProperty(prototype, names[i], setPrototypeOf(property, null));
  }
  seclude(own);
}
var SafeMap = class extends Map {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}, SafeSet = class extends Set {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
}, SafeWeakMap = class extends WeakMap {
  // biome-ignore lint/complexity/noUselessConstructor: see above
  constructor() {
    super();
  }
};
keepMethods(SafeMap, Map);
keepMethods(SafeSet, Set);
keepMethods(SafeWeakMap, WeakMap);
var setValues = uncurry(Set.prototype.values), mapKeys = uncurry(Map.prototype.keys), nextOfSet = uncurry((/* @__PURE__ */ new Set()).values().next), nextOfMap = uncurry((/* @__PURE__ */ new Map()).keys().next);
var readMapSize = readerOf(Map.prototype, "size");
function isMap(value) {
  return !isPlain(value) && isKind(readMapSize, value);
}
var eachOfMap = uncurry(Map.prototype.forEach);

// src/tauri/arguments.ts
import { SERIALIZE_TO_IPC_FN } from "./ipc.js";
function createReplacer(page, channels, used) {
  let form = (original, text) => {
    let forwarder = channels.find(original, text);
    if (forwarder === void 0) return text;
    if (forwarder === "ended")
      throw new page.TailraceError("channel_ended", "a channel inside the arguments has ended");
    return used.has(forwarder) || (used.add(forwarder), forwarder.called()), forwarder.collect();
  };
  return function(key, value) {
    if (typeof value == "string") {
      let original = this[key];
      return typeof original != "object" || original === null || original instanceof page.Channel ? value : form(original, value);
    }
    if (typeof value != "object" || value === null) return value;
    if (isUint8Array(value)) return numbersOf(value);
    if (isBuffer(value)) return numbersOf(new NativeUint8Array(value));
    if (isMap(value)) return objectOf(value);
    if (!(SERIALIZE_TO_IPC_FN in value)) return value;
    let replaced = value[SERIALIZE_TO_IPC_FN]();
    return typeof replaced == "string" ? form(value, replaced) : replaced;
  };
}
function numbersOf(u8) {
  let numbers = [], length = lengthOf(u8);
  for (let i = 0; i < length; i++) push(numbers, u8[i]);
  return numbers;
}
function objectOf(map) {
  let object = { __proto__: null };
  return eachOfMap(map, (value, key) => {
    object[key] = value;
  }), object;
}
export {
  createReplacer
};
