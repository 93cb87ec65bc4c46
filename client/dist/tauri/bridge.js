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
var shift = uncurry(arrayPrototype.shift), pop = uncurry(arrayPrototype.pop);

// src/builtins/bytes.ts
var NativeUint8Array = Uint8Array;
var { isView } = ArrayBuffer, typedArrays = getPrototypeOf(Uint8Array.prototype), getLength = getterOf(typedArrays, "length"), getBuffer = getterOf(typedArrays, "buffer"), getOffset = getterOf(typedArrays, "byteOffset"), getBytes = getterOf(typedArrays, "byteLength"), { set } = typedArrays, ownLength = keepCall(getLength), ownBuffer = keepCall(getBuffer), ownOffset = keepCall(getOffset), ownBytes = keepCall(getBytes), ownSet = keepCall(set), slowLength = uncurry(getLength), slowBuffer = uncurry(getBuffer), slowOffset = uncurry(getOffset), slowBytes = uncurry(getBytes), slowSet = uncurry(set);
function bufferOf(u8) {
  return ownBuffer ? getBuffer.call(u8) : slowBuffer(u8);
}
var readSize = readerOf(ArrayBuffer.prototype, "byteLength");
var classOf2 = uncurry(
  getterOf(typedArrays, Symbol.toStringTag)
), dataViews = DataView.prototype, viewBuffer = readerOf(dataViews, "buffer"), viewBytes = readerOf(dataViews, "byteLength"), viewOffset = readerOf(dataViews, "byteOffset"), shared = typeof SharedArrayBuffer == "function" ? SharedArrayBuffer.prototype : void 0, readSharedSize = readerOf(shared, "byteLength"), blobs = typeof Blob == "function" ? Blob.prototype : void 0, readBlob = readerOf(blobs, "size");
function isUint8Array(value) {
  return classOf2(value) === "Uint8Array";
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
var eachOfMap = uncurry(Map.prototype.forEach);

// src/builtins/promises.ts
var made = (async () => {
})(), NativePromise = getPrototypeOf(made).constructor, free = { writable: !0, configurable: !0 };
function safe(promise) {
  try {
    define(promise, "constructor", NativePromise, free);
  } catch {
  }
  return promise;
}
async function rejected(error) {
  throw error;
}

// src/key.ts
var KEY = /* @__PURE__ */ Symbol.for("tailrace");

// src/find.ts
function findPage() {
  let state = globalThis[KEY];
  return state === void 0 ? {
    code: "no_session",
    message: "this page is not inside a Tailrace window: open it from the Go app, or give its origin as DevURL"
  } : misfit(state) ?? state;
}
function misfit({ api }) {
  if (api !== 3)
    return {
      code: "version",
      message: `this copy of the tailrace package does not fit the Go side's client (${api} there, ${3} here): update it`
    };
}

// src/tauri/bridge.ts
import { createReplacer } from "./arguments.js";
import { createCallbacks } from "./callbacks.js";
import { createChannels } from "./channels.js";
var BRIDGE = /* @__PURE__ */ Symbol.for("tailrace.tauri");
function bytesOfNumbers(numbers) {
  let u8 = new NativeUint8Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) u8[i] = numbers[i];
  return u8;
}
function createBridge(page) {
  let { events, TailraceError, take, session } = page, callbacks = createCallbacks(), channels = createChannels(page, callbacks), handlers = new SafeMap(), removed = (async () => {
  })(), rejection = (error) => error instanceof TailraceError ? error.detail === void 0 ? error.message : error.detail : error, unregisterListener = (_event, id) => {
    let handler = handlers.get(id);
    handler !== void 0 && (handlers.delete(id), callbacks.unregisterCallback(handler), removed = events.remove(id));
  }, listenByNumber = async ({ event, target, handler }) => {
    try {
      let run = (data) => callbacks.callbacks.get(handler)?.(data), { id, registered } = events.add(event, run, { target }, !1);
      handlers.set(id, handler);
      try {
        await safe(registered);
      } catch (error) {
        throw handlers.delete(id), error;
      }
      return id;
    } catch (error) {
      throw callbacks.unregisterCallback(handler), rejection(error);
    }
  }, unlistenByNumber = async ({ event, eventId }) => {
    if (!events.known(eventId)) throw `there is no listener ${eventId}`;
    return unregisterListener(event, eventId), await safe(removed), null;
  };
  return {
    ...callbacks,
    api: 3,
    get label() {
      return session.label;
    },
    invoke: async (cmd, args = {}, options) => {
      if (cmd === "plugin:event|listen") return await safe(listenByNumber(args));
      if (cmd === "plugin:event|unlisten") return await safe(unlistenByNumber(args));
      let used = new SafeSet(), body = isArray(args) ? bytesOfNumbers(args) : args, replacer = createReplacer(page, channels, used);
      try {
        let result = await safe(page.call(cmd, body, options, replacer));
        return used.forEach((forwarder) => {
          forwarder.returned();
        }), isUint8Array(result) ? bufferOf(take(result)) : result === void 0 ? null : result;
      } catch (error) {
        throw used.forEach((forwarder) => {
          forwarder.refused();
        }), rejection(error);
      }
    },
    async listen(event, handler, options, once) {
      try {
        let { id, registered } = events.add(event, handler, options, once);
        return await safe(registered), () => events.remove(id);
      } catch (error) {
        throw rejection(error);
      }
    },
    unregisterListener
  };
}
function detached(why) {
  let refuse = () => rejected(why);
  return {
    ...createCallbacks(),
    api: 3,
    label: void 0,
    invoke: refuse,
    listen: refuse,
    unregisterListener: () => {
    }
  };
}
function bridge() {
  let globals = globalThis, there = globals[BRIDGE];
  if (there !== void 0) {
    let absence = misfit(there);
    return absence === void 0 ? there : detached(absence.message);
  }
  let found = findPage();
  if (!("api" in found)) return detached(found.message);
  let value = createBridge(found);
  return define(globals, BRIDGE, value, { configurable: !0 }), value;
}
export {
  bridge,
  createBridge
};
