// src/builtins/base.ts
var { bind, call } = Function.prototype, uncurry = bind.bind(call);
var {
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  setPrototypeOf,
  keys: keysOf,
  prototype: objectPrototype
} = Object, { isArray, prototype: arrayPrototype } = Array, { isInteger } = Number, { ceil, clz32, floor, max, min } = Math, { parse: parseJson, stringify: stringifyJson } = JSON, { apply, ownKeys } = Reflect;
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
function methodOf(prototype, name) {
  let method = prototype && getOwnPropertyDescriptor(prototype, name)?.value;
  return typeof method != "function" ? missing : uncurry(method);
}
function isKind(read, value) {
  try {
    return read(value), !0;
  } catch {
    return !1;
  }
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

// src/builtins/dom.ts
var { reportError: nativeReport } = globalThis, host = { eval: globalThis.eval, setTimeout: globalThis.setTimeout }, microtask = globalThis.queueMicrotask;
function tell(level, text, error) {
  try {
    error === void 0 ? console[level](text) : console[level](text, error);
  } catch {
  }
}
var targets = globalThis.EventTarget?.prototype, addListener = methodOf(targets, "addEventListener"), removeListener = methodOf(targets, "removeEventListener"), NativeEventTarget = globalThis.EventTarget, NativeEvent = globalThis.Event, dispatch = methodOf(targets, "dispatchEvent");
function reader(prototype, name) {
  let read = readerOf(prototype, name);
  return (object) => isKind(read, object) ? read(object) : object[name];
}
var isPersisted = reader(globalThis.PageTransitionEvent?.prototype, "persisted"), violations = globalThis.SecurityPolicyViolationEvent?.prototype, directiveOf = reader(violations, "effectiveDirective"), blockedOf = reader(violations, "blockedURI"), dispositionOf = reader(violations, "disposition"), isHidden = reader(globalThis.Document?.prototype, "hidden"), rootOf = reader(globalThis.Document?.prototype, "documentElement"), dataOf = reader(globalThis.HTMLElement?.prototype, "dataset"), signals = globalThis.AbortSignal?.prototype, isAborted = reader(signals, "aborted"), reasonOf = reader(signals, "reason"), NativeCustomEvent = globalThis.CustomEvent;
var NativeAbortController = globalThis.AbortController, controllers = NativeAbortController?.prototype, readSignal = readerOf(controllers, "signal"), abortController = methodOf(controllers, "abort");
var NativeRequest = globalThis.XMLHttpRequest, requests = NativeRequest?.prototype, openRequest = methodOf(requests, "open"), setHeader = methodOf(requests, "setRequestHeader"), sendRequest = methodOf(requests, "send"), abortRequest = methodOf(requests, "abort"), requestStatus = readerOf(requests, "status"), requestText = readerOf(requests, "responseText");
var responses = globalThis.Response?.prototype, readStatus = readerOf(responses, "status"), readBody = methodOf(responses, "arrayBuffer"), statusOf = reader(responses, "status");
var headers = globalThis.Headers?.prototype, eachHeaderOf = methodOf(headers, "forEach"), hasHeader = methodOf(headers, "has");

// src/tauri/callbacks.ts
function createCallbacks() {
  let callbacks = new SafeMap(), last = 0;
  return {
    callbacks,
    transformCallback(callback, once = !1) {
      let id = ++last;
      return callbacks.set(id, (data) => (once && callbacks.delete(id), callback?.(data))), id;
    },
    unregisterCallback(id) {
      callbacks.delete(id);
    },
    runCallback(id, data) {
      let callback = callbacks.get(id);
      callback !== void 0 ? callback(data) : tell("warn", `tailrace: there is no callback ${id} any more`);
    }
  };
}
export {
  createCallbacks
};
