"use strict";
(() => {
  var __defProp = Object.defineProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: !0 });
  };

  // src/key.ts
  var KEY = /* @__PURE__ */ Symbol.for("tailrace");

  // src/tauri/index.ts
  var index_exports = {};
  __export(index_exports, {
    app: () => app_exports,
    core: () => core_exports,
    dpi: () => dpi_exports,
    event: () => event_exports,
    invoke: () => invoke,
    path: () => path_exports,
    webview: () => webview_exports,
    webviewWindow: () => webviewWindow_exports,
    window: () => window_exports
  });

  // src/tauri/app.ts
  var app_exports = {};
  __export(app_exports, {
    BundleType: () => BundleType,
    defaultWindowIcon: () => defaultWindowIcon,
    exit: () => exit,
    fetchDataStoreIdentifiers: () => fetchDataStoreIdentifiers,
    getBundleType: () => getBundleType,
    getIdentifier: () => getIdentifier,
    getName: () => getName,
    getTauriVersion: () => getTauriVersion,
    getVersion: () => getVersion,
    hide: () => hide,
    onBackButtonPress: () => onBackButtonPress,
    removeDataStore: () => removeDataStore,
    setDockVisibility: () => setDockVisibility,
    setTheme: () => setTheme,
    show: () => show,
    supportsMultipleWindows: () => supportsMultipleWindows
  });

  // src/tauri/core.ts
  var core_exports = {};
  __export(core_exports, {
    Channel: () => Channel,
    PluginListener: () => PluginListener,
    Resource: () => Resource,
    SERIALIZE_TO_IPC_FN: () => SERIALIZE_TO_IPC_FN,
    addPluginListener: () => addPluginListener,
    checkPermissions: () => checkPermissions,
    convertFileSrc: () => convertFileSrc,
    invoke: () => invoke,
    isTauri: () => isTauri,
    requestPermissions: () => requestPermissions,
    transformCallback: () => transformCallback
  });

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
  function isKind(read2, value) {
    try {
      return read2(value), !0;
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
  function tell(level, text, error) {
    try {
      error === void 0 ? console[level](text) : console[level](text, error);
    } catch {
    }
  }
  var targets = globalThis.EventTarget?.prototype, addListener = methodOf(targets, "addEventListener"), removeListener = methodOf(targets, "removeEventListener"), NativeEventTarget = globalThis.EventTarget, NativeEvent = globalThis.Event, dispatch = methodOf(targets, "dispatchEvent");
  function reader(prototype, name) {
    let read2 = readerOf(prototype, name);
    return (object) => isKind(read2, object) ? read2(object) : object[name];
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
      transformCallback(callback, once2 = !1) {
        let id = ++last;
        return callbacks.set(id, (data) => (once2 && callbacks.delete(id), callback?.(data))), id;
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
      async listen(event, handler, options, once2) {
        try {
          let { id, registered } = events.add(event, handler, options, once2);
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

  // src/tauri/core.ts
  async function invoke(cmd, args = {}, options) {
    return await bridge().invoke(cmd, args, options);
  }
  function transformCallback(callback, once2 = !1) {
    return bridge().transformCallback(callback, once2);
  }
  var Channel = class {
    constructor(onmessage = () => {
    }) {
      this.onmessage = onmessage, this.id = transformCallback((data) => {
        "message" in data && this.onmessage(data.message);
      });
    }
    [SERIALIZE_TO_IPC_FN]() {
      return `__CHANNEL__:${this.id}`;
    }
    toJSON() {
      return this[SERIALIZE_TO_IPC_FN]();
    }
  }, PluginListener = class {
    constructor(plugin, event, channelId) {
      this.plugin = plugin;
      this.event = event;
      this.channelId = channelId;
    }
    async unregister() {
      let { plugin, event, channelId } = this;
      return invoke(`plugin:${plugin}|remove_listener`, { event, channelId });
    }
  };
  async function addPluginListener(plugin, event, cb) {
    let handler = new Channel(cb), args = { event, handler };
    return await invoke(`plugin:${plugin}|register_listener`, args).catch(
      () => invoke(`plugin:${plugin}|registerListener`, args)
    ), new PluginListener(plugin, event, handler.id);
  }
  async function checkPermissions(plugin) {
    return invoke(`plugin:${plugin}|check_permissions`);
  }
  async function requestPermissions(plugin) {
    return invoke(`plugin:${plugin}|request_permissions`);
  }
  var Resource = class {
    constructor(rid) {
      this.rid = rid;
    }
    async close() {
      return invoke("plugin:resources|close", { rid: this.rid });
    }
    async [Symbol.asyncDispose]() {
      await this.close();
    }
  };
  function isTauri() {
    return KEY in globalThis;
  }

  // src/tauri/app.ts
  var BundleType = /* @__PURE__ */ ((BundleType2) => (BundleType2.Nsis = "nsis", BundleType2.Msi = "msi", BundleType2.Deb = "deb", BundleType2.Rpm = "rpm", BundleType2.AppImage = "appimage", BundleType2.App = "app", BundleType2))(BundleType || {});
  async function getName() {
    return invoke("plugin:app|name");
  }
  async function getVersion() {
    return invoke("plugin:app|version");
  }
  async function getIdentifier() {
    return invoke("plugin:app|identifier");
  }
  async function getTauriVersion() {
    return invoke("plugin:app|tauri_version");
  }
  async function setTheme(theme) {
    return invoke("plugin:app|set_app_theme", { theme });
  }
  async function supportsMultipleWindows() {
    return invoke("plugin:app|supports_multiple_windows");
  }
  async function getBundleType() {
    return invoke("plugin:app|bundle_type");
  }
  async function defaultWindowIcon() {
    return invoke("plugin:app|default_window_icon");
  }
  async function show() {
    return invoke("plugin:app|app_show");
  }
  async function hide() {
    return invoke("plugin:app|app_hide");
  }
  async function exit(code = 0) {
    return invoke("plugin:app|exit", { code });
  }
  async function setDockVisibility(visible) {
    return invoke("plugin:app|set_dock_visibility", { visible });
  }
  async function fetchDataStoreIdentifiers() {
    return invoke("plugin:app|fetch_data_store_identifiers");
  }
  async function removeDataStore(uuid) {
    return invoke("plugin:app|remove_data_store", { uuid });
  }
  async function onBackButtonPress(handler) {
    return addPluginListener("app", "back-button", handler);
  }

  // src/tauri/dpi.ts
  var dpi_exports = {};
  __export(dpi_exports, {
    LogicalPosition: () => LogicalPosition,
    LogicalSize: () => LogicalSize,
    PhysicalPosition: () => PhysicalPosition,
    PhysicalSize: () => PhysicalSize,
    Position: () => Position,
    Size: () => Size
  });
  function read(unit, first, second, make) {
    return typeof first == "number" ? make(first, second) : unit in first ? first[unit] : first;
  }
  var extent = (width, height) => ({ width, height }), point = (x, y) => ({ x, y }), SizeOf = class {
    constructor(unit, first, second) {
      ({ width: this.width, height: this.height } = read(unit, first, second, extent));
    }
    [SERIALIZE_TO_IPC_FN]() {
      return extent(this.width, this.height);
    }
    toJSON() {
      return this[SERIALIZE_TO_IPC_FN]();
    }
  }, PositionOf = class {
    constructor(unit, first, second) {
      ({ x: this.x, y: this.y } = read(unit, first, second, point));
    }
    [SERIALIZE_TO_IPC_FN]() {
      return point(this.x, this.y);
    }
    toJSON() {
      return this[SERIALIZE_TO_IPC_FN]();
    }
  }, LogicalSize = class extends SizeOf {
    constructor(first, second) {
      super("Logical", first, second);
      this.type = "Logical";
    }
    toPhysical(scaleFactor) {
      return new PhysicalSize(this.width * scaleFactor, this.height * scaleFactor);
    }
  }, PhysicalSize = class extends SizeOf {
    constructor(first, second) {
      super("Physical", first, second);
      this.type = "Physical";
    }
    toLogical(scaleFactor) {
      return new LogicalSize(this.width / scaleFactor, this.height / scaleFactor);
    }
  }, LogicalPosition = class extends PositionOf {
    constructor(first, second) {
      super("Logical", first, second);
      this.type = "Logical";
    }
    toPhysical(scaleFactor) {
      return new PhysicalPosition(this.x * scaleFactor, this.y * scaleFactor);
    }
  }, PhysicalPosition = class extends PositionOf {
    constructor(first, second) {
      super("Physical", first, second);
      this.type = "Physical";
    }
    toLogical(scaleFactor) {
      return new LogicalPosition(this.x / scaleFactor, this.y / scaleFactor);
    }
  }, Size = class {
    constructor(size) {
      this.size = size;
    }
    toLogical(scaleFactor) {
      let { size } = this;
      return size.type === "Logical" ? size : size.toLogical(scaleFactor);
    }
    toPhysical(scaleFactor) {
      let { size } = this;
      return size.type === "Physical" ? size : size.toPhysical(scaleFactor);
    }
    [SERIALIZE_TO_IPC_FN]() {
      let { type, width, height } = this.size;
      return { [type]: extent(width, height) };
    }
    toJSON() {
      return this[SERIALIZE_TO_IPC_FN]();
    }
  }, Position = class {
    constructor(position) {
      this.position = position;
    }
    toLogical(scaleFactor) {
      let { position } = this;
      return position.type === "Logical" ? position : position.toLogical(scaleFactor);
    }
    toPhysical(scaleFactor) {
      let { position } = this;
      return position.type === "Physical" ? position : position.toPhysical(scaleFactor);
    }
    [SERIALIZE_TO_IPC_FN]() {
      let { type, x, y } = this.position;
      return { [type]: point(x, y) };
    }
    toJSON() {
      return this[SERIALIZE_TO_IPC_FN]();
    }
  };

  // src/tauri/event.ts
  var event_exports = {};
  __export(event_exports, {
    TauriEvent: () => TauriEvent,
    emit: () => emit,
    emitTo: () => emitTo,
    listen: () => listen,
    once: () => once
  });
  var TauriEvent = /* @__PURE__ */ ((TauriEvent2) => (TauriEvent2.WINDOW_RESIZED = "tauri://resize", TauriEvent2.WINDOW_MOVED = "tauri://move", TauriEvent2.WINDOW_CLOSE_REQUESTED = "tauri://close-requested", TauriEvent2.WINDOW_DESTROYED = "tauri://destroyed", TauriEvent2.WINDOW_FOCUS = "tauri://focus", TauriEvent2.WINDOW_BLUR = "tauri://blur", TauriEvent2.WINDOW_SCALE_FACTOR_CHANGED = "tauri://scale-change", TauriEvent2.WINDOW_THEME_CHANGED = "tauri://theme-changed", TauriEvent2.WINDOW_CREATED = "tauri://window-created", TauriEvent2.WINDOW_SUSPENDED = "tauri://suspended", TauriEvent2.WINDOW_RESUMED = "tauri://resumed", TauriEvent2.WEBVIEW_CREATED = "tauri://webview-created", TauriEvent2.DRAG_ENTER = "tauri://drag-enter", TauriEvent2.DRAG_OVER = "tauri://drag-over", TauriEvent2.DRAG_DROP = "tauri://drag-drop", TauriEvent2.DRAG_LEAVE = "tauri://drag-leave", TauriEvent2))(TauriEvent || {});
  async function listen(event, handler, options) {
    return bridge().listen(event, handler, options, !1);
  }
  async function once(event, handler, options) {
    return bridge().listen(event, handler, options, !0);
  }
  async function emit(event, payload) {
    await invoke("plugin:event|emit", { event, payload });
  }
  async function emitTo(target, event, payload) {
    await invoke("plugin:event|emit_to", { target: typeof target == "string" ? { kind: "AnyLabel", label: target } : target, event, payload });
  }

  // src/tauri/path.ts
  var path_exports = {};
  __export(path_exports, {
    BaseDirectory: () => BaseDirectory,
    appCacheDir: () => appCacheDir,
    appConfigDir: () => appConfigDir,
    appDataDir: () => appDataDir,
    appLocalDataDir: () => appLocalDataDir,
    appLogDir: () => appLogDir,
    audioDir: () => audioDir,
    basename: () => basename,
    cacheDir: () => cacheDir,
    configDir: () => configDir,
    dataDir: () => dataDir,
    delimiter: () => delimiter,
    desktopDir: () => desktopDir,
    dirname: () => dirname,
    documentDir: () => documentDir,
    downloadDir: () => downloadDir,
    executableDir: () => executableDir,
    extname: () => extname,
    fontDir: () => fontDir,
    homeDir: () => homeDir,
    isAbsolute: () => isAbsolute,
    join: () => join,
    localDataDir: () => localDataDir,
    normalize: () => normalize,
    pictureDir: () => pictureDir,
    publicDir: () => publicDir,
    resolve: () => resolve,
    resolveResource: () => resolveResource,
    resourceDir: () => resourceDir,
    runtimeDir: () => runtimeDir,
    sep: () => sep,
    tempDir: () => tempDir,
    templateDir: () => templateDir,
    videoDir: () => videoDir
  });
  var BaseDirectory = /* @__PURE__ */ ((BaseDirectory2) => (BaseDirectory2[BaseDirectory2.Audio = 1] = "Audio", BaseDirectory2[BaseDirectory2.Cache = 2] = "Cache", BaseDirectory2[BaseDirectory2.Config = 3] = "Config", BaseDirectory2[BaseDirectory2.Data = 4] = "Data", BaseDirectory2[BaseDirectory2.LocalData = 5] = "LocalData", BaseDirectory2[BaseDirectory2.Document = 6] = "Document", BaseDirectory2[BaseDirectory2.Download = 7] = "Download", BaseDirectory2[BaseDirectory2.Picture = 8] = "Picture", BaseDirectory2[BaseDirectory2.Public = 9] = "Public", BaseDirectory2[BaseDirectory2.Video = 10] = "Video", BaseDirectory2[BaseDirectory2.Resource = 11] = "Resource", BaseDirectory2[BaseDirectory2.Temp = 12] = "Temp", BaseDirectory2[BaseDirectory2.AppConfig = 13] = "AppConfig", BaseDirectory2[BaseDirectory2.AppData = 14] = "AppData", BaseDirectory2[BaseDirectory2.AppLocalData = 15] = "AppLocalData", BaseDirectory2[BaseDirectory2.AppCache = 16] = "AppCache", BaseDirectory2[BaseDirectory2.AppLog = 17] = "AppLog", BaseDirectory2[BaseDirectory2.Desktop = 18] = "Desktop", BaseDirectory2[BaseDirectory2.Executable = 19] = "Executable", BaseDirectory2[BaseDirectory2.Font = 20] = "Font", BaseDirectory2[BaseDirectory2.Home = 21] = "Home", BaseDirectory2[BaseDirectory2.Runtime = 22] = "Runtime", BaseDirectory2[BaseDirectory2.Template = 23] = "Template", BaseDirectory2))(BaseDirectory || {});
  function directory(directory2) {
    return async () => invoke("plugin:path|resolve_directory", { directory: directory2 });
  }
  var appCacheDir = /* @__PURE__ */ directory(16 /* AppCache */), appConfigDir = /* @__PURE__ */ directory(13 /* AppConfig */), appDataDir = /* @__PURE__ */ directory(14 /* AppData */), appLocalDataDir = /* @__PURE__ */ directory(15 /* AppLocalData */), appLogDir = /* @__PURE__ */ directory(17 /* AppLog */), audioDir = /* @__PURE__ */ directory(1 /* Audio */), cacheDir = /* @__PURE__ */ directory(2 /* Cache */), configDir = /* @__PURE__ */ directory(3 /* Config */), dataDir = /* @__PURE__ */ directory(4 /* Data */), desktopDir = /* @__PURE__ */ directory(18 /* Desktop */), documentDir = /* @__PURE__ */ directory(6 /* Document */), downloadDir = /* @__PURE__ */ directory(7 /* Download */), executableDir = /* @__PURE__ */ directory(19 /* Executable */), fontDir = /* @__PURE__ */ directory(20 /* Font */), homeDir = /* @__PURE__ */ directory(21 /* Home */), localDataDir = /* @__PURE__ */ directory(5 /* LocalData */), pictureDir = /* @__PURE__ */ directory(8 /* Picture */), publicDir = /* @__PURE__ */ directory(9 /* Public */), resourceDir = /* @__PURE__ */ directory(11 /* Resource */), runtimeDir = /* @__PURE__ */ directory(22 /* Runtime */), tempDir = /* @__PURE__ */ directory(12 /* Temp */), templateDir = /* @__PURE__ */ directory(23 /* Template */), videoDir = /* @__PURE__ */ directory(10 /* Video */);
  async function resolveResource(resourcePath) {
    return invoke("plugin:path|resolve_directory", { directory: 11 /* Resource */, path: resourcePath });
  }
  function sep() {
    return separators().sep;
  }
  function delimiter() {
    return separators().delimiter;
  }
  async function resolve(...paths) {
    return invoke("plugin:path|resolve", { paths });
  }
  async function normalize(path) {
    return invoke("plugin:path|normalize", { path });
  }
  async function join(...paths) {
    return invoke("plugin:path|join", { paths });
  }
  async function dirname(path) {
    return invoke("plugin:path|dirname", { path });
  }
  async function extname(path) {
    return invoke("plugin:path|extname", { path });
  }
  async function basename(path, ext) {
    return invoke("plugin:path|basename", { path, ext });
  }
  async function isAbsolute(path) {
    return invoke("plugin:path|is_absolute", { path });
  }

  // src/tauri/webview.ts
  var webview_exports = {};
  __export(webview_exports, {
    Webview: () => Webview,
    getAllWebviews: () => getAllWebviews,
    getCurrentWebview: () => getCurrentWebview,
    webviewOnly: () => webviewOnly
  });

  // src/tauri/dragdrop.ts
  async function listenToDragDrop(to, handler) {
    let each = (name, read2) => to.listen(name, (event) => handler({ ...event, payload: read2(event.payload) })), unlisten2 = await Promise.all([
      each("tauri://drag-enter" /* DRAG_ENTER */, ({ paths, position }) => ({
        type: "enter",
        paths,
        position: new PhysicalPosition(position)
      })),
      each("tauri://drag-over" /* DRAG_OVER */, ({ position }) => ({
        type: "over",
        position: new PhysicalPosition(position)
      })),
      each("tauri://drag-drop" /* DRAG_DROP */, ({ paths, position }) => ({
        type: "drop",
        paths,
        position: new PhysicalPosition(position)
      })),
      each("tauri://drag-leave" /* DRAG_LEAVE */, () => ({ type: "leave" }))
    ]);
    return async () => {
      await Promise.all(unlisten2.map((end) => end()));
    };
  }

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

  // src/tauri/windowOptions.ts
  var UserAttentionType = /* @__PURE__ */ ((UserAttentionType2) => (UserAttentionType2[UserAttentionType2.Critical = 1] = "Critical", UserAttentionType2[UserAttentionType2.Informational = 2] = "Informational", UserAttentionType2))(UserAttentionType || {}), ProgressBarStatus = /* @__PURE__ */ ((ProgressBarStatus2) => (ProgressBarStatus2.None = "none", ProgressBarStatus2.Normal = "normal", ProgressBarStatus2.Indeterminate = "indeterminate", ProgressBarStatus2.Paused = "paused", ProgressBarStatus2.Error = "error", ProgressBarStatus2))(ProgressBarStatus || {}), Effect = /* @__PURE__ */ ((Effect2) => (Effect2.AppearanceBased = "appearanceBased", Effect2.Light = "light", Effect2.Dark = "dark", Effect2.MediumLight = "mediumLight", Effect2.UltraDark = "ultraDark", Effect2.Titlebar = "titlebar", Effect2.Selection = "selection", Effect2.Menu = "menu", Effect2.Popover = "popover", Effect2.Sidebar = "sidebar", Effect2.HeaderView = "headerView", Effect2.Sheet = "sheet", Effect2.WindowBackground = "windowBackground", Effect2.HudWindow = "hudWindow", Effect2.FullScreenUI = "fullScreenUI", Effect2.Tooltip = "tooltip", Effect2.ContentBackground = "contentBackground", Effect2.UnderWindowBackground = "underWindowBackground", Effect2.UnderPageBackground = "underPageBackground", Effect2.LiquidGlassRegular = "liquidGlassRegular", Effect2.LiquidGlassClear = "liquidGlassClear", Effect2.Mica = "mica", Effect2.Blur = "blur", Effect2.Acrylic = "acrylic", Effect2.Tabbed = "tabbed", Effect2.TabbedDark = "tabbedDark", Effect2.TabbedLight = "tabbedLight", Effect2))(Effect || {}), EffectState = /* @__PURE__ */ ((EffectState2) => (EffectState2.FollowsWindowActiveState = "followsWindowActiveState", EffectState2.Active = "active", EffectState2.Inactive = "inactive", EffectState2))(EffectState || {});

  // src/tauri/windowState.ts
  function ask(command, { label }) {
    return invoke(`plugin:window|${command}`, { label });
  }
  var WindowState = class extends Labelled {
    async scaleFactor() {
      return ask("scale_factor", this);
    }
    async isFullscreen() {
      return ask("is_fullscreen", this);
    }
    async isMinimized() {
      return ask("is_minimized", this);
    }
    async isMaximized() {
      return ask("is_maximized", this);
    }
    async isFocused() {
      return ask("is_focused", this);
    }
    async isDecorated() {
      return ask("is_decorated", this);
    }
    async isResizable() {
      return ask("is_resizable", this);
    }
    async isMaximizable() {
      return ask("is_maximizable", this);
    }
    async isMinimizable() {
      return ask("is_minimizable", this);
    }
    async isClosable() {
      return ask("is_closable", this);
    }
    async isVisible() {
      return ask("is_visible", this);
    }
    async isEnabled() {
      return ask("is_enabled", this);
    }
    async isAlwaysOnTop() {
      return ask("is_always_on_top", this);
    }
    async title() {
      return ask("title", this);
    }
    async theme() {
      return ask("theme", this);
    }
    async activityName() {
      return ask("activity_name", this);
    }
    async sceneIdentifier() {
      return ask("scene_identifier", this);
    }
    async innerPosition() {
      return new PhysicalPosition(await ask("inner_position", this));
    }
    async outerPosition() {
      return new PhysicalPosition(await ask("outer_position", this));
    }
    async innerSize() {
      return new PhysicalSize(await ask("inner_size", this));
    }
    async outerSize() {
      return new PhysicalSize(await ask("outer_size", this));
    }
  };

  // src/tauri/windowActions.ts
  function act(command, { label }) {
    return invoke(`plugin:window|${command}`, { label });
  }
  function set2(command, { label }, value) {
    return invoke(`plugin:window|${command}`, { label, value });
  }
  function asSize(size) {
    return "size" in size ? size : new Size(size);
  }
  function asPosition(position) {
    return "position" in position ? position : new Position(position);
  }
  function iconOf(icon) {
    return typeof icon == "object" && "rid" in icon ? icon.rid : icon;
  }
  var WindowActions = class extends WindowState {
    async center() {
      return act("center", this);
    }
    async maximize() {
      return act("maximize", this);
    }
    async unmaximize() {
      return act("unmaximize", this);
    }
    async toggleMaximize() {
      return act("toggle_maximize", this);
    }
    async minimize() {
      return act("minimize", this);
    }
    async unminimize() {
      return act("unminimize", this);
    }
    async show() {
      return act("show", this);
    }
    async hide() {
      return act("hide", this);
    }
    async setFocus() {
      return act("set_focus", this);
    }
    async startDragging() {
      return act("start_dragging", this);
    }
    /** Asks the window to close: who listens to the request may prevent it. */
    async close() {
      return act("close", this);
    }
    /** Closes the window without asking. */
    async destroy() {
      return act("destroy", this);
    }
    async setResizable(resizable) {
      return set2("set_resizable", this, resizable);
    }
    async setEnabled(enabled) {
      return set2("set_enabled", this, enabled);
    }
    async setMaximizable(maximizable) {
      return set2("set_maximizable", this, maximizable);
    }
    async setMinimizable(minimizable) {
      return set2("set_minimizable", this, minimizable);
    }
    async setClosable(closable) {
      return set2("set_closable", this, closable);
    }
    async setTitle(title) {
      return set2("set_title", this, title);
    }
    async setDecorations(decorations) {
      return set2("set_decorations", this, decorations);
    }
    async setShadow(enable) {
      return set2("set_shadow", this, enable);
    }
    async setEffects(effects) {
      return set2("set_effects", this, effects);
    }
    async setAlwaysOnTop(alwaysOnTop) {
      return set2("set_always_on_top", this, alwaysOnTop);
    }
    async setAlwaysOnBottom(alwaysOnBottom) {
      return set2("set_always_on_bottom", this, alwaysOnBottom);
    }
    async setContentProtected(contentProtected) {
      return set2("set_content_protected", this, contentProtected);
    }
    async setFullscreen(fullscreen) {
      return set2("set_fullscreen", this, fullscreen);
    }
    async setFullscreenOnMonitor(position) {
      return set2("set_fullscreen_on_monitor", this, position);
    }
    async setSimpleFullscreen(fullscreen) {
      return set2("set_simple_fullscreen", this, fullscreen);
    }
    async setFocusable(focusable) {
      return set2("set_focusable", this, focusable);
    }
    async setSkipTaskbar(skip) {
      return set2("set_skip_taskbar", this, skip);
    }
    async setCursorGrab(grab) {
      return set2("set_cursor_grab", this, grab);
    }
    async setCursorVisible(visible) {
      return set2("set_cursor_visible", this, visible);
    }
    async setCursorIcon(icon) {
      return set2("set_cursor_icon", this, icon);
    }
    async setBackgroundColor(color) {
      return set2("set_background_color", this, color);
    }
    async setIgnoreCursorEvents(ignore) {
      return set2("set_ignore_cursor_events", this, ignore);
    }
    async startResizeDragging(direction) {
      return set2("start_resize_dragging", this, direction);
    }
    async setBadgeCount(count) {
      return set2("set_badge_count", this, count);
    }
    async setBadgeLabel(label) {
      return set2("set_badge_label", this, label);
    }
    async setProgressBar(state) {
      return set2("set_progress_bar", this, state);
    }
    async setVisibleOnAllWorkspaces(visible) {
      return set2("set_visible_on_all_workspaces", this, visible);
    }
    async setTitleBarStyle(style) {
      return set2("set_title_bar_style", this, style);
    }
    async setTheme(theme) {
      return set2("set_theme", this, theme);
    }
    async clearEffects() {
      return set2("set_effects", this, null);
    }
    async requestUserAttention(requestType) {
      return set2(
        "request_user_attention",
        this,
        requestType && { type: UserAttentionType[requestType] }
      );
    }
    async setSize(size) {
      return set2("set_size", this, asSize(size));
    }
    async setMinSize(size) {
      return set2("set_min_size", this, size ? asSize(size) : null);
    }
    async setMaxSize(size) {
      return set2("set_max_size", this, size ? asSize(size) : null);
    }
    async setPosition(position) {
      return set2("set_position", this, asPosition(position));
    }
    async setCursorPosition(position) {
      return set2("set_cursor_position", this, asPosition(position));
    }
    async setSizeConstraints(constraints) {
      let { minWidth, minHeight, maxWidth, maxHeight } = constraints ?? {}, logical = (pixels) => pixels ? { Logical: pixels } : null;
      return set2("set_size_constraints", this, {
        minWidth: logical(minWidth),
        minHeight: logical(minHeight),
        maxWidth: logical(maxWidth),
        maxHeight: logical(maxHeight)
      });
    }
    async setIcon(icon) {
      return set2("set_icon", this, iconOf(icon));
    }
    async setOverlayIcon(icon) {
      return set2("set_overlay_icon", this, icon && iconOf(icon));
    }
  };

  // src/tauri/closing.ts
  var CloseRequestedEvent = class {
    constructor(event) {
      this.prevented = !1;
      this.event = event.event, this.id = event.id;
    }
    preventDefault() {
      this.prevented = !0;
    }
    isPreventDefault() {
      return this.prevented;
    }
  };

  // src/tauri/windowClass.ts
  function labelOf(window) {
    return typeof window == "object" ? window.label : window;
  }
  var Window = class extends WindowActions {
    /**
     * Creates a window, unless an object of one that exists is asked for by `getByLabel` and the
     * like.
     */
    constructor(label, options = {}) {
      super(label), !exists(options) && this.create("plugin:window|create", {
        options: { ...options, parent: labelOf(options.parent), label }
      });
    }
    get target() {
      return { kind: "Window", label: this.label };
    }
    static async getByLabel(label) {
      return (await getAllWindows()).find((window) => window.label === label) ?? null;
    }
    static getCurrent() {
      return getCurrentWindow();
    }
    static async getAll() {
      return getAllWindows();
    }
    static async getFocusedWindow() {
      for (let window of await getAllWindows())
        if (await window.isFocused()) return window;
      return null;
    }
    async onResized(handler) {
      return this.listen(
        "tauri://resize" /* WINDOW_RESIZED */,
        (event) => handler({ ...event, payload: new PhysicalSize(event.payload) })
      );
    }
    async onMoved(handler) {
      return this.listen(
        "tauri://move" /* WINDOW_MOVED */,
        (event) => handler({ ...event, payload: new PhysicalPosition(event.payload) })
      );
    }
    /**
     * While somebody listens, closing the window only asks. It closes when the handler is done, if
     * that has not prevented it.
     */
    async onCloseRequested(handler) {
      return this.listen("tauri://close-requested" /* WINDOW_CLOSE_REQUESTED */, async (event) => {
        let request = new CloseRequestedEvent(event);
        await handler(request), request.isPreventDefault() ? await invoke("plugin:window|refuse_close", { label: this.label }) : await this.destroy();
      });
    }
    async onDragDropEvent(handler) {
      return listenToDragDrop(this, handler);
    }
    async onFocusChanged(handler) {
      let each = (name, payload) => this.listen(name, (event) => handler({ ...event, payload })), unlisten2 = await Promise.all([
        each("tauri://focus" /* WINDOW_FOCUS */, !0),
        each("tauri://blur" /* WINDOW_BLUR */, !1)
      ]);
      return async () => {
        await Promise.all(unlisten2.map((end) => end()));
      };
    }
    async onScaleChanged(handler) {
      return this.listen(
        "tauri://scale-change" /* WINDOW_SCALE_FACTOR_CHANGED */,
        (event) => {
          let { scaleFactor, size } = event.payload;
          handler({ ...event, payload: { scaleFactor, size: new PhysicalSize(size) } });
        }
      );
    }
    async onThemeChanged(handler) {
      return this.listen("tauri://theme-changed" /* WINDOW_THEME_CHANGED */, handler);
    }
  };
  function getCurrentWindow() {
    return new Window(currentLabel(), EXISTING);
  }
  async function getAllWindows() {
    return (await invoke("plugin:window|get_all_windows")).map((label) => new Window(label, EXISTING));
  }

  // src/tauri/webview.ts
  function ask2(command, { label }) {
    return invoke(`plugin:webview|${command}`, { label });
  }
  function set3(command, { label }, value) {
    return invoke(`plugin:webview|${command}`, { label, value });
  }
  var webviewOnly = {
    async position(of) {
      return new PhysicalPosition(await ask2("webview_position", of));
    },
    async size(of) {
      return new PhysicalSize(await ask2("webview_size", of));
    },
    async setAutoResize(of, autoResize) {
      return set3("set_webview_auto_resize", of, autoResize);
    },
    async setZoom(of, scaleFactor) {
      return set3("set_webview_zoom", of, scaleFactor);
    },
    async setBackgroundColor(of, color) {
      return set3("set_webview_background_color", of, color);
    },
    async reparent({ label }, window) {
      return invoke("plugin:webview|reparent", { label, window: labelOf(window) });
    },
    async clearAllBrowsingData() {
      return invoke("plugin:webview|clear_all_browsing_data");
    }
  }, Webview = class extends Labelled {
    constructor(window, label, options) {
      super(label);
      this.window = window;
      !exists(options) && this.create("plugin:webview|create_webview", {
        windowLabel: window.label,
        options: { ...options, label }
      });
    }
    get target() {
      return { kind: "Webview", label: this.label };
    }
    static async getByLabel(label) {
      return (await getAllWebviews()).find((webview) => webview.label === label) ?? null;
    }
    static getCurrent() {
      return getCurrentWebview();
    }
    static async getAll() {
      return getAllWebviews();
    }
    async position() {
      return webviewOnly.position(this);
    }
    async size() {
      return webviewOnly.size(this);
    }
    async close() {
      return ask2("webview_close", this);
    }
    async setSize(size) {
      return set3("set_webview_size", this, asSize(size));
    }
    async setPosition(position) {
      return set3("set_webview_position", this, asPosition(position));
    }
    async setFocus() {
      return ask2("set_webview_focus", this);
    }
    async setAutoResize(autoResize) {
      return webviewOnly.setAutoResize(this, autoResize);
    }
    async hide() {
      return ask2("webview_hide", this);
    }
    async show() {
      return ask2("webview_show", this);
    }
    async setZoom(scaleFactor) {
      return webviewOnly.setZoom(this, scaleFactor);
    }
    async reparent(window) {
      return webviewOnly.reparent(this, window);
    }
    async clearAllBrowsingData() {
      return webviewOnly.clearAllBrowsingData();
    }
    async setBackgroundColor(color) {
      return webviewOnly.setBackgroundColor(this, color);
    }
    async onDragDropEvent(handler) {
      return listenToDragDrop(this, handler);
    }
  };
  function getCurrentWebview() {
    return new Webview(getCurrentWindow(), currentLabel(), EXISTING);
  }
  async function getAllWebviews() {
    return (await invoke(
      "plugin:webview|get_all_webviews"
    )).map(
      ({ windowLabel, label }) => new Webview(
        new Window(windowLabel, EXISTING),
        label,
        EXISTING
      )
    );
  }

  // src/tauri/webviewWindow.ts
  var webviewWindow_exports = {};
  __export(webviewWindow_exports, {
    WebviewWindow: () => WebviewWindow,
    getAllWebviewWindows: () => getAllWebviewWindows,
    getCurrentWebviewWindow: () => getCurrentWebviewWindow
  });
  var WebviewWindow = class extends Window {
    /**
     * Opens a window of that label; it listens to `tauri://created` and `tauri://error` to learn how
     * that went. For a window that exists there is `getByLabel`.
     */
    constructor(label, options = {}) {
      super(label, EXISTING), !exists(options) && this.create("plugin:webview|create_webview_window", {
        options: { ...options, parent: labelOf(options.parent), label }
      });
    }
    get target() {
      return { kind: "WebviewWindow", label: this.label };
    }
    /** The window alone. */
    get window() {
      return new Window(this.label, EXISTING);
    }
    static async getByLabel(label) {
      return (await getAllWebviewWindows()).find((window) => window.label === label) ?? null;
    }
    static getCurrent() {
      return getCurrentWebviewWindow();
    }
    static async getAll() {
      return getAllWebviewWindows();
    }
    /** Sets the window's, and then its webview's. */
    async setBackgroundColor(color) {
      return await super.setBackgroundColor(color), webviewOnly.setBackgroundColor(this, color);
    }
    async position() {
      return webviewOnly.position(this);
    }
    async size() {
      return webviewOnly.size(this);
    }
    async setAutoResize(autoResize) {
      return webviewOnly.setAutoResize(this, autoResize);
    }
    async setZoom(scaleFactor) {
      return webviewOnly.setZoom(this, scaleFactor);
    }
    async reparent(window) {
      return webviewOnly.reparent(this, window);
    }
    async clearAllBrowsingData() {
      return webviewOnly.clearAllBrowsingData();
    }
  };
  function getCurrentWebviewWindow() {
    return new WebviewWindow(currentLabel(), EXISTING);
  }
  async function getAllWebviewWindows() {
    return (await invoke("plugin:window|get_all_windows")).map((label) => new WebviewWindow(label, EXISTING));
  }

  // src/tauri/window.ts
  var window_exports = {};
  __export(window_exports, {
    CloseRequestedEvent: () => CloseRequestedEvent,
    Effect: () => Effect,
    EffectState: () => EffectState,
    LogicalPosition: () => LogicalPosition,
    LogicalSize: () => LogicalSize,
    PhysicalPosition: () => PhysicalPosition,
    PhysicalSize: () => PhysicalSize,
    ProgressBarStatus: () => ProgressBarStatus,
    UserAttentionType: () => UserAttentionType,
    WebviewWindow: () => WebviewWindow2,
    Window: () => Window,
    appWindow: () => appWindow,
    availableMonitors: () => availableMonitors,
    currentMonitor: () => currentMonitor,
    cursorPosition: () => cursorPosition,
    getAll: () => getAll,
    getAllWindows: () => getAllWindows,
    getCurrent: () => getCurrent,
    getCurrentWindow: () => getCurrentWindow,
    monitorFromPoint: () => monitorFromPoint,
    primaryMonitor: () => primaryMonitor
  });

  // src/tauri/monitor.ts
  function area({ position, size }) {
    return { position: new PhysicalPosition(position), size: new PhysicalSize(size) };
  }
  function monitor(raw) {
    let { name, scaleFactor, workArea } = raw;
    return { name, scaleFactor, ...area(raw), workArea: area(workArea) };
  }
  async function ask3(command, args) {
    let raw = await invoke(`plugin:window|${command}`, args);
    return raw && monitor(raw);
  }
  async function currentMonitor() {
    return ask3("current_monitor");
  }
  async function primaryMonitor() {
    return ask3("primary_monitor");
  }
  async function monitorFromPoint(x, y) {
    return ask3("monitor_from_point", { x, y });
  }
  async function availableMonitors() {
    return (await invoke("plugin:window|available_monitors")).map(monitor);
  }
  async function cursorPosition() {
    return new PhysicalPosition(await invoke("plugin:window|cursor_position"));
  }

  // src/tauri/windowV1.ts
  var WebviewWindow2 = class extends WebviewWindow {
    async emit(event, payload) {
      this.emitLocally(event, payload) || await emitTo(this.label, event, payload);
    }
    static async getByLabel(label) {
      return (await getAll()).find((window) => window.label === label) ?? null;
    }
    static getCurrent() {
      return getCurrent();
    }
    static async getAll() {
      return getAll();
    }
  };
  function existing(label) {
    return new WebviewWindow2(label, EXISTING);
  }
  var appWindow = /* @__PURE__ */ existing(/* @__PURE__ */ currentLabel());
  function getCurrent() {
    return existing(currentLabel());
  }
  async function getAll() {
    return (await getAllWebviewWindows()).map(({ label }) => existing(label));
  }

  // src/tauri/install.ts
  function define2(name, value) {
    define(globalThis, name, value, { configurable: !0, writable: !0 });
  }

  // src/tauri/global.ts
  KEY in globalThis && define2("__TAURI__", { ...index_exports });
})();
