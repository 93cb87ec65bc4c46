"use strict";
(() => {
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
      if (value instanceof Map) return Object.fromEntries(value);
      if (value instanceof Uint8Array) return Array.from(value);
      if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
      if (!(SERIALIZE_TO_IPC_FN in value)) return value;
      let replaced = value[SERIALIZE_TO_IPC_FN]();
      return typeof replaced == "string" ? form(value, replaced) : replaced;
    };
  }

  // src/tauri/callbacks.ts
  function createCallbacks() {
    let callbacks = /* @__PURE__ */ new Map(), last = 0;
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
        callback !== void 0 ? callback(data) : console.warn(`tailrace: there is no callback ${id} any more`);
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
          message: message instanceof Uint8Array ? message.buffer : message,
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
    let forwarders = /* @__PURE__ */ new Map();
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
  function createBridge(page) {
    let { events, TailraceError, take, session } = page, callbacks = createCallbacks(), channels = createChannels(page, callbacks), handlers = /* @__PURE__ */ new Map(), removed = Promise.resolve(), rejection = (error) => error instanceof TailraceError ? error.detail === void 0 ? error.message : error.detail : error, unregisterListener = (_event, id) => {
      let handler = handlers.get(id);
      handler !== void 0 && (handlers.delete(id), callbacks.unregisterCallback(handler), removed = events.remove(id));
    }, listenByNumber = async ({ event, target, handler }) => {
      try {
        let run = (data) => callbacks.callbacks.get(handler)?.(data), { id, registered } = events.add(event, run, { target }, !1);
        return handlers.set(id, handler), await registered.catch((error) => {
          throw handlers.delete(id), error;
        }), id;
      } catch (error) {
        throw callbacks.unregisterCallback(handler), rejection(error);
      }
    }, unlistenByNumber = async ({ event, eventId }) => {
      if (!events.known(eventId)) throw `there is no listener ${eventId}`;
      return unregisterListener(event, eventId), await removed, null;
    };
    return {
      ...callbacks,
      api: 3,
      get label() {
        return session.label;
      },
      invoke: async (cmd, args = {}, options) => {
        if (cmd === "plugin:event|listen") return listenByNumber(args);
        if (cmd === "plugin:event|unlisten") return unlistenByNumber(args);
        let used = /* @__PURE__ */ new Set(), body = Array.isArray(args) ? Uint8Array.from(args) : args, replacer = createReplacer(page, channels, used);
        try {
          let result = await page.call(cmd, body, options, replacer);
          for (let forwarder of used) forwarder.returned();
          return result instanceof Uint8Array ? take(result).buffer : result === void 0 ? null : result;
        } catch (error) {
          for (let forwarder of used) forwarder.refused();
          throw rejection(error);
        }
      },
      async listen(event, handler, options, once) {
        try {
          let { id, registered } = events.add(event, handler, options, once);
          return await registered, () => events.remove(id);
        } catch (error) {
          throw rejection(error);
        }
      },
      unregisterListener
    };
  }
  function detached(why) {
    let refuse = () => Promise.reject(why);
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
    return Object.defineProperty(globals, BRIDGE, { value, configurable: !0 }), value;
  }

  // src/tauri/platform.ts
  function isWindows() {
    return typeof navigator == "object" && /windows/i.test(navigator.userAgent);
  }
  function separators() {
    return isWindows() ? { sep: "\\", delimiter: ";" } : { sep: "/", delimiter: ":" };
  }
  function convertFileSrc(filePath, protocol = "asset") {
    let path = encodeURIComponent(filePath);
    return isWindows() ? `http://${protocol}.localhost/${path}` : `${protocol}://localhost/${path}`;
  }

  // src/tauri/install.ts
  function install(bridge2) {
    let { invoke, transformCallback, unregisterCallback, runCallback, callbacks, label } = bridge2;
    define("isTauri", !0), define("__TAURI_INTERNALS__", {
      invoke,
      transformCallback,
      unregisterCallback,
      runCallback,
      callbacks,
      convertFileSrc,
      metadata: { currentWindow: { label }, currentWebview: { windowLabel: label, label } },
      plugins: { path: separators() }
    }), define("__TAURI_EVENT_PLUGIN_INTERNALS__", { unregisterListener: bridge2.unregisterListener });
  }
  function define(name, value) {
    Object.defineProperty(globalThis, name, { value, configurable: !0, writable: !0 });
  }

  // src/tauri/internals.ts
  KEY in globalThis && install(bridge());
})();
