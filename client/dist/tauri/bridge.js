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
export {
  bridge,
  createBridge
};
