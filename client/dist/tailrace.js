"use strict";
(() => {
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
  } = Object, { isArray, prototype: arrayPrototype } = Array, { isInteger } = Number, { ceil, clz32, floor, max, min } = Math, { parse: parseJson, stringify: stringifyJson } = JSON, { apply, ownKeys } = Reflect, asyncIterator = Symbol.asyncIterator, iterator = Symbol.iterator, toText = String, NativeError = Error, NativeEvalError = EvalError;
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
  function isError(value) {
    try {
      if (typeof value != "object" || value === null) return !1;
      let name = classOf(value);
      return name === "[object Error]" || name === "[object DOMException]" || value instanceof Error;
    } catch {
      return !1;
    }
  }
  var lowerCase = uncurry(String.prototype.toLowerCase), cutText = uncurry(String.prototype.slice);
  function tester(expression) {
    let { exec, test } = RegExp.prototype;
    return define(expression, "exec", exec), test.bind(expression);
  }
  var encoder = new TextEncoder(), decoder = new TextDecoder(), encodeText = encoder.encode.bind(encoder), decodeText = decoder.decode.bind(decoder), { fromCharCode } = String;
  function latin1(bytes) {
    let n = bytes.length, text = "";
    for (let at = 0; at < n; at += 4096) {
      let codes = list();
      for (let i = at; i < n && i < at + 4096; i++) codes[i - at] = bytes[i];
      text += apply(fromCharCode, void 0, codes);
    }
    return text;
  }
  var List = class extends Array {
    // The implicit constructor may ask the iterator of arrays.
    // biome-ignore lint/complexity/noUselessConstructor: see above
    constructor() {
      super();
    }
  };
  seclude(List);
  function list() {
    return new List();
  }
  function push(array, value) {
    array[array.length] = value;
  }
  function pushAll(array, values) {
    for (let i = 0; i < values.length; i++) array[array.length] = values[i];
  }
  function behind(array, n) {
    let rest = list();
    for (let i = n; i < array.length; i++) rest[i - n] = array[i];
    return rest;
  }
  var shift = uncurry(arrayPrototype.shift), pop = uncurry(arrayPrototype.pop);
  function includes(array, value) {
    for (let i = 0; i < array.length; i++) if (array[i] === value) return !0;
    return !1;
  }

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
  var ignore = () => {
  };
  async function settled(promise, ok, failed = ignore) {
    let value;
    try {
      value = await safe(promise);
    } catch (error) {
      failed(error);
      return;
    }
    ok(value);
  }
  async function rejected(error) {
    throw error;
  }
  function ignored(promise) {
    settled(promise, ignore);
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
  function listenTo(target, name, listener, capture = !1) {
    try {
      addListener(target, name, listener, capture);
    } catch {
      target.addEventListener(name, listener, capture);
    }
  }
  function unlisten(target, name, listener) {
    try {
      removeListener(target, name, listener);
    } catch {
      target.removeEventListener(name, listener);
    }
  }
  function reader(prototype, name) {
    let read = readerOf(prototype, name);
    return (object) => isKind(read, object) ? read(object) : object[name];
  }
  var isPersisted = reader(globalThis.PageTransitionEvent?.prototype, "persisted"), violations = globalThis.SecurityPolicyViolationEvent?.prototype, directiveOf = reader(violations, "effectiveDirective"), blockedOf = reader(violations, "blockedURI"), dispositionOf = reader(violations, "disposition"), isHidden = reader(globalThis.Document?.prototype, "hidden"), rootOf = reader(globalThis.Document?.prototype, "documentElement"), dataOf = reader(globalThis.HTMLElement?.prototype, "dataset"), signals = globalThis.AbortSignal?.prototype, isAborted = reader(signals, "aborted"), reasonOf = reader(signals, "reason"), NativeCustomEvent = globalThis.CustomEvent;
  function messengerTo(name) {
    if (name === void 0 || typeof NativeCustomEvent != "function") return;
    let { window: window2 } = globalThis;
    return (text) => {
      let init = { __proto__: null, detail: text }, event = new NativeCustomEvent(name, init);
      try {
        dispatch(window2, event);
      } catch {
        window2.dispatchEvent(event);
      }
    };
  }
  var NativeAbortController = globalThis.AbortController, controllers = NativeAbortController?.prototype, readSignal = readerOf(controllers, "signal"), abortController = methodOf(controllers, "abort"), Aborter = class {
    constructor() {
      this.controller = new NativeAbortController();
      this.signal = readSignal(this.controller);
    }
    abort() {
      abortController(this.controller);
    }
  }, NativeRequest = globalThis.XMLHttpRequest, requests = NativeRequest?.prototype, openRequest = methodOf(requests, "open"), setHeader = methodOf(requests, "setRequestHeader"), sendRequest = methodOf(requests, "send"), abortRequest = methodOf(requests, "abort"), requestStatus = readerOf(requests, "status"), requestText = readerOf(requests, "responseText");
  function askBy(url, headers2, body) {
    let request = new NativeRequest();
    return { answer: new NativePromise((resolve) => {
      listenTo(request, "loadend", () => {
        let status = requestStatus(request), asked = { __proto__: null, status, text: status === 0 ? "" : requestText(request) };
        resolve(status === 0 ? void 0 : asked);
      }), openRequest(request, "POST", url);
      let names = keysOf(headers2);
      for (let i = 0; i < names.length; i++) setHeader(request, names[i], headers2[names[i]]);
      sendRequest(request, body);
    }), abort: () => abortRequest(request) };
  }
  var post = NativeRequest === void 0 ? void 0 : askBy, responses = globalThis.Response?.prototype, readStatus = readerOf(responses, "status"), readBody = methodOf(responses, "arrayBuffer"), statusOf = reader(responses, "status");
  function bodyOf(response) {
    return isKind(readStatus, response) ? readBody(response) : response.arrayBuffer();
  }
  var headers = globalThis.Headers?.prototype, eachHeaderOf = methodOf(headers, "forEach"), hasHeader = methodOf(headers, "has");
  function eachHeader(value, each) {
    return isKind((self) => hasHeader(self, "x"), value) ? (eachHeaderOf(value, each), !0) : !1;
  }

  // src/errors.ts
  var TailraceError = class extends Error {
    constructor(code, message, detail) {
      super(message), define(this, "name", "TailraceError", { configurable: !0, writable: !0 });
      let own = { configurable: !0, writable: !0, enumerable: !0 };
      define(this, "code", code, own), detail !== void 0 && define(this, "detail", detail, own);
    }
  };
  function broken(rule) {
    return new TailraceError("protocol", `broken wire rule: ${rule}`);
  }
  function errorFrom(value, code, message) {
    let v = typeof value == "object" && value !== null ? value : {};
    return new TailraceError(
      typeof v.code == "string" ? v.code : code,
      typeof v.message == "string" ? v.message : message,
      v.detail
    );
  }
  function whenAborted(signal, callback) {
    if (isAborted(signal)) throw reasonOf(signal);
    let unheard = () => {
      try {
        unlisten(signal, "abort", aborted);
      } catch (error) {
        report(error);
      }
    }, aborted = () => {
      unheard();
      let reason;
      try {
        reason = reasonOf(signal);
      } catch (error) {
        reason = error;
      }
      callback(reason);
    };
    return listenTo(signal, "abort", aborted), unheard;
  }
  function callable(callback) {
    return typeof callback == "function" ? callback : void 0;
  }
  function guarded(callback, argument) {
    if (callback !== void 0)
      try {
        callback(argument);
      } catch (error) {
        report(error);
      }
  }

  // src/csp.ts
  function countRefusals(target, base) {
    let scheme = base.slice(0, base.indexOf(":")), n = 0;
    return listenTo(
      target,
      "securitypolicyviolation",
      (event) => {
        let directive = directiveOf(event), uri = blockedOf(event);
        directive !== "connect-src" && directive !== "default-src" || dispositionOf(event) !== "report" && (uri === scheme || uri === base || isBelow(uri, base)) && n++;
      },
      !0
      // what stops it on its way comes later
    ), () => n;
  }
  function isBelow(uri, base) {
    for (let i = 0; i < base.length; i++) if (uri[i] !== base[i]) return !1;
    return uri[base.length] === "/";
  }
  function blockedByPolicy(base) {
    return new TailraceError(
      "blocked_by_csp",
      `the page's Content-Security-Policy refuses requests to ${base}: its connect-src must have 'self' if the page is served from there, else ${base}`
    );
  }

  // src/builtins/bytes.ts
  var NativeUint8Array = Uint8Array, NativeUint32Array = Uint32Array, NativeArrayBuffer = ArrayBuffer, { isView } = ArrayBuffer, typedArrays = getPrototypeOf(Uint8Array.prototype), getLength = getterOf(typedArrays, "length"), getBuffer = getterOf(typedArrays, "buffer"), getOffset = getterOf(typedArrays, "byteOffset"), getBytes = getterOf(typedArrays, "byteLength"), { set } = typedArrays, ownLength = keepCall(getLength), ownBuffer = keepCall(getBuffer), ownOffset = keepCall(getOffset), ownBytes = keepCall(getBytes), ownSet = keepCall(set), slowLength = uncurry(getLength), slowBuffer = uncurry(getBuffer), slowOffset = uncurry(getOffset), slowBytes = uncurry(getBytes), slowSet = uncurry(set);
  function lengthOf(array) {
    return ownLength ? getLength.call(array) : slowLength(array);
  }
  function bufferOf(u8) {
    return ownBuffer ? getBuffer.call(u8) : slowBuffer(u8);
  }
  function offsetOf(u8) {
    return ownOffset ? getOffset.call(u8) : slowOffset(u8);
  }
  function copyInto(to, from, at) {
    ownSet ? set.call(to, from, at) : slowSet(to, from, at);
  }
  function viewOf(u8, from, to) {
    return new NativeUint8Array(bufferOf(u8), offsetOf(u8) + from, to - from);
  }
  function copyOf(u8) {
    return new NativeUint8Array(u8);
  }
  function wordsOf(u8) {
    return new NativeUint32Array(bufferOf(u8), 0, lengthOf(u8) >> 2);
  }
  var readSize = readerOf(ArrayBuffer.prototype, "byteLength");
  function sizeOf(buffer) {
    return isKind(readSize, buffer) ? readSize(buffer) : readSharedSize(buffer);
  }
  function isExact(u8) {
    let buffer = bufferOf(u8);
    return isKind(readSize, buffer) && readSize(buffer) === lengthOf(u8);
  }
  var classOf2 = uncurry(
    getterOf(typedArrays, Symbol.toStringTag)
  ), dataViews = DataView.prototype, viewBuffer = readerOf(dataViews, "buffer"), viewBytes = readerOf(dataViews, "byteLength"), viewOffset = readerOf(dataViews, "byteOffset"), shared = typeof SharedArrayBuffer == "function" ? SharedArrayBuffer.prototype : void 0, readSharedSize = readerOf(shared, "byteLength"), blobs = typeof Blob == "function" ? Blob.prototype : void 0, readBlob = readerOf(blobs, "size");
  function isBuffer(value) {
    return !isPlain(value) && (isKind(readSize, value) || isKind(readSharedSize, value));
  }
  function isBlob(value) {
    return typeof value == "object" && value !== null && !isPlain(value) && isKind(readBlob, value);
  }
  function areBytes(value) {
    return typeof value == "object" && value !== null && (isView(value) || isBuffer(value));
  }
  function bytesOf(value) {
    if (typeof value != "object" || value === null) return;
    if (!isView(value)) return isBuffer(value) ? new NativeUint8Array(value) : void 0;
    let length;
    try {
      length = ownBytes ? getBytes.call(value) : slowBytes(value);
    } catch {
      return new NativeUint8Array(viewBuffer(value), viewOffset(value), viewBytes(value));
    }
    let u8 = value;
    return length === 0 && copyOf(u8), new NativeUint8Array(bufferOf(u8), offsetOf(u8), length);
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
  function firstOf(set2) {
    return nextOfSet(setValues(set2)).value;
  }
  function firstKeyOf(map) {
    return nextOfMap(mapKeys(map)).value;
  }
  var readMapSize = readerOf(Map.prototype, "size");
  function isMap(value) {
    return !isPlain(value) && isKind(readMapSize, value);
  }
  var eachOfMap = uncurry(Map.prototype.forEach);

  // src/builtins/json.ts
  function stringify(value, replacer) {
    return hasOwn(arrayPrototype, "toJSON") || hasOwn(objectPrototype, "toJSON") ? textOf({ "": value }, "", replacer) : stringifyJson(value, replacer);
  }
  function textOf(holder, key, replacer) {
    let value = holder[key];
    if (typeof value == "object" && value !== null) {
      let { toJSON } = value;
      typeof toJSON == "function" && !isForeign(toJSON) && (value = apply(toJSON, value, [key]));
    }
    if (replacer !== void 0 && (value = apply(replacer, holder, [key, value])), value = unwrapped(value), typeof value != "object" || value === null) return stringifyJson(value);
    let text = "";
    if (isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        let element = textOf(value, `${i}`, replacer);
        text += `${i === 0 ? "" : ","}${element ?? "null"}`;
      }
      return `[${text}]`;
    }
    let keys = keysOf(value);
    for (let i = 0; i < keys.length; i++) {
      let property = textOf(value, keys[i], replacer);
      property !== void 0 && (text += `${text === "" ? "" : ","}${stringifyJson(keys[i])}:${property}`);
    }
    return `{${text}}`;
  }
  function isForeign(toJSON) {
    let { toJSON: ofObjects } = objectPrototype, { toJSON: ofArrays } = arrayPrototype;
    return toJSON === ofObjects || toJSON === ofArrays;
  }
  var wrapped = [
    uncurry(Number.prototype.valueOf),
    uncurry(String.prototype.valueOf),
    uncurry(Boolean.prototype.valueOf)
  ];
  function unwrapped(value) {
    if (typeof value != "object" || value === null || isPlain(value)) return value;
    for (let i = 0; i < wrapped.length; i++)
      if (isKind(wrapped[i], value)) return wrapped[i](value);
    return value;
  }

  // src/httpreplies.ts
  function replied(status, body) {
    return { __proto__: null, status, body };
  }
  function answered(status, text) {
    let whole = status !== 200 || parse(text) !== void 0;
    return { __proto__: null, status, text, whole };
  }
  function unreachable() {
    return new TailraceError("unreachable", "the Go side does not answer: is the app still running?");
  }
  function textOf2(body) {
    return body === void 0 ? "" : decodeText(new NativeUint8Array(body));
  }
  function parse(text) {
    try {
      return parseJson(text);
    } catch {
      return;
    }
  }
  function refusal(status, text) {
    let code = status === 403 ? "forbidden" : status === 410 ? "closed" : "refused";
    return errorFrom(parse(text), code, `the Go side answered with status ${status}`);
  }
  function readHello(value) {
    let hello = { __proto__: null, ...typeof value == "object" ? value : void 0 }, { session, label, pulls, posts, hold: hold2, maxBatch, maxMessage, window: window2, lanes, pending } = hello, between = (n, least, most) => isInteger(n) && n >= least && n <= most;
    if (hello.version !== 1)
      throw new TailraceError("protocol", `the Go side speaks version ${hello.version}, not 1`);
    if (typeof session != "string" || typeof label != "string" || !between(pulls, 1, 64) || !between(posts, 1, 64) || !between(hold2, 0, 6e5) || !between(maxBatch, 1024, 2 ** 30) || !between(maxMessage, 1, 2 ** 31) || !between(window2, 64, 2 ** 40) || !between(lanes, 1, 2 ** 32) || !between(pending, 1, 2 ** 32))
      throw new TailraceError("protocol", "a hello with fields missing or out of range");
    return hello;
  }

  // src/httprequests.ts
  var TRIES = 12, FIRST_WAIT = 50, LONGEST_WAIT = 1e3, HELLO_TIMEOUT = 1e4, WATCH = 2500;
  function newSlot(index) {
    return { index, request: 0, aborter: void 0, abort: void 0, until: 0, refusals: 0 };
  }
  var HttpRequests = class {
    constructor(options) {
      this.options = options;
      this.stopped = !1;
      /** The page's policy refuses requests, so that none is made any more. */
      this.blocked = !1;
      /** Slots with a request under way. */
      this.busy = new SafeSet();
      this.watching = !1;
      this.session = "";
      this.headers = headersOf({ "Tailrace-Version": "1" });
      options.memory === !0 && (this.headers["Tailrace-Memory"] = "1");
    }
    /** The requests are those of that session from now on. */
    open(session) {
      this.session = session, this.headers = headersOf({
        "Tailrace-Version": "1",
        "Tailrace-Session": session,
        "Content-Type": "application/octet-stream"
      });
    }
    stop() {
      this.stopped = !0, this.busy.forEach((slot) => {
        slot.abort?.abort();
      }), this.busy.clear();
    }
    /** A request outside of the batches, until it has an answer. */
    async ask(path, body) {
      let slot = newSlot(0);
      for (let tries = 1; !this.stopped; tries++) {
        if (this.blocked) throw blockedByPolicy(this.options.base);
        let answer = await safe(this.askOnce(path, body, slot));
        if (this.stopped) break;
        if (answer !== void 0 && answer.status !== 429 && answer.whole) return answer;
        if (tries === TRIES) throw unreachable();
        await safe(this.wait(tries)), answer === void 0 && this.lookForPolicy(slot);
      }
      throw new TailraceError("closed", "the session ended");
    }
    /** Undefined: the answer did not come. Never rejects. */
    async askOnce(path, body, slot) {
      let { post: post2 } = this.options;
      if (post2 === void 0) {
        let reply = await safe(this.fetch(path, body, slot, HELLO_TIMEOUT));
        return reply && answered(reply.status, textOf2(reply.body));
      }
      if (!this.blocked) {
        this.begin(slot, HELLO_TIMEOUT);
        try {
          let { answer, abort } = post2(this.url(path), this.headers, body);
          slot.abort = { abort };
          let asked = await safe(answer);
          return asked && answered(asked.status, asked.text);
        } catch {
          return;
        } finally {
          this.busy.delete(slot);
        }
      }
    }
    begin(slot, timeout) {
      slot.refusals = this.options.refusals(), slot.until = this.options.clock.now() + timeout, this.busy.add(slot), this.watch();
    }
    url(path) {
      return `${this.options.base}/.tailrace/${path}`;
    }
    /** A request of the slot's has failed: was it the page's policy? */
    lookForPolicy(slot) {
      return this.options.refusals() > slot.refusals && (this.blocked = !0), this.blocked;
    }
    /** Undefined: the answer did not come, or not whole. Never rejects. */
    async fetch(path, body, slot, timeout) {
      if (!this.blocked) {
        slot.aborter ??= new Aborter(), slot.abort = slot.aborter, this.begin(slot, timeout);
        try {
          let { signal } = slot.aborter, response = await safe(this.options.fetch(this.url(path), this.init(body, signal))), status = statusOf(response);
          return replied(status, status === 204 ? void 0 : await safe(bodyOf(response)));
        } catch {
          return;
        } finally {
          this.busy.delete(slot);
        }
      }
    }
    init(body, signal) {
      let { headers: headers2 } = this;
      return { __proto__: null, method: "POST", headers: headers2, body, signal, cache: "no-store" };
    }
    /** Aborts, from time to time, what takes too long. One timer serves all requests. */
    watch() {
      this.watching || this.stopped || (this.watching = !0, this.options.clock.setTimeout(() => {
        this.watching = !1;
        let now = this.options.clock.now();
        this.busy.forEach((slot) => {
          now < slot.until || (slot.abort?.abort(), slot.abort = void 0, slot.aborter = void 0);
        }), this.busy.size > 0 && this.watch();
      }, WATCH));
    }
    /** Waits before what has failed so many times in a row is tried again. */
    async wait(failures) {
      failures !== 1 && await safe(this.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 2))));
    }
    sleep(milliseconds) {
      return new NativePromise((resolve) => {
        this.options.clock.setTimeout(resolve, milliseconds);
      });
    }
    /**
     * A request that outlives the page. Nobody waits for its answer. WebKit sends a page's last
     * fetches up to 64 KB in all, and its messages to the app whatever they are.
     */
    outlive(path, body) {
      let { outlive } = this.options;
      if (outlive !== void 0) {
        outlive(`${this.session} ${path} ${latin1(body)}`);
        return;
      }
      if (this.blocked) return;
      let init = { __proto__: null, ...this.init(body, new Aborter().signal), keepalive: !0 };
      ignored(this.options.fetch(`${this.options.base}/.tailrace/${path}`, init));
    }
  };
  function headersOf(headers2) {
    return { __proto__: null, ...headers2 };
  }

  // src/http.ts
  var BUSY_WAIT = 20, GRACE = 1e4, SMALL = 16384, FAILED = /* @__PURE__ */ Symbol("failed"), HttpCarrier = class {
    constructor(options) {
      this.options = options;
      this.immediate = !1;
      this.waking = !1;
      /** Batches under way, and the slot that the page's last ones go through. */
      this.flying = new SafeSet();
      this.last = newSlot(0);
      this.hold = 0;
      this.free = list();
      /** Pull slots without a request. */
      this.idle = list();
      this.requests = new HttpRequests(options);
    }
    async hello() {
      let answer = await safe(this.requests.ask("hello", null));
      if (answer.status !== 200) throw refusal(answer.status, answer.text);
      return readHello(parse(answer.text));
    }
    /** Tells Go that shared memory is not used any more, and why. Then `resume` may follow. */
    async giveUp(reason) {
      let answer = await safe(this.requests.ask("carrier", stringify({ reason }))), { status, text } = answer;
      if (status < 200 || status >= 300) throw refusal(status, text);
    }
    start(peer, hello) {
      this.prepare(peer, hello), this.resume();
    }
    /** As start, but nothing moves before `resume`. */
    prepare(peer, hello) {
      this.peer = peer, this.hold = hello.hold, this.requests.open(hello.session);
      for (let i = 0; i < hello.posts; i++) push(this.free, newSlot(hello.pulls + i));
      this.last = this.free[0];
      for (let i = 0; i < hello.pulls; i++) push(this.idle, newSlot(i));
    }
    /** Another carrier goes on: no new pulls and posts; those under way come to their end. */
    pause(instead) {
      this.instead = instead;
    }
    /**
     * Begins to move batches, or goes on. `onblocked`: what to do if the page's policy forbids it,
     * but for ending the session.
     */
    resume(onblocked) {
      this.instead = void 0;
      let { peer } = this;
      if (peer === void 0 || this.requests.stopped) return;
      this.onblocked = onblocked ?? ((error) => peer.end(error));
      let { idle } = this;
      this.idle = list();
      for (let i = 0; i < idle.length; i++) this.pull(peer, idle[i]);
      this.flush();
    }
    wake() {
      this.waking || (this.waking = !0, microtask(() => {
        this.waking = !1, this.flush();
      }));
    }
    flush() {
      let { peer, instead, requests: requests2 } = this;
      if (instead !== void 0) {
        requests2.stopped || instead();
        return;
      }
      for (; peer !== void 0 && !requests2.stopped && !requests2.blocked && this.free.length > 0; ) {
        let out = peer.outgoing();
        if (out === void 0) return;
        this.post(peer, pop(this.free), out);
      }
    }
    leave(last) {
      let { peer, flying } = this;
      if (peer === void 0 || this.requests.stopped || this.instead !== void 0) return;
      let outs = list();
      for (flying.forEach((out) => {
        push(outs, out);
      }); ; ) {
        let out = peer.outgoing();
        if (out === void 0) break;
        push(outs, out);
      }
      for (let i = 0; i < outs.length; i++) {
        let { bytes } = peer.compose(outs[i], this.last.index, ++this.last.request, 0);
        this.requests.outlive("batch", bytes);
      }
      flying.clear(), last && this.sayLast();
    }
    /** Tells Go the number of the page's last batch, over whichever carrier that goes. */
    sayLast() {
      this.peer === void 0 || this.requests.stopped || this.requests.outlive("leave", encodeText(`{"last":${this.peer.lastSent}}`));
    }
    stop() {
      this.requests.stop();
    }
    async pull(peer, slot) {
      let failures = 0, out, next = this.request(peer, slot, out, this.hold);
      for (; ; ) {
        let answer = await safe(next);
        if (this.requests.stopped) return;
        if (answer === FAILED || answer !== void 0 && !taken(peer, answer)) {
          if (failures++, failures === TRIES ? peer.end(unreachable()) : await safe(this.requests.wait(failures)), this.requests.stopped) return;
          if (answer === FAILED && this.requests.lookForPolicy(slot)) {
            push(this.idle, slot), this.giveBack(peer, out);
            return;
          }
          let held = failures === 1 && this.instead === void 0;
          next = this.request(peer, slot, out, held ? this.hold : 0);
          continue;
        }
        if (failures = 0, out !== void 0 && (this.flying.delete(out), peer.delivered(out), this.wake()), out = void 0, this.instead !== void 0 && (peer.dispatch(), this.flush(), this.instead !== void 0))
          break;
        let small = answer?.body !== void 0 && sizeOf(answer.body) <= SMALL;
        if (small && (peer.dispatch(), out = peer.outgoing()), this.requests.stopped) return;
        next = this.request(peer, slot, out, this.hold), out?.leave(), small || peer.dispatch();
      }
      push(this.idle, slot);
    }
    async post(peer, slot, out) {
      for (let failures = 0; ; ) {
        let answer = await safe(this.request(peer, slot, out, 0));
        if (this.requests.stopped) return;
        if (answer !== FAILED && (answer === void 0 || taken(peer, answer))) break;
        if (failures++, failures === TRIES ? peer.end(unreachable()) : await safe(this.requests.wait(failures)), this.requests.stopped) return;
        if (answer === FAILED && this.requests.lookForPolicy(slot)) {
          push(this.free, slot), this.giveBack(peer, out);
          return;
        }
      }
      this.flying.delete(out), peer.delivered(out), push(this.free, slot), this.flush(), peer.dispatch(), this.flush();
    }
    /** No request is made any more: what was to go by one goes another way, if there is one. */
    giveBack(peer, out) {
      out !== void 0 && (this.flying.delete(out), peer.again([out]));
      let { instead, onblocked } = this;
      this.onblocked = void 0, instead !== void 0 ? instead() : onblocked?.(blockedByPolicy(this.options.base));
    }
    /** Sends one request, its receipts and credits those of the moment of the call. Never rejects. */
    async request(peer, slot, out, hold2) {
      let { requests: requests2 } = this, composed = peer.compose(out, slot.index, ++slot.request, hold2);
      for (out !== void 0 && this.flying.add(out); ; ) {
        let answer = await safe(requests2.fetch("batch", composed.bytes, slot, this.hold + GRACE));
        if (requests2.stopped) return;
        if (answer === void 0)
          return peer.undelivered(composed.credits), FAILED;
        if (answer.status === 429) {
          if (await safe(requests2.sleep(BUSY_WAIT)), requests2.stopped) return;
        } else {
          if (answer.status >= 200 && answer.status < 300)
            return answer.status === 204 ? void 0 : answer.body === void 0 ? FAILED : answer;
          peer.end(refusal(answer.status, textOf2(answer.body)));
          return;
        }
      }
    }
  };
  function taken(peer, { body }) {
    return body !== void 0 && peer.receive(body);
  }

  // src/key.ts
  var KEY = /* @__PURE__ */ Symbol.for("tailrace");

  // src/channelargs.ts
  var collecting;
  function refuseNested() {
    if (collecting !== void 0)
      throw new TailraceError(
        "invalid_args",
        "invoke was called while another invoke reads its arguments"
      );
  }
  function stringifyWithChannels(args, collect, replacer) {
    refuseNested(), collecting = collect;
    try {
      return stringify(args, replacer);
    } finally {
      collecting = void 0;
    }
  }
  function laneInside(core) {
    if (collecting === void 0)
      throw new TailraceError(
        "invalid_args",
        "a channel can only be sent inside the arguments of invoke"
      );
    return `__CHANNEL__:${collecting(core)}`;
  }

  // src/wire.ts
  var JSON_ = 1, BYTES = 2, EVENT = 3, EVAL = 4, INVOKE = 5, RESULT = 6, ERROR = 7, CANCEL = 8, OPEN = 9, CLOSE = 10, BEGIN = 11, MIDDLE = 12, END = 13, ABORT = 14, HEADER = 48, CLOSING = 8, CREDIT = 16, RUN = 24, FRAME = 8, AHEAD = 32, EVENT_JSON = 0, EVENT_BYTES = 1, QUIET = 1, NATIVE = 2, NOT_ALLOWED = 3, BEGIN_HEAD = 16, MAGIC = 827085396, HIGH = 4294967296, SAFE_HIGH = 2097152, CONTROL_DOWN = 1, CONTROL_UP = 2, CHANNEL_DOWN = 4, CHANNEL_UP = 8, CONTROL = CONTROL_DOWN | CONTROL_UP, CHANNEL = CHANNEL_DOWN | CHANNEL_UP, PLACES = new Uint8Array(256);
  PLACES[JSON_] = CHANNEL;
  PLACES[BYTES] = CHANNEL;
  PLACES[EVENT] = CONTROL_DOWN;
  PLACES[EVAL] = CONTROL_DOWN;
  PLACES[INVOKE] = CONTROL_UP;
  PLACES[RESULT] = CONTROL;
  PLACES[ERROR] = CONTROL;
  PLACES[CANCEL] = CONTROL_UP;
  PLACES[OPEN] = CONTROL_DOWN;
  PLACES[CLOSE] = CHANNEL;
  PLACES[BEGIN] = CONTROL | CHANNEL;
  PLACES[MIDDLE] = CONTROL | CHANNEL;
  PLACES[END] = CONTROL | CHANNEL;
  PLACES[ABORT] = CONTROL | CHANNEL;
  function readU64(u32, word) {
    let high = u32[word + 1];
    if (high >= SAFE_HIGH) throw broken("a 64-bit number of 2^53 or more");
    return high * HIGH + u32[word];
  }
  function writeU64(u32, word, value) {
    u32[word] = value >>> 0, u32[word + 1] = floor(value / HIGH);
  }
  function checkKind(kind, lane, places) {
    if (kind > ABORT)
      throw broken(kind > 255 ? "nonzero reserved bytes in a frame" : `unknown kind ${kind}`);
    if ((PLACES[kind] & places) === 0) throw broken(`misplaced kind ${kind} on lane ${lane}`);
  }
  function mayCome(kind, lane) {
    return kind < CLOSE && (PLACES[kind] & (lane === 0 ? CONTROL_DOWN : CHANNEL_DOWN)) !== 0;
  }
  function checkControl(u32, kind, offset, length) {
    let word = offset >> 2, wrong;
    if (kind === RESULT ? (wrong = length < 8 || u32[word + 1] > 2, !wrong && u32[word + 1] === 2 && (wrong = length !== 24 || u32[word + 3] !== 0)) : kind === EVENT ? (wrong = length < 8 || u32[word] === 0 || u32[word] > (length - 8) / 4, wrong ||= u32[word + 1] > EVENT_BYTES) : kind === EVAL ? wrong = length < 8 || u32[word + 1] > (QUIET | NATIVE) : wrong = length < 8 || u32[word + 1] !== 0 || kind === OPEN && length !== 16, wrong) throw broken(`malformed payload of kind ${kind}`);
  }

  // src/channelmessage.ts
  function encodeMessage(message) {
    let bytes = givenBytes(message, "invalid_message");
    if (bytes !== void 0) return { kind: BYTES, payload: bytes };
    let text = stringify(message);
    if (text === void 0)
      throw new TailraceError("invalid_message", "this message has no JSON form");
    return { kind: JSON_, payload: encodeText(text) };
  }
  function givenBytes(value, code) {
    let bytes;
    try {
      bytes = bytesOf(value);
    } catch (error) {
      throw areBytes(value) ? new TailraceError(
        code,
        "these bytes are not there any more: their buffer was transferred, or has become shorter than the view"
      ) : error;
    }
    if (bytes === void 0 && isBlob(value))
      throw new TailraceError(code, "a Blob has no JSON form: pass await blob.arrayBuffer()");
    return bytes;
  }

  // src/early.ts
  var waiting = new SafeSet(), over = () => {
  };
  function watchSession(error) {
    over = error;
  }
  function refuseEarly(error) {
    let channels = list();
    waiting.forEach((channel) => {
      push(channels, channel);
    }), waiting.clear();
    for (let i = 0; i < channels.length; i++) channels[i].refuseEarly(error);
  }
  function waitForCall(channel) {
    let error = over();
    return error === void 0 && waiting.add(channel), error;
  }
  function waitNoMore(channel) {
    waiting.delete(channel);
  }

  // src/jsonrun.ts
  function decodeJson(bytes) {
    try {
      return parseJson(decodeText(bytes));
    } catch {
      throw broken("a JSON payload that is not JSON");
    }
  }
  function parseRun(batch, at, bytes, count, align, kind, words, take2) {
    let { u32, u8 } = batch, head = 4 * words, mask = align - 1, stop = at + bytes, lengths = list(), costs = list(), frame = at;
    for (let n = 0; n < count && stop - frame >= head; n++) {
      let word = frame >> 2, length = u32[word];
      if (u32[word + 1] !== kind || length > stop - frame - 8 || length < head - 8 || take2 !== void 0 && !take2(word)) return;
      let cost = 8 + length + mask & ~mask;
      push(lengths, length), push(costs, cost), frame += cost;
    }
    if (costs.length !== count || frame !== stop) return;
    frame = at;
    for (let n = 0; n < count; n++) {
      let word = frame >> 2, end = frame + 8 + lengths[n];
      frame += costs[n];
      for (let i = 0; i < words; i++) u32[word + i] = 538976288;
      u8[4 * (word + words) - 1] = n === 0 ? 91 : 44;
      for (let i = end; i < frame; i++) u8[i] = 32;
    }
    let values;
    try {
      values = parseJson(`${decodeText(viewOf(u8, at, stop))}]`);
    } catch {
      throw broken("a JSON payload that is not JSON");
    }
    if (values.length !== count) throw broken("a JSON payload that is not one value");
    return { values, lengths, costs };
  }

  // src/level.ts
  var Level = class {
    constructor() {
      this.amount = 0;
      this.highAt = 1 / 0;
      this.lowAt = 0;
      this.raised = !1;
      // over the low threshold since onlow was due last
      this.high = !1;
      // the high threshold was reached since then
      this.tellHigh = !1;
      this.tellLow = !1;
      this.telling = !1;
      this.over = !1;
      this.tell = () => {
        this.telling = !1;
        let { tellHigh, tellLow } = this;
        this.tellHigh = !1, this.tellLow = !1, tellHigh && this.amount < this.highAt ? this.high = !1 : tellHigh && guarded(this.onhigh, void 0), tellLow && this.amount <= this.lowAt && guarded(this.onlow, void 0);
      };
    }
    add(bytes) {
      this.over || (this.amount += bytes, this.check());
    }
    remove(bytes) {
      this.over || (this.amount -= bytes, this.check());
    }
    /** Nothing waits any more, and nothing will: who waits for the low threshold learns it. */
    end() {
      this.remove(this.amount), this.over = !0;
    }
    get highThreshold() {
      return this.highAt;
    }
    set highThreshold(bytes) {
      this.highAt = threshold(bytes), this.check();
    }
    get lowThreshold() {
      return this.lowAt;
    }
    set lowThreshold(bytes) {
      this.lowAt = threshold(bytes), this.check();
    }
    check() {
      if (this.amount > this.lowAt ? this.raised = !0 : this.raised && (this.raised = !1, this.high = !1, this.tellLow = !0), this.amount >= this.highAt && !this.high && (this.high = !0, this.tellHigh = !0), !(!this.tellHigh && !this.tellLow || this.telling)) {
        if (this.onhigh === void 0 && this.onlow === void 0) {
          this.tellHigh = !1, this.tellLow = !1;
          return;
        }
        this.telling = !0, microtask(this.tell);
      }
    }
  };
  function threshold(bytes) {
    if (!(bytes >= 0))
      throw new TailraceError("invalid_args", `a threshold is a number of bytes, not ${bytes}`);
    return bytes;
  }
  var levelsOf;
  function keepLevels(of) {
    levelsOf = of;
  }
  var Levelled = class {
    get bufferedAmount() {
      return levelsOf(this).buffered.amount;
    }
    get bufferedAmountHighThreshold() {
      return levelsOf(this).buffered.highThreshold;
    }
    set bufferedAmountHighThreshold(bytes) {
      levelsOf(this).buffered.highThreshold = bytes;
    }
    get onbufferedamounthigh() {
      return levelsOf(this).buffered.onhigh;
    }
    set onbufferedamounthigh(callback) {
      levelsOf(this).buffered.onhigh = callable(callback);
    }
    get bufferedAmountLowThreshold() {
      return levelsOf(this).buffered.lowThreshold;
    }
    set bufferedAmountLowThreshold(bytes) {
      levelsOf(this).buffered.lowThreshold = bytes;
    }
    get onbufferedamountlow() {
      return levelsOf(this).buffered.onlow;
    }
    set onbufferedamountlow(callback) {
      levelsOf(this).buffered.onlow = callable(callback);
    }
    get unreadAmount() {
      return levelsOf(this).waiting.amount;
    }
    get unreadAmountHighThreshold() {
      return levelsOf(this).waiting.highThreshold;
    }
    set unreadAmountHighThreshold(bytes) {
      levelsOf(this).waiting.highThreshold = bytes;
    }
    get onunreadamounthigh() {
      return levelsOf(this).waiting.onhigh;
    }
    set onunreadamounthigh(callback) {
      levelsOf(this).waiting.onhigh = callable(callback);
    }
    get unreadAmountLowThreshold() {
      return levelsOf(this).waiting.lowThreshold;
    }
    set unreadAmountLowThreshold(bytes) {
      levelsOf(this).waiting.lowThreshold = bytes;
    }
    get onunreadamountlow() {
      return levelsOf(this).waiting.onlow;
    }
    set onunreadamountlow(callback) {
      levelsOf(this).waiting.onlow = callable(callback);
    }
  };

  // src/channelcore.ts
  var ChannelCore = class {
    constructor(own, borrow) {
      this.own = own;
      this.borrow = borrow;
      /** No more messages will arrive, or this side has closed. */
      this.closed = !1;
      this.thrown = !1;
      // an iterator throws the error once, then it is done
      this.iterating = !1;
      this.ending = !1;
      // onclose is still due
      this.draining = !1;
      this.waiters = list();
      this.queue = list();
      this.head = 0;
      this.early = list();
      /** What was sent and has not left the page. */
      this.buffered = new Level();
      /** What has come and nobody has taken. */
      this.waiting = new Level();
    }
    get unread() {
      return this.head < this.queue.length;
    }
    // ---- from the lane
    message(lane, batch, kind, offset, length, cost, owned) {
      if (this.closed) {
        lane.consumed += cost;
        return;
      }
      let { u8 } = batch, value;
      kind !== BYTES ? value = decodeJson(viewOf(u8, offset, offset + length)) : owned ? value = u8 : this.own || this.borrow && !this.handsNow ? value = copyOf(viewOf(u8, offset, offset + length)) : value = new NativeUint8Array(bufferOf(u8), offset, length), this.hand(lane, value, length, cost);
    }
    /** A message goes straight to the callback. */
    get handsNow() {
      return this.onmessage !== void 0 && !this.iterating && this.head === this.queue.length;
    }
    hand(lane, value, length, cost) {
      let { onmessage } = this;
      if (onmessage !== void 0 && this.handsNow) {
        try {
          onmessage(value);
        } catch (error) {
          report(error);
        }
        lane.consumed += cost;
        return;
      }
      let waiter = shift(this.waiters);
      if (waiter !== void 0) {
        lane.consumed += cost, waiter.resolve({ value, done: !1 });
        return;
      }
      push(this.queue, { value, length, cost }), this.waiting.add(length);
    }
    frames(lane, batch, at, bytes, count, align) {
      if (this.closed) return 0;
      let kind = batch.u32[(at >> 2) + 1];
      if (kind === BYTES) return this.bytesFrames(lane, batch, at, at + bytes, count, align - 1);
      if (kind !== JSON_) return 0;
      let run = parseRun(batch, at, bytes, count, align, JSON_, 2);
      if (run === void 0) return 0;
      for (let n = 0; n < count; n++)
        this.closed ? lane.consumed += run.costs[n] : this.hand(lane, run.values[n], run.lengths[n], run.costs[n]);
      return count;
    }
    /**
     * Hands messages of bytes to the callback, in a loop of its own: half the time of `message` for
     * each. It stops at what is not such a message, and when the callback has changed anything.
     */
    bytesFrames(lane, { u8, u32 }, at, stop, count, mask) {
      let { onmessage } = this;
      if (onmessage === void 0 || this.own || !this.handsNow) return 0;
      let buffer = bufferOf(u8), n = 0;
      for (; n < count && stop - at >= FRAME; ) {
        let word = at >> 2, length = u32[word];
        if (u32[word + 1] !== BYTES || length > stop - at - FRAME) break;
        let stride = FRAME + length + mask & ~mask;
        if (stride > stop - at) break;
        let message = new NativeUint8Array(buffer, at + FRAME, length);
        at += stride, n++;
        try {
          onmessage(message);
        } catch (error) {
          report(error);
        }
        if (lane.consumed += stride, this.closed || this.iterating || this.onmessage !== onmessage) break;
      }
      return n;
    }
    ended(error) {
      this.buffered.end(), !this.closed && (this.closed = !0, this.error = error, this.ending = !0, this.finishWaiters(), this.attached(), this.finishIfRead());
    }
    queued(bytes) {
      this.buffered.add(bytes);
    }
    left(bytes) {
      this.buffered.remove(bytes);
    }
    finishWaiters() {
      let { waiters } = this;
      this.waiters = list();
      for (let i = 0; i < waiters.length; i++) this.finish(waiters[i]);
    }
    finish(waiter) {
      if (this.error === void 0 || this.thrown) {
        waiter.resolve({ value: void 0, done: !0 });
        return;
      }
      this.thrown = !0, waiter.reject(this.error);
    }
    finishIfRead() {
      if (!this.ending || this.unread) return;
      this.ending = !1;
      let { error, onclose, onerror } = this;
      error !== void 0 && guarded(onerror, error), guarded(onclose, error), this.over?.(), this.onmessage = void 0;
    }
    // ---- from the user
    setOnmessage(callback) {
      this.onmessage = callable(callback), !(this.onmessage === void 0 || !this.unread || this.draining) && (this.draining = !0, microtask(() => {
        this.draining = !1, this.drain();
      }));
    }
    drain() {
      for (; this.unread && !this.iterating; ) {
        let { onmessage } = this;
        if (onmessage === void 0) return;
        let { value, cost } = this.shift();
        guarded(onmessage, value), this.lane?.consume(cost);
      }
      this.finishIfRead();
    }
    shift() {
      let first = this.queue[this.head];
      return this.queue[this.head++] = void 0, this.head === this.queue.length && (this.queue = list(), this.head = 0), this.waiting.remove(first.length), first;
    }
    iterate() {
      if (this.borrow)
        throw new TailraceError(
          "borrowed",
          "the messages of a channel with `borrow` are valid inside onmessage only: it cannot be iterated"
        );
      let iterator2 = {
        next: () => new NativePromise((resolve, reject) => {
          if (this.iterating = !0, this.unread) {
            let { value, cost } = this.shift();
            this.lane?.consume(cost), resolve({ value, done: !1 }), this.finishIfRead();
          } else this.closed ? this.finish({ resolve, reject }) : push(this.waiters, { resolve, reject });
        }),
        return: async () => (this.close(), { value: void 0, done: !0 }),
        [asyncIterator]: () => iterator2
      };
      return iterator2;
    }
    close() {
      this.closed || (this.closed = !0, this.ending = !0), this.finishWaiters();
      let cost = 0;
      for (; this.unread; ) cost += this.shift().cost;
      cost > 0 && this.lane?.consume(cost), this.lane?.close(), this.attached(), microtask(() => this.finishIfRead());
    }
    send(message) {
      return new NativePromise((resolve, reject) => {
        let { kind, payload: payload2 } = encodeMessage(message), length = lengthOf(payload2), { lane } = this;
        if (lane?.tooLarge(length) === void 0 && this.refusal() === void 0 && lane?.trySend(kind, payload2)) {
          resolve();
          return;
        }
        let copy = kind === BYTES ? copyOf(payload2) : payload2;
        this.buffered.add(length);
        let refused = (error) => {
          this.buffered.remove(length), reject(error);
        }, go = () => {
          let refusal2 = this.refusal();
          refusal2 !== void 0 ? refused(refusal2) : this.lane?.send({ kind, payload: copy, opens: void 0, accepted: resolve, refused });
        };
        if (lane !== void 0 || this.closed) {
          go();
          return;
        }
        let over2 = waitForCall(this);
        over2 === void 0 ? push(this.early, { go, refused }) : refused(over2);
      });
    }
    trySend(message) {
      let { kind, payload: payload2 } = encodeMessage(message), { lane } = this;
      if (lane === void 0 || this.refusal() !== void 0) return !1;
      let tooLarge = lane.tooLarge(lengthOf(payload2));
      if (tooLarge !== void 0) throw tooLarge;
      return lane.trySend(kind, payload2);
    }
    refusal() {
      if (this.closed || this.lane?.localClosed)
        return new TailraceError("channel_ended", "the channel has ended");
      if (this.lane?.oneWay)
        return new TailraceError("one_way", "the Go side does not receive on this channel");
    }
    /** The channel has its lane for good: what was sent before goes there. */
    attached() {
      let { early } = this;
      if (early.length !== 0) {
        this.early = list(), waitNoMore(this);
        for (let i = 0; i < early.length; i++) early[i].go();
      }
    }
    refuseEarly(error) {
      let { early } = this;
      this.early = list();
      for (let i = 0; i < early.length; i++) early[i].refused(error);
    }
  };

  // src/pinned.ts
  var pinned = new SafeWeakMap();
  function pin(buffer) {
    pinned.set(buffer, !0);
  }
  function isPinned(buffer) {
    return pinned.has(buffer);
  }

  // src/channel.ts
  var LEVELS = [
    "bufferedAmountHighThreshold",
    "onbufferedamounthigh",
    "bufferedAmountLowThreshold",
    "onbufferedamountlow",
    "unreadAmountHighThreshold",
    "onunreadamounthigh",
    "unreadAmountLowThreshold",
    "onunreadamountlow"
  ], coreOf;
  function giveCores(of) {
    coreOf = of, keepLevels(of);
  }
  var Channel = class extends Levelled {
    // It leads to the session and its carrier: not even a subclass of the page's gets it.
    #core;
    constructor(onmessage) {
      let options = typeof onmessage == "function" ? { onmessage } : onmessage ?? {};
      if (options.own === !0 && options.borrow === !0)
        throw new TailraceError("invalid_args", "a channel has either `own` or `borrow`");
      super();
      let core = new ChannelCore(options.own === !0, options.borrow === !0);
      core.onmessage = callable(options.onmessage), this.#core = core, coreOf === void 0 && giveCores((channel) => channel.#core);
      for (let i = 0; i < LEVELS.length; i++) {
        let value = options[LEVELS[i]];
        value !== void 0 && (this[LEVELS[i]] = value);
      }
    }
    get onmessage() {
      return this.#core.onmessage;
    }
    set onmessage(callback) {
      this.#core.setOnmessage(callback);
    }
    get onclose() {
      return this.#core.onclose;
    }
    set onclose(callback) {
      this.#core.onclose = callable(callback);
    }
    get onerror() {
      return this.#core.onerror;
    }
    set onerror(callback) {
      this.#core.onerror = callable(callback);
    }
    get id() {
      return this.#core.lane?.id;
    }
    get closed() {
      return this.#core.closed;
    }
    close() {
      this.#core.close();
    }
    send(message) {
      return this.#core.send(message);
    }
    trySend(message) {
      return this.#core.trySend(message);
    }
    [Symbol.asyncIterator]() {
      return this.#core.iterate();
    }
    toJSON() {
      return laneInside(this.#core);
    }
  };
  function take(message) {
    return isExact(message) && !isPinned(bufferOf(message)) ? message : copyOf(message);
  }

  // src/numbers.ts
  var Numbers = class {
    constructor(last = 0) {
      this.last = last;
      this.wrapped = !1;
    }
    next(used) {
      do
        this.last === 4294967295 && (this.last = 0, this.wrapped = !0), this.last++;
      while (this.wrapped && used(this.last));
      return this.last;
    }
    /** Whether that number was ever given. */
    given(number) {
      return number > 0 && (this.wrapped ? number <= 4294967295 : number <= this.last);
    }
  };

  // src/calls.ts
  var Calls = class {
    constructor(first) {
      /** How many may run at once. */
      this.most = 0;
      this.calls = new SafeMap();
      /** Calls that Go has, or will have with the next batch. */
      this.active = new SafeSet();
      /** Calls beyond `most`, in their order. */
      this.held = new SafeMap();
      this.numbers = new Numbers(first - 1);
    }
    add(call2) {
      let id = this.numbers.next((id2) => this.calls.has(id2) || this.active.has(id2));
      return this.calls.set(id, call2), id;
    }
    /** Starts a call when few enough are running, or drops it: it was cancelled before. */
    start(id, call2) {
      if (!this.calls.has(id)) {
        call2.drop();
        return;
      }
      this.held.set(id, call2), this.startHeld();
    }
    startHeld() {
      for (; this.active.size < this.most; ) {
        let id = firstKeyOf(this.held), call2 = id === void 0 ? void 0 : this.held.get(id);
        if (id === void 0 || call2 === void 0) return;
        this.held.delete(id), this.active.add(id), call2.start();
      }
    }
    settle(id) {
      if (!this.numbers.given(id)) throw broken("a result of what was never invoked");
      let call2 = this.calls.get(id);
      return this.calls.delete(id), this.active.delete(id) && this.startHeld(), call2;
    }
    /** The caller does not wait for that call any more. True: Go has it, and is to be told. */
    cancel(id) {
      this.calls.delete(id);
      let held = this.held.get(id);
      return held === void 0 ? this.active.has(id) : (this.held.delete(id), held.drop(), !1);
    }
    /** The session has ended. */
    end(error) {
      this.held.clear(), this.active.clear();
      let calls = list();
      this.calls.forEach((call2) => {
        push(calls, call2);
      }), this.calls.clear();
      for (let i = 0; i < calls.length; i++) calls[i].reject(error);
    }
  };

  // src/controleval.ts
  function runScript(source) {
    return host.eval(source);
  }
  function forbidsEval() {
    try {
      return runScript("0"), !1;
    } catch {
      return !0;
    }
  }
  function isEvalError(error) {
    try {
      return error instanceof NativeEvalError;
    } catch {
      return !1;
    }
  }
  function textOf3(of, name) {
    try {
      let value = of[name];
      return typeof value == "string" ? value : void 0;
    } catch {
      return;
    }
  }
  function asError(parts) {
    if (typeof parts != "object" || parts === null) return parts;
    let error = new NativeError(textOf3(parts, "message")), name = textOf3(parts, "name"), stack = textOf3(parts, "stack");
    return name !== void 0 && define(error, "name", name), stack !== void 0 && define(error, "stack", stack), error;
  }
  function evalError(error, withStack = !0) {
    let tell2 = (message, name, stack) => stringify({ code: "eval", message, detail: { name, stack } });
    try {
      if (!isError(error)) return tell2(toText(error));
      let name = textOf3(error, "name"), stack = withStack ? textOf3(error, "stack") : void 0;
      return tell2(textOf3(error, "message") ?? "eval failed", name, stack);
    } catch {
      return tell2("eval failed");
    }
  }

  // src/lanesink.ts
  var BodySink = class {
    constructor(length, take2, fail) {
      this.length = length;
      this.take = take2;
      this.fail = fail;
      this.unread = !1;
      this.done = !1;
    }
    message(lane, batch, kind, offset, length, cost) {
      if (lane.consumed += cost, kind !== BYTES || length !== this.length || this.done)
        throw broken("a body lane carries one message of the length that was announced");
      this.done = !0, this.take(viewOf(batch.u8, offset, offset + length));
    }
    ended(error) {
      this.done || this.fail(error ?? errorFrom(void 0, "body_lost", "the raw result ended early"));
    }
  };

  // src/control.ts
  var LONGEST_NATIVE = 1e4, NATIVE_KEY = /* @__PURE__ */ Symbol.for("tailrace.native"), ignore2 = () => {
  };
  function hold(native, lane, cost) {
    native.lane = lane, native.cost = cost;
  }
  var ControlSink = class {
    constructor(owner) {
      this.owner = owner;
      /** Eval was forbidden once: a document's policy never gets weaker. */
      this.forbidden = !1;
      this.held = list();
    }
    get unread() {
      return this.native !== void 0 || this.held.length > 0;
    }
    message(lane, batch, kind, offset, length, cost, owned) {
      let { u8, u32 } = batch;
      checkControl(u32, kind, offset, length);
      let word = offset >> 2;
      if (kind === OPEN) {
        this.opened(u32[word], readU64(u32, word + 2)), this.native === void 0 ? lane.consumed += cost : push(this.held, { lane, cost, handle: ignore2 });
        return;
      }
      let body = kind === RESULT && u32[word + 1] === 2 ? this.openBody(u32, word) : void 0, handle = () => {
        kind === EVENT ? this.event(u8, u32, offset, length) : body !== void 0 ? this.lateResult(u32[word], body) : this.handle(kind, u32[word], u32[word + 1], viewOf(u8, offset + 8, offset + length), owned);
      };
      if (this.native !== void 0) {
        push(this.held, { lane, cost, handle });
        return;
      }
      handle(), this.native === void 0 ? lane.consumed += cost : hold(this.native, lane, cost);
    }
    /** A run of JSON events only, each for one subscription, is parsed at once. */
    frames(lane, batch, at, bytes, count, align) {
      if (this.native !== void 0 || batch.u32[(at >> 2) + 1] !== EVENT) return 0;
      let { u32 } = batch, subs = list(), run = parseRun(batch, at, bytes, count, align, EVENT, 5, (word) => (push(subs, u32[word + 4]), u32[word + 2] === 1 && u32[word + 3] === EVENT_JSON));
      if (run === void 0) return 0;
      for (let n = 0; n < count; n++)
        lane.consumed += run.costs[n], this.owner.parsedEvent(subs[n], run.values[n]);
      return count;
    }
    handle(kind, id, second, body, owned) {
      switch (kind) {
        case RESULT:
          if (second === 1)
            this.owner.settle(id)?.resolve(owned ? copyOf(body) : body);
          else {
            let value = lengthOf(body) === 0 ? void 0 : decodeJson(body);
            this.owner.settle(id)?.resolve(value);
          }
          break;
        case ERROR: {
          let error = errorFrom(decodeJson(body), "error", "the command failed");
          this.owner.settle(id)?.reject(error);
          break;
        }
        case EVAL:
          this.evaluate(id, second, decodeText(body));
          break;
        default:
          throw broken(`kind ${kind} on the control lane`);
      }
    }
    event(u8, u32, offset, length) {
      let word = offset >> 2, count = u32[word], subs = list();
      for (let i = 0; i < count; i++) subs[i] = u32[word + 2 + i];
      let payload2 = viewOf(u8, offset + 8 + 4 * count, offset + length);
      this.owner.event(subs, u32[word + 1], payload2);
    }
    openBody(u32, word) {
      let sink, body = new NativePromise((resolve, reject) => {
        sink = new BodySink(readU64(u32, word + 4), resolve, reject);
      });
      return ignored(body), this.owner.openRemote(u32[word + 2], sink), body;
    }
    lateResult(id, body) {
      let call2 = this.owner.settle(id);
      call2 !== void 0 && settled(
        body,
        (bytes) => call2.resolve(bytes),
        (error) => call2.reject(error)
      );
    }
    opened(id, window2) {
      let lane = this.owner.findOpened(id);
      lane !== void 0 && (lane.openWindow(window2), window2 === 0 && lane.refuseWaiting(
        errorFrom(void 0, "one_way", "the Go side does not receive on this channel")
      ));
    }
    /** In the global scope. */
    evaluate(id, flags, source) {
      let quiet = (flags & QUIET) !== 0, native = (flags & NATIVE) !== 0;
      if (native && this.forbidden) {
        this.evaluateNatively(id, quiet);
        return;
      }
      let natively = (error) => (this.forbidden = isEvalError(error) && forbidsEval(), native && this.forbidden && this.evaluateNatively(id, quiet), native && this.forbidden);
      this.answer(id, quiet, () => runScript(source), natively);
    }
    /**
     * Answers with what a script gives, awaited if it is a promise. `elsewhere`: somebody else
     * answers for its error.
     */
    answer(id, quiet, script, elsewhere) {
      let succeed = (value2) => {
        if (quiet) return;
        let text;
        try {
          text = stringify(value2);
        } catch (error) {
          fail(error);
          return;
        }
        reply(RESULT, text ?? "null");
      }, fail = (error) => {
        quiet && report(error), send(ERROR, evalError(error)) !== void 0 && reply(ERROR, evalError(error, !1));
      }, reply = (kind, text) => {
        let tooLarge = send(kind, text);
        tooLarge !== void 0 && send(ERROR, evalError(tooLarge, !1));
      }, send = (kind, text) => {
        let tooLarge = this.owner.tooLarge(8 + text.length);
        if (tooLarge !== void 0) return tooLarge;
        let message = payload(id, 0, text);
        return tooLarge = this.owner.tooLarge(lengthOf(message)), tooLarge === void 0 && this.owner.sendControl(kind, message), tooLarge;
      }, value, pending = !1;
      try {
        value = script(), pending = typeof value?.then == "function";
      } catch (error) {
        elsewhere?.(error) || fail(error);
        return;
      }
      pending ? settled(new NativePromise((resolve) => resolve(value)), succeed, fail) : succeed(value);
    }
    // ---- scripts that Go evaluates
    /** Asks Go for it, and stops the lane until its script has told of its end. */
    evaluateNatively(id, quiet) {
      let timer = this.owner.startTimer(() => {
        let seconds = LONGEST_NATIVE / 1e3;
        report(new TailraceError("native_eval", `a script that Go evaluates took over ${seconds} s`)), this.resume();
      }, LONGEST_NATIVE);
      this.native = { id, quiet, timer, lane: void 0, cost: 0 }, define(globalThis, NATIVE_KEY, (ran, last, error) => this.evaluated(ran, last, error), { configurable: !0 }), this.owner.sendControl(RESULT, payload(id, NOT_ALLOWED, ""));
    }
    /**
     * A script of Go's has run up to `last`, a function that gives its value, or throws what it
     * threw. Without one it has no value, or did not run: `error`, as `{name, message, stack}`.
     * Reports whether the lane waited for this script.
     */
    evaluated(id, last, error) {
      let { native } = this;
      return native?.id !== id ? !1 : (this.owner.stopTimer(native.timer), this.answer(id, native.quiet, () => {
        if (typeof last == "function") return last();
        if (error !== void 0) throw asError(error);
      }), this.resume(), !0);
    }
    resume() {
      let ran = this.native;
      this.native = void 0;
      try {
        for (ran?.lane?.consume(ran.cost); this.native === void 0; ) {
          let next = shift(this.held);
          if (next === void 0) return;
          let { lane, cost } = next;
          next.handle(), this.native === void 0 ? lane.consume(cost) : hold(this.native, lane, cost);
        }
      } catch (error) {
        this.owner.end(error);
      }
    }
    ended() {
      this.native !== void 0 && this.owner.stopTimer(this.native.timer), this.native = void 0, this.held = list();
    }
  };
  function payload(id, second, text) {
    let body = encodeText(text), bytes = new NativeUint8Array(8 + lengthOf(body)), head = new NativeUint32Array(bufferOf(bytes), 0, 2);
    return head[0] = id, head[1] = second, copyInto(bytes, body, 8), bytes;
  }

  // src/wireread.ts
  var LONGEST = 2147483647, APART = 2147483648, APART_HEAD = 16, GONE = /* @__PURE__ */ Symbol("gone");
  function openBatch(buffer, up) {
    let length = sizeOf(buffer);
    if (length % 8 === 0)
      return readBatch(
        new NativeUint32Array(buffer),
        new NativeUint8Array(buffer),
        length,
        up,
        !1,
        void 0
      );
  }
  function readBatch(u32, u8, length, up, reused, apart) {
    if (length < HEADER + CLOSING || length % 8 !== 0 || length > LONGEST) return;
    let last = (length >> 2) - 2;
    if (u32[1] !== length || u32[last] !== u32[2] || u32[last + 1] !== u32[3]) return;
    if (u32[0] !== MAGIC) throw broken("wrong magic or version");
    let number = readU64(u32, 2), receipt = readU64(u32, 4), selective = u32[6], credits = u32[7];
    if (u32[11] !== 0 || !up && (u32[8] | u32[9] | u32[10]) !== 0)
      throw broken("nonzero reserved bytes in a batch header");
    let room = length - HEADER - CLOSING;
    if (credits * CREDIT > room) throw broken("credits past their batch");
    if (number === 0 && (credits * CREDIT !== room || !up && credits !== 0))
      throw broken("a batch without number carries data");
    return {
      u32,
      u8,
      length,
      reused,
      apart,
      number,
      receipt,
      selective,
      credits,
      slot: u32[8],
      request: u32[9],
      hold: u32[10]
    };
  }
  function eachCredit(batch, credit) {
    let { u32 } = batch;
    for (let i = 0, word = HEADER / 4; i < batch.credits; i++, word += CREDIT / 4) {
      if (u32[word + 1] !== 0) throw broken("nonzero reserved bytes in a credit");
      credit(u32[word], readU64(u32, word + 2));
    }
  }
  function walk(batch, up, runs) {
    let { u32 } = batch, end = batch.length - CLOSING, at = HEADER + batch.credits * CREDIT;
    for (; at < end; ) {
      if (end - at < RUN) throw broken("a run header past its batch");
      let word = at >> 2, lane = u32[word], count = u32[word + 1], first = readU64(u32, word + 2), bytes = u32[word + 4], align = u32[word + 5];
      at += RUN;
      let apart = align >= APART ? batch.apart : void 0;
      if (apart !== void 0 && (align -= APART), align !== 8 && align !== 16 && align !== 32 && align !== 64) throw broken("wrong align");
      if (count === 0) throw broken("a run without frames");
      if (bytes > end - at) throw broken("a run past its batch");
      let places = lane === 0 ? up ? CONTROL_UP : CONTROL_DOWN : up ? CHANNEL_UP : CHANNEL_DOWN, mask = align - 1, stop = at + bytes;
      if (apart !== void 0) {
        if (count !== 1 || bytes !== FRAME + APART_HEAD) throw broken("a run that is not one frame");
        let length = u32[at >> 2], kind = u32[(at >> 2) + 1];
        if (checkKind(kind, lane, places), length <= APART_HEAD || length > LONGEST - 2 * align) throw broken("a frame of no rest");
        let stride = FRAME + length + mask & ~mask, target2 = runs.run(lane, 1, first, align);
        target2 === void 0 ? apart.fill(new NativeUint8Array(length), 0, length - APART_HEAD, !1) : target2.apart?.(batch, apart, kind, at + FRAME, length, stride), at = stop;
        continue;
      }
      let target = runs.run(lane, count, first, align);
      if (target === void 0) {
        at = stop;
        continue;
      }
      let taken2 = 0;
      if (count > 1 && target.frames !== void 0 && bytes >= FRAME) {
        if (taken2 = target.frames(batch, at, bytes, count, align), taken2 === count) {
          at = stop;
          continue;
        }
        for (let n = 0; n < taken2; n++) at += FRAME + u32[at >> 2] + mask & ~mask;
      }
      for (let n = taken2; n < count; n++) {
        let left = stop - at;
        if (left < FRAME) throw broken("a frame header past its run");
        word = at >> 2;
        let length = u32[word], kind = u32[word + 1];
        if ((kind > ABORT || (PLACES[kind] & places) === 0) && checkKind(kind, lane, places), length > left - FRAME) throw broken("a frame past its run");
        let stride = FRAME + length + mask & ~mask;
        if (stride > left) throw broken("padding past its run");
        target.frame(batch, kind, at + FRAME, length, stride), at += stride;
      }
      if (at !== stop) throw broken("a run longer than its frames");
    }
  }
  function keepBatch(batch) {
    let { apart, length } = batch, u8 = batch.reused ? copyOf(viewOf(batch.u8, 0, length)) : batch.u8, u32 = batch.reused ? wordsOf(u8) : batch.u32, kept = { ...batch, u8, u32, reused: !1 };
    return apart === void 0 ? kept : { ...kept, apart: new Kept(kept, apart) };
  }
  var Kept = class {
    constructor({ u32, length, credits }, from) {
      this.live = !1;
      this.rests = list();
      let end = length - CLOSING, at = HEADER + credits * CREDIT;
      for (; end - at >= RUN; ) {
        let word = at >> 2;
        if (u32[word + 5] >= APART) {
          let n = u32[word + 6] - APART_HEAD;
          if (n <= 0 || n > LONGEST) throw broken("a frame of no rest");
          let rest = new NativeUint8Array(n);
          from.fill(rest, 0, n, !1), push(this.rests, rest);
        }
        at += RUN + u32[word + 4];
      }
    }
    fill(u8, at, length) {
      let rest = shift(this.rests);
      if (rest === void 0 || lengthOf(rest) !== length)
        throw broken("the rest of another frame");
      copyInto(u8, rest, at);
    }
    skip() {
    }
  };

  // src/arrivals.ts
  var Arrivals = class {
    constructor() {
      /** Every batch up to this number has come whole. */
      this.receipt = 0;
      this.early = new SafeMap();
      /** Those up to `receipt` that `next` has not given. */
      this.whole = list();
    }
    /** Whether a batch of that number is there or was. Throws if it is too far ahead. */
    had(number) {
      let next = this.receipt + 1;
      if (number >= next + AHEAD) throw broken("more than 32 batches ahead");
      return number < next || number === this.live?.number || this.early.has(number);
    }
    add(batch) {
      batch.number !== this.receipt + 1 ? this.early.set(batch.number, keepBatch(batch)) : batch.apart?.live ? this.live = batch : (this.receipt = batch.number, push(this.whole, batch), this.takeEarly());
    }
    /** The next batch to walk. Then `walked` or `interrupted` is due. */
    next() {
      return shift(this.whole) ?? this.live;
    }
    walked(batch) {
      batch === this.live && (this.live = void 0, this.receipt = batch.number, this.takeEarly());
    }
    /** What the batch does not hold itself did not come: the whole batch will, once more. */
    interrupted() {
      this.live = void 0;
    }
    /** Bit i: the batch `receipt + 2 + i` has come. */
    get selective() {
      let bits = 0;
      return this.early.forEach((_batch, number) => {
        bits |= 1 << number - this.receipt - 2;
      }), bits >>> 0;
    }
    clear() {
      this.whole = list(), this.live = void 0, this.early.clear();
    }
    takeEarly() {
      for (; this.early.size > 0; ) {
        let next = this.early.get(this.receipt + 1);
        if (next === void 0) return;
        this.early.delete(next.number), this.receipt = next.number, push(this.whole, next);
      }
    }
  };

  // src/downward.ts
  var Downward = class {
    constructor(lanes, owed, fail) {
      this.lanes = lanes;
      this.owed = owed;
      this.fail = fail;
      this.arrivals = new Arrivals();
      /** The number of the last batch whose way ended while it was walked. */
      this.interrupted = 0;
    }
    dispatch() {
      for (; ; ) {
        let batch = this.arrivals.next();
        if (batch === void 0) break;
        this.walking = batch;
        try {
          walk(batch, !1, this), this.runDone();
        } catch (error) {
          if (error !== GONE) {
            this.fail(error);
            return;
          }
          this.interrupt(batch);
          break;
        }
        this.arrivals.walked(batch);
      }
      this.owed.receipt && this.owed.armLazy();
    }
    /**
     * The rest of the frame under way has not come. Its batch will, once more: what was handed out is
     * passed over then.
     */
    interrupt(batch) {
      this.running !== void 0 && this.running.nextIn--, this.running = void 0, this.arrivals.interrupted(), this.interrupted = batch.number;
    }
    run(id, count, first) {
      this.runDone();
      let lane = this.lanes.byNumber.get(id), { walking } = this;
      if (!(walking?.number === this.interrupted && this.lanes.handedOut(id, lane, first + count))) {
        if (lane === void 0) throw broken(`frames of the unknown lane ${id}`);
        if (first !== lane.nextIn)
          throw broken(`frame ${first} of lane ${id} instead of ${lane.nextIn}`);
        if (walking?.reused && lane.sink.borrow !== !0)
          throw broken(`frames of lane ${id} in a batch of borrowed ones`);
        return lane.nextIn += count, this.running = lane, lane;
      }
    }
    /** Accounts, once a run, for what its frames have added to the lane's credit. */
    runDone() {
      let lane = this.running;
      this.running = void 0, lane !== void 0 && lane.consumed > lane.announced && this.owed.consumed(lane);
    }
    /** The session has ended. */
    end() {
      this.arrivals.clear();
    }
  };

  // src/laneout.ts
  function withoutAnswer(kind, payload2, opens) {
    return { kind, payload: payload2, opens, accepted: void 0, refused: void 0 };
  }

  // src/lanepart.ts
  function beginPart(u32, offset, length, lane, maxMessage) {
    let word = offset >> 2;
    if (length < BEGIN_HEAD || u32[word + 3] !== 0) throw broken("malformed begin");
    let kind = u32[word + 2];
    if (!mayCome(kind, lane)) throw broken(`begin of kind ${kind} on lane ${lane}`);
    let total = readU64(u32, word);
    if (total > maxMessage) throw broken("a message over maxMessage");
    return { kind, u8: new NativeUint8Array(total), total, filled: 0, held: 0 };
  }
  function fillApart(u8, at, batch, rest, offset, length, own) {
    copyInto(u8, viewOf(batch.u8, offset, offset + 16), at), rest.fill(u8, at + 16, length - 16, own);
  }

  // src/wirewrite.ts
  function encodeBatch(header, credits, runs) {
    let start = HEADER + credits.length / 2 * CREDIT, length = start + (runs === void 0 ? 0 : lengthOf(runs)) + CLOSING, u8 = new NativeUint8Array(length);
    return runs !== void 0 && copyInto(u8, runs, start), writeAround(u8, length, header, credits), u8;
  }
  function encodeInPlace(header, credits, runs) {
    let start = HEADER + credits.length / 2 * CREDIT, offset = runs === void 0 ? 0 : offsetOf(runs);
    if (runs === void 0 || offset < start) return encodeBatch(header, credits, runs);
    let length = start + lengthOf(runs) + CLOSING, u8 = new NativeUint8Array(bufferOf(runs), offset - start, length);
    return writeAround(u8, length, header, credits), u8;
  }
  function writeAround(u8, length, header, credits) {
    let entries = credits.length / 2, u32 = new NativeUint32Array(bufferOf(u8), offsetOf(u8), length >> 2);
    u32[0] = MAGIC, u32[1] = length, writeU64(u32, 2, header.number), writeU64(u32, 4, header.receipt), u32[6] = header.selective, u32[7] = entries, u32[8] = header.slot, u32[9] = header.request, u32[10] = header.hold, u32[11] = 0;
    for (let i = 0, word = HEADER / 4; i < entries; i++, word += CREDIT / 4)
      u32[word] = credits[2 * i], u32[word + 1] = 0, writeU64(u32, word + 2, credits[2 * i + 1]);
    writeU64(u32, (length >> 2) - 2, header.number);
  }
  function strideOf(length) {
    return FRAME + length + 7 & -8;
  }
  var SMALL_RUNS = 16384, SPARES = 8, RunWriter = class {
    constructor(capacity, front = 0) {
      this.capacity = capacity;
      this.front = front;
      this.spares = list();
      this.runWord = 0;
      /** The lane of the run under way; -1: there is none. */
      this.lane = -1;
      /** The bytes of the runs so far. */
      this.length = 0;
      this.size = front + capacity + CLOSING, this.u8 = new NativeUint8Array(this.size), this.u32 = wordsOf(this.u8);
    }
    /** Bytes of stride that still fit for this lane. */
    room(lane) {
      return this.capacity - this.length - (lane === this.lane ? 0 : RUN);
    }
    beginRun(lane, first) {
      let { u32 } = this, word = this.front + this.length >> 2;
      this.runWord = word, this.lane = lane, u32[word] = lane, u32[word + 1] = 0, writeU64(u32, word + 2, first), u32[word + 4] = 0, u32[word + 5] = 8, this.length += RUN;
    }
    /** Writes one frame: `head` (16 bytes or nothing) and then bytes `from` to `to` of `payload`. */
    frame(kind, head, payload2, from, to) {
      let { u8, u32 } = this, headed = head === void 0 ? 0 : BEGIN_HEAD, length = headed + to - from, stride = strideOf(length), at = this.front + this.length, word = at >> 2;
      u32[at + stride - 4 >> 2] = 0, u32[at + stride - 8 >> 2] = 0, u32[word] = length, u32[word + 1] = kind, at += FRAME, head !== void 0 && copyInto(u8, head, at), at += headed;
      let whole = from === 0 && to === lengthOf(payload2);
      copyInto(u8, whole ? payload2 : viewOf(payload2, from, to), at), this.length += stride, u32[this.runWord + 1]++, u32[this.runWord + 4] += stride;
    }
    /**
     * What was written; the writer is empty again. The bytes stay until they are given to `release`.
     */
    take() {
      let { u8, front, length } = this;
      this.length = 0, this.lane = -1;
      let runs = viewOf(u8, front, front + length);
      return length <= SMALL_RUNS ? copyOf(runs) : (this.u8 = new NativeUint8Array(pop(this.spares) ?? new NativeArrayBuffer(this.size)), this.u32 = wordsOf(this.u8), runs);
    }
    /** Nobody needs these runs, which `take` has given, any more. */
    release(runs) {
      let buffer = bufferOf(runs);
      sizeOf(buffer) === this.size && this.spares.length < SPARES && push(this.spares, buffer);
    }
  };
  function beginHead(total, kind) {
    let u32 = new NativeUint32Array(BEGIN_HEAD / 4);
    return writeU64(u32, 0, total), u32[2] = kind, new NativeUint8Array(bufferOf(u32));
  }

  // src/lane.ts
  var NOTHING = new Uint8Array(0), Lane = class {
    // of the first ready message, when it goes in fragments
    constructor(id, owner, sink) {
      this.id = id;
      this.owner = owner;
      this.sink = sink;
      // Downward.
      this.nextIn = 0;
      /** Strides consumed since the lane was opened: the credit. */
      this.consumed = 0;
      /** The part of `consumed` that a request has carried. */
      this.announced = 0;
      this.dirty = !1;
      /** No more credit is told: what is dropped from now on must not look consumed. */
      this.muted = !1;
      this.remoteClosed = !1;
      /** What fragments of aborted messages hold behind unread ones. */
      this.aborted = 0;
      // Upward.
      /** The other side knows the lane, so that frames may follow. */
      this.named = !1;
      this.localClosed = !1;
      this.closeSent = !1;
      this.queued = !1;
      this.nextOut = 0;
      this.window = -1;
      // not known yet
      this.reserved = 0;
      this.sent = 0;
      /** Bytes of payload in the batch that is being written. */
      this.batched = 0;
      this.credited = 0;
      this.waiting = list();
      this.ready = list();
      this.offset = 0;
    }
    // ---- downward
    frame(batch, kind, offset, length, stride) {
      if (this.remoteClosed) throw broken("a frame behind its lane\u2019s close");
      kind < CLOSE ? this.sink.message(this, batch, kind, offset, length, stride, !1) : kind === CLOSE ? (this.consumed += stride, this.closed(length === 0 ? void 0 : decodeJson(viewOf(batch.u8, offset, offset + length)))) : this.fragment(batch, kind, offset, length, stride);
    }
    apart(batch, rest, kind, offset, length, stride) {
      if (this.remoteClosed) throw broken("a frame behind its lane\u2019s close");
      if (kind > CLOSE) {
        this.fragment(batch, kind, offset, length, stride, rest);
        return;
      }
      let u8 = new NativeUint8Array(length);
      fillApart(u8, 0, batch, rest, offset, length, this.sink.own === !0), kind < CLOSE ? this.sink.message(this, { u8, u32: wordsOf(u8) }, kind, 0, length, stride, !0) : (this.consumed += stride, this.closed(decodeJson(u8)));
    }
    frames(batch, at, bytes, count, align) {
      return this.sink.frames === void 0 || this.remoteClosed ? 0 : this.sink.frames(this, batch, at, bytes, count, align);
    }
    fragment(batch, kind, offset, length, stride, rest) {
      let { part } = this;
      if (kind === BEGIN) {
        if (part !== void 0) throw broken("begin inside a message that was begun");
        part = beginPart(batch.u32, offset, length, this.id, this.owner.maxMessage), offset += BEGIN_HEAD, length -= BEGIN_HEAD;
      } else if (part === void 0)
        throw broken("a fragment of no message");
      if (kind === ABORT && length !== 0) throw broken("malformed abort");
      if (length > part.total - part.filled) throw broken("fragments longer than their message");
      if (rest === void 0)
        copyInto(part.u8, viewOf(batch.u8, offset, offset + length), part.filled);
      else {
        let own = this.sink.own === !0;
        kind === BEGIN ? rest.fill(part.u8, 0, length, own) : fillApart(part.u8, part.filled, batch, rest, offset, length, own);
      }
      if (this.part = part, this.sink.unread || kind === END ? part.held += stride : this.consumed += stride, kind === ABORT) {
        this.part = void 0, this.sink.unread ? this.aborted += part.held : this.consumed += part.held;
        return;
      }
      if (part.filled += length, kind === BEGIN || kind === MIDDLE) return;
      if (kind === END && part.filled !== part.total)
        throw broken("fragments shorter than their message");
      this.part = void 0;
      let whole = { u8: part.u8, u32: wordsOf(part.u8) };
      this.sink.message(this, whole, part.kind, 0, part.total, part.held, !0);
    }
    /** Gives back the credit that fragments hold behind unread messages: there are none any more. */
    releaseHeld() {
      this.consumed += this.aborted, this.aborted = 0, this.part !== void 0 && this.part.held > 0 && (this.consumed += this.part.held, this.part.held = 0);
    }
    /** Consumed outside of a run: by an iterator, or at the end of a channel. */
    consume(cost) {
      this.consumed += cost, this.sink.unread || this.releaseHeld(), this.owner.consumed(this);
    }
    closed(reason) {
      this.remoteClosed = !0, this.part = void 0;
      let error = reason === void 0 ? void 0 : errorFrom(reason, "channel_ended", "ended by Go");
      this.close(), this.sink.ended(error), this.goneIfDone();
    }
    goneIfDone() {
      this.remoteClosed && this.closeSent && this.owner.gone(this);
    }
    // ---- upward
    /** The window is known: hello's, or that of the channel's open frame. */
    openWindow(window2) {
      window2 > this.window && (this.window = window2), this.pump();
    }
    /** undefined: not known yet. */
    get oneWay() {
      return this.window < 0 ? void 0 : this.window === 0;
    }
    /** Sends in order, as soon as the window lets it. */
    send(message) {
      push(this.waiting, message), this.pump();
    }
    /**
     * Sends what is accepted at once, or does nothing: false. `payload` is the caller's own again
     * afterwards.
     */
    trySend(kind, payload2) {
      if (this.owner.left) return !1;
      let length = lengthOf(payload2);
      if (this.waiting.length > 0 || !this.fits(length)) return !1;
      this.reserved += this.stridesOf(length), this.sink.queued?.(length);
      let message = withoutAnswer(kind, payload2);
      return push(this.ready, message), this.ready.length === 1 && this.named && this.owner.write(this), this.ready.length > 0 && (message.payload = copyOf(payload2), this.owner.sendable(this)), !0;
    }
    tooLarge(length) {
      let { maxMessage } = this.owner;
      if (!(length <= maxMessage))
        return new TailraceError(
          "too_large",
          `a message of ${length} bytes is over the limit of ${maxMessage}: send it in parts`
        );
    }
    fits(length) {
      return this.owner.leaving ? this.reserved - this.credited + this.stridesOf(length) <= this.window : this.window > 0 && (this.reserved === this.credited || this.reserved - this.credited + min(this.stridesOf(length), FRAME + 16 + this.owner.chunk) <= this.window);
    }
    stridesOf(length) {
      let chunk = this.owner.chunk;
      return length <= chunk ? strideOf(length) : FRAME * ceil(length / chunk) + 16 + (length + 7 & -8);
    }
    pump() {
      if (this.owner.left) return;
      let n = 0;
      for (; n < this.waiting.length; ) {
        let message = this.waiting[n], length = lengthOf(message.payload);
        if (!this.fits(length)) break;
        n++;
        let tooLarge = this.tooLarge(length);
        if (tooLarge !== void 0) {
          message.refused?.(tooLarge);
          continue;
        }
        this.reserved += this.stridesOf(length), push(this.ready, message), message.accepted?.();
      }
      n > 0 && (this.waiting = behind(this.waiting, n)), this.ready.length > 0 && this.owner.sendable(this);
    }
    /** Closes this direction, behind what was accepted; what waits for the window is refused. */
    close(error) {
      this.localClosed || (this.localClosed = !0, this.refuseWaiting(error), push(this.ready, withoutAnswer(CLOSE, NOTHING)), this.reserved += strideOf(0), this.owner.sendable(this));
    }
    refuseWaiting(error = new TailraceError("channel_ended", "the channel has ended")) {
      let refused = this.waiting;
      this.waiting = list();
      for (let i = 0; i < refused.length; i++) refused[i].refused?.(error);
    }
    credit(total) {
      if (total > this.sent) throw broken("a credit for what was never sent");
      total <= this.credited || (this.credited = total, this.pump());
    }
    passes(stride) {
      return this.sent === this.credited || this.sent - this.credited + stride <= this.window;
    }
    /** Frames could be written now, given the room. */
    get hasReady() {
      return !this.named || this.ready.length === 0 ? !1 : this.ready[0].kind === CLOSE ? !0 : this.sent === this.credited || this.sent - this.credited < this.window;
    }
    takeBatched() {
      let { batched } = this;
      return this.batched = 0, batched;
    }
    /**
     * Writes frames into a batch, at most about `quota` bytes of them. It joins `batched` with its
     * first bytes of payload.
     */
    write(writer, quota, batched) {
      let { chunk } = this.owner, stop = writer.length + quota, n = 0;
      for (; n < this.ready.length && writer.length < stop; ) {
        let { kind, payload: payload2, opens } = this.ready[n], size = lengthOf(payload2), whole = size <= chunk, from = this.offset, to = min(from + chunk, size), head = !whole && from === 0 ? beginHead(size, kind) : void 0, stride = strideOf(to - from + (head === void 0 ? 0 : BEGIN_HEAD));
        if (stride > writer.room(this.id) || kind !== CLOSE && !this.passes(stride)) break;
        writer.lane !== this.id && writer.beginRun(this.id, this.nextOut);
        let frameKind = kind;
        if (whole || (frameKind = from === 0 ? BEGIN : to === size ? END : MIDDLE), writer.frame(frameKind, head, payload2, from, to), this.nextOut++, this.sent += stride, to > from && this.batched === 0 && push(batched, this), this.batched += to - from, to < size) {
          this.offset = to;
          continue;
        }
        if (this.offset = 0, n++, opens !== void 0) for (let i = 0; i < opens.length; i++) opens[i].open();
        kind === CLOSE && (this.closeSent = !0);
      }
      n > 0 && (this.ready = behind(this.ready, n)), this.closeSent && this.goneIfDone();
    }
    open() {
      this.named = !0, this.ready.length > 0 && this.owner.sendable(this);
    }
    /** The session ended. */
    end(error) {
      this.part = void 0, this.ready = list(), this.localClosed = !0, this.refuseWaiting(error), this.remoteClosed || (this.remoteClosed = !0, this.sink.ended(error));
    }
  };

  // src/lanes.ts
  var Lanes = class {
    constructor(owner, control, first) {
      this.owner = owner;
      /** How many the page may open; hello tells. */
      this.most = 2 ** 53 - 1;
      this.byNumber = new SafeMap();
      this.highestRemote = 0;
      this.next = first % 2 === 0 ? first + 1 : first, this.byNumber.set(0, control);
    }
    /** A lane of the page's own. Its number is the next one; `undo` takes numbers back. */
    open(sink) {
      if (this.byNumber.size > this.most)
        throw new TailraceError("too_many_lanes", `more than ${this.most} open channels`);
      if (this.next > 4294967295)
        throw new TailraceError(
          "too_many_lanes",
          "all numbers of channels are used: reload the page"
        );
      let lane = new Lane(this.next, this.owner, sink);
      return this.next += 2, this.byNumber.set(lane.id, lane), lane;
    }
    /** Forgets the newest lanes, which nobody has been told of. */
    undo(lanes) {
      for (let i = 0; i < lanes.length; i++)
        this.byNumber.delete(lanes[i].id), this.next = min(this.next, lanes[i].id);
    }
    /** These end before Go has been told of them; their numbers stay used. */
    drop(lanes, error) {
      for (let i = 0; i < lanes.length; i++)
        this.byNumber.delete(lanes[i].id), lanes[i].end(error);
    }
    /** Go opens a lane. */
    openRemote(id, sink) {
      if (id === 0 || id % 2 !== 0 || id <= this.highestRemote)
        throw broken(`lane ${id} cannot be opened`);
      this.highestRemote = id;
      let lane = new Lane(id, this.owner, sink);
      lane.named = !0, this.byNumber.set(id, lane);
    }
    /** One of the page's own; undefined: it is gone already. Throws if there never was one. */
    findOwn(id) {
      if (id % 2 === 0 || id >= this.next) throw broken(`open of lane ${id}`);
      return this.byNumber.get(id);
    }
    credit(id, total) {
      let lane = this.byNumber.get(id);
      if (lane !== void 0) lane.credit(total);
      else if (!this.wasThere(id)) throw broken(`a credit for the unknown lane ${id}`);
    }
    /** Whether the frames before number `end` were handed out. `lane`: if it is open. */
    handedOut(id, lane, end) {
      return lane === void 0 ? this.wasThere(id) : end <= lane.nextIn;
    }
    wasThere(id) {
      return id % 2 === 1 ? id < this.next : id <= this.highestRemote;
    }
    /** Those that have had messages. */
    consumed() {
      let lanes = list();
      return this.byNumber.forEach((lane) => {
        lane.consumed > 0 && push(lanes, lane);
      }), lanes;
    }
    /** The session has ended. */
    end(error) {
      let lanes = list();
      this.byNumber.forEach((lane) => {
        push(lanes, lane);
      }), this.byNumber.clear();
      for (let i = 0; i < lanes.length; i++) lanes[i].end(error);
    }
  };

  // src/owed.ts
  var LAZY = 50, Owed = class {
    constructor(carrier, clock, lanes) {
      this.carrier = carrier;
      this.clock = clock;
      this.lanes = lanes;
      /** A receipt is due. */
      this.receipt = !1;
      /** It does not wait for a batch that goes anyway. */
      this.urgent = !1;
      this.opened = !1;
      this.window = 0;
      this.most = 0;
      /** Lanes whose credit is due. */
      this.dirty = list();
      this.composed = 0;
    }
    /** The session is open. `most` is how many credits a batch has room for. */
    open(window2, most) {
      this.opened = !0, this.window = window2, this.most = most;
    }
    get due() {
      return this.receipt || this.dirty.length > 0;
    }
    /** A lane's credit is due. */
    consumed(lane) {
      lane.muted || this.lanes.get(lane.id) !== lane || (lane.dirty || (lane.dirty = !0, push(this.dirty, lane)), lane.consumed - lane.announced >= this.window / 4 && !this.urgent && (this.urgent = !0, this.carrier.wake()), this.armLazy());
    }
    /** Lanes and totals of the credits that a batch carries. */
    takeCredits(carried) {
      let entries = list(), most = 2 * this.most, n = 0;
      for (; n < this.dirty.length && entries.length < most; n++) {
        let lane = this.dirty[n];
        lane.dirty = !1, !(lane.muted || this.lanes.get(lane.id) !== lane) && (lane.announced = lane.consumed, push(entries, lane.id), push(entries, lane.consumed), carried !== void 0 && push(carried, lane));
      }
      return this.dirty = behind(this.dirty, n), entries;
    }
    /** A batch tells it. */
    told() {
      this.urgent = !1, this.receipt = !1, this.composed++;
    }
    /** Sends receipts and credits that no request has taken along for a while. */
    armLazy() {
      if (this.lazyTimer !== void 0 || !this.opened) return;
      let before = this.composed;
      this.lazyTimer = this.clock.setTimeout(() => {
        if (this.lazyTimer = void 0, !(this.dirty.length === 0 && !this.receipt)) {
          if (this.composed !== before) {
            this.armLazy();
            return;
          }
          this.urgent = !0, this.carrier.wake();
        }
      }, LAZY);
    }
    /** The session has ended. */
    end() {
      this.opened = !1, this.clock.clearTimeout(this.lazyTimer), this.dirty = list();
    }
  };

  // src/outbatch.ts
  var OutBatch = class {
    /** Takes what the lanes have batched. */
    constructor(number, runs, lanes) {
      this.number = number;
      this.runs = runs;
      this.left = !1;
      this.shares = list();
      for (let i = 0; i < lanes.length; i++)
        push(this.shares, { lane: lanes[i], bytes: lanes[i].takeBatched() });
    }
    /** It has left the page: its channels hold so much less. */
    leave() {
      if (this.left) return;
      this.left = !0;
      let { shares } = this;
      for (let i = 0; i < shares.length; i++) shares[i].lane.sink.left?.(shares[i].bytes);
    }
    /** It is the page's again, and has to go once more. */
    comeBack() {
      if (!this.left) return;
      this.left = !1;
      let { shares } = this;
      for (let i = 0; i < shares.length; i++) shares[i].lane.sink.queued?.(shares[i].bytes);
    }
  };

  // src/upward.ts
  var Upward = class {
    constructor(carrier, control) {
      this.carrier = carrier;
      this.control = control;
      this.lastSent = 0;
      /** Batches that have to go once more. */
      this.lost = list();
      this.unacknowledged = new SafeSet();
      this.sending = list();
      /** Lanes that have something in the batch that is being written. */
      this.batched = list();
    }
    /** A lane has something to send. */
    queue(lane) {
      lane.queued || (lane.queued = !0, lane !== this.control && push(this.sending, lane)), this.carrier.wake();
    }
    /** Writes what a lane has into batches, as far as those go out at once. */
    write(lane) {
      let { writer, carrier } = this;
      if (!(writer === void 0 || this.control.queued || this.sending.length > 0))
        for (; carrier.immediate; ) {
          let before = writer.length;
          if (lane.write(writer, writer.capacity, this.batched), !lane.hasReady) {
            carrier.wake();
            return;
          }
          if (writer.length === 0 || (carrier.flush(), writer.length > 0 || before === 0)) return;
        }
    }
    /** Takes the receipts of a downward batch. */
    acknowledge(batch) {
      let { receipt, selective } = batch;
      if ((selective === 0 ? receipt : receipt + 2 + (31 - clz32(selective))) > this.lastSent) throw broken("a receipt for what was never sent");
      this.unacknowledged.size !== 0 && this.unacknowledged.forEach((number) => {
        let bit = number - receipt - 2;
        (number <= receipt || bit >= 0 && bit < 32 && selective >>> bit & 1) && this.unacknowledged.delete(number);
      });
    }
    /** The next batch, if there is something to send now. `urgent`: it may have no runs. */
    next(urgent) {
      if (this.writer === void 0) return;
      let again = this.lost[0], number = again === void 0 ? this.lastSent + 1 : again.number, oldest = firstOf(this.unacknowledged);
      if (oldest !== void 0 && number - oldest >= AHEAD) return;
      if (again !== void 0)
        return this.lost = behind(this.lost, 1), this.unacknowledged.add(number), again;
      this.fill(this.writer);
      let empty = this.writer.length === 0;
      if (empty && !urgent) return;
      this.lastSent = number, this.unacknowledged.add(number);
      let { batched } = this;
      return this.batched = list(), new OutBatch(number, empty ? void 0 : this.writer.take(), batched);
    }
    /** The control lane first, then the others in turn, each with its share of the room. */
    fill(writer) {
      this.control.hasReady && this.control.write(writer, writer.capacity, this.batched), this.control.queued = !1;
      let lanes = this.sending;
      this.sending = list();
      let waiting2 = lanes.length, rest = list();
      for (let i = 0; i < lanes.length; i++) {
        let lane = lanes[i];
        if (lane.hasReady) {
          let before = writer.length, share = max(1, (writer.capacity - writer.length) / waiting2);
          lane.write(writer, share, this.batched), lane.hasReady && writer.length === before ? push(this.sending, lane) : lane.hasReady ? push(rest, lane) : lane.queued = !1;
        } else
          lane.queued = !1;
        waiting2--;
      }
      pushAll(this.sending, rest);
    }
    delivered(out) {
      this.passed(out), out.runs !== void 0 && this.writer?.release(out.runs);
    }
    passed(out) {
      out.leave(), this.unacknowledged.delete(out.number);
    }
    /** These have not arrived, and go once more, in the order of their numbers. */
    again(outs) {
      for (let i = 0; i < outs.length; i++)
        this.unacknowledged.delete(outs[i].number), outs[i].comeBack();
      for (let i = 0; i < outs.length; i++) {
        let at = this.lost.length;
        for (; at > 0 && this.lost[at - 1].number > outs[i].number; at--)
          this.lost[at] = this.lost[at - 1];
        this.lost[at] = outs[i];
      }
    }
    /** The session has ended. */
    end() {
      this.lost = list(), this.sending = list();
    }
  };

  // src/connection.ts
  var TOLD = ["protocol", "internal", "blocked_by_csp"], NONE = list(), MOST = 2 ** 53 - 1, Connection = class {
    constructor(carrier, clock, page, first = 1) {
      this.carrier = carrier;
      this.clock = clock;
      this.page = page;
      this.state = "connecting";
      this.maxMessage = MOST;
      this.chunk = 0;
      this.leaving = !1;
      this.left = !1;
      this.window = 0;
      this.starting = list();
      this.calls = new Calls(first), this.control = new Lane(0, this, new ControlSink(this)), this.control.named = !0, this.lanes = new Lanes(this, this.control, first), this.up = new Upward(carrier, this.control), this.owed = new Owed(carrier, clock, this.lanes.byNumber), this.down = new Downward(this.lanes, this.owed, (error) => this.end(error)), settled(
        carrier.hello(),
        (hello) => this.open(hello),
        (error) => this.end(error)
      );
    }
    open(hello) {
      if (this.state !== "connecting") return;
      this.state = "open", this.label = hello.label, this.maxMessage = hello.maxMessage, this.lanes.most = hello.lanes, this.calls.most = hello.pending, this.window = hello.window, this.chunk = floor(hello.maxBatch / 4) & -8;
      let mostCredits = floor(hello.maxBatch / 8 / CREDIT), front = HEADER + mostCredits * CREDIT;
      this.owed.open(hello.window, mostCredits), this.up.writer = new RunWriter((hello.maxBatch & -8) - front - CLOSING, front), this.control.openWindow(hello.window);
      let { starting } = this;
      this.starting = list();
      for (let i = 0; i < starting.length; i++) starting[i]();
      this.carrier.start(this, hello), this.carrier.wake();
    }
    /** Calls back once the session is open: now, or later in the order of the calls. */
    whenOpen(start) {
      this.state === "open" ? start() : this.state === "connecting" && push(this.starting, start);
    }
    // ---- for calls
    /** A lane of the page's own. Its number is the next one; `undoLanes` takes numbers back. */
    openLane(sink) {
      return this.lanes.open(sink);
    }
    /** Forgets the newest lanes, which nobody has been told of. */
    undoLanes(lanes) {
      this.lanes.undo(lanes);
    }
    has(lane) {
      return this.lanes.byNumber.get(lane.id) === lane;
    }
    /** A lane that carries the raw body of an invoke. */
    openBody() {
      let nothing = () => {
      }, lane = this.openLane(new BodySink(-1, nothing, nothing));
      return this.whenOpen(() => lane.openWindow(this.window)), lane;
    }
    addCall(call2) {
      return this.calls.add(call2);
    }
    /**
     * Starts a call when the session is open and few enough are running; drops it if it is cancelled
     * before.
     */
    startCall(id, call2) {
      this.whenOpen(() => this.calls.start(id, call2));
    }
    settle(id) {
      return this.calls.settle(id);
    }
    /** The caller does not wait for that call any more. */
    cancelCall(id) {
      this.calls.cancel(id) && this.sendControl(CANCEL, wordPair(id));
    }
    startTimer(callback, milliseconds) {
      return this.clock.setTimeout(callback, milliseconds);
    }
    stopTimer(timer) {
      timer !== void 0 && this.clock.clearTimeout(timer);
    }
    /** Why a message of that length cannot be sent. */
    tooLarge(length) {
      return this.control.tooLarge(length);
    }
    /** The invoke that would have opened these lanes is not sent. */
    undoOpen(lanes, error) {
      this.lanes.drop(lanes, error);
    }
    sendControl(kind, payload2, opens = NONE) {
      this.state !== "ended" && this.control.send(withoutAnswer(kind, payload2, opens));
    }
    event(subs, form, payload2) {
      this.page.event(subs, form === EVENT_BYTES, payload2);
    }
    parsedEvent(sub, value) {
      this.page.parsedEvent(sub, value);
    }
    openRemote(id, sink) {
      this.lanes.openRemote(id, sink);
    }
    findOpened(id) {
      return this.lanes.findOwn(id);
    }
    // ---- LaneOwner
    consumed(lane) {
      this.owed.consumed(lane);
    }
    sendable(lane) {
      this.up.queue(lane);
    }
    write(lane) {
      this.up.write(lane);
    }
    gone(lane) {
      this.lanes.byNumber.delete(lane.id);
    }
    // ---- Peer
    receive(answer) {
      if (this.state !== "open") return !0;
      try {
        let batch = isReceived(answer) ? readBatch(answer.u32, answer.u8, answer.length, !1, answer.reused, answer.apart) : openBatch(answer, !1);
        if (batch === void 0) return !1;
        this.order(batch);
      } catch (error) {
        error !== GONE && this.end(error);
      }
      return !0;
    }
    order(batch) {
      let { number, apart } = batch;
      if (number !== 0 && this.down.arrivals.had(number)) {
        apart?.skip();
        return;
      }
      if (this.up.acknowledge(batch), batch.credits > 0 && eachCredit(batch, (lane, total) => this.lanes.credit(lane, total)), number === 0) {
        apart?.skip();
        return;
      }
      this.owed.receipt = !0, this.down.arrivals.add(batch);
    }
    dispatch() {
      this.down.dispatch();
    }
    outgoing() {
      if (!(this.state !== "open" || this.left))
        return this.up.next(this.owed.urgent);
    }
    get lastSent() {
      return this.up.lastSent;
    }
    get due() {
      return this.owed.due;
    }
    compose(out, slot, request, hold2) {
      let credits = list(), entries = this.owed.takeCredits(credits), header = { ...this.header(out), slot, request, hold: hold2 };
      return { bytes: encodeBatch(header, entries, out?.runs), credits };
    }
    composeInPlace(out) {
      return encodeInPlace(this.header(out), this.owed.takeCredits(), out?.runs);
    }
    header(out) {
      return this.owed.told(), {
        number: out === void 0 ? 0 : out.number,
        receipt: this.down.arrivals.receipt,
        selective: this.down.arrivals.selective,
        slot: 0,
        request: 0,
        hold: 0
      };
    }
    delivered(out) {
      this.up.delivered(out);
    }
    passed(out) {
      this.up.passed(out);
    }
    again(outs) {
      this.state === "open" && (this.up.again(outs), this.owed.receipt = !0, this.undelivered(this.lanes.consumed()));
    }
    undelivered(credits) {
      if (this.state === "open")
        for (let i = 0; i < credits.length; i++)
          credits[i].announced = 0, this.consumed(credits[i]);
    }
    /** The page will be left when its listeners have been called. */
    beginLeave() {
      this.leaving = !0;
    }
    /**
     * The page is being left: what there is to send goes. `last`: it is the last time. What comes
     * back from the back-forward cache has another connection.
     */
    leave(last) {
      this.state === "open" && !this.left && this.carrier.leave(last), last && (this.left = !0);
    }
    /** Ends the session: every call and channel learns the reason. */
    end(reason) {
      if (this.state === "ended") return;
      let error = reason instanceof TailraceError ? reason : new TailraceError("internal", `the page\u2019s client failed: ${toText(reason)}`);
      this.state = "ended", this.error = error, includes(TOLD, error.code) && tell("error", "tailrace:", error), this.carrier.stop(), this.owed.end(), this.down.end(), this.up.end(), this.starting = list(), this.calls.end(error), this.lanes.end(error), this.page.ended(error);
    }
  };
  function isReceived(answer) {
    return hasOwn(answer, "u32");
  }
  function wordPair(first) {
    let words = new NativeUint32Array(2);
    return words[0] = first, new NativeUint8Array(bufferOf(words));
  }

  // src/eventapi.ts
  function eventApi(events, label) {
    let listener = (once) => async (event, handler, options) => {
      let { id, registered } = events.add(event, handler, options, once);
      return await safe(registered), () => events.remove(id);
    }, api = {
      listen: listener(!1),
      once: listener(!0),
      // In async functions: what is wrong with the arguments rejects.
      emit: async (event, payload2) => {
        await safe(events.emit(event, payload2));
      },
      emitTo: async (target, event, payload2) => {
        await safe(events.emitTo(target, event, payload2));
      },
      currentWindow: () => pageWindow(api, label()),
      ready: () => events.ready()
    };
    return api;
  }
  function pageWindow(api, label) {
    let target = { kind: "WebviewWindow", label };
    return {
      label,
      listen: (event, handler, options) => api.listen(event, handler, { ...options, target }),
      once: (event, handler, options) => api.once(event, handler, { ...options, target }),
      emit: (event, payload2) => api.emitTo(label, event, payload2)
    };
  }

  // src/names.ts
  var isName = tester(/^[\p{L}\p{Nd}\-/:_]+$/u), LONGEST2 = 1024;
  function fault(name) {
    if (typeof name == "string") {
      let length = 3 * name.length > LONGEST2 ? lengthOf(encodeText(name)) : 0;
      if (length > LONGEST2) return `it has ${length} bytes in UTF-8, more than ${LONGEST2}`;
      if (isName(name)) return;
    }
    return "it must be a string of letters, digits and the characters - / : _";
  }
  function checkEventName(name) {
    let wrong = fault(name);
    if (wrong !== void 0) throw new TailraceError("bad_name", `bad event name: ${wrong}`);
  }
  function readTarget(target) {
    let bad = (why) => new TailraceError("bad_target", `bad target of an event: ${why}`), given = typeof target == "string" ? { kind: "AnyLabel", label: target } : target;
    if (typeof given != "object" || given === null)
      throw bad("it must be a label or { kind, label }");
    let { kind, label } = given;
    switch (kind) {
      case "Any":
      case "App":
        return { kind };
      case "AnyLabel":
      case "Window":
      case "Webview":
      case "WebviewWindow": {
        let wrong = fault(label);
        if (wrong !== void 0) throw bad(`its label: ${wrong}`);
        return { kind, label };
      }
      default:
        throw bad("there is no such kind");
    }
  }

  // src/events.ts
  var MOST_LOOKS = 1e3, ignore3 = () => {
  }, none = (async () => {
  })(), Events = class {
    /** `manual`: whether the page itself says when it is ready. */
    constructor(call2, clock, manual2, first = 1) {
      this.call = call2;
      this.clock = clock;
      this.manual = manual2;
      this.listeners = new SafeMap();
      /** Grows with each session. */
      this.epoch = 0;
      /** Calls of the bus's commands, but for `ready`, that are not answered. */
      this.unanswered = 0;
      /** Go knows that the page itself says when it is ready. */
      this.later = !1;
      this.numbers = new Numbers(first - 1);
    }
    /**
     * Calls a command of the bus. Go answers these at once, whether the page is ready or not: so the
     * page may await them, and be ready behind the answers.
     */
    async ask(cmd, args, options) {
      let { epoch } = this;
      this.unanswered++;
      try {
        await safe(this.call(cmd, args, options));
      } finally {
        epoch === this.epoch && --this.unanswered === 0 && this.onquiet?.();
      }
    }
    /**
     * Registers a listener at once; the promise tells whether Go has it. Throws what is wrong with
     * the arguments.
     */
    add(event, handler, options, once) {
      if (checkEventName(event), typeof handler != "function")
        throw new TailraceError("invalid_args", "the handler of an event is not a function");
      let target = readTarget(options?.target ?? { kind: "Any" }), signal = options?.signal, abort = ignore3, removed = signal && whenAborted(signal, (reason) => abort(reason)), id = this.numbers.next((id2) => this.listeners.has(id2)), registered = new NativePromise((resolve, reject) => {
        let listener = {
          id,
          event,
          target,
          handler,
          once,
          accepted: !1,
          resolve,
          reject,
          removed
        };
        abort = (reason) => {
          this.remove(id), reject(reason);
        }, this.listeners.set(id, listener), this.register(listener);
      });
      return { id, registered };
    }
    register(listener) {
      let { epoch } = this, { id, event, target } = listener;
      settled(
        this.ask("plugin:event|listen", { event, target, sub: id }),
        () => {
          listener.accepted = !0, listener.resolve();
        },
        (error) => {
          epoch !== this.epoch && this.listeners.has(id) || (this.forget(id), listener.accepted && tell("error", `tailrace: a listener of '${event}' was lost:`, error), listener.reject(error));
        }
      );
    }
    forget(id) {
      let listener = this.listeners.get(id);
      return this.listeners.delete(id), listener?.removed?.(), listener;
    }
    /** Removes a listener at once; resolves when Go knows. Never rejects. */
    remove(id) {
      let listener = this.forget(id);
      return listener === void 0 ? settled(none, ignore3) : settled(
        this.ask("plugin:event|unlisten", { event: listener.event, sub: id }),
        ignore3,
        ignore3
      );
    }
    /** Whether that number was ever a listener's. */
    known(id) {
      return isInteger(id) && this.numbers.given(id);
    }
    /** An event frame of the control lane; `binary`: the payload is bytes, else JSON. */
    deliver(subs, binary, payload2) {
      let text = binary ? "" : decodeText(payload2), value;
      for (let i = 0; i < subs.length; i++)
        binary ? value = i < subs.length - 1 ? copyOf(payload2) : payload2 : (i === 0 || typeof value == "object" && value !== null) && (value = parse2(text)), this.deliverValue(subs[i], value);
    }
    /** An event for one listener. */
    deliverValue(id, payload2) {
      let listener = this.listeners.get(id);
      if (listener === void 0) {
        if (!this.known(id)) throw broken("an event for an unknown subscription");
        return;
      }
      listener.once && this.remove(id), guarded(listener.handler, { event: listener.event, id, payload: payload2 });
    }
    emit(event, payload2) {
      return checkEventName(event), areBytes(payload2) ? this.emitBytes(event, void 0, payload2) : this.ask("plugin:event|emit", { event, payload: payload2 ?? null });
    }
    emitTo(to, event, payload2) {
      checkEventName(event);
      let target = readTarget(to);
      return areBytes(payload2) ? this.emitBytes(event, target, payload2) : this.ask("plugin:event|emit_to", { target, event, payload: payload2 ?? null });
    }
    emitBytes(event, target, payload2) {
      let headers2 = { "tailrace-event": event };
      return target !== void 0 && (headers2["tailrace-target"] = stringify(target)), this.ask("plugin:event|emit_bytes", payload2, { headers: headers2 });
    }
    async send(cmd, args, options) {
      await safe(this.call(cmd, args, options));
    }
    /**
     * The page's listeners are there: Go delivers what it has kept for this window, and from now on
     * at once.
     */
    ready() {
      return this.later = !0, this.readyCall ??= this.send("plugin:event|ready", {}), this.readyCall;
    }
    /**
     * Before a call: a page that itself says when it is ready may await any result before that, so Go
     * must not hold one back until then.
     */
    calling() {
      this.later || this.readyCall !== void 0 || !this.manual() || (this.later = !0, ignored(this.call("plugin:event|ready_later", {})));
    }
    /**
     * Ready once all that the bus was asked is answered, and code that awaited the answers has run
     * without asking again: so a page may await its calls of `listen` and `emit` one after the other.
     */
    readyWhenQuiet() {
      let looks = 0;
      this.onquiet = () => this.clock.task(() => {
        this.unanswered > 0 && ++looks < MOST_LOOKS || (this.onquiet = void 0, ignored(this.ready()));
      }), this.onquiet();
    }
    /**
     * There is a new session, which knows nothing of this page's listeners. `endOld` ends the one
     * before: what the page does when it hears of that is the new session's, and comes behind the
     * listeners of before.
     */
    restored(endOld) {
      this.epoch++, this.unanswered = 0, this.later = !1;
      let listeners = list();
      this.listeners.forEach((listener) => {
        push(listeners, listener);
      });
      for (let i = 0; i < listeners.length; i++) this.register(listeners[i]);
      let wasReady = this.readyCall !== void 0;
      this.readyCall = void 0, endOld(), wasReady ? ignored(this.ready()) : this.unanswered === 0 && this.onquiet?.();
    }
  };
  function parse2(text) {
    try {
      return parseJson(text);
    } catch {
      throw broken("the payload of an event is not JSON");
    }
  }

  // src/invoke.ts
  var INLINE = 65536, MAX_ENVELOPE = 262144, LONGEST3 = 1024, BOTH_WAIT = 2e3, warned = !1, envelopes = new SafeMap(), ENVELOPES = 256, LONGEST_NAME = 128;
  function invoke(connection, cmd, args, options, replacer) {
    return new NativePromise((resolve, reject) => {
      if (connection.error !== void 0) throw connection.error;
      if (typeof cmd != "string") throw new TailraceError("invalid_args", "cmd is not a string");
      checkName(cmd);
      let signal = options?.signal, headers2 = readHeaders(options?.headers), early, cancel = (reason) => {
        early = { reason };
      }, unlisten2 = signal && whenAborted(signal, (reason) => cancel(reason)), read;
      try {
        read = readArguments(connection, args, replacer);
      } catch (error) {
        throw unlisten2?.(), error;
      }
      let timer, done = () => {
        unlisten2?.(), connection.stopTimer(timer);
      }, id = connection.addCall({
        resolve: (result) => {
          done(), resolve(result);
        },
        reject: (error) => {
          done(), reject(error);
        }
      });
      cancel = (reason) => {
        connection.cancelCall(id), done(), reject(reason);
      }, early !== void 0 && cancel(early.reason);
      let watch = () => {
        timer = connection.startTimer(() => {
          if (!warned) {
            if (!some(read.channels, (channel) => channel.unread)) {
              watch();
              return;
            }
            warned = !0, tell(
              "warn",
              `tailrace: invoke('${cmd}') has waited ${BOTH_WAIT / 1e3} s, and a channel passed to it has messages that nobody reads. Its result may come after those: begin to read the channel before awaiting the command.`
            );
          }
        }, BOTH_WAIT);
      };
      read.channels.length > 0 && early === void 0 && watch(), connection.startCall(id, {
        start: () => sendInvoke(connection, id, cmd, headers2, read),
        drop: () => connection.undoOpen(
          read.opens,
          new TailraceError(
            "cancelled",
            "the command that would have opened this channel was cancelled"
          )
        )
      });
    });
  }
  function checkName(cmd) {
    if (3 * cmd.length <= LONGEST3) return;
    let length = lengthOf(encodeText(cmd));
    if (!(length <= LONGEST3))
      throw new TailraceError(
        "unknown_command",
        `there is no command "${cutText(cmd, 0, 40)}\u2026", whose name has ${length} bytes: no name has more than ${LONGEST3}`
      );
  }
  function sendInvoke(connection, id, cmd, headers2, { form, body, channels, opens }) {
    let lane = form === "lane" ? opens[0] : void 0, length = lengthOf(body);
    if (some(channels, (c) => c.lane !== void 0 && !connection.has(c.lane))) {
      let gone = new TailraceError(
        "channel_ended",
        "the command that would have opened this channel was cancelled"
      );
      connection.undoOpen(opens, gone), connection.settle(id)?.reject(gone);
      return;
    }
    let envelope = headers2 === void 0 && channels.length === 0 && lane === void 0 ? plainEnvelope(cmd, form) : encodeText(
      stringify({
        cmd,
        headers: headers2,
        channels: lanesOf(channels, !1),
        borrow: lanesOf(channels, !0),
        body: form,
        lane: lane?.id,
        length: lane && length
      })
    ), envelopeLength = lengthOf(envelope), start = 8 + envelopeLength, total = lane === void 0 ? start + length : start, payload2 = new NativeUint8Array(total);
    putWord(payload2, 0, id), putWord(payload2, 4, envelopeLength), copyInto(payload2, envelope, 8), lane === void 0 && copyInto(payload2, body, start);
    let tooLarge = envelopeLength > MAX_ENVELOPE ? new TailraceError(
      "too_large",
      `the command's name, headers and channels have ${envelopeLength} bytes, the limit is ${MAX_ENVELOPE}: pass large values as arguments`
    ) : connection.tooLarge(total) ?? connection.tooLarge(length);
    if (tooLarge !== void 0) {
      connection.undoOpen(opens, tooLarge), connection.settle(id)?.reject(tooLarge);
      return;
    }
    connection.sendControl(INVOKE, payload2, opens), lane !== void 0 && (lane.send(withoutAnswer(BYTES, body)), lane.close());
  }
  function plainEnvelope(cmd, form) {
    let key = `${form} ${cmd}`, envelope = envelopes.get(key);
    return envelope === void 0 && (envelope = encodeText(stringify({ cmd, body: form })), envelopes.size < ENVELOPES && cmd.length <= LONGEST_NAME && envelopes.set(key, envelope)), envelope;
  }
  function putWord(u8, at, value) {
    u8[at] = value, u8[at + 1] = value >>> 8, u8[at + 2] = value >>> 16, u8[at + 3] = value >>> 24;
  }
  function lanesOf(channels, borrow) {
    let lanes = list();
    for (let i = 0; i < channels.length; i++)
      (!borrow || channels[i].borrow) && push(lanes, channels[i].lane?.id);
    return lanes.length > 0 ? lanes : void 0;
  }
  function some(channels, test) {
    for (let i = 0; i < channels.length; i++) if (test(channels[i])) return !0;
    return !1;
  }
  function readArguments(connection, args, replacer) {
    let bytes = givenBytes(args, "invalid_args");
    if (bytes !== void 0) {
      let body = copyOf(bytes);
      return refuseNested(), lengthOf(body) <= INLINE ? { form: "bytes", body, channels: list(), opens: list() } : { form: "lane", body, channels: [], opens: [connection.openBody()] };
    }
    let channels = list(), opens = list(), named = new SafeSet(), opened = new SafeSet();
    try {
      let text = stringifyWithChannels(args ?? null, (channel) => {
        if (channel.closed)
          throw new TailraceError("channel_ended", "a channel inside the arguments has ended");
        let lane = channel.lane;
        return lane === void 0 && (lane = connection.openLane(channel), channel.lane = lane, push(opens, lane), opened.add(channel)), named.has(channel) || (named.add(channel), push(channels, channel)), lane.id;
      }, replacer);
      if (text === void 0) throw new TailraceError("invalid_args", "args has no JSON form");
      for (let i = 0; i < channels.length; i++) channels[i].attached();
      return { form: "json", body: encodeText(text), channels, opens };
    } catch (error) {
      for (let i = 0; i < channels.length; i++)
        opened.has(channels[i]) && (channels[i].lane = void 0);
      throw connection.undoLanes(opens), error;
    }
  }
  function readHeaders(headers2) {
    if (headers2 == null) return;
    let result = { __proto__: null }, add = (value, given) => {
      let name = lowerCase(toText(given)), before = result[name];
      result[name] = before === void 0 ? toText(value) : `${before}, ${toText(value)}`;
    };
    if (eachHeader(headers2, add)) return result;
    if (isMap(headers2))
      eachOfMap(headers2, add);
    else if (isArray(headers2))
      for (let i = 0; i < headers2.length; i++) add(headers2[i][1], headers2[i][0]);
    else if (iterator in headers2) {
      let entries = headers2[iterator]();
      for (; ; ) {
        let { done, value } = entries.next();
        if (done === !0) break;
        add(value[1], value[0]);
      }
    } else {
      let names = keysOf(headers2);
      for (let i = 0; i < names.length; i++)
        add(headers2[names[i]], names[i]);
    }
    return result;
  }

  // src/resume.ts
  var COMMAND = "plugin:tailrace|resume", PLACES2 = 1024, Resumed = class extends Channel {
    constructor({ onmessage: _later, ...options }) {
      super(options);
      /** Not the channel itself is remembered: one that has ended can go. */
      this.place = { generation: 0, sequence: 0 };
      this.over = !1;
      this.passed = !1;
      let core = coreOf(this);
      this.head = new NativePromise((resolve, reject) => {
        core.onmessage = (message) => {
          let head = message;
          this.place.generation = head.generation, this.place.sequence = head.first - 1, core.onmessage = void 0, resolve();
        }, this.waiting = (error) => {
          this.over = !0, this.error = error, reject(error ?? new TailraceError("channel_ended", "the channel has ended"));
        };
      }), core.onclose = this.waiting;
    }
    /** The page has it: from now on its callbacks may be called. */
    begin({ onmessage, onerror, onclose }) {
      this.onerror ??= onerror, this.onclose === this.waiting && (this.onclose = onclose), this.onmessage === void 0 && onmessage !== void 0 && (this.onmessage = onmessage), this.over && (this.error !== void 0 && guarded(this.onerror, this.error), guarded(this.onclose, this.error));
    }
    get sequence() {
      return this.place.sequence;
    }
    get onmessage() {
      return this.callback;
    }
    set onmessage(callback) {
      this.callback = callback, coreOf(this).setOnmessage(
        callback && ((message) => {
          this.place.sequence++, callback(message);
        })
      );
    }
    [Symbol.asyncIterator]() {
      let messages = super[Symbol.asyncIterator](), iterator2 = {
        next: async () => {
          let result = await safe(messages.next());
          return result.done !== !0 && this.place.sequence++, result;
        },
        return: async () => (this.close(), { value: void 0, done: !0 }),
        [asyncIterator]: () => iterator2
      };
      return iterator2;
    }
    /**
     * Tells Go how far this page has come: what is unread will be dropped here, and must not look
     * consumed.
     */
    close() {
      let core = coreOf(this);
      this.closed || core.trySend(this.place.sequence), core.lane !== void 0 && (core.lane.muted = !0), super.close();
    }
    /** Aborting the signal closes the channel. Throws its reason if it has aborted. */
    endWith(signal) {
      coreOf(this).over = whenAborted(signal, () => this.close());
    }
    send() {
      return rejected(
        new TailraceError("one_way", "the Go side does not receive on a resumable channel")
      );
    }
    trySend() {
      return !1;
    }
    toJSON() {
      if (this.passed)
        throw new TailraceError("invalid_args", "a resumed channel cannot be passed to a command");
      return this.passed = !0, super.toJSON();
    }
  };
  function createResume(call2, clock) {
    let known = new SafeMap(), remember = (key, place) => {
      known.delete(key), known.set(key, place);
      let oldest = known.size > PLACES2 ? firstKeyOf(known) : void 0;
      oldest !== void 0 && known.delete(oldest);
    };
    return async (name, options = {}) => {
      let { from = "last", observer = !1, signal } = options, key = `${observer ? "o" : "r"}:${name}`, before = from === "last" ? known.get(key) : void 0, stopped = before && { generation: before.generation, sequence: before.sequence }, channel = new Resumed(options);
      try {
        ignored(channel.head), await safe(call2(COMMAND, { name, from, observer, stopped, channel }, signal === void 0 ? {} : { signal })), await safe(channel.head), signal !== void 0 && channel.endWith(signal), remember(key, channel.place);
      } catch (error) {
        let close = () => channel.close();
        throw settled(channel.head, close, close), error;
      }
      return clock.task(() => channel.begin(options)), channel;
    };
  }

  // src/page.ts
  function createPage(options) {
    let { clock, carrier, manual: manual2, first, label } = options, session = {
      onended: void 0,
      get state() {
        return connection.state;
      },
      get label() {
        return connection.label ?? label;
      }
    }, connect = () => new Connection(
      carrier(),
      clock,
      {
        parsedEvent: (sub, value) => events.deliverValue(sub, value),
        event: (subs, binary, payload2) => events.deliver(subs, binary, payload2),
        ended: (error) => {
          refuseEarly(error), guarded(session.onended, error);
        }
      },
      first
    ), call2 = (cmd, args, settings, replacer) => (events.calling(), invoke(connection, cmd, args, settings, replacer)), events = new Events(call2, clock, manual2 ?? (() => !1), first), connection = connect();
    return watchSession(() => connection.error), {
      state: {
        api: 3,
        invoke: (cmd, args, settings) => call2(cmd, args, settings),
        Channel,
        take,
        resume: createResume(call2, clock),
        TailraceError,
        session,
        ...eventApi(events, () => session.label),
        events,
        call: call2
      },
      restored: () => {
        let old = connection;
        connection = connect(), events.restored(
          () => old.end(
            new TailraceError("restored", "the page came back from the back-forward cache: call again")
          )
        );
      },
      beginLeave: () => connection.beginLeave(),
      leave: (last) => connection.leave(last)
    };
  }

  // src/shmmemory.ts
  var Rest = class {
    constructor(memory) {
      this.memory = memory;
      this.live = !0;
      /** Bytes since it was last set to 0. */
      this.filled = 0;
      this.through = new NativeUint8Array(0);
    }
    fill(u8, at, length, transferable) {
      let n;
      if (transferable ? (lengthOf(this.through) < length && (this.through = new NativeUint8Array(length)), n = this.memory.fill(this.through, 0, length), n === length && copyInto(u8, viewOf(this.through, 0, length), at)) : (n = this.memory.fill(u8, at, length), pin(bufferOf(u8))), n === -1) throw GONE;
      if (n !== length) throw broken("the rest of another frame");
      this.filled += length;
    }
    skip() {
      this.memory.skip();
    }
  };

  // src/shm.ts
  var FLAGS = 4294967296, BORROW = 2, APART2 = 4, EVERY = 1 << 20, TURN = 8, OFFER = 1e3, KEPT = 8, LAST_WAIT = 100, REUSED = 262144, holders = new SafeWeakMap(), ShmCarrier = class {
    constructor(memory, http, clock) {
      this.memory = memory;
      this.http = http;
      this.clock = clock;
      this.state = "waiting";
      this.waking = !1;
      this.pumping = !1;
      this.yielding = !1;
      this.checkpoint = new Checkpoint();
      // Downward.
      this.reused = wordsAndBytes(0);
      /** Bytes that came since a batch went up. */
      this.unanswered = 0;
      /** Nothing more is there to read: what is due goes up without waiting for data. */
      this.asleep = !1;
      // Upward.
      this.pushed = list();
      this.end = 0;
      // ---- downward
      this.bell = () => {
        if (this.state !== "over") {
          if (this.state === "waiting") {
            this.attached();
            return;
          }
          this.stuck !== void 0 && this.flush(), this.yielding || this.pump(), this.checkpoint.reach();
        }
      };
      this.woken = () => {
        this.waking && this.flush();
      };
      this.rest = new Rest(memory);
    }
    hello() {
      return this.http.hello();
    }
    start(peer, hello) {
      this.peer = peer, this.http.prepare(peer, hello), holders.set(this.memory, this);
      let attached = this.memory.attach(hello.session, this.bell);
      attached === 1 ? this.attached() : attached === 0 ? this.http.resume((error) => this.blocked(error)) : this.fail("the page could not attach it");
    }
    /** The scheme is closed to the page: the memory has to come soon. */
    blocked(error) {
      this.clock.setTimeout(() => {
        this.state === "waiting" && this.peer?.end(error);
      }, OFFER);
    }
    attached() {
      this.state = "attached", this.http.pause(() => this.wake()), this.wake(), this.pump();
    }
    get immediate() {
      return this.state === "attached" && this.stuck === void 0;
    }
    leave(last) {
      if (this.state !== "attached") {
        this.http.leave(last);
        return;
      }
      let until = this.clock.now() + LAST_WAIT;
      do
        this.flush();
      while (this.stuck !== void 0 && this.clock.now() < until);
      last && this.http.sayLast();
    }
    stop() {
      this.state = "over", this.http.stop(), this.detach(), this.pushed = list(), this.stuck = void 0;
    }
    detach() {
      holders.get(this.memory) === this && (holders.delete(this.memory), this.memory.detach());
    }
    /** Shared memory is over; what it may have lost goes the other way. */
    fail(reason) {
      let { peer } = this;
      if (peer === void 0 || this.state === "over") return;
      this.state = "over", this.settle(), this.detach();
      let lost = list();
      for (let i = 0; i < this.pushed.length; i++) push(lost, this.pushed[i].out);
      this.stuck?.out !== void 0 && push(lost, this.stuck.out), this.pushed = list(), this.stuck = void 0, peer.again(lost), this.http.pause(() => {
      }), settled(
        this.http.giveUp(reason),
        () => this.http.resume(),
        (error) => peer.end(error)
      );
    }
    pump() {
      let { peer } = this;
      if (!(this.pumping || peer === void 0)) {
        this.pumping = !0, this.asleep = !1;
        try {
          this.readAll(peer);
        } catch (error) {
          peer.end(error);
        }
        this.pumping = !1;
      }
    }
    readAll(peer) {
      let { memory, clock } = this, until = clock.now() + TURN;
      for (; this.state === "attached"; ) {
        let next = memory.next();
        if (next <= 0) {
          next < 0 ? this.fail("the link has ended") : this.sleep(peer);
          return;
        }
        let flags = floor(next / FLAGS), batch = this.read(next - flags * FLAGS, flags);
        if (batch === void 0) return;
        if (!peer.receive(batch)) {
          this.fail("a batch came that is not whole");
          return;
        }
        if (peer.dispatch(), this.unanswered += batch.length + this.rest.filled, this.rest.filled = 0, (this.waking || this.unanswered >= EVERY) && this.flush(), !(clock.now() < until)) {
          this.yield(peer);
          return;
        }
      }
    }
    yield(peer) {
      this.yielding = !0, peer.due && this.stuck === void 0 && this.write(void 0, peer.composeInPlace(void 0)), this.clock.task(() => {
        this.yielding = !1, this.state === "attached" && this.pump();
      });
    }
    /** Undefined: there is none, and the carrier has failed. */
    read(length, flags) {
      let reused = (flags & BORROW) !== 0, { u8, u32 } = reused ? this.reusedFor(length) : wordsAndBytes(length);
      if (this.memory.read(u8) !== length) {
        this.fail("a batch could not be read");
        return;
      }
      return { u8, u32, length, reused, apart: (flags & APART2) === 0 ? void 0 : this.rest };
    }
    reusedFor(length) {
      return this.reused.size < length && (this.reused = wordsAndBytes(max(length, REUSED))), this.reused;
    }
    /** In a microtask, so that what the callbacks' promises send goes along. */
    sleep(peer) {
      this.asleep = !0, peer.due && this.wake();
    }
    // ---- upward
    wake() {
      this.state !== "attached" ? this.http.wake() : this.waking || (this.waking = !0, microtask(this.woken));
    }
    flush() {
      this.waking = !1;
      let { peer } = this;
      if (this.state !== "attached" || peer === void 0) {
        this.http.flush();
        return;
      }
      if (!(this.stuck !== void 0 && !this.write(this.stuck.out, this.stuck.bytes))) {
        for (this.pushed.length >= KEPT && this.settle(); ; ) {
          let out = peer.outgoing();
          if (out === void 0) break;
          if (!this.write(out, peer.composeInPlace(out))) return;
        }
        peer.due && (this.asleep || this.unanswered >= EVERY) && this.write(void 0, peer.composeInPlace(void 0));
      }
    }
    write(out, bytes) {
      this.unanswered = 0, this.stuck = { out, bytes };
      let written = this.memory.push(bytes);
      return written === 1 ? (this.stuck = void 0, this.end += 8 + (lengthOf(bytes) + 7 & -8), out !== void 0 && (push(this.pushed, { out, end: this.end }), this.peer?.passed(out)), !0) : (written === -1 ? this.fail("the link has ended") : written !== 0 && this.peer?.end(new TailraceError("internal", "a batch does not fit into shared memory")), !1);
    }
    /** Forgets the batches that Go has taken. */
    settle() {
      let taken2 = this.memory.taken();
      taken2 < 0 && this.fail("the link has ended");
      let { pushed, peer } = this, n = 0;
      for (; n < pushed.length && pushed[n].end <= taken2; ) peer?.delivered(pushed[n++].out);
      n > 0 && (this.pushed = behind(pushed, n));
    }
  }, Checkpoint = class {
    constructor() {
      this.target = new NativeEventTarget();
      this.event = new NativeEvent("checkpoint");
      listenTo(this.target, "checkpoint", () => {
      });
    }
    reach() {
      dispatch(this.target, this.event);
    }
  };
  function wordsAndBytes(length) {
    let buffer = new NativeArrayBuffer(length), u32 = new NativeUint32Array(buffer, 0, length >> 2);
    return { u8: new NativeUint8Array(buffer), u32, size: length };
  }

  // src/secluded.ts
  function secludeAll() {
    let all = [
      Arrivals,
      Aborter,
      Calls,
      ChannelCore,
      Connection,
      ControlSink,
      Downward,
      Events,
      HttpCarrier,
      HttpRequests,
      Lane,
      BodySink,
      Lanes,
      Level,
      Numbers,
      OutBatch,
      Owed,
      ShmCarrier,
      Checkpoint,
      Rest,
      Upward,
      Kept,
      RunWriter
    ];
    for (let i = 0; i < all.length; i++) seclude(all[i]);
  }

  // src/timers.ts
  function createTimers() {
    let { setTimeout, clearTimeout, performance } = globalThis, now = performance.now.bind(performance), { port1, port2 } = new MessageChannel(), post2 = port2.postMessage.bind(port2), callbacks = list();
    return port1.onmessage = () => shift(callbacks)?.(), {
      setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
      clearTimeout: (timer) => clearTimeout(timer),
      task: (callback) => {
        push(callbacks, callback), post2(null);
      },
      now: () => now()
    };
  }

  // src/inject.ts
  var MEMORY = "__tailrace_memory", MARK = "__tailrace";
  function takeMemory() {
    let global = globalThis, memory = global[MEMORY];
    return delete global[MEMORY], typeof memory == "object" ? memory : void 0;
  }
  function manual() {
    let root = rootOf(document);
    return root === null ? !1 : dataOf(root)?.tailraceReady === "manual";
  }
  function isOwn(origins) {
    let at = `${location.protocol}//${location.host}`;
    return origin === at && includes(origins, at);
  }
  function inject(config) {
    let memory = takeMemory();
    if (window.top !== window || !isOwn(config.origins) || KEY in globalThis) return;
    secludeAll();
    let fetch = window.fetch.bind(window), timers = createTimers(), { base } = config, outlive = messengerTo(config.words), refusals = countRefusals(window, base), carrier = () => {
      let http = new HttpCarrier({
        base,
        fetch,
        clock: timers,
        outlive,
        memory: memory !== void 0,
        post,
        refusals
      });
      return memory === void 0 ? http : new ShmCarrier(memory, http, timers);
    }, { state, restored, beginLeave, leave } = createPage({
      carrier,
      clock: timers,
      manual,
      label: config.label
    });
    define(globalThis, KEY, freeze(state)), define(globalThis, MARK, !0);
    let { api: _api, call: _call, events, ...tailrace } = state;
    define(globalThis, "tailrace", freeze(tailrace), { configurable: !0, writable: !0 }), addEventListener("DOMContentLoaded", () => {
      manual() || events.readyWhenQuiet();
    });
    let persisted = !1, last = (event) => {
      event.isTrusted && (unlisten(window, "visibilitychange", last), leave(!0), persisted && memory?.detach());
    }, left = (event) => {
      event.isTrusted && (persisted = isPersisted(event), leave(!1), isHidden(document) ? last(event) : listenTo(window, "visibilitychange", last));
    };
    addEventListener(
      "pagehide",
      (event) => {
        event.isTrusted && beginLeave(), unlisten(window, "pagehide", left), listenTo(window, "pagehide", left);
      },
      !0
    ), addEventListener("pageshow", (event) => {
      isPersisted(event) && restored();
    });
  }
  inject(TAILRACE_CONFIG);
})();
