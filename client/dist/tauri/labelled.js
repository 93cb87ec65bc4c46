// src/errors.ts
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
    var _a;
    if (!LOCAL.includes(event)) return;
    (_a = this.listeners)[event] ?? (_a[event] = []);
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
