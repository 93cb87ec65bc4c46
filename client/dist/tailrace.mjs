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
} = Object, { isArray, prototype: arrayPrototype } = Array, { isInteger } = Number, { ceil, clz32, floor, max, min } = Math, { parse: parseJson, stringify: stringifyJson } = JSON, { apply, ownKeys } = Reflect, asyncIterator = Symbol.asyncIterator;
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
function list() {
  return new List();
}
function push(array, value) {
  array[array.length] = value;
}
var shift = uncurry(arrayPrototype.shift), pop = uncurry(arrayPrototype.pop);

// src/builtins/promises.ts
var made = (async () => {
})(), NativePromise = getPrototypeOf(made).constructor;
async function rejected(error) {
  throw error;
}

// src/builtins/bytes.ts
var NativeUint8Array = Uint8Array;
var { isView } = ArrayBuffer, typedArrays = getPrototypeOf(Uint8Array.prototype), getLength = getterOf(typedArrays, "length"), getBuffer = getterOf(typedArrays, "buffer"), getOffset = getterOf(typedArrays, "byteOffset"), getBytes = getterOf(typedArrays, "byteLength"), { set } = typedArrays, ownLength = keepCall(getLength), ownBuffer = keepCall(getBuffer), ownOffset = keepCall(getOffset), ownBytes = keepCall(getBytes), ownSet = keepCall(set), slowLength = uncurry(getLength), slowBuffer = uncurry(getBuffer), slowOffset = uncurry(getOffset), slowBytes = uncurry(getBytes), slowSet = uncurry(set);
function lengthOf(array) {
  return ownLength ? getLength.call(array) : slowLength(array);
}
function bufferOf(u8) {
  return ownBuffer ? getBuffer.call(u8) : slowBuffer(u8);
}
function offsetOf(u8) {
  return ownOffset ? getOffset.call(u8) : slowOffset(u8);
}
function viewOf(u8, from, to) {
  return new NativeUint8Array(bufferOf(u8), offsetOf(u8) + from, to - from);
}
function copyOf(u8) {
  return new NativeUint8Array(u8);
}
var readSize = readerOf(ArrayBuffer.prototype, "byteLength");
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

// src/channelargs.ts
var collecting;
function laneInside(core) {
  if (collecting === void 0)
    throw new TailraceError(
      "invalid_args",
      "a channel can only be sent inside the arguments of invoke"
    );
  return `__CHANNEL__:${collecting(core)}`;
}

// src/wire.ts
var JSON_ = 1, BYTES = 2, EVENT = 3, EVAL = 4, INVOKE = 5, RESULT = 6, ERROR = 7, CANCEL = 8, OPEN = 9, CLOSE = 10, BEGIN = 11, MIDDLE = 12, END = 13, ABORT = 14;
var FRAME = 8;
var CONTROL_DOWN = 1, CONTROL_UP = 2, CHANNEL_DOWN = 4, CHANNEL_UP = 8, CONTROL = CONTROL_DOWN | CONTROL_UP, CHANNEL = CHANNEL_DOWN | CHANNEL_UP, PLACES = new Uint8Array(256);
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

// src/early.ts
var waiting = new SafeSet(), over = () => {
};
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
function parseRun(batch, at, bytes, count, align, kind, words, take3) {
  let { u32, u8 } = batch, head = 4 * words, mask = align - 1, stop = at + bytes, lengths = list(), costs = list(), frame = at;
  for (let n = 0; n < count && stop - frame >= head; n++) {
    let word = frame >> 2, length = u32[word];
    if (u32[word + 1] !== kind || length > stop - frame - 8 || length < head - 8 || take3 !== void 0 && !take3(word)) return;
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
    let iterator = {
      next: () => new NativePromise((resolve, reject) => {
        if (this.iterating = !0, this.unread) {
          let { value, cost } = this.shift();
          this.lane?.consume(cost), resolve({ value, done: !1 }), this.finishIfRead();
        } else this.closed ? this.finish({ resolve, reject }) : push(this.waiters, { resolve, reject });
      }),
      return: async () => (this.close(), { value: void 0, done: !0 }),
      [asyncIterator]: () => iterator
    };
    return iterator;
  }
  close() {
    this.closed || (this.closed = !0, this.ending = !0), this.finishWaiters();
    let cost = 0;
    for (; this.unread; ) cost += this.shift().cost;
    cost > 0 && this.lane?.consume(cost), this.lane?.close(), this.attached(), microtask(() => this.finishIfRead());
  }
  send(message) {
    return new NativePromise((resolve, reject) => {
      let { kind, payload } = encodeMessage(message), length = lengthOf(payload), { lane } = this;
      if (lane?.tooLarge(length) === void 0 && this.refusal() === void 0 && lane?.trySend(kind, payload)) {
        resolve();
        return;
      }
      let copy = kind === BYTES ? copyOf(payload) : payload;
      this.buffered.add(length);
      let refused = (error) => {
        this.buffered.remove(length), reject(error);
      }, go = () => {
        let refusal = this.refusal();
        refusal !== void 0 ? refused(refusal) : this.lane?.send({ kind, payload: copy, opens: void 0, accepted: resolve, refused });
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
    let { kind, payload } = encodeMessage(message), { lane } = this;
    if (lane === void 0 || this.refusal() !== void 0) return !1;
    let tooLarge = lane.tooLarge(lengthOf(payload));
    if (tooLarge !== void 0) throw tooLarge;
    return lane.trySend(kind, payload);
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

// src/eventapi.ts
function pageWindow(api, label) {
  let target = { kind: "WebviewWindow", label };
  return {
    label,
    listen: (event, handler, options) => api.listen(event, handler, { ...options, target }),
    once: (event, handler, options) => api.once(event, handler, { ...options, target }),
    emit: (event, payload) => api.emitTo(label, event, payload)
  };
}

// src/absent.ts
function absent(code, message) {
  let error = () => new TailraceError(code, message);
  class AbsentChannel extends Channel {
    send() {
      return rejected(error());
    }
    trySend() {
      throw error();
    }
    [Symbol.asyncIterator]() {
      throw error();
    }
  }
  let refuse = () => rejected(error()), events = { listen: refuse, once: refuse, emit: refuse, emitTo: refuse };
  return {
    invoke: refuse,
    Channel: AbsentChannel,
    take,
    resume: refuse,
    TailraceError,
    session: { state: "ended", label: void 0, onended: void 0 },
    ...events,
    currentWindow: () => pageWindow(events, void 0),
    ready: refuse
  };
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

// src/index.ts
function find() {
  let found = findPage();
  return "api" in found ? found : absent(found.code, found.message);
}
var page = /* @__PURE__ */ find(), invoke = page.invoke, take2 = page.take, resume = page.resume, session = page.session, Channel2 = page.Channel, TailraceError2 = page.TailraceError, listen = page.listen, once = page.once, emit = page.emit, emitTo = page.emitTo, currentWindow = page.currentWindow, ready = page.ready;
export {
  Channel2 as Channel,
  TailraceError2 as TailraceError,
  currentWindow,
  emit,
  emitTo,
  invoke,
  listen,
  once,
  ready,
  resume,
  session,
  take2 as take
};
