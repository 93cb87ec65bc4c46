"use strict";
(() => {
  // src/key.ts
  var KEY = /* @__PURE__ */ Symbol.for("tailrace");

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

  // src/tauri/ipc.ts
  var SERIALIZE_TO_IPC_FN = "__TAURI_TO_IPC_KEY__";

  // src/tauri/arguments.ts
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

  // src/tauri/bridge.ts
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

  // src/tauri/platform.ts
  function isWindows() {
    return typeof navigator == "object" && /windows/i.test(navigator.userAgent);
  }
  function separators() {
    return isWindows() ? { sep: "\\", delimiter: ";" } : { sep: "/", delimiter: ":" };
  }
  var FILES = "tailrace://localhost/.tailrace/file/";
  function convertFileSrc(filePath, protocol = "asset") {
    let path = encodeURIComponent(filePath);
    return protocol === "asset" ? FILES + path : isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
  }

  // src/tauri/install.ts
  function install(bridge2) {
    let { invoke, transformCallback, unregisterCallback, runCallback, callbacks, label } = bridge2;
    define2("isTauri", !0), define2("__TAURI_INTERNALS__", {
      invoke,
      transformCallback,
      unregisterCallback,
      runCallback,
      callbacks,
      convertFileSrc,
      metadata: { currentWindow: { label }, currentWebview: { windowLabel: label, label } },
      plugins: { path: separators() }
    }), define2("__TAURI_EVENT_PLUGIN_INTERNALS__", { unregisterListener: bridge2.unregisterListener });
  }
  function define2(name, value) {
    define(globalThis, name, value, { configurable: !0, writable: !0 });
  }

  // src/tauri/internals.ts
  KEY in globalThis && install(bridge());
})();
