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

// src/builtins/dom.ts
var { reportError: nativeReport } = globalThis, host = { eval: globalThis.eval, setTimeout: globalThis.setTimeout }, microtask = globalThis.queueMicrotask;
function report(error) {
  try {
    let { reportError } = globalThis;
    if (typeof reportError == "function") {
      reportError(error);
      return;
    }
  } catch {
  }
  if (typeof nativeReport == "function") {
    nativeReport(error);
    return;
  }
  let { setTimeout } = host;
  setTimeout(() => {
    throw error;
  });
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

// src/errors.ts
function guarded(callback, argument) {
  if (callback !== void 0)
    try {
      callback(argument);
    } catch (error) {
      report(error);
    }
}

// src/tauri/labelled.ts
import { bridge } from "./bridge.js";
import { invoke } from "./core.js";
import {
  emit,
  emitTo,
  listen,
  once
} from "./event.js";
var LOCAL = ["tauri://created", "tauri://error"];
function currentLabel() {
  return bridge().label ?? "main";
}
var Labelled = class {
  constructor(label) {
    this.label = label;
    /** The listeners of `tauri://created` and `tauri://error`. */
    this.listeners = /* @__PURE__ */ Object.create(null);
  }
  /** Listens as this window or webview: to events for it, and to those for everybody. */
  async listen(event, handler) {
    return this.local(event, handler) ?? listen(event, handler, { target: this.target });
  }
  async once(event, handler) {
    return this.local(event, handler) ?? once(event, handler, { target: this.target });
  }
  /** Emits to everybody, as Tauri 2 does; `emitTo` reaches one window. */
  async emit(event, payload) {
    this.emitLocally(event, payload) || await emit(event, payload);
  }
  async emitTo(target, event, payload) {
    this.emitLocally(event, payload) || await emitTo(target, event, payload);
  }
  local(event, handler) {
    if (!LOCAL.includes(event)) return;
    this.listeners[event] ??= [];
    let handlers = this.listeners[event];
    return handlers.push(handler), () => {
      let at = handlers.indexOf(handler);
      at >= 0 && handlers.splice(at, 1);
    };
  }
  emitLocally(event, payload) {
    if (!LOCAL.includes(event)) return !1;
    for (let handler of [...this.listeners[event] ?? []])
      guarded(handler, { event, id: -1, payload });
    return !0;
  }
  /** Creates what this object stands for; its listeners hear how that went. */
  create(command, args) {
    invoke(command, args).then(
      () => this.emit("tauri://created"),
      (error) => this.emit("tauri://error", error)
    );
  }
};
function exists(options) {
  return options !== void 0 && "skip" in options && options.skip === !0;
}
var EXISTING = { skip: !0 };
export {
  EXISTING,
  Labelled,
  currentLabel,
  exists
};
