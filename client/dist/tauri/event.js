// src/tauri/event.ts
import { bridge } from "./bridge.js";
import { invoke } from "./core.js";
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
export {
  TauriEvent,
  emit,
  emitTo,
  listen,
  once
};
