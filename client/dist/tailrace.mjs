// src/errors.ts
var TailraceError = class extends Error {
  constructor(code, message, detail) {
    super(message), this.name = "TailraceError", this.code = code, detail !== void 0 && (this.detail = detail);
  }
};
function broken(rule) {
  return new TailraceError("protocol", `broken wire rule: ${rule}`);
}
function report(error) {
  try {
    if (typeof reportError == "function") {
      reportError(error);
      return;
    }
  } catch {
  }
  setTimeout(() => {
    throw error;
  });
}
function guarded(callback, ...args) {
  if (callback !== void 0)
    try {
      callback(...args);
    } catch (error) {
      report(error);
    }
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

// src/lane.ts
var decoder = new TextDecoder(), NOTHING = new Uint8Array(0);
function decodeText(bytes) {
  return decoder.decode(bytes);
}
function decodeJson(bytes) {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw broken("a JSON payload that is not JSON");
  }
}

// src/jsonrun.ts
function parseRun(batch, at, bytes, count, align, kind, words, take3) {
  let { u32, u8 } = batch, head = 4 * words, mask = align - 1, stop = at + bytes, lengths = [], costs = [], frame = at;
  for (let n = 0; n < count && stop - frame >= head; n++) {
    let word = frame >> 2, length = u32[word];
    if (u32[word + 1] !== kind || length > stop - frame - 8 || length < head - 8 || take3 !== void 0 && !take3(word)) return;
    let cost = 8 + length + mask & ~mask;
    lengths.push(length), costs.push(cost), frame += cost;
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
    values = JSON.parse(`${decodeText(u8.subarray(at, stop))}]`);
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
    this.highAt = Number.POSITIVE_INFINITY;
    this.lowAt = 0;
    this.raised = !1;
    // over the low threshold since onlow was due last
    this.high = !1;
    // the high threshold was reached since then
    this.tellHigh = !1;
    this.tellLow = !1;
    this.telling = !1;
    this.tell = () => {
      this.telling = !1;
      let { tellHigh, tellLow } = this;
      this.tellHigh = !1, this.tellLow = !1, tellHigh && this.amount < this.highAt ? this.high = !1 : tellHigh && guarded(this.onhigh), tellLow && this.amount <= this.lowAt && guarded(this.onlow);
    };
  }
  add(bytes) {
    this.amount += bytes, this.check();
  }
  remove(bytes) {
    this.amount -= bytes, this.check();
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
      this.telling = !0, queueMicrotask(this.tell);
    }
  }
};
function threshold(bytes) {
  if (!(bytes >= 0))
    throw new TailraceError("invalid_args", `a threshold is a number of bytes, not ${bytes}`);
  return bytes;
}
var Levelled = class {
  get bufferedAmount() {
    return this.core.buffered.amount;
  }
  get bufferedAmountHighThreshold() {
    return this.core.buffered.highThreshold;
  }
  set bufferedAmountHighThreshold(bytes) {
    this.core.buffered.highThreshold = bytes;
  }
  get onbufferedamounthigh() {
    return this.core.buffered.onhigh;
  }
  set onbufferedamounthigh(callback) {
    this.core.buffered.onhigh = callback;
  }
  get bufferedAmountLowThreshold() {
    return this.core.buffered.lowThreshold;
  }
  set bufferedAmountLowThreshold(bytes) {
    this.core.buffered.lowThreshold = bytes;
  }
  get onbufferedamountlow() {
    return this.core.buffered.onlow;
  }
  set onbufferedamountlow(callback) {
    this.core.buffered.onlow = callback;
  }
  get unreadAmount() {
    return this.core.waiting.amount;
  }
  get unreadAmountHighThreshold() {
    return this.core.waiting.highThreshold;
  }
  set unreadAmountHighThreshold(bytes) {
    this.core.waiting.highThreshold = bytes;
  }
  get onunreadamounthigh() {
    return this.core.waiting.onhigh;
  }
  set onunreadamounthigh(callback) {
    this.core.waiting.onhigh = callback;
  }
  get unreadAmountLowThreshold() {
    return this.core.waiting.lowThreshold;
  }
  set unreadAmountLowThreshold(bytes) {
    this.core.waiting.lowThreshold = bytes;
  }
  get onunreadamountlow() {
    return this.core.waiting.onlow;
  }
  set onunreadamountlow(callback) {
    this.core.waiting.onlow = callback;
  }
};

// src/pinned.ts
var pinned = /* @__PURE__ */ new WeakSet();
function isPinned(buffer) {
  return pinned.has(buffer);
}

// src/channel.ts
var encoder = new TextEncoder(), collecting;
function encodeMessage(message) {
  if (message instanceof ArrayBuffer) return { kind: BYTES, payload: new Uint8Array(message) };
  if (ArrayBuffer.isView(message)) {
    let { buffer, byteOffset, byteLength } = message;
    return { kind: BYTES, payload: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  let text = JSON.stringify(message);
  if (text === void 0)
    throw new TailraceError("invalid_message", "this message has no JSON form");
  return { kind: JSON_, payload: encoder.encode(text) };
}
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
    this.waiters = [];
    this.queue = [];
    this.head = 0;
    this.early = [];
    // sends before the first invoke
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
    kind !== BYTES ? value = decodeJson(u8.subarray(offset, offset + length)) : owned ? value = u8 : this.own || this.borrow && !this.handsNow ? value = u8.slice(offset, offset + length) : value = new Uint8Array(u8.buffer, offset, length), this.hand(lane, value, length, cost);
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
    let waiter = this.waiters.shift();
    if (waiter !== void 0) {
      lane.consumed += cost, waiter.resolve({ value, done: !1 });
      return;
    }
    this.queue.push({ value, length, cost }), this.waiting.add(length);
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
   * Hands messages of bytes to the callback, in a loop of its own: half the time of `message` for each. It
   * stops at what is not such a message, and when the callback has changed anything.
   */
  bytesFrames(lane, { u8, u32 }, at, stop, count, mask) {
    let { onmessage } = this;
    if (onmessage === void 0 || this.own || !this.handsNow) return 0;
    let { buffer } = u8, n = 0;
    for (; n < count && stop - at >= FRAME; ) {
      let word = at >> 2, length = u32[word];
      if (u32[word + 1] !== BYTES || length > stop - at - FRAME) break;
      let stride = FRAME + length + mask & ~mask;
      if (stride > stop - at) break;
      let message = new Uint8Array(buffer, at + FRAME, length);
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
    if (!this.closed) {
      this.closed = !0, this.error = error, this.ending = !0;
      for (let waiter of this.waiters.splice(0)) this.finish(waiter);
      this.attached(), this.finishIfRead();
    }
  }
  queued(bytes) {
    this.buffered.add(bytes);
  }
  left(bytes) {
    this.buffered.remove(bytes);
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
    error !== void 0 && guarded(onerror, error), guarded(onclose, error), this.onmessage = void 0;
  }
  // ---- from the user
  setOnmessage(callback) {
    this.onmessage = callback, !(callback === void 0 || !this.unread || this.draining) && (this.draining = !0, queueMicrotask(() => {
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
    return this.queue[this.head++] = void 0, this.head === this.queue.length && (this.queue = [], this.head = 0), this.waiting.remove(first.length), first;
  }
  iterate() {
    if (this.borrow)
      throw new TailraceError(
        "borrowed",
        "the messages of a channel with `borrow` are valid inside onmessage only: it cannot be iterated"
      );
    this.iterating = !0;
    let iterator = {
      next: () => new Promise((resolve, reject) => {
        if (this.unread) {
          let { value, cost } = this.shift();
          this.lane?.consume(cost), resolve({ value, done: !1 }), this.finishIfRead();
        } else this.closed ? this.finish({ resolve, reject }) : this.waiters.push({ resolve, reject });
      }),
      return: async () => (this.close(), { value: void 0, done: !0 }),
      [Symbol.asyncIterator]: () => iterator
    };
    return iterator;
  }
  close() {
    this.closed || (this.closed = !0, this.ending = !0);
    for (let waiter of this.waiters.splice(0)) this.finish(waiter);
    let cost = 0;
    for (; this.unread; ) cost += this.shift().cost;
    cost > 0 && this.lane?.consume(cost), this.lane?.close(), this.attached(), queueMicrotask(() => this.finishIfRead());
  }
  send(message) {
    return new Promise((resolve, reject) => {
      let { kind, payload } = encodeMessage(message), { lane } = this;
      if (lane?.tooLarge(payload.length) === void 0 && this.refusal() === void 0 && lane?.trySend(kind, payload)) {
        resolve();
        return;
      }
      let copy = kind === BYTES ? payload.slice() : payload;
      this.buffered.add(copy.length);
      let refused = (error) => {
        this.buffered.remove(copy.length), reject(error);
      }, go = () => {
        let refusal = this.refusal();
        refusal !== void 0 ? refused(refusal) : this.lane?.send({ kind, payload: copy, accepted: resolve, refused });
      };
      lane === void 0 && !this.closed ? this.early.push(go) : go();
    });
  }
  trySend(message) {
    let { kind, payload } = encodeMessage(message), { lane } = this;
    if (lane === void 0 || this.refusal() !== void 0) return !1;
    let tooLarge = lane.tooLarge(payload.length);
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
    for (let go of this.early.splice(0)) go();
  }
  /** The lane of this channel inside the arguments of the invoke under way. */
  collect() {
    if (collecting === void 0)
      throw new TailraceError(
        "invalid_args",
        "a channel can only be sent inside the arguments of invoke"
      );
    return `__CHANNEL__:${collecting(this)}`;
  }
}, LEVELS = [
  "bufferedAmountHighThreshold",
  "onbufferedamounthigh",
  "bufferedAmountLowThreshold",
  "onbufferedamountlow",
  "unreadAmountHighThreshold",
  "onunreadamounthigh",
  "unreadAmountLowThreshold",
  "onunreadamountlow"
], Channel = class extends Levelled {
  constructor(onmessage) {
    let options = typeof onmessage == "function" ? { onmessage } : onmessage ?? {};
    if (options.own === !0 && options.borrow === !0)
      throw new TailraceError("invalid_args", "a channel has either `own` or `borrow`");
    super();
    let core = new ChannelCore(options.own === !0, options.borrow === !0);
    core.onmessage = options.onmessage, Object.defineProperty(this, "core", { value: core });
    for (let name of LEVELS)
      options[name] !== void 0 && Object.assign(this, { [name]: options[name] });
  }
  get onmessage() {
    return this.core.onmessage;
  }
  set onmessage(callback) {
    this.core.setOnmessage(callback);
  }
  get onclose() {
    return this.core.onclose;
  }
  set onclose(callback) {
    this.core.onclose = callback;
  }
  get onerror() {
    return this.core.onerror;
  }
  set onerror(callback) {
    this.core.onerror = callback;
  }
  get id() {
    return this.core.lane?.id;
  }
  get closed() {
    return this.core.closed;
  }
  close() {
    this.core.close();
  }
  send(message) {
    return this.core.send(message);
  }
  trySend(message) {
    return this.core.trySend(message);
  }
  [Symbol.asyncIterator]() {
    return this.core.iterate();
  }
  toJSON() {
    return this.core.collect();
  }
};
function take(message) {
  return message.byteLength === message.buffer.byteLength && !isPinned(message.buffer) ? message : message.slice();
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
      return Promise.reject(error());
    }
    trySend() {
      throw error();
    }
    [Symbol.asyncIterator]() {
      throw error();
    }
  }
  let refuse = () => Promise.reject(error()), events = { listen: refuse, once: refuse, emit: refuse, emitTo: refuse };
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
