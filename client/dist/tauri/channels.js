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

// src/tauri/channels.ts
var Forwarder = class {
  constructor(page, run, forget, ended) {
    this.run = run;
    this.forget = forget;
    this.ended = ended;
    this.index = 0;
    /** Calls without a result that carry it. */
    this.calls = 0;
    /** A command has had it. */
    this.taken = !1;
    this.over = !1;
    this.channel = new page.Channel({ own: !0 }), this.channel.onmessage = (message) => {
      run({
        message: isUint8Array(message) ? bufferOf(message) : message,
        index: this.index++
      });
    }, this.channel.onclose = () => {
      this.over = !0, (this.index > 0 || this.taken || this.calls === 0) && this.end();
    };
  }
  /** What stands for it in the arguments of the call that is being read. */
  collect() {
    return this.channel.toJSON();
  }
  called() {
    this.calls++;
  }
  returned() {
    this.calls--, this.taken = !0, this.over && this.end();
  }
  /** A call that was refused leaves a channel as it was: it may be passed to another one. */
  refused() {
    this.calls--, !(this.taken || this.calls > 0 || this.index > 0) && (this.channel.onclose = void 0, this.channel.close(), this.forget());
  }
  end() {
    this.forget();
    try {
      this.run({ end: !0, index: this.index });
    } finally {
      this.ended();
    }
  }
};
function createChannels(page, { callbacks }) {
  let forwarders = new SafeMap();
  return {
    find(original, text) {
      let { id } = original;
      if (typeof id != "number" || text !== `__CHANNEL__:${id}`) return;
      let forwarder = forwarders.get(id);
      return forwarder !== void 0 ? forwarder : callbacks.has(id) ? (forwarder = new Forwarder(
        page,
        (data) => callbacks.get(id)?.(data),
        () => forwarders.delete(id),
        () => callbacks.delete(id)
      ), forwarders.set(id, forwarder), forwarder) : "ended";
    }
  };
}
export {
  Forwarder,
  createChannels
};
